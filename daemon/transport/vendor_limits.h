/* What a provider's reply says about what is left of its limits. Pure. */
#ifndef DAEMON_TRANSPORT_VENDOR_LIMITS_H
#define DAEMON_TRANSPORT_VENDOR_LIMITS_H

#include "lib/buf.h"

#include <stdint.h>

/* How long nothing is left of the requests or tokens of the present period: where a "remaining"
 * header says 0, the time until its "reset"; the longest of them, and 0 when nothing is used up or
 * no reset is told. Known are OpenAI's headers (x-ratelimit-remaining-requests and -tokens, a reset
 * like 6m0s), Anthropic's (anthropic-ratelimit-*-remaining, a date of RFC 3339), and the plain
 * ratelimit-remaining (seconds). Gemini sends none: below. now_ms is Unix time. */
uint64_t vendor_exhausted_ms(struct as_str response_headers, int64_t now_ms);

/* The wait that Gemini asks for in the body of an error instead of a Retry-After ("retryDelay":
 * "34s"); 0: none. */
uint64_t vendor_retry_delay_ms(struct as_str response_body);

#endif
