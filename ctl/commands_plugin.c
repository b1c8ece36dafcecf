/* Commands: plugins. */
#include "ctl/commands.h"

#include "ctl/print.h"
#include "ctl/run_commands.h"

const struct command commands_plugin[] = {
    {
        .path = "plugin ls",
        .method = "plugin.list",
        .doc = "The plugins in force, and files that were refused.",
        .options = {{"kind", "KIND", "kind", "only scorer, rubric, provider or redactor"}},
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
            "KIND is scorer, rubric, provider or redactor. What is written passes `plugin check`. "
            "A file\n"
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
    {.path = NULL},
};
