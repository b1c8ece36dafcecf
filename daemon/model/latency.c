/* Few classes, and the same in every process: so that their sums over processes and over time mean
 * something. */
#include "daemon/model/latency.h"

const double latency_bounds_s[LATENCY_CLASSES] = {0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120};

void latency_add(struct latency *latency, double seconds)
{
    int at = 0;
    while (at < LATENCY_CLASSES && seconds > latency_bounds_s[at])
        at++;
    latency->counts[at]++;
    latency->sum_s += seconds;
}
