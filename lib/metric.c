/* The table of metrics; a page of samples, metric by metric; and the page of the documentation.
 *
 * A counter begins at 0 with the process, unless its text says otherwise: who reads them takes a
 * fall for a restart. */
#include "lib/metric.h"

#include <math.h>
#include <string.h>

enum metric_type { COUNTER, GAUGE, HISTOGRAM, SUMMARY };
static const char *const type_names[] = {"counter", "gauge", "histogram", "summary"};

struct metric_row {
    const char *name;
    enum metric_type type;
    const char *labels[METRIC_LABELS_MAX];
    const char *help;
};

static const struct metric_row table[METRIC_COUNT] = {
    [METRIC_BUILD_INFO] = {"assay_build_info",
                           GAUGE,
                           {"version"},
                           "Always 1; the version of assayd is the label."},
    [METRIC_START_TIME] = {"assay_start_time_seconds",
                           GAUGE,
                           {0},
                           "When assayd started, as Unix time."},
    [METRIC_UPTIME] = {"assay_uptime_seconds", GAUGE, {0}, "How long assayd has been up."},
    [METRIC_RESIDENT_MEMORY] = {"assay_resident_memory_bytes",
                                GAUGE,
                                {0},
                                "Resident memory of assayd, its workers not counted."},
    [METRIC_CONNECTIONS] = {"assay_connections",
                            GAUGE,
                            {0},
                            "Connections to the control socket that are open."},
    [METRIC_QUERIES_WAITING] = {"assay_queries_waiting",
                                GAUGE,
                                {0},
                                "Questions of clients that wait for a connection to the "
                                "database."},
    [METRIC_MODELS] = {"assay_models", GAUGE, {0}, "Models in the configuration."},
    [METRIC_EVALS] = {"assay_evals",
                      GAUGE,
                      {"state"},
                      "Eval files, by state: in_force or refused."},
    [METRIC_RUNS] = {"assay_runs", GAUGE, {"state"}, "Run groups in the database, by state."},
    [METRIC_ROWS] = {"assay_rows_total",
                     COUNTER,
                     {"status"},
                     "Rows that ended, by status; those of a replay too."},
    [METRIC_ROWS_UNDER_WAY] = {"assay_rows_under_way",
                               GAUGE,
                               {0},
                               "Rows that have begun and not ended."},
    [METRIC_SPENT] = {"assay_spent_dollars_total",
                      COUNTER,
                      {0},
                      "What rows that ended have cost, models and judge, as far as prices are "
                      "known; answers that were reused cost nothing."},
    [METRIC_UNPRICED_ROWS] = {"assay_unpriced_rows_total",
                              COUNTER,
                              {0},
                              "Rows that ended whose cost is not known: a model without a price, "
                              "or a reply without usage."},
    [METRIC_CALLS] = {"assay_calls_total",
                      COUNTER,
                      {"provider", "outcome"},
                      "HTTP requests to model APIs that are over, by outcome: ok, refused (429), "
                      "client_error, server_error, connect_failed, timeout, broken, too_large."},
    [METRIC_CALL_DURATION] = {"assay_call_duration_seconds",
                              HISTOGRAM,
                              {"provider"},
                              "From the start of a request to the last byte of its reply, of those "
                              "whose outcome is ok."},
    [METRIC_RETRIES] = {"assay_call_retries_total",
                        COUNTER,
                        {0},
                        "Requests that were another attempt at the same call."},
    [METRIC_GIVEN_UP] = {"assay_calls_given_up_total",
                         COUNTER,
                         {0},
                         "Calls that had failed at their last attempt."},
    [METRIC_CONNECTIONS_OPENED] = {"assay_connections_opened_total",
                                   COUNTER,
                                   {0},
                                   "TCP connections made to model APIs."},
    [METRIC_CALLS_HELD] = {"assay_calls_held",
                           GAUGE,
                           {0},
                           "Calls that wait because their run group is held."},
    [METRIC_REFUSALS] = {"assay_refusals_total",
                         COUNTER,
                         {"provider"},
                         "Replies of status 429, as the limiter of the provider's account counts "
                         "them."},
    [METRIC_PROVIDER_IN_FLIGHT] = {"assay_provider_calls_in_flight",
                                   GAUGE,
                                   {"provider"},
                                   "Calls on the wire."},
    [METRIC_PROVIDER_QUEUE] = {"assay_provider_queue_length",
                               GAUGE,
                               {"provider", "queue"},
                               "Calls that wait, by queue: turn (for a slot or the limiter) or "
                               "backoff (to be tried again)."},
    [METRIC_PROVIDER_WINDOW] = {"assay_provider_window_calls",
                                GAUGE,
                                {"provider"},
                                "Calls in flight that the limiter allows now."},
    [METRIC_PROVIDER_PACE] = {"assay_provider_pace_calls_per_second",
                              GAUGE,
                              {"provider"},
                              "The pace that the limiter was given or has found out; no series "
                              "while there is none."},
    [METRIC_PROVIDER_PAUSED] = {"assay_provider_paused_seconds",
                                GAUGE,
                                {"provider"},
                                "For how long nothing is sent yet."},
    [METRIC_PROVIDER_LIMIT] = {"assay_provider_limit",
                               GAUGE,
                               {"provider", "limit"},
                               "Limits in force, by limit: concurrency (calls), rpm (requests a "
                               "minute), tpm (tokens a minute); no series where there is none."},
    [METRIC_PLUGINS] = {"assay_plugins",
                        GAUGE,
                        {"state"},
                        "Plugin versions: live, retired (only runs under way use them), "
                        "quarantined; refused counts files; untold those without series of their "
                        "own."},
    [METRIC_PLUGIN_CALLS] = {"assay_plugin_calls_total",
                             COUNTER,
                             {"kind", "plugin"},
                             "Calls of a plugin version since it was loaded, whatever came of "
                             "them."},
    [METRIC_PLUGIN_ERRORS] = {"assay_plugin_errors_total",
                              COUNTER,
                              {"kind", "plugin"},
                              "Those of its calls that ended in an error."},
    [METRIC_PLUGIN_KILLS] = {"assay_plugin_kills_total",
                             COUNTER,
                             {"kind", "plugin"},
                             "Workers that it ended: over a limit, a forbidden call, a crash."},
    [METRIC_PLUGIN_CALL_DURATION] = {"assay_plugin_call_duration_seconds",
                                     SUMMARY,
                                     {"kind", "plugin"},
                                     "Time of a call in the worker, since the version was loaded; "
                                     "a quantile is up to 12.5 % too high."},
    [METRIC_PLUGIN_CPU] = {"assay_plugin_cpu_seconds_total",
                           COUNTER,
                           {"kind", "plugin"},
                           "Processor time of its workers."},
    [METRIC_PLUGIN_MEMORY] = {"assay_plugin_memory_bytes",
                              GAUGE,
                              {"kind", "plugin"},
                              "The most memory that one call has used."},
    [METRIC_PLUGIN_WORKERS] = {"assay_plugin_workers",
                               GAUGE,
                               {"kind", "plugin"},
                               "Its worker processes now."},
    [METRIC_PLUGIN_QUEUE] = {"assay_plugin_queue_length",
                             GAUGE,
                             {"kind", "plugin"},
                             "Its calls that wait or are worked on."},
    [METRIC_JOURNAL_EXCHANGES] = {"assay_journal_exchanges_total",
                                  COUNTER,
                                  {0},
                                  "Exchanges handed to the journal."},
    [METRIC_JOURNAL_BYTES] = {"assay_journal_bytes_total",
                              COUNTER,
                              {0},
                              "Their bytes before compression: request, headers and body of the "
                              "reply."},
    [METRIC_DATABASE_BYTES] = {"assay_database_bytes",
                               GAUGE,
                               {"file"},
                               "Size of the database by file: main, or wal (what is not yet moved "
                               "into main)."},
    [METRIC_SCHEDULE_TIMES] = {"assay_schedule_times",
                               GAUGE,
                               {"state"},
                               "Times of schedules in the database, by what became of them."},
    [METRIC_SCHEDULE_LATENESS] = {"assay_schedule_lateness_seconds",
                                  SUMMARY,
                                  {0},
                                  "How long after its time a scheduled run was started, over all "
                                  "times in the database; it has no quantiles."},
    [METRIC_EVENTS] =
        {"assay_events_total",
         COUNTER,
         {"kind"},
         "Events by kind, as `event ls` has them: gate_fail, drift, config_refused and "
         "others."},
    [METRIC_CONDITIONS_BAD] =
        {"assay_conditions_bad",
         GAUGE,
         {"condition"},
         "Conditions that are bad now, over all evals and files, by condition: "
         "gate, drift, reference, budget, error_rate, run, schedule, config, "
         "plugin, inbox, inbox_files (docs/alerts.md)."},
    [METRIC_DELIVERIES] =
        {"assay_deliveries_total",
         COUNTER,
         {"outcome"},
         "Notifications that are over, by outcome: delivered, failed (at the last "
         "try), dropped (its rule has gone)."},
    [METRIC_DELIVERY_RETRIES] = {"assay_delivery_retries_total",
                                 COUNTER,
                                 {0},
                                 "Tries of those that were not the first."},
    [METRIC_DELIVERIES_DUE] = {"assay_deliveries_due",
                               GAUGE,
                               {0},
                               "Notifications that wait or are under way; a number that stays is a "
                               "receiver that does not answer."},
    [METRIC_PROMOTIONS] =
        {"assay_promotions_in_force",
         GAUGE,
         {"by"},
         "Evals with a promoted model in force, by what it was put in force: gate, "
         "or override (against the evidence)."},
    [METRIC_INBOX_FILES] = {"assay_inbox_files_total",
                            COUNTER,
                            {"inbox", "outcome"},
                            "Files of an inbox, named by its dataset, by outcome: taken, or "
                            "refused (no case could be read)."},
    [METRIC_INBOX_CASES] = {"assay_inbox_cases_total",
                            COUNTER,
                            {"inbox", "outcome"},
                            "Cases in those files by outcome: new, known (its id was there), "
                            "dropped (by the redactor), or bad (a line that is no case)."},
    [METRIC_INBOX_WAITING] = {"assay_inbox_files_waiting",
                              GAUGE,
                              {"inbox"},
                              "Files that lie in an inbox: not taken in yet, or kept back."},
    [METRIC_INBOX_FAILED] = {"assay_inbox_failed",
                             GAUGE,
                             {"inbox"},
                             "1 while nothing can be taken in: no folder, no redactor, no room in "
                             "the database; else 0."},
};

