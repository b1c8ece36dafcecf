/* The methods of the control protocol, in the order of their families. This table is the protocol:
 * the daemon checks calls against it, assayctl calls by it, docs/control-protocol.md is printed
 * from it (scripts/docs).
 *
 * Fields of results: *_ms is Unix time or a duration in milliseconds, *_usd dollars; null stands
 * for what is not known or does not apply, never 0, and a 0 in dollars says that nothing was spent.
 * What can grow long comes in pages: `limit` is at most 1000, and `next`, when it is there, is the
 * `before` or `after` of the next page. */
#include "lib/proto.h"

#define NAME_MAX_BYTES 256
#define SELECTOR_MAX_BYTES 512
#define SOURCE_MAX_BYTES (512 << 10)
#define BASE64_MAX_BYTES ((int64_t)(PROTO_CHUNK_MAX_BYTES + 2) / 3 * 4)
#define PAGE_MAX 1000
#define SHADOW_MAX 50 /* groups of one answer */

/* clang-format off */
#define TEXT(n, d, bytes) {.name = (n), .type = PROTO_STRING, .doc = (d), .min = 1, .max = (bytes)}
#define NEED_TEXT(n, d, bytes)                                                                     \
    {.name = (n), .type = PROTO_STRING, .is_required = true, .doc = (d), .min = 1, .max = (bytes)}
#define COUNT(n, d, most) {.name = (n), .type = PROTO_INT, .doc = (d), .min = 1, .max = (most)}
#define NEED_ID(n, d)                                                                              \
    {.name = (n), .type = PROTO_INT, .is_required = true, .doc = (d), .min = 1, .max = INT64_MAX}
#define LIMIT_OF(n, d, most) {.name = (n), .type = PROTO_INT, .doc = (d), .max = (most)}
#define NUMBER(n, d) {.name = (n), .type = PROTO_NUMBER, .doc = (d)}
/* clang-format on */

/* What run.rescore and plugin.shadow tell of a group: rows are those with a value or "does not
 * apply", skipped those without an output, errors those that the new version failed, recovered
 * those of which the run has no score; checks are those of the gate that turn out otherwise. */
#define RESCORED                                                                                  \
    "metric, decides, asks_judge, before: {selector, hash}, after: {selector, hash}, rows, "      \
    "skipped, errors, moved, up, down, now_na, no_longer_na, recovered, to_pass, to_fail, "       \
    "members: [{model, role, rows, skipped, errors, moved, up, down, now_na, no_longer_na, "      \
    "recovered, to_pass, to_fail, before: {metric, n, mean, ci, ci_method, min, p10, "            \
    "median, max, pass_rate, na, errors}, after: {the same}}], flips: [{case, model, "            \
    "sample, before, after, to: pass or fail}], error_rows: [{case, model, sample, error_class, " \
    "error}], verdict: {before, "                                                                 \
    "after, flips, candidates: [{candidate, before, after, flips, sentence_before, "              \
    "sentence_after, checks: [{name, before, after, sentence_before, sentence_after}]}]}"

/* Caps of a run group: they set or lower those of its eval. */
#define MAX_COST NUMBER("max_cost_usd", "cap on what all calls cost, in dollars")
#define MAX_REQUESTS COUNT("max_requests", "cap on all requests, retries included", 1000000000000)
#define MAX_TOKENS COUNT("max_tokens", "cap on tokens, of input and output", 1000000000000000)

#define RESCORE_PROGRESS                                                                      \
    "`rescore.progress` {run: null for a shadow, selector, metric, done, total, rows_per_s, " \
    "eta_s, requested_by}, at most five a second, before the answer"

#define RUN NEED_ID("run", "the run group's number")
#define WHY TEXT("why", "why, for the audit log", 1024)
#define LIMIT COUNT("limit", "how many at most; 50 when not given", PAGE_MAX)

/* What run.start and run.plan are told of a run. */
/* clang-format off */
#define RUN_SETTINGS \
    NEED_TEXT("eval", "the eval's name", NAME_MAX_BYTES), \
    {.name = "models", \
    .type = PROTO_STRINGS, \
    .doc = "these candidates instead of the eval's; the baseline stays", \
    .min = 1, \
    .max = 15}, \
    COUNT("max_cases", "only the first N cases", 1000000000), \
    COUNT("samples", "answers per case and member", 1000), \
    TEXT("journal", \
    "whose exchanges may answer its calls instead of the eval's choice: live " \
    "(its own), cache (good replies of any run) or replay (as cache, and " \
    "nothing is called: what the journal lacks ends the run)", \
    16), \
    TEXT("max_age", \
    "how old a reused reply may be, like 12h or 7d; alone it means journal " \
    "cache, whose default is 7d", \
    32), \
    MAX_COST, \
    MAX_REQUESTS, \
    MAX_TOKENS
