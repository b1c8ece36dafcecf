/* Start: database, sandbox, transport, engine; then, on the loop, the probe of the jail, the
 * plugins, the evals, the runs to resume, and last the control socket, so that whoever can connect
 * finds everything in place. Stop is the same way back. */
#include "daemon/app.h"

#include "daemon/control/handlers.h"
#include "daemon/core/systemd.h"
#include "daemon/core/watch.h"
#include "daemon/engine/events.h"
#include "daemon/engine/journal_store.h"
#include "daemon/engine/live_limits.h"
#include "daemon/engine/promote.h"
#include "daemon/eval_news.h"
#include "daemon/reload.h"
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define STOP_POLL_MS 10
#define STOP_LIMIT_MS \
    10000 /* what is in flight is given up at once; the last commit may take some */
#define LOCK_WAIT_MS 2000
#define LOCK_POLL_MS 20

enum app_phase { APP_STARTING, APP_READY, APP_DRAINING, APP_STOPPING, APP_STOPPED };

struct app {
    struct loop *loop;
    struct systemd *systemd;
    struct config *config;
    bool is_jail_required;
    bool is_log_level_given;
    enum app_phase phase;
    int exit_code;
    int lock_fd;
    struct loop_signal *signals[3];
    struct watch *eval_watch;
    struct loop_timer *stop_poll;
    uint64_t drain_until_ms, drain_calls_ms; /* of the loop's clock; 0: no row is waited for */
    struct writer *writer;
    struct control_app control; /* holds db, engine, registry, sandbox, transport, evals */
};

static const char ready_status[] = "ready: runs evals and answers assayctl";

/* ---- stop ---- */

static void stop(struct app *app, int exit_code)
{
    if (app->phase >= APP_STOPPING)
        return;
    as_log_info("stopping: runs that are under way resume at the next start");
    systemd_stopping(app->systemd, "stopping", STOP_LIMIT_MS);
    app->phase = APP_STOPPING;
    app->exit_code = exit_code;
    control_server_free(app->control.server);
    app->control.server = NULL;
    if (app->control.engine) {
        inboxes_stop(app->control.inboxes);
        scheduler_stop(app->control.scheduler);
        notify_stop(app->control.notify);
        summaries_stop(app->control.summaries);
        engine_stop(app->control.engine);
    }
    loop_timer_start(app->stop_poll, 0);
}

/* assayctl is answered meanwhile; a run that it starts is stored, and begins at the next start. */
static void drain(struct app *app)
{
    uint32_t limit_ms = app->control.config->drain_ms;
    as_log_info("draining: no row begins; those under way have %u ms to end. A second signal stops "
                "at once",
                limit_ms);
    systemd_stopping(app->systemd, "draining: rows under way end", limit_ms + STOP_LIMIT_MS);
    app->phase = APP_DRAINING;
    app->drain_until_ms = loop_now_ms(app->loop) + limit_ms;
    app->drain_calls_ms = app->drain_until_ms - limit_ms / 2;
    scheduler_stop(app->control.scheduler);
    engine_drain(app->control.engine, ENGINE_DRAINS_ROWS);
    loop_timer_start(app->stop_poll, 0);
}

/* Rows that wait for others would take their calls to the limit with them, and what is on the wire
 * then is paid for twice. A reply that was kept is not. */
static void drain_calls(struct app *app)
{
    app->drain_calls_ms = 0;
    as_log_info(
        "draining: half of the time is over; calls on the wire end, no further one is sent, "
        "and %zu rows go on at the next start",
        engine_rows_to_end(app->control.engine));
    engine_drain(app->control.engine, ENGINE_DRAINS_CALLS);
}

static void look_at_drain(struct app *app)
{
    struct engine *engine = app->control.engine;
    bool is_drained = engine_is_drained(engine);
    if (!is_drained && app->drain_calls_ms && loop_now_ms(app->loop) >= app->drain_calls_ms)
        drain_calls(app);
    if (!is_drained && loop_now_ms(app->loop) < app->drain_until_ms) {
        loop_timer_start(app->stop_poll, STOP_POLL_MS);
        return;
    }
    if (is_drained)
        as_log_info("drained: nothing is under way");
    else
        as_log_warn("not drained within %u ms: %zu rows are given up, and done at the next start; "
                    "`shutdown.drain_ms` is the limit",
                    app->control.config->drain_ms, engine_rows_to_end(engine));
    stop(app, 0);
}

