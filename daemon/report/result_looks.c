/* A look is the result over its cases, of which the decision is read: so a look and the verdict
 * that it leads to cannot differ. */
#include "daemon/report/result_looks.h"

#include "daemon/gate/gate.h"
#include "daemon/stats/seq.h"

#include <inttypes.h>
#include <string.h>

static struct stats_look_plan plan_of(const struct report_spec *spec)
{
    return (struct stats_look_plan){
        .looks = spec->looks.planned,
        .n_max = (size_t)spec->case_count,
        .margin = spec->gate->margin,
    };
}

int64_t looks_cases(const struct report_spec *spec, uint32_t look)
{
    struct stats_look_plan plan = plan_of(spec);
    return (int64_t)stats_look_size(&plan, look);
}

/* ---- making a look ---- */

static const struct as_json *item_of(const struct as_json *result, const char *list,
                                     const char *candidate)
{
    const struct as_json *items = as_json_get(result, list);
    for (size_t i = 0; i < as_json_len(items); i++)
        if (!strcmp(as_json_get_cstr_or(as_json_at(items, i), "candidate", ""), candidate))
            return as_json_at(items, i); /* of comparisons: the primary one comes first */
    return NULL;
}

/* The first check that more cases may still decide; NULL: none. The margin's own is the look's, and
 * critical cases are run whatever a look decides. */
static const char *undecided_check(const struct as_json *verdict)
{
    const struct as_json *checks = as_json_get(verdict, "checks");
    for (size_t i = 0; i < as_json_len(checks); i++) {
        const struct as_json *check = as_json_at(checks, i);
        const char *name = as_json_get_cstr_or(check, "name", "");
        if (strcmp(name, gate_check_name(GATE_CHECK_CRITICAL)) != 0 &&
            !strcmp(as_json_get_cstr_or(check, "outcome", ""),
                    gate_outcome_name(GATE_INCONCLUSIVE)))
            return name;
    }
    return NULL;
}

static enum stats_decision decision_of(const struct as_json *verdict, bool is_last_planned)
{
    const char *margin_check = gate_check_name(GATE_CHECK_NONINFERIORITY);
    const struct as_json *checks = as_json_get(verdict, "checks");
    for (size_t i = 0; i < as_json_len(checks); i++) {
        const struct as_json *check = as_json_at(checks, i);
        const char *outcome = as_json_get_cstr_or(check, "outcome", "");
        if (strcmp(as_json_get_cstr_or(check, "name", ""), margin_check) != 0)
            continue;
        if (!strcmp(outcome, gate_outcome_name(GATE_PASS)))
            return STATS_DECISION_PASS;
        if (!strcmp(outcome, gate_outcome_name(GATE_FAIL)))
            return STATS_DECISION_FAIL;
    }
    return is_last_planned ? STATS_DECISION_INCONCLUSIVE : STATS_DECISION_CONTINUE;
}

static struct as_json *shared(const struct as_json *object, const char *key)
{
    return as_json_share(as_json_get(object, key));
}

struct look {
    const struct report_spec *spec;
    uint32_t number;
    const struct as_json *result;
    bool is_decided;
};

static struct as_json *candidate_json(struct look *look, const char *candidate)
{
    const struct as_json *pair = item_of(look->result, "comparisons", candidate);
    const struct as_json *verdict = item_of(look->result, "verdicts", candidate);
    uint32_t planned = look->spec->looks.planned;
    enum stats_decision decision = decision_of(verdict, look->number == planned);
    const char *waits_for = decision == STATS_DECISION_PASS ? undecided_check(verdict) : NULL;
    bool is_decided =
        decision == STATS_DECISION_FAIL || (decision == STATS_DECISION_PASS && !waits_for);
    struct as_json *json = as_json_object();
    as_json_set_str(json, "candidate", candidate);
    as_json_set_take(json, "n_pairs", shared(pair, "n_pairs"));
    as_json_set_num(json, "critical", stats_look_critical(planned, look->number));
    as_json_set_take(json, "diff", shared(pair, "diff"));
    as_json_set_take(json, "ci", shared(pair, "ci"));
    as_json_set_take(json, "confidence", shared(pair, "confidence"));
    as_json_set_str(json, "decision", stats_decision_name(decision));
    as_json_set_str(json, "waits_for", waits_for);
    look->is_decided = look->is_decided && is_decided;
    return json;
}

static struct as_json *look_json(struct look *look)
{
    struct as_json *json = as_json_object(), *candidates = as_json_array();
    for (size_t i = 1; i < look->spec->member_count; i++)
        as_json_push_take(candidates, candidate_json(look, look->spec->member_names[i]));
    as_json_set_int(json, "look", look->number);
    as_json_set_int(json, "n", looks_cases(look->spec, look->number));
    as_json_set_take(json, "candidates", candidates);
    return json;
}

int looks_make(struct store *store, const struct report_spec *spec, uint32_t number,
               struct look_outcome *ret_outcome, struct as_err *err)
{
    struct report_spec scoped = *spec;
    scoped.looks.compared = looks_cases(spec, number);
    scoped.looks.tail = stats_look_tail(spec->looks.planned, number);
    struct report_result result;
    int rc = report_build_scoped(store, &scoped, &result, err);
    if (rc)
        return rc;
    struct look look = {.spec = spec, .number = number, .result = result.json, .is_decided = true};
    bool is_cut_short = as_json_get(result.json, "stopped") != NULL;
    *ret_outcome = (struct look_outcome){.json = look_json(&look)};
    ret_outcome->is_last = number == spec->looks.planned || (look.is_decided && !is_cut_short);
    as_json_free(result.json);
    return 0;
}

