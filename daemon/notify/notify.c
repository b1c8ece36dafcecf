/* Two steps that never overlap with themselves: deciding, in the writer's queue, and fetching what
 * is due, for as many couriers as there is room for. */
#include "daemon/notify/notify.h"

#include "daemon/notify/deliver.h"
#include "lib/log.h"

#include <stdlib.h>

struct live {
    struct live *next;
    struct notify *notify;
    struct courier *courier;
};

struct test {
    struct test *next;
    int64_t event_id;
    size_t left; /* deliveries that have not ended */
    notify_tested_fn done;
    void *ctx;
};

struct notify {
    struct loop *loop;
    struct db *db;
    struct poster *poster;
    struct notify_sources sources;
    struct live *live;
    struct test *tests;
    size_t live_count;
    size_t working;   /* pieces of work in the pool */
    int64_t taken_id; /* deliveries up to here were taken in this life */
    bool is_ready;    /* notify_set was called */
    bool is_deciding, is_decision_wanted;
    bool is_fetching, is_fetch_wanted;
    bool is_stopping;
};

static void fetch(struct notify *notify);

/* ---- deciding ---- */

struct decision {
    struct notify *notify;
    struct notify_sources sources;
    int64_t now_ms;
};

static void decide_work(struct store *store, void *ctx)
{
    struct decision *decision = ctx;
    notify_decide(store, &decision->sources, decision->now_ms);
}

static void decide(struct notify *notify);

static void decide_done(void *ctx)
{
    struct decision *decision = ctx;
    struct notify *notify = decision->notify;
    config_unref(decision->sources.config);
    eval_set_unref(decision->sources.evals);
    free(decision);
    notify->is_deciding = false;
    notify->working--;
    if (notify->is_decision_wanted)
        decide(notify);
    fetch(notify);
}

static void decide(struct notify *notify)
{
    notify->is_decision_wanted = notify->is_deciding;
    if (notify->is_deciding || notify->is_stopping || !notify->is_ready)
        return;
    struct decision *decision = as_xcalloc(1, sizeof(*decision));
    decision->notify = notify;
    decision->sources.config = config_ref(notify->sources.config);
    if (notify->sources.evals)
        decision->sources.evals = eval_set_ref(notify->sources.evals);
    decision->now_ms = clock_wall_ms();
    notify->is_deciding = true;
    notify->working++;
    db_write(notify->db, decide_work, decide_done, decision);
}

void notify_on_event(void *ctx, const struct event *event)
{
    (void)event;
    decide(ctx);
}

/* ---- delivering ---- */

struct ending {
    struct notify *notify;
    struct delivery delivery;
    struct as_arena arena;
};

static void end_work(struct store *store, void *ctx)
{
    struct ending *ending = ctx;
    if (store_delivery_end(store, &ending->delivery))
        as_log_err("the end of delivery %lld could not be stored, so it is made again at the next "
                   "start: %s",
                   (long long)ending->delivery.id, store_error(store));
}

static void tell_test(struct notify *notify, int64_t event_id)
{
    struct test **at = &notify->tests;
    while (*at && (*at)->event_id != event_id)
        at = &(*at)->next;
    struct test *test = *at;
    if (!test || --test->left)
        return;
    *at = test->next;
    test->done(test->ctx, event_id, NULL);
    free(test);
}

static void end_done(void *ctx)
{
    struct ending *ending = ctx;
    struct notify *notify = ending->notify;
    notify->working--;
    tell_test(notify, ending->delivery.event_id);
    as_arena_done(&ending->arena);
    free(ending);
}

static void drop_live(struct live *live)
{
    struct live **at = &live->notify->live;
    while (*at != live)
        at = &(*at)->next;
    *at = live->next;
    live->notify->live_count--;
    free(live);
}

static void on_delivered(void *ctx, const struct delivery *delivery)
{
    struct live *live = ctx;
    struct notify *notify = live->notify;
    struct ending *ending = as_xcalloc(1, sizeof(*ending));
    ending->notify = notify;
    ending->delivery = (struct delivery){
        .id = delivery->id,
        .event_id = delivery->event_id,
        .state = delivery->state,
        .tries = delivery->tries,
        .ended_ms = delivery->ended_ms,
        .outcome = as_arena_strdup(&ending->arena, delivery->outcome),
    };
    notify->working++;
    db_write(notify->db, end_work, end_done, ending);
    drop_live(live);
    fetch(notify);
}

static void deliver(struct notify *notify, const struct delivery *delivery)
{
    struct live *live = as_xcalloc(1, sizeof(*live));
    struct courier_options options = {
        .loop = notify->loop,
        .poster = notify->poster,
        .config = notify->sources.config,
        .done = on_delivered,
        .ctx = live,
    };
    live->notify = notify;
    live->next = notify->live;
    notify->live = live;
    notify->live_count++;
    live->courier =
        courier_start(&options, delivery, notify_find_rule(notify, delivery->eval, delivery->rule));
}

struct fetching {
    struct notify *notify;
    int64_t after_id;
    uint32_t limit;
    struct delivery *deliveries;
    size_t count;
    struct as_arena arena;
};

static void fetch_work(struct store *store, void *ctx)
{
    struct fetching *fetching = ctx;
    if (store_deliveries_due(store, fetching->after_id, fetching->limit, &fetching->arena,
                             &fetching->deliveries, &fetching->count))
        as_log_err("deliveries that are due cannot be read: %s", store_error(store));
}

