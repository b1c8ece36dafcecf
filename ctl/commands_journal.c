/* Commands: the journal. */
#include "ctl/commands.h"

#include "ctl/print.h"
#include "ctl/run_commands.h"

const struct command commands_journal[] = {
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
                "exchanges and score sets; those with a tag, pinned as a reference or promoted\n"
                "with stay, and datasets do. The space is used again, the file does not shrink.",
        .example = "assayctl journal prune --older-than 30d --keep-last 5 --dry-run",
        .print = print_journal_pruned,
    },
    {.path = NULL},
};
