/* Compensated sums and the moments built on them. Variances are two-pass: first the mean, then the
 * squared distances, so that a million nearly equal scores keep all their digits. */
#include "daemon/stats/num.h"

#include <math.h>
#include <stdlib.h>

#define COUNT_SLACK 1e-9
#define NOISE 1e-12

void stats_sum_add(struct stats_sum *sum, double value)
{
    double total = sum->high + value;
    if (fabs(sum->high) >= fabs(value))
        sum->low += (sum->high - total) + value;
    else
        sum->low += (value - total) + sum->high;
    sum->high = total;
}

double stats_sum_value(const struct stats_sum *sum)
{
    return sum->high + sum->low;
}

double stats_total(const double *values, size_t n)
{
    struct stats_sum sum = {0};
    for (size_t i = 0; i < n; i++)
        stats_sum_add(&sum, values[i]);
    return stats_sum_value(&sum);
}

double stats_mean(const double *values, size_t n)
{
    return n ? stats_total(values, n) / (double)n : NAN;
}

double stats_covariance(const double *a, const double *b, size_t n)
{
    if (n < 2)
        return NAN;
    double mean_a = stats_mean(a, n);
    double mean_b = stats_mean(b, n);
    struct stats_sum sum = {0};
    for (size_t i = 0; i < n; i++)
        stats_sum_add(&sum, (a[i] - mean_a) * (b[i] - mean_b));
    return stats_sum_value(&sum) / (double)(n - 1);
}

double stats_variance(const double *values, size_t n)
{
    double variance = stats_covariance(values, values, n);
    return variance < NOISE * NOISE ? 0 : variance;
}

double stats_correlation(const double *a, const double *b, size_t n)
{
    double product = stats_variance(a, n) * stats_variance(b, n);
    return product > 0 ? stats_covariance(a, b, n) / sqrt(product) : NAN;
}

double stats_clip(double value, double low, double high)
{
    if (value < low)
        return low;
    return value > high ? high : value;
}

double stats_ceil(double value)
{
    return ceil(value - COUNT_SLACK);
}

double stats_denoise(double value)
{
    return fabs(value) < NOISE ? 0 : value;
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

void stats_sort(double *values, size_t n)
{
    if (n > 1)
        qsort(values, n, sizeof(*values), compare_doubles);
}
