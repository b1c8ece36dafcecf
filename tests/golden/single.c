/* Golden kinds about one set of numbers at a time: proportions, latency and cost, power. */
#include "daemon/stats/cost.h"
#include "daemon/stats/dist.h"
#include "daemon/stats/mean.h"
#include "daemon/stats/power.h"
#include "tests/golden/golden.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REPLICATES 1000 /* as README.md says */

static struct as_json *interval_json(struct stats_interval interval)
{
    return golden_bounds(interval.low, interval.high);
}

struct as_json *golden_proportions(const struct golden_input *input)
{
    struct as_json *out = as_json_array();
    const struct table *table = &input->table;
    for (size_t row = 0; row < table->rows; row++) {
        double x = table_num(table, row, table_col(table, "x"));
        double n = table_num(table, row, table_col(table, "n"));
        struct as_json *item = as_json_object();
        as_json_set_num(item, "x", x);
        as_json_set_num(item, "n", n);
        as_json_set_take(item, "wilson", interval_json(stats_wilson(x, n)));
        as_json_set_take(item, "clopper_pearson", interval_json(stats_clopper_pearson(x, n)));
        as_json_set_take(item, "agresti_coull", interval_json(stats_agresti_coull(x, n)));
        as_json_set_num(item, "upper95_if_zero", x == 0 ? stats_upper_if_zero(n) : NAN);
        as_json_push_take(out, item);
    }
    return out;
}

/* One value per case, NaN where a model has no row or no number. */
struct side {
    double *latency, *cost, *score;
    size_t n;
};

static void side_init(struct side *side, const struct table *table, const char *model)
{
    AS_CLEANUP_FREE int32_t *id = as_xcalloc(table->rows + 1, sizeof(*id));
    AS_CLEANUP_FREE const char **names = as_xcalloc(table->rows + 1, sizeof(*names));
    size_t n = table_rank_names(table, table_col(table, "case_id"), id, names);
    double *block = as_xcalloc(3 * n + 1, sizeof(*block));
    for (size_t i = 0; i < 3 * n; i++)
        block[i] = NAN;
    *side = (struct side){block, block + n, block + 2 * n, n};
    for (size_t row = 0; row < table->rows; row++) {
        if (strcmp(table_cell(table, row, table_col(table, "model")), model))
            continue;
        side->latency[id[row]] = table_num(table, row, table_col(table, "latency_ms"));
        side->cost[id[row]] = table_num(table, row, table_col(table, "cost"));
        side->score[id[row]] = table_num(table, row, table_col(table, "score"));
    }
}

static void side_done(struct side *side)
{
    free(side->latency); /* the start of the block */
}

static struct as_json *side_json(const struct side *side)
{
    size_t passes = 0;
    for (size_t i = 0; i < side->n; i++)
        passes += side->score[i] >= 0.5;
    struct stats_latency latency = stats_latency_of(side->latency, side->n);
    struct stats_cost cost = stats_cost_of(side->cost, side->n, passes);
    struct as_json *out = as_json_object();
    as_json_set_int(out, "n", (int64_t)latency.n);
    as_json_set_num(out, "mean", latency.mean);
    as_json_set_num(out, "p50", latency.p50);
    as_json_set_num(out, "p95", latency.p95);
    as_json_set_num(out, "p99", latency.p99);
    as_json_set_int(out, "passes", (int64_t)passes);
    as_json_set_num(out, "cost_total", cost.total);
    as_json_set_num(out, "cost_mean", cost.mean);
    as_json_set_num(out, "cost_per_success", cost.per_success);
    return out;
}

/* Seeds and replicates stand among the expected numbers. */
static void add_boots(struct as_json *out, const struct as_json *expect,
                      const struct side *baseline, const struct side *candidate)
{
    const struct as_json *ratio_as = as_json_get(expect, "cost_ratio_boot");
    const struct as_json *p95_as = as_json_get(expect, "p95_diff_boot");
    struct stats_boot ratio =
        stats_boot_cost_ratio(baseline->cost, candidate->cost, baseline->n,
                              (uint64_t)as_json_get_int(ratio_as, "seed", 0),
                              (size_t)as_json_get_int(ratio_as, "B", REPLICATES));
    struct stats_boot p95 = stats_boot_p95_diff(baseline->latency, candidate->latency, baseline->n,
                                                (uint64_t)as_json_get_int(p95_as, "seed", 0),
                                                (size_t)as_json_get_int(p95_as, "B", REPLICATES));
    as_json_set_take(out, "cost_ratio_boot", golden_boot_json(&ratio));
    as_json_set_take(out, "p95_diff_boot", golden_boot_json(&p95));
}

