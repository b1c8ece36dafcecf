/* Loads flips and hands them to the format, a case's rows at a time. So many are shown that a
 * report of many candidates does not grow with them. */
#include "daemon/control/report_flips.h"

#include "daemon/engine/pins.h"

#define SHOWN_MAX 100 /* of all candidates together */
#define SHOWN_OF_ONE_MAX 50

static size_t shown_of(const struct flip_list *list, size_t candidates)
{
    size_t share = SHOWN_MAX / candidates;
    size_t most = share > SHOWN_OF_ONE_MAX ? SHOWN_OF_ONE_MAX : share ? share : 1;
    return list->count < most ? list->count : most;
}

static int add_flip(struct store *store, const struct group_record *group,
                    const struct render *render, const struct render_flips *flips,
                    const struct flip *flip)
{
    struct as_arena arena = {0};
    struct case_record *record = NULL;
    struct row_listing *rows = NULL;
    struct render_case shown = {0};
    size_t count = 0;
    int rc = store_cases_page(store, group->dataset_id, flip->case_seq, 1, &arena, &record, &count);
    if (!rc && !count)
        rc = AS_ECORRUPT;
    if (!rc)
        rc = store_rows_of_case(store, group->id, flip->case_seq, &arena, &rows, &shown.row_count);
    shown.record = record;
    shown.rows = rows;
    if (!rc)
        render_flip(render, flips, flip, &shown);
    as_arena_done(&arena);
    return rc;
}

static int add_candidate(struct store *store, const struct group_record *group,
                         const struct pins *pins, uint32_t member, const struct render *render)
{
    const struct flip_source baseline = {
        .group_id = group->id,
        .dataset_id = group->dataset_id,
        .case_count = group->case_count,
        .metric = pins->primary,
        .metric_count = pins->metric_count,
    };
    struct flip_spec spec = {baseline, baseline, &pins->gate};
    struct flip_list list = {0};
    struct as_arena arena = {0};
    spec.candidate.member = member;
    int rc = flips_load(store, &spec, &arena, &list);
    size_t shown = rc ? 0 : shown_of(&list, pins->member_count - 1);
    struct render_flips flips = {member, &pins->gate, &list, shown};
    if (!rc)
        render_flips(render, &flips);
    for (size_t i = 0; i < shown && !rc; i++)
        rc = add_flip(store, group, render, &flips, &list.flips[i]);
    as_arena_done(&arena);
    return rc;
}

int report_flips(struct store *store, const struct group_record *group, const struct render *render)
{
    struct pins *pins = NULL;
    if (!as_json_len(as_json_get(render->run, "comparisons")))
        return 0;
    int rc = pins_from_json(group->pins_json, &pins, NULL);
    for (uint32_t member = 1; !rc && member < pins->member_count; member++)
        rc = add_candidate(store, group, pins, member, render);
    pins_free(pins);
    return rc;
}
