/* Commands: schedules. */
#include "ctl/commands.h"

#include "ctl/print.h"
#include "ctl/run_commands.h"

const struct command commands_schedule[] = {
    {
        .path = "schedule ls",
        .method = "schedule.list",
        .doc = "What runs by the clock, and when next.",
        .options = {{"eval", "EVAL", "eval", "only of this eval"},
                    {"next", "N", "next", "so many of the next times"}},
        .help = "LAST is the run of the last time, or what became of that instead. NEXT is on the\n"
                "clocks of the schedule's time zone.",
        .example = "assayctl schedule ls --next 5",
        .print = print_schedule_list,
    },
    {
        .path = "schedule history",
        .method = "schedule.history",
        .doc = "What became of the times of schedules.",
        .options = {{"eval", "EVAL", "eval", "only of this eval"},
                    {"schedule", "NAME", "schedule", "only of this schedule"},
                    {"limit", "N", "limit", "so many; 50 when not given"},
                    {"before", "MS", "before", "only times before this Unix time"},
                    {"after", "NEXT", "after", "go on after a page: its next, with --json"}},
        .help = "started: RUN; skipped: the run before was still under way; missed: assayd was\n"
                "not there; blackout; replaced by a later time; failed: WHY says what kept the\n"
                "run from starting. A late one makes up for times that were missed.",
        .example = "assayctl schedule history --eval support-triage",
        .print = print_schedule_history,
    },
    {
        .path = "schedule enable",
        .method = "schedule.enable",
        .doc = "Let a schedule start runs again.",
        .args = {{.label = "EVAL", .param = "eval"}},
        .options = {{"schedule", "NAME", "schedule", "which, when the eval has several"},
                    WHY_OPTION},
        .help = "Times that passed meanwhile are not made up for.",
        .example = "assayctl schedule enable support-triage",
        .print = print_schedule_switch,
    },
    {
        .path = "schedule disable",
        .method = "schedule.disable",
        .doc = "Keep a schedule from starting runs.",
        .args = {{.label = "EVAL", .param = "eval"}},
        .options = {{"schedule", "NAME", "schedule", "which, when the eval has several"},
                    WHY_OPTION},
        .help = "It stays so over a restart. A run that is under way goes on.",
        .example = "assayctl schedule disable support-triage --why 'the API moves tonight'",
        .print = print_schedule_switch,
    },
    {
        .path = "schedule trigger",
        .method = "schedule.trigger",
        .doc = "Start a schedule's run now.",
        .args = {{.label = "EVAL", .param = "eval"}},
        .options = {{"schedule", "NAME", "schedule", "which, when the eval has several"},
                    WHY_OPTION},
        .help =
            "With the schedule's cases, also while it is disabled. Not beside a run of it that\n"
            "is under way.",
        .example = "assayctl schedule trigger support-triage --why 'after the fix'",
        .print = print_schedule_trigger,
    },
    {
        .path = "schedule explain",
        .doc = "When a cron line is due; needs no assayd.",
        .args = {{.label = "CRON"}},
        .options = {{"tz", "ZONE", NULL, "an IANA time zone; UTC when not given"},
                    {"from", "TIME", NULL,
                     "after this time on the zone's clocks; now when not given"},
                    {"next", "N", NULL, "so many times; 5 when not given"}},
        .help = "CRON is minute, hour, day of month, month, day of week, as one argument; or\n"
                "@hourly, @daily, @weekly, @monthly, @yearly. Days are as in Vixie's cron: where\n"
                "neither day field begins with *, either day is enough. A time that the clock is\n"
                "set forward over is due once, at the jump; one that comes twice the first time;\n"
                "a minute or hour that begins with * follows the clock through both passes.",
        .example = "assayctl schedule explain '30 2 * * 1-5' --tz Europe/Berlin\n"
                   "assayctl schedule explain '30 2 * * *' --tz Europe/Berlin --from 2026-03-28",
        .print = print_schedule_explain,
        .run = command_schedule_explain,
    },
    {.path = NULL},
};
