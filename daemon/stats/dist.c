/* Tails by erfc and the incomplete beta function, quantiles by bisection on the tail: slow by the
 * standards of a numeric library (some tens of microseconds), but without tables of magic numbers,
 * and exact to the last digits everywhere. A comparison needs two or three quantiles in all. */
#include "daemon/stats/dist.h"

#include <float.h>
#include <math.h>

#define FRACTION_STEPS_MAX 100000
#define FRACTION_TINY 1e-300
#define BISECTION_STEPS_MAX 200

double stats_normal_upper(double x)
{
    return 0.5 * erfc(x * M_SQRT1_2);
}

double stats_normal_cdf(double x)
{
    return stats_normal_upper(-x);
}

double stats_chi2_upper_1df(double x)
{
    return erfc(sqrt(0.5 * x));
}

static double log_gamma(double x)
{
    int sign; /* lgamma itself writes a global */
    return lgamma_r(x, &sign);
}

static double keep_away_from_zero(double x)
{
    return fabs(x) < FRACTION_TINY ? FRACTION_TINY : x;
}

/* The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method. */
static double beta_fraction(double a, double b, double x)
{
    double c = 1;
    double d = 1 / keep_away_from_zero(1 - (a + b) * x / (a + 1));
    double result = d;
    for (int m = 1; m < FRACTION_STEPS_MAX; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / keep_away_from_zero(1 + even * d);
        c = keep_away_from_zero(1 + even / c);
        result *= d * c;
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / keep_away_from_zero(1 + odd * d);
        c = keep_away_from_zero(1 + odd / c);
        result *= d * c;
        if (fabs(d * c - 1) < DBL_EPSILON)
            break;
    }
    return result;
}

/* I_x(a, b), with y = 1 - x given apart so that a small y keeps its digits. */
static double beta_regularised(double a, double b, double x, double y)
{
    if (isnan(x) || isnan(a) || isnan(b))
        return NAN;
    if (x <= 0 || y <= 0)
        return x <= 0 ? 0 : 1;
    double log_front = log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log(y);
    if (x < (a + 1) / (a + b + 2))
        return exp(log_front) * beta_fraction(a, b, x) / a;
    return 1 - exp(log_front) * beta_fraction(b, a, y) / b;
}

double stats_t_upper(double t, double df)
{
    double square = t * t;
    if (isinf(square))
        return t > 0 ? 0 : 1;
    double both = beta_regularised(0.5 * df, 0.5, df / (df + square), square / (df + square));
    return t > 0 ? 0.5 * both : 1 - 0.5 * both;
}

struct curve {
    double (*height)(double x, double a, double b); /* falling in x */
    double a;
    double b;
};

/* The x in [low, high] where the curve falls through the target. */
static double bisect(const struct curve *curve, double target, double low, double high)
{
    for (int i = 0; i < BISECTION_STEPS_MAX; i++) {
        double middle = 0.5 * (low + high);
        if (middle <= low || middle >= high)
            break;
        if (curve->height(middle, curve->a, curve->b) > target)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

static double normal_height(double x, double a, double b)
{
    (void)a;
    (void)b;
    return stats_normal_upper(x);
}

static double t_height(double x, double df, double unused)
{
    (void)unused;
    return stats_t_upper(x, df);
}

static double beta_height(double x, double a, double b)
{
    return beta_regularised(b, a, 1 - x, x);
}

double stats_normal_quantile(double p)
{
    if (isnan(p) || p < 0 || p > 1)
        return NAN;
    if (p == 0 || p == 1)
        return p > 0 ? INFINITY : -INFINITY;
    const struct curve curve = {.height = normal_height};
    double tail = p < 0.5 ? p : 1 - p;
    double x = tail < 0.5 ? bisect(&curve, tail, 0, 40) : 0;
    return p < 0.5 ? -x : x;
}

double stats_t_critical(double tail, double df)
{
    if (isnan(tail) || isnan(df) || tail <= 0 || df <= 0)
        return NAN;
    if (tail >= 0.5)
        return 0;
    double high = 1;
    while (stats_t_upper(high, df) > tail && high < DBL_MAX / 4)
        high *= 2;
    const struct curve curve = {.height = t_height, .a = df};
    return bisect(&curve, tail, 0, high);
}

double stats_beta_quantile(double p, double a, double b)
{
    if (isnan(p) || !(a > 0) || !(b > 0))
        return NAN;
    const struct curve curve = {.height = beta_height, .a = a, .b = b};
    return bisect(&curve, 1 - p, 0, 1);
}

double stats_binomial_half_pmf(size_t k, size_t n)
{
    double log_ways =
        log_gamma((double)n + 1) - log_gamma((double)k + 1) - log_gamma((double)(n - k) + 1);
    return exp(log_ways - (double)n * M_LN2);
}

double stats_binomial_half_cdf(size_t k, size_t n)
{
    if (k >= n)
        return 1;
    if (k > n / 2)
        return 1 - stats_binomial_half_cdf(n - k - 1, n);
    double term = stats_binomial_half_pmf(k, n);
    double sum = term;
    for (size_t i = k; i > 0 && term > sum * DBL_EPSILON / 2; i--) {
        term *= (double)i / (double)(n - i + 1);
        sum += term;
    }
    return sum;
}
