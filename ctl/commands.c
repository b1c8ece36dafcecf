/* The commands: words, method, arguments, options, help. Order is that of `assayctl help`. */
#include "ctl/command.h"
#include "ctl/print.h"
#include "ctl/run_commands.h"

#define RUN_HELP "RUN is a run group's number, or the word last."
#define WHY_OPTION                                     \
    {                                                  \
        "why", "TEXT", "why", "why, for the audit log" \
    }
#define LOG_OPTIONS                                              \
    {"limit", "N", "limit", "so many; 50 when not given"},       \
    {                                                            \
        "before", "ID", "before", "only entries before this one" \
    }

#define CASES_HELP                                                                              \
    "--where takes cases that have all of its terms: tag=billing,split=test; keys are tag,\n"   \
    "split, stratum, cluster, critical and metadata.NAME. --max-cases takes so many of them,\n" \
    "by --sample: head (the first), random, or stratified:KEY, which keeps the share of each\n" \
    "value of KEY. The same seed gives the same cases.\n"

/* What run start and run plan are told of a run. */
/* clang-format off */
#define RUN_OPTIONS                                                                      \
    {"models", "A,B", "models", "these candidates instead of the eval's"},               \
    {"where", "TERMS", "where", "only such cases: tag=billing,split=test"},              \
    {"max-cases", "N", "max_cases", "N of the cases"},                                   \
    {"sample", "HOW", "sample", "which: head, random or stratified:KEY"},                \
    {"seed", "S", "seed", "of the draw; 0 when not given"},                              \
    {"samples", "N", "samples", "answers per case and member"},                          \
    {"temperature", "X", "temperature", "of all members, not the judge"},                \
    {"max-concurrent", "N", "max_concurrent", "calls in flight at most"},                \
    {"request-delay", "S", "request_delay_s", "seconds between calls; 0.5 will do too"}, \
    {"cache", "[=AGE]", NULL, "reuse good replies of any run, 7d old at most"},          \
    {"journal", "POLICY", "journal", "live, cache or replay, not as the eval says"},     \
    {"max-cost-usd", "X", "max_cost_usd", "cap on what all calls cost"},                 \
    {"max-requests", "N", "max_requests", "cap on requests, retries included"},          \
    {"max-tokens", "N", "max_tokens", "cap on tokens, in and out"},                      \
    {"no-early-stop", NULL, "no_early_stop", "run every case, without looks"}
/* clang-format on */

#define EVENT_FILTER                                                  \
    {"eval", "EVAL", "eval", "only of this eval"},                    \
    {                                                                 \
        "kind", "KIND", "kind", "only of this kind: gate_fail, drift" \
    }
#define EVENT_HELP                                                                             \
    "Kinds: run_started, run_ended, run_failed, gate_pass, gate_fail, gate_undecided,\n"       \
    "recovery, drift, budget_stop, error_rate, schedule_missed, schedule_failed,\n"            \
    "baseline_set, promoted, demoted, model_id_changed, config_reloaded, config_refused,\n"    \
    "plugin_live, plugin_retired, plugin_refused, plugin_quarantined, test. An event marked\n" \
    "over says that what its kind tells of holds no longer."

