/* Commands: what a run came to: rows, report, gate. */
#include "ctl/commands.h"

#include "ctl/print.h"
#include "ctl/run_commands.h"

const struct command commands_result[] = {
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
