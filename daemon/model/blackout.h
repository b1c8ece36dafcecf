/* Times in which a schedule starts nothing, as people write them: every day "22:00-06:00", every
 * week "Fri 18:00-Mon 06:00", once "2026-12-24..2026-12-27" (both days included) or "2026-12-24
 * 12:00..2026-12-27 06:00". On the clocks of the schedule's time zone. Plain data, pure. */
#ifndef DAEMON_MODEL_BLACKOUT_H
#define DAEMON_MODEL_BLACKOUT_H

#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>

#define BLACKOUT_MUST_BE                                            \
    "22:00-06:00 (every day), Fri 18:00-Mon 06:00 (every week) or " \
    "2026-12-24..2026-12-27 (once; times may follow the days)"

struct blackout {
    int64_t period_s; /* of a day, of a week; 0: once */
    /* from <= t < to, in seconds of the wall clock (lib/civil.h): since the period began, which is
     * Sunday 00:00 for a week, or since 1970. from > to: over the period's end. */
    int64_t from_s, to_s;
};

int blackout_parse(const char *text, struct blackout *ret_blackout) AS_MUST_USE; /* AS_EINVAL */
/* How long it goes on; 0: it does not cover that moment. */
int64_t blackout_left_s(const struct blackout *blackout, int64_t wall_s);

#endif
