/* A request as it stands now, for those who ask what a run is doing: reads and changes nothing. */
#include "daemon/transport/transport_own.h"

const char *transport_where_name(enum transport_where where)
{
    static const char *const names[TRANSPORT_WHERE_COUNT] = {
        [TRANSPORT_AT_QUEUE] = "queue",     [TRANSPORT_AT_LIMIT] = "limiter",
        [TRANSPORT_AT_HOLD] = "held",       [TRANSPORT_AT_BUDGET] = "budget",
        [TRANSPORT_AT_JOURNAL] = "journal", [TRANSPORT_AT_BACKOFF] = "backoff",
        [TRANSPORT_AT_CONNECT] = "connect", [TRANSPORT_AT_FIRST_BYTE] = "first_byte",
        [TRANSPORT_AT_BODY] = "body",
    };
    return names[where];
}

static enum transport_where where_of(const struct request *request)
{
    switch (request->state) {
    case REQUEST_QUEUED:
    case REQUEST_READY: return TRANSPORT_AT_QUEUE;
    case REQUEST_HELD: return TRANSPORT_AT_HOLD;
    case REQUEST_WAITING: return TRANSPORT_AT_BUDGET;
    case REQUEST_BACKING_OFF: return TRANSPORT_AT_BACKOFF;
    case REQUEST_IN_FLIGHT: return TRANSPORT_AT_FIRST_BYTE;
    case REQUEST_CLASSIFYING:
    case REQUEST_FINDING:
    case REQUEST_INTENDING:
    case REQUEST_KEEPING:
    case REQUEST_WITHDRAWING:
    case REQUEST_CANCELLED:
    case REQUEST_DONE:
    case REQUEST_STATE_COUNT: break;
    }
    return TRANSPORT_AT_JOURNAL;
}

/* Does the limiter keep it waiting, and not just the calls that are in flight? When the account is
 * to be left alone, it is known for how long. */
static void tell_limit(const struct request *request, uint64_t now_ms, struct transport_call *call)
{
    const struct dispatch *dispatch = request->lane->dispatch;
    uint64_t paused_ms = limiter_paused_ms(&dispatch->limiter, now_ms);
    if (!paused_ms && !(dispatch->is_held && loop_timer_is_active(dispatch->wake)))
        return;
    call->where = TRANSPORT_AT_LIMIT;
    if (paused_ms)
        call->wait_ms = (int64_t)paused_ms;
}

static struct transport_call call_of(const struct request *request, uint64_t now_ms)
{
    struct transport_call call = {
        .where = where_of(request),
        .provider = request->lane->provider,
        .attempt = request->attempts,
        .age_ms = (int64_t)(now_ms - request->asked_ms),
        .attempt_age_ms = TRANSPORT_NEVER,
        .silent_ms = TRANSPORT_NEVER,
        .wait_ms = TRANSPORT_NEVER,
    };
    if (call.where == TRANSPORT_AT_QUEUE)
        tell_limit(request, now_ms, &call);
    if (request->state == REQUEST_IN_FLIGHT)
        sender_tell(request->slot, &call);
    if (request->state == REQUEST_BACKING_OFF) {
        uint64_t until = request->backoff_until_ms;
        call.wait_ms = until > now_ms ? (int64_t)(until - now_ms) : 0;
        call.last_status = request->last_status;
    }
    return call;
}

bool transport_call_of(const struct transport *transport, uint64_t request_id,
                       struct transport_call *ret_call)
{
    const struct request *request = request_table_find(&transport->requests, request_id);
    if (!request)
        return false;
    *ret_call = call_of(request, loop_now_ms(transport->loop));
    return true;
}
