/* daemon.metrics: what the modules count, as a page for a monitoring system. A few numbers come
 * from the database, by a reader; all others are in memory and cost nothing to have. */
#include "daemon/control/handlers.h"
#include "daemon/engine/journal_store.h"
#include "daemon/notify/change.h"
#include "daemon/store/overview.h"
#include "lib/metric.h"

#include <stdio.h>
#include <string.h>

#define PLUGINS_TOLD_MAX 200 /* with series of their own */

static void add_daemon(const struct control_app *app, struct metric_page *page)
{
    const struct eval_set *evals = app->evals;
    unsigned waiting = 0;
    for (const struct control_query *query = app->queries; query; query = query->next)
        waiting++;
    metric_add(page, METRIC_BUILD_INFO, METRIC_LABELS(ASSAY_VERSION), 1);
    metric_add(page, METRIC_START_TIME, NULL, (double)app->started_ms / 1000);
    metric_add(page, METRIC_UPTIME, NULL,
               (double)(loop_now_ms(app->loop) - app->started_loop_ms) / 1000);
    metric_add(page, METRIC_RESIDENT_MEMORY, NULL, (double)control_resident_bytes());
    metric_add(page, METRIC_CONNECTIONS, NULL, (double)control_connection_count(app->server));
    metric_add(page, METRIC_QUERIES_WAITING, NULL, waiting);
    metric_add(page, METRIC_MODELS, NULL, (double)app->config->model_count);
    metric_add(page, METRIC_EVALS, METRIC_LABELS("in_force"), (double)evals->eval_count);
    metric_add(page, METRIC_EVALS, METRIC_LABELS("refused"), (double)evals->refusal_count);
}

static void add_engine(const struct control_app *app, struct metric_page *page)
{
    const struct engine_totals *totals = engine_totals(app->engine);
    struct journal_tally journal = journal_store_tally(app->journal);
    for (int status = 0; status < ROW_STATUS_COUNT; status++)
        metric_add(page, METRIC_ROWS, METRIC_LABELS(row_status_name((enum row_status)status)),
                   (double)totals->rows[status]);
    metric_add(page, METRIC_ROWS_UNDER_WAY, NULL, (double)engine_rows_under_way(app->engine));
    metric_add(page, METRIC_SPENT, NULL, totals->spent_usd);
    metric_add(page, METRIC_UNPRICED_ROWS, NULL, (double)totals->unpriced_rows);
    metric_add(page, METRIC_JOURNAL_EXCHANGES, NULL, (double)journal.exchanges);
    metric_add(page, METRIC_JOURNAL_BYTES, NULL, (double)journal.bytes);
}

/* The two samples that histograms and summaries end with. */
static void add_sum_and_count(struct metric_page *page, enum metric metric,
                              const char *const *labels, double sum, double count)
{
    metric_add_part(page, metric, labels, &(struct metric_part){.suffix = "_sum"}, sum);
    metric_add_part(page, metric, labels, &(struct metric_part){.suffix = "_count"}, count);
}

/* ---- calls to model APIs ---- */

static void add_latency(struct metric_page *page, const char *const *labels,
                        const struct latency *latency)
{
    uint64_t count = 0;
    for (size_t i = 0; i <= LATENCY_CLASSES; i++) {
        char bound[32] = "+Inf";
        if (i < LATENCY_CLASSES)
            snprintf(bound, sizeof(bound), "%g", latency_bounds_s[i]);
        count += latency->counts[i];
        struct metric_part bucket = {"_bucket", "le", bound};
        metric_add_part(page, METRIC_CALL_DURATION, labels, &bucket, (double)count);
    }
    add_sum_and_count(page, METRIC_CALL_DURATION, labels, latency->sum_s, (double)count);
}

static void add_limit(struct metric_page *page, const char *name, const char *limit, uint32_t value)
{
    if (value)
        metric_add(page, METRIC_PROVIDER_LIMIT, METRIC_LABELS(name, limit), value);
}

/* Providers that share an account are one, under the first name. */
static void add_provider(void *ctx, const struct transport_provider *provider)
{
    struct metric_page *page = ctx;
    const char *name = provider->names[0];
    for (int end = 0; end < TRANSPORT_END_COUNT; end++)
        metric_add(page, METRIC_CALLS,
                   METRIC_LABELS(name, transport_end_name((enum transport_end)end)),
                   (double)provider->tally->ends[end]);
    add_latency(page, METRIC_LABELS(name), &provider->tally->latency);
    metric_add(page, METRIC_REFUSALS, METRIC_LABELS(name), (double)provider->refused);
    metric_add(page, METRIC_PROVIDER_IN_FLIGHT, METRIC_LABELS(name), provider->in_flight);
    metric_add(page, METRIC_PROVIDER_QUEUE, METRIC_LABELS(name, "turn"), provider->queued);
    metric_add(page, METRIC_PROVIDER_QUEUE, METRIC_LABELS(name, "backoff"), provider->backing_off);
    metric_add(page, METRIC_PROVIDER_WINDOW, METRIC_LABELS(name), provider->window);
    if (provider->calls_per_s > 0)
        metric_add(page, METRIC_PROVIDER_PACE, METRIC_LABELS(name), provider->calls_per_s);
    metric_add(page, METRIC_PROVIDER_PAUSED, METRIC_LABELS(name),
               (double)provider->throttled_ms / 1000);
    add_limit(page, name, "concurrency", provider->limits.concurrency);
    add_limit(page, name, "rpm", provider->limits.rpm);
    add_limit(page, name, "tpm", provider->limits.tpm);
}

