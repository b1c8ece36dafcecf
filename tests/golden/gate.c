/* Golden kind "gate": the options are the gate section of an eval. */
#include "daemon/gate/gate.h"
#include "tests/golden/cases.h"
#include "tests/golden/golden.h"

#include <math.h>
#include <stdlib.h>

static struct gate_rules rules_from(const struct golden_input *input)
{
    const struct as_json *options = input->options;
    struct gate_rules rules;
    gate_rules_init(&rules);
    const struct {
        const char *key;
        double *field;
    } numbers[] = {
        {"margin", &rules.margin},
        {"max_missing_rate", &rules.max_missing_rate},
        {"max_failure_rate", &rules.max_failure_rate},
        {"pass_threshold", &rules.pass_threshold},
        {"stratum_margin", &rules.stratum_margin},
        {"latency_p50_max_ms", &rules.latency_p50_max_ms},
        {"latency_p95_max_ms", &rules.latency_p95_max_ms},
        {"latency_p95_max_ratio", &rules.latency_p95_max_ratio},
        {"cost_mean_max", &rules.cost_mean_max},
        {"cost_max_ratio", &rules.cost_max_ratio},
    };
    for (size_t i = 0; i < AS_COUNT(numbers); i++)
        *numbers[i].field = as_json_get_num(options, numbers[i].key, *numbers[i].field);
    rules.min_pairs = as_json_get_int(options, "min_pairs", 0);
    rules.min_clusters = as_json_get_int(options, "min_clusters", 0);
    rules.max_critical = as_json_get_int(options, "max_critical", 0);
    rules.require_superiority = as_json_get_bool(options, "require_superiority", false);
    const struct as_json *floor = as_json_get(options, "floor");
    const char *critical = as_json_get_cstr(options, "critical");
    const char *mode = as_json_get_cstr(floor, "mode");
    const char *policy = as_json_get_cstr(options, "policy");
    rules.floor.value = as_json_get_num(floor, "value", NAN);
    if ((critical && gate_critical_from(critical, &rules.critical) < 0) ||
        (mode && gate_floor_mode_from(mode, &rules.floor.mode) < 0) ||
        (policy && gate_policy_from(policy, &rules.policy) < 0))
        table_refuse(&input->table, "options: critical, floor.mode or policy is an unknown word");
    return rules;
}

static size_t read_latencies(const struct table *table, const char *column, double *ret_values)
{
    size_t count = 0;
    for (size_t row = 0; row < table->rows; row++) {
        double value = table_num(table, row, table_col(table, column));
        if (!isnan(value))
            ret_values[count++] = value;
    }
    return count;
}

static struct as_json *checks_json(const struct gate_verdict *verdict)
{
    struct as_json *out = as_json_object();
    for (int id = 0; id < GATE_CHECK_COUNT; id++)
        as_json_set_str(out, gate_check_name((enum gate_check_id)id),
                        gate_outcome_name(verdict->checks[id].outcome));
    return out;
}

static struct as_json *compare_json(const struct gate_verdict *verdict)
{
    const struct gate_counts *counts = &verdict->counts;
    struct as_json *out = golden_paired_json(&verdict->compare);
    as_json_set_int(out, "baseline_failed", (int64_t)counts->baseline_failed);
    as_json_set_int(out, "candidate_failed", (int64_t)counts->candidate_failed);
    as_json_set_int(out, "n_cases", (int64_t)counts->n_cases);
    as_json_set_int(out, "unpaired", (int64_t)counts->unpaired);
    return out;
}

static struct as_json *strata_json(const struct gate_verdict *verdict,
                                   const struct golden_cases *cases)
{
    struct as_json *out = as_json_object();
    for (size_t i = 0; i < verdict->n_strata; i++) {
        const struct gate_stratum *stratum = &verdict->strata[i];
        struct as_json *row = as_json_object();
        as_json_set_int(row, "n", (int64_t)stratum->paired.n);
        as_json_set_num(row, "diff", stratum->paired.diff);
        as_json_set_num(row, "ci_lo", stratum->paired.ci_low);
        as_json_set_num(row, "ci_hi", stratum->paired.ci_high);
        as_json_set_str(row, "ni", stats_ni_name(stratum->paired.ni));
        as_json_set_take(out, cases->strata[stratum->stratum], row);
    }
    return out;
}

