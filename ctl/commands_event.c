/* Commands: what happened, and who is told. */
#include "ctl/commands.h"

#include "ctl/print.h"
#include "ctl/run_commands.h"

#define EVENT_FILTER                                                  \
    {"eval", "EVAL", "eval", "only of this eval"},                    \
    {                                                                 \
        "kind", "KIND", "kind", "only of this kind: gate_fail, drift" \
    }

#define EVENT_HELP                                                                          \
    "Kinds: run_started, run_ended, run_failed, gate_pass, gate_fail, gate_undecided,\n"    \
    "recovery, drift, drift_cause, not_comparable, budget_stop, error_rate,\n"              \
    "schedule_missed, schedule_failed, baseline_set, promoted, demoted,\n"                  \
    "model_id_changed, config_reloaded, config_refused, plugin_live, plugin_retired,\n"     \
    "plugin_refused, plugin_quarantined, inbox_taken, inbox_refused, inbox_failed, test.\n" \
    "An event marked over says that what its kind tells of holds no longer."

const struct command commands_event[] = {
    {
        .path = "event ls",
        .method = "event.list",
        .doc = "What happened.",
        .options = {EVENT_FILTER,
                    {"limit", "N", "limit", "so many; 50 when not given"},
                    {"before", "ID", "before", "only events before this one"}},
        .help = EVENT_HELP,
        .example = "assayctl event ls --eval support-triage --kind gate_fail",
        .print = print_event_list,
    },
    {
        .path = "event watch",
        .method = "event.watch",
        .doc = "What happens, as it happens.",
        .options = {EVENT_FILTER,
                    {"after", "ID", "after", "first those after this one; 0: all that are kept"},
                    {"count", "N", NULL, "end after N events"}},
        .help = EVENT_HELP
        "\n"
        "It goes on when assayd is back from a restart, and misses nothing. With --json\n"
        "in a pipe each event is one line.",
        .example = "assayctl --json event watch | jq -r .text",
        .print = print_event,
        .run = command_event_watch,
    },
    {
        .path = "notify ls",
        .method = "notify.list",
        .doc = "Who is told of what, and what was sent.",
        .options = {{"eval", "EVAL", "eval", "only of this eval, and of assay.yaml"},
                    {"limit", "N", "limit", "so many deliveries; 50 when not given"},
                    {"before", "ID", "before", "only deliveries before this one"}},
        .help = "People are told once when a condition changes, not for each run that meets it:\n"
                "TIMES counts those. A delivery that is due is sent again after a restart.",
        .example = "assayctl notify ls --eval support-triage",
        .print = print_notify_list,
    },
    {
        .path = "notify test",
        .method = "notify.test",
        .doc = "Does a notification arrive?",
        .args = {{.label = "EVAL", .param = "eval"}},
        .help =
            "Sends an event of kind test to every rule of the eval and of assay.yaml, once, and\n"
            "shows what came back. Exit code 3 when one was not delivered.",
        .example = "assayctl notify test support-triage",
        .print = print_notify_test,
        .run = command_notify_test,
    },
    {.path = NULL},
};
