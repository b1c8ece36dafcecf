/* What the control methods do: the handlers of lib/proto's table, over engine, registry, config and
 * store.
 *
 * Handlers run on the loop and answer now or later. What needs the database goes through a
 * control_query: its work builds the result on a pool thread, its answer is sent on the loop.
 * struct control_app is owned by daemon/app.c, which fills it in. */
#ifndef DAEMON_CONTROL_HANDLERS_H
#define DAEMON_CONTROL_HANDLERS_H

#include "daemon/control/server.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/events.h"
#include "daemon/engine/summaries.h"
#include "daemon/inbox/inbox.h"
#include "daemon/notify/notify.h"
#include "daemon/schedule/scheduler.h"
#include "daemon/store/promotions.h"

#define CONTROL_PAGE_DEFAULT 50
#define CONTROL_PAGE_MAX 1000

struct journal_store;
struct control_watch;
struct control_event_watch;
struct control_import;
struct control_rescore;

struct control_app {
    struct loop *loop;
    struct db *db;
    struct events *events;
    struct summaries *summaries;
    struct engine *engine;
    struct scheduler *scheduler;
    struct inboxes *inboxes;
    struct notify *notify;
    struct registry *registry;
    struct sandbox *sandbox;
    struct transport *transport;
    struct journal_store *journal;
    struct config *config;  /* in force; a reload swaps it */
    struct eval_set *evals; /* likewise */
    struct control_server *server;
    int64_t started_ms; /* wall clock */
    uint64_t started_loop_ms;
    const char *promoted_dir; /* of the configuration that assayd was started with */
    struct control_watch *watches;
    struct control_event_watch *event_watches;
    struct control_import *imports;
    struct control_rescore *rescores;
    int64_t next_import;
    /* daemon.reload, by app.c. *ret_answer is that of the method. AS_ESTATE: not now. */
    int (*reload)(void *ctx, const struct actor *actor, struct as_json **ret_answer,
                  struct as_err *err);
    void *reload_ctx;
    struct control_query *queries; /* that wait for a reader, the oldest first */
    unsigned queries_running;
    uid_t last_query_uid;
};

extern const struct control_route control_routes[];

/* The engine's observers: they pass on to the watching connections. ctx is the control_app. */
void control_on_progress(void *ctx, int64_t run);
void control_on_ended(void *ctx, int64_t run);
/* The bus's, likewise. */
void control_on_event(void *ctx, const struct event *event);
/* For control_options.on_closed: forgets watches, drops imports, cancels re-scorings. */
void control_on_closed(void *app, uint64_t connection);

/* ---- private to daemon/control: queries ---- */

struct control_query {
    struct control_query *next; /* of those that wait */
    struct control_app *app;
    struct control_call *call;
    struct eval_set *evals; /* a reference: those that were in force when it was asked */
    struct as_json *result; /* set by work; NULL stands for {} */
    int rc;                 /* set by work with err */
    struct as_err err;
    struct as_arena arena; /* gone after the answer */
    void *user;            /* from work to finish; in the arena */
    /* on the loop, before the answer; NULL = nothing more to do */
    void (*finish)(struct control_query *query);
    void (*work)(struct store *store, struct control_query *query);
};
typedef void (*control_query_fn)(struct store *store, struct control_query *query);

void control_read(struct control_app *app, struct control_call *call, control_query_fn work,
                  void (*finish)(struct control_query *query));
/* The same on the writing connection. */
void control_write(struct control_app *app, struct control_call *call, control_query_fn work,
                   void (*finish)(struct control_query *query));
/* For work: the store's failure as the query's answer. what is a sentence's beginning: "run 7". */
void control_store_failed(struct store *store, struct control_query *query, int rc,
                          const char *what);

/* Configuration and evals as the files have them now, of which nothing is in force. First the
 * configuration, which may be amended before the evals are read by it. */
struct control_reading {
    struct config *config;    /* NULL: it has problems */
    struct eval_set *evals;   /* NULL: not read */
    struct as_json *problems; /* an array of "file:line:column: ..."; empty: all is well */
};
void control_read_config(const struct control_app *app, struct control_reading *ret_reading);
void control_read_evals(const struct control_app *app, struct control_reading *reading);
void control_reading_done(struct control_reading *reading);

/* The eval that the call names; NULL: the call was answered with why not. */
const struct eval_def *control_eval_of(struct control_app *app, struct control_call *call);
/* What its gate leaves open, for people: a new array of sentences. */
struct as_json *control_eval_warnings(const struct eval_def *eval);
/* For work: what keeps the anchor that the eval names, or is, from telling whose a drift is. */
void control_add_anchor_warnings(struct store *store, struct control_query *query,
                                 const struct eval_def *eval, struct as_json *warnings);
uint32_t control_limit(const struct control_call *call);
/* Who calls, as records name him: "uid 1000". */
#define CONTROL_WHO_BYTES 32
void control_who(const struct control_call *call, char ret_who[CONTROL_WHO_BYTES]);
/* An engine_started_fn; ctx is the call, which it answers with the run's number. */
void control_run_started(void *call, int64_t run, const struct as_err *err);
/* Resident memory of this process, from /proc; 0 where there is none. */
int64_t control_resident_bytes(void);
/* A group as run.show tells of it. Where it is told in one line, with what stands around it, it is
 * fitted into CONTROL_RUN_MAX_BYTES (report/result_fit.h). */
#define CONTROL_RUN_MAX_BYTES (PROTO_LINE_MAX_BYTES - (64u << 10))
struct as_json *control_run_json(struct store *store, const struct group_record *group);
/* `overrides`, the sentences that a report on the run has to shout; nothing where there are none.
 */
