/* Lanes: taking over a model's limits and key, and who may go next. What makes a lane unusable (an
 * origin or a key that cannot be sent) is kept as a sentence: its requests then fail with that
 * sentence instead of going out. */
#include "daemon/transport/lane.h"

#include "daemon/model/budget_rules.h"
#include "daemon/transport/http_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLD_SLOTS 8u
#define BYTES_PER_TOKEN 4u          /* of English text, and more than most others have */
#define OUTPUT_TOKENS_DEFAULT 1024u /* what a reply is reckoned with when nothing limits it */

struct lane *lane_new(struct sender *sender, const char *name, uint64_t now_ms)
{
    struct lane *lane = as_xcalloc(1, sizeof(*lane));
    lane->name = as_xstrdup(name);
    lane->wire = sender_lane_new(sender);
    limiter_init_fixed(&lane->limiter, now_ms);
    return lane;
}

static struct lane_auth *auth_new(const char *header, const char *prefix, const char *key)
{
    size_t size = strlen(header) + 2 + strlen(prefix) + strlen(key) + 1;
    struct lane_auth *auth = as_xmalloc(sizeof(*auth) + size);
    auth->refs = 1;
    auth->size = size;
    secret_init(&auth->key, as_str_from(key));
    snprintf(auth->line, size, "%s: %s%s", header, prefix, key);
    return auth;
}

struct lane_auth *lane_auth_ref(struct lane *lane)
{
    if (lane->auth)
        lane->auth->refs++;
    return lane->auth;
}

void lane_auth_unref(struct lane_auth *auth)
{
    if (!auth || --auth->refs)
        return;
    secret_done(&auth->key);
    explicit_bzero(auth->line, auth->size);
    free(auth);
}

/* The sentence for lane->problem, or NULL; never with the key in it. */
static char *find_problem(const struct lane *lane, const char *prefix, const char *key,
                          const struct as_err *origin_err)
{
    char text[AS_ERR_MSG_MAX + 128];
    bool is_header_fit = !*lane->auth_header || http_name_is_valid(as_str_from(lane->auth_header));
    if (origin_err->code)
        snprintf(text, sizeof(text), "model %.64s: %s", lane->name, origin_err->msg);
    else if (!is_header_fit)
        snprintf(text, sizeof(text), "model %.64s: its provider's auth header is no header name",
                 lane->name);
    else if (!http_value_is_valid(as_str_from(prefix)) || !http_value_is_valid(as_str_from(key)))
        snprintf(text, sizeof(text), "model %.64s: its key holds a control character", lane->name);
    else
        return NULL;
    return as_xstrdup(text);
}

static void lane_forget(struct lane *lane)
{
    free(lane->provider);
    free(lane->origin);
    free(lane->auth_header);
    free(lane->problem);
    lane_auth_unref(lane->auth);
    lane->provider = lane->origin = lane->auth_header = lane->problem = NULL;
    lane->auth = NULL;
}

void lane_set(struct lane *lane, const struct model_spec *spec, const char *auth_header,
              const char *auth_prefix, const char *key)
{
    struct as_err err = {0};
    struct as_buf origin = {0};
    const char *prefix = auth_prefix ? auth_prefix : "";
    int rc = http_origin(spec->base_url, &origin, &err);
    lane_forget(lane);
    lane->provider = as_xstrdup(spec->provider ? spec->provider : "");
    lane->origin = as_buf_take(&origin);
    lane->auth_header = as_xstrdup(auth_header ? auth_header : "");
    lane->problem = find_problem(lane, prefix, key ? key : "", &err);
    if (!rc && !lane->problem && key && *lane->auth_header)
        lane->auth = auth_new(lane->auth_header, prefix, key);
    lane->limits = (struct sender_limits){
        .connect_ms = spec->connect_ms,
        .first_byte_ms = spec->first_byte_ms,
        .idle_ms = spec->idle_ms,
        .total_ms = spec->total_ms,
        .max_age_conn_s = spec->max_age_conn_s,
    };
    lane->concurrency = spec->concurrency ? spec->concurrency : 1;
    lane->max_attempts = spec->max_attempts ? spec->max_attempts : 1;
    lane->backoff_ms = spec->backoff_ms;
    lane->account_limits = spec->account;
    limiter_set(&lane->limiter, &(struct model_limits){.rpm = spec->rpm, .tpm = spec->tpm});
    lane->max_output_tokens = (uint64_t)budget_output_limit(spec->params_json);
    if (!lane->max_output_tokens)
        lane->max_output_tokens = OUTPUT_TOKENS_DEFAULT;
    lane->use_http2 = spec->use_http2;
    sender_lane_set(lane->wire, lane->concurrency, lane->use_http2);
}

void lane_free(struct lane *lane)
{
    AS_ASSERT(!lane->queued && !lane->ready.head && !lane->in_flight);
    sender_lane_free(lane->wire);
    lane_forget(lane);
    free(lane->name);
    free(lane);
}

static uint32_t free_slots(const struct lane *lane)
{
    uint32_t slots =
        lane->is_warm || lane->concurrency < COLD_SLOTS ? lane->concurrency : COLD_SLOTS;
    return lane->in_flight < slots ? slots - lane->in_flight : 0;
}

bool lane_has_room(const struct lane *lane)
{
    return free_slots(lane) > 0;
}

bool lane_may_prepare(const struct lane *lane)
{
    return lane->preparing + lane->ready.count < free_slots(lane) + lane->ahead;
}

uint64_t lane_tokens_of(const struct lane *lane, size_t body_bytes)
{
    return body_bytes / BYTES_PER_TOKEN + lane->max_output_tokens;
}

void lane_note_turn(struct lane *lane, bool is_held)
{
    bool is_starved = !is_held && lane->queued && lane_has_room(lane);
    if (is_starved && lane->is_warm)
        lane->ahead += 1 + lane->ahead / 4;
    if (lane->ahead > lane->concurrency)
        lane->ahead = lane->concurrency;
    if (lane->ready.count < lane->ready_low)
        lane->ready_low = lane->ready.count;
}

/* They become ready by the batch. Those that were still there when the next batch came were
 * prepared too early. */
void lane_note_ready(struct lane *lane)
{
    if (lane->ready_low != UINT32_MAX)
        lane->ahead -= lane->ready_low < lane->ahead ? (lane->ready_low + 3) / 4 : lane->ahead;
    lane->ready_low = UINT32_MAX;
}

void lane_slot_take(struct lane *lane)
{
    lane->in_flight++;
}

void lane_slot_give(struct lane *lane)
{
    AS_ASSERT(lane->in_flight);
    lane->in_flight--;
    if (!lane->in_flight && !lane->preparing && !lane->ready.head && !lane->queued)
        lane->is_warm = false;
}

struct transport_stats lane_stats(const struct lane *lane)
{
    struct transport_stats stats = lane->stats;
    stats.queued = lane->queued + lane->preparing + lane->ready.count;
    stats.in_flight = lane->in_flight;
    stats.backing_off = lane->backing_off;
    return stats;
}
