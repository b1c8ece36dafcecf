/* What it costs to believe the best of several: whoever has the highest mean of k has it in part by
 * luck, so that its mean overstates it ("the optimizer's curse", Smith and Winkler 2006, Management
 * Science 52, 311-322). Used for the word of warning beside a run with several candidates. */
#ifndef DAEMON_STATS_BEST_OF_H
#define DAEMON_STATS_BEST_OF_H

#include <stddef.h>

/* The expected amount by which the highest of k observed means exceeds the true mean of the one
 * that has it, where the true means are those given and the errors are normal. What all errors have
 * in common (everybody finds the same cases hard) makes nobody the best, so it is not asked for:
 * variances[i * k + j] is that of the error of mean i - mean j, a symmetric table with 0 in its
 * diagonal.
 *
 * By simulation with a stream of its own, to about a hundredth of the result, and always the same.
 * Known values: sqrt(v) phi(d / sqrt(v)) for two means d apart; for k equal means with independent
 * errors of standard deviation s, s times the expected largest of k standard normals (0.5642 for 2,
 * 0.8463 for 3, 1.5388 for 10). 0 for k below 2; NaN where a number is. */
double stats_optimism_of_best(const double *means, const double *variances, size_t k);

#endif
