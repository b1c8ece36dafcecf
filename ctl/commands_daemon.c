/* Commands: assayd itself: status, configuration, the audit log, limits. */
#include "ctl/commands.h"

#include "ctl/print.h"
#include "ctl/run_commands.h"

const struct command commands_daemon[] = {
    {
        .path = "status",
        .method = "daemon.status",
        .doc = "What assayd has loaded and is doing.",
        .example = "assayctl status",
        .print = print_status,
    },
    {
        .path = "top",
        .method = "daemon.status",
        .doc = "Runs under way, and what plugins cost, live.",
        .options = {{"once", NULL, NULL, "one snapshot, as in a pipe"}},
        .help =
            "On a terminal it is drawn anew each second until q or Ctrl-C; plugins without a call\n"
            "are left out. Times are of one call in the worker; MEM KB is the most that a call\n"
            "used; KILLS counts the workers that the plugin ended.",
        .example = "assayctl top",
        .print = print_top,
        .run = command_top,
    },
    {
        .path = "check",
        .method = "daemon.check",
        .doc = "Read configuration and evals anew, as a dry run.",
        .help = "Nothing that is in force changes. Exit code 65 when there is a problem.",
        .example = "assayctl check",
        .print = print_check,
        .run = command_check,
    },
    {
        .path = "daemon reload",
        .method = "daemon.reload",
        .doc = "Put configuration and evals in force anew.",
        .options = {{"why", "TEXT", "why", "why, for the audit log"}},
        .help =
            "The whole of them or nothing: one problem anywhere, and all stays as it is (exit\n"
            "code 65; `check` tells the same and changes nothing). Says what changed, and which\n"
            "keys take a restart. Runs under way keep what they began with. For admins.",
        .example = "assayctl daemon reload --why 'a new candidate'",
        .print = print_reload,
        .run = command_check,
    },
    {
        .path = "daemon metrics",
        .method = "daemon.metrics",
        .doc = "Counts, sizes and times, for Prometheus.",
        .help =
            "docs/metrics.md says what each of them is. assayd opens no port: hand the page to\n"
            "node_exporter's textfile collector, or to what answers a scrape with a command.",
        .example = "assayctl daemon metrics",
        .print = print_metrics_page,
    },
    {
        .path = "daemon log",
        .method = "daemon.log",
        .doc = "Who changed what in runs and in assayd, and why.",
        .options = {LOG_OPTIONS},
        .example = "assayctl daemon log --limit 10",
        .print = print_log,
    },
    {
        .path = "daemon limits",
        .method = "daemon.limits",
        .doc = "What each provider account may be asked for.",
        .help =
            "All models with the same base_url and key share an account. NOW is how many calls in\n"
            "flight it may have at present, of MAX; PACE the calls a second that were given by "
            "rpm\n"
            "or found out by refusals; HELD how long nothing is sent yet; 429S counts refusals.",
        .example = "assayctl daemon limits",
        .print = print_limits,
    },
    {
        .path = "daemon limits set",
        .method = "daemon.limits_set",
        .doc = "Set a provider account's limits, at once.",
        .args = {{.label = "PROVIDER", .param = "provider"}},
        .options = {{"concurrency", "N", "concurrency", "calls in flight at most; 0 lifts it"},
                    {"rpm", "N", "rpm", "requests a minute; 0 lifts it"},
                    {"tpm", "N", "tpm", "tokens a minute; 0 lifts it"},
                    {"reset", NULL, "reset", "back to those of the configuration"},
                    {"why", "TEXT", "why", "why, for the audit log"}},
        .help = "PROVIDER is a name under providers: in the configuration. Runs under way keep to\n"
                "them at once. They hold after a restart too, until they are set again or reset.\n"
                "For admins; `daemon log` tells who set them and why.",
        .example = "assayctl daemon limits set openai --rpm 3000 --why 'tier 2 until Friday'",
        .print = print_limits_set,
    },
    {.path = NULL},
};
