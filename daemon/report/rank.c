/* A member becomes a point of three axes. Where an axis is nobody's, every point has the same there
 * and dominance passes over it; where a member alone lacks one, it is left out of the comparing and
 * the reason is told. A dominated quality is compared once more, in pairs: "worse on all three"
 * says little while the difference is within what chance allows. */
#include "daemon/report/rank.h"

#include "daemon/gate/gate.h"
#include "daemon/gate/sentence.h"
#include "daemon/report/expense.h"
#include "daemon/report/pairing.h"
#include "daemon/report/result_own.h"
#include "daemon/stats/cost.h"
#include "daemon/stats/pareto.h"

#include <math.h>
#include <stdlib.h>

_Static_assert((int)RANK_QUALITY == (int)STATS_AXIS_QUALITY &&
                   (int)RANK_COST == (int)STATS_AXIS_COST &&
                   (int)RANK_LATENCY == (int)STATS_AXIS_LATENCY &&
                   (int)RANK_AXES == (int)STATS_AXES,
               "weights are given by axis, and points measured by the same");

struct contender {
    size_t member;
    struct stats_own_mean quality;
    struct expense expense;
    struct stats_latency latency;
    struct stats_point point; /* NaN: not known */
    double composite;         /* NaN: none */
};

struct ranking {
    const struct table *table;
    const struct report_spec *spec;
    const struct rank_rules *rules;
    struct contender *all; /* in the order in which they are shown */
    size_t count;
    bool has_axis[RANK_AXES]; /* some member has a number there */
};

/* ---- measuring ---- */

static struct stats_own_mean quality_of(const struct table *table, const struct report_spec *spec,
                                        size_t member)
{
    size_t n = table->case_count;
    AS_CLEANUP_FREE double *values = as_xcalloc(n + 1, sizeof(*values));
    AS_CLEANUP_FREE uint32_t *cluster = as_xcalloc(n + 1, sizeof(*cluster));
    struct pairing_of of = {0, member, spec->primary, spec->gate->policy};
    AS_CLEANUP_FREE struct stats_case *cases = pairing_cases(table, &of);
    struct stats_sample sample =
        stats_candidate_scores(cases, n, pairing_policy(spec->gate->policy), values, cluster);
    return stats_own_mean_of(&sample);
}

static struct stats_point weighed_point(const struct contender *contender,
                                        const struct rank_rules *rules, double *ret_composite)
{
    struct stats_axis_range ranges[STATS_AXES];
    for (int axis = 0; axis < STATS_AXES; axis++)
        ranges[axis] =
            (struct stats_axis_range){rules->ranges[axis].worst, rules->ranges[axis].best};
    struct stats_point point = {
        {contender->quality.mean, contender->expense.mean, contender->latency.p95}};
    *ret_composite =
        rank_rules_are_set(rules) ? stats_composite(&point, ranges, rules->weights) : NAN;
    return point;
}

static struct contender measure(const struct ranking *ranking, size_t member)
{
    const struct table *table = ranking->table;
    const struct table_values *latencies = &table->members[member].latencies_ms;
    AS_CLEANUP_FREE double *usd = expense_by_case(table, member);
    struct contender contender = {
        .member = member,
        .quality = quality_of(table, ranking->spec, member),
        .expense = expense_of(table, usd),
        .latency = stats_latency_of(latencies->at, latencies->count),
    };
    contender.point = weighed_point(&contender, ranking->rules, &contender.composite);
    return contender;
}

/* The higher composite first, then the higher quality; what has none comes last. */
static int compare_contenders(const void *left, const void *right)
{
    const struct contender *a = left, *b = right;
    const double by[][2] = {{a->composite, b->composite}, {a->quality.mean, b->quality.mean}};
    for (size_t i = 0; i < AS_COUNT(by); i++) {
        double x = isnan(by[i][0]) ? -1 : by[i][0], y = isnan(by[i][1]) ? -1 : by[i][1];
        if (x != y)
            return x > y ? -1 : 1;
    }
    return a->member < b->member ? -1 : 1;
}

