/* The methods of the protocol, third part: what happens by the clock. */
#include "lib/proto_own.h"

#define EVAL NEED_TEXT("eval", "the eval's name", NAME_MAX_BYTES)
#define SCHEDULE \
    TEXT("schedule", "which, when the eval has several: its `name` in the file", NAME_MAX_BYTES)
#define TIME                                                                                 \
    "{eval, schedule, due_ms, state: owed, started, skipped, missed, blackout, replaced or " \
    "failed, late, manual, run, at_ms, why}"

const struct proto_method proto_schedule_methods[] = {
    {
        .name = "schedule.list",
        .role = PROTO_OBSERVER,
        .doc = "The schedules of the evals in force: what they are at, and when they start next.",
        .params = {TEXT("eval", "only of this eval", NAME_MAX_BYTES),
                   COUNT("next", "so many of the next times; 1 when not given", 100)},
        .result =
            "{now_ms, schedules: [{eval, schedule, cron, timezone, state: waiting, starting, "
            "running or disabled, enabled, run, owed, last: " TIME " or null, next: [{due_ms, "
            "start_ms, local, abbreviation, shift: as_written, at_jump or first_of_two}]}]}: run "
            "is the one under way; owed counts times that wait for it to end; start_ms is due_ms "
            "and the jitter; local is due_ms on the clocks of the time zone; shift tells of a time "
            "that the clock is set forward over, or that it shows twice",
        .errors = "not_found, io",
    },
    {
        .name = "schedule.history",
        .role = PROTO_OBSERVER,
        .doc = "What became of the times of schedules, the latest first.",
        .params = {TEXT("eval", "only of this eval", NAME_MAX_BYTES), SCHEDULE,
                   COUNT("before", "only times before this Unix time in milliseconds", INT64_MAX),
                   LIMIT},
        .result = "{times: [" TIME "], next?}: late is one that makes up for a time that was "
                  "missed, manual one that a person triggered",
        .errors = "io",
    },
    {
        .name = "schedule.enable",
        .role = PROTO_OPERATOR,
        .doc = "Lets a schedule start runs again, from the next time on.",
        .params = {EVAL, SCHEDULE, WHY},
        .result = "{eval, enabled}",
        .errors = "not_found, bad_input, busy, io",
    },
    {
        .name = "schedule.disable",
        .role = PROTO_OPERATOR,
        .doc = "Keeps a schedule from starting runs, over restarts as well, until it is enabled. A "
               "run that is under way goes on.",
        .params = {EVAL, SCHEDULE, WHY},
        .result = "{eval, enabled}",
        .errors = "not_found, bad_input, busy, io",
    },
    {
        .name = "schedule.trigger",
        .role = PROTO_OPERATOR,
        .doc = "Starts a schedule's run now, with its cases, whatever the clock says.",
        .params = {EVAL, SCHEDULE, WHY},
        .result = "{run}: the group's number",
        .errors = "not_found, bad_input, state, busy, plugin, limit, io",
    },
    {.name = NULL},
};