/* Values are texts of others: names of plugins and of the configuration. */
static void add_label(struct as_buf *out, const char *name, const char *value)
{
    struct as_buf safe = {0};
    as_buf_add_utf8_safe(&safe, value, strlen(value));
    as_buf_addf(out, "%s=\"", name);
    for (size_t i = 0; i < safe.len; i++) {
        char c = safe.ptr[i];
        if (c == '\\' || c == '"')
            as_buf_addc(out, '\\');
        if (c == '\n')
            as_buf_adds(out, "\\n");
        else
            as_buf_addc(out, c);
    }
    as_buf_addc(out, '"');
    as_buf_done(&safe);
}

static void add_value(struct as_buf *out, double value)
{
    if (isnan(value))
        as_buf_adds(out, " NaN\n");
    else if (isinf(value))
        as_buf_adds(out, value > 0 ? " +Inf\n" : " -Inf\n");
    else
        as_buf_addf(out, " %.15g\n", value);
}

void metric_add_part(struct metric_page *page, enum metric metric, const char *const *labels,
                     const struct metric_part *part, double value)
{
    const struct metric_row *row = &table[metric];
    struct as_buf *out = &page->samples[metric];
    const char *before = "{";
    as_buf_addf(out, "%s%s", row->name, part->suffix);
    for (size_t i = 0; i < METRIC_LABELS_MAX && row->labels[i]; i++) {
        AS_ASSERT(labels && labels[i]);
        as_buf_adds(out, before);
        add_label(out, row->labels[i], labels[i]);
        before = ",";
    }
    if (part->extra) {
        as_buf_adds(out, before);
        add_label(out, part->extra, part->extra_value);
        before = ",";
    }
    if (*before == ',')
        as_buf_addc(out, '}');
    add_value(out, value);
}

