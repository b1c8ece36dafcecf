/* From the table to the stored result: one object a member, one a candidate and metric, one a
 * verdict. The gate compares on the primary metric and its numbers are taken over, so that what a
 * report shows is what the verdict was made of; other metrics are compared here. */
#include "daemon/report/result.h"

#include "daemon/report/pairing.h"
#include "daemon/report/result_advice.h"
#include "daemon/report/result_best.h"
#include "daemon/report/result_looks.h"
#include "daemon/report/result_own.h"
#include "daemon/report/result_tags.h"
#include "daemon/report/result_verdict.h"
#include "daemon/report/result_warnings.h"
#include "daemon/report/stopped.h"
#include "daemon/stats/cost.h"
#include "daemon/store/calls.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct as_json *result_interval(double low, double high)
{
    if (isnan(low) || isnan(high))
        return NULL;
    struct as_json *pair = as_json_array();
    as_json_push_take(pair, as_json_new_num(low));
    as_json_push_take(pair, as_json_new_num(high));
    return pair;
}

/* ---- members ---- */

/* The case means of one member and metric, of the cases that have one; values and clusters are
 * scratch of case_count entries. */
static struct stats_sample own_sample(const struct table *table, size_t member, size_t metric,
                                      double *values, uint32_t *clusters)
{
    struct stats_case *cases = as_xcalloc(table->case_count, sizeof(*cases));
    for (size_t i = 0; i < table->case_count; i++) {
        cases[i].candidate = table_score(table, member, metric, i, GATE_POLICY_DROP);
        cases[i].cluster = table->clusters[i];
        cases[i].stratum = STATS_NO_STRATUM;
    }
    struct stats_sample sample =
        stats_candidate_scores(cases, table->case_count, STATS_POLICY_DROP, values, clusters);
    free(cases);
    return sample;
}

static double pass_rate(const struct table_column *column)
{
    return column->values ? (double)column->passes / (double)column->values : NAN;
}

#define HISTOGRAM_BINS 10

/* Cases by score, in tenths: the last bin holds 1 as well. */
static struct as_json *histogram_json(const struct stats_sample *sample)
{
    int64_t bins[HISTOGRAM_BINS] = {0};
    struct as_json *json = as_json_array();
    for (size_t i = 0; i < sample->n; i++) {
        int bin = (int)floor(sample->values[i] * HISTOGRAM_BINS + 1e-9);
        bins[bin >= HISTOGRAM_BINS ? HISTOGRAM_BINS - 1 : bin]++;
    }
    for (int i = 0; i < HISTOGRAM_BINS; i++)
        as_json_push_take(json, as_json_new_int(bins[i]));
    return json;
}

static struct as_json *metric_json(const struct table *table, const struct report_spec *spec,
                                   size_t member, size_t metric)
{
    double *values = as_xcalloc(table->case_count, sizeof(*values));
    uint32_t *clusters = as_xcalloc(table->case_count, sizeof(*clusters));
    struct stats_sample sample = own_sample(table, member, metric, values, clusters);
    struct stats_summary summary = stats_summary_of(&sample, spec->gate->pass_threshold);
    const struct table_column *column = &table->members[member].columns[metric];
    struct as_json *json = as_json_object();
    as_json_set_str(json, "metric", spec->metric_names[metric]);
    as_json_set_int(json, "n", (int64_t)summary.own.n);
    as_json_set_num(json, "mean", summary.own.mean);
    as_json_set_take(json, "ci", result_interval(summary.own.low, summary.own.high));
    as_json_set_str(json, "ci_method", stats_mean_method_name(summary.own.method));
    as_json_set_num(json, "min", summary.min);
    as_json_set_num(json, "p10", summary.p10);
    as_json_set_num(json, "median", summary.median);
    as_json_set_num(json, "max", summary.max);
    as_json_set_num(json, "pass_rate", pass_rate(column));
    as_json_set_int(json, "na", (int64_t)column->na);
    as_json_set_int(json, "errors", (int64_t)column->errors);
    as_json_set_take(json, "hist", histogram_json(&sample));
    free(values);
    free(clusters);
    return json;
}

static struct as_json *statuses_json(const struct table_member *member)
{
    struct as_json *json = as_json_object();
    for (int s = 0; s < ROW_STATUS_COUNT; s++)
        if (member->statuses[s])
            as_json_set_int(json, row_status_name((enum row_status)s),
                            (int64_t)member->statuses[s]);
    return json;
}

