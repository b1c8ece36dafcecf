/* A look is computed on a reading connection, stored by the writing one, and only then acted upon:
 * a crash in between makes it again, of the same rows. */
#include "daemon/engine/looks.h"

#include "daemon/engine/group.h"
#include "daemon/engine/pinned_report.h"
#include "daemon/report/result_looks.h"
#include "daemon/stats/seq.h"

#include "lib/log.h"

#include <stdlib.h>

struct group_look {
    struct group *group;
    struct pinned_report report;
    uint32_t number;
    struct look_outcome outcome;
    struct as_buf text;
    int rc;
    struct as_err err;
};

int looks_load(struct store *store, int64_t group_id, const struct pins *pins,
               struct look_progress *ret_progress)
{
    struct as_arena arena = {0};
    struct look_record *looks = NULL;
    size_t count = 0;
    *ret_progress = (struct look_progress){0};
    if (!pins->looks)
        return 0;
    int rc = 0;
    if (pins->journal.of_run)
        rc = store_looks_inherit(store, pins->journal.of_run, group_id);
    if (!rc)
        rc = store_looks(store, group_id, &arena, &looks, &count);
    if (!rc && count)
        *ret_progress = (struct look_progress){
            .made = looks[count - 1].look,
            .is_over = looks[count - 1].is_last,
            .cases = looks[count - 1].cases,
        };
    as_arena_done(&arena);
    return rc;
}

int looks_check(struct store *store, const struct eval_def *eval,
                const struct dataset_info *dataset, const struct selection *selection,
                struct as_err *err)
{
    static const char remedy[] = "remove early_stop, or start with --no-early-stop";
    uint32_t looks = eval->early_stop.looks;
    int64_t clustered = 0, least = (int64_t)looks * EVAL_LOOK_CASES_MIN;
    int64_t limit = selection->seqs ? dataset->case_count : selection->count;
    int rc = store_clustered_count(store, dataset->id, limit, &clustered);
    if (rc)
        return as_err_set(err, rc, "%s", store_error(store));
    if (clustered)
        return as_err_set(err, AS_EINVAL,
                          "early_stop needs independent cases, and %lld of dataset '%s' have a "
                          "cluster: %s",
                          (long long)clustered, dataset->name, remedy);
    if (selection->count < least)
        return as_err_set(err, AS_EINVAL,
                          "early_stop with %u looks needs at least %lld cases, and there are %lld: "
                          "%s",
                          looks, (long long)least, (long long)selection->count, remedy);
    return 0;
}

struct as_json *looks_plan_json(const struct pins *pins, int64_t case_count)
{
    struct stats_look_plan plan = {.looks = pins->looks, .n_max = (size_t)case_count};
    if (!pins->looks)
        return NULL;
    struct as_json *json = as_json_object(), *cases = as_json_array();
    struct as_buf sentence = {0};
    as_buf_addf(&sentence, "%u looks, after", pins->looks);
    for (size_t look = 1; look <= plan.looks; look++) {
        size_t n = stats_look_size(&plan, look);
        as_json_push_take(cases, as_json_new_int((int64_t)n));
        as_buf_addf(&sentence, "%s %zu", look == 1 ? "" : look < plan.looks ? "," : " and", n);
    }
    as_buf_addf(
        &sentence,
        " cases: where the margin is decided the run ends; the last interval is of %.4g %%, "
        "and what it takes is told for all cases",
        100 * (1 - 2 * stats_look_tail(plan.looks, plan.looks)));
    as_json_set_int(json, "planned", pins->looks);
    as_json_set_take(json, "cases", cases);
    as_json_set_str(json, "sentence", sentence.ptr);
    as_buf_done(&sentence);
    return json;
}

/* ---- a live group's ---- */

static void init_report(const struct group *group, struct pinned_report *report)
{
    pinned_report_init(report, group->pins, group->id, group->dataset_id, group->case_count);
}

static void set_feed_end(struct group *group)
{
    struct pinned_report report;
    const struct look_progress *looks = &group->looks;
    init_report(group, &report);
    group->is_at_critical = false;
    if (!group->pins->looks)
        group->feed_end = group->case_count;
    else if (looks->is_over)
        group->feed_end = looks->cases;
    else
        group->feed_end = looks_cases(&report.spec, looks->made + 1);
}

void group_looks_begin(struct group *group)
{
    if (group->pins->looks)
        case_order_init(&group->order, group->case_count, group->pins->order_seed);
    set_feed_end(group);
}

static void look_over(struct group_look *look)
{
    struct group *group = look->group;
    group->is_looking = false;
    as_json_free(look->outcome.json);
    as_buf_done(&look->text);
    free(look);
    group_feed(group);
}

static void store_work(struct store *store, void *ctx)
{
    struct group_look *look = ctx;
    struct look_record record = {
        .look = look->number,
        .cases = looks_cases(&look->report.spec, look->number),
        .is_last = look->outcome.is_last,
        .json = look->text.ptr,
    };
    look->rc = store_look_add(store, look->group->id, &record);
    if (look->rc)
        as_err_set(&look->err, look->rc, "%s", store_error(store));
}

static void store_done(void *ctx)
{
    struct group_look *look = ctx;
    struct group *group = look->group;
    if (look->rc) {
        group_fault(group, look->err.msg);
    } else {
        group->looks = (struct look_progress){
            .made = look->number,
            .is_over = look->outcome.is_last,
            .cases = looks_cases(&look->report.spec, look->number),
        };
        group->read_at = group->feed_end;
        set_feed_end(group);
        as_log_info("group=%lld look %u of %u after %lld cases: %s", (long long)group->id,
                    look->number, group->pins->looks, (long long)group->looks.cases,
                    look->outcome.is_last ? "the last" : "goes on");
    }
    look_over(look);
}

static void make_work(struct store *store, void *ctx)
{
    struct group_look *look = ctx;
    look->rc = looks_make(store, &look->report.spec, look->number, &look->outcome, &look->err);
    if (!look->rc)
        as_json_write(look->outcome.json, &look->text);
}

/* Rows that were taken out meanwhile are done again first, and then it is made anew. */
static void make_done(void *ctx)
{
    struct group_look *look = ctx;
    struct group *group = look->group;
    if (look->rc && !group->engine->is_stopping)
        group_fault(group, look->err.msg);
    if (look->rc || group->state != GROUP_RUNNING || group->engine->is_stopping ||
        group->requeues || group->has_rewind)
        look_over(look);
    else
        db_write(group->engine->on.db, store_work, store_done, look);
}

static void start_look(struct group *group)
{
    struct group_look *look = as_xcalloc(1, sizeof(*look));
    look->group = group;
    look->number = group->looks.made + 1;
    init_report(group, &look->report);
    group->is_looking = true;
    db_read(group->engine->on.db, make_work, make_done, look);
}

bool group_looks_go_on(struct group *group)
{
    if (!group->pins->looks)
        return false;
    if (!group->looks.is_over) {
        start_look(group);
        return true;
    }
    bool leaves_out = group->looks.cases < group->case_count;
    if (group->is_at_critical || !leaves_out || group->pins->gate.critical == GATE_CRITICAL_OFF)
        return false;
    group->is_at_critical = true;
    group->read_at = 0;
    group->feed_end = group->case_count;
    return true;
}
