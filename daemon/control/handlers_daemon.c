/* daemon.*: what assayd is doing, and the dry run of its configuration. */
#include "daemon/control/handlers.h"
#include "daemon/engine/names.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct counts {
    int64_t live, refused;
};

static void count_version(void *ctx, const struct plugin_version *version)
{
    ((struct counts *)ctx)->live += version->state == PLUGIN_LIVE;
}

static void count_refusal(void *ctx, const struct plugin_refusal *refusal)
{
    (void)refusal;
    ((struct counts *)ctx)->refused++;
}

static void count_workers(void *ctx, const struct plugin_version *version)
{
    struct {
        const struct sandbox *sandbox;
        int64_t workers;
    } *sum = ctx;
    struct sandbox_stats stats;
    if (!sandbox_stats_of(sum->sandbox, version->sandbox_id, &stats))
        sum->workers += stats.workers;
}

int64_t control_resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    long total = 0, resident = 0;
    if (!file)
        return 0;
    int got = fscanf(file, "%ld %ld", &total, &resident);
    fclose(file);
    return got == 2 ? (int64_t)resident * sysconf(_SC_PAGESIZE) : 0;
}

static void add_live_runs(struct store *store, struct control_query *query)
{
    struct group_record *groups = NULL;
    size_t count = 0;
    int rc = store_groups_unfinished(store, &query->arena, &groups, &count);
    if (rc) {
        control_store_failed(store, query, rc, "the list of runs");
        return;
    }
    struct as_json *runs = as_json_array();
    for (size_t i = 0; i < count; i++) {
        struct as_json *run = as_json_object();
        as_json_set_int(run, "run", groups[i].id);
        as_json_set_str(run, "eval", groups[i].eval_name);
        as_json_push_take(runs, run);
    }
    query->result = as_json_object();
    as_json_set_take(query->result, "runs", runs);
}

static void add_progress(const struct engine *engine, struct as_json *runs)
{
    for (size_t i = 0; i < as_json_len(runs); i++) {
        struct as_json *run = as_json_at(runs, i);
        struct run_progress progress;
        if (engine_progress(engine, as_json_get_int(run, "run", 0), &progress))
            continue;
        as_json_set_str(run, "state", group_state_name(progress.state));
        as_json_set_int(run, "done", progress.done);
        as_json_set_int(run, "total", progress.total);
        as_json_set_int(run, "in_flight", progress.in_flight);
        as_json_set_num(run, "cost_usd", progress.cost_usd);
        as_json_set_num(run, "rows_per_s", progress.rows_per_s);
        as_json_set_num(run, "eta_s", progress.eta_s);
        as_json_set_str(run, "error", progress.error[0] ? progress.error : NULL);
    }
}

static void finish_status(struct control_query *query)
{
    struct control_app *app = query->app;
    struct as_json *json = query->result;
    struct counts counts = {0, 0};
    struct {
        const struct sandbox *sandbox;
        int64_t workers;
    } sum = {app->sandbox, 0};
    registry_each(app->registry, count_version, &counts);
    registry_each(app->registry, count_workers, &sum);
    registry_each_refusal(app->registry, count_refusal, &counts);
    as_json_set_str(json, "version", ASSAY_VERSION);
    as_json_set_int(json, "pid", getpid());
    as_json_set_int(json, "started_ms", app->started_ms);
    as_json_set_bool(json, "stopping", engine_is_draining(app->engine));
    as_json_set_str(json, "config", app->config->path);
    as_json_set_str(json, "socket", control_server_path(app->server));
    as_json_set_str(json, "state_dir", app->config->state_dir);
    as_json_set_str(json, "promoted_dir", app->config->promoted_dir);
    as_json_set_int(json, "models", (int64_t)app->config->model_count);
    as_json_set_int(json, "evals", (int64_t)app->evals->eval_count);
    as_json_set_int(json, "evals_refused", (int64_t)app->evals->refusal_count);
    as_json_set_int(json, "plugins", counts.live);
    as_json_set_int(json, "plugins_refused", counts.refused);
    as_json_set_int(json, "workers", sum.workers);
    as_json_set_int(json, "connections", (int64_t)control_connection_count(app->server));
    as_json_set_int(json, "rss_bytes", control_resident_bytes());
    add_progress(app->engine, as_json_get(json, "runs"));
}

void handle_daemon_status(void *ctx, struct control_call *call)
{
    control_read(ctx, call, add_live_runs, finish_status);
}
