/* Commands: folders of traffic. */
#include "ctl/commands.h"

#include "ctl/print.h"

const struct command commands_inbox[] = {
    {
        .path = "inbox ls",
        .method = "inbox.list",
        .doc = "Inboxes, and what became of files in them.",
        .options = {{"inbox", "DATASET", "inbox", "only the inbox of this dataset"},
                    {"before", "ID", "before", "only files before this one"},
                    {"limit", "N", "limit", "how many files at most; 50 when not given"}},
        .help = "An inbox is a folder of assay.yaml (`inbox:`). Files that are complete are taken\n"
                "in once each, and their cases make a new version of its dataset. NEW cases were\n"
                "taken in, of KNOWN ones the dataset had the id, DROPPED were left out by the\n"
                "redactor, BAD are lines that are no case: the file's .reason, beside it in done/\n"
                "or bad/, names them.",
        .example = "assayctl inbox ls --inbox traffic",
        .print = print_inbox_list,
    },
    {.path = NULL},
};
