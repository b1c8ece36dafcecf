/* Which runs, which metric, which pairs of members; whether their pins allow it; then the numbers
 * by daemon/report. Both groups' tables are in memory together, as a result's is. */
#include "daemon/engine/compare_own.h"

#include "daemon/report/compare.h"
#include "daemon/report/result_looks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define REFUSED_IN_FULL 4 /* differences that a refusal gives with both values */
#define NO_MEMBER SIZE_MAX
/* Strata and tags in an answer, which is one line of the protocol; and of one comparison. */
#define PARTS_IN_ALL 1000
#define PARTS_MAX 100

static bool is_across(const struct comparing *on)
{
    return on->a != on->b;
}

/* ---- the runs ---- */

int compare_open_run(struct comparing *on, int64_t run, struct compare_group *side)
{
    int rc = store_group_get(on->store, run, &on->arena, &side->group);
    if (rc == AS_ENOENT)
        return as_err_set(on->err, rc, "run %" PRId64 " is not there", run);
    if (rc)
        return as_err_set(on->err, rc, "run %" PRId64 ": %s", run, store_error(on->store));
    if (!group_state_is_final(side->group.state))
        return as_err_set(on->err, AS_ESTATE,
                          "run %" PRId64 " is %s: it can be compared when it has ended", run,
                          group_state_name(side->group.state));
    side->label = as_arena_printf(&on->arena, "run %" PRId64, run);
    rc = pins_from_json(side->group.pins_json, &side->pins, on->err);
    if (!rc)
        pinned_report_init(&side->report, side->pins, run, side->group.dataset_id,
                           side->group.case_count);
    return rc;
}

static int open_groups(struct comparing *on)
{
    const struct compare_request *request = on->request;
    on->a = on->b = &on->groups[0];
    if (request->report)
        return compare_open_report(on);
    int rc = compare_open_run(on, request->run, on->a);
    if (rc || !request->other || request->other == request->run)
        return rc;
    on->b = &on->groups[1];
    return compare_open_run(on, request->other, on->b);
}

/* ---- the metric ---- */

static const char *list_of(struct as_arena *arena, const char *const *names, size_t count)
{
    struct as_buf text = {0};
    for (size_t i = 0; i < count; i++)
        as_buf_addf(&text, "%s'%s'", i ? ", " : "", names[i]);
    const char *copy = as_arena_dup(arena, as_buf_str(&text)).ptr;
    as_buf_done(&text);
    return copy;
}

static int find_metric(struct comparing *on, struct compare_group *side, const char *name)
{
    const struct report_spec *spec = &side->report.spec;
    for (size_t i = 0; i < spec->metric_count; i++) {
        if (strcmp(spec->metric_names[i], name) != 0)
            continue;
        side->metric = i;
        return 0;
    }
    return as_err_set(on->err, AS_EINVAL, "%s has no metric '%s': its metrics are %s", side->label,
                      name, list_of(&on->arena, spec->metric_names, spec->metric_count));
}

static int find_metrics(struct comparing *on)
{
    const struct report_spec *spec = &on->a->report.spec;
    const char *name =
        on->request->metric ? on->request->metric : spec->metric_names[spec->primary];
    int rc = find_metric(on, on->a, name);
    return rc || !is_across(on) ? rc : find_metric(on, on->b, name);
}

/* ---- the members ---- */

/* Of the role that is asked for before any other: in an A/A run two members share a name. */
static size_t member_named(const struct compare_group *side, const char *name, bool is_baseline)
{
    const struct report_spec *spec = &side->report.spec;
    size_t found = NO_MEMBER;
    for (size_t i = 0; i < spec->member_count; i++) {
        if (strcmp(spec->member_names[i], name) != 0)
            continue;
        if ((i == 0) == is_baseline)
            return i;
        found = found == NO_MEMBER ? i : found;
    }
    return found;
}

static int say_no_member(struct comparing *on, const struct compare_group *side, const char *name,
                         const char *option)
{
    const struct report_spec *spec = &side->report.spec;
    return as_err_set(on->err, AS_EINVAL, "%s has no member '%s': %s takes one of %s", side->label,
                      name, option, list_of(&on->arena, spec->member_names, spec->member_count));
}

static int find_member(struct comparing *on, const struct compare_group *side, const char *name,
                       const char *option, size_t *ret_member)
{
    size_t member = member_named(side, name, !strcmp(option, "--baseline"));
    if (member == NO_MEMBER)
        return say_no_member(on, side, name, option);
    *ret_member = member;
    return 0;
}

static void add_couple(struct comparing *on, size_t baseline, size_t candidate)
{
    on->couples[on->couple_count++] = (struct couple){baseline, candidate};
}

