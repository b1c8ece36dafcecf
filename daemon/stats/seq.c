/* The e-process bets what the past suggests (predictable plug-in, Waudby-Smith and Ramdas 2024) and
 * never more than half of what could be lost. The looks are plus-two intervals at a wider level. */
#include "daemon/stats/seq.h"

#include "daemon/stats/dist.h"
#include "daemon/stats/num.h"
#include "lib/err.h"

#include <math.h>

#define BET_CAP 0.5
#define NO_VARIATION 1e-12

struct bettor {
    double null_mean; /* of values in 0..1, under the hypothesis betted against */
    double sum;
    double squares; /* of the distances to the mean so far */
    double t;
    struct stats_eprocess state;
};

static void bet(struct bettor *bettor, double value)
{
    double mean = (0.5 + bettor->sum) / (bettor->t + 1);
    double variance = (0.25 + bettor->squares) / (bettor->t + 1);
    double edge = mean - bettor->null_mean;
    double stake = stats_clip(edge / (variance + edge * edge), 0, BET_CAP / bettor->null_mean);
    struct stats_eprocess *state = &bettor->state;
    state->ln_wealth += log1p(stake * (value - bettor->null_mean));
    state->ln_wealth_max = fmax(state->ln_wealth_max, state->ln_wealth);
    bettor->t += 1;
    bettor->sum += value;
    bettor->squares += pow(value - (0.5 + bettor->sum) / (bettor->t + 1), 2);
    if (isnan(state->stop) && state->ln_wealth >= log(1 / STATS_TAIL))
        state->stop = bettor->t;
}

/* sign: +1 bets that differences are above -margin, -1 that they are below. */
static struct stats_eprocess run_eprocess(const double *diffs, size_t n, double margin, double sign)
{
    struct bettor bettor = {
        .null_mean = (1 - sign * margin) / 2,
        .state = {.stop = NAN},
    };
    for (size_t i = 0; i < n; i++)
        bet(&bettor, (1 + sign * diffs[i]) / 2);
    bettor.state.p_anytime = exp(-bettor.state.ln_wealth_max);
    return bettor.state;
}

struct stats_eprocess stats_eprocess_not_worse(const double *diffs, size_t n, double margin)
{
    return run_eprocess(diffs, n, margin, 1);
}

struct stats_eprocess stats_eprocess_worse(const double *diffs, size_t n, double margin)
{
    return run_eprocess(diffs, n, margin, -1);
}

const char *stats_decision_name(enum stats_decision decision)
{
    static const char *const names[] = {
        [STATS_DECISION_CONTINUE] = "continue",
        [STATS_DECISION_PASS] = "pass",
        [STATS_DECISION_FAIL] = "fail",
        [STATS_DECISION_INCONCLUSIVE] = "inconclusive",
    };
    return names[decision];
}

/* The constants of O'Brien and Fleming at a two-sided 5 %, for two to five looks. */
static double look_constant(size_t looks)
{
    static const double constants[] = {1.9774309593, 2.0040355786, 2.0242954996, 2.0400731748};
    AS_ASSERT(looks >= STATS_LOOKS_MIN && looks <= STATS_LOOKS_MAX);
    return constants[looks - STATS_LOOKS_MIN];
}

double stats_look_critical(size_t looks, size_t look)
{
    return look_constant(looks) * sqrt((double)looks / (double)look);
}

double stats_look_tail(size_t looks, size_t look)
{
    return stats_normal_upper(stats_look_critical(looks, look));
}

size_t stats_look_size(const struct stats_look_plan *plan, size_t look)
{
    return (look * plan->n_max + plan->looks - 1) / plan->looks;
}

static enum stats_decision decide(const struct stats_look_plan *plan, const struct stats_look *look)
{
    if (look->ci.low > -plan->margin && (double)look->n >= stats_min_pairs_for_margin(plan->margin))
        return STATS_DECISION_PASS;
    if (look->ci.high < -plan->margin)
        return STATS_DECISION_FAIL;
    return look->look < plan->looks ? STATS_DECISION_CONTINUE : STATS_DECISION_INCONCLUSIVE;
}

struct stats_look stats_look_at(const struct stats_look_plan *plan, size_t look,
                                const double *diffs)
{
    size_t n = stats_look_size(plan, look);
    double scale = 0;
    for (size_t i = 0; i < n; i++)
        scale = fmax(scale, fabs(diffs[i]));
    scale = scale > 0 ? scale : 1;
    const double pseudo[] = {scale, -scale};
    struct stats_sample sample = stats_sample_plain(diffs, n);
    struct stats_clusters clusters;
    stats_clusters_init(&clusters, &sample);
    struct stats_estimate estimate = stats_estimate_of(&clusters, pseudo, 2);
    stats_clusters_done(&clusters);
    struct stats_look result = {.look = look, .n = n};
    result.critical = stats_look_critical(plan->looks, look);
    result.ci = stats_estimate_interval(&estimate, stats_look_tail(plan->looks, look), -1, 1);
    result.decision = decide(plan, &result);
    return result;
}

void stats_cusum_add(const struct stats_cusum_plan *plan, struct stats_cusum *chart, double mean,
                     size_t number)
{
    double z = (mean - chart->mean) / chart->sd;
    chart->final_low = fmax(0, chart->final_low - z - plan->slack);
    chart->final_high = fmax(0, chart->final_high + z - plan->slack);
    chart->max_low = fmax(chart->max_low, chart->final_low);
    chart->max_high = fmax(chart->max_high, chart->final_high);
    if (isnan(chart->alarm_low) && chart->final_low > plan->limit)
        chart->alarm_low = (double)number;
    if (isnan(chart->alarm_high) && chart->final_high > plan->limit)
        chart->alarm_high = (double)number;
}

struct stats_cusum stats_cusum_of(const struct stats_cusum_plan *plan, const double *means,
                                  size_t n)
{
    size_t reference = plan->reference < n ? plan->reference : n;
    struct stats_cusum chart = {
        .mean = stats_mean(means, reference),
        .sd = sqrt(stats_variance(means, reference)),
        .alarm_low = NAN,
        .alarm_high = NAN,
    };
    chart.is_defined = chart.sd >= NO_VARIATION;
    for (size_t i = reference; chart.is_defined && i < n; i++)
        stats_cusum_add(plan, &chart, means[i], i + 1);
    return chart;
}