const struct command commands[] = {
    {
        .path = "status",
        .method = "daemon.status",
        .doc = "What assayd has loaded and is doing.",
        .example = "assayctl status",
        .print = print_status,
    },
    {
        .path = "top",
        .method = "daemon.status",
        .doc = "Runs under way, and what plugins cost, live.",
        .options = {{"once", NULL, NULL, "one snapshot, as in a pipe"}},
        .help =
            "On a terminal it is drawn anew each second until q or Ctrl-C; plugins without a call\n"
            "are left out. Times are of one call in the worker; MEM KB is the most that a call\n"
            "used; KILLS counts the workers that the plugin ended.",
        .example = "assayctl top",
        .print = print_top,
        .run = command_top,
    },
    {
        .path = "check",
        .method = "daemon.check",
        .doc = "Read configuration and evals anew, as a dry run.",
        .help = "Nothing that is in force changes. Exit code 65 when there is a problem.",
        .example = "assayctl check",
        .print = print_check,
        .run = command_check,
    },
    {
        .path = "daemon log",
        .method = "daemon.log",
        .doc = "Who changed what in runs and in assayd, and why.",
        .options = {LOG_OPTIONS},
        .example = "assayctl daemon log --limit 10",
        .print = print_log,
    },
    {
        .path = "daemon limits",
        .method = "daemon.limits",
        .doc = "What each provider account may be asked for.",
        .help =
            "All models with the same base_url and key share an account. NOW is how many calls in\n"
            "flight it may have at present, of MAX; PACE the calls a second that were given by "
            "rpm\n"
            "or found out by refusals; HELD how long nothing is sent yet; 429S counts refusals.",
        .example = "assayctl daemon limits",
        .print = print_limits,
    },
    {
        .path = "daemon limits set",
        .method = "daemon.limits_set",
        .doc = "Set a provider account's limits, at once.",
        .args = {{.label = "PROVIDER", .param = "provider"}},
        .options = {{"concurrency", "N", "concurrency", "calls in flight at most; 0 lifts it"},
                    {"rpm", "N", "rpm", "requests a minute; 0 lifts it"},
                    {"tpm", "N", "tpm", "tokens a minute; 0 lifts it"},
                    {"reset", NULL, "reset", "back to those of the configuration"},
                    {"why", "TEXT", "why", "why, for the audit log"}},
        .help = "PROVIDER is a name under providers: in the configuration. Runs under way keep to\n"
                "them at once. They hold after a restart too, until they are set again or reset.\n"
                "For admins; `daemon log` tells who set them and why.",
        .example = "assayctl daemon limits set openai --rpm 3000 --why 'tier 2 until Friday'",
        .print = print_limits_set,
    },
    {
        .path = "plugin ls",
        .method = "plugin.list",
        .doc = "The plugins in force, and files that were refused.",
        .options = {{"kind", "KIND", "kind", "only scorer, rubric or provider"}},
        .example = "assayctl plugin ls --kind scorer",
        .print = print_plugin_list,
        .run = command_plugin_list,
    },
    {
        .path = "plugin show",
        .method = "plugin.show",
        .doc = "What a plugin measures, its parameters and source.",
        .args = {{.label = "PLUGIN", .param = "selector"}},
        .options = {{"kind", "KIND", "kind", "for a name that two kinds share"}},
        .help =
            "PLUGIN is NAME, NAME@1, NAME@1.2.0, NAME@sha256:HEX or sha256:HEX. What is not live\n"
            "is looked for among the versions that kept runs were made with.",
        .example = "assayctl plugin show exact_match",
        .print = print_plugin,
    },
    {
        .path = "plugin versions",
        .method = "plugin.versions",
        .doc = "Every version of a plugin that is known.",
        .args = {{.label = "NAME", .param = "name"}},
        .options = {{"kind", "KIND", "kind", "for a name that two kinds share"}},
        .help =
            "Live ones, several side by side; retired ones that a kept run or score set was made\n"
            "with: their source is in the database. RUNS and SETS count these.",
        .example = "assayctl plugin versions exact_match",
        .print = print_plugin_versions,
    },
    {
        .path = "plugin diff",
        .method = "plugin.show",
        .doc = "What differs between two versions of a plugin.",
        .args = {{.label = "A", .param = "selector"}, {.label = "B"}},
        .options = {{"kind", "KIND", "kind", "for a name that two kinds share"}},
        .help = "A and B are as PLUGIN in `plugin show`; they need not be live.",
        .example = "assayctl plugin diff exact_match@1.0.0 exact_match",
        .print = print_plugin_diff,
        .run = command_plugin_diff,
    },
    {
        .path = "plugin new",
        .method = "plugin.show",
        .doc = "Write a plugin file to begin with.",
        .args = {{.label = "KIND", .param = "kind"}, {.label = "NAME"}},
        .options = {{"from", "PLUGIN", NULL, "a copy of this one, under the new name"},
                    {"output", "FILE", NULL, "where to; NAME.lua when not given"}},
        .help =
            "KIND is scorer, rubric or provider. What is written passes `plugin check`. A file\n"
            "that is there is not overwritten. A copy under its old name gets the next version.",
        .example = "assayctl plugin new scorer names_the_order\n"
                   "assayctl plugin new rubric tone --from tone --output tone_next.lua",
        .print = print_plugin_new,
        .run = command_plugin_new,
    },
    {
        .path = "plugin test",
        .method = "plugin.test",
        .doc = "Run a live plugin's examples, with their times.",
        .args = {{.label = "PLUGIN", .param = "selector"}},
        .options = {{"kind", "KIND", "kind", "for a name that two kinds share"}},
        .help = "They run in a fresh worker. Exit code 65 when one fails.",
        .example = "assayctl plugin test exact_match",
        .print = print_plugin_test,
        .run = command_plugin_test,
    },
    {
        .path = "plugin check",
        .method = "plugin.check",
        .doc = "Try a plugin file in the jail, with its examples.",
        .args = {{.label = "FILE"}},
        .options = {{"strict", NULL, NULL, "a warning is an error"}},
        .help = "It is not installed. Warnings are of what is probably a mistake: globals,\n"
                "parameters that are not read or not declared, a missing comment or example. Exit\n"
                "code 65 when it would be refused, or with --strict when there is a warning.",
        .example = "assayctl plugin check my_scorer.lua",
        .print = print_plugin_check,
        .run = command_plugin_check,
    },
    {
        .path = "plugin shadow",
        .method = "plugin.shadow",
        .doc = "What another version of a scorer would have said.",
        .args = {{.label = "PLUGIN", .param = "selector"}},
        .options = {{"last", "N", "last", "over so many groups that used it; 10 when not given"}},
        .help = "PLUGIN is NAME (its highest version), NAME@2 or NAME@2.0.0. It scores stored\n"
                "outputs: no model is called and nothing is kept. Shown for each group are the\n"
                "values, passes and verdicts that would be otherwise. Ctrl-C ends it.",
        .example = "assayctl plugin shadow exact_match@2 --last 5",
        .print = print_shadow,
        .run = command_rescore,
    },
    {
        .path = "eval ls",
        .method = "eval.list",
        .doc = "The evals, and files that were refused.",
        .example = "assayctl eval ls",
        .print = print_eval_list,
    },
    {
        .path = "eval show",
        .method = "eval.show",
        .doc = "An eval: dataset, members, metrics, gate.",
        .args = {{.label = "EVAL", .param = "eval"}},
        .example = "assayctl eval show support-triage",
        .print = print_eval,
    },
    {
        .path = "dataset import",
        .method = "dataset.import_begin",
        .doc = "Import files as a new version of a dataset.",
        .args = {{.label = "NAME", .param = "name"}, {.label = "FILE", .is_many = true}},
        .options = {{"strict", NULL, NULL, "one bad line refuses the whole import"}},
        .help =
            "JSONL of cases, of {\"messages\": [...]}, or of TrainLoop events: the first valid\n"
            "line decides. Bad lines are listed and left out. Exit code 65 when nothing was\n"
            "imported.",
        .example = "assayctl dataset import support-triage monday.jsonl tuesday.jsonl",
        .print = print_import,
        .run = command_dataset_import,
    },
    {
        .path = "dataset from-run",
        .method = "dataset.from_run",
        .doc = "Make a dataset of the cases that a run failed.",
        .args = {{"RUN", "run"}, {.label = "NAME", .param = "name"}},
        .options = {{"where", "WHICH", "where", "failed, flipped or 'score<0.5'; needed"},
                    {"model", "MODEL", "model", "only what this member did"},
                    {"metric", "METRIC", "metric", "by this one, not the primary metric"},
                    {"to", "WHAT", "to", "of flipped only those to pass, or to fail"},
                    {"add", NULL, "add", "to the cases that NAME has already"}},
        .help = RUN_HELP
        "\nThe cases become a new version of NAME, each once, in the order of the run,\n"
        "with the run and the reason in metadata.from_runs. failed: a member's score is\n"
        "below the gate's pass_threshold, or the model itself failed. flipped: as in\n"
        "`run flips`. score takes <, <=, > and >=. Exit code 65 when no case is one of\n"
        "those; then nothing is stored.",
        .example = "assayctl dataset from-run last regressions --where flipped --to fail\n"
                   "assayctl dataset from-run last hard --where 'score<0.5' --model small --add",
        .print = print_from_run,
    },
    {
        .path = "dataset ls",
        .method = "dataset.list",
        .doc = "Every version of every dataset.",
        .example = "assayctl dataset ls",
        .print = print_dataset_list,
    },
    {
        .path = "dataset show",
        .method = "dataset.show",
        .doc = "A dataset version and its first cases.",
        .args = {{.label = "DATASET", .param = "dataset"}},
        .options = {{"limit", "N", "limit", "cases to show; 50 when not given"},
                    {"after", "N", "after", "cases after the Nth"}},
        .help = "DATASET is NAME (the newest version), NAME@2 or NAME@HASHPREFIX.",
        .example = "assayctl dataset show support-triage --limit 5",
        .print = print_dataset,
    },
    {
        .path = "run start",
        .method = "run.start",
        .doc = "Start a run group of an eval.",
        .args = {{.label = "EVAL", .param = "eval"}},
        .options = {{"wait", NULL, NULL, "wait for its end and show the result"},
                    {"gate", NULL, NULL, "wait; the exit code is the gate's"},
                    {"timeout", "TIME", NULL, "wait so long at most: 90s, 15m, 1h30m"},
                    {"output", "FILE", NULL, "wait, and write a report: .html .md .xml .json ..."},
                    {"format", "FORMAT", NULL, "of that, when its name does not tell"},
                    {"compare-with", "RUN|FILE", NULL,
                     "wait, and compare with that run or its JSON report"},
                    RUN_OPTIONS,
                    {"tag", "TAG", "tag", "what to call it"},
                    {"scheduled", NULL, "scheduled", "its calls go behind those of other runs"},
                    WHY_OPTION},
        .help = CASES_HELP
        "--output writes the report whatever the verdict is; its format is that of the ending, as\n"
        "in `report`. --compare-with takes an earlier run's number, last (the eval's newest that\n"
        "is done), or a report in JSON; what it finds does not decide over the exit code, but "
        "with\n"
        "--gate a named run that cannot be compared is an error (65).\n"
        "With --journal replay nothing is called: the run fails at the first call whose "
        "answer\n"
        "the journal does not have.\n"
        "Ctrl-C ends the waiting, not the run. Exit codes when waiting: 0 done (with --gate:\n"
        "passed), 2 gate failed, 3 run failed or cancelled, 4 gave up waiting, 5 gate\n"
        "undecided, or the budget stopped the run. Caps hold for models and judge together;\n"
        "where the eval has its own, they can only be lowered.",
        .example =
            "assayctl run start support-triage --gate --timeout 15m\n"
            "assayctl run start support-triage --gate --output gate.xml --compare-with last\n"
            "assayctl run start support-triage --max-cases 200 --sample stratified:tag",
        .print = print_started,
        .run = command_run_start,
    },
    {
        .path = "run plan",
        .method = "run.plan",
        .doc = "What a run would take, without a call.",
        .args = {{.label = "EVAL", .param = "eval"}},
        .options = {RUN_OPTIONS},
        .help = CASES_HELP
        "Calls, tokens, dollars and time, low and high; what past runs have already paid\n"
        "for; the smallest difference that so many cases can show; and whether the budget\n"
        "covers it. Estimates are from the newest run of the eval that called the model\n"
        "with the same parameters, where there is one.",
        .example = "assayctl run plan support-triage --max-cases 500",
        .print = print_plan,
        .run = command_run_plan,
    },
    {
        .path = "run ls",
        .method = "run.list",
        .doc = "Run groups, the newest first.",
        .options = {{"eval", "EVAL", "eval", "only of this eval"},
                    {"limit", "N", "limit", "so many; 50 when not given"},
                    {"before", "RUN", "before", "only older ones than this"}},
        .example = "assayctl run ls --eval support-triage --limit 5",
        .print = print_run_list,
    },
    {
        .path = "run show",
        .method = "run.show",
        .doc = "Members, metrics, comparisons, verdict of a run.",
        .args = {{"RUN", "run"}},
        .options = {{"by", "WHAT", NULL, "by scorer, tag or model"},
                    {"detailed", NULL, NULL, "every column there is"},
                    {"hist", NULL, NULL, "how the scores lie, of each member and metric"},
                    {"inflight", NULL, NULL, "every call under way: where it is, how old"},
                    {"limit", "N", NULL, "so many calls; 50 when not given"}},
        .help = RUN_HELP
        "\n"
        "FROM 0 TO 1 is how many cases have which score, in tenths: 9 stands for the most.\n"
        "With --json it is the whole result in any case.",
        .example = "assayctl run show last\n"
                   "assayctl run show last --by tag\n"
                   "assayctl run show last --detailed --hist\n"
                   "assayctl run show last --inflight",
        .print = print_run,
        .run = command_run_show,
    },
    {
        .path = "run why",
        .method = "run.why",
        .doc = "What a run group is waiting for, in one line.",
        .args = {{"RUN", "run"}},
        .help = RUN_HELP,
        .example = "assayctl run why last",
        .print = print_why,
    },
    {
        .path = "run watch",
        .method = "run.watch",
        .doc = "Follow a run group to its end.",
        .args = {{"RUN", "run"}},
        .help =
            RUN_HELP " With --json each step is a line.\n"
                     "The rate and the time left are by the last half minute; an error is told\n"
                     "when it first comes and when there are ten times as many. When assayd is\n"
                     "restarted it waits for a minute, and goes on. Exit code 3 when the run\n"
                     "failed or was cancelled, 5 when its budget stopped it.",
        .example = "assayctl run watch last",
        .print = print_run_end,
        .run = command_run_watch,
    },
    {
        .path = "run pause",
        .method = "run.pause",
        .doc = "Begin no further row of a run group.",
        .args = {{"RUN", "run"}},
        .options = {{"drain", NULL, NULL, "let rows end whose first call was sent; the default"},
                    {"hold", NULL, "hold", "send nothing more at all: retries and judge wait"},
                    WHY_OPTION},
        .help = RUN_HELP "\nWhat is in flight ends either way. It stays paused over a restart.",
        .example = "assayctl run pause last --why 'the API bills twice at noon'",
        .print = print_steered,
        .run = command_run_pause,
    },
    {
        .path = "run resume",
        .method = "run.resume",
        .doc = "Let a paused run group go on.",
        .args = {{"RUN", "run"}},
        .options = {WHY_OPTION},
        .help = RUN_HELP,
        .example = "assayctl run resume last",
        .print = print_steered,
    },
    {
        .path = "run cancel",
        .method = "run.cancel",
        .doc = "End a run group early; what was answered is kept.",
        .args = {{"RUN", "run"}},
        .options = {WHY_OPTION},
        .help = RUN_HELP,
        .example = "assayctl run cancel 7 --why 'wrong dataset'",
        .print = print_steered,
    },
    {
        .path = "run requeue",
        .method = "run.requeue",
        .doc = "Do a run group's rows that failed again.",
        .args = {{"RUN", "run"}},
        .options = {{"status", "A,B", "statuses", "rows with these: timeout, refused, ..."},
                    {"model", "MODEL", "model", "only of this member"},
                    WHY_OPTION},
        .help =
            RUN_HELP "\nWithout --status: model_error, timeout, judge_error, scorer_error and\n"
                     "cancelled. Rows that are ok stay; good replies are not paid for again. A\n"
                     "group that has ended opens again, and its verdict is made anew; a\n"
                     "cancelled one does all that is left of it. `run log` has the old verdict.",
        .example = "assayctl run requeue last --status timeout --why 'the API was down'",
        .print = print_requeued,
    },
    {
        .path = "run log",
        .method = "run.log",
        .doc = "What was done to a run group, by whom and why.",
        .args = {{"RUN", "run"}},
        .options = {LOG_OPTIONS},
        .help = RUN_HELP,
        .example = "assayctl run log last",
        .print = print_log,
    },
    {
        .path = "run compare",
        .method = "run.compare",
        .doc = "Members of a run, or of two runs, case by case.",
        .args = {{"A", "run"}, {.label = "B", .param = "other", .is_optional = true}},
        .options = {{"metric", "METRIC", "metric", "instead of A's primary metric"},
                    {"baseline", "MODEL", "baseline", "this member of A"},
                    {"candidate", "MODEL", "candidate", "this member of B"},
                    {"report", "FILE", NULL,
                     "a JSON report in the place of A; then A is the newer"},
                    {"force", NULL, "force", "compare also what is not comparable; labelled"}},
        .help = "A and B are run groups' numbers, or the word last. A alone: its candidates\n"
                "against its baseline. A and B: what changed since A, for each member that both\n"
                "have, paired by case; --baseline or --candidate choose one pair. Runs whose\n"
                "dataset, scorer, judge, system prompt, samples or failure policy differ are\n"
                "refused (exit code 65): the message names each, and what to do. Of a --report\n"
                "whose run is not in this daemon's database only means are compared, unpaired.",
        .example = "assayctl run compare last\n"
                   "assayctl run compare 12 last\n"
                   "assayctl run compare 12 15 --baseline gpt-4.1 --candidate gpt-4.1-mini\n"
                   "assayctl run compare last --report main.json",
        .print = print_compared,
        .run = command_run_compare,
    },
    {
        .path = "run flips",
        .method = "run.flips",
        .doc = "Cases right on one side and wrong on the other.",
        .args = {{"A", "run"}, {.label = "B", .param = "other", .is_optional = true}},
        .options = {{"baseline", "MODEL", "baseline", "this member of A, not its baseline"},
                    {"candidate", "MODEL", "candidate", "this member of A, or of B"},
                    {"metric", "METRIC", "metric", "by this one, not the primary metric"},
                    {"to", "WHAT", "to", "only to pass, or only to fail"},
                    {"force", NULL, "force", "also what is not comparable; labelled"},
                    {"limit", "N", "limit", "so many; 50 when not given"},
                    {"after", "CASE", "after", "the page after this one"},
                    {"export", "FILE", NULL, "all of them as cases, for dataset import"}},
        .help =
            "A and B are as in `run compare`, and so is what is refused. Of several candidates "
            "one\n"
            "has to be named. Right is a score that reaches the gate's pass_threshold (0.5 by\n"
            "default). The surest come first: by the size of the difference, then by agreement "
            "(of\n"
            "both sides the smaller share of samples that say the same as their case), then by\n"
            "case id. A text that changed little is shown [-before-]{+after+} word by word, "
            "others\n"
            "line by line.",
        .example = "assayctl run flips last --to fail\n"
                   "assayctl run flips 12 15 --candidate small\n"
                   "assayctl run flips last --to fail --export regressions.jsonl",
        .print = print_run_flips,
        .run = command_run_flips,
    },
    {
        .path = "run replay",
        .method = "run.replay",
        .doc = "Derive a run again offline, and compare.",
        .args = {{"RUN", "run"}},
        .options = {WHY_OPTION},
        .help = RUN_HELP
        "\nAll scores, statistics and the verdict are made again of what the database holds:\n"
        "exchanges, cases, plugin sources. No model is called, no plugin file or key is needed.\n"
        "Exit code 0 when all of it is equal, byte for byte; 3 when something differs, or when\n"
        "the journal lacks an exchange: then the case is named.",
        .example = "assayctl run replay last",
        .print = print_replayed,
        .run = command_run_replay,
    },
    {
        .path = "run rescore",
        .method = "run.rescore",
        .doc = "Score a run's outputs with another scorer version.",
        .args = {{"RUN", "run"}},
        .options = {{"scorer", "PLUGIN", "scorer", "NAME, NAME@2 or NAME@2.0.0; needed"},
                    {"metric", "METRIC", "metric", "when the scorer made several of the run"},
                    WHY_OPTION},
        .help = RUN_HELP "\nNo model is called. The run's own scores and verdict stay; the new\n"
                         "scores are kept beside them as a score set, which `run scores` shows.\n"
                         "Ctrl-C ends it and keeps nothing.",
        .example = "assayctl run rescore last --scorer exact_match@2",
        .print = print_rescored,
        .run = command_rescore,
    },
    {
        .path = "run scores",
        .method = "run.scores",
        .doc = "What run rescore kept; with SET, what moved.",
        .args = {{"RUN", "run"}, {.label = "SET", .param = "set", .is_optional = true}},
        .help = RUN_HELP " SET is a score set's number.",
        .example = "assayctl run scores last\nassayctl run scores last 2",
        .print = print_scores,
    },
    {
        .path = "run drop-scores",
        .method = "run.drop_scores",
        .doc = "Delete a score set that run rescore kept.",
        .args = {{"RUN", "run"}, {.label = "SET", .param = "set"}},
        .options = {WHY_OPTION},
        .help = RUN_HELP "\nThe run's own scores and verdict stay. The plugin's source goes too,\n"
                         "when no run and no other set refers to it.",
        .example = "assayctl run drop-scores last 2 --why 'a bug in the scorer'",
        .print = print_dropped_scores,
    },
    {
        .path = "run rank",
        .method = "run.rank",
        .doc = "Quality, cost and latency: who is dominated.",
        .args = {{"RUN", "run"}},
        .options = {{"weights", "A=W,...", "weights", "quality=0.7,cost=0.2,latency=0.1"},
                    {"ranges", "A=X:Y,...", "ranges", "worst to best: quality=0.5:1,cost=0.01:0"}},
        .help = RUN_HELP
        "\nA member is dominated when another is at least as good on all of quality,\n"
        "cost of an answer and p95 latency, and better on one. What is unpriced is\n"
        "not compared. The composite is the weighted mean of where each value lies in\n"
        "its fixed range; weights and ranges are those of the eval's `rank`, pinned\n"
        "with the run, or the ones given here, which is said.",
        .example = "assayctl run rank last\n"
                   "assayctl run rank 7 --weights quality=3,cost=1 --ranges "
                   "quality=0.5:1,cost=0.01:0",
        .print = print_rank,
    },
    {
        .path = "run project",
        .method = "run.project",
        .doc = "What a month in production would cost, by model.",
        .args = {{"RUN", "run"}},
        .options = {{"requests-per-day", "N", "requests_per_day", "in production; needed"}},
        .help = RUN_HELP
        "\nFrom what the answers of the run cost, with 95 % intervals over its cases; a month is\n"
        "30.44 days. The difference to the baseline is taken case by case. The judge is not part\n"
        "of it. A model without a price is unpriced, never $0.",
        .example = "assayctl run project last --requests-per-day 20000",
        .print = print_project,
    },
    {
        .path = "row ls",
        .method = "row.list",
        .doc = "Rows of a run group: case, member, status, scores.",
        .args = {{"RUN", "run"}},
        .options = {{"status", "STATUS", "status", "only these: ok, timeout, judge_error, ..."},
                    {"model", "MODEL", "model", "only of this member"},
                    {"metric", "METRIC", "metric", "what --min and --max are about"},
                    {"min", "X", "min", "only with a score of at least this"},
                    {"max", "X", "max", "only with a score of at most this"},
                    {"limit", "N", "limit", "so many; 50 when not given"},
                    {"after", "KEY", "after", "the page after this one"}},
        .help = RUN_HELP,
        .example = "assayctl row ls last --model small --max 0.5",
        .print = print_row_list,
    },
    {
        .path = "row show",
        .method = "row.show",
        .doc = "A case: request, outputs, scores, judge, attempts.",
        .args = {{"RUN", "run"}, {.label = "CASE", .param = "case"}},
        .help = RUN_HELP,
        .example = "assayctl row show last ticket-0042",
        .print = print_row,
    },
    {
        .path = "row retry",
        .method = "row.retry",
        .doc = "Do a case's rows that failed again.",
        .args = {{"RUN", "run"}, {.label = "CASE", .param = "case"}},
        .options = {{"model", "MODEL", "model", "only of this member"},
                    {"sample", "N", "sample", "only this sample; 0 is the first"},
                    WHY_OPTION},
        .help = RUN_HELP "\nAs `run requeue` does, and rows that were refused or skipped too.",
        .example = "assayctl row retry last ticket-0042 --model small",
        .print = print_requeued,
    },
    {
        .path = "report",
        .method = "run.report",
        .doc = "A run group as HTML, Markdown, JUnit, CSV or JSON.",
        .args = {{"RUN", "run"}},
        .options = {{"format", "FORMAT", NULL, "text, json, jsonl, csv, md, junit or html"},
                    {"output", "FILE", NULL,
                     "write it there; the file is whole or as it was before"}},
        .help = "md fits a comment on a pull request; junit has a test case for each check of the\n"
                "gate; html is one file that needs no network; csv and jsonl have a record a row.\n"
                "In csv a text that a spreadsheet would take for a formula has ' before it.",
        .example = "assayctl report last --format html --output report.html\n"
                   "assayctl report 7 --format junit --output gate.xml",
        .print = print_run,
        .run = command_report,
    },
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
                    {"before", "MS", "before", "only times before this Unix time"}},
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
    {
        .path = "event ls",
        .method = "event.list",
        .doc = "What happened.",
        .options = {EVENT_FILTER,
                    {"limit", "N", "limit", "so many; 50 when not given"},
                    {"before", "ID", "before", "only events before this one"}},
        .help = EVENT_HELP,
        .example = "assayctl event ls --eval support-triage --kind gate_fail",
        .print = print_event_list,
    },
    {
        .path = "event watch",
        .method = "event.watch",
        .doc = "What happens, as it happens.",
        .options = {EVENT_FILTER,
                    {"after", "ID", "after", "first those after this one; 0: all that are kept"},
                    {"count", "N", NULL, "end after N events"}},
        .help = EVENT_HELP
        "\n"
        "It goes on when assayd is back from a restart, and misses nothing. With --json\n"
        "in a pipe each event is one line.",
        .example = "assayctl --json event watch | jq -r .text",
        .print = print_event,
        .run = command_event_watch,
    },
    {
        .path = "baseline set",
        .method = "baseline.set",
        .doc = "Pin what an eval is measured against.",
        .args = {{.label = "EVAL", .param = "eval"},
                 {.label = "RUN|MODEL|recorded", .param = "target"}},
        .options = {WHY_OPTION},
        .help =
            "RUN (a number, or last) is the reference that later runs are compared with, and is\n"
            "not pruned. MODEL, recorded or recorded:NAME is the baseline of runs that start\n"
            "from now on, in the place of the file's; the candidates are those of the file\n"
            "without it or, when none is left, the file's baseline.",
        .example = "assayctl baseline set support-triage 42 --why 'the release of March'\n"
                   "assayctl baseline set support-triage small-model",
        .print = print_baseline_set,
    },
    {
        .path = "baseline show",
        .method = "baseline.show",
        .doc = "What an eval is measured against, and who set it.",
        .args = {{.label = "EVAL", .param = "eval"}},
        .options = {{"limit", "N", "limit", "so many; 50 when not given"},
                    {"before", "ID", "before", "only pins before this one"}},
        .example = "assayctl baseline show support-triage",
        .print = print_baseline,
    },
    {
        .path = "journal stats",
        .method = "journal.stats",
        .doc = "What the journal holds, by model and outcome.",
        .help =
            "The journal keeps every call and what came back. Reused exchanges were paid for by\n"
            "another run. STORED is compressed.",
        .example = "assayctl journal stats",
        .print = print_journal_stats,
    },
    {
        .path = "journal verify",
        .method = "journal.verify",
        .doc = "Check that nothing in the journal was changed.",
        .options = {{"run", "RUN", "run", "only this one, or the word last"}},
        .help = "Each exchange's hash covers the one before it: what was changed, moved or taken\n"
                "out is named by run, case and member. Exit code 3 when there is such a thing.",
        .example = "assayctl journal verify",
        .print = print_journal_verified,
        .run = command_journal_verify,
    },
    {
        .path = "journal prune",
        .method = "journal.prune",
        .doc = "Take old runs out of the database.",
        .options = {{"older-than", "AGE", "older_than", "that ended so long ago: 30d, 12h"},
                    {"keep-last", "N", "keep_last", "but not the last N of each eval"},
                    {"dry-run", NULL, "dry_run", "only say what would go"},
                    WHY_OPTION},
        .help = "One of --older-than and --keep-last is needed. Runs go as a whole, with rows,\n"
                "exchanges and score sets; those with a tag or pinned as a reference stay, and\n"
                "datasets do. The space is used again, the file does not shrink.",
        .example = "assayctl journal prune --older-than 30d --keep-last 5 --dry-run",
        .print = print_journal_pruned,
    },
    {
        .path = "gate",
        .method = "verdict.show",
        .doc = "The gate's verdict, as text and as exit code.",
        .args = {{"RUN", "run"}},
        .help =
            RUN_HELP "\nExit codes: 0 passed, 2 failed, 3 the run failed, 5 undecided (also when\n"
                     "the budget stopped it), 65 it has not ended.",
        .example = "assayctl gate last",
        .print = print_verdict,
        .run = command_gate,
    },
    {.path = NULL},
};