/* clang-format on */

#define BEFORE_ENTRY COUNT("before", "only entries with a lower id", INT64_MAX)
#define LOG_RESULT                                                                               \
    "{entries: [{id, at_ms, who, action, target, why, detail}], next?}: the last of them, the "  \
    "oldest first; action is the name of the method that was called, or what the daemon did by " \
    "itself; detail is an object, or null"

const struct proto_method proto_methods[] = {
    {
        .name = "daemon.status",
        .role = PROTO_OBSERVER,
        .doc = "What the daemon is, what it has loaded, and what it is doing.",
        .result = "{version, pid, started_ms, config, socket, state_dir, models, evals, "
                  "evals_refused, plugins, plugins_refused, workers, connections, rss_bytes, runs: "
                  "[{run, eval, state, done, total, in_flight, cost_usd, rows_per_s, eta_s, "
                  "error}]}: models, evals, plugins and so on are "
                  "counts; runs are the groups that have not ended",
    },
    {
        .name = "daemon.check",
        .role = PROTO_OBSERVER,
        .doc = "Reads the configuration and the evals again, as a dry run: nothing that is in "
               "force changes.",
        .result = "{ok, problems: [string]}: each problem is `file:line:column: what is wrong`",
        .errors = "io",
    },
    {
        .name = "daemon.log",
        .role = PROTO_OBSERVER,
        .doc = "What was done to run groups and to the daemon, by whom and why.",
        .params = {BEFORE_ENTRY, LIMIT},
        .result = LOG_RESULT,
    },
    {
        .name = "daemon.limits",
        .role = PROTO_OBSERVER,
        .doc = "What each provider account is asked for, and what it may be. All models with the "
               "same base_url and key share one.",
        .result = "{providers: [{providers: [string], base_url, concurrency, rpm, tpm, "
                  "concurrency_now, calls_per_s, in_flight, queued, backing_off, throttled_ms, "
                  "sent, refused, set_by, set_ms, why}]}: concurrency, rpm (requests a minute) and "
                  "tpm (tokens a minute) are the limits in force, null where there is none; "
                  "concurrency_now is how many calls in flight it may have at present, "
                  "calls_per_s the pace that was given or found out, null before; throttled_ms is "
                  "how long nothing is sent yet; refused counts replies of status 429; set_by, "
                  "set_ms and why are of daemon.limits_set, null where the configuration holds",
        .errors = "io",
    },
    {
        .name = "daemon.limits_set",
        .role = PROTO_ADMIN,
        .doc = "Sets limits of a provider's account, at once and for runs under way too, in place "
               "of those of the configuration. They are kept in the audit log and hold after a "
               "restart as well.",
        .params = {NEED_TEXT("provider", "its name in the configuration", NAME_MAX_BYTES),
                   LIMIT_OF("concurrency", "calls in flight at most; 0 lifts the limit", 10000),
                   LIMIT_OF("rpm", "requests a minute; 0 lifts the limit", 1000000000),
                   LIMIT_OF("tpm", "tokens a minute; 0 lifts the limit", 1000000000),
                   {.name = "reset",
                    .type = PROTO_BOOL,
                    .doc = "back to those of the configuration, instead"},
                   NEED_TEXT("why", "why, for the audit log", 1024)},
        .result = "{provider, concurrency, rpm, tpm, of_configuration}: what is not given stays as "
                  "it was",
        .errors = "not_found, bad_input",
    },
    {
        .name = "plugin.list",
        .role = PROTO_OBSERVER,
        .doc = "The plugin versions that are in force, and the files that were refused.",
        .params = {TEXT("kind", "only these: scorer, rubric or provider", 16),
                   TEXT("after", "the `next` of the page before", 8192), LIMIT},
        .result =
            "{plugins: [{kind, name, version, selector, hash, state, reason, path, since_ms, "
            "examples, calls, errors, kills, p50_us, p99_us, memory_kb, cpu_us, workers, "
            "queued}], refused: [{path, reason, since_ms}], loading: [path], next?}: state is "
            "live, "
            "retired (only "
            "runs under way use it) or quarantined (it ended too many workers: reason says "
            "how); calls, errors (calls that ended in one) and kills (workers that it ended) "
            "count since the version was loaded; p50_us and p99_us are of a call, null before "
            "the first; memory_kb is the most that a call has used",
    },
    {
        .name = "plugin.show",
        .role = PROTO_OBSERVER,
        .doc = "One plugin version, with its parameters and its source.",
        .params = {NEED_TEXT("selector",
                             "NAME, NAME@1, NAME@1.2.0, NAME@sha256:HEX or sha256:HEX; what is not "
                             "live is looked for among the versions that kept runs were made with",
                             SELECTOR_MAX_BYTES),
                   TEXT("kind", "scorer, rubric or provider; for a name that two kinds share", 16)},
        .result = "{doc, params, requires, criteria, scale, pass, source, and what plugin.list "
                  "says}: params is "
                  "what the plugin declares, scale is [min, max] or null; of a stored source that "
                  "does not load any more there is only the source, and the reason",
        .errors = "not_found, bad_input",
    },
    {
        .name = "plugin.versions",
        .role = PROTO_OBSERVER,
        .doc = "Every version of a plugin that is known: live, retired, or pinned by a kept run.",
        .params = {NEED_TEXT("name", "the plugin's name", NAME_MAX_BYTES),
                   TEXT("kind", "scorer, rubric or provider; for a name that two kinds share", 16)},
        .result = "{versions: [as in plugin.list, and {runs, last_run, score_sets}]}, the highest "
                  "first: runs counts the kept runs that pinned it, score_sets those that "
                  "run.rescore made with it; of a version that only these refer to, path and "
                  "since_ms are null and the counts are absent",
        .errors = "not_found, bad_input, io",
    },
    {
        .name = "plugin.test",
        .role = PROTO_OBSERVER,
        .doc = "Runs the examples of a live version, in a fresh worker.",
        .params = {NEED_TEXT("selector", "NAME, NAME@1, NAME@1.2.0 or NAME@sha256:HEX",
                             SELECTOR_MAX_BYTES),
                   TEXT("kind", "scorer, rubric or provider; for a name that two kinds share", 16)},
        .result = "{kind, selector, hash, ok, reason, examples: [{example, ok, reason, us}], "
                  "failed, p50_us, p99_us}: reason is why it does not load, or how the example "
                  "differs",
        .errors = "not_found, bad_input",
    },
    {
        .name = "plugin.check",
        .role = PROTO_OBSERVER,
        .doc = "Loads a plugin's text in the jail and runs its examples, without installing it.",
        .params = {NEED_TEXT("name", "the file's name, for messages", NAME_MAX_BYTES),
                   NEED_TEXT("source", "the text of the plugin", SOURCE_MAX_BYTES)},
        .result =
            "{ok, reason, kind, name, version, doc, params, examples, examples_failed}: reason is "
            "null when ok, else why it does not load, or which example failed first",
        .errors = "plugin, limit",
    },
    {
        .name = "plugin.shadow",
        .role = PROTO_OPERATOR,
        .doc = "Scores the stored outputs of the last run groups that used a scorer with this "
               "version of it, and tells what would have been otherwise. Nothing is kept and no "
               "model is called. Answers when it is done; a caller that goes away cancels it.",
        .params = {NEED_TEXT("selector", "NAME (its highest version), NAME@2 or NAME@2.0.0, live",
                             SELECTOR_MAX_BYTES),
                   COUNT("last", "so many groups; 10 when not given", SHADOW_MAX)},
        .result = "{selector, hash, flipped_verdicts, runs: [{run, eval, metric, error} or {run, "
                  "eval, " RESCORED "}]}: error says why the parameters of that run do not suit",
        .errors = "not_found, bad_input, state, busy, io, cancelled, limit",
        .notices = RESCORE_PROGRESS,
    },
    {
        .name = "eval.list",
        .role = PROTO_OBSERVER,
        .doc = "The evals that are defined, and the files that were refused.",
        .result = "{evals: [{name, description, dataset, baseline, candidates: [string], metrics: "
                  "[string], primary, judge}], refused: [{path, reason}]}",
    },
    {
        .name = "eval.show",
        .role = PROTO_OBSERVER,
        .doc = "One eval as it is defined.",
        .params = {NEED_TEXT("eval", "its name", NAME_MAX_BYTES)},
        .result = "{name, description, path, dataset, baseline, candidates: [string], scorers: "
                  "[{name, selector, params}], rubric: {name, selector, params} or null, judge, "
                  "primary, samples, max_cases, budget: {cap: value} or null, gate: {rule: value}, "
                  "journal: {policy, max_age_ms}, source}: source is the text "
                  "of the file",
        .errors = "not_found",
    },
    {
        .name = "dataset.import_begin",
        .role = PROTO_OPERATOR,
        .doc = "Opens an import. It belongs to this connection and is dropped with it.",
        .params = {NEED_TEXT("name", "the dataset's name: letters, digits, '-', '_' and '.'",
                             NAME_MAX_BYTES)},
        .result = "{import}: the number for the calls that follow",
        .errors = "bad_input, limit",
    },
    {
        .name = "dataset.import_chunk",
        .role = PROTO_OPERATOR,
        .doc = "The next bytes of a file. A new file name ends the file before; lines may be cut "
               "anywhere.",
        .params = {NEED_ID("import", "the import's number"),
                   NEED_TEXT("file", "the file's name, for messages", 4096),
                   {.name = "data",
                    .type = PROTO_STRING,
                    .is_required = true,
                    .doc = "at most 256 KiB of the file, in base64",
                    .min = 0,
                    .max = BASE64_MAX_BYTES}},
        .result = "{good, bad}: lines so far",
        .errors = "bad_input, not_found, io",
    },
    {
        .name = "dataset.import_end",
        .role = PROTO_OPERATOR,
        .doc = "Makes what was imported a version of the dataset, or gives the version that has "
               "the same content.",
        .params = {NEED_ID("import", "the import's number"),
                   {.name = "strict",
                    .type = PROTO_BOOL,
                    .doc = "one bad line refuses the whole import"}},
        .result = "{dataset: {name, version, hash, cases, critical, recorded, format, created_ms} "
                  "or null, is_new, newest, good, bad, bad_lines: [{file, line, reason}]}: the "
                  "first 100 bad lines, a line whose case id was there before among them; dataset "
                  "is null when nothing was kept: no good line, or strict and a bad one; newest is "
                  "the version that the name alone means, another one when an older content was "
                  "imported again",
        .errors = "not_found, io",
    },
    {
        .name = "dataset.import_abort",
        .role = PROTO_OPERATOR,
        .doc = "Drops an import.",
        .params = {NEED_ID("import", "the import's number")},
        .result = "{}",
        .errors = "not_found",
    },
    {
        .name = "dataset.list",
        .role = PROTO_OBSERVER,
        .doc = "Every version of every dataset.",
        .result = "{datasets: [{name, version, hash, cases, critical, recorded, format, "
                  "created_ms}]}",
    },
    {
        .name = "dataset.show",
        .role = PROTO_OBSERVER,
        .doc = "A dataset version and a page of its cases.",
        .params = {NEED_TEXT("dataset", "NAME (the newest version), NAME@2 or NAME@HASHPREFIX",
                             SELECTOR_MAX_BYTES),
                   LIMIT,
                   {.name = "after",
                    .type = PROTO_INT,
                    .doc = "cases after this position; 0 starts at the first case",
                    .min = 0,
                    .max = INT64_MAX}},
        .result = "{dataset: {name, version, hash, cases, critical, recorded, format, created_ms}, "
                  "cases: [case], next?}",
        .errors = "not_found",
    },
    {
        .name = "run.start",
        .role = PROTO_OPERATOR,
        .doc = "Starts a run group of an eval: everything it is made of is pinned now.",
        .params = {RUN_SETTINGS,
                   TEXT("tag", "what to call it", NAME_MAX_BYTES),
                   {.name = "scheduled",
                    .type = PROTO_BOOL,
                    .doc = "its calls go behind those of runs without this, where they share a "
                           "provider account: of eight turns one is left for it"},
                   WHY},
        .result = "{run}: the group's number",
        .errors = "not_found, bad_input, plugin, limit, io",
    },
    {
        .name = "run.plan",
        .role = PROTO_OBSERVER,
        .doc = "What a run with these settings would take. Nothing is called and nothing kept.",
        .params = {RUN_SETTINGS},
        .result =
            "{eval, dataset, dataset_version, cases, samples, rows, models: [{model, role: "
            "baseline, candidate or judge, calls: {low, high}, requests_high, tokens: {low, high}, "
            "cost_usd: {low, high}, time_s, reused, reusable, output_tokens, output_assumed, "
            "concurrency, past_run, latency_ms}], total: {calls, requests_high, tokens, cost_usd, "
            "time_s}, journal, detectable: {metric, cases, difference, sigma, sigma_run, "
            "confidence, power, margin, cases_for_margin}, budget: {caps, verdict: fits, may_stop, "
            "will_stop or unknown, cap, stops_at_row, sentence} or null}: low is every call "
            "answered at once, with the means of past_run, the newest of the eval's runs that "
            "called the model with the same parameters, or without one a token for every four "
            "bytes of a request and no output; high is the worst case that a budget reserves, the "
            "judge asked twice, requests_high with every retry; time_s is null when no run tells "
            "how long a call takes; reusable counts good replies in the best of the last runs, "
            "reused those of them that the policy takes; difference is the smallest that so many "
            "cases can show, sigma the deviation of a case's paired difference, taken from "
            "sigma_run or assumed when that is null",
        .errors = "not_found, bad_input, plugin, limit, io",
    },
    {
        .name = "run.list",
        .role = PROTO_OBSERVER,
        .doc = "Run groups, the newest first.",
        .params = {TEXT("eval", "only of this eval", NAME_MAX_BYTES),
                   COUNT("before", "only groups with a lower number", INT64_MAX), LIMIT},
        .result = "{runs: [{run, eval, state, outcome, dataset, cases, members, tag, requested_by, "
                  "created_ms, ended_ms, error}], next?}",
    },
    {
        .name = "run.show",
        .role = PROTO_OBSERVER,
        .doc = "The whole result of a run group; members, comparisons and verdicts are absent "
               "until it has ended.",
        .params = {RUN},
        .result =
            "{run, eval, state, outcome, headline, dataset: {name, version, hash, cases}, tag, "
            "requested_by, created_ms, ended_ms, error, unknown_fate, unknown_calls: [{case, "
            "model, sample, role: model or judge, turn, attempt, found_ms}], primary, warnings: "
            "[string], pins: {plugins: [{metric, selector, hash, params, required}], judge: "
            "{model, id, provider} or null, models: [{model, id, provider}], samples, gate: "
            "{rule: value}}, progress: {done, total}, members: [{model, role: baseline or "
            "candidate, rows, ok, failed, missing, statuses: {status: count}, latency_n, "
            "latency_p50_ms, latency_p95_ms, latency_p99_ms, input_tokens, output_tokens, "
            "cost_usd, judge_cost_usd, cost_per_pass_usd, metrics: [{metric, n, mean, ci: [lo, "
            "hi] or null, ci_method, min, p10, median, max, pass_rate, na, errors, hist: [cases "
            "by score, in tenths]}]}], comparisons: [{candidate, baseline, metric, n_pairs, "
            "unpaired, baseline_mean, candidate_mean, diff, ci, p, wins, losses, ties, policy, "
            "baseline_failed, candidate_failed, diff_if_dropped}], verdicts: [{candidate, "
            "outcome, sentence, advice, more_cases, checks: [{name, outcome, observed, limit, "
            "sentence, evidence: [case id], evidence_total}]}], score_sets: [{set, metric, "
            "selector, hash, scored, errors, requested_by, created_ms}], rescoring: [as "
            "rescore.progress], journal: {policy, max_age_ms, of_run, reused, reused_from: [{run, "
            "calls}], saved_usd, spent_usd}, budget: {caps: {max_cost_usd, max_requests, "
            "max_tokens, output_tokens}, books: [{book: baseline, candidates or judge, spent: "
            "{requests, tokens, cost_usd}, reserved: {the same}, unknown: {the same}, overruns}], "
            "total: {the same}, assumed: [model]} or null, stopped: {by: budget, rows, total, "
            "sentence}}: cost_usd and judge_cost_usd are what the answers cost when they were "
            "made, 0 when that was nothing, null when it is not known; journal says how many "
            "exchanges were reused, which runs paid for them, and what this run spent itself; n "
            "and the numbers after it are of the cases that have a score of the metric, na and "
            "errors count rows: errors are those whose score the judge, a plugin or its worker "
            "failed to make, and they are in no mean; score_sets are what run.rescore kept, "
            "rescoring is what it does now; unknown_fate counts the calls that may have been made "
            "without their reply being kept, since assayd was killed or the run cancelled; "
            "unknown_calls names the last 1,000 of them; of a budget, reserved is what calls "
            "under way may cost at most, unknown the part of spent that is a worst case because "
            "the reply was lost, overruns count replies that cost more than their worst case, "
            "assumed are models whose replies are bounded by output_tokens alone; stopped is "
            "absent unless the budget left rows out",
        .errors = "not_found",
    },
    {
        .name = "run.inflight",
        .role = PROTO_OBSERVER,
        .doc = "Every call that a run group's rows wait for, the oldest first.",
        .params = {RUN, LIMIT},
        .result =
            "{run, state, total, calls: [{case, model, sample, role: model or judge, where: queue, "
            "limiter, held, budget, journal, backoff, connect, first_byte or body, attempt, "
            "age_ms, "
            "attempt_age_ms, "
            "last_byte_ms, wait_ms, last_status, bytes}]}: model is the member's, of the judge's "
            "calls too; age_ms counts from when the call was asked for, attempt_age_ms from when "
            "the attempt in flight began, last_byte_ms from when its last byte came; wait_ms is "
            "until a call in backoff is tried again, after an answer of last_status, or until the "
            "provider's limiter lets one go; null where "
            "there is none",
        .errors = "not_found",
    },
    {
        .name = "run.why",
        .role = PROTO_OBSERVER,
        .doc = "What a run group is waiting for, in one line.",
        .params = {RUN},
        .result =
            "{run, state, why, waits: [{kind: model, judge, limit, backoff, budget, scorer, "
            "worker, store, cases, queue or held, name, count, oldest_ms, next_ms}], paused_by, "
            "paused_why, error}: what holds it up first, queues last; name is the model's, the "
            "plugin's or the provider's",
        .errors = "not_found",
    },
    {
        .name = "run.watch",
        .role = PROTO_OBSERVER,
        .doc = "Sends this connection what happens to a run group, until it has ended.",
        .params = {RUN},
        .result = "{run, state, outcome, done, total}: as it is now; when the state is final, "
                  "run.ended follows at once",
        .errors = "not_found",
        .notices =
            "`run.progress` {run, state, done, total, ok, failed, in_flight, cost_usd, rows_per_s, "
            "eta_s, calls_in_flight, errors: [{status, error_class, error, count, last_ms}]}, at "
            "most five a second: in_flight are rows, rows_per_s is that of the last half minute, "
            "eta_s is null while the run is paused or stands still, errors are the last five, each "
            "once; at the end `run.ended` {run, state, outcome, error}",
    },
    {
        .name = "run.pause",
        .role = PROTO_OPERATOR,
        .doc = "Pauses a run group: no further row begins; rows whose first call was sent go on "
               "to their end. It stays paused over a restart.",
        .params = {RUN,
                   {.name = "hold",
                    .type = PROTO_BOOL,
                    .doc = "send nothing more at all: retries and the judge wait too"},
                   WHY},
        .result = "{run, state}: paused, or held; it is on disk",
        .errors = "not_found, state, io",
    },
    {
        .name = "run.resume",
        .role = PROTO_OPERATOR,
        .doc = "Lets a paused run group go on.",
        .params = {RUN, WHY},
        .result = "{run, state}",
        .errors = "not_found, state",
    },
    {
        .name = "run.cancel",
        .role = PROTO_OPERATOR,
        .doc = "Ends a run group early. What was answered is kept.",
        .params = {RUN, WHY},
        .result = "{run, state}",
        .errors = "not_found, state",
    },
    {
        .name = "run.requeue",
        .role = PROTO_OPERATOR,
        .doc = "Does rows that failed again, while their run group is under way or after it has "
               "ended: then it opens again, and its verdict is made anew; the one before stays in "
               "run.log. Rows that are ok stay, and so does what they cost; replies that are good "
               "are reused.",
        .params = {RUN,
                   {.name = "statuses",
                    .type = PROTO_STRINGS,
                    .doc = "rows with these; when not given: model_error, timeout, judge_error, "
                           "scorer_error, cancelled",
                    .min = 1,
                    .max = 8},
                   TEXT("model", "only of this member", NAME_MAX_BYTES),
                   WHY},
        .result = "{run, rows}: so many will be done again",
        .errors = "not_found, bad_input, state, busy, plugin, io",
    },
    {
        .name = "run.log",
        .role = PROTO_OBSERVER,
        .doc = "What was done to a run group, by whom and why.",
        .params = {RUN, BEFORE_ENTRY, LIMIT},
        .result = LOG_RESULT,
        .errors = "not_found",
    },
    {
        .name = "run.replay",
        .role = PROTO_OPERATOR,
        .doc = "Starts a replay of a run group that is done: a group of its own that derives every "
               "score, the statistics and the verdict again from the run's own exchanges, cases "
               "and plugin sources. It calls nothing; what the journal lacks ends it.",
        .params = {RUN, WHY},
        .result = "{run, of_run}: run is the replay's number",
        .errors = "not_found, state, plugin, io",
    },
    {
        .name = "run.replay_check",
        .role = PROTO_OBSERVER,
        .doc = "Compares a replay that has ended with the run that it replays: every row with its "
               "scores, and the result byte by byte.",
        .params = {RUN},
        .result = "{run, of_run, eval, state, error, equal, rows, rows_different, differences: "
                  "[{case, model, sample, field, was, is}], result_equal, result_differences: "
                  "[{at, was, is}], outcome_was, outcome_is}: the first 20 differences of each "
                  "kind, long texts cut; of a replay that failed, state and error alone say why",
        .errors = "not_found, state, io",
    },
    {
        .name = "run.rescore",
        .role = PROTO_OPERATOR,
        .doc = "Scores a run group's stored outputs with another version of a scorer, with the "
               "parameters that the run gave it. No model is called and the run's own scores stay: "
               "the new ones are kept beside them as a score set. Answers when it is done; a "
               "caller that goes away cancels it.",
        .params = {RUN,
                   NEED_TEXT("scorer", "NAME, NAME@1, NAME@1.2.0 or NAME@sha256:HEX, live",
                             SELECTOR_MAX_BYTES),
                   TEXT("metric", "which, when the scorer made several metrics of the run",
                        NAME_MAX_BYTES),
                   WHY},
        .result = "{run, eval, set, " RESCORED "}",
        .errors = "not_found, bad_input, state, busy, io, cancelled",
        .notices = RESCORE_PROGRESS,
    },
    {
        .name = "run.scores",
        .role = PROTO_OBSERVER,
        .doc = "The score sets that run.rescore kept of a run group, or one of them with what it "
               "answered.",
        .params = {RUN, COUNT("set", "only this set, with its summary", INT64_MAX)},
        .result = "{run, eval, score_sets: [{set, metric, selector, hash, scored, errors, "
                  "requested_by, created_ms, summary?}]}: summary is the result of run.rescore, "
                  "null of a set that an older assayd made",
        .errors = "not_found",
    },
    {
        .name = "run.drop_scores",
        .role = PROTO_OPERATOR,
        .doc = "Deletes a score set of a run group, and the plugin's source with it when nothing "
               "else refers to it. The run's own scores cannot be deleted.",
        .params = {RUN, NEED_ID("set", "the score set's number"), WHY},
        .result = "{run, set, metric, selector, hash, scored, errors, requested_by, created_ms}: "
                  "what is gone",
        .errors = "not_found, io",
    },
    {
        .name = "run.report",
        .role = PROTO_OBSERVER,
        .doc = "The report of a run group, as a file's text in pages.",
        .params = {RUN, NEED_TEXT("format", "csv, html, jsonl, junit or md", 16),
                   TEXT("after", "the `next` of the page before", 64)},
        .result = "{text, next?}: the pages' texts one after the other are the file",
        .errors = "not_found, bad_input, io",
    },
    {
        .name = "row.list",
        .role = PROTO_OBSERVER,
        .doc = "Rows of a run group, by case, sample and member.",
        .params = {RUN,
                   TEXT("status",
                        "only with this status: ok, model_error, timeout, refused, "
                        "judge_error, scorer_error, skipped or cancelled",
                        32),
                   TEXT("model", "only of this member", NAME_MAX_BYTES),
                   TEXT("metric", "what min and max are about; the primary metric when not given",
                        NAME_MAX_BYTES),
                   NUMBER("min", "only rows whose score is at least this"),
                   NUMBER("max", "only rows whose score is at most this"),
                   TEXT("after", "the `next` of the page before", 128), LIMIT},
        .result = "{rows: [{case, model, sample, status, error, latency_ms, scores: {metric: "
                  "number or null}}], next?}",
        .errors = "not_found, bad_input",
    },
    {
        .name = "row.show",
        .role = PROTO_OBSERVER,
        .doc = "Everything about one case of a run group: what was asked, what each member "
               "answered, how it was scored.",
        .params = {RUN, NEED_TEXT("case", "the case's id", NAME_MAX_BYTES)},
        .result =
            "{run, case: {id, json}, rows: [{model, sample, status, error_class, error, "
            "text, finish_reason, model_id, latency_ms, input_tokens, output_tokens, "
            "cost_usd, tool_calls, attempts: [{role: model or judge, attempt, outcome, "
            "http_status, sent_ms, total_ms, first_byte_ms, error}], scores: [{metric, "
            "selector, hash, score, pass, label, reason, na, details?}], rescored: [{set, "
            "metric, selector, hash, error_class, score, pass, label, reason, na, "
            "details?}], request, judge: {question, reply} or null}]}: request is the body "
            "as it was sent; scores has none of a metric whose scorer, rubric or judge failed "
            "(error says so); rescored is what the run's score sets say",
        .errors = "not_found, limit",
    },
    {
        .name = "row.retry",
        .role = PROTO_OPERATOR,
        .doc = "Does a case's rows that failed again, as run.requeue does.",
        .params = {RUN,
                   NEED_TEXT("case", "the case's id", NAME_MAX_BYTES),
                   TEXT("model", "only of this member", NAME_MAX_BYTES),
                   {.name = "sample",
                    .type = PROTO_INT,
                    .doc = "only this sample; 0 is the first",
                    .min = 0,
                    .max = 1000},
                   WHY},
        .result = "{run, rows}: so many will be done again",
        .errors = "not_found, state, busy, plugin, io",
    },
    {
        .name = "journal.stats",
        .role = PROTO_OBSERVER,
        .doc = "What the journal holds, by model, role and outcome.",
        .result = "{runs, exchanges, reused, raw_bytes, stored_bytes, unsized, oldest_ms, "
                  "newest_ms, models: [{model, role: model or judge, outcome, exchanges, reused, "
                  "raw_bytes, stored_bytes}], prunable: {runs, exchanges, reused, raw_bytes, "
                  "stored_bytes}}: reused exchanges were paid for by another run; the bytes leave "
                  "out the unsized ones, which an older assayd kept; prunable are runs without a "
                  "tag that ended 30 days ago or more",
        .errors = "io, cancelled",
    },
    {
        .name = "journal.verify",
        .role = PROTO_OBSERVER,
        .doc = "Checks that the journal holds what was written to it: the hash chain of each "
               "run's exchanges, that their bodies decode, that identities are those of their "
               "requests, and that no row lacks its reply.",
        .params = {{.name = "run",
                    .type = PROTO_INT,
                    .doc = "only this one",
                    .min = 1,
                    .max = INT64_MAX}},
        .result = "{ok, runs, exchanges, unchained, found, findings: [{run, case, model, sample, "
                  "role, turn, attempt, problem}]}: the first 100 findings; of a row there is no "
                  "role, of a run as a whole no case; unchained exchanges were kept before there "
                  "was a chain",
        .errors = "not_found, io, cancelled",
    },
    {
        .name = "journal.prune",
        .role = PROTO_ADMIN,
        .doc = "Takes finished runs out of the database, each as a whole: its record, rows, "
               "exchanges and score sets, and the plugin sources that nothing else needs. Runs "
               "with a tag stay, and so do datasets. What another run reused stays with that run.",
        .params = {TEXT("older_than", "only runs that ended so long ago, like 30d", 32),
                   COUNT("keep_last", "not the last N of each eval", 1000000),
                   {.name = "dry_run", .type = PROTO_BOOL, .doc = "only say what would go"},
                   WHY},
        .result = "{dry_run, runs: [{run, eval, ended_ms, exchanges, stored_bytes}], exchanges, "
                  "stored_bytes}: older_than, keep_last or both have to be given",
        .errors = "bad_input, io, cancelled",
    },
    {
        .name = "verdict.show",
        .role = PROTO_OBSERVER,
        .doc = "What the gate said of a run group that has ended.",
        .params = {RUN},
        .result =
            "{run, eval, state, outcome: pass, fail, undecided or null (no gate, or the run "
            "failed), headline, candidates: [{candidate, outcome, sentence, advice, more_cases, "
            "checks: [{name, outcome: PASS, FAIL, INCONCLUSIVE or SKIP, observed, limit, "
            "sentence, evidence: [case id], evidence_total}]}]}",
        .errors = "not_found, state",
    },
    {.name = NULL},
};
