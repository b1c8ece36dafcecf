/* The first mean is the reference: the excess of X_j, where j is the highest, is that of the
 * reference's own error, which is 0 on average, and that of X_j - X_0. So it is the differences
 * that are drawn, from the triangular root of their covariance cov(X_i - X_0, X_j - X_0) = (v_i0 +
 * v_j0 - v_ij) / 2. */
#include "daemon/stats/best_of.h"

#include "daemon/stats/dist.h"
#include "daemon/stats/num.h"
#include "lib/err.h"
#include "lib/rng.h"

#include <math.h>
#include <stdlib.h>

#define DRAWS 10000
#define SEED 0x6265737431ull
#define USED_UP 1e-9 /* of a variance: what is left below that is rounding */

/* The lower root of the covariance, row by row. A variance that the rows before have used up (two
 * candidates that answer alike) leaves a row without a part of its own. */
static void take_root(const double *variances, size_t k, double *ret_root)
{
    for (size_t i = 1; i < k; i++) {
        for (size_t j = 1; j <= i; j++) {
            double left = (variances[i * k] + variances[j * k] - variances[i * k + j]) / 2;
            for (size_t m = 1; m < j; m++)
                left -= ret_root[i * k + m] * ret_root[j * k + m];
            double pivot = ret_root[j * k + j];
            if (i == j)
                ret_root[i * k + j] = left > USED_UP * variances[i * k] ? sqrt(left) : 0;
            else
                ret_root[i * k + j] = pivot > 0 ? left / pivot : 0;
        }
    }
}

/* The error of the highest mean, against the reference, in one draw. */
static double draw_excess(const double *means, const double *root, size_t k, double *normals,
                          struct as_rng *rng)
{
    double highest = means[0], excess = 0;
    for (size_t i = 1; i < k; i++) {
        double error = 0;
        normals[i] = stats_normal_quantile(((double)(as_rng_next(rng) >> 12) + 0.5) * 0x1p-52);
        for (size_t j = 1; j <= i; j++)
            error += root[i * k + j] * normals[j];
        if (means[i] + error > highest) {
            highest = means[i] + error;
            excess = error;
        }
    }
    return excess;
}

static bool is_whole(const double *means, const double *variances, size_t k)
{
    for (size_t i = 0; i < k * k; i++)
        if (isnan(variances[i]) || isnan(means[i / k]))
            return false;
    return true;
}

double stats_optimism_of_best(const double *means, const double *variances, size_t k)
{
    if (k < 2)
        return 0;
    if (!is_whole(means, variances, k))
        return NAN;
    AS_CLEANUP_FREE double *root = as_xcalloc(k * k, sizeof(*root));
    AS_CLEANUP_FREE double *normals = as_xcalloc(k, sizeof(*normals));
    struct stats_sum sum = {0};
    take_root(variances, k, root);
    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        struct as_rng rng = as_rng_stream(SEED, draw);
        stats_sum_add(&sum, draw_excess(means, root, k, normals, &rng));
    }
    return stats_sum_value(&sum) / DRAWS;
}