static void fetch_done(void *ctx)
{
    struct fetching *fetching = ctx;
    struct notify *notify = fetching->notify;
    notify->working--;
    notify->is_fetching = false;
    for (size_t i = 0; i < fetching->count && !notify->is_stopping; i++) {
        notify->taken_id = fetching->deliveries[i].id;
        deliver(notify, &fetching->deliveries[i]);
    }
    if (notify->is_fetch_wanted || fetching->count == fetching->limit)
        fetch(notify);
    as_arena_done(&fetching->arena);
    free(fetching);
}

static void fetch(struct notify *notify)
{
    notify->is_fetch_wanted = notify->is_fetching;
    if (notify->is_fetching || notify->is_stopping || !notify->is_ready ||
        notify->live_count >= NOTIFY_LIVE_MAX)
        return;
    struct fetching *fetching = as_xcalloc(1, sizeof(*fetching));
    fetching->notify = notify;
    fetching->after_id = notify->taken_id;
    fetching->limit = (uint32_t)(NOTIFY_LIVE_MAX - notify->live_count);
    notify->is_fetching = true;
    notify->working++;
    db_read(notify->db, fetch_work, fetch_done, fetching);
}

/* ---- a test ---- */

struct sending {
    struct notify *notify;
    struct event event;
    struct as_buf deliveries;
    int64_t event_id;
    notify_tested_fn done;
    void *ctx;
    struct as_err err;
    struct as_arena arena;
};

static size_t sending_count(const struct sending *sending)
{
    return sending->deliveries.len / sizeof(struct delivery);
}

static void send_work(struct store *store, void *ctx)
{
    struct sending *sending = ctx;
    int rc = sending_count(sending)
                 ? store_alert_send(store, &sending->event, (const void *)sending->deliveries.ptr,
                                    sending_count(sending), &sending->event_id)
                 : 0;
    if (rc)
        as_err_set(&sending->err, rc, "the test could not be stored: %s", store_error(store));
    else if (!sending_count(sending))
        as_err_set(&sending->err, AS_ENOENT,
                   "eval '%s' has no rule under `notify`, and neither has assay.yaml",
                   sending->event.eval);
}

static void send_done(void *ctx)
{
    struct sending *sending = ctx;
    struct notify *notify = sending->notify;
    notify->working--;
    if (!sending->err.code && notify->is_stopping)
        as_err_set(&sending->err, AS_ECANCELED, "assayd is stopping");
    if (sending->err.code) {
        sending->done(sending->ctx, 0, &sending->err);
    } else {
        struct test *test = as_xcalloc(1, sizeof(*test));
        *test = (struct test){notify->tests, sending->event_id, sending_count(sending),
                              sending->done, sending->ctx};
        notify->tests = test;
        fetch(notify);
    }
    as_buf_done(&sending->deliveries);
    as_arena_done(&sending->arena);
    free(sending);
}

void notify_test(struct notify *notify, const char *eval, const char *who, notify_tested_fn done,
                 void *ctx)
{
    struct sending *sending = as_xcalloc(1, sizeof(*sending));
    struct as_arena *arena = &sending->arena;
    sending->notify = notify;
    sending->done = done;
    sending->ctx = ctx;
    sending->event = (struct event){
        .at_ms = clock_wall_ms(),
        .kind = EVENT_TEST,
        .eval = as_arena_strdup(arena, eval),
        .text = as_arena_printf(arena, "a test of notifications, which %s asked for", who),
    };
    notify_match(&notify->sources, &sending->event, sending->event.at_ms, &sending->deliveries);
    struct delivery *deliveries = (void *)sending->deliveries.ptr;
    for (size_t i = 0; i < sending_count(sending); i++) { /* the rules may go meanwhile */
        deliveries[i].eval = as_arena_strdup(arena, deliveries[i].eval);
        deliveries[i].rule = as_arena_strdup(arena, deliveries[i].rule);
    }
    notify->working++;
    db_write(notify->db, send_work, send_done, sending);
}

/* ---- life ---- */

int notify_new(struct loop *loop, struct db *db, struct config *config, struct notify **ret_notify,
               struct as_err *err)
{
    struct notify *notify = as_xcalloc(1, sizeof(*notify));
    notify->loop = loop;
    notify->db = db;
    int rc = poster_new(loop, config->ca_file, &notify->poster, err);
    if (rc) {
        free(notify);
        return rc;
    }
    notify->sources.config = config_ref(config);
    *ret_notify = notify;
    return 0;
}

void notify_set(struct notify *notify, struct config *config, struct eval_set *evals)
{
    struct notify_sources before = notify->sources;
    notify->sources.config = config_ref(config);
    notify->sources.evals = eval_set_ref(evals);
    config_unref(before.config);
    eval_set_unref(before.evals);
    notify->is_ready = true;
    decide(notify);
}

const struct notify_rule *notify_find_rule(const struct notify *notify, const char *eval,
                                           const char *rule)
{
    return notify_rule_of(&notify->sources, eval, rule);
}

void notify_stop(struct notify *notify)
{
    struct as_err err = {0};
    as_err_set(&err, AS_ECANCELED, "assayd is stopping");
    notify->is_stopping = true;
    while (notify->tests) {
        struct test *test = notify->tests;
        notify->tests = test->next;
        test->done(test->ctx, 0, &err);
        free(test);
    }
    while (notify->live) {
        courier_cancel(notify->live->courier);
        drop_live(notify->live);
    }
}

bool notify_is_idle(const struct notify *notify)
{
    return !notify->working && !notify->live;
}

void notify_free(struct notify *notify)
{
    if (!notify)
        return;
    notify_stop(notify);
    poster_free(notify->poster);
    config_unref(notify->sources.config);
    eval_set_unref(notify->sources.evals);
    free(notify);
}
