/* A report in the place of run.compare's first run. It comes from a file, so nothing in it is
 * believed but what the comparison is about: its names and means. */
#include "daemon/engine/compare_own.h"

#include "daemon/report/compare.h"

#include <inttypes.h>
#include <string.h>

static int not_a_report(struct comparing *on, const char *what)
{
    return as_err_set(on->err, AS_EINVAL,
                      "the report %s: make it with `assayctl report RUN --format json`", what);
}

/* Is the report's run in this database, and no other run of its number? */
static bool is_here(struct comparing *on, const struct pins *pins)
{
    const struct as_json *report = on->request->report;
    struct group_record group;
    struct pins *own = NULL;
    if (store_group_get(on->store, as_json_get_int(report, "run", 0), &on->sides.arena, &group) ||
        group.created_ms != as_json_get_int(report, "created_ms", 0) ||
        strcmp(group.eval_name, pins->eval_name) != 0 ||
        pins_from_json(group.pins_json, &own, NULL))
        return false;
    bool is_same = !memcmp(&own->dataset_hash, &pins->dataset_hash, sizeof(own->dataset_hash)) &&
                   own->member_count == pins->member_count;
    pins_free(own);
    return is_same;
}

static int read_pins(struct comparing *on, struct pins **ret_pins)
{
    const struct as_json *pinned = as_json_get(on->request->report, "pinned");
    struct as_buf text = {0};
    if (as_json_type_of(pinned) != AS_JSON_OBJECT)
        return not_a_report(on, "does not tell what its run was made of");
    as_json_write(pinned, &text);
    int rc = pins_from_json(text.ptr, ret_pins, NULL);
    as_buf_done(&text);
    return rc ? not_a_report(on, "is damaged where it tells what its run was made of") : 0;
}

static int state_of(const struct as_json *report, enum group_state *ret_state)
{
    const char *name = as_json_get_cstr_or(report, "state", "");
    for (int state = 0; state < GROUP_STATE_COUNT; state++) {
        if (strcmp(group_state_name((enum group_state)state), name) != 0)
            continue;
        *ret_state = (enum group_state)state;
        return group_state_is_final((enum group_state)state) ? 0 : AS_ESTATE;
    }
    return AS_EINVAL;
}

/* The first group as the report tells it. Takes the pins. */
static int take_report(struct comparing *on, struct pins *pins_take)
{
    const struct as_json *report = on->request->report;
    struct run_side *group = on->sides.a;
    group->pins = pins_take;
    int rc = state_of(report, &group->group.state);
    on->summaries[0] = as_json_get(report, "members");
    if (rc == AS_ESTATE)
        return as_err_set(on->err, rc, "the report was made before its run had ended");
    if (rc || as_json_len(on->summaries[0]) != group->pins->member_count)
        return not_a_report(on, "has no members' results");
    group->group.id = as_json_get_int(report, "run", 0);
    group->group.eval_name = group->pins->eval_name;
    group->group.created_ms = as_json_get_int(report, "created_ms", 0);
    group->group.case_count = as_json_get_int(as_json_get(report, "dataset"), "cases", 0);
    group->label = as_arena_printf(&on->sides.arena, "the report of run %" PRId64, group->group.id);
    pinned_report_init(&group->report, group->pins, group->group.id, 0, group->group.case_count);
    return 0;
}

/* The second run's summary is its stored result. */
static int take_result(struct comparing *on)
{
    const char *text = on->sides.b->group.result_json;
    if (!text || as_json_parse(text, strlen(text), &on->result, NULL))
        return as_err_set(on->err, AS_ESTATE, "%s has no result to compare", on->sides.b->label);
    on->summaries[1] = as_json_get(on->result, "members");
    return 0;
}

int compare_open_report(struct comparing *on)
{
    struct sides_request runs = on->request->sides;
    struct run_sides *sides = &on->sides;
    struct pins *pins = NULL;
    int rc = read_pins(on, &pins);
    if (rc)
        return rc;
    if (!is_here(on, pins)) {
        rc = take_report(on, pins);
        sides->b = &sides->sides[1];
        if (!rc)
            rc = run_side_open(on->store, runs.run, &sides->arena, sides->b, on->err);
        return rc ? rc : take_result(on);
    }
    pins_free(pins);
    runs.other = runs.run;
    runs.run = as_json_get_int(on->request->report, "run", 0);
    return run_sides_open(on->store, &runs, sides, on->err);
}

static struct compare_summary summary_of(const struct run_side *side, const struct as_json *summary,
                                         size_t member)
{
    return (struct compare_summary){
        .run = side->group.id,
        .label = side->label,
        .name = side->report.spec.member_names[member],
        .metric = side->report.spec.metric_names[side->metric],
        .member = as_json_at(summary, member),
    };
}

int compare_couple_summaries(struct comparing *on, const struct run_couple *couple,
                             struct as_json **ret_json)
{
    struct compare_summary baseline = summary_of(on->sides.a, on->summaries[0], couple->baseline);
    struct compare_summary candidate = summary_of(on->sides.b, on->summaries[1], couple->candidate);
    return compare_summaries(&baseline, &candidate, ret_json, on->err);
}
