/* Commands: a model in force by a run's evidence, and that evidence as a file. */
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
        "would be: dataset, plugins, models, judge, gate and cases; and no newer run of the same\n"
        "may have failed. What speaks against it is named.\n"
        "MODEL becomes the eval's baseline; deploy jobs read EVAL.json in `promoted_dir` of the\n"
        "configuration. For admins. Exit codes when it is not promoted: 2 the gate failed, 5 it "
        "is\n"
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
    {
        .path = "dossier",
        .method = "run.dossier",
        .doc = "A run's decision as one file of evidence.",
        .args = {{"RUN", "run"}},
        .options = {{"output", "FILE", NULL, "where to; standard output when not given"}},
        .help = RUN_HELP
        "\nOf a run that has ended: pins, dataset, verdict with its checks, statistics,\n"
        "promotions and overrides with author and reason, the audit log on the run, and where\n"
        "the journal's hash chain ends; canonical JSON with a hash of each part and of all.",
        .example = "assayctl dossier last --output decision.json",
        .run = command_dossier,
    },
    {
        .path = "dossier verify",
        .doc = "Check a dossier; needs no assayd.",
        .args = {{.label = "FILE"}},
        .options = {{"daemon", NULL, NULL, "compare it with the daemon's journal too"}},
        .help =
            "Any changed byte is noticed, and most often the part that it is in. Outcomes have to\n"
            "follow from their checks, counts to add up, parts to speak of one run. It is no\n"
            "signature: who can write the file can make new hashes, so keep the sha256 elsewhere.\n"
            "Exit code 3 when it does not hold.",
        .example = "assayctl dossier verify decision.json",
        .print = print_dossier_verified,
        .run = command_dossier_verify,
    },
    {.path = NULL},
};
