/* The methods of the protocol, first part: the daemon, plugins, evals, datasets. The tables are the
 * protocol: the daemon checks calls against them, assayctl calls by them, and
 * docs/control-protocol.md is printed from them (scripts/docs). */
#include "lib/proto_own.h"

#define SOURCE_MAX_BYTES (512 << 10)
#define BASE64_MAX_BYTES ((int64_t)(PROTO_CHUNK_MAX_BYTES + 2) / 3 * 4)
#define SHADOW_MAX 50 /* groups of one answer */

const struct proto_method proto_daemon_methods[] = {
    {
        .name = "daemon.status",
        .role = PROTO_OBSERVER,
        .doc = "What the daemon is, what it has loaded, and what it is doing.",
        .result =
            "{version, pid, started_ms, stopping: no row begins, those under way have "
            "shutdown.drain_ms to end, config, socket, state_dir, promoted_dir, models, evals, "
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
        .name = "daemon.reload",
        .role = PROTO_ADMIN,
        .doc = "Reads the configuration and the evals again and puts them in force, the whole of "
               "them or nothing: one problem anywhere, and all stays as it is. SIGHUP does the "
               "same.",
        .params = {WHY},
        .result =
            "{ok, problems: [string], applied: [key], needs_restart: [key], evals: [{eval, "
            "change}]}: a problem is `file:line:column: what is wrong`; applied names what has "
            "changed and holds for what begins from now on, models as `models.NAME`; "
            "needs_restart what stays as it was until assayd is started again; change is added, "
            "changed or removed",
        .errors = "state, io",
    },
    {
        .name = "daemon.metrics",
        .role = PROTO_OBSERVER,
        .doc = "Counts, sizes and times for a monitoring system; docs/metrics.md says what each "
               "of them is.",
        .result = "{content_type, text}: text is a page in the text format of Prometheus",
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
        .params = {TEXT("kind", "only these: scorer, rubric, provider or redactor", 16),
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
                   TEXT("kind",
                        "scorer, rubric, provider or redactor; for a name that two kinds share",
                        16)},
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
                   TEXT("kind",
                        "scorer, rubric, provider or redactor; for a name that two kinds share",
                        16)},
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
                   TEXT("kind",
                        "scorer, rubric, provider or redactor; for a name that two kinds share",
                        16)},
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
        .result = "{name, description, path, dataset, baseline, baseline_max_age_ms: a number or "
                  "null, candidates: [string], scorers: "
                  "[{name, selector, params}], rubric: {name, selector, params} or null, judge, "
                  "primary, samples, max_cases, budget: {cap: value} or null, gate: {rule: value}, "
                  "early_stop: {looks} or null, "
                  "journal: {policy, max_age_ms}, drift: {anchor, max_gap_ms} or null, "
                  "schedules: [{name, cron, timezone, enabled: by the file}], notify: [the name "
                  "of a rule], warnings: [string], source}: source is the text of the file, "
                  "warnings are what the gate "
                  "leaves open, and what keeps an anchor from telling whose a drift is",
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
        .name = "dataset.from_run",
        .role = PROTO_OPERATOR,
        .doc = "Makes a dataset version of cases of a run group that has ended, in its order, each "
               "once, as they were, with {run, dataset, why} in their metadata.from_runs.",
        .params = {NEED_ID("run", "the run group's number"),
                   NEED_TEXT("name", "of the dataset", NAME_MAX_BYTES),
                   NEED_TEXT("where",
                             "failed (the score is below the gate's pass threshold, or the model "
                             "itself failed), flipped (a candidate against the baseline), or "
                             "score<0.5, with <, <=, > or >=",
                             64),
                   TEXT("model", "only what this member did; any, when not given", NAME_MAX_BYTES),
                   TEXT("metric", "the primary metric when not given", NAME_MAX_BYTES),
                   TEXT("to", "of flipped, only those to pass or to fail", 8),
                   {.name = "recorded",
                    .type = PROTO_BOOL,
                    .doc = "each case's `recorded` is what model answered; cases that it has no "
                           "answer to are left out"},
                   {.name = "add",
                    .type = PROTO_BOOL,
                    .doc = "to the cases of the newest version of that name, which stay as they "
                           "are"}},
        .result = "{run, chosen, unanswered, dataset, is_new, newest, good, bad, bad_lines}: "
                  "chosen is how many cases are among those, unanswered how many of them were "
                  "left out, the rest as of dataset.import_end",
        .errors = "not_found, bad_input, state, io",
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
    {.name = NULL},
};
