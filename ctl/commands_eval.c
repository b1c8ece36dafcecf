/* Commands: evals and their datasets. */
#include "ctl/commands.h"

#include "ctl/print.h"
#include "ctl/run_commands.h"

const struct command commands_eval[] = {
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
        .doc = "Make a dataset of some cases of a run.",
        .args = {{"RUN", "run"}, {.label = "NAME", .param = "name"}},
        .options = {{"where", "WHICH", "where", "failed, flipped or 'score<0.5'; needed"},
                    {"model", "MODEL", "model", "only what this member did"},
                    {"metric", "METRIC", "metric", "by this one, not the primary metric"},
                    {"to", "WHAT", "to", "of flipped only those to pass, or to fail"},
                    {"recorded", NULL, "recorded", "MODEL's answers are what the cases record"},
                    {"add", NULL, "add", "to the cases that NAME has already"}},
        .help = RUN_HELP
        "\nThe cases become a new version of NAME, each once, in the order of the run,\n"
        "with the run and the reason in metadata.from_runs. failed: a member's score is\n"
        "below the gate's pass_threshold, or the model itself failed. flipped: as in\n"
        "`run flips`. score takes <, <=, > and >=. --recorded keeps what MODEL answered with\n"
        "each case, for an eval with `baseline: recorded`: an anchor, say, whose answers are\n"
        "judged again and again. Exit code 65 when no case is one of those; then nothing is\n"
        "stored.",
        .example =
            "assayctl dataset from-run last regressions --where flipped --to fail\n"
            "assayctl dataset from-run last hard --where 'score<0.5' --model small --add\n"
            "assayctl dataset from-run last anchor --where 'score>=0' --model large --recorded",
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
    {.path = NULL},
};
