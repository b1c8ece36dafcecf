/* Commands: pinned references, and history against them. */
#include "ctl/commands.h"

#include "ctl/print.h"

const struct command commands_baseline[] = {
    {
        .path = "history",
        .method = "run.history",
        .doc = "An eval's runs in a row, and drift of models.",
        .args = {{.label = "EVAL", .param = "eval"}},
        .options = {{"model", "MODEL", "model", "only this model"},
                    {"metric", "NAME", "metric", "not the primary one"},
                    {"last", "N", "last", "so many runs; 30 when not given"}},
        .help =
            "DIFF is against the run that `baseline set` pinned, case by case. A model drifts\n"
            "when its newest run differs from that one with p below 0.001; or when the CUSUM\n"
            "of the differences (slack 0.5, limit 5, from the first 20 runs on) is past its\n"
            "limit and the mean of the last 5 is 4 standard errors off that of the first 20.\n"
            "Whose a drift is, the model's or the judge's, is told by the anchor that the eval\n"
            "names (`drift: {anchor: EVAL}`): recorded answers that are judged again.",
        .example = "assayctl history support-triage --model small-model --last 10",
        .print = print_history,
    },
    {
        .path = "baseline set",
        .method = "baseline.set",
        .doc = "Pin what an eval is measured against.",
        .args = {{.label = "EVAL", .param = "eval"}, {.label = "RUN|MODEL", .param = "target"}},
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
    {.path = NULL},
};