/* Each candidate against the baseline, or the members that are named. */
static int couple_within(struct comparing *on)
{
    const struct compare_request *request = on->request;
    size_t baseline = 0, candidate = NO_MEMBER;
    int rc = 0;
    if (request->baseline)
        rc = find_member(on, on->a, request->baseline, "--baseline", &baseline);
    if (!rc && request->candidate)
        rc = find_member(on, on->a, request->candidate, "--candidate", &candidate);
    if (rc)
        return rc;
    if (candidate == baseline)
        return as_err_set(on->err, AS_EINVAL,
                          "'%s' would be compared with itself: name another member",
                          on->a->report.spec.member_names[baseline]);
    for (size_t i = 0; i < on->a->report.spec.member_count; i++)
        if (i != baseline && (candidate == NO_MEMBER || i == candidate))
            add_couple(on, baseline, i);
    return 0;
}

/* One name given stands for both runs. */
static int couple_named(struct comparing *on)
{
    const struct compare_request *request = on->request;
    const char *baseline = request->baseline ? request->baseline : request->candidate;
    const char *candidate = request->candidate ? request->candidate : request->baseline;
    size_t of_a, of_b;
    int rc = find_member(on, on->a, baseline, "--baseline", &of_a);
    if (!rc)
        rc = find_member(on, on->b, candidate, "--candidate", &of_b);
    if (!rc)
        add_couple(on, of_a, of_b);
    return rc;
}

static int couple_same_names(struct comparing *on)
{
    const struct report_spec *a = &on->a->report.spec, *b = &on->b->report.spec;
    for (size_t i = 0; i < b->member_count; i++) {
        size_t of_a = member_named(on->a, b->member_names[i], i == 0);
        if (of_a != NO_MEMBER)
            add_couple(on, of_a, i);
    }
    if (on->couple_count)
        return 0;
    return as_err_set(on->err, AS_EINVAL,
                      "%s and %s share no member: %s has %s, %s has %s; say which with --baseline "
                      "(of the first) and --candidate (of the second)",
                      on->a->label, on->b->label, on->a->label,
                      list_of(&on->arena, a->member_names, a->member_count), on->b->label,
                      list_of(&on->arena, b->member_names, b->member_count));
}

static int find_couples(struct comparing *on)
{
    if (!is_across(on))
        return couple_within(on);
    bool is_named = on->request->baseline || on->request->candidate;
    return is_named ? couple_named(on) : couple_same_names(on);
}

/* ---- may they be compared? ---- */

static void add_difference(const struct comparing *on, const struct pins_difference *difference,
                           struct as_buf *out)
{
    as_buf_addf(out, "%s: %s in %s, %s in %s", difference->part, difference->a, on->a->label,
                difference->b, on->b->label);
}

static int refuse(const struct comparing *on)
{
    const struct pins_differences *found = &on->differences;
    struct as_buf text = {0};
    for (size_t i = 0; i < found->matter_count; i++) {
        as_buf_adds(&text, i ? "; " : "");
        if (i < REFUSED_IN_FULL) {
            add_difference(on, &found->items[i], &text);
            as_buf_addf(&text, " (%s)", found->items[i].remedy);
        } else {
            as_buf_addf(&text, "%s differs too", found->items[i].part);
        }
    }
    int rc = as_err_set(on->err, AS_ESTATE,
                        "%s and %s are not comparable: %s. With --force what both have is "
                        "compared, and labelled",
                        on->a->label, on->b->label, text.ptr);
    as_buf_done(&text);
    return rc;
}

static int check_pins(struct comparing *on)
{
    if (!is_across(on))
        return 0;
    struct pins_view a = {on->a->pins, on->a->metric, on->a->group.case_count};
    struct pins_view b = {on->b->pins, on->b->metric, on->b->group.case_count};
    pins_compare(&a, &b, &on->arena, &on->differences);
    for (size_t i = 0; i < on->couple_count; i++)
        pins_compare_member(&a.pins->members[on->couples[i].baseline],
                            &b.pins->members[on->couples[i].candidate], &on->arena,
                            &on->differences);
    return on->differences.matter_count && !on->request->is_forced ? refuse(on) : 0;
}

/* ---- the answer ---- */

static int load(struct comparing *on, struct compare_group *side)
{
    struct report_spec *spec = &side->report.spec;
    int rc = spec->looks.planned ? looks_scope(on->store, spec, &spec->looks, on->err) : 0;
    if (!rc)
        rc = table_load(on->store, spec, &side->table, on->err);
    side->is_loaded = !rc;
    return rc;
}

static int load_tables(struct comparing *on)
{
    if (on->a->summary)
        return 0;
    int rc = load(on, on->a);
    return rc || !is_across(on) ? rc : load(on, on->b);
}

static struct compare_side side_of(const struct comparing *on, const struct compare_group *side,
                                   size_t member)
{
    return (struct compare_side){
        .table = &side->table,
        .run = side->group.id,
        .label = is_across(on) ? side->label : NULL,
        .name = side->report.spec.member_names[member],
        .member = member,
        .metric = side->metric,
    };
}

