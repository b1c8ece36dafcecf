/* Keys are read here, handed to transport, and wiped. */
#include "daemon/engine/lanes.h"

#include "daemon/engine/group.h"

#include <string.h>

/* Limits and deadlines are not what a result depends on: those of today's configuration hold. */
static void refresh_limits(const struct config *config, struct model_spec *spec)
{
    const struct model_spec *now = config_model(config, spec->name);
    if (!now)
        return;
    spec->account = now->account;
    spec->concurrency = now->concurrency;
    spec->rpm = now->rpm;
    spec->tpm = now->tpm;
    spec->max_attempts = now->max_attempts;
    spec->connect_ms = now->connect_ms;
    spec->first_byte_ms = now->first_byte_ms;
    spec->idle_ms = now->idle_ms;
    spec->total_ms = now->total_ms;
    spec->backoff_ms = now->backoff_ms;
    spec->max_age_conn_s = now->max_age_conn_s;
}

static int open_lane(struct engine *engine, struct pin_model *model, struct as_err *err)
{
    struct as_buf key = {0};
    refresh_limits(engine->config, &model->spec);
    if (model->spec.key_name) {
        int rc = secret_read(&engine->config->secrets, model->spec.key_name, &key, err);
        if (rc) {
            as_err_prefix(err, "model '%s'", model->spec.name);
            as_buf_wipe(&key);
            return rc;
        }
    }
    model->lane = transport_lane(engine->on.transport, &model->spec, model->provider->auth_header,
                                 model->provider->auth_prefix, key.ptr);
    as_buf_wipe(&key);
    return 0;
}

int lanes_open(struct engine *engine, struct pins *pins, struct as_err *err)
{
    int rc = 0;
    if (pins->journal.policy == JOURNAL_REPLAY)
        return 0;
    for (size_t i = 0; i < pins->member_count && !rc; i++)
        if (!pins_is_recorded(&pins->members[i]))
            rc = open_lane(engine, &pins->members[i], err);
    if (!rc && pins->rubric != PINS_NO_RUBRIC)
        rc = open_lane(engine, &pins->judge, err);
    return rc;
}

static void take_limits(const struct engine *engine, struct pin_model *model)
{
    const struct model_limits *live =
        model->spec.provider ? transport_limits_of(engine->on.transport, model->spec.provider)
                             : NULL;
    if (live)
        model->spec.account = *live;
}

void lanes_take_limits(const struct engine *engine, struct pins *pins)
{
    for (size_t i = 0; i < pins->member_count; i++)
        take_limits(engine, &pins->members[i]);
    take_limits(engine, &pins->judge);
}
