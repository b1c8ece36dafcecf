/* The checks by their ids. A cap compares with ">": a value at the limit is within it. A number
 * that could not be measured is INCONCLUSIVE, never a pass. Evidence lists are cut at
 * GATE_EVIDENCE_MAX; the total says how many there were. */
#include "daemon/gate/check.h"

#include "daemon/gate/sentence.h"
#include "daemon/gate/tags.h"
#include "daemon/stats/cost.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

void gate_say(struct gate_check *check, enum gate_outcome outcome, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    as_utf8_vformat(check->text, sizeof(check->text), fmt, args);
    va_end(args);
    check->outcome = outcome;
}

void gate_add_evidence(struct gate_check *check, size_t case_index)
{
    if (check->n_evidence < GATE_EVIDENCE_MAX)
        check->evidence[check->n_evidence++] = (uint32_t)case_index;
    check->evidence_total++;
}

enum unit { UNIT_SHARE, UNIT_MS, UNIT_USD, UNIT_RATIO };

static struct gate_number amount(enum unit unit, double value)
{
    struct gate_number number;
    switch (unit) {
    case UNIT_SHARE: snprintf(number.text, sizeof(number.text), "%.2f %%", 100 * value); break;
    case UNIT_MS: snprintf(number.text, sizeof(number.text), "%.0f ms", value); break;
    case UNIT_USD: snprintf(number.text, sizeof(number.text), "$%.6f", value); break;
    case UNIT_RATIO: snprintf(number.text, sizeof(number.text), "%.2f", value); break;
    }
    return number;
}

struct cap {
    const char *what; /* "the candidate's failure rate" */
    enum unit unit;
    double observed;
    double limit;            /* NaN: not configured */
    enum gate_outcome above; /* the outcome above the limit */
    size_t n;                /* what it was measured on */
    const char *of;          /* of what: "cases" */
};

static void judge_cap(struct gate_check *check, const struct cap *cap)
{
    check->observed = cap->observed;
    check->limit = cap->limit;
    if (isnan(cap->limit))
        return;
    struct gate_number limit = amount(cap->unit, cap->limit);
    struct gate_number observed = amount(cap->unit, cap->observed);
    if (isnan(cap->observed))
        gate_say(check, GATE_INCONCLUSIVE, "no data for %s (cap %s)", cap->what, limit.text);
    else if (cap->observed > cap->limit)
        gate_say(check, cap->above, "%s is %s, above the cap of %s (n=%zu %s)", cap->what,
                 observed.text, limit.text, cap->n, cap->of);
    else
        gate_say(check, GATE_PASS, "%s is %s, within the cap of %s (n=%zu %s)", cap->what,
                 observed.text, limit.text, cap->n, cap->of);
}

static bool is_incomplete(const struct gate_context *c, size_t case_index)
{
    return c->input->is_incomplete && c->input->is_incomplete[case_index];
}

static void check_missing(const struct gate_context *c, struct gate_check *check)
{
    const struct cap cap = {
        .what = c->verdict->counts.incomplete
                    ? "the share of cases without a pair, or with an error of ours,"
                    : "the share of cases without a pair",
        .unit = UNIT_SHARE,
        .observed = c->verdict->detail.missing_rate,
        .limit = c->rules->max_missing_rate,
        .above = GATE_INCONCLUSIVE,
        .n = c->verdict->counts.n_cases,
        .of = "cases",
    };
    judge_cap(check, &cap);
    if (check->outcome != GATE_INCONCLUSIVE)
        return;
    size_t pair = 0;
    for (size_t i = 0; i < c->input->n; i++) {
        bool is_paired = pair < c->pairs->n && c->pairs->case_index[pair] == i;
        pair += is_paired;
        if (!is_paired || is_incomplete(c, i))
            gate_add_evidence(check, i);
    }
}

enum critical_state { CRITICAL_FINE, CRITICAL_FAILED, CRITICAL_UNKNOWN };

static bool passes(const struct stats_score *score, double threshold)
{
    return score->state == STATS_SCORED && score->value >= threshold;
}

static enum critical_state critical_state_of(const struct gate_rules *rules,
                                             const struct stats_case *row)
{
    bool needs_baseline = rules->critical == GATE_CRITICAL_NO_REGRESSION;
    if (row->candidate.state == STATS_MISSING ||
        (needs_baseline && row->baseline.state == STATS_MISSING))
        return CRITICAL_UNKNOWN;
    if (passes(&row->candidate, rules->pass_threshold))
        return CRITICAL_FINE;
    if (needs_baseline && !passes(&row->baseline, rules->pass_threshold))
        return CRITICAL_FINE;
    return CRITICAL_FAILED;
}