static void measure_all(struct ranking *ranking)
{
    for (size_t i = 0; i < ranking->count; i++) {
        ranking->all[i] = measure(ranking, i);
        for (int axis = 0; axis < RANK_AXES; axis++)
            ranking->has_axis[axis] |= !isnan(ranking->all[i].point.value[axis]);
    }
    qsort(ranking->all, ranking->count, sizeof(*ranking->all), compare_contenders);
}

/* ---- comparing ---- */

/* NULL: it can be compared. */
static const char *why_not_comparable(const struct ranking *ranking,
                                      const struct contender *contender)
{
    static const char *const reasons[RANK_AXES] = {"no score", "unpriced", "no latency"};
    for (int axis = 0; axis < RANK_AXES; axis++)
        if (ranking->has_axis[axis] && isnan(contender->point.value[axis]))
            return reasons[axis];
    return NULL;
}

static struct stats_point shared_point(const struct ranking *ranking,
                                       const struct contender *contender)
{
    struct stats_point point = contender->point;
    for (int axis = 0; axis < RANK_AXES; axis++)
        if (!ranking->has_axis[axis])
            point.value[axis] = 0;
    return point;
}

static bool dominates(const struct ranking *ranking, const struct contender *a,
                      const struct contender *b)
{
    if (a == b || why_not_comparable(ranking, a) || why_not_comparable(ranking, b))
        return false;
    struct stats_point better = shared_point(ranking, a), worse = shared_point(ranking, b);
    return stats_dominates(&better, &worse);
}

static void add_ratio(const struct ranking *ranking, const struct contender *winner,
                      const struct contender *loser, enum rank_axis axis, struct as_buf *out)
{
    double below = loser->point.value[axis], above = winner->point.value[axis];
    if (ranking->has_axis[axis] && below > 0)
        as_buf_addf(out, ", at %.2f times the %s", above / below,
                    axis == RANK_COST ? "cost" : "p95 latency");
}

static struct as_json *dominator_json(const struct ranking *ranking, const struct contender *winner,
                                      const struct contender *loser)
{
    const struct report_spec *spec = ranking->spec;
    const char *name = spec->member_names[winner->member];
    struct pairing_of of = {loser->member, winner->member, spec->primary, spec->gate->policy};
    struct pairing pairing;
    struct as_json *json = as_json_object();
    as_json_set_str(json, "model", name);
    if (pairing_compare(ranking->table, &of, &pairing))
        return json; /* a damaged score: the group's own comparison tells of it */
    const struct stats_paired *paired = &pairing.paired;
    bool is_clear = paired->ci_low > 0 || paired->ci_high < 0;
    struct as_buf text = {0};
    as_buf_addf(&text,
                "'%s' is as good or better on all: %s points (%s %% interval %s to %s, n=%zu "
                "pairs%s)",
                name, gate_points(paired->diff).text, gate_level(paired).text,
                gate_points(paired->ci_low).text, gate_points(paired->ci_high).text, paired->n,
                is_clear ? "" : ", no clear difference");
    add_ratio(ranking, winner, loser, RANK_COST, &text);
    add_ratio(ranking, winner, loser, RANK_LATENCY, &text);
    as_json_set_int(json, "n_pairs", (int64_t)paired->n);
    as_json_set_num(json, "diff", paired->diff);
    as_json_set_take(json, "ci", result_interval(paired->ci_low, paired->ci_high));
    as_json_set_take(json, "sentence", as_json_new_str(as_buf_str(&text)));
    as_buf_done(&text);
    return json;
}

static void set_front(struct as_json *json, const struct ranking *ranking,
                      const struct contender *contender)
{
    const char *reason = why_not_comparable(ranking, contender);
    struct as_json *dominators = as_json_array();
    for (size_t i = 0; i < ranking->count; i++)
        if (dominates(ranking, &ranking->all[i], contender))
            as_json_push_take(dominators, dominator_json(ranking, &ranking->all[i], contender));
    as_json_set_take(json, "front", reason ? NULL : as_json_new_bool(!as_json_len(dominators)));
    as_json_set_str(json, "not_comparable", reason);
    as_json_set_take(json, "dominated_by", dominators);
}

/* ---- the answer ---- */

