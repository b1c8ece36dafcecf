/* The integral by the trapezoid rule: the integrand and all its derivatives vanish at both ends, so
 * that a step of 0.05 already gives more digits than anybody prints. */
#include "daemon/stats/best_of.h"

#include "daemon/stats/dist.h"
#include "daemon/stats/num.h"

#include <math.h>

#define REACH 9.0 /* standard deviations to either side */
#define STEPS 360 /* of 0.05 */

/* The chance that mean i, observed at z standard errors above its true value, is the highest. */
static double chance_of_highest(const double *means, size_t k, size_t i, double se, double z)
{
    double chance = 1;
    for (size_t j = 0; j < k; j++)
        if (j != i)
            chance *= stats_normal_cdf(z + (means[i] - means[j]) / se);
    return chance;
}

double stats_optimism_of_best(const double *means, size_t k, double se)
{
    struct stats_sum sum = {0};
    if (k < 2 || se == 0)
        return 0;
    for (int step = 0; step <= STEPS; step++) {
        double z = -REACH + 2 * REACH * step / STEPS;
        for (size_t i = 0; i < k; i++)
            stats_sum_add(&sum, z * exp(-z * z / 2) * chance_of_highest(means, k, i, se, z));
    }
    return se * stats_sum_value(&sum) * (2 * REACH / STEPS) / sqrt(2 * M_PI);
}