static size_t parts_max(const struct comparing *on)
{
    size_t fits = PARTS_IN_ALL / 2 / on->couple_count;
    return fits < PARTS_MAX ? fits : PARTS_MAX;
}

static int compare_couple(struct comparing *on, const struct couple *couple,
                          struct as_json **ret_json)
{
    if (on->a->summary)
        return compare_couple_summaries(on, couple, ret_json);
    struct compare_sides sides = {
        .baseline = side_of(on, on->a, couple->baseline),
        .candidate = side_of(on, on->b, couple->candidate),
        .policy = on->a->pins->gate.policy,
        .parts_max = parts_max(on),
    };
    return compare_members(&sides, ret_json, on->err);
}

static int compare_couples(struct comparing *on, struct as_json *comparisons)
{
    int rc = load_tables(on);
    for (size_t i = 0; i < on->couple_count && !rc; i++) {
        struct as_json *compared = NULL;
        rc = compare_couple(on, &on->couples[i], &compared);
        if (!rc)
            as_json_push_take(comparisons, compared);
    }
    compare_adjust(comparisons);
    return rc;
}

static struct as_json *differences_json(const struct comparing *on, size_t from, size_t end)
{
    struct as_json *list = as_json_array();
    for (size_t i = from; i < end; i++) {
        struct as_buf text = {0};
        add_difference(on, &on->differences.items[i], &text);
        as_json_push_take(list, as_json_new_str(as_buf_str(&text)));
        as_buf_done(&text);
    }
    return list;
}

static void note(struct as_json *notes, const char *text)
{
    as_json_push_take(notes, as_json_new_str(as_str_from(text)));
}

static void note_state(struct comparing *on, const struct compare_group *side,
                       struct as_json *notes)
{
    if (side->group.state != GROUP_DONE)
        note(notes, as_arena_printf(&on->arena, "%s was %s: what it did not come to is missing",
                                    side->label, group_state_name(side->group.state)));
    if (side->pins->looks)
        note(notes,
             as_arena_printf(&on->arena, "%s planned %u looks: %s", side->label, side->pins->looks,
                             on->a->summary ? "the interval here is not widened for them"
                                            : "intervals are widened for them, and there is no p"));
}

/* Members that no pair has, when the user did not choose. */
static void note_members(struct comparing *on, const struct compare_group *side,
                         struct as_json *notes)
{
    for (size_t i = 0; i < side->report.spec.member_count; i++) {
        bool is_in = false;
        for (size_t c = 0; c < on->couple_count; c++)
            is_in =
                is_in || i == (side == on->a ? on->couples[c].baseline : on->couples[c].candidate);
        if (!is_in)
            note(notes, as_arena_printf(&on->arena,
                                        "'%s' is a member of %s alone: name it with %s to "
                                        "compare it",
                                        side->report.spec.member_names[i], side->label,
                                        side == on->a ? "--baseline" : "--candidate"));
    }
}

static struct as_json *notes_json(struct comparing *on)
{
    const struct compare_request *request = on->request;
    struct as_json *notes =
        differences_json(on, on->differences.matter_count, on->differences.count);
    if (on->a->summary)
        note(notes, COMPARE_UNPAIRED);
    note_state(on, on->a, notes);
    if (!is_across(on))
        return notes;
    note_state(on, on->b, notes);
    if (!request->baseline && !request->candidate) {
        note_members(on, on->a, notes);
        note_members(on, on->b, notes);
    }
    return notes;
}

static struct as_json *run_json(const struct compare_group *side)
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
    as_json_set_take(json, "a", run_json(on->a));
    as_json_set_take(json, "b", run_json(on->b));
    as_json_set_str(json, "metric", on->a->report.spec.metric_names[on->a->metric]);
    as_json_set_str(json, "policy", gate_policy_name(on->a->pins->gate.policy));
    as_json_set_bool(json, "paired", !on->a->summary);
    as_json_set_take(json, "forced", differences_json(on, 0, on->differences.matter_count));
    as_json_set_take(json, "notes", notes_json(on));
    as_json_set_take(json, "comparisons", comparisons);
    *ret_json = json;
    return 0;
}

static void side_done(struct compare_group *side)
{
    if (side->is_loaded)
        table_done(&side->table);
    pins_free(side->pins);
    as_json_free(side->result);
}

int compare_runs(struct store *store, const struct compare_request *request,
                 struct as_json **ret_json, struct as_err *err)
{
    struct comparing *on = as_xcalloc(1, sizeof(*on));
    on->store = store;
    on->request = request;
    on->err = err;
    int rc = open_groups(on);
    if (!rc)
        rc = find_metrics(on);
    if (!rc)
        rc = find_couples(on);
    if (!rc)
        rc = check_pins(on);
    if (!rc)
        rc = answer(on, ret_json);
    side_done(&on->groups[0]);
    side_done(&on->groups[1]);
    as_arena_done(&on->arena);
    free(on);
    return rc;
}