static void add_transport(const struct control_app *app, struct metric_page *page)
{
    struct transport_stats stats = transport_stats_of(app->transport, 0);
    transport_providers_each(app->transport, add_provider, page);
    metric_add(page, METRIC_RETRIES, NULL, (double)stats.retried);
    metric_add(page, METRIC_GIVEN_UP, NULL, (double)stats.failed);
    metric_add(page, METRIC_CONNECTIONS_OPENED, NULL, (double)stats.connections_opened);
    metric_add(page, METRIC_CALLS_HELD, NULL, stats.held);
}

/* ---- plugins ---- */

struct plugin_sums {
    const struct sandbox *sandbox;
    struct metric_page *page;
    unsigned live, retired, quarantined, refused, told, untold;
};

static void add_plugin_times(struct metric_page *page, const char *const *labels,
                             const struct sandbox_stats *stats)
{
    struct metric_part median = {"", "quantile", "0.5"}, high = {"", "quantile", "0.99"};
    if (stats->timed) {
        metric_add_part(page, METRIC_PLUGIN_CALL_DURATION, labels, &median, stats->p50_us / 1e6);
        metric_add_part(page, METRIC_PLUGIN_CALL_DURATION, labels, &high, stats->p99_us / 1e6);
    }
    add_sum_and_count(page, METRIC_PLUGIN_CALL_DURATION, labels, (double)stats->total_us / 1e6,
                      (double)stats->timed);
}

static void add_series(struct metric_page *page, const struct plugin_version *version,
                       const struct sandbox_stats *stats)
{
    const char *const *labels = METRIC_LABELS(plugin_kind_name(version->kind), version->selector);
    metric_add(page, METRIC_PLUGIN_CALLS, labels, (double)stats->calls);
    metric_add(page, METRIC_PLUGIN_ERRORS, labels, (double)stats->errors);
    metric_add(page, METRIC_PLUGIN_KILLS, labels, (double)stats->kills);
    add_plugin_times(page, labels, stats);
    metric_add(page, METRIC_PLUGIN_CPU, labels, (double)stats->cpu_us / 1e6);
    metric_add(page, METRIC_PLUGIN_MEMORY, labels, (double)stats->memory_kb * 1024);
    metric_add(page, METRIC_PLUGIN_WORKERS, labels, stats->workers);
    metric_add(page, METRIC_PLUGIN_QUEUE, labels, stats->queued);
}

/* Two versions may share a selector while runs use the older bytes: live ones alone have series. */
static void add_plugin(void *ctx, const struct plugin_version *version)
{
    struct plugin_sums *sums = ctx;
    struct sandbox_stats stats;
    if (sandbox_stats_of(sums->sandbox, version->sandbox_id, &stats))
        return;
    if (stats.is_quarantined)
        sums->quarantined++;
    else
        *(version->state == PLUGIN_LIVE ? &sums->live : &sums->retired) += 1;
    if (version->state != PLUGIN_LIVE || sums->told == PLUGINS_TOLD_MAX) {
        sums->untold++;
        return;
    }
    sums->told++;
    add_series(sums->page, version, &stats);
}

static void count_refusal(void *ctx, const struct plugin_refusal *refusal)
{
    (void)refusal;
    ((struct plugin_sums *)ctx)->refused++;
}

static void add_plugins(const struct control_app *app, struct metric_page *page)
{
    struct plugin_sums sums = {.sandbox = app->sandbox, .page = page};
    registry_each(app->registry, add_plugin, &sums);
    registry_each_refusal(app->registry, count_refusal, &sums);
    metric_add(page, METRIC_PLUGINS, METRIC_LABELS("live"), sums.live);
    metric_add(page, METRIC_PLUGINS, METRIC_LABELS("retired"), sums.retired);
    metric_add(page, METRIC_PLUGINS, METRIC_LABELS("quarantined"), sums.quarantined);
    metric_add(page, METRIC_PLUGINS, METRIC_LABELS("refused"), sums.refused);
    metric_add(page, METRIC_PLUGINS, METRIC_LABELS("untold"), sums.untold);
}

/* ---- the database ---- */

static void add_overview(const struct store_overview *overview, struct metric_page *page)
{
    for (int state = 0; state < GROUP_STATE_COUNT; state++)
        metric_add(page, METRIC_RUNS, METRIC_LABELS(group_state_name((enum group_state)state)),
                   (double)overview->groups[state]);
    for (int state = 0; state < SCHEDULE_STATE_COUNT; state++)
        metric_add(page, METRIC_SCHEDULE_TIMES,
                   METRIC_LABELS(schedule_state_name((enum schedule_state)state)),
                   (double)overview->times[state]);
    add_sum_and_count(page, METRIC_SCHEDULE_LATENESS, NULL, overview->late_s,
                      (double)overview->started);
    metric_add(page, METRIC_DATABASE_BYTES, METRIC_LABELS("main"),
               (double)overview->database_bytes);
    metric_add(page, METRIC_DATABASE_BYTES, METRIC_LABELS("wal"), (double)overview->wal_bytes);
}