/* Counts the critical cases in that state, as evidence. */
static size_t collect_critical(const struct gate_context *c, struct gate_check *check,
                               enum critical_state state)
{
    size_t found = 0;
    for (size_t i = 0; i < c->input->n + c->input->n_aside; i++) {
        if (!c->input->is_critical[i] || critical_state_of(c->rules, &c->input->cases[i]) != state)
            continue;
        gate_add_evidence(check, i);
        found++;
    }
    return found;
}

static void check_critical(const struct gate_context *c, struct gate_check *check)
{
    struct gate_detail *detail = &c->verdict->detail;
    if (c->rules->critical == GATE_CRITICAL_OFF || detail->critical_n == 0)
        return;
    detail->critical_failures = collect_critical(c, check, CRITICAL_FAILED);
    detail->critical_unknown = collect_critical(c, check, CRITICAL_UNKNOWN);
    check->observed = (double)detail->critical_failures;
    check->limit = (double)c->rules->max_critical;
    enum gate_outcome outcome = GATE_PASS;
    if (check->observed > check->limit)
        outcome = GATE_FAIL;
    else if (detail->critical_unknown)
        outcome = GATE_INCONCLUSIVE;
    gate_say(check, outcome, "%zu of %zu critical cases %s, %zu not run (allowed: %lld)",
             detail->critical_failures, detail->critical_n,
             c->rules->critical == GATE_CRITICAL_MUST_PASS ? "fail" : "regressed",
             detail->critical_unknown, (long long)c->rules->max_critical);
}

static void check_failure_rate(const struct gate_context *c, struct gate_check *check)
{
    const struct cap cap = {
        .what = "the candidate's failure rate",
        .unit = UNIT_SHARE,
        .observed = c->verdict->detail.candidate_failure_rate,
        .limit = c->rules->max_failure_rate,
        .above = GATE_FAIL,
        .n = c->verdict->counts.n_cases - c->verdict->counts.candidate_missing,
        .of = "cases",
    };
    judge_cap(check, &cap);
    if (check->outcome != GATE_FAIL)
        return;
    for (size_t i = 0; i < c->input->n; i++)
        if (c->input->cases[i].candidate.state == STATS_FAILED)
            gate_add_evidence(check, i);
}

static void check_sufficiency(const struct gate_context *c, struct gate_check *check)
{
    const struct gate_rules *rules = c->rules;
    const struct stats_paired *compare = &c->verdict->compare;
    check->observed = (double)compare->n;
    check->limit = c->verdict->detail.min_pairs_needed;
    if (isnan(rules->margin) && rules->min_pairs == 0 && rules->min_clusters == 0)
        return;
    if (check->observed < check->limit)
        gate_say(check, GATE_INCONCLUSIVE, "%zu pairs, and %.0f are needed", compare->n,
                 check->limit);
    else if (c->pairs->has_clusters && (int64_t)compare->n_clusters < rules->min_clusters)
        gate_say(check, GATE_INCONCLUSIVE, "%zu clusters, and %lld are needed", compare->n_clusters,
                 (long long)rules->min_clusters);
    else
        gate_say(check, GATE_PASS, "%zu pairs in %zu clusters are enough", compare->n,
                 compare->n_clusters);
}

static void check_floor(const struct gate_context *c, struct gate_check *check)
{
    const struct gate_floor *rule = &c->rules->floor;
    const struct stats_own_mean *own = &c->verdict->detail.floor;
    check->observed = own->mean;
    check->limit = rule->value;
    if (isnan(rule->value))
        return;
    bool is_point = rule->mode == GATE_FLOOR_POINT;
    double low = is_point ? own->mean : own->low;
    double high = is_point ? own->mean : own->high;
    enum gate_outcome outcome = GATE_INCONCLUSIVE;
    if (low >= rule->value)
        outcome = GATE_PASS;
    else if (high < rule->value)
        outcome = GATE_FAIL;
    gate_say(check, outcome,
             "the candidate's mean is %s points (95%% CI %s to %s, n=%zu), the floor %s (%s)",
             gate_points(own->mean).text, gate_points(own->low).text, gate_points(own->high).text,
             own->n, gate_points(rule->value).text, gate_floor_mode_name(rule->mode));
}

static void add_losses(const struct gate_context *c, struct gate_check *check)
{
    for (size_t i = 0; i < c->pairs->n; i++)
        if (c->pairs->diff[i] < 0)
            gate_add_evidence(check, c->pairs->case_index[i]);
}

