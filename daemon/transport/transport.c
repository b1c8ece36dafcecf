/* The way of a request: queue, journal, its intent, wire, retries, journal, callback.
 *
 * Nothing here is called from inside libcurl but on_connected, which takes a note. New work starts
 * in pump, which the sender calls after every round of events; what comes from outside (a send, a
 * cancel, a back-off that ended, the journal's answers) only asks for a turn of the pump, by a 0 ms
 * timer, so that a batch of a hundred answers starts a hundred requests in one go.
 *
 * The journal may owe callbacks for a request that is over (cancelled while it was looked for, or
 * failed attempts still being kept). Such a request waits for them in state done, even past
 * transport_free. */
#include "daemon/transport/transport_own.h"

#include "daemon/transport/http_text.h"
#include "daemon/transport/retry.h"

#include <stdlib.h>
#include <string.h>

void transport_want_turn(struct transport *transport)
{
    if (!loop_timer_is_active(transport->turn))
        loop_timer_start(transport->turn, 0);
}

static int may_send(const struct request *request, struct as_err *err)
{
    const struct lane *lane = request->lane;
    if (lane->problem)
        return as_err_set(err, AS_EINVAL, "%s", lane->problem);
    if (request->refusal)
        return as_err_set(err, AS_EINVAL, "%s", request->refusal);
    return http_url_check(request->url, lane->origin, err);
}

static void refuse(struct request *request, const struct as_err *err)
{
    struct attempt *attempt = attempt_take(&request->transport->attempts, request);
    account_drop(request);
    dispatch_return(request);
    request_fill_exchange(request, &attempt->exchange);
    attempt->exchange.sent_ms = clock_wall_ms();
    attempt_fail(attempt, EXCHANGE_CONNECT_FAILED, "not sent: %s", err->msg);
    attempt_seal(attempt);
    keep_final(request, attempt);
}

/* Is its group paused, so that its next attempt has to wait? */
static bool must_wait(const struct request *request)
{
    bool was_sent = request->attempts > (request->is_intended ? 1 : 0);
    return hold_applies(&request->transport->holds, request->key.group_id,
                        request->key.role == EXCHANGE_MODEL && !was_sent);
}

/* What is held takes up nothing of its account's limits. */
static void wait_for_release(struct request *request)
{
    dispatch_return(request);
    request_set_state(request, REQUEST_HELD);
    request_push_back(&request->transport->held, request);
}

static void become_ready(struct request *request)
{
    struct lane *lane = request->lane;
    request->is_intended = true;
    if (must_wait(request)) {
        wait_for_release(request);
        return;
    }
    request_set_state(request, REQUEST_READY);
    if (request->attempts > 1) /* it has waited the longest */
        request_push_front(&lane->ready, request);
    else
        request_push_back(&lane->ready, request);
    lane_note_ready(lane);
}

/* To be told on a later turn. */
static void cancel_later(struct request *request)
{
    struct transport *transport = request->transport;
    request_set_state(request, REQUEST_CANCELLED);
    request->next = transport->cancelled;
    transport->cancelled = request;
    transport_want_turn(transport);
}

static void on_withdrawn(void *ctx, int rc)
{
    struct request *request = ctx;
    (void)rc; /* what stays behind counts as a call of unknown fate: better one too many */
    request->journal_debts--;
    request->attempts--;
    if (request->state == REQUEST_WITHDRAWING)
        cancel_later(request);
    else
        request_release_if_over(request);
}

static void withdraw(struct request *request)
{
    const struct journal *journal = request->transport->journal;
    if (!journal) {
        cancel_later(request);
        return;
    }
    request->journal_debts++;
    journal->withdraw(journal->ctx, &request->key, request->attempts, on_withdrawn, request);
}