static void on_stop_poll(void *ctx)
{
    struct app *app = ctx;
    if (app->phase == APP_DRAINING) {
        look_at_drain(app);
        return;
    }
    if (app->control.engine &&
        (!engine_is_idle(app->control.engine) || !scheduler_is_idle(app->control.scheduler) ||
         !summaries_is_idle(app->control.summaries) || !inboxes_is_idle(app->control.inboxes) ||
         !notify_is_idle(app->control.notify))) {
        loop_timer_start(app->stop_poll, STOP_POLL_MS);
        return;
    }
    app->phase = APP_STOPPED;
    loop_stop(app->loop);
}

/* ---- configuration and evals, again ---- */

static void warn_of_lines(const char *text)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        as_log_warn("%.*s", (int)len, text);
        text += len + (text[len] == '\n');
    }
}

/* Everybody who goes by the evals hears of them. */
static void put_in_force(struct app *app)
{
    scheduler_set_evals(app->control.scheduler, app->control.evals);
    summaries_set_evals(app->control.summaries, app->control.evals);
    notify_set(app->control.notify, app->control.config, app->control.evals);
}

static void load_evals(struct app *app)
{
    struct eval_set *evals = NULL;
    struct as_err err = {0};
    if (eval_set_load(app->control.config, &evals, &err)) {
        as_log_err("%s; the evals that were loaded stay in force", err.msg);
        return;
    }
    for (size_t i = 0; i < evals->refusal_count; i++)
        warn_of_lines(evals->refusals[i].reason);
    as_log_info("evals: %zu in force, %zu refused", evals->eval_count, evals->refusal_count);
    if (app->phase == APP_READY)
        eval_news_tell(app->control.events, app->control.evals, evals);
    eval_set_unref(app->control.evals);
    app->control.evals = evals;
    if (app->phase == APP_READY)
        put_in_force(app);
}

static void on_evals_changed(void *ctx)
{
    struct app *app = ctx;
    if (app->phase == APP_READY)
        load_evals(app);
}

/* What is met at start is no news: it is in the lists. */
static void on_event(void *ctx, const struct event *event)
{
    struct app *app = ctx;
    if (app->phase == APP_READY)
        events_emit(app->control.events, event);
}

/* daemon.reload, and SIGHUP. */
static int reload(void *ctx, const struct actor *actor, struct as_json **ret_answer,
                  struct as_err *err)
{
    struct app *app = ctx;
    if (app->phase != APP_READY)
        return as_err_set(err, AS_ESTATE, "assayd is stopping: its next start reads the files");
    struct reload_scope scope = {&app->control, app->config, app->is_log_level_given};
    systemd_reloading(app->systemd);
    *ret_answer = reload_run(&scope, actor);
    systemd_ready(app->systemd, ready_status);
    return 0;
}

static void reload_by_signal(struct app *app)
{
    static const struct actor actor = {"SIGHUP", NULL};
    struct as_json *answer = NULL;
    struct as_err err = {0};
    if (!reload(app, &actor, &answer, &err))
        as_json_free(answer);
}

static void on_signal(void *ctx, int signum)
{
    struct app *app = ctx;
    bool is_worth_a_drain = app->phase == APP_READY && app->control.config->drain_ms &&
                            !engine_is_drained(app->control.engine);
    if (signum != SIGHUP && is_worth_a_drain)
        drain(app);
    else if (signum != SIGHUP)
        stop(app, 0);
    else
        reload_by_signal(app);
}

/* ---- start, on the loop ---- */

static void fail(struct app *app, const struct as_err *err)
{
    as_log_err("%s", err->msg);
    stop(app, as_err_exit_code(err->code));
}

/* One that systemd made is where its unit says; the configuration's is where assayctl looks. */
static void check_path(const struct app *app)
{
    const char *path = control_server_path(app->control.server);
    if (strcmp(path, app->config->socket_path) != 0)
        as_log_warn("systemd listens at %s, and `socket` in %s is %s: assayctl needs --socket %s",
                    path, app->config->path, app->config->socket_path, path);
}

static int open_control(struct app *app, struct as_err *err)
{
    int listen_fd = systemd_take_socket(app->systemd);
    struct control_options options = {
        .socket_path = app->config->socket_path,
        .listen_fd = listen_fd < 0 ? 0 : listen_fd,
        .roles = app->config->roles,
        .role_count = app->config->role_count,
        .routes = control_routes,
        .app = &app->control,
        .on_closed = control_on_closed,
    };
    return control_server_new(app->loop, &options, &app->control.server, err);
}

