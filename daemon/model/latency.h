/* How long calls took, in a dozen fixed classes: a histogram for a monitoring system. Pure; {0} is
 * an empty one. The classes suit calls to model APIs: from a tenth of a second to two minutes. */
#ifndef DAEMON_MODEL_LATENCY_H
#define DAEMON_MODEL_LATENCY_H

#include <stdint.h>

#define LATENCY_CLASSES 11

struct latency {
    uint64_t counts[LATENCY_CLASSES + 1]; /* of each class alone; the last is beyond all bounds */
    double sum_s;
};

extern const double latency_bounds_s[LATENCY_CLASSES]; /* upper ends, included */

void latency_add(struct latency *latency, double seconds);

#endif
