/* Several candidates, several p-values: adjusted so that the chance of one false alarm (Holm), or
 * the share of false alarms (Benjamini-Hochberg), stays where a single test has it. A NaN p is left
 * out of the count and stays NaN. p and ret_adjusted may be the same array. */
#ifndef DAEMON_STATS_MULTIPLE_H
#define DAEMON_STATS_MULTIPLE_H

#include <stddef.h>

void stats_holm(const double *p, size_t n, double *ret_adjusted);
void stats_benjamini_hochberg(const double *p, size_t n, double *ret_adjusted);

#endif