static void on_resumed(void *ctx, const struct as_err *refusal)
{
    struct app *app = ctx;
    struct as_err err = {0};
    (void)refusal; /* logged; the group waits for the next start */
    if (app->phase != APP_STARTING)
        return;
    if (open_control(app, &err)) {
        fail(app, &err);
        return;
    }
    app->phase = APP_READY;
    put_in_force(app);
    inboxes_set_config(app->control.inboxes, app->config);
    check_path(app);
    as_log_info("ready: version=%s socket=%s", ASSAY_VERSION,
                control_server_path(app->control.server));
    systemd_ready(app->systemd, ready_status);
}

static void on_pointers_mended(void *ctx)
{
    struct app *app = ctx;
    if (app->phase == APP_STARTING)
        engine_resume(app->control.engine, on_resumed, app);
}

/* Before any call is made: runs that are resumed keep to them too. */
static void on_limits_loaded(void *ctx)
{
    struct app *app = ctx;
    if (app->phase == APP_STARTING)
        promote_mend(app->control.db, app->config->promoted_dir, on_pointers_mended, app);
}

static void on_scanned(void *ctx)
{
    struct app *app = ctx;
    if (app->phase != APP_STARTING)
        return;
    load_evals(app);
    if (!app->control.evals) {
        struct as_err err = {0};
        as_err_set(&err, AS_EINVAL, "the folder of evals cannot be read: correct eval_dir in %s",
                   app->config->path);
        fail(app, &err);
        return;
    }
    app->eval_watch = watch_new(app->loop, app->config->eval_dir, on_evals_changed, app);
    live_limits_load(app->control.db, app->control.transport, on_limits_loaded, app);
}

static void on_probed(void *ctx, int rc, const char *what)
{
    struct app *app = ctx;
    struct as_err err = {0};
    if (app->phase != APP_STARTING)
        return;
    if (rc && app->is_jail_required) {
        as_err_set(&err, rc,
                   "the jail of plugin code does not hold (%s): assayd does not run without it",
                   what);
        fail(app, &err);
        return;
    }
    if (rc)
        as_log_warn("the jail of plugin code is not tested: %s", what);
    registry_scan(app->control.registry, on_scanned, app);
}

/* ---- start, at once ---- */

/* An assayd that was killed while it started a worker holds its locks until that child has become
 * the worker's program: who restarts it at once would find them taken. */
static int lock_patiently(int fd)
{
    int rc;
    for (int waited_ms = 0; (rc = flock(fd, LOCK_EX | LOCK_NB)) && waited_ms < LOCK_WAIT_MS;
         waited_ms += LOCK_POLL_MS)
        usleep(LOCK_POLL_MS * 1000);
    return rc;
}

static int make_state_dir(struct app *app, struct as_err *err)
{
    const char *dir = app->config->state_dir;
    if (mkdir(dir, 0700) && errno != EEXIST)
        return as_err_set(err, as_err_from_errno(errno), "%s: cannot make the state directory: %s",
                          dir, strerror(errno));
    char path[4096];
    snprintf(path, sizeof(path), "%s/assayd.lock", dir);
    app->lock_fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (app->lock_fd < 0)
        return as_err_set(err, as_err_from_errno(errno), "%s: %s", path, strerror(errno));
    if (lock_patiently(app->lock_fd))
        return as_err_set(err, AS_EBUSY, "%s: another assayd uses this state directory", dir);
    return 0;
}

static void on_run_progress(void *ctx, int64_t run)
{
    struct app *app = ctx;
    control_on_progress(&app->control, run);
}

static void on_run_ended(void *ctx, int64_t run)
{
    struct app *app = ctx;
    control_on_ended(&app->control, run);
    scheduler_run_ended(app->control.scheduler, run);
    summaries_look(app->control.summaries);
}

static void on_store_failed(void *ctx, const char *why)
{
    struct app *app = ctx;
    engine_store_failed(app->control.engine, why);
}

