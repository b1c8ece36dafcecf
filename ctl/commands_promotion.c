/* Commands: a model in force by a run's evidence. */
#include "ctl/commands.h"

#include "ctl/print.h"
#include "ctl/run_commands.h"

const struct command commands_promotion[] = {
    {
        .path = "promote",
        .method = "promotion.make",
        .doc = "Put a model in force, by the evidence of a run.",
        .args = {{.label = "EVAL", .param = "eval"}, {.label = "MODEL", .param = "model"}},
        .options = {{"run", "RUN", "run", "whose gate passed for it; needed"},
                    {"override", NULL, "override", "even against the evidence"},
                    {"reason", "TEXT", "reason", "of the override; every report since tells it"},
                    WHY_OPTION},
        .help = RUN_HELP
        "\nThe gate has to have passed for MODEL, and the run to be what a run that started now\n"
        "would be: dataset, plugins, models, judge, gate and cases. What differs is named.\n"
        "MODEL becomes the eval's baseline; deploy jobs read promoted/EVAL.json in the state\n"
        "directory. For admins. Exit codes when it is not promoted: 2 the gate failed, 5 it is\n"
        "undecided, 65 otherwise.",
        .example = "assayctl promote support-triage small --run last --why 'ticket 1234'\n"
                   "assayctl promote support-triage small --run 7 --override --reason 'outage'",
        .print = print_promoted,
        .run = command_promote,
    },
    {
        .path = "promotions",
        .method = "promotion.list",
        .doc = "Which model is in force, and which ones were.",
        .args = {{.label = "EVAL", .param = "eval"}},
        .options = {{"limit", "N", "limit", "so many; 50 when not given"},
                    {"before", "ID", "before", "only promotions before this one"}},
        .example = "assayctl promotions support-triage",
        .print = print_promotions,
    },
    {
        .path = "demote",
        .method = "promotion.demote",
        .doc = "Take a promotion back, to the one before.",
        .args = {{.label = "EVAL", .param = "eval"}},
        .options = {WHY_OPTION},
        .help = "The eval's baseline goes back too. Where no promotion was before, nothing is in\n"
                "force, and the file is gone. For admins.",
        .example = "assayctl demote support-triage --why 'complaints since noon'",
        .print = print_demoted,
    },
    {.path = NULL},
};
