/* A schedule of an eval, as its YAML file has it: when runs start by themselves, and what then
 * holds.
 *
 * Plain data, owned by the config snapshot that it came from. The time zone is a name here: who
 * goes by it opens it (lib/zone.h). */
#ifndef DAEMON_MODEL_SCHEDULE_RULES_H
#define DAEMON_MODEL_SCHEDULE_RULES_H

#include "daemon/model/blackout.h"
#include "daemon/model/selection_rules.h"
#include "lib/cron.h"

#define SCHEDULES_MAX 8 /* of an eval */
#define SCHEDULE_BLACKOUTS_MAX 16
#define SCHEDULE_JITTER_MAX "24h"

/* What becomes of a time at which nobody was there to start the run: assayd was down, the machine
 * asleep, the clock set forward. */
enum schedule_missed {
    SCHEDULE_MISSED_RUN_ONCE, /* "run_once": one run makes up for all of them; the default */
    SCHEDULE_MISSED_SKIP,     /* "skip" */
    SCHEDULE_MISSED_RUN_ALL   /* "run_all": a run for each, one after the other */
};

/* What becomes of a time at which the schedule's run before is still under way. */
enum schedule_overlap {
    SCHEDULE_OVERLAP_SKIP,   /* "skip": the default */
    SCHEDULE_OVERLAP_QUEUE,  /* "queue": it starts when that has ended; one waits at most */
    SCHEDULE_OVERLAP_REPLACE /* "replace": that one is cancelled */
};

/* Whose calls go first where runs share a provider account. */
enum schedule_priority {
    SCHEDULE_PRIORITY_LOW,   /* "low": behind runs that someone waits for; the default */
    SCHEDULE_PRIORITY_NORMAL /* "normal": like those */
};

struct schedule_rules {
    const char *name; /* tells an eval's schedules apart; "main" when the file says none */
    const char *line; /* the cron line as written */
    struct as_cron cron;
    const char *timezone; /* "UTC" when the file says none */
    int64_t jitter_ms;    /* a run starts up to so long after its time, by a hash of the time */
    enum schedule_missed on_missed;
    enum schedule_overlap overlap;
    enum schedule_priority priority;
    struct blackout blackouts[SCHEDULE_BLACKOUTS_MAX];
    size_t blackout_count;
    struct selection_rules selection; /* of cases, in place of the eval's max_cases */
    bool is_enabled;                  /* by the file; `schedule disable` is kept elsewhere */
};

/* The YAML words; NULL past the last value. */
const char *schedule_missed_name(enum schedule_missed missed);
const char *schedule_overlap_name(enum schedule_overlap overlap);
const char *schedule_priority_name(enum schedule_priority priority);

#endif