static struct as_json *detail_json(const struct gate_verdict *verdict,
                                   const struct golden_cases *cases)
{
    const struct gate_detail *detail = &verdict->detail;
    struct as_json *out = as_json_object();
    as_json_set_num(out, "missing_rate", detail->missing_rate);
    as_json_set_num(out, "candidate_failure_rate", detail->candidate_failure_rate);
    as_json_set_num(out, "min_pairs_needed", detail->min_pairs_needed);
    as_json_set_int(out, "critical_n", (int64_t)detail->critical_n);
    as_json_set_int(out, "critical_regressions", (int64_t)detail->critical_failures);
    as_json_set_int(out, "critical_unknown", (int64_t)detail->critical_unknown);
    as_json_set_num(out, "floor_mean", detail->floor.mean);
    as_json_set_num(out, "floor_lo", detail->floor.low);
    as_json_set_num(out, "floor_hi", detail->floor.high);
    as_json_set_num(out, "latency_p50", detail->latency_p50);
    as_json_set_num(out, "latency_p95", detail->latency_p95);
    as_json_set_num(out, "latency_p95_ratio", detail->latency_p95_ratio);
    as_json_set_num(out, "cost_mean", detail->cost_mean);
    as_json_set_num(out, "cost_ratio", detail->cost_ratio);
    if (verdict->n_strata)
        as_json_set_take(out, "strata", strata_json(verdict, cases));
    return out;
}

static struct as_json *plan_json(const struct gate_verdict *verdict)
{
    struct as_json *out = as_json_object();
    as_json_set_num(out, "more_for_min_pairs", verdict->more_for_min_pairs);
    as_json_set_num(out, "n_if_equal", verdict->plan.n_if_equal);
    as_json_set_num(out, "n_if_observed", verdict->plan.n_if_observed);
    as_json_set_num(out, "more_if_equal", verdict->plan.more_if_equal);
    as_json_set_num(out, "more_if_observed", verdict->plan.more_if_observed);
    return out;
}

static struct as_json *verdict_json(const struct gate_verdict *verdict,
                                    const struct golden_cases *cases)
{
    struct as_json *out = as_json_object();
    as_json_set_take(out, "checks", checks_json(verdict));
    as_json_set_take(out, "compare", compare_json(verdict));
    as_json_set_take(out, "detail", detail_json(verdict, cases));
    as_json_set_take(out, "plan", plan_json(verdict));
    as_json_set_str(out, "outcome", gate_outcome_name(verdict->outcome));
    as_json_set_str(out, "headline",
                    verdict->headline < 0 ? NULL
                                          : gate_check_name((enum gate_check_id)verdict->headline));
    as_json_set_str(out, "verdict", verdict->sentence);
    return out;
}

struct as_json *golden_gate(const struct golden_input *input)
{
    struct golden_cases cases;
    struct table table = input->table;
    golden_cases_init(&cases, &table);
    size_t n = cases.n;
    AS_CLEANUP_FREE bool *critical = as_xcalloc(n + 1, sizeof(*critical));
    AS_CLEANUP_FREE double *numbers = as_xcalloc(4 * n + 1, sizeof(*numbers));
    double *baseline_cost = numbers + 2 * n;
    double *candidate_cost = numbers + 3 * n;
    for (size_t i = 0; i < n; i++) {
        critical[i] = table_num(&table, i, table_col(&table, "critical")) == 1;
        baseline_cost[i] = table_num(&table, i, table_col(&table, "baseline_cost"));
        candidate_cost[i] = table_num(&table, i, table_col(&table, "candidate_cost"));
    }
    struct gate_input gate = {
        .cases = cases.rows,
        .is_critical = critical,
        .n = n,
        .baseline = {numbers, read_latencies(&table, "baseline_latency_ms", numbers),
                     baseline_cost},
        .candidate = {numbers + n, read_latencies(&table, "candidate_latency_ms", numbers + n),
                      candidate_cost},
        .stratum_names = cases.strata,
        .n_strata = cases.n_strata,
    };
    struct gate_rules rules = rules_from(input);
    struct gate_verdict verdict;
    struct as_json *out = NULL;
    if (gate_evaluate(&rules, &gate, &verdict) == 0) {
        out = verdict_json(&verdict, &cases);
        gate_verdict_done(&verdict);
    } else {
        table_refuse(&table, "the gate refuses the cases");
    }
    golden_cases_done(&cases);
    return out;
}