static void on_intended(void *ctx, int rc)
{
    struct request *request = ctx;
    request->journal_debts--;
    if (request->state == REQUEST_WITHDRAWING && !rc) {
        withdraw(request);
    } else if (request->state == REQUEST_WITHDRAWING) {
        cancel_later(request);
    } else if (request->state == REQUEST_INTENDING) {
        request->lane->preparing--;
        transport_want_turn(request->transport);
        if (!rc) {
            become_ready(request);
            return;
        }
        struct transport_reply reply = {.rc = rc, .attempts = request->attempts - 1};
        account_drop(request);
        dispatch_return(request);
        request->lane->stats.failed++;
        request_deliver(request, &reply);
    }
    request_release_if_over(request);
}

/* The budget has no room for another attempt. */
static void turn_away(struct request *request)
{
    struct transport_reply reply = {.rc = AS_ELIMIT, .attempts = request->attempts};
    request_deliver(request, &reply);
    request_release_if_over(request);
}

/* Before every attempt: its worst case fits in the budget, and the note that it may be made is on
 * disk before its first byte leaves. */
static void attempt_prepare(struct request *request)
{
    const struct journal *journal = request->transport->journal;
    struct as_err err = {0};
    enum budget_answer answer = account_admit(request);
    if (answer != BUDGET_OK)
        dispatch_return(request);
    if (answer == BUDGET_EXHAUSTED)
        turn_away(request);
    if (answer != BUDGET_OK)
        return;
    request->attempts++;
    if (may_send(request, &err)) {
        refuse(request, &err);
        return;
    }
    request_set_state(request, REQUEST_INTENDING);
    if (!journal) {
        become_ready(request);
        return;
    }
    request->lane->preparing++;
    request->journal_debts++;
    journal->intent(journal->ctx, &request->key, request->attempts, on_intended, request);
}

/* Checked anew: a reload may have moved the lane to another origin, with another key. */
static void attempt_start(struct request *request)
{
    struct transport *transport = request->transport;
    struct lane *lane = request->lane;
    struct as_err err = {0};
    request_unlink(&lane->ready, request);
    request->is_intended = false;
    if (may_send(request, &err)) {
        refuse(request, &err);
        return;
    }
    lane_slot_take(lane);
    dispatch_note_sent(request);
    lane->stats.sent++;
    lane->stats.retried += request->attempts > 1;
    request_set_state(request, REQUEST_IN_FLIGHT);
    request->attempt = attempt_take(&transport->attempts, request);
    request_fill_exchange(request, &request->attempt->exchange);
    request->auth = lane_auth_ref(lane);
    request->wire.auth_line = request->auth ? request->auth->line : NULL;
    request->wire.limits = &lane->limits;
    request->wire.use_http2 = lane->use_http2;
    request->wire.is_fresh = request->is_fresh;
    request->slot = sender_send(lane->wire, &request->wire, request->attempt);
}

/* Of a request that is queued. One that was tried before goes to the front: it has waited the
 * longest. */
static void enqueue(struct request *request)
{
    if (must_wait(request)) {
        wait_for_release(request);
        return;
    }
    fair_push(&request->lane->dispatch->queue, request, request->attempts > 0);
    transport_want_turn(request->transport);
}

static void on_found(void *ctx, const struct exchange *found)
{
    struct request *request = ctx;
    request->journal_debts--;
    if (request->state != REQUEST_FINDING) { /* cancelled meanwhile */
        request_release_if_over(request);
        return;
    }
    transport_want_turn(request->transport);
    request->lane->preparing--;
    if (found && found->outcome == EXCHANGE_REPLY && !retry_is_worth_it(found, NULL)) {
        struct transport_reply reply = {.exchange = found, .is_from_journal = true};
        dispatch_return(request);
        request_deliver(request, &reply);
        request_release_if_over(request);
        return;
    }
    if (must_wait(request)) /* paused meanwhile */
        wait_for_release(request);
    else
        attempt_prepare(request);
}