void metric_add(struct metric_page *page, enum metric metric, const char *const *labels,
                double value)
{
    metric_add_part(page, metric, labels, &(struct metric_part){.suffix = ""}, value);
}

void metric_page_write(const struct metric_page *page, struct as_buf *out)
{
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        if (!page->samples[i].len)
            continue;
        as_buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", table[i].name, table[i].help,
                    table[i].name, type_names[table[i].type]);
        as_buf_add(out, page->samples[i].ptr, page->samples[i].len);
    }
}

void metric_page_done(struct metric_page *page)
{
    for (size_t i = 0; i < METRIC_COUNT; i++)
        as_buf_done(&page->samples[i]);
}

static const char docs_opening[] =
    "# Metrics\n\n"
    "`assayctl daemon metrics` prints them in the text format of Prometheus, version 0.0.4. assayd "
    "opens no port: let a\n"
    "timer hand them to node_exporter's textfile collector,\n"
    "\n"
    "    assayctl daemon metrics >/var/lib/node_exporter/assay.prom.new &&\n"
    "        mv /var/lib/node_exporter/assay.prom.new /var/lib/node_exporter/assay.prom\n"
    "\n"
    "or anything that answers a scrape with a command's output. Units are seconds, bytes and "
    "dollars. Counters begin at 0\n"
    "with assayd, those of a plugin with the version's load. A provider is named as in the "
    "configuration; providers that\n"
    "share an account (base_url and key) are one series under the first name. Plugins are "
    "NAME@VERSION; beyond the first\n"
    "200 they have no series of their own. What has no sample is left out.\n"
    "\n"
    "This page is printed from the program's own table (`scripts/docs`).\n\n"
    "| metric | type | labels | what it says |\n"
    "|---|---|---|---|\n";

void metric_write_docs(struct as_buf *out)
{
    as_buf_adds(out, docs_opening);
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        as_buf_addf(out, "| `%s` | %s |", table[i].name, type_names[table[i].type]);
        for (size_t j = 0; j < METRIC_LABELS_MAX && table[i].labels[j]; j++)
            as_buf_addf(out, "%s %s", j ? "," : "", table[i].labels[j]);
        as_buf_addf(out, " | %s |\n", table[i].help);
    }
}