static void set_tokens(struct as_json *json, const char *key, int64_t tokens)
{
    as_json_set_take(json, key, tokens < 0 ? NULL : as_json_new_int(tokens));
}

/* 0 when nothing was spent; NaN when something was and none of it is priced. */
static double spent(double known_usd, uint64_t unpriced)
{
    return known_usd > 0 || !unpriced ? known_usd : NAN;
}

static struct as_json *member_json(const struct table *table, const struct report_spec *spec,
                                   size_t index)
{
    const struct table_member *member = &table->members[index];
    uint64_t ok = member->statuses[ROW_OK];
    uint64_t given_up = member->statuses[ROW_SKIPPED] + member->statuses[ROW_CANCELLED];
    uint64_t never_run =
        table->expected_rows > member->rows ? table->expected_rows - member->rows : 0;
    uint64_t passes = member->columns[spec->primary].passes;
    struct stats_latency latency =
        stats_latency_of(member->latencies_ms.at, member->latencies_ms.count);
    struct stats_cost cost = stats_cost_of(member->cost_usd, table->case_count, passes);
    struct as_json *json = as_json_object(), *metrics = as_json_array();
    as_json_set_str(json, "model", spec->member_names[index]);
    as_json_set_str(json, "role", index ? "candidate" : "baseline");
    as_json_set_int(json, "rows", (int64_t)member->rows);
    as_json_set_int(json, "ok", (int64_t)ok);
    as_json_set_int(json, "failed", (int64_t)(member->rows - ok - given_up));
    as_json_set_int(json, "missing", (int64_t)(given_up + never_run));
    as_json_set_take(json, "statuses", statuses_json(member));
    as_json_set_int(json, "latency_n", (int64_t)latency.n);
    as_json_set_num(json, "latency_p50_ms", latency.p50);
    as_json_set_num(json, "latency_p95_ms", latency.p95);
    as_json_set_num(json, "latency_p99_ms", latency.p99);
    set_tokens(json, "input_tokens", member->input_tokens);
    set_tokens(json, "output_tokens", member->output_tokens);
    as_json_set_num(json, "cost_usd", isnan(cost.total) ? spent(0, member->unpriced) : cost.total);
    as_json_set_num(json, "judge_cost_usd", spent(member->judge_cost_usd, member->judge_unpriced));
    as_json_set_num(json, "cost_per_pass_usd", cost.per_success);
    for (size_t m = 0; m < spec->metric_count; m++)
        as_json_push_take(metrics, metric_json(table, spec, index, m));
    as_json_set_take(json, "metrics", metrics);
    return json;
}

/* ---- comparisons ---- */

static double diff_under(const struct table *table, size_t candidate, size_t metric,
                         enum gate_policy policy)
{
    struct pairing_of of = {0, candidate, metric, policy};
    struct pairing pairing;
    return pairing_compare(table, &of, &pairing) ? NAN : pairing.paired.diff;
}

static struct as_json *comparison_json(const struct report_spec *spec, size_t candidate,
                                       size_t metric, const struct gate_counts *counts,
                                       const struct stats_paired *paired)
{
    struct as_json *json = as_json_object();
    as_json_set_str(json, "candidate", spec->member_names[candidate]);
    as_json_set_str(json, "baseline", spec->member_names[0]);
    as_json_set_str(json, "metric", spec->metric_names[metric]);
    as_json_set_int(json, "n_pairs", (int64_t)paired->n);
    as_json_set_int(json, "unpaired", (int64_t)counts->unpaired);
    as_json_set_num(json, "baseline_mean", paired->baseline.mean);
    as_json_set_num(json, "candidate_mean", paired->candidate.mean);
    as_json_set_num(json, "diff", paired->diff);
    as_json_set_take(json, "ci", result_interval(paired->ci_low, paired->ci_high));
    as_json_set_num(json, "confidence", 1 - 2 * paired->tail);
    as_json_set_num(json, "p", paired->p);
    as_json_set_int(json, "wins", (int64_t)paired->wins);
    as_json_set_int(json, "losses", (int64_t)paired->losses);
    as_json_set_int(json, "ties", (int64_t)paired->ties);
    as_json_set_str(json, "policy", gate_policy_name(spec->gate->policy));
    as_json_set_int(json, "baseline_failed", (int64_t)counts->baseline_failed);
    as_json_set_int(json, "candidate_failed", (int64_t)counts->candidate_failed);
    return json;
}

