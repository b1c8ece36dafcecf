/* The numbers of the couples that run_sides.h chose, by daemon/report. Both groups' tables are in
 * memory together, as a result's is. */
#include "daemon/engine/compare_own.h"

#include "daemon/report/compare.h"
#include "daemon/report/result_looks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Strata and tags in an answer, which is one line of the protocol; and of one comparison. */
#define PARTS_IN_ALL 1000
#define PARTS_MAX 100

static int load(struct comparing *on, struct run_side *side, int index)
{
    struct report_spec *spec = &side->report.spec;
    int rc = spec->looks.planned ? looks_scope(on->store, spec, &spec->looks, on->err) : 0;
    if (!rc)
        rc = table_load(on->store, spec, &on->tables[index], on->err);
    on->is_loaded[index] = !rc;
    return rc;
}

static int load_tables(struct comparing *on)
{
    const struct run_sides *sides = &on->sides;
    if (on->summaries[0])
        return 0;
    int rc = load(on, sides->a, 0);
    return rc || !run_sides_are_apart(sides) ? rc : load(on, sides->b, 1);
}

static struct compare_side side_of(const struct comparing *on, const struct run_side *side,
                                   size_t member)
{
    bool is_across = run_sides_are_apart(&on->sides);
    return (struct compare_side){
        .table = &on->tables[is_across && side == on->sides.b],
        .run = side->group.id,
        .label = is_across ? side->label : NULL,
        .name = side->report.spec.member_names[member],
        .member = member,
        .metric = side->metric,
    };
}

static size_t parts_max(const struct comparing *on)
{
    size_t fits = PARTS_IN_ALL / 2 / on->sides.couple_count;
    return fits < PARTS_MAX ? fits : PARTS_MAX;
}

static int compare_couple(struct comparing *on, const struct run_couple *couple,
                          struct as_json **ret_json)
{
    if (on->summaries[0])
        return compare_couple_summaries(on, couple, ret_json);
    struct compare_sides sides = {
        .baseline = side_of(on, on->sides.a, couple->baseline),
        .candidate = side_of(on, on->sides.b, couple->candidate),
        .policy = on->sides.a->pins->gate.policy,
        .parts_max = parts_max(on),
    };
    return compare_members(&sides, ret_json, on->err);
}

static int compare_couples(struct comparing *on, struct as_json *comparisons)
{
    int rc = load_tables(on);
    for (size_t i = 0; i < on->sides.couple_count && !rc; i++) {
        struct as_json *compared = NULL;
        rc = compare_couple(on, &on->sides.couples[i], &compared);
        if (!rc)
            as_json_push_take(comparisons, compared);
    }
    compare_adjust(comparisons);
    return rc;
}

static void note(struct as_json *notes, const char *text)
{
    as_json_push_take(notes, as_json_new_str(as_str_from(text)));
}

static void note_state(struct comparing *on, const struct run_side *side, struct as_json *notes)
{
    if (side->group.state != GROUP_DONE)
        note(notes,
             as_arena_printf(&on->sides.arena, "%s was %s: what it did not come to is missing",
                             side->label, group_state_name(side->group.state)));
    if (side->pins->looks)
        note(notes, as_arena_printf(
                        &on->sides.arena, "%s planned %u looks: %s", side->label, side->pins->looks,
                        on->summaries[0] ? "the interval here is not widened for them"
                                         : "intervals are widened for them, and there is no p"));
}

/* Members that no pair has, when the user did not choose. */
static void note_members(struct comparing *on, const struct run_side *side, struct as_json *notes)
{
    for (size_t i = 0; i < side->report.spec.member_count; i++) {
        bool is_in = false;
        for (size_t c = 0; c < on->sides.couple_count; c++)
            is_in = is_in || i == (side == on->sides.a ? on->sides.couples[c].baseline
                                                       : on->sides.couples[c].candidate);
        if (!is_in)
            note(notes, as_arena_printf(&on->sides.arena,
                                        "'%s' is a member of %s alone: name it with %s to "
                                        "compare it",
                                        side->report.spec.member_names[i], side->label,
                                        side == on->sides.a ? "--baseline" : "--candidate"));
    }
}

static struct as_json *notes_json(struct comparing *on)
{
    const struct sides_request *request = &on->request->sides;
    struct as_json *notes =
        run_sides_json(&on->sides, on->sides.differences.matter_count, on->sides.differences.count);
    if (on->summaries[0])
        note(notes, COMPARE_UNPAIRED);
    note_state(on, on->sides.a, notes);
    if (!run_sides_are_apart(&on->sides))
        return notes;
    note_state(on, on->sides.b, notes);
    if (!request->baseline && !request->candidate) {
        note_members(on, on->sides.a, notes);
        note_members(on, on->sides.b, notes);
    }
    return notes;
}

static struct as_json *run_json(const struct run_side *side)
{
    struct as_json *json = as_json_object();
    as_json_set_int(json, "run", side->group.id);
    as_json_set_str(json, "eval", side->group.eval_name);
    as_json_set_str(json, "state", group_state_name(side->group.state));
    as_json_set_str(json, "tag", side->group.tag);
    as_json_set_int(json, "created_ms", side->group.created_ms);
    return json;
}

static int answer(struct comparing *on, struct as_json **ret_json)
{
    struct as_json *comparisons = as_json_array();
    int rc = compare_couples(on, comparisons);
    if (rc) {
        as_json_free(comparisons);
        return rc;
    }
    struct as_json *json = as_json_object();
    as_json_set_take(json, "a", run_json(on->sides.a));
    as_json_set_take(json, "b", run_json(on->sides.b));
    as_json_set_str(json, "metric", on->sides.a->report.spec.metric_names[on->sides.a->metric]);
    as_json_set_str(json, "policy", gate_policy_name(on->sides.a->pins->gate.policy));
    as_json_set_bool(json, "paired", !on->summaries[0]);
    as_json_set_take(json, "forced",
                     run_sides_json(&on->sides, 0, on->sides.differences.matter_count));
    as_json_set_take(json, "notes", notes_json(on));
    as_json_set_take(json, "comparisons", comparisons);
    *ret_json = json;
    return 0;
}

static int open_sides(struct comparing *on)
{
    const struct compare_request *request = on->request;
    return request->report ? compare_open_report(on)
                           : run_sides_open(on->store, &request->sides, &on->sides, on->err);
}

static void comparing_done(struct comparing *on)
{
    for (int i = 0; i < 2; i++)
        if (on->is_loaded[i])
            table_done(&on->tables[i]);
    as_json_free(on->result);
    run_sides_done(&on->sides);
}

int compare_runs(struct store *store, const struct compare_request *request,
                 struct as_json **ret_json, struct as_err *err)
{
    struct comparing *on = as_xcalloc(1, sizeof(*on));
    on->store = store;
    on->request = request;
    on->err = err;
    run_sides_init(&on->sides);
    int rc = open_sides(on);
    if (!rc)
        rc = run_sides_choose(&on->sides, &request->sides, err);
    if (!rc)
        rc = answer(on, ret_json);
    comparing_done(on);
    free(on);
    return rc;
}