static enum gate_outcome outcome_of_ni(enum stats_ni ni)
{
    switch (ni) {
    case STATS_NI_NOT_ASKED: return GATE_SKIP;
    case STATS_NI_PASS: return GATE_PASS;
    case STATS_NI_FAIL: return GATE_FAIL;
    case STATS_NI_INCONCLUSIVE: return GATE_INCONCLUSIVE;
    case STATS_NI_INSUFFICIENT: return GATE_INCONCLUSIVE;
    }
    return GATE_INCONCLUSIVE;
}

static void check_noninferiority(const struct gate_context *c, struct gate_check *check)
{
    const struct stats_paired *compare = &c->verdict->compare;
    check->observed = compare->ci_low;
    check->limit = -compare->margin;
    if (compare->ni == STATS_NI_NOT_ASKED)
        return;
    gate_say(
        check, outcome_of_ni(compare->ni),
        "difference %s points, %s%% CI %s to %s, n=%zu; a loss of %s or more must be ruled out",
        gate_points(compare->diff).text, gate_level(compare).text,
        gate_points(compare->ci_low).text, gate_points(compare->ci_high).text, compare->n,
        gate_points(compare->margin).text);
    if (check->outcome != GATE_PASS)
        add_losses(c, check);
}

static void check_superiority(const struct gate_context *c, struct gate_check *check)
{
    const struct stats_paired *compare = &c->verdict->compare;
    check->observed = compare->ci_low;
    check->limit = 0;
    if (!c->rules->require_superiority)
        return;
    enum gate_outcome outcome = GATE_INCONCLUSIVE;
    if (compare->ci_low > 0)
        outcome = GATE_PASS;
    else if (compare->ci_high < 0)
        outcome = GATE_FAIL;
    gate_say(check, outcome, "difference %s points, %s%% CI %s to %s, n=%zu; it must be above 0",
             gate_points(compare->diff).text, gate_level(compare).text,
             gate_points(compare->ci_low).text, gate_points(compare->ci_high).text, compare->n);
    if (check->outcome != GATE_PASS)
        add_losses(c, check);
}

static const struct gate_stratum *worst_stratum(const struct gate_verdict *verdict)
{
    const struct gate_stratum *worst = &verdict->strata[0];
    for (size_t i = 1; i < verdict->n_strata; i++)
        if (verdict->strata[i].paired.ci_high < worst->paired.ci_high ||
            isnan(worst->paired.ci_high))
            worst = &verdict->strata[i];
    return worst;
}

static void check_strata(const struct gate_context *c, struct gate_check *check)
{
    check->limit = -c->rules->stratum_margin;
    if (isnan(c->rules->stratum_margin) || c->verdict->n_strata == 0)
        return;
    const struct gate_stratum *worst = worst_stratum(c->verdict);
    check->observed = worst->paired.ci_high;
    bool is_worse = check->observed < check->limit;
    gate_say(
        check, is_worse ? GATE_FAIL : GATE_PASS,
        "worst of %zu strata: %s, difference %s points, 95%% CI %s to %s, n=%zu; allowed loss %s",
        c->verdict->n_strata, gate_shown(c->input->stratum_names[worst->stratum]).text,
        gate_points(worst->paired.diff).text, gate_points(worst->paired.ci_low).text,
        gate_points(worst->paired.ci_high).text, worst->paired.n,
        gate_points(c->rules->stratum_margin).text);
    for (size_t i = 0; is_worse && i < c->pairs->n; i++)
        if (c->pairs->stratum[i] == worst->stratum && c->pairs->diff[i] < 0)
            gate_add_evidence(check, c->pairs->case_index[i]);
}

static void check_latency_p50(const struct gate_context *c, struct gate_check *check)
{
    const struct cap cap = {
        .what = "the candidate's median latency",
        .unit = UNIT_MS,
        .observed = c->verdict->detail.latency_p50,
        .limit = c->rules->latency_p50_max_ms,
        .above = GATE_FAIL,
        .n = c->input->candidate.n_latencies,
        .of = "latencies",
    };
    judge_cap(check, &cap);
}

/* A p95 of too few values is shown, but decides nothing. */
static void judge_p95(struct gate_check *check, const struct cap *cap)
{
    judge_cap(check, cap);
    if (check->outcome != GATE_SKIP && cap->n < GATE_P95_VALUES_MIN)
        gate_say(check, GATE_INCONCLUSIVE, "%zu latencies, and a 95th percentile needs %d", cap->n,
                 GATE_P95_VALUES_MIN);
}

