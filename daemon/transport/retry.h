/* Which attempts are worth another one, and how long to wait before it. Pure, but for the jitter's
 * generator. */
#ifndef DAEMON_TRANSPORT_RETRY_H
#define DAEMON_TRANSPORT_RETRY_H

#include "daemon/transport/journal.h"
#include "lib/rng.h"

#define RETRY_BACKOFF_MAX_MS 30000u
#define RETRY_AFTER_MAX_MS 120000u /* a server that asks for more is tried again after this */

bool retry_status_is_worth_it(int http_status); /* 408, 409, 429 and every 5xx */
/* error_class: the provider plugin's word for an error reply; NULL, or one that is not in the table
 * of classes, leaves it to the status. */
bool retry_is_worth_it(const struct exchange *exchange, const char *error_class);

/* What the reply's retry-after-ms or retry-after (seconds, or a date) asks for, or its body where a
 * vendor puts it there; capped; 0 when it asks for nothing. now_s is Unix time. */
uint32_t retry_after_ms(const struct exchange *exchange, int64_t now_s);

/* The wait before the next attempt. failures >= 1 attempts have counted so far. With Retry-After:
 * that, and up to backoff_ms more, so that a crowd does not come back at one instant. Without: full
 * jitter, uniform in 1 .. min(30 s, backoff_ms * 2^(failures - 1)). */
uint32_t retry_wait_ms(const struct exchange *exchange, uint32_t backoff_ms, uint32_t failures,
                       int64_t now_s, struct as_rng *rng);

#endif