static void request_admit(struct request *request)
{
    struct transport *transport = request->transport;
    const struct journal *journal = transport->journal;
    if (!journal || request->skip_find || request->attempts) {
        attempt_prepare(request);
        return;
    }
    request_set_state(request, REQUEST_FINDING);
    request->lane->preparing++;
    request->journal_debts++;
    journal->find(journal->ctx, &request->key, on_found, request);
}

static void on_backoff_over(void *ctx)
{
    struct request *request = ctx;
    loop_timer_free(request->backoff);
    request->backoff = NULL;
    request->lane->backing_off--;
    request_set_state(request, REQUEST_QUEUED);
    enqueue(request);
}

static void back_off(struct request *request, const struct exchange *exchange)
{
    struct transport *transport = request->transport;
    uint32_t wait_ms = retry_wait_ms(exchange, request->lane->backoff_ms, request->failures,
                                     clock_wall_ms() / 1000, &transport->rng);
    request_set_state(request, REQUEST_BACKING_OFF);
    request->lane->backing_off++;
    request->backoff = loop_timer_new(transport->loop, on_backoff_over, request);
    request->backoff_until_ms = loop_now_ms(transport->loop) + wait_ms;
    request->last_status = exchange->http_status;
    loop_timer_start(request->backoff, wait_ms);
}

/* The attempt is off the wire: the request no longer holds what it lent to it. */
static void attempt_detach(struct request *request)
{
    request->slot = NULL;
    request->attempt = NULL;
    lane_auth_unref(request->auth);
    request->auth = NULL;
}

static void on_connected(struct attempt *attempt)
{
    attempt->request->lane->is_warm = true;
}

/* What the attempt was worth is known: it ends the request, or another one follows. */
static void attempt_judged(struct request *request, struct attempt *attempt,
                           const char *error_class)
{
    const struct exchange *exchange = &attempt->exchange;
    bool is_retry = !attempt->is_permanent && retry_is_worth_it(exchange, error_class) &&
                    ++request->failures < request->lane->max_attempts;
    if (!is_retry) {
        keep_final(request, attempt);
        return;
    }
    back_off(request, exchange);
    keep_failed(request, attempt);
}

static bool is_error_reply(const struct exchange *exchange)
{
    return exchange->outcome == EXCHANGE_REPLY && exchange->http_status >= 400;
}

static void classify(struct request *request, struct attempt *attempt)
{
    request_set_state(request, REQUEST_CLASSIFYING);
    request->attempt = attempt;
    request->classify(request->ctx, request->id, &attempt->exchange);
}

static void on_attempt_done(struct attempt *attempt)
{
    struct request *request = attempt->request;
    struct lane *lane = request->lane;
    if (request->auth)
        attempt_mask(attempt, &request->auth->key);
    attempt_detach(request);
    account_close_attempt(request, &attempt->exchange);
    lane->is_warm = true;
    lane->stats.connections_opened += attempt->connections_opened;
    request->is_fresh = attempt->exchange.outcome == EXCHANGE_BROKEN;
    lane_slot_give(lane);
    if (attempt->is_stale && !request->is_stale_forgiven) {
        request->is_stale_forgiven = true;
        keep_failed(request, attempt);
        attempt_prepare(request);
        return;
    }
    dispatch_close(request, &attempt->exchange);
    if (is_error_reply(&attempt->exchange) && request->classify)
        classify(request, attempt);
    else
        attempt_judged(request, attempt, NULL);
}

void transport_classified(struct transport *transport, uint64_t request_id, const char *error_class)
{
    struct request *request = request_table_find(&transport->requests, request_id);
    if (!request || request->state != REQUEST_CLASSIFYING)
        return;
    struct attempt *attempt = request->attempt;
    request->attempt = NULL;
    dispatch_note_class(request, &attempt->exchange, error_class);
    attempt_judged(request, attempt, error_class);
    transport_want_turn(transport);
}

