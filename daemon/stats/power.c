/* Sample sizes from the normal approximation; the plan from the plus-two variance itself, by
 * search. */
#include "daemon/stats/power.h"

#include "daemon/stats/dist.h"
#include "daemon/stats/num.h"

#include <math.h>
#include <stdbool.h>

#define PLAN_PAIRS_MAX 1e12

/* z of the two-sided 5 % level plus z of the power. */
static double z_sum(double power)
{
    return STATS_Z + stats_normal_quantile(power);
}

static double square(double x)
{
    return x * x;
}

double stats_pairs_for_superiority(double sigma, double delta, double power)
{
    return delta != 0 ? stats_ceil(square(z_sum(power) * sigma / delta)) : NAN;
}

double stats_pairs_for_noninferiority(double sigma, double margin, double true_diff, double power)
{
    double room = margin + true_diff;
    if (!(room > 0))
        return NAN;
    double by_spread = stats_ceil(square(z_sum(power) * sigma / room));
    return fmax(2, fmax(stats_min_pairs_for_margin(margin), by_spread));
}

double stats_detectable_difference(double sigma, double n)
{
    return z_sum(STATS_POWER_DEFAULT) * sigma / sqrt(n);
}

double stats_power_of(double sigma, double delta, double n)
{
    double effect = delta * sqrt(n) / sigma;
    return stats_normal_cdf(effect - STATS_Z) + stats_normal_cdf(-effect - STATS_Z);
}

double stats_pairs_for_mcnemar(double psi, double delta)
{
    if (delta == 0 || fabs(delta) > psi)
        return NAN;
    double z_power = stats_normal_quantile(STATS_POWER_DEFAULT);
    double spread = STATS_Z * sqrt(psi) + z_power * sqrt(psi - square(delta));
    return stats_ceil(square(spread / delta));
}

double stats_cases_for_repeats(const struct stats_repeat_design *design)
{
    double variance = design->between_variance + design->within_variance_a / design->samples_a +
                      design->within_variance_b / design->samples_b;
    return stats_ceil(square(z_sum(STATS_POWER_DEFAULT)) * variance / square(design->delta));
}

struct plan_target {
    double z_sum;    /* of the comparison's own interval and of the power */
    double variance; /* of one difference */
    double scale;    /* of the pseudo-cases */
    double room;     /* margin + true difference */
};

static bool is_enough(const struct plan_target *target, double n)
{
    double spread = n * target->variance + 2 * square(target->scale);
    return square(target->z_sum) * spread <= square(target->room * (n + 2));
}

/* More pairs never make it worse, so doubling and halving finds the smallest number. */
static double smallest_enough(const struct plan_target *target, double at_least)
{
    if (!(target->room > 0) || isnan(target->variance))
        return NAN;
    if (is_enough(target, at_least))
        return at_least;
    double low = at_least;
    double high = 2 * at_least + 1;
    while (!is_enough(target, high) && high < PLAN_PAIRS_MAX) {
        low = high;
        high *= 2;
    }
    if (high >= PLAN_PAIRS_MAX)
        return NAN;
    while (high - low > 1) {
        double middle = floor(0.5 * (low + high));
        if (is_enough(target, middle))
            high = middle;
        else
            low = middle;
    }
    return high;
}

static double more_than_now(double needed, double now)
{
    return isnan(needed) ? NAN : fmax(1, needed - now);
}

struct stats_plan stats_plan_of(const struct stats_paired *paired)
{
    double now = (double)paired->n;
    double z = paired->tail == STATS_TAIL ? STATS_Z : stats_normal_quantile(1 - paired->tail);
    struct plan_target target = {
        .z_sum = z + stats_normal_quantile(STATS_POWER_DEFAULT),
        .variance = now * square(paired->se_clustered),
        .scale = paired->scale,
        .room = paired->margin,
    };
    struct stats_plan plan;
    plan.n_if_equal = smallest_enough(&target, paired->min_pairs_for_margin);
    target.room = paired->margin + paired->diff;
    plan.n_if_observed = smallest_enough(&target, paired->min_pairs_for_margin);
    plan.more_if_equal = more_than_now(plan.n_if_equal, now);
    plan.more_if_observed = more_than_now(plan.n_if_observed, now);
    return plan;
}
