/* Sources are read in one go; the registry loads each in a worker, side by side. */
#include "daemon/engine/adopt.h"

/* One plugin version, and the place in the pins that waits for it. */
struct adoption {
    struct adopt *adopt;
    struct as_sha256 hash;
    struct as_str source;
    const char *label;
    struct plugin_version **slot;
};

static void count_slot(void *ctx, const struct as_sha256 *hash, const char *label,
                       struct plugin_version **slot)
{
    (void)hash, (void)label, (void)slot;
    ++*(size_t *)ctx;
}

static void add_slot(void *ctx, const struct as_sha256 *hash, const char *label,
                     struct plugin_version **slot)
{
    struct adopt *adopt = ctx;
    adopt->list[adopt->count++] =
        (struct adoption){.adopt = adopt, .hash = *hash, .label = label, .slot = slot};
}

int adopt_load(struct adopt *adopt, struct store *store, const char *pins_json)
{
    size_t slots = 0;
    adopt->rc = pins_from_json(pins_json, &adopt->pins, &adopt->err);
    if (adopt->rc)
        return adopt->rc;
    pins_each_plugin(adopt->pins, count_slot, &slots);
    adopt->list = as_arena_alloc(&adopt->arena, slots * sizeof(*adopt->list));
    pins_each_plugin(adopt->pins, add_slot, adopt);
    for (size_t i = 0; i < adopt->count && !adopt->rc; i++) {
        struct adoption *adoption = &adopt->list[i];
        adopt->rc = store_source_get(store, &adoption->hash, &adopt->arena, &adoption->label,
                                     &adoption->source);
    }
    if (adopt->rc)
        as_err_set(&adopt->err, adopt->rc, "a plugin's stored source cannot be read: %s",
                   store_error(store));
    return adopt->rc;
}

static void on_adopted(void *ctx, struct plugin_version *version, const char *reason)
{
    struct adoption *adoption = ctx;
    struct adopt *adopt = adoption->adopt;
    if (version)
        *adoption->slot = version;
    else if (!adopt->rc)
        adopt->rc = as_err_set(&adopt->err, AS_EPLUGIN, "plugin %s: %s", adoption->label, reason);
    if (--adopt->left == 0)
        adopt->done(adopt->ctx);
}

void adopt_start(struct adopt *adopt, struct registry *registry, void (*done)(void *ctx), void *ctx)
{
    AS_ASSERT(!adopt->rc && adopt->count); /* every group has a metric, hence a plugin */
    adopt->done = done;
    adopt->ctx = ctx;
    adopt->left = adopt->count;
    for (size_t i = 0; i < adopt->count; i++)
        registry_adopt(registry, adopt->list[i].label, adopt->list[i].source, on_adopted,
                       &adopt->list[i]);
}

void adopt_done(struct adopt *adopt)
{
    pins_free(adopt->pins);
    as_arena_done(&adopt->arena);
    *adopt = (struct adopt){0};
}