/* Calls that cost less than their worst case have made room. What goes on has waited the longest;
 * it was looked for in the journal already. A callback may close its account. */
static void serve_waiting(struct transport *transport)
{
    struct request *request;
    enum budget_answer answer;
    while ((request = account_next_served(transport->accounts, &answer))) {
        if (answer == BUDGET_EXHAUSTED) {
            turn_away(request);
            continue;
        }
        request->skip_find = true;
        request_set_state(request, REQUEST_QUEUED);
        if (must_wait(request)) { /* paused meanwhile: others may have the room */
            account_drop(request);
            wait_for_release(request);
        } else {
            fair_push(&request->lane->dispatch->queue, request, true);
        }
    }
}

static void pump(void *ctx)
{
    struct transport *transport = ctx;
    struct request *request;
    serve_waiting(transport);
    struct dispatch *dispatch = transport->dispatches.list;
    for (; dispatch; dispatch = dispatch->next)
        while ((request = dispatch_next(dispatch)))
            request_admit(request);
    for (uint32_t i = 0; i < transport->lane_count; i++) {
        struct lane *lane = transport->lanes[i];
        while (lane->ready.head && lane_has_room(lane) && !dispatch_is_paused(lane->dispatch))
            attempt_start(lane->ready.head);
        lane_note_turn(lane, lane->dispatch->is_held);
    }
    if (!transport->cancelled)
        loop_timer_stop(transport->turn);
}

static void deliver_cancelled(struct request *request)
{
    struct transport_reply reply = {.rc = AS_ECANCELED, .attempts = request->attempts};
    request_deliver(request, &reply);
}

static void on_turn(void *ctx)
{
    struct transport *transport = ctx;
    struct request *list = transport->cancelled;
    transport->cancelled = NULL;
    while (list) {
        struct request *request = list;
        list = request->next;
        deliver_cancelled(request);
        request_release_if_over(request);
    }
    sender_settle(transport->sender);
}

static void on_wake(void *ctx)
{
    transport_want_turn(ctx);
}

int transport_new(struct loop *loop, const struct transport_options *options,
                  struct transport **ret_transport, struct as_err *err)
{
    struct transport *transport = as_xcalloc(1, sizeof(*transport));
    struct sender_events events = {
        .ctx = transport, .connected = on_connected, .done = on_attempt_done, .pump = pump};
    int rc = sender_new(loop, options, &events, &transport->sender);
    if (rc) {
        free(transport);
        return as_err_set(err, rc, "cannot watch sockets: %s", as_err_text(rc));
    }
    transport->loop = loop;
    transport->journal = options->journal;
    transport->turn = loop_timer_new(loop, on_turn, transport);
    dispatches_init(&transport->dispatches, loop, on_wake, transport);
    transport->rng = as_rng_stream(as_rng_entropy(), 0);
    *ret_transport = transport;
    return 0;
}

/* Takes the request out of wherever it is; what is in flight is dropped. Its done is due
 * afterwards. */
static void request_stop(struct request *request)
{
    account_drop(request);
    switch (request->state) {
    case REQUEST_QUEUED: fair_remove(&request->lane->dispatch->queue, request); break;
    case REQUEST_HELD: request_unlink(&request->transport->held, request); break;
    case REQUEST_WAITING: request_unlink(&request->account->waiting, request); break;
    case REQUEST_FINDING:
    case REQUEST_INTENDING:
        request->lane->preparing--;
        dispatch_return(request);
        break;
    case REQUEST_READY:
        request_unlink(&request->lane->ready, request);
        dispatch_return(request);
        break;
    case REQUEST_CLASSIFYING:
        keep_failed(request, request->attempt);
        request->attempt = NULL;
        break;
    case REQUEST_IN_FLIGHT:
        sender_abort(request->slot);
        attempt_return(request->attempt);
        attempt_detach(request);
        lane_slot_give(request->lane);
        dispatch_close(request, NULL);
        break;
    case REQUEST_BACKING_OFF:
        loop_timer_free(request->backoff);
        request->backoff = NULL;
        request->lane->backing_off--;
        break;
    case REQUEST_KEEPING:
    case REQUEST_WITHDRAWING:
    case REQUEST_CANCELLED:
    case REQUEST_DONE:
    case REQUEST_STATE_COUNT: break;
    }
}

