/* The gate from end to end: pair the cases, measure, run every check, then outcome, headline,
 * sentence. Measuring comes before judging, so that a skipped check still leaves its number in the
 * detail. */
#include "daemon/gate/gate.h"

#include "daemon/gate/check.h"
#include "daemon/gate/metrics.h"
#include "daemon/gate/sentence.h"
#include "daemon/gate/tags.h"
#include "daemon/stats/cost.h"

#include <math.h>
#include <stdlib.h>

const char *gate_outcome_name(enum gate_outcome outcome)
{
    static const char *const names[] = {
        [GATE_PASS] = "PASS",
        [GATE_FAIL] = "FAIL",
        [GATE_INCONCLUSIVE] = "INCONCLUSIVE",
        [GATE_SKIP] = "SKIP",
    };
    return names[outcome];
}

const char *gate_outcome_word(enum gate_outcome outcome)
{
    static const char *const words[] = {
        [GATE_PASS] = "pass",
        [GATE_FAIL] = "fail",
        [GATE_INCONCLUSIVE] = "undecided",
        [GATE_SKIP] = "skipped",
    };
    return words[outcome];
}

static enum stats_policy policy_of(const struct gate_rules *rules)
{
    return rules->policy == GATE_POLICY_DROP ? STATS_POLICY_DROP : STATS_POLICY_ZERO;
}

static size_t count_incomplete(const struct stats_pairs *pairs, const bool *is_incomplete)
{
    size_t count = 0;
    for (size_t i = 0; is_incomplete && i < pairs->n; i++)
        count += is_incomplete[pairs->case_index[i]];
    return count;
}

static struct gate_counts counts_of(const struct stats_pairs *pairs, const bool *is_incomplete)
{
    return (struct gate_counts){
        .n_cases = pairs->n_cases,
        .unpaired = pairs->unpaired,
        .incomplete = count_incomplete(pairs, is_incomplete),
        .baseline_failed = pairs->baseline_failed,
        .candidate_failed = pairs->candidate_failed,
        .baseline_missing = pairs->baseline_missing,
        .candidate_missing = pairs->candidate_missing,
        .has_clusters = pairs->has_clusters,
    };
}

static double share(size_t part, size_t whole)
{
    return whole ? (double)part / (double)whole : NAN;
}

static struct stats_own_mean candidate_mean(const struct gate_input *input,
                                            enum stats_policy policy)
{
    AS_CLEANUP_FREE double *values = as_xcalloc(input->n + 1, sizeof(*values));
    AS_CLEANUP_FREE uint32_t *cluster = as_xcalloc(input->n + 1, sizeof(*cluster));
    struct stats_sample sample =
        stats_candidate_scores(input->cases, input->n, policy, values, cluster);
    return stats_own_mean_of(&sample);
}

static size_t count_critical(const struct gate_input *input)
{
    size_t count = 0;
    for (size_t i = 0; input->is_critical && i < input->n + input->n_aside; i++)
        count += input->is_critical[i];
    return count;
}

static struct gate_detail measure(const struct gate_context *context)
{
    const struct gate_input *input = context->input;
    const struct gate_counts *counts = &context->verdict->counts;
    struct stats_latency baseline =
        stats_latency_of(input->baseline.latency_ms, input->baseline.n_latencies);
    struct stats_latency candidate =
        stats_latency_of(input->candidate.latency_ms, input->candidate.n_latencies);
    struct gate_detail detail = {
        .missing_rate = share(counts->unpaired + counts->incomplete, counts->n_cases),
        .candidate_failure_rate =
            share(counts->candidate_failed, counts->n_cases - counts->candidate_missing),
        .min_pairs_needed =
            fmax((double)context->rules->min_pairs, context->verdict->compare.min_pairs_for_margin),
        .critical_n = count_critical(input),
        .floor = {.mean = NAN, .se = NAN, .low = NAN, .high = NAN},
        .latency_p50 = candidate.p50,
        .latency_p95 = candidate.p95,
        .latency_p95_ratio = baseline.p95 > 0 ? candidate.p95 / baseline.p95 : NAN,
        .cost_mean = stats_cost_of(input->candidate.cost_usd, input->n, 0).mean,
        .cost_ratio =
            stats_cost_ratio(input->baseline.cost_usd, input->candidate.cost_usd, input->n),
    };
    if (!isnan(context->rules->floor.value))
        detail.floor = candidate_mean(input, context->policy);
    return detail;
}

/* The pairs that have a stratum, one stratum after the other; ends[i] is where stratum i's end.
 * Made once: a search for each stratum would take the square of the cases where each is its own. */
static uint32_t *pairs_by_stratum(const struct stats_pairs *pairs, size_t n_strata, size_t *ends)
{
    uint32_t *which = as_xcalloc(pairs->n + 1, sizeof(*which));
    for (size_t i = 0; i < pairs->n; i++)
        if (pairs->stratum[i] >= 0 && (size_t)pairs->stratum[i] + 1 < n_strata)
            ends[pairs->stratum[i] + 1]++;
    for (size_t stratum = 1; stratum < n_strata; stratum++)
        ends[stratum] += ends[stratum - 1];
    for (size_t i = 0; i < pairs->n; i++)
        if (pairs->stratum[i] >= 0)
            which[ends[pairs->stratum[i]]++] = (uint32_t)i;
    return which;
}

