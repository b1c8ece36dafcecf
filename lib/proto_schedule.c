/* The methods of the protocol, fourth part: what happens by the clock, and what runs are measured
 * against over time. */
#include "lib/proto_own.h"

#define EVAL NEED_TEXT("eval", "the eval's name", NAME_MAX_BYTES)
#define SCHEDULE \
    TEXT("schedule", "which, when the eval has several: its `name` in the file", NAME_MAX_BYTES)
#define TIME                                                                                 \
    "{eval, schedule, due_ms, state: owed, started, skipped, missed, blackout, replaced or " \
    "failed, late, manual, run, at_ms, why}"

#define PIN "{id, kind: run, model or recorded, run, model, at_ms, who, why}"

#define PROMOTION                                                                            \
    "{id, action: promote or demote, eval, model, run, at_ms, who, why, outcome, override, " \
    "reason, "                                                                               \
    "against: [sentence], baseline, previous}"

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
                   TEXT("after", "the `next` of the page before", NAME_MAX_BYTES + 128), LIMIT},
        .result = "{times: [" TIME "], next?}: late is one that makes up for a time that was "
                  "missed, manual one that a person triggered",
        .errors = "bad_input, io",
    },
    {
        .name = "schedule.enable",
        .role = PROTO_OPERATOR,
        .doc = "Lets a schedule start runs again, from the next time on.",
        .params = {EVAL, SCHEDULE, WHY},
        .result = "{eval, schedule, enabled}",
        .errors = "not_found, bad_input, state, busy, io",
    },
    {
        .name = "schedule.disable",
        .role = PROTO_OPERATOR,
        .doc = "Keeps a schedule from starting runs, over restarts as well, until it is enabled. A "
               "run that is under way goes on.",
        .params = {EVAL, SCHEDULE, WHY},
        .result = "{eval, schedule, enabled}",
        .errors = "not_found, bad_input, state, busy, io",
    },
    {
        .name = "schedule.trigger",
        .role = PROTO_OPERATOR,
        .doc = "Starts a schedule's run now, with its cases, whatever the clock says.",
        .params = {EVAL, SCHEDULE, WHY},
        .result = "{run}: the group's number",
        .errors = "not_found, bad_input, state, busy, plugin, limit, io",
    },
    {
        .name = "run.history",
        .role = PROTO_OBSERVER,
        .doc = "The runs of an eval that are done, in a row: what each model measured, how that "
               "differs from the run that is pinned as the reference, and whether it drifts.",
        .params = {EVAL, TEXT("model", "only this model", NAME_MAX_BYTES),
                   TEXT("metric", "this metric; the primary one when not given", NAME_MAX_BYTES),
                   COUNT("last", "so many runs of each model, the newest; 30 when not given",
                         1000)},
        .result =
            "{eval, pending: a run that has ended may be missing still, metric, reference: a run "
            "or "
            "null, models: [{model, points: [{run, ended_ms, "
            "tag, role, n, mean, ci, is_reference, not_comparable: why or null, n_pairs, diff, "
            "diff_ci, p, outcome, ids: [the model ids that the API returned, the most frequent "
            "first], id_changed}], drift: {drifting, sudden, since_run, runs, reference_runs, "
            "slack, limit, mean, sd, low, high, alarm_run, alarm_side, reason, cause: model, judge "
            "or unknown, cause_why, net_diff, net_ci, net_times}}], judge: {anchor, reason, lag, "
            "model, metric, run, reference, mean, n, up, down, moved_before, moves_more, diff, ci, "
            "since_run, points: [as of a model]} or null}: the oldest run first; diff is paired, "
            "against the reference; drift is by the newest run, its chart is a CUSUM over the "
            "differences, and reason says why there is no chart; cause is there while it drifts, "
            "and net_diff is the difference without net_times the judge's shift; judge is what the "
            "eval's anchor says of the judge, reason why it says nothing, lag why it cannot clear "
            "it, and null when no judge makes the metric",
        .errors = "not_found, bad_input, io",
    },
    {
        .name = "baseline.set",
        .role = PROTO_OPERATOR,
        .doc = "Pins what an eval is measured against: a run that is done, as the reference of "
               "comparisons over time; or a model, or the recorded answers, as the baseline of "
               "runs that start from now on, in the place of the file's.",
        .params = {EVAL,
                   NEED_TEXT("target",
                             "a run's number, or last (the newest that is done); a model's name; "
                             "recorded or recorded:NAME",
                             NAME_MAX_BYTES),
                   WHY},
        .result = "{eval, pin: " PIN "}",
        .errors = "not_found, bad_input, state, io",
    },
    {
        .name = "baseline.show",
        .role = PROTO_OBSERVER,
        .doc = "What an eval is measured against, and who set it when and why.",
        .params = {EVAL, COUNT("before", "only pins with a lower id", INT64_MAX), LIMIT},
        .result = "{eval, file_baseline, baseline: the member that is in force, member: " PIN
                  " or null, reference: " PIN " or null, history: [" PIN
                  "], warnings: [string], next?}: member is "
                  "what was set in the place of the file's baseline, reference the run that is "
                  "pinned; history has the newest first",
        .errors = "not_found, io",
    },
    {
        .name = "inbox.list",
        .role = PROTO_OBSERVER,
        .doc = "The inboxes, the files that lie there, and what became of files before.",
        .params = {TEXT("inbox", "only of the inbox of this dataset", NAME_MAX_BYTES),
                   COUNT("before", "only files with a lower id", INT64_MAX), LIMIT},
        .result =
            "{inboxes: [{dataset, dir, redact, keep_ms, max_cases, quiet_ms, taking, trouble, "
            "waiting, files: [{file, bytes, why}]}], files: [{id, dataset, file, hash, bytes, "
            "taken_ms, state: taken, known or refused, good, known, dropped, bad, version, why}], "
            "next?}: trouble keeps a whole inbox from being taken in; waiting counts the "
            "files that lie there, of which 20 are named; files are those that were dealt "
            "with, the latest first: good cases are new ones, known have an id that the "
            "dataset had, dropped were left out by the redactor, bad are lines that are no case; "
            "why tells of the first bad lines",
        .errors = "io",
    },
    {
        .name = "promotion.make",
        .role = PROTO_ADMIN,
        .doc =
            "Puts a model in force for an eval by the evidence of a run: its gate passed for the "
            "model, its pins are what a run that started now would pin, and of runs of the same "
            "the "
            "newest that was decided did not fail. The model becomes the eval's baseline.",
        .params = {EVAL,
                   NEED_TEXT("model", "a member of the run", NAME_MAX_BYTES),
                   NEED_ID("run", "a run of the eval that is done"),
                   {.name = "override",
                    .type = PROTO_BOOL,
                    .doc = "even against the evidence; every report since tells it"},
                   TEXT("reason", "why it is overridden; needed with override", 1024),
                   WHY},
        .result = "{promoted, already, eval, model, run, outcome, override, against: [sentence], "
                  "file}: where promoted is false nothing was changed, and against says why; "
                  "already: it was in force by this run; file is what deploy jobs read",
        .errors = "not_found, bad_input, state, io",
    },
    {
        .name = "promotion.list",
        .role = PROTO_OBSERVER,
        .doc = "What is promoted for an eval, and what was promoted and taken back, the latest "
               "first.",
        .params = {EVAL, COUNT("before", "only promotions before this id", INT64_MAX), LIMIT},
        .result = "{in_force: what the pointer file holds, or null, promotions: [" PROMOTION
                  "], next?}: of a demotion, model and run are what was taken back; baseline is "
                  "the eval's before a promotion, and since a demotion; previous is the promotion "
                  "that was in force before",
        .errors = "io",
    },
    {
        .name = "promotion.demote",
        .role = PROTO_ADMIN,
        .doc = "Takes back what is in force for an eval: the promotion before it is in force "
               "again, or none, and the baseline is what it was.",
        .params = {EVAL, WHY},
        .result = "{eval, taken_back: " PROMOTION
                  ", in_force: what the pointer file holds, or null: the file is gone}",
        .errors = "not_found, io",
    },
    {
        .name = "run.dossier",
        .role = PROTO_OBSERVER,
        .doc = "What was decided by a run that has ended, by what evidence, and who overrode it: "
               "one document, sealed by hashes.",
        .params = {NEED_ID("run", "the run group's number")},
        .result = "{dossier: {made: {format, assay_version, made_ms}, run, dataset, pins, verdict, "
                  "statistics, overrides: what run.show tells, promotions: [" PROMOTION
                  "]: those by the run and what took them back, audit: [entries on the run, as "
                  "run.log has them], journal: {exchanges, hash: where the hash chain over them "
                  "ends, result_sha256: of the stored result}}, parts: {part: the SHA-256 of its "
                  "canonical text}, sha256: of the canonical text of all else}",
        .errors = "not_found, state, io",
    },
    {.name = NULL},
};
