/* Two steps that never overlap with themselves: deciding, and fetching what is due, for as many
 * couriers as there is room for. All that they read and write is in the writer's queue, so that
 * what is fetched has every end that was written before. */
#include "daemon/notify/notify.h"

#include "daemon/notify/deliver.h"
#include "lib/log.h"

#include <stdlib.h>
#include <string.h>

#define RULES_FETCHED_MAX 256 /* with something due, at a time */

/* A delivery, from when it is taken until its end is on disk; there is one of a rule, and one of
 * its tests. */
struct live {
    struct live *next;
    struct notify *notify;
    struct courier *courier; /* NULL: it has ended */
    struct delivery delivery;
    bool is_test, is_writing;
    bool is_told; /* its end, to whoever waits for a test */
    int rc;       /* of the latest write of its end */
    struct as_arena arena;
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
    struct events *events;
    struct poster *poster;
    struct loop_timer *again; /* what could not be written */
    uint32_t again_ms;        /* 0: nothing has failed since it was written last */
    struct notify_sources sources;
    struct live *live;
    struct test *tests;
    struct notify_tally tally;
    size_t live_count;
    size_t working; /* pieces of work in the pool */
    bool is_ready;  /* notify_set was called */
    bool is_deciding, is_decision_wanted;
    bool is_fetching, is_fetch_wanted;
    bool is_stopping;
};

static void fetch(struct notify *notify);

static struct notify_sources sources_ref(const struct notify_sources *sources)
{
    return (struct notify_sources){
        .config = config_ref(sources->config),
        .evals = sources->evals ? eval_set_ref(sources->evals) : NULL,
        .good = sources->good ? eval_set_ref(sources->good) : NULL,
    };
}

static void sources_unref(struct notify_sources *sources)
{
    config_unref(sources->config);
    eval_set_unref(sources->evals);
    eval_set_unref(sources->good);
}

/* ---- deciding ---- */

struct decision {
    struct notify *notify;
    struct notify_sources sources;
    int64_t now_ms;
    bool has_more;
    int rc;
};

static void decide_work(struct store *store, void *ctx)
{
    struct decision *decision = ctx;
    decision->rc = notify_decide(store, &decision->sources, decision->now_ms, &decision->has_more);
}

static void decide(struct notify *notify);

static void try_again_later(struct notify *notify)
{
    uint32_t wait_ms = notify->again_ms ? notify->again_ms * 2 : NOTIFY_AGAIN_MS;
    if (notify->is_stopping || loop_timer_is_active(notify->again))
        return;
    notify->again_ms = wait_ms < NOTIFY_AGAIN_MAX_MS ? wait_ms : NOTIFY_AGAIN_MAX_MS;
    loop_timer_start(notify->again, notify->again_ms);
}

static void decide_done(void *ctx)
{
    struct decision *decision = ctx;
    struct notify *notify = decision->notify;
    bool has_failed = decision->rc != 0;
    bool has_written = !has_failed && decision->has_more; /* a page that was decided */
    sources_unref(&decision->sources);
    free(decision);
    notify->is_deciding = false;
    notify->working--;
    events_poke(notify->events); /* recoveries, perhaps */
    if (has_written)
        notify->again_ms = 0;
    if (has_failed)
        try_again_later(notify);
    else if (has_written || notify->is_decision_wanted)
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
    decision->sources = sources_ref(&notify->sources);
    decision->now_ms = clock_wall_ms();
    notify->is_deciding = true;
    notify->working++;
    db_write(notify->db, decide_work, decide_done, decision);
}

static void on_event(void *ctx, const struct event *event)
{
    (void)event;
    decide(ctx);
}

/* ---- a delivery's end ---- */

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

static void drop_live(struct live *live)
{
    struct live **at = &live->notify->live;
    while (*at != live)
        at = &(*at)->next;
    *at = live->next;
    live->notify->live_count--;
    as_arena_done(&live->arena);
    free(live);
}

static void end_work(struct store *store, void *ctx)
{
    struct live *live = ctx;
    live->rc = store_delivery_end(store, &live->delivery);
    if (live->rc)
        as_log_err("the end of delivery %lld could not be stored: %s; it is tried again, and what "
                   "is due for its rule waits",
                   (long long)live->delivery.id, store_error(store));
}

static void end_done(void *ctx)
{
    struct live *live = ctx;
    struct notify *notify = live->notify;
    bool is_lost = live->rc && !notify->is_stopping;
    notify->working--;
    live->is_writing = false;
    if (!live->is_told)
        tell_test(notify, live->delivery.event_id);
    live->is_told = true;
    if (is_lost) {
        try_again_later(notify);
    } else {
        notify->again_ms = 0;
        drop_live(live);
    }
    fetch(notify);
}

static void write_end(struct live *live)
{
    live->is_writing = true;
    live->notify->working++;
    db_write(live->notify->db, end_work, end_done, live);
}

