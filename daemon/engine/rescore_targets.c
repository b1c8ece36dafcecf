/* A metric was made by a scorer when the selector that it was pinned with has the scorer's name. */
#include "daemon/engine/rescore_targets.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_GROUPS 64

void rescore_targets_done(struct rescore_targets *targets)
{
    for (size_t i = 0; i < targets->count; i++)
        pins_free(targets->at[i].pins);
    free(targets->at);
    *targets = (struct rescore_targets){0};
}

static bool is_made_by(const struct pins *pins, size_t metric, const char *plugin)
{
    size_t len = strlen(plugin);
    const char *selector = pins->metrics[metric].selector;
    return (int)metric != pins->rubric && !strncmp(selector, plugin, len) && selector[len] == '@';
}

static void add(struct rescore_targets *targets, const struct group_record *group,
                struct pins *pins_take, size_t metric)
{
    targets->at = as_xrealloc(targets->at, (targets->count + 1) * sizeof(*targets->at));
    targets->at[targets->count++] = (struct rescore_target){
        group->id, group->dataset_id, group->case_count, pins_take, (uint32_t)metric};
}

/* ---- one run ---- */

static int say_no_metric(int64_t run, const struct pins *pins, const char *plugin,
                         const char *metric, struct as_err *err)
{
    struct as_buf names = {0}, wanted = {0};
    for (size_t i = 0; i < pins->metric_count; i++)
        if ((int)i != pins->rubric)
            as_buf_addf(&names, "%s%s = %s", names.len ? ", " : "", pins->metrics[i].name,
                        pins->metrics[i].selector);
    if (metric)
        as_buf_addf(&wanted, " '%s'", metric);
    int rc =
        as_err_set(err, AS_ENOENT, "run %" PRId64 " has no metric%s made by scorer '%s': it has %s",
                   run, as_buf_str(&wanted).ptr, plugin, names.len ? names.ptr : "no scorer");
    as_buf_done(&names);
    as_buf_done(&wanted);
    return rc;
}

static int pick_metric(int64_t run, const struct pins *pins, const char *plugin, const char *metric,
                       size_t *ret_metric, struct as_err *err)
{
    size_t found = pins->metric_count;
    for (size_t i = 0; i < pins->metric_count; i++) {
        bool is_named = !metric || !strcmp(metric, pins->metrics[i].name);
        if (!is_named || !is_made_by(pins, i, plugin))
            continue;
        if (found < pins->metric_count)
            return as_err_set(err, AS_EINVAL,
                              "scorer '%s' made metrics '%s' and '%s' of run %" PRId64
                              ": say which, with --metric",
                              plugin, pins->metrics[found].name, pins->metrics[i].name, run);
        found = i;
    }
    if (found == pins->metric_count)
        return say_no_metric(run, pins, plugin, metric, err);
    *ret_metric = found;
    return 0;
}

static int load_run(struct store *store, int64_t run, struct as_arena *arena,
                    struct group_record *ret_group, struct as_err *err)
{
    int rc = store_group_get(store, run, arena, ret_group);
    if (rc == AS_ENOENT)
        return as_err_set(err, rc, "run %" PRId64 " is not there", run);
    if (rc)
        return as_err_set(err, rc, "%s", store_error(store));
    if (!group_state_is_final(ret_group->state))
        return as_err_set(err, AS_ESTATE,
                          "run %" PRId64 " is still %s: wait with `assayctl run watch %" PRId64 "`",
                          run, group_state_name(ret_group->state), run);
    return 0;
}

int rescore_targets_of_run(struct store *store, int64_t run, const char *plugin, const char *metric,
                           struct rescore_targets *targets, struct as_err *err)
{
    struct as_arena arena = {0};
    struct group_record group;
    struct pins *pins = NULL;
    size_t at = 0;
    int rc = load_run(store, run, &arena, &group, err);
    if (!rc)
        rc = pins_from_json(group.pins_json, &pins, err);
    if (!rc)
        rc = pick_metric(run, pins, plugin, metric, &at, err);
    if (rc)
        pins_free(pins);
    else
        add(targets, &group, pins, at);
    as_arena_done(&arena);
    return rc;
}

/* ---- the last groups ---- */

/* A target for each metric that the scorer made; *hits is counted up when there is one. */
static int add_group(struct store *store, int64_t run, const char *plugin, struct as_arena *arena,
                     struct rescore_targets *targets, uint32_t *hits, struct as_err *err)
{
    struct group_record group;
    size_t count_before = targets->count;
    int rc = store_group_get(store, run, arena, &group);
    if (rc)
        return as_err_set(err, rc, "%s", store_error(store));
    for (size_t metric = 0, count = 1; metric < count; metric++) {
        struct pins *pins = NULL;
        rc = pins_from_json(group.pins_json, &pins, err);
        if (rc)
            return rc;
        count = pins->metric_count;
        if (is_made_by(pins, metric, plugin))
            add(targets, &group, pins, metric);
        else
            pins_free(pins);
    }
    *hits += targets->count > count_before;
    return 0;
}

int rescore_targets_of_last(struct store *store, const char *plugin, uint32_t group_count,
                            struct rescore_targets *targets, struct as_err *err)
{
    struct as_arena page = {0}, arena = {0};
    struct group_record *groups = NULL;
    int64_t before = 0;
    uint32_t hits = 0;
    size_t count = PAGE_GROUPS;
    int rc = 0;
    while (!rc && count == PAGE_GROUPS && hits < group_count) {
        as_arena_reset(&page);
        rc = store_groups_page(store, NULL, before, PAGE_GROUPS, &page, &groups, &count);
        if (rc)
            as_err_set(err, rc, "%s", store_error(store));
        for (size_t i = 0; !rc && i < count && hits < group_count; i++) {
            as_arena_reset(&arena);
            before = groups[i].id;
            if (groups[i].state == GROUP_DONE)
                rc = add_group(store, before, plugin, &arena, targets, &hits, err);
        }
    }
    as_arena_done(&page);
    as_arena_done(&arena);
    return rc;
}