static int open_modules(struct app *app, const struct app_options *options, struct as_err *err)
{
    struct control_app *control = &app->control;
    char path[4096];
    snprintf(path, sizeof(path), "%s/assay.db", app->config->state_dir);
    int rc = db_open(app->loop, path, &control->db, err);
    if (rc)
        return rc;
    app->writer = writer_new(app->loop, control->db);
    control->journal = journal_store_new(control->db, app->writer);
    struct sandbox_options sandbox = {.worker_path = options->worker_path,
                                      .row_deadline_ms = app->config->row_deadline_ms,
                                      .load_deadline_ms = app->config->load_deadline_ms,
                                      .idle_ms = app->config->worker_idle_ms,
                                      .on_event = on_event,
                                      .ctx = app};
    struct transport_options transport = {.journal = journal_store_face(control->journal),
                                          .ca_file = app->config->ca_file};
    struct registry_options registry = {
        .directories = app->config->plugin_dirs, .on_event = on_event, .ctx = app};
    rc = sandbox_new(app->loop, &sandbox, &control->sandbox, err);
    if (!rc)
        rc = transport_new(app->loop, &transport, &control->transport, err);
    if (!rc)
        rc = registry_new(app->loop, control->sandbox, &registry, &control->registry, err);
    if (!rc)
        rc = notify_new(app->loop, control->db, app->config, &control->notify, err);
    if (rc)
        return rc;
    control->events = events_new(control->db);
    events_observe(control->events, control_on_event, control);
    notify_observe(control->notify, control->events);
    struct engine_options engine = {
        .loop = app->loop,
        .db = control->db,
        .events = control->events,
        .writer = app->writer,
        .sandbox = control->sandbox,
        .registry = control->registry,
        .transport = control->transport,
        .journal = journal_store_face(control->journal),
        .ctx = app,
        .on_progress = on_run_progress,
        .on_ended = on_run_ended,
    };
    engine.promoted_dir = control->promoted_dir = app->config->promoted_dir;
    control->engine = engine_new(&engine);
    control->summaries = summaries_new(control->db, control->events);
    struct scheduler_options scheduler = {app->loop, control->db, control->engine, control->events};
    control->scheduler = scheduler_new(&scheduler);
    struct inboxes_options inboxes = {app->loop, control->db, control->registry, control->sandbox,
                                      control->events};
    control->inboxes = inboxes_new(&inboxes);
    engine_set_config(control->engine, app->config);
    writer_watch(app->writer, on_store_failed, app);
    return 0;
}

static int watch_signals(struct app *app)
{
    static const int signums[] = {SIGTERM, SIGINT, SIGHUP};
    signal(SIGPIPE, SIG_IGN);
    signal(SIGIO, SIG_IGN); /* whoever opens a file in the moment in which inbox/folder.c asks */
    int rc = 0;
    for (size_t i = 0; i < AS_COUNT(signums) && !rc; i++)
        rc = loop_signal_new(app->loop, signums[i], on_signal, app, &app->signals[i]);
    return rc;
}

int app_new(struct loop *loop, const struct app_options *options, struct app **ret_app,
            struct as_err *err)
{
    struct app *app = as_xcalloc(1, sizeof(*app));
    app->loop = loop;
    app->config = config_ref(options->config);
    app->is_jail_required = options->is_jail_required;
    app->is_log_level_given = options->is_log_level_given;
    app->lock_fd = -1;
    app->control.reload = reload;
    app->control.reload_ctx = app;
    app->stop_poll = loop_timer_new(loop, on_stop_poll, app);
    app->control.loop = loop;
    app->control.config = config_ref(options->config);
    app->control.started_ms = clock_wall_ms();
    app->control.started_loop_ms = loop_now_ms(loop);
    int rc = systemd_new(loop, &app->systemd, err);
    if (!rc && (rc = watch_signals(app)))
        as_err_set(err, rc, "signals cannot be watched");
    if (!rc)
        rc = make_state_dir(app, err);
    if (!rc)
        rc = open_modules(app, options, err);
    if (rc) {
        app_free(app);
        return rc;
    }
    sandbox_probe(app->control.sandbox, on_probed, app);
    *ret_app = app;
    return 0;
}

int app_exit_code(const struct app *app)
{
    return app->exit_code;
}

void app_free(struct app *app)
{
    if (!app)
        return;
    struct control_app *control = &app->control;
    for (size_t i = 0; i < AS_COUNT(app->signals); i++)
        loop_signal_free(app->signals[i]);
    loop_timer_free(app->stop_poll);
    systemd_free(app->systemd);
    watch_free(app->eval_watch);
    inboxes_free(control->inboxes);
    scheduler_free(control->scheduler);
    summaries_free(control->summaries);
    notify_free(control->notify);
    engine_free(control->engine);
    transport_free(control->transport);
    registry_free(control->registry);
    sandbox_free(control->sandbox);
    journal_store_free(app->control.journal);
    writer_free(app->writer);
    events_free(control->events);
    db_close(control->db);
    eval_set_unref(control->evals);
    config_unref(control->config);
    config_unref(app->config);
    if (app->lock_fd >= 0)
        close(app->lock_fd);
    free(app);
}