static void compare_strata(const struct gate_context *context)
{
    struct gate_verdict *verdict = context->verdict;
    if (isnan(context->rules->stratum_margin))
        return;
    size_t n_strata = context->input->n_strata, first = 0;
    AS_CLEANUP_FREE size_t *ends = as_xcalloc(n_strata + 1, sizeof(*ends));
    AS_CLEANUP_FREE uint32_t *which = pairs_by_stratum(context->pairs, n_strata, ends);
    struct stats_numbering numbering;
    stats_numbering_init(&numbering, context->pairs->n_clusters);
    verdict->strata = as_xcalloc(n_strata + 1, sizeof(*verdict->strata));
    for (size_t stratum = 0; stratum < n_strata; first = ends[stratum++]) {
        struct stats_pairs inside;
        if (ends[stratum] == first)
            continue;
        stats_pairs_init_some(&inside, context->pairs, which + first, ends[stratum] - first,
                              &numbering);
        verdict->strata[verdict->n_strata++] = (struct gate_stratum){
            .stratum = (int32_t)stratum,
            .paired = stats_paired_of(&inside, context->rules->stratum_margin),
        };
        stats_pairs_done(&inside);
    }
    stats_numbering_done(&numbering);
}

static void plan_more(struct gate_verdict *verdict)
{
    static const struct stats_plan no_plan = {NAN, NAN, NAN, NAN};
    verdict->more_for_min_pairs =
        fmax(0, verdict->detail.min_pairs_needed - (double)verdict->compare.n);
    verdict->plan = verdict->checks[GATE_CHECK_NONINFERIORITY].outcome == GATE_INCONCLUSIVE
                        ? stats_plan_of(&verdict->compare)
                        : no_plan;
    verdict->checks[GATE_CHECK_NONINFERIORITY].more = verdict->plan.more_if_observed;
    if (verdict->checks[GATE_CHECK_SUFFICIENCY].outcome == GATE_INCONCLUSIVE &&
        verdict->more_for_min_pairs > 0)
        verdict->checks[GATE_CHECK_SUFFICIENCY].more = verdict->more_for_min_pairs;
}

size_t gate_verdict_check_count(const struct gate_verdict *verdict)
{
    return GATE_CHECK_COUNT + verdict->n_metric_checks;
}

const struct gate_check *gate_verdict_check(const struct gate_verdict *verdict, size_t place)
{
    return place < GATE_CHECK_COUNT ? &verdict->checks[place]
                                    : &verdict->metric_checks[place - GATE_CHECK_COUNT];
}

static int first_with(const struct gate_verdict *verdict, enum gate_outcome outcome)
{
    for (size_t i = 0; i < gate_verdict_check_count(verdict); i++)
        if (gate_verdict_check(verdict, i)->outcome == outcome)
            return (int)i;
    return -1;
}

static void conclude(struct gate_verdict *verdict, enum gate_critical critical)
{
    verdict->outcome = GATE_FAIL;
    verdict->headline = first_with(verdict, GATE_FAIL);
    if (verdict->headline < 0) {
        verdict->headline = first_with(verdict, GATE_INCONCLUSIVE);
        verdict->outcome = verdict->headline < 0 ? GATE_PASS : GATE_INCONCLUSIVE;
    }
    gate_write_sentence(verdict, critical, verdict->sentence, sizeof(verdict->sentence));
    if (verdict->outcome == GATE_INCONCLUSIVE)
        gate_write_advice(verdict, verdict->advice, sizeof(verdict->advice));
}

static bool strata_are_valid(const struct gate_input *input)
{
    for (size_t i = 0; i < input->n; i++)
        if (input->cases[i].stratum >= 0 && (size_t)input->cases[i].stratum >= input->n_strata)
            return false;
    return true;
}

/* At the input's tail. After looks a plain p would be no error rate: it is left out. */
static struct stats_paired compare(const struct stats_pairs *pairs, double margin, double tail)
{
    if (tail <= 0)
        return stats_paired_of(pairs, margin);
    struct stats_paired paired = stats_paired_at(pairs, margin, tail);
    paired.p = NAN;
    return paired;
}

int gate_evaluate(const struct gate_rules *rules, const struct gate_input *input,
                  struct gate_verdict *ret_verdict)
{
    if (!strata_are_valid(input))
        return AS_EINVAL;
    struct stats_pairs pairs;
    int rc = stats_pairs_init(&pairs, input->cases, input->n, policy_of(rules));
    if (rc < 0)
        return rc;
    struct gate_verdict verdict = {
        .counts = counts_of(&pairs, input->is_incomplete),
        .compare = compare(&pairs, rules->margin, input->tail),
    };
    struct gate_context context = {rules, input, &pairs, policy_of(rules), &verdict};
    verdict.detail = measure(&context);
    compare_strata(&context);
    gate_compare_tags(&context);
    for (int id = 0; id < GATE_CHECK_COUNT; id++)
        gate_run_check(&context, (enum gate_check_id)id);
    plan_more(&verdict);
    rc = gate_check_metrics(&context);
    stats_pairs_done(&pairs);
    if (rc) {
        gate_verdict_done(&verdict);
        return rc;
    }
    conclude(&verdict, rules->critical);
    *ret_verdict = verdict;
    return 0;
}

void gate_verdict_done(struct gate_verdict *verdict)
{
    free(verdict->strata);
    free(verdict->tags);
    free(verdict->metric_checks);
    verdict->metric_checks = NULL;
    verdict->n_metric_checks = 0;
    verdict->strata = NULL;
    verdict->n_strata = 0;
    verdict->tags = NULL;
}
