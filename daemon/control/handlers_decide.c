/* run.rank and run.project: what a group that has ended says about which model to take, derived
 * from its rows when it is asked for. Both need pins and table; neither is stored. */
#include "daemon/control/handlers.h"
#include "daemon/engine/pinned_report.h"
#include "daemon/report/project.h"
#include "daemon/report/rank.h"
#include "daemon/report/result_looks.h"
#include "daemon/store/calls.h"

#include <inttypes.h>
#include <string.h>

struct ended_group {
    struct group_record record;
    struct pins *pins;
    struct pinned_report report;
};

/* While a group is under way its numbers would invite to stop it at a good moment. */
static int load_ended(struct store *store, struct control_query *query, struct ended_group *group)
{
    int64_t run = as_json_get_int(query->call->params, "run", 0);
    int rc = store_group_get(store, run, &query->arena, &group->record);
    if (rc) {
        control_store_failed(store, query, rc, as_arena_printf(&query->arena, "run %" PRId64, run));
        return rc;
    }
    if (group->record.state != GROUP_DONE)
        return query->rc = as_err_set(
                   &query->err, AS_ESTATE,
                   "run %" PRId64 " is %s: only a run that is done can be asked what it came to",
                   run, group_state_name(group->record.state));
    query->rc = pins_from_json(group->record.pins_json, &group->pins, &query->err);
    if (query->rc)
        return query->rc;
    pinned_report_init(&group->report, group->pins, run, group->record.dataset_id,
                       group->record.case_count);
    struct report_spec *spec = &group->report.spec;
    if (spec->looks.planned)
        query->rc = looks_scope(store, spec, &spec->looks, &query->err);
    return query->rc;
}

static void begin_answer(struct control_query *query, const struct ended_group *group)
{
    const struct report_spec *spec = &group->report.spec;
    query->result = as_json_object();
    as_json_set_int(query->result, "run", group->record.id);
    as_json_set_str(query->result, "eval", group->record.eval_name);
    as_json_set_str(query->result, "primary", spec->metric_names[spec->primary]);
    as_json_set_int(query->result, "cases", group->record.case_count);
}

static void note_stopped(struct store *store, struct control_query *query,
                         const struct ended_group *group)
{
    int64_t left_out = 0;
    int rc = query->rc ? query->rc : store_rows_over_budget(store, group->record.id, &left_out);
    struct as_json *notes = as_json_get(query->result, "notes");
    const char *note = group->report.spec.looks.planned /* which shuffle the cases */
                           ? "the budget stopped the run: not all of its cases were run"
                           : "the budget stopped the run: the cases that it had are the first "
                             "ones, no sample of all";
    if (!query->rc && rc)
        control_store_failed(store, query, rc, "what the budget left out");
    else if (!rc && left_out)
        as_json_push_take(notes, as_json_new_str(as_str_from(note)));
}

/* ---- rank ---- */

typedef int (*add_fn)(struct rank_rules *rules, const char *text, struct as_err *err);

static int add_each(const struct as_json *list, add_fn add, struct rank_rules *rules,
                    struct as_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < as_json_len(list) && !rc; i++) {
        const char *text = as_json_cstr(as_json_at(list, i));
        rc = add(rules, text ? text : "", err);
    }
    return rc;
}

/* Those of the call when it has any, else the pinned ones. */
static int rules_of(const struct as_json *params, const struct pins *pins,
                    struct rank_rules *ret_rules, bool *ret_is_pinned, struct as_err *err)
{
    const struct as_json *weights = as_json_get(params, "weights"),
                         *ranges = as_json_get(params, "ranges");
    struct rank_problem problem;
    struct as_err why = {0};
    *ret_is_pinned = !weights && !ranges;
    *ret_rules = pins->rank;
    if (*ret_is_pinned)
        return 0;
    rank_rules_init(ret_rules);
    int rc = add_each(weights, rank_rules_add_weight, ret_rules, err);
    if (!rc)
        rc = add_each(ranges, rank_rules_add_range, ret_rules, err);
    if (rc || !rank_rules_check(ret_rules, &problem, &why))
        return rc;
    if (problem.axis == RANK_AXES)
        return as_err_set(err, AS_EINVAL, "%s", why.msg);
    return as_err_set(err, AS_EINVAL, "%s of %s: %s", problem.is_range ? "ranges" : "weights",
                      rank_axis_name(problem.axis), why.msg);
}

static void rank_work(struct store *store, struct control_query *query)
{
    struct ended_group group = {0};
    struct rank_rules rules;
    bool is_pinned;
    if (!load_ended(store, query, &group)) {
        query->rc = rules_of(query->call->params, group.pins, &rules, &is_pinned, &query->err);
        if (!query->rc) {
            struct rank_question question = {&rules, is_pinned};
            begin_answer(query, &group);
            query->rc =
                report_rank(store, &group.report.spec, &question, query->result, &query->err);
            note_stopped(store, query, &group);
        }
    }
    pins_free(group.pins);
}

void handle_run_rank(void *ctx, struct control_call *call)
{
    control_read(ctx, call, rank_work, NULL);
}

/* ---- project ---- */

static void project_work(struct store *store, struct control_query *query)
{
    struct ended_group group = {0};
    if (!load_ended(store, query, &group)) {
        struct project_question question = {
            .requests_per_day = as_json_get_num(query->call->params, "requests_per_day", 0),
            .has_judge = group.pins->rubric != PINS_NO_RUBRIC,
        };
        begin_answer(query, &group);
        query->rc =
            report_project(store, &group.report.spec, &question, query->result, &query->err);
        note_stopped(store, query, &group);
    }
    pins_free(group.pins);
}

void handle_run_project(void *ctx, struct control_call *call)
{
    double requests = as_json_get_num(call->params, "requests_per_day", 0);
    struct as_err err = {0};
    if (requests > 0 && requests <= 1e12) {
        control_read(ctx, call, project_work, NULL);
        return;
    }
    as_err_set(&err, AS_EINVAL, "requests_per_day must be above 0 and at most 1e12");
    control_fail(call, &err);
}
