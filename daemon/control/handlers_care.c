/* journal.stats, journal.verify, journal.prune. */
#include "daemon/control/handlers.h"
#include "daemon/engine/journal_care.h"
#include "lib/duration.h"

static void on_done(void *ctx, struct as_json *result_take, const struct as_err *err)
{
    struct control_call *call = ctx;
    if (err)
        control_fail(call, err);
    else
        control_reply(call, result_take);
}

void handle_journal_stats(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    engine_journal_stats(app->engine, on_done, call);
}

void handle_journal_verify(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    engine_journal_verify(app->engine, as_json_get_int(call->params, "run", 0), on_done, call);
}

void handle_journal_prune(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    struct as_err err = {0};
    char who[CONTROL_WHO_BYTES];
    control_who(call, who);
    const char *age = as_json_get_cstr(call->params, "older_than");
    struct prune_request request = {
        .keep_last = (uint32_t)as_json_get_int(call->params, "keep_last", 0),
        .is_dry_run = as_json_get_bool(call->params, "dry_run", false),
        .who = who,
        .why = as_json_get_cstr(call->params, "why"),
    };
    int rc = 0;
    if (age && as_duration_parse(age, &request.older_than_ms))
        rc = as_err_set(&err, AS_EINVAL, "older_than must be %s, not '%s'", AS_DURATION_MUST_BE,
                        age);
    else if (!age && !request.keep_last)
        rc = as_err_set(&err, AS_EINVAL,
                        "say what may go: older_than (30d), keep_last (5 of each eval) or both");
    if (rc)
        control_fail(call, &err);
    else
        engine_journal_prune(app->engine, &request, on_done, call);
}
