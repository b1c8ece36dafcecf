/* The names of outcomes, as the store and the control protocol write them, and the identity of a
 * request: what makes two requests the same one for the journal. Never the key, nor headers, which
 * may carry it. */
#include "daemon/transport/journal.h"

#include "daemon/transport/transport.h"

const char *exchange_outcome_name(enum exchange_outcome outcome)
{
    static const char *const names[EXCHANGE_OUTCOME_COUNT] = {
        [EXCHANGE_REPLY] = "reply",         [EXCHANGE_CONNECT_FAILED] = "connect_failed",
        [EXCHANGE_TIMEOUT] = "timeout",     [EXCHANGE_BROKEN] = "broken",
        [EXCHANGE_TOO_LARGE] = "too_large",
    };
    AS_ASSERT(outcome < EXCHANGE_OUTCOME_COUNT);
    return names[outcome];
}

struct as_sha256 transport_identity(struct as_str method, struct as_str url, struct as_str body,
                                    uint32_t sample)
{
    const uint8_t number[4] = {(uint8_t)sample, (uint8_t)(sample >> 8), (uint8_t)(sample >> 16),
                               (uint8_t)(sample >> 24)};
    struct as_hasher *hasher = as_hasher_new();
    as_hasher_add_field(hasher, method);
    as_hasher_add_field(hasher, url);
    as_hasher_add_field(hasher, body);
    as_hasher_add(hasher, number, sizeof(number));
    return as_hasher_finish_free(hasher);
}