/* ---- telling of them ---- */

static int read_looks(struct store *store, const struct report_spec *spec, struct as_arena *arena,
                      struct look_record **ret_looks, size_t *ret_count, struct as_err *err)
{
    int rc = store_looks(store, spec->group_id, arena, ret_looks, ret_count);
    return rc ? as_err_set(err, rc, "%s", store_error(store)) : 0;
}

/* A group that ended by no look has the interval of the last one that was made: wider than what its
 * cases would be given by then. */
int looks_scope(struct store *store, const struct report_spec *spec, struct report_looks *looks,
                struct as_err *err)
{
    struct as_arena arena = {0};
    struct look_record *done = NULL;
    size_t count = 0;
    if (!spec->looks.planned)
        return 0;
    int rc = read_looks(store, spec, &arena, &done, &count, err);
    if (!rc) {
        const struct look_record *last = count ? &done[count - 1] : NULL;
        bool is_early = last && last->is_last && last->cases < spec->case_count;
        looks->compared = is_early ? last->cases : 0;
        looks->tail = stats_look_tail(looks->planned, last ? last->look : 1);
    }
    as_arena_done(&arena);
    return rc;
}

struct telling {
    const struct report_spec *spec;
    const struct look_record *last; /* NULL: none was made */
    size_t count;
    bool has_ended;
    int64_t begun, calls_saved;
};

static void say_done(const struct telling *telling, struct as_buf *text)
{
    uint32_t planned = telling->spec->looks.planned;
    int64_t all = telling->spec->case_count;
    bool is_over = telling->last && telling->last->is_last;
    if (!telling->has_ended && is_over) {
        as_buf_addf(text, "look %u of %u is the last; critical cases that it left out are run",
                    telling->last->look, planned);
    } else if (!telling->has_ended) {
        as_buf_addf(text, "%zu of %u made; the next is after %" PRId64 " of %" PRId64 " cases",
                    telling->count, planned,
                    looks_cases(telling->spec,
                                telling->count < planned ? (uint32_t)telling->count + 1 : planned),
                    all);
    } else if (!is_over) {
        as_buf_addf(text, "%zu of %u were made, and none of them ended it", telling->count,
                    planned);
    } else if (telling->last->look == planned) {
        as_buf_addf(text, "all %u were made, the last after all %" PRId64 " cases; no call saved",
                    planned, all);
    } else {
        as_buf_addf(text,
                    "stopped at look %u of %u after %" PRId64 " of %" PRId64 " cases; %" PRId64
                    " calls saved",
                    telling->last->look, planned, telling->last->cases, all, telling->calls_saved);
    }
}

static int done_json(const struct look_record *looks, size_t count, struct as_json **ret_list,
                     struct as_err *err)
{
    struct as_json *list = as_json_array();
    for (size_t i = 0; i < count; i++) {
        struct as_json *look = NULL;
        if (as_json_parse(looks[i].json, strlen(looks[i].json), &look, NULL)) {
            as_json_free(list);
            return as_err_set(err, AS_ECORRUPT, "look %u of this run is damaged in the database",
                              looks[i].look);
        }
        if (looks[i].is_kept)
            as_json_set_bool(look, "before_requeue", true);
        as_json_push_take(list, look);
    }
    *ret_list = list;
    return 0;
}

static struct as_json *telling_json(const struct telling *telling, struct as_json *done_take)
{
    const struct look_record *last = telling->last;
    bool is_early = last && last->is_last && last->look < telling->spec->looks.planned;
    struct as_json *json = as_json_object();
    struct as_buf sentence = {0};
    as_buf_adds(&sentence, "looks were planned: ");
    say_done(telling, &sentence);
    as_json_set_int(json, "planned", telling->spec->looks.planned);
    as_json_set_int(json, "n_max", telling->spec->case_count);
    as_json_set_take(json, "done", done_take);
    as_json_set_take(json, "stopped_at", is_early ? as_json_new_int(last->look) : NULL);
    as_json_set_int(json, "cases_left_out",
                    is_early ? telling->spec->case_count - telling->begun : 0);
    as_json_set_int(json, "calls_saved", is_early ? telling->calls_saved : 0);
    as_json_set_str(json, "sentence", sentence.ptr);
    as_buf_done(&sentence);
    return json;
}

int looks_tell(struct store *store, const struct report_spec *spec, bool has_ended,
               struct as_json **ret_json, struct as_err *err)
{
    *ret_json = NULL;
    if (!spec->looks.planned)
        return 0;
    struct as_arena arena = {0};
    struct look_record *looks = NULL;
    struct group_record group;
    struct as_json *done = NULL;
    struct telling telling = {.spec = spec, .has_ended = has_ended};
    int rc = read_looks(store, spec, &arena, &looks, &telling.count, err);
    if (!rc && ((rc = store_cases_begun(store, spec->group_id, &telling.begun)) ||
                (rc = store_group_get(store, spec->group_id, &arena, &group))))
        as_err_set(err, rc, "%s", store_error(store));
    if (!rc)
        rc = done_json(looks, telling.count, &done, err);
    if (!rc) {
        telling.last = telling.count ? &looks[telling.count - 1] : NULL;
        telling.calls_saved = (spec->case_count - telling.begun) * (int64_t)spec->called_members *
                              (int64_t)group.sample_count;
        *ret_json = telling_json(&telling, done);
    }
    as_arena_done(&arena);
    return rc;
}