/* ---- events, and who is told of them ---- */

/* What the database says of them. */
struct news {
    struct alert_count *conditions;
    size_t condition_count;
    int64_t due;
    struct promotion_counts promotions;
};

static int64_t bad_of(const struct news *news, const char *condition)
{
    for (size_t i = 0; i < news->condition_count; i++)
        if (!strcmp(news->conditions[i].condition, condition))
            return news->conditions[i].bad;
    return 0;
}

static void add_news(const struct control_app *app, const struct news *news,
                     struct metric_page *page)
{
    const struct notify_tally *tally = notify_tally(app->notify);
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++)
        metric_add(page, METRIC_EVENTS, METRIC_LABELS(event_kind_name((enum event_kind)kind)),
                   (double)events_count(app->events, (enum event_kind)kind));
    for (int i = ALERT_NO_CONDITION + 1; i < ALERT_CONDITION_COUNT; i++) {
        const char *condition = alert_condition_name((enum alert_condition)i);
        metric_add(page, METRIC_CONDITIONS_BAD, METRIC_LABELS(condition),
                   (double)bad_of(news, condition));
    }
    for (int state = DELIVERY_DUE + 1; state < DELIVERY_STATE_COUNT; state++)
        metric_add(page, METRIC_DELIVERIES,
                   METRIC_LABELS(delivery_state_name((enum delivery_state)state)),
                   (double)tally->ended[state]);
    metric_add(page, METRIC_DELIVERY_RETRIES, NULL, (double)tally->retries);
    metric_add(page, METRIC_DELIVERIES_DUE, NULL, (double)news->due);
    metric_add(page, METRIC_PROMOTIONS, METRIC_LABELS("gate"), (double)news->promotions.by_gate);
    metric_add(page, METRIC_PROMOTIONS, METRIC_LABELS("override"),
               (double)news->promotions.by_override);
}

/* ---- inboxes ---- */

static void add_inbox(void *ctx, const struct inbox_view *view)
{
    struct metric_page *page = ctx;
    const struct inbox_counts *counts = view->counts;
    const char *name = view->rules->dataset;
    metric_add(page, METRIC_INBOX_FILES, METRIC_LABELS(name, "taken"), (double)counts->taken);
    metric_add(page, METRIC_INBOX_FILES, METRIC_LABELS(name, "refused"), (double)counts->refused);
    metric_add(page, METRIC_INBOX_CASES, METRIC_LABELS(name, "new"), (double)counts->good);
    metric_add(page, METRIC_INBOX_CASES, METRIC_LABELS(name, "known"), (double)counts->known);
    metric_add(page, METRIC_INBOX_CASES, METRIC_LABELS(name, "dropped"), (double)counts->dropped);
    metric_add(page, METRIC_INBOX_CASES, METRIC_LABELS(name, "bad"), (double)counts->bad);
    metric_add(page, METRIC_INBOX_WAITING, METRIC_LABELS(name), (double)view->waiting_count);
    metric_add(page, METRIC_INBOX_FAILED, METRIC_LABELS(name), view->trouble != NULL);
}

/* ---- the page ---- */

struct counts {
    struct store_overview overview;
    struct news news;
};

static int read_news(struct store *store, struct as_arena *arena, struct news *news)
{
    int rc = store_alerts_count(store, arena, &news->conditions, &news->condition_count);
    if (!rc)
        rc = store_deliveries_count_due(store, &news->due);
    return rc ? rc : store_promotions_count(store, &news->promotions);
}

static void read_counts(struct store *store, struct control_query *query)
{
    struct counts *counts = as_arena_alloc(&query->arena, sizeof(*counts));
    int rc = store_overview(store, &counts->overview);
    if (!rc)
        rc = read_news(store, &query->arena, &counts->news);
    if (rc)
        control_store_failed(store, query, rc, "the counts of runs and notifications");
    query->user = counts;
}

static void finish_metrics(struct control_query *query)
{
    const struct counts *counts = query->user;
    struct metric_page page = {0};
    struct as_buf text = {0};
    add_daemon(query->app, &page);
    add_engine(query->app, &page);
    add_transport(query->app, &page);
    add_plugins(query->app, &page);
    add_overview(&counts->overview, &page);
    add_news(query->app, &counts->news, &page);
    inboxes_each(query->app->inboxes, add_inbox, &page);
    metric_page_write(&page, &text);
    metric_page_done(&page);
    query->result = as_json_object();
    as_json_set_str(query->result, "content_type", METRIC_CONTENT_TYPE);
    as_json_set_take(query->result, "text", as_json_new_str(as_buf_str(&text)));
    as_buf_done(&text);
}

void handle_daemon_metrics(void *ctx, struct control_call *call)
{
    control_read(ctx, call, read_counts, finish_metrics);
}
