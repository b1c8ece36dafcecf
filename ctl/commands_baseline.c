/* Commands: pinned references, and history against them. */
#include "ctl/commands.h"

#include "ctl/print.h"

const struct command commands_baseline[] = {
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
    {.path = NULL},
};
