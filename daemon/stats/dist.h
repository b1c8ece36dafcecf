/* The distributions that intervals and p-values are read from: normal, Student's t, beta, binomial.
 *
 * Tails are passed and returned as upper tails P(X > x), because 1 - P(X <= x) loses the digits of
 * a small p-value. Pure functions; accurate to about 1e-12 relative over the range that evals reach
 * (up to some millions of cases). A NaN argument gives NaN. */
#ifndef DAEMON_STATS_DIST_H
#define DAEMON_STATS_DIST_H

#include <stddef.h>

#define STATS_CONFIDENCE 0.95
#define STATS_TAIL 0.025          /* one side of a 95 % interval */
#define STATS_Z 1.959963984540054 /* upper 2.5 % point of the normal */
#define STATS_POWER_DEFAULT 0.8

double stats_normal_cdf(double x);
double stats_normal_upper(double x);
double stats_normal_quantile(double p); /* P(X <= x) = p; infinite at 0 and 1 */
double stats_chi2_upper_1df(double x);  /* x >= 0 */

double stats_t_upper(double t, double df);
/* The t with P(T > t) = tail, for 0 < tail <= 0.5. */
double stats_t_critical(double tail, double df);

double stats_beta_quantile(double p, double a, double b);

/* P(X <= k) and P(X = k) for X binomial (n, 1/2). */
double stats_binomial_half_cdf(size_t k, size_t n);
double stats_binomial_half_pmf(size_t k, size_t n);

#endif
