/* Commands: run groups, from start to comparison. */
#include "ctl/commands.h"

#include "ctl/print.h"
#include "ctl/run_commands.h"

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

const struct command commands_run[] = {
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
    {.path = NULL},
};
