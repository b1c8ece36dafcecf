/* What a schedule owes: the times of its cron line since it was last looked at, and what is to
 * become of each. Pure: the clock and the past come in as numbers; all times are Unix milliseconds.
 *
 * A time is owed once, whatever the clock does: who keeps the answers (store) refuses a time that
 * it has. So the clock may be set back at will: times that come again are known already. */
#ifndef DAEMON_SCHEDULE_DUE_H
#define DAEMON_SCHEDULE_DUE_H

#include "daemon/model/schedule_rules.h"

#include <stddef.h>

#define DUE_GRACE_MS \
    (2 * 60 * 1000)       /* later than this is missed: assayd was not there at its time */
#define DUE_TIMES_MAX 100 /* of one look; of more only the latest are told one by one */

enum due_action {
    DUE_START,   /* a run is owed now */
    DUE_MISSED,  /* nobody was there, and on_missed makes nothing, or one other run, of it */
    DUE_BLACKOUT /* the schedule starts nothing at that time */
};
const char *due_action_name(enum due_action action); /* "start", "missed", "blackout" */

struct due_time {
    int64_t due_ms;   /* by the cron line */
    int64_t start_ms; /* that, and the jitter of this time */
    enum as_cron_shift shift;
    enum due_action action;
    bool is_late; /* it starts to make up for a missed one */
};

struct due_look {
    const char *seed; /* "EVAL/SCHEDULE": what jitter is drawn by */
    const struct schedule_rules *rules;
    const struct as_zone *zone;
    int64_t seen_ms; /* times that start up to here were looked at before */
    int64_t now_ms;
};

/* The times that start in seen_ms < t <= now_ms, the earliest first. *ret_untold_ms is the first of
 * those before them that there was no room for, which are all missed, or 0. Returns how many. What
 * it costs does not grow with the time that nobody looked. */
size_t due_collect(const struct due_look *look, struct due_time times[DUE_TIMES_MAX],
                   int64_t *ret_untold_ms);

/* The next time after now_ms; those of blackouts only if they are asked for. AS_ENOENT: there is
 * none. */
int due_next(const struct due_look *look, bool with_blackouts,
             struct due_time *ret_time) AS_MUST_USE;

#endif