void control_set_overrides(struct store *store, const struct group_record *group,
                           struct as_json *json);
/* As run.log and promotion.list tell of them. */
struct as_json *control_entry_json(const struct audit_entry *entry);
struct as_json *control_promotion_json(const struct promotion *promotion);
void control_set_hash(struct as_json *json, const char *key, const struct as_sha256 *hash);
void control_set_time(struct as_json *json, const char *key, int64_t ms); /* 0 gives null */
/* A model's or a judge's text, cut where it is longer than an answer should have of one. */
#define CONTROL_TEXT_SHOWN_BYTES (32u << 10)
struct as_json *control_shown_text(struct control_query *query, struct as_str text);

/* The `journal` and `max_age` of a call that has one of them. AS_EINVAL. */
int control_journal_rules(const struct as_json *params, struct journal_rules *ret_rules,
                          struct as_err *err) AS_MUST_USE;
/* For work: `journal` of run.show, out of the group's pins and rows. */
int control_set_journal(struct store *store, struct control_query *query, int64_t run,
                        const struct as_json *pins, struct as_json *json) AS_MUST_USE;

void handle_daemon_status(void *app, struct control_call *call);
void handle_daemon_metrics(void *app, struct control_call *call);
void handle_daemon_check(void *app, struct control_call *call);
void handle_daemon_reload(void *app, struct control_call *call);
void handle_daemon_log(void *app, struct control_call *call);
void handle_daemon_limits(void *app, struct control_call *call);
void handle_daemon_limits_set(void *app, struct control_call *call);
void handle_plugin_list(void *app, struct control_call *call);
void handle_plugin_show(void *app, struct control_call *call);
void handle_plugin_versions(void *app, struct control_call *call);
void handle_plugin_check(void *app, struct control_call *call);
void handle_plugin_test(void *app, struct control_call *call);
void handle_eval_list(void *app, struct control_call *call);
void handle_eval_show(void *app, struct control_call *call);
void handle_dataset_import_begin(void *app, struct control_call *call);
void handle_dataset_import_chunk(void *app, struct control_call *call);
void handle_dataset_import_end(void *app, struct control_call *call);
void handle_dataset_import_abort(void *app, struct control_call *call);
void handle_dataset_from_run(void *app, struct control_call *call);
void handle_dataset_list(void *app, struct control_call *call);
void handle_dataset_show(void *app, struct control_call *call);
void handle_run_start(void *app, struct control_call *call);
void handle_run_plan(void *app, struct control_call *call);
void handle_run_list(void *app, struct control_call *call);
void handle_run_show(void *app, struct control_call *call);
void handle_run_watch(void *app, struct control_call *call);
void handle_run_steer(void *app, struct control_call *call);
void handle_run_inflight(void *app, struct control_call *call);
void handle_run_why(void *app, struct control_call *call);
void handle_run_requeue(void *app, struct control_call *call);
void handle_run_log(void *app, struct control_call *call);
void handle_run_flips(void *app, struct control_call *call);
void handle_run_report(void *app, struct control_call *call);
void handle_run_compare(void *app, struct control_call *call);
void handle_run_replay(void *app, struct control_call *call);
void handle_run_replay_check(void *app, struct control_call *call);
void handle_run_rescore(void *app, struct control_call *call);
void handle_run_scores(void *app, struct control_call *call);
void handle_run_drop_scores(void *app, struct control_call *call);
void handle_plugin_shadow(void *app, struct control_call *call);
void handle_run_rank(void *app, struct control_call *call);
void handle_run_project(void *app, struct control_call *call);
void handle_row_list(void *app, struct control_call *call);
void handle_row_retry(void *app, struct control_call *call);
void handle_row_show(void *app, struct control_call *call);
void handle_schedule_list(void *app, struct control_call *call);
void handle_schedule_history(void *app, struct control_call *call);
void handle_schedule_switch(void *app, struct control_call *call);
void handle_schedule_trigger(void *app, struct control_call *call);
void handle_event_list(void *app, struct control_call *call);
void handle_event_watch(void *app, struct control_call *call);
void handle_run_history(void *app, struct control_call *call);
void handle_notify_list(void *app, struct control_call *call);
void handle_notify_test(void *app, struct control_call *call);
void handle_baseline_set(void *app, struct control_call *call);
void handle_baseline_show(void *app, struct control_call *call);
void handle_inbox_list(void *app, struct control_call *call);
void handle_run_dossier(void *app, struct control_call *call);
void handle_promotion_make(void *app, struct control_call *call);
void handle_promotion_list(void *app, struct control_call *call);
void handle_promotion_demote(void *app, struct control_call *call);
void handle_journal_stats(void *app, struct control_call *call);
void handle_journal_verify(void *app, struct control_call *call);
void handle_journal_prune(void *app, struct control_call *call);
void handle_verdict_show(void *app, struct control_call *call);

void control_drop_imports(struct control_app *app, uint64_t connection);
void control_cancel_rescores(struct control_app *app, uint64_t connection);
void control_drop_event_watches(struct control_app *app, uint64_t connection);
/* For run.show, in its work: how the run compares with the one that is pinned for its eval. */
void control_set_reference(struct store *store, struct control_query *query, int64_t run);
/* For run.show: the run's score sets, in its work; what is being re-scored of it, on the loop. */
void control_set_score_sets(struct store *store, struct control_query *query, int64_t run);
void control_set_rescoring(struct control_query *query, int64_t run);

#endif
