/* Uses of plugin versions, counted over the pins of all groups and over all score sets. A group
 * counts once, however often its pins name the same bytes. A set that is being made is a use
 * already, though it counts for none. */
#include "daemon/engine/uses.h"

#include "daemon/engine/pins.h"
#include "daemon/store/score_sets.h"

#include <string.h>

struct counting {
    struct as_arena *arena;
    struct as_buf uses; /* of struct plugin_use */
    int64_t run;
};

static struct plugin_use *use_of(struct counting *counting, enum plugin_kind kind,
                                 const struct as_sha256 *hash, const char *selector)
{
    struct plugin_use *uses = (struct plugin_use *)(void *)counting->uses.ptr;
    size_t count = counting->uses.len / sizeof(*uses);
    for (size_t i = 0; i < count; i++)
        if (uses[i].kind == kind && as_sha256_eq(&uses[i].hash, hash))
            return &uses[i];
    size_t name_len = strcspn(selector, "@");
    struct as_str name = as_arena_dup(counting->arena, (struct as_str){selector, name_len});
    struct plugin_use use = {
        .kind = kind,
        .name = name.ptr,
        .version =
            as_arena_strdup(counting->arena, selector[name_len] ? selector + name_len + 1 : ""),
        .hash = *hash,
    };
    as_buf_add(&counting->uses, &use, sizeof(use));
    return (struct plugin_use *)(void *)counting->uses.ptr + count;
}

static void count_pin(struct counting *counting, enum plugin_kind kind, const char *selector,
                      const char *hex)
{
    struct as_sha256 hash;
    if (!selector || !hex || as_sha256_from_hex(hex, &hash))
        return; /* recorded answers have no provider */
    struct plugin_use *use = use_of(counting, kind, &hash, selector);
    use->runs += use->last_run != counting->run;
    use->first_run = use->first_run ? use->first_run : counting->run;
    use->last_run = counting->run;
}

static void count_model(struct counting *counting, const struct as_json *model)
{
    count_pin(counting, PLUGIN_PROVIDER, as_json_get_cstr(model, "plugin"),
              as_json_get_cstr(model, "plugin_hash"));
}

static void count_pins(void *ctx, int64_t run, const char *pins_json)
{
    struct counting *counting = ctx;
    AS_CLEANUP_JSON struct as_json *pins = NULL;
    if (as_json_parse(pins_json, strlen(pins_json), &pins, NULL))
        return; /* `run show` tells of damaged pins */
    counting->run = run;
    const struct as_json *metrics = as_json_get(pins, "metrics"),
                         *members = as_json_get(pins, "members");
    int64_t rubric = as_json_get_int(pins, "rubric", PINS_NO_RUBRIC);
    for (size_t i = 0; i < as_json_len(metrics); i++) {
        const struct as_json *metric = as_json_at(metrics, i);
        count_pin(counting, (int64_t)i == rubric ? PLUGIN_RUBRIC : PLUGIN_SCORER,
                  as_json_get_cstr(metric, "selector"), as_json_get_cstr(metric, "hash"));
    }
    for (size_t i = 0; i < as_json_len(members); i++)
        count_model(counting, as_json_at(members, i));
    count_model(counting, as_json_get(pins, "judge"));
}

static void count_set(void *ctx, const struct score_set *set)
{
    struct plugin_use *use = use_of(ctx, PLUGIN_SCORER, &set->hash, set->selector);
    use->sets += set->ended_ms != 0;
}

int uses_read(struct store *store, struct as_arena *arena, struct plugin_use **ret_uses,
              size_t *ret_count)
{
    struct counting counting = {.arena = arena};
    int rc = store_pins_each(store, count_pins, &counting);
    if (!rc)
        rc = store_sets_each(store, count_set, &counting);
    if (!rc) {
        *ret_count = counting.uses.len / sizeof(struct plugin_use);
        *ret_uses = as_arena_alloc(arena, counting.uses.len + 1);
        if (counting.uses.len)
            memcpy(*ret_uses, counting.uses.ptr, counting.uses.len);
    }
    as_buf_done(&counting.uses);
    return rc;
}

int uses_release(struct store *store, const struct as_sha256 *hash)
{
    struct as_arena arena = {0};
    struct plugin_use *uses = NULL;
    size_t count = 0;
    bool is_used = false;
    int rc = uses_read(store, &arena, &uses, &count);
    for (size_t i = 0; i < count && !is_used; i++)
        is_used = as_sha256_eq(&uses[i].hash, hash);
    as_arena_done(&arena);
    return rc || is_used ? rc : store_source_drop(store, hash);
}