static void on_again(void *ctx)
{
    struct notify *notify = ctx;
    for (struct live *live = notify->live; live; live = live->next)
        if (!live->courier && !live->is_writing)
            write_end(live);
    decide(notify);
}

static void on_delivered(void *ctx, const struct delivery *delivery)
{
    struct live *live = ctx;
    struct notify_tally *tally = &live->notify->tally;
    tally->ended[delivery->state]++;
    tally->retries += delivery->tries > 1 ? (uint64_t)delivery->tries - 1 : 0;
    live->courier = NULL;
    live->delivery.state = delivery->state;
    live->delivery.tries = delivery->tries;
    live->delivery.ended_ms = delivery->ended_ms;
    live->delivery.outcome = as_arena_strdup(&live->arena, delivery->outcome);
    write_end(live);
}

/* ---- delivering ---- */

static bool is_test(const struct delivery *delivery)
{
    return delivery->has_event && delivery->event.kind == EVENT_TEST;
}

/* One before it is under way, or its eval's file has to be mended first. */
static bool has_to_wait(const struct notify *notify, const struct delivery *delivery)
{
    for (const struct live *live = notify->live; live; live = live->next)
        if (live->is_test == is_test(delivery) && !strcmp(live->delivery.eval, delivery->eval) &&
            !strcmp(live->delivery.rule, delivery->rule))
            return true;
    return notify_is_unknown(&notify->sources, delivery->eval);
}

static void deliver(struct notify *notify, const struct delivery *delivery)
{
    struct live *live = as_xcalloc(1, sizeof(*live));
    struct courier_options options = {
        .loop = notify->loop,
        .poster = notify->poster,
        .sources = &notify->sources,
        .done = on_delivered,
        .ctx = live,
    };
    *live = (struct live){
        .next = notify->live,
        .notify = notify,
        .is_test = is_test(delivery),
        .delivery = {.id = delivery->id, .event_id = delivery->event_id},
    };
    live->delivery.eval = as_arena_strdup(&live->arena, delivery->eval);
    live->delivery.rule = as_arena_strdup(&live->arena, delivery->rule);
    notify->live = live;
    notify->live_count++;
    live->courier = courier_start(&options, delivery);
}

struct fetching {
    struct notify *notify;
    struct delivery *deliveries;
    size_t count;
    struct as_arena arena;
    int rc;
};

static void fetch_work(struct store *store, void *ctx)
{
    struct fetching *fetching = ctx;
    fetching->rc = store_deliveries_next(store, RULES_FETCHED_MAX, &fetching->arena,
                                         &fetching->deliveries, &fetching->count);
    if (fetching->rc)
        as_log_err("deliveries that are due cannot be read: %s", store_error(store));
}

static void fetch_done(void *ctx)
{
    struct fetching *fetching = ctx;
    struct notify *notify = fetching->notify;
    notify->working--;
    notify->is_fetching = false;
    for (size_t i = 0; i < fetching->count && !notify->is_stopping; i++)
        if (notify->live_count < NOTIFY_LIVE_MAX && !has_to_wait(notify, &fetching->deliveries[i]))
            deliver(notify, &fetching->deliveries[i]);
    if (fetching->rc)
        try_again_later(notify);
    else if (notify->is_fetch_wanted)
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
    notify->is_fetching = true;
    notify->working++;
    db_write(notify->db, fetch_work, fetch_done, fetching);
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
                   "eval '%s' has no rule under `notify`, and neither has assay.yaml: add one "
                   "to either (docs/alerts.md)",
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
    events_poke(notify->events);
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
    notify->again = loop_timer_new(loop, on_again, notify);
    notify->sources.config = config_ref(config);
    *ret_notify = notify;
    return 0;
}

void notify_observe(struct notify *notify, struct events *events)
{
    notify->events = events;
    events_observe(events, on_event, notify);
}

/* Where the rules stand of evals whose file is refused now. The set before has them, unless one was
 * refused in it already. */
static struct eval_set *good_of(const struct notify_sources *before, const struct eval_set *evals)
{
    if (!evals->refusal_count || !before->evals)
        return NULL;
    return eval_set_ref(before->good ? before->good : before->evals);
}

void notify_set(struct notify *notify, struct config *config, struct eval_set *evals)
{
    struct notify_sources before = notify->sources;
    notify->sources = (struct notify_sources){
        .config = config_ref(config),
        .evals = eval_set_ref(evals),
        .good = good_of(&before, evals),
    };
    sources_unref(&before);
    notify->is_ready = true;
    decide(notify);
}

const struct notify_tally *notify_tally(const struct notify *notify)
{
    return &notify->tally;
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
    loop_timer_stop(notify->again);
    for (struct live *live = notify->live, *next; live; live = next) {
        next = live->next;
        if (live->courier)
            courier_cancel(live->courier);
        if (!live->is_writing)
            drop_live(live);
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
    loop_timer_free(notify->again);
    poster_free(notify->poster);
    sources_unref(&notify->sources);
    free(notify);
}