/* The paired comparison of another metric than the primary one, which the gate computes itself. */
static int compare_metric(const struct table *table, const struct report_spec *spec,
                          size_t candidate, size_t metric, struct as_json **ret_json)
{
    struct pairing_of of = {0, candidate, metric, spec->gate->policy};
    struct pairing pairing;
    int rc = pairing_compare(table, &of, &pairing);
    if (rc)
        return rc;
    struct gate_counts counts = {
        .unpaired = pairing.unpaired,
        .baseline_failed = pairing.baseline_failed,
        .candidate_failed = pairing.candidate_failed,
    };
    *ret_json = comparison_json(spec, candidate, metric, &counts, &pairing.paired);
    return 0;
}

/* ---- verdicts ---- */

struct build {
    const struct table *table;
    const struct report_spec *spec;
    struct as_json *comparisons, *verdicts, *warnings;
    struct result_tags tags;
    struct as_buf headline;
    struct advice_facts *facts; /* by candidate, the baseline not counted */
    enum gate_outcome worst;
    bool is_gated; /* some check was asked for */
};

/* Every metric's comparison; the gate has made the primary one. */
static int add_comparisons(struct build *build, size_t candidate,
                           const struct gate_verdict *verdict)
{
    const struct report_spec *spec = build->spec;
    double dropped = diff_under(build->table, candidate, spec->primary, GATE_POLICY_DROP);
    struct as_json *primary =
        comparison_json(spec, candidate, spec->primary, &verdict->counts, &verdict->compare);
    as_json_set_num(primary, "diff_if_dropped", dropped);
    as_json_push_take(build->comparisons, primary);
    int rc = 0;
    for (size_t m = 0; m < spec->metric_count && !rc; m++) {
        struct as_json *compared = NULL;
        if (m == spec->primary)
            continue;
        rc = compare_metric(build->table, spec, candidate, m, &compared);
        if (!rc)
            as_json_push_take(build->comparisons, compared);
    }
    return rc;
}

static void add_to_headline(struct build *build, size_t candidate,
                            const struct gate_verdict *verdict)
{
    const char *outcome = result_outcome_of(verdict);
    build->is_gated = build->is_gated || outcome;
    as_buf_addf(&build->headline, "%s%s: %s", build->headline.len ? "; " : "",
                build->spec->member_names[candidate], outcome ? outcome : "no gate");
    bool is_undecided = verdict->outcome == GATE_INCONCLUSIVE;
    if (verdict->outcome == GATE_FAIL || (is_undecided && build->worst == GATE_PASS))
        build->worst = verdict->outcome;
}

static int score_is_damaged(const struct report_spec *spec, size_t candidate, struct as_err *err)
{
    return as_err_set(err, AS_ECORRUPT, "a stored score of '%s' is out of range",
                      spec->member_names[candidate]);
}

static int judge_candidate(struct build *build, size_t candidate, struct as_err *err)
{
    const struct report_spec *spec = build->spec;
    struct gate_verdict verdict;
    int rc = result_judge(build->table, spec, candidate, &verdict);
    if (rc)
        return score_is_damaged(spec, candidate, err);
    rc = add_comparisons(build, candidate, &verdict);
    as_json_push_take(build->verdicts,
                      result_verdict_json(build->table, spec, candidate, &verdict));
    result_tags_add(&build->tags, candidate, &verdict);
    add_to_headline(build, candidate, &verdict);
    build->facts[candidate - 1] =
        advice_facts_of(spec->member_names[candidate],
                        result_outcome_of(&verdict) ? verdict.outcome : GATE_SKIP, &verdict);
    gate_verdict_done(&verdict);
    return rc ? score_is_damaged(spec, candidate, err) : 0;
}

