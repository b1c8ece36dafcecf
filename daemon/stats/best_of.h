/* What it costs to believe the best of several: whoever has the highest mean of k has it in part by
 * luck, so that its mean overstates it ("the optimizer's curse", Smith and Winkler 2006, Management
 * Science 52, 311-322). Pure; used for the word of warning beside a run with several candidates. */
#ifndef DAEMON_STATS_BEST_OF_H
#define DAEMON_STATS_BEST_OF_H

#include <stddef.h>

/* The expected amount by which the highest of k observed means exceeds the true mean of the one
 * that has it, where the true means are those given and each is observed with a normal error of
 * standard deviation se, independent of the others:
 *   sum_i integral se z phi(z) prod_{j != i} Phi(z + (mean_i - mean_j) / se) dz.
 * Where all means are equal that is se times the expected largest of k standard normals (0.5642 for
 * 2, 0.8463 for 3, 1.5388 for 10); where one is far ahead, it is 0. 0 for k below 2 and for se 0;
 * NaN where a mean or se is. */
double stats_optimism_of_best(const double *means, size_t k, double se);

#endif