struct as_json *golden_latency_cost(const struct golden_input *input)
{
    struct side baseline;
    struct side candidate;
    side_init(&baseline, &input->table, "baseline");
    side_init(&candidate, &input->table, "candidate");
    struct as_json *out = as_json_object();
    as_json_set_take(out, "baseline", side_json(&baseline));
    as_json_set_take(out, "candidate", side_json(&candidate));
    as_json_set_num(out, "cost_ratio", stats_cost_ratio(baseline.cost, candidate.cost, baseline.n));
    add_boots(out, input->expect, &baseline, &candidate);
    side_done(&baseline);
    side_done(&candidate);
    return out;
}

static double number(const struct as_json *object, const char *key)
{
    return as_json_get_num(object, key, NAN);
}

static struct as_json *paired_plan(const struct as_json *given)
{
    double sigma = number(given, "sigma");
    double delta = number(given, "delta");
    double margin = number(given, "margin");
    double n = number(given, "n");
    const struct {
        const char *key;
        double value;
    } numbers[] = {
        {"sigma", sigma},
        {"delta", delta},
        {"margin", margin},
        {"n", n},
        {"mde", stats_detectable_difference(sigma, n)},
        {"power", stats_power_of(sigma, delta, n)},
        {"n_superiority", stats_pairs_for_superiority(sigma, delta, STATS_POWER_DEFAULT)},
        {"n_superiority_90", stats_pairs_for_superiority(sigma, delta, 0.9)},
        {"n_noninferiority", stats_pairs_for_noninferiority(sigma, margin, 0, STATS_POWER_DEFAULT)},
        {"n_noninferiority_true_minus_half",
         stats_pairs_for_noninferiority(sigma, margin, -margin / 2, STATS_POWER_DEFAULT)},
        {"n_noninferiority_true_minus_margin",
         stats_pairs_for_noninferiority(sigma, margin, -margin, STATS_POWER_DEFAULT)},
    };
    struct as_json *out = as_json_object();
    for (size_t i = 0; i < AS_COUNT(numbers); i++)
        as_json_set_num(out, numbers[i].key, numbers[i].value);
    return out;
}

static struct as_json *mcnemar_plan(const struct as_json *given)
{
    struct as_json *out = as_json_object();
    as_json_set_num(out, "psi", number(given, "psi"));
    as_json_set_num(out, "delta", number(given, "delta"));
    as_json_set_num(out, "n",
                    stats_pairs_for_mcnemar(number(given, "psi"), number(given, "delta")));
    return out;
}

static struct as_json *miller_plan(const struct as_json *given)
{
    static const char *const keys[] = {"omega2", "sA2", "sB2", "KA", "KB", "delta"};
    struct stats_repeat_design design = {
        .between_variance = number(given, "omega2"),
        .within_variance_a = number(given, "sA2"),
        .within_variance_b = number(given, "sB2"),
        .samples_a = number(given, "KA"),
        .samples_b = number(given, "KB"),
        .delta = number(given, "delta"),
    };
    struct as_json *out = as_json_object();
    for (size_t i = 0; i < AS_COUNT(keys); i++)
        as_json_set_num(out, keys[i], number(given, keys[i]));
    as_json_set_num(out, "n", stats_cases_for_repeats(&design));
    return out;
}

static struct as_json *map_array(const struct as_json *array,
                                 struct as_json *(*fn)(const struct as_json *))
{
    struct as_json *out = as_json_array();
    for (size_t i = 0; i < as_json_len(array); i++)
        as_json_push_take(out, fn(as_json_at(array, i)));
    return out;
}

struct as_json *golden_power(const struct golden_input *input)
{
    struct as_json *out = as_json_object();
    as_json_set_take(out, "paired", map_array(as_json_get(input->expect, "paired"), paired_plan));
    as_json_set_take(out, "mcnemar",
                     map_array(as_json_get(input->expect, "mcnemar"), mcnemar_plan));
    as_json_set_take(out, "miller", map_array(as_json_get(input->expect, "miller"), miller_plan));
    return out;
}