/* At transport_free: done fires, and what the journal still owes finds a request without a
 * transport. */
static void request_abandon(struct request *request)
{
    if (request->state != REQUEST_DONE) {
        request_stop(request);
        if (request->state != REQUEST_CANCELLED)
            request_set_state(request, REQUEST_CANCELLED);
        deliver_cancelled(request);
    }
    request->transport = NULL;
    request_release_if_over(request);
}

void transport_free(struct transport *transport)
{
    if (!transport)
        return;
    transport->is_closing = true;
    for (uint32_t i = 0; i < transport->requests.count; i++)
        if (transport->requests.entries[i].request)
            request_abandon(transport->requests.entries[i].request);
    for (uint32_t i = 0; i < transport->lane_count; i++)
        lane_free(transport->lanes[i]);
    dispatches_done(&transport->dispatches);
    sender_free(transport->sender);
    loop_timer_free(transport->turn);
    attempt_pool_done(&transport->attempts);
    request_table_done(&transport->requests);
    hold_list_done(&transport->holds);
    free(transport->lanes);
    free(transport);
}

uint64_t transport_send(struct transport *transport, const struct transport_request *request,
                        transport_done_fn done, void *ctx)
{
    AS_ASSERT(!transport->is_closing && request->lane && request->lane <= transport->lane_count);
    struct lane *lane = transport->lanes[request->lane - 1];
    struct request *copy = request_new(transport, lane, request, done, ctx);
    copy->asked_ms = loop_now_ms(transport->loop);
    request_table_add(&transport->requests, copy);
    enqueue(copy);
    return copy->id;
}

static void hold_waiting(struct transport *transport)
{
    for (uint32_t i = 0; i < transport->requests.count; i++) {
        struct request *request = transport->requests.entries[i].request;
        bool is_waiting =
            request && (request->state == REQUEST_QUEUED || request->state == REQUEST_READY);
        if (!is_waiting || !must_wait(request))
            continue;
        if (request->state == REQUEST_READY)
            request_unlink(&request->lane->ready, request);
        else
            fair_remove(&request->lane->dispatch->queue, request);
        wait_for_release(request);
    }
}

static void release_held(struct transport *transport)
{
    struct request *next = NULL;
    for (struct request *request = transport->held.head; request; request = next) {
        next = request->next;
        if (must_wait(request))
            continue;
        request_unlink(&transport->held, request);
        if (request->is_intended) {
            become_ready(request);
        } else {
            request_set_state(request, REQUEST_QUEUED);
            enqueue(request);
        }
    }
    transport_want_turn(transport);
}

void transport_hold(struct transport *transport, int64_t group_id, enum transport_hold what)
{
    hold_set(&transport->holds, group_id, what);
    hold_waiting(transport);
    release_held(transport);
}

struct transport_account *transport_account_open(struct transport *transport,
                                                 const struct budget_amount *caps)
{
    return account_new(&transport->accounts, transport->turn, caps);
}

void transport_cancel(struct transport *transport, uint64_t request_id)
{
    struct request *request = request_table_find(&transport->requests, request_id);
    if (!request || request->state >= REQUEST_WITHDRAWING)
        return;
    bool is_intending = request->state == REQUEST_INTENDING;
    bool is_intended = request->is_intended;
    request_stop(request);
    if (is_intending || is_intended)
        request_set_state(request, REQUEST_WITHDRAWING);
    else
        cancel_later(request);
    if (is_intended)
        withdraw(request);
    transport_want_turn(transport); /* there may be room for another */
}