static struct as_json *contender_json(const struct ranking *ranking,
                                      const struct contender *contender)
{
    struct as_json *json = as_json_object();
    const struct expense *expense = &contender->expense;
    as_json_set_str(json, "model", ranking->spec->member_names[contender->member]);
    as_json_set_str(json, "role", contender->member ? "candidate" : "baseline");
    as_json_set_int(json, "n", (int64_t)contender->quality.n);
    as_json_set_num(json, "quality", contender->quality.mean);
    as_json_set_take(json, "ci", result_interval(contender->quality.low, contender->quality.high));
    as_json_set_int(json, "cost_n", (int64_t)expense->n);
    as_json_set_num(json, "cost_usd", expense->mean);
    as_json_set_take(json, "cost_ci", result_interval(expense->low, expense->high));
    as_json_set_int(json, "latency_n", (int64_t)contender->latency.n);
    as_json_set_num(json, "latency_p50_ms", contender->latency.p50);
    as_json_set_num(json, "latency_p95_ms", contender->latency.p95);
    set_front(json, ranking, contender);
    as_json_set_num(json, "composite", contender->composite);
    return json;
}

static struct as_json *axes_json(const struct ranking *ranking)
{
    struct as_json *axes = as_json_array();
    for (int axis = 0; axis < RANK_AXES; axis++)
        if (ranking->has_axis[axis])
            as_json_push_take(axes,
                              as_json_new_str(as_str_from(rank_axis_name((enum rank_axis)axis))));
    return axes;
}

static void add_note(struct as_json *notes, struct as_buf *text)
{
    as_json_push_take(notes, as_json_new_str(as_buf_str(text)));
    as_buf_done(text);
}

static void note_latencies(const struct ranking *ranking, struct as_json *notes)
{
    for (size_t i = 0; i < ranking->count; i++) {
        const struct contender *contender = &ranking->all[i];
        struct as_buf text = {0};
        if (!contender->latency.n || contender->latency.n >= GATE_P95_VALUES_MIN)
            continue;
        as_buf_addf(&text, "the 95th percentile of '%s' is a guess: it is of %zu latencies",
                    ranking->spec->member_names[contender->member], contender->latency.n);
        add_note(notes, &text);
    }
}

static struct as_json *notes_json(const struct ranking *ranking, bool is_pinned)
{
    struct as_json *notes = as_json_array();
    for (int axis = 0; axis < RANK_AXES; axis++) {
        struct as_buf text = {0};
        if (ranking->has_axis[axis])
            continue;
        as_buf_addf(&text, "no member has a %s: it is left out",
                    rank_axis_name((enum rank_axis)axis));
        add_note(notes, &text);
    }
    note_latencies(ranking, notes);
    if (rank_rules_are_set(ranking->rules) && !is_pinned)
        as_json_push_take(notes, as_json_new_str(AS_STR("weights and ranges were given with this "
                                                        "question: they are not pinned with the "
                                                        "run, and whoever chose them may have "
                                                        "seen its result")));
    return notes;
}

static struct as_json *composite_json(const struct rank_rules *rules, bool is_pinned)
{
    struct as_json *json = rank_rules_to_json(rules);
    if (json)
        as_json_set_str(json, "source", is_pinned ? "pinned" : "given");
    return json;
}

int report_rank(struct store *store, const struct report_spec *spec,
                const struct rank_question *question, struct as_json *json, struct as_err *err)
{
    const struct rank_rules *rules = question->rules;
    struct table table;
    int rc = table_load(store, spec, &table, err);
    if (rc)
        return rc;
    struct ranking ranking = {
        .table = &table,
        .spec = spec,
        .rules = rules,
        .all = as_xcalloc(spec->member_count, sizeof(*ranking.all)),
        .count = spec->member_count,
    };
    struct as_json *members = as_json_array();
    measure_all(&ranking);
    for (size_t i = 0; i < ranking.count; i++)
        as_json_push_take(members, contender_json(&ranking, &ranking.all[i]));
    as_json_set_str(json, "policy", gate_policy_name(spec->gate->policy));
    as_json_set_take(json, "axes", axes_json(&ranking));
    as_json_set_take(json, "members", members);
    as_json_set_take(json, "composite", composite_json(rules, question->is_pinned));
    as_json_set_take(json, "notes", notes_json(&ranking, question->is_pinned));
    free(ranking.all);
    table_done(&table);
    return 0;
}