static void check_latency_p95(const struct gate_context *c, struct gate_check *check)
{
    const struct cap cap = {
        .what = "the candidate's 95th percentile of latency",
        .unit = UNIT_MS,
        .observed = c->verdict->detail.latency_p95,
        .limit = c->rules->latency_p95_max_ms,
        .above = GATE_FAIL,
        .n = c->input->candidate.n_latencies,
        .of = "latencies",
    };
    judge_p95(check, &cap);
}

static void check_latency_p95_ratio(const struct gate_context *c, struct gate_check *check)
{
    size_t fewest = c->input->candidate.n_latencies < c->input->baseline.n_latencies
                        ? c->input->candidate.n_latencies
                        : c->input->baseline.n_latencies;
    const struct cap cap = {
        .what = "the ratio of the 95th percentiles of latency",
        .unit = UNIT_RATIO,
        .observed = c->verdict->detail.latency_p95_ratio,
        .limit = c->rules->latency_p95_max_ratio,
        .above = GATE_FAIL,
        .n = fewest,
        .of = "latencies on each side at least",
    };
    judge_p95(check, &cap);
}

static void check_cost_mean(const struct gate_context *c, struct gate_check *check)
{
    const struct cap cap = {
        .what = "the candidate's mean cost of a case",
        .unit = UNIT_USD,
        .observed = c->verdict->detail.cost_mean,
        .limit = c->rules->cost_mean_max,
        .above = GATE_FAIL,
        .n = stats_cost_of(c->input->candidate.cost_usd, c->input->n, 0).n,
        .of = "cases with a price",
    };
    judge_cap(check, &cap);
}

static size_t priced_on_both(const struct gate_input *input)
{
    const double *baseline = input->baseline.cost_usd, *candidate = input->candidate.cost_usd;
    size_t count = 0;
    for (size_t i = 0; baseline && candidate && i < input->n; i++)
        count += !isnan(baseline[i]) && !isnan(candidate[i]);
    return count;
}

static void check_cost_ratio(const struct gate_context *c, struct gate_check *check)
{
    const struct cap cap = {
        .what = "the ratio of costs",
        .unit = UNIT_RATIO,
        .observed = c->verdict->detail.cost_ratio,
        .limit = c->rules->cost_max_ratio,
        .above = GATE_FAIL,
        .n = priced_on_both(c->input),
        .of = "cases with both prices",
    };
    judge_cap(check, &cap);
}

struct check_row {
    const char *name;
    void (*evaluate)(const struct gate_context *context, struct gate_check *check);
};

static const struct check_row check_rows[GATE_CHECK_COUNT] = {
    [GATE_CHECK_MISSING] = {"missing", check_missing},
    [GATE_CHECK_CRITICAL] = {"critical", check_critical},
    [GATE_CHECK_FAILURE_RATE] = {"failure_rate", check_failure_rate},
    [GATE_CHECK_SUFFICIENCY] = {"sufficiency", check_sufficiency},
    [GATE_CHECK_FLOOR] = {"floor", check_floor},
    [GATE_CHECK_NONINFERIORITY] = {"noninferiority", check_noninferiority},
    [GATE_CHECK_SUPERIORITY] = {"superiority", check_superiority},
    [GATE_CHECK_STRATA] = {"strata", check_strata},
    [GATE_CHECK_LATENCY_P50] = {"latency_p50", check_latency_p50},
    [GATE_CHECK_LATENCY_P95] = {"latency_p95", check_latency_p95},
    [GATE_CHECK_LATENCY_P95_RATIO] = {"latency_p95_ratio", check_latency_p95_ratio},
    [GATE_CHECK_COST_MEAN] = {"cost_mean", check_cost_mean},
    [GATE_CHECK_COST_RATIO] = {"cost_ratio", check_cost_ratio},
    [GATE_CHECK_REQUIRE_TAG] = {"require_tag", gate_check_require_tag},
    [GATE_CHECK_TAGS] = {"tags", gate_check_tags},
};

const char *gate_check_name(enum gate_check_id id)
{
    return check_rows[id].name;
}

void gate_run_check(const struct gate_context *context, enum gate_check_id id)
{
    struct gate_check *check = &context->verdict->checks[id];
    *check = (struct gate_check){.outcome = GATE_SKIP, .observed = NAN, .limit = NAN, .more = NAN};
    snprintf(check->name, sizeof(check->name), "%s", check_rows[id].name);
    check_rows[id].evaluate(context, check);
}
