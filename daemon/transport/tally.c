/* What became of the attempts of a provider account, counted. */
#include "daemon/transport/transport.h"

#define STATUS_TOO_MANY 429

static enum transport_end end_of(const struct exchange *exchange)
{
    static const enum transport_end failures[] = {
        [EXCHANGE_REPLY] = TRANSPORT_END_OK,
        [EXCHANGE_CONNECT_FAILED] = TRANSPORT_END_CONNECT_FAILED,
        [EXCHANGE_TIMEOUT] = TRANSPORT_END_TIMEOUT,
        [EXCHANGE_BROKEN] = TRANSPORT_END_BROKEN,
        [EXCHANGE_TOO_LARGE] = TRANSPORT_END_TOO_LARGE,
    };
    int status = exchange->http_status;
    if (exchange->outcome != EXCHANGE_REPLY)
        return failures[exchange->outcome];
    if (status == STATUS_TOO_MANY)
        return TRANSPORT_END_REFUSED;
    if (status < 100 || status >= 500)
        return TRANSPORT_END_SERVER_ERROR;
    return status < 400 ? TRANSPORT_END_OK : TRANSPORT_END_CLIENT_ERROR;
}

void transport_tally_add(struct transport_tally *tally, const struct exchange *exchange)
{
    enum transport_end end = end_of(exchange);
    tally->ends[end]++;
    if (end == TRANSPORT_END_OK)
        latency_add(&tally->latency, (double)exchange->total_us / 1e6);
}

const char *transport_end_name(enum transport_end end)
{
    static const char *const names[] = {
        [TRANSPORT_END_OK] = "ok",
        [TRANSPORT_END_REFUSED] = "refused",
        [TRANSPORT_END_CLIENT_ERROR] = "client_error",
        [TRANSPORT_END_SERVER_ERROR] = "server_error",
        [TRANSPORT_END_CONNECT_FAILED] = "connect_failed",
        [TRANSPORT_END_TIMEOUT] = "timeout",
        [TRANSPORT_END_BROKEN] = "broken",
        [TRANSPORT_END_TOO_LARGE] = "too_large",
    };
    return names[end];
}
