/* What assayd tells a monitoring system: one table of metrics, and a page of them in the text
 * format of Prometheus, version 0.0.4.
 *
 * The daemon fills a page from the table; `assayctl --dump metrics` prints docs/metrics.md of it,
 * so that a name which is printed is described. Base units alone: seconds, bytes, dollars. A metric
 * has few and bounded series: labels are names of the configuration, of plugins, or of closed
 * lists; never a run, a case or a text. A page is {0} at first; samples may come in any order, for
 * it keeps those of each metric together. */
#ifndef LIB_METRIC_H
#define LIB_METRIC_H

#include "lib/buf.h"

#define METRIC_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define METRIC_LABELS_MAX 2

enum metric {
    METRIC_BUILD_INFO,
    METRIC_START_TIME,
    METRIC_UPTIME,
    METRIC_RESIDENT_MEMORY,
    METRIC_CONNECTIONS,
    METRIC_QUERIES_WAITING,
    METRIC_MODELS,
    METRIC_EVALS,
    METRIC_RUNS,
    METRIC_ROWS,
    METRIC_ROWS_UNDER_WAY,
    METRIC_SPENT,
    METRIC_UNPRICED_ROWS,
    METRIC_CALLS,
    METRIC_CALL_DURATION,
    METRIC_RETRIES,
    METRIC_GIVEN_UP,
    METRIC_CONNECTIONS_OPENED,
    METRIC_CALLS_HELD,
    METRIC_REFUSALS,
    METRIC_PROVIDER_IN_FLIGHT,
    METRIC_PROVIDER_QUEUE,
    METRIC_PROVIDER_WINDOW,
    METRIC_PROVIDER_PACE,
    METRIC_PROVIDER_PAUSED,
    METRIC_PROVIDER_LIMIT,
    METRIC_PLUGINS,
    METRIC_PLUGIN_CALLS,
    METRIC_PLUGIN_ERRORS,
    METRIC_PLUGIN_KILLS,
    METRIC_PLUGIN_CALL_DURATION,
    METRIC_PLUGIN_CPU,
    METRIC_PLUGIN_MEMORY,
    METRIC_PLUGIN_WORKERS,
    METRIC_PLUGIN_QUEUE,
    METRIC_JOURNAL_EXCHANGES,
    METRIC_JOURNAL_BYTES,
    METRIC_DATABASE_BYTES,
    METRIC_SCHEDULE_TIMES,
    METRIC_SCHEDULE_LATENESS,
    METRIC_EVENTS,
    METRIC_CONDITIONS_BAD,
    METRIC_DELIVERIES,
    METRIC_DELIVERY_RETRIES,
    METRIC_DELIVERIES_DUE,
    METRIC_PROMOTIONS,
    METRIC_INBOX_FILES,
    METRIC_INBOX_CASES,
    METRIC_INBOX_WAITING,
    METRIC_INBOX_FAILED,
    METRIC_COUNT
};

struct metric_page {
    struct as_buf samples[METRIC_COUNT];
};

/* The values of the metric's labels, in the order of the table; NULL when it has none. */
#define METRIC_LABELS(...) ((const char *const[METRIC_LABELS_MAX]){__VA_ARGS__})
void metric_add(struct metric_page *page, enum metric metric, const char *const *labels,
                double value);
/* One of the samples of a summary or a histogram: suffix "_sum", "_count", "_bucket" or ""; extra
 * is one label more, `quantile` or `le`, NULL for none. */
struct metric_part {
    const char *suffix, *extra, *extra_value;
};
void metric_add_part(struct metric_page *page, enum metric metric, const char *const *labels,
                     const struct metric_part *part, double value);
/* Metrics that have samples, in the order of the table. */
void metric_page_write(const struct metric_page *page, struct as_buf *out);
void metric_page_done(struct metric_page *page);

/* docs/metrics.md, whole. */
void metric_write_docs(struct as_buf *out);

#endif