static struct as_json *result_json(struct build *build, const char *outcome)
{
    const struct report_spec *spec = build->spec;
    struct as_json *json = as_json_object(), *members = as_json_array();
    const char *open = gate_rules_warning(spec->gate);
    if (open && spec->member_count > 1) /* else the gate is never asked */
        as_json_push_take(build->warnings, as_json_new_str(as_str_from(open)));
    for (size_t i = 0; i < spec->member_count; i++)
        as_json_push_take(members, member_json(build->table, spec, i));
    as_json_set_str(json, "outcome", outcome);
    as_json_set_take(json, "headline", as_json_new_str(as_buf_str(&build->headline)));
    as_json_set_str(json, "primary", spec->metric_names[spec->primary]);
    as_json_set_take(json, "warnings", build->warnings);
    as_json_set_take(json, "members", members);
    as_json_set_take(json, "comparisons", build->comparisons);
    as_json_set_take(json, "verdicts", build->verdicts);
    result_tags_finish(&build->tags, json);
    return json;
}

/* What to do about the candidates, once all of them have their verdict. */
static void add_advice(const struct build *build, struct as_json *result, bool is_stopped)
{
    const struct report_spec *spec = build->spec;
    struct advice_run run = {
        .baseline = spec->member_names[0],
        .candidate_count = spec->member_count - 1,
        .is_stopped = is_stopped,
    };
    advice_adjust(build->facts, run.candidate_count);
    advice_add(result, spec->metric_names[spec->primary], &run, build->facts);
    as_json_set_take(result, "best_of", result_best_of(build->table, spec));
}

static struct report_result conclude(struct build *build, int64_t over_budget)
{
    const char *outcome = build->is_gated ? gate_outcome_word(build->worst) : NULL;
    struct as_json *json = result_json(build, outcome);
    add_advice(build, json, over_budget > 0);
    stopped_mark(json, over_budget,
                 (int64_t)(build->table->expected_rows * build->spec->member_count));
    return (struct report_result){outcome && over_budget ? STOPPED_OUTCOME : outcome, json};
}

/* Some score is damaged: nothing more is made of any. */
static void give_up(struct build *build)
{
    as_json_free(build->comparisons);
    as_json_free(build->verdicts);
    as_json_free(build->warnings);
    result_tags_drop(&build->tags);
}

int report_build_scoped(struct store *store, const struct report_spec *spec,
                        struct report_result *ret_result, struct as_err *err)
{
    struct table table;
    int64_t over_budget = 0;
    int rc = store_rows_over_budget(store, spec->group_id, &over_budget);
    if (rc)
        return as_err_set(err, rc, "%s", store_error(store));
    rc = table_load(store, spec, &table, err);
    if (rc)
        return rc;
    struct build build = {
        .table = &table,
        .spec = spec,
        .comparisons = as_json_array(),
        .verdicts = as_json_array(),
        .warnings = as_json_array(),
        .facts = as_xcalloc(spec->member_count, sizeof(*build.facts)),
        .worst = GATE_PASS,
    };
    result_tags_init(&build.tags, &table, spec);
    for (size_t i = 1; i < spec->member_count && !rc; i++)
        rc = judge_candidate(&build, i, err);
    if (rc)
        give_up(&build);
    else
        *ret_result = conclude(&build, over_budget);
    as_buf_done(&build.headline);
    free(build.facts);
    table_done(&table);
    return rc;
}

static void add_looks(struct as_json *result, struct as_json *looks_take)
{
    struct as_buf headline = {0};
    as_buf_addf(&headline, "%s; %s", as_json_get_cstr_or(result, "headline", ""),
                as_json_get_cstr_or(looks_take, "sentence", ""));
    as_json_set_str(result, "headline", headline.ptr);
    as_json_set_take(result, "looks", looks_take);
    as_buf_done(&headline);
}

static int build_with_looks(struct store *store, const struct report_spec *spec,
                            struct report_result *ret_result, struct as_err *err)
{
    struct report_spec scoped = *spec;
    struct as_json *looks = NULL;
    int rc = looks_scope(store, spec, &scoped.looks, err);
    if (!rc)
        rc = looks_tell(store, spec, true, &looks, err);
    if (!rc)
        rc = report_build_scoped(store, &scoped, ret_result, err);
    if (rc)
        as_json_free(looks);
    else
        add_looks(ret_result->json, looks);
    return rc;
}

int report_build(struct store *store, const struct report_spec *spec,
                 struct report_result *ret_result, struct as_err *err)
{
    struct report_result result;
    int rc = spec->looks.planned ? build_with_looks(store, spec, &result, err)
                                 : report_build_scoped(store, spec, &result, err);
    if (rc)
        return rc;
    rc = result_warn(store, spec, result.json, err);
    if (rc)
        as_json_free(result.json);
    else
        *ret_result = result;
    return rc;
}
