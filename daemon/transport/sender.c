/* Easy handles: set up once, changed per attempt only where attempts differ, and read out when
 * libcurl is done.
 *
 * connect and total deadlines are libcurl's own. First byte and idle have no match there (its
 * low-speed limit counts from the start of the transfer), so a coarse timer looks over what is in
 * flight every SCAN_MS while anything is. Redirects are not followed, cookies and .netrc not read,
 * and the proxy variables of the environment not honoured: an attempt goes where the configuration
 * says. */
#include "daemon/transport/sender.h"

#include "daemon/transport/http_text.h"
#include "daemon/transport/mux.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SCAN_MS 100
#define REST_SCAN_MS 1000 /* when nothing is in flight */
#define REST_AFTER_MS 30000u
#define RECEIVE_BUFFER_BYTES 16384L
#define SEND_BUFFER_BYTES 16384L /* libcurl's least; TLS takes one per handle */
#define CURLS_MAX_AGE_S 118u     /* libcurl's own default for idle connections */
#define SHARD_MAX_CONNECTIONS 256u
/* a shard of this size costs no more a request than a smaller one */
#define SHARD_GOOD_CONNECTIONS 64u
/* HTTP/2: below the 100 or 128 that servers allow on one connection */
#define SHARD_MAX_STREAMS 64u
/* from here on shards grow to SHARD_MAX_CONNECTIONS before more are made */
#define GOOD_SHARDS 32u

enum slot_phase { SLOT_CONNECTING, SLOT_WAITING, SLOT_HEAD, SLOT_BODY };

struct sender_shard {
    struct mux_shard *mux;    /* NULL: at rest, with no connections and no handles */
    struct sender_slot *idle; /* handles to use again */
    uint32_t in_flight;
    uint64_t idle_since_ms; /* loop clock, while nothing is in flight */
};

struct sender_lane {
    struct sender *sender;
    struct sender_lane *next;
    struct sender_shard *shards;
    uint32_t shard_count;
    uint32_t spread; /* used for new attempts: the first of them */
};

struct sender_slot {
    struct sender_lane *lane;
    CURL *easy;
    struct sender_slot *next, **at; /* in flight, overdue, or (next only) idle */
    struct attempt *attempt;
    const struct sender_request *request;
    uint64_t began_ms, last_byte_ms; /* loop clock */
    uint32_t shard;
    enum slot_phase phase;
    bool is_resend; /* libcurl wanted to send a second time */
    struct curl_slist header_nodes[SENDER_HEADERS_MAX + 2];
    char curl_error[CURL_ERROR_SIZE];
};

struct sender {
    struct loop *loop;
    struct sender_events events;
    struct mux *mux;
    struct loop_timer *scan;
    struct sender_lane *lanes;
    struct sender_slot *in_flight, *overdue;
    CURLSH *names; /* resolved host names, for all shards alike */
    char *ca_file;
    uint32_t shard_max, rest_after_ms, body_max_bytes;
};

/* typecheck-gcc.h's checks are kept; what can fail here is memory alone. */
#define SET(easy, option, value)                                   \
    do {                                                           \
        CURLcode set_code = curl_easy_setopt(easy, option, value); \
        AS_ASSERT(set_code == CURLE_OK);                           \
    } while (0)

static void slot_link(struct sender_slot **list, struct sender_slot *slot)
{
    slot->next = *list;
    slot->at = list;
    if (*list)
        (*list)->at = &slot->next;
    *list = slot;
}

static void slot_unlink(struct sender_slot *slot)
{
    *slot->at = slot->next;
    if (slot->next)
        slot->next->at = slot->at;
}

/* libcurl is about to send. When it has sent before, the connection that it had kept was closed
 * under it and it means to send once more on its own: the server may have taken the request, so
 * that is for the caller to decide, and for the journal to know. */
static int on_connected(void *ctx, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    (void)remote_ip, (void)local_ip, (void)remote_port, (void)local_port;
    struct sender_slot *slot = ctx;
    slot->is_resend = slot->phase != SLOT_CONNECTING;
    if (slot->is_resend)
        return CURL_PREREQFUNC_ABORT;
    slot->phase = SLOT_WAITING;
    slot->lane->sender->events.connected(slot->attempt);
    return CURL_PREREQFUNC_OK;
}

static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
    struct sender_slot *slot = ctx;
    struct as_buf *lines = &slot->attempt->headers;
    size_t len = size * count;
    slot->last_byte_ms = loop_now_ms(slot->lane->sender->loop);
    if (slot->phase == SLOT_BODY) /* a trailer */
        return len;
    slot->phase = SLOT_HEAD;
    /* a status line; an interim reply's headers are not the reply's */
    if (len >= 5 && !memcmp(data, "HTTP/", 5)) {
        as_buf_reset(lines);
        return len;
    }
    if (lines->len + len > HTTP_REPLY_HEADERS_MAX_BYTES) {
        attempt_fail(slot->attempt, EXCHANGE_TOO_LARGE, "the reply's headers are over %u bytes",
                     HTTP_REPLY_HEADERS_MAX_BYTES);
        return 0;
    }
    http_reply_line_add(lines, data, len);
    return len;
}

static void fail_too_large(struct sender_slot *slot)
{
    attempt_fail(slot->attempt, EXCHANGE_TOO_LARGE, "the reply's body is over %u bytes",
                 slot->lane->sender->body_max_bytes);
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    struct sender_slot *slot = ctx;
    struct as_buf *body = &slot->attempt->body;
    size_t len = size * count;
    slot->last_byte_ms = loop_now_ms(slot->lane->sender->loop);
    slot->phase = SLOT_BODY;
    if (body->len + len > slot->lane->sender->body_max_bytes) {
        fail_too_large(slot);
        return 0;
    }
    as_buf_add(body, data, len);
    return len;
}

/* What is the same for every attempt of a handle. */
static void easy_set_up(struct sender *sender, struct sender_slot *slot)
{
    CURL *easy = slot->easy;
    mux_prepare(sender->mux, easy);
    SET(easy, CURLOPT_PRIVATE, (void *)slot);
    SET(easy, CURLOPT_ERRORBUFFER, slot->curl_error);
    SET(easy, CURLOPT_HEADERFUNCTION, on_header);
    SET(easy, CURLOPT_HEADERDATA, (void *)slot);
    SET(easy, CURLOPT_WRITEFUNCTION, on_body);
    SET(easy, CURLOPT_WRITEDATA, (void *)slot);
    SET(easy, CURLOPT_PREREQFUNCTION, on_connected);
    SET(easy, CURLOPT_PREREQDATA, (void *)slot);
    SET(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)sender->body_max_bytes);
    SET(easy, CURLOPT_BUFFERSIZE, RECEIVE_BUFFER_BYTES);
    SET(easy, CURLOPT_UPLOAD_BUFFERSIZE, SEND_BUFFER_BYTES);
    SET(easy, CURLOPT_NOSIGNAL, 1L);
    /* a resolver that hangs is left to itself; else its end would be waited for, on the loop */
    SET(easy, CURLOPT_QUICK_EXIT, 1L);
    SET(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(easy, CURLOPT_FOLLOWLOCATION, 0L);
    SET(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(easy, CURLOPT_PROXY, "");
    SET(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    /* a model may think for minutes: middle boxes forget silent connections */
    SET(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    SET(easy, CURLOPT_SHARE, sender->names);
    SET(easy, CURLOPT_USERAGENT, "assayd/" ASSAY_VERSION);
    if (sender->ca_file)
        SET(easy, CURLOPT_CAINFO, sender->ca_file);
}

static struct curl_slist *node_add(struct sender_slot *slot, uint32_t *count, const char *line)
{
    struct curl_slist *node = &slot->header_nodes[*count];
    /* libcurl reads header lines and does not write them; its list type has no const */
    *node = (struct curl_slist){.data = (char *)(uintptr_t)line};
    if (*count)
        slot->header_nodes[*count - 1].next = node;
    (*count)++;
    return node;
}

/* The list lives in the slot and its lines in the request, so a request costs no allocation for its
 * headers. */
static struct curl_slist *header_list(struct sender_slot *slot,
                                      const struct sender_request *request)
{
    uint32_t count = 0;
    const char *line = request->header_lines;
    AS_ASSERT(request->header_count <= SENDER_HEADERS_MAX);
    /* never wait for "100 Continue" */
    struct curl_slist *first = node_add(slot, &count, "Expect:");
    for (uint32_t i = 0; i < request->header_count; i++) {
        node_add(slot, &count, line);
        line += strlen(line) + 1;
    }
    if (request->auth_line)
        node_add(slot, &count, request->auth_line);
    return first;
}

static void easy_set_method(CURL *easy, const struct sender_request *request)
{
    bool is_post = !strcmp(request->method, "POST");
    if (is_post || request->body.len) {
        SET(easy, CURLOPT_POST, 1L);
        SET(easy, CURLOPT_POSTFIELDS, request->body.len ? request->body.ptr : "");
        SET(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
    } else {
        SET(easy, CURLOPT_HTTPGET, 1L);
    }
    bool is_implied = is_post || (!request->body.len && !strcmp(request->method, "GET"));
    SET(easy, CURLOPT_CUSTOMREQUEST, is_implied ? NULL : request->method);
}

static void easy_set_request(struct sender_slot *slot, const struct sender_request *request)
{
    CURL *easy = slot->easy;
    const struct sender_limits *limits = request->limits;
    easy_set_method(easy, request);
    SET(easy, CURLOPT_URL, request->url);
    SET(easy, CURLOPT_HTTPHEADER, header_list(slot, request));
    SET(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)limits->connect_ms);
    SET(easy, CURLOPT_TIMEOUT_MS, (long)limits->total_ms);
    uint32_t max_age_s = limits->max_age_conn_s ? limits->max_age_conn_s : CURLS_MAX_AGE_S;
    SET(easy, CURLOPT_MAXAGE_CONN, (long)max_age_s);
    SET(easy, CURLOPT_FRESH_CONNECT, request->is_fresh ? 1L : 0L);
    SET(easy, CURLOPT_HTTP_VERSION,
        (long)(request->use_http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    SET(easy, CURLOPT_PIPEWAIT, request->use_http2 ? 1L : 0L);
}

static int64_t clock_us(CURL *easy, CURLINFO which)
{
    curl_off_t us = 0;
    curl_easy_getinfo(easy, which, &us);
    return us;
}

static void read_clocks(struct sender_slot *slot)
{
    struct exchange *exchange = &slot->attempt->exchange;
    long status = 0, opened = 0;
    curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(slot->easy, CURLINFO_NUM_CONNECTS, &opened);
    exchange->http_status = slot->phase >= SLOT_HEAD ? (int)status : 0;
    slot->attempt->connections_opened = (uint32_t)opened;
    exchange->first_byte_us = clock_us(slot->easy, CURLINFO_STARTTRANSFER_TIME_T);
    exchange->total_us = clock_us(slot->easy, CURLINFO_TOTAL_TIME_T);
    if (opened) {
        int64_t tls_us = clock_us(slot->easy, CURLINFO_APPCONNECT_TIME_T);
        exchange->connect_us = tls_us ? tls_us : clock_us(slot->easy, CURLINFO_CONNECT_TIME_T);
    }
}

/* Errors of a connection that the server had given up while we kept it. */
static bool code_is_of_stale_connection(CURLcode code)
{
    return code == CURLE_GOT_NOTHING || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
           code == CURLE_HTTP2_STREAM || code == CURLE_HTTP2;
}

static bool code_is_permanent(CURLcode code)
{
    return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
           code == CURLE_URL_MALFORMAT || code == CURLE_SSL_ISSUER_ERROR;
}

static void fail_deadline_of_curl(struct sender_slot *slot)
{
    const struct sender_limits *limits = slot->request->limits;
    int64_t elapsed_us = slot->attempt->exchange.total_us;
    if (slot->phase == SLOT_CONNECTING &&
        (!limits->total_ms || elapsed_us < (int64_t)limits->total_ms * 1000))
        attempt_fail(slot->attempt, EXCHANGE_TIMEOUT, "no connection within %u ms (connect_ms)",
                     limits->connect_ms);
    else
        attempt_fail(slot->attempt, EXCHANGE_TIMEOUT,
                     "the reply was not whole within %u ms (total_ms)", limits->total_ms);
}

static void fail_with_code(struct sender_slot *slot, CURLcode code)
{
    struct attempt *attempt = slot->attempt;
    const char *text = slot->curl_error[0] ? slot->curl_error : curl_easy_strerror(code);
    if (slot->is_resend) {
        attempt_fail(attempt, EXCHANGE_BROKEN, "the kept connection was closed before any reply");
        attempt->is_stale = true;
    } else if (code == CURLE_OPERATION_TIMEDOUT) {
        fail_deadline_of_curl(slot);
    } else if (code == CURLE_FILESIZE_EXCEEDED) {
        fail_too_large(slot);
    } else if (code == CURLE_WRITE_ERROR && attempt->exchange.outcome == EXCHANGE_TOO_LARGE) {
        return; /* on_header or on_body refused to take more, and said why */
    } else if (slot->phase == SLOT_CONNECTING) {
        attempt_fail(attempt, EXCHANGE_CONNECT_FAILED, "%s", text);
        attempt->is_permanent = code_is_permanent(code);
    } else {
        attempt_fail(attempt, EXCHANGE_BROKEN, "%s", text);
        attempt->is_stale = slot->phase == SLOT_WAITING && !attempt->connections_opened &&
                            code_is_of_stale_connection(code);
    }
}

/* Takes the handle out of libcurl and puts the slot among the idle ones. */
static void slot_release(struct sender_slot *slot)
{
    struct sender_shard *shard = &slot->lane->shards[slot->shard];
    mux_remove(shard->mux, slot->easy);
    slot_unlink(slot);
    slot->attempt = NULL;
    slot->request = NULL;
    slot->next = shard->idle;
    shard->idle = slot;
    if (!--shard->in_flight)
        shard->idle_since_ms = loop_now_ms(slot->lane->sender->loop);
}

static void slot_finish(struct sender_slot *slot)
{
    struct sender *sender = slot->lane->sender;
    struct attempt *attempt = slot->attempt;
    attempt_seal(attempt);
    slot_release(slot);
    sender->events.done(attempt);
}

static void on_transfer_done(void *easy_private, CURLcode code)
{
    struct sender_slot *slot = easy_private;
    read_clocks(slot);
    if (code != CURLE_OK)
        fail_with_code(slot, code);
    slot_finish(slot);
}

/* True, with the attempt failed, when first_byte_ms or idle_ms has passed. */
static bool slot_is_overdue(struct sender_slot *slot, uint64_t now_ms)
{
    const struct sender_limits *limits = slot->request->limits;
    if (slot->phase == SLOT_WAITING && limits->first_byte_ms &&
        now_ms - slot->began_ms >= limits->first_byte_ms) {
        attempt_fail(slot->attempt, EXCHANGE_TIMEOUT,
                     "no byte of the reply within %u ms (first_byte_ms)", limits->first_byte_ms);
        return true;
    }
    if (slot->phase >= SLOT_HEAD && limits->idle_ms &&
        now_ms - slot->last_byte_ms >= limits->idle_ms) {
        attempt_fail(slot->attempt, EXCHANGE_TIMEOUT,
                     "no further byte of the reply for %u ms (idle_ms)", limits->idle_ms);
        return true;
    }
    return false;
}

/* Closes what the shard keeps alive. A quiet daemon holds no connections that the servers have long
 * given up. */
static void shard_rest(struct sender_shard *shard)
{
    while (shard->idle) {
        struct sender_slot *slot = shard->idle;
        shard->idle = slot->next;
        curl_easy_cleanup(slot->easy);
        free(slot);
    }
    if (shard->mux)
        mux_shard_free(shard->mux);
    shard->mux = NULL;
}

/* True when some shard is awake still. */
static bool rest_idle_shards(struct sender *sender, uint64_t now_ms)
{
    bool is_awake = false;
    for (struct sender_lane *lane = sender->lanes; lane; lane = lane->next) {
        for (uint32_t i = 0; i < lane->shard_count; i++) {
            struct sender_shard *shard = &lane->shards[i];
            if (shard->mux && !shard->in_flight &&
                now_ms - shard->idle_since_ms >= sender->rest_after_ms)
                shard_rest(shard);
            is_awake = is_awake || shard->mux;
        }
    }
    return is_awake;
}

/* Overdue slots move to a list of their own first: what done calls may abort any slot in flight. */
static void end_overdue(struct sender *sender, uint64_t now_ms)
{
    struct sender_slot *next;
    for (struct sender_slot *slot = sender->in_flight; slot; slot = next) {
        next = slot->next;
        if (slot_is_overdue(slot, now_ms)) {
            slot_unlink(slot);
            slot_link(&sender->overdue, slot);
        }
    }
    while (sender->overdue) {
        struct sender_slot *slot = sender->overdue;
        read_clocks(slot);
        /* libcurl's own clock stands still while nothing comes */
        slot->attempt->exchange.total_us = (int64_t)(now_ms - slot->began_ms) * 1000;
        slot_finish(slot);
    }
}

static void on_scan(void *ctx)
{
    struct sender *sender = ctx;
    uint64_t now_ms = loop_now_ms(sender->loop);
    end_overdue(sender, now_ms);
    bool is_awake = rest_idle_shards(sender, now_ms);
    if (sender->in_flight)
        loop_timer_start(sender->scan, SCAN_MS);
    else if (is_awake)
        loop_timer_start(sender->scan, REST_SCAN_MS);
    mux_settle(sender->mux);
}

static void init_curl(void)
{
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    AS_ASSERT(code == CURLE_OK);
}

int sender_new(struct loop *loop, const struct transport_options *options,
               const struct sender_events *events, struct sender **ret_sender)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_curl);
    struct sender *sender = as_xcalloc(1, sizeof(*sender));
    struct mux_events mux_events = {
        .ctx = events->ctx, .done = on_transfer_done, .pump = events->pump};
    int rc = mux_new(loop, &mux_events, &sender->mux);
    if (rc) {
        free(sender);
        return rc;
    }
    sender->loop = loop;
    sender->events = *events;
    sender->scan = loop_timer_new(loop, on_scan, sender);
    sender->names = curl_share_init();
    AS_ASSERT(sender->names &&
              curl_share_setopt(sender->names, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS) == CURLSHE_OK);
    sender->ca_file = options->ca_file ? as_xstrdup(options->ca_file) : NULL;
    sender->rest_after_ms = options->rest_after_ms ? options->rest_after_ms : REST_AFTER_MS;
    sender->body_max_bytes =
        options->body_max_bytes ? options->body_max_bytes : TRANSPORT_BODY_MAX_BYTES;
    sender->shard_max =
        options->connections_per_shard ? options->connections_per_shard : SHARD_MAX_CONNECTIONS;
    *ret_sender = sender;
    return 0;
}

void sender_free(struct sender *sender)
{
    if (!sender)
        return;
    loop_timer_free(sender->scan);
    mux_free(sender->mux);
    curl_share_cleanup(sender->names);
    free(sender->ca_file);
    free(sender);
}

struct sender_lane *sender_lane_new(struct sender *sender)
{
    struct sender_lane *lane = as_xcalloc(1, sizeof(*lane));
    lane->sender = sender;
    lane->next = sender->lanes;
    sender->lanes = lane;
    return lane;
}

void sender_lane_free(struct sender_lane *lane)
{
    struct sender_lane **at = &lane->sender->lanes;
    while (*at != lane)
        at = &(*at)->next;
    *at = lane->next;
    for (uint32_t i = 0; i < lane->shard_count; i++) {
        AS_ASSERT(lane->shards[i].in_flight == 0);
        shard_rest(&lane->shards[i]);
    }
    free(lane->shards);
    free(lane);
}

static uint32_t shards_for(uint32_t concurrency, uint32_t shard_max, bool use_http2)
{
    uint32_t good = use_http2 ? SHARD_MAX_STREAMS : SHARD_GOOD_CONNECTIONS;
    good = good < shard_max ? good : shard_max;
    uint32_t count = (concurrency + good - 1) / good;
    if (use_http2 || count <= GOOD_SHARDS)
        return count ? count : 1;
    uint32_t least = (concurrency + shard_max - 1) / shard_max;
    return least > GOOD_SHARDS ? least : GOOD_SHARDS;
}

void sender_lane_set(struct sender_lane *lane, uint32_t concurrency, bool use_http2)
{
    lane->spread = shards_for(concurrency, lane->sender->shard_max, use_http2);
    if (lane->spread <= lane->shard_count)
        return;
    lane->shards = as_xrealloc(lane->shards, lane->spread * sizeof(*lane->shards));
    for (; lane->shard_count < lane->spread; lane->shard_count++)
        lane->shards[lane->shard_count] = (struct sender_shard){0};
}

static uint32_t emptiest_shard(const struct sender_lane *lane)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < lane->spread; i++)
        if (lane->shards[i].in_flight < lane->shards[best].in_flight)
            best = i;
    return best;
}

static struct sender_slot *slot_take(struct sender_lane *lane, uint32_t shard_index)
{
    struct sender_shard *shard = &lane->shards[shard_index];
    struct sender_slot *slot = shard->idle;
    if (!shard->mux)
        shard->mux = mux_shard_new(lane->sender->mux, lane->sender->shard_max);
    if (slot) {
        shard->idle = slot->next;
        return slot;
    }
    slot = as_xcalloc(1, sizeof(*slot));
    slot->lane = lane;
    slot->shard = shard_index;
    slot->easy = curl_easy_init();
    AS_ASSERT(slot->easy);
    easy_set_up(lane->sender, slot);
    return slot;
}

struct sender_slot *sender_send(struct sender_lane *lane, const struct sender_request *request,
                                struct attempt *attempt)
{
    struct sender *sender = lane->sender;
    uint32_t shard_index = emptiest_shard(lane);
    struct sender_slot *slot = slot_take(lane, shard_index);
    slot->attempt = attempt;
    slot->request = request;
    slot->phase = SLOT_CONNECTING;
    slot->is_resend = false;
    slot->began_ms = loop_now_ms(sender->loop);
    slot->curl_error[0] = '\0';
    easy_set_request(slot, request);
    attempt->exchange.sent_ms = clock_wall_ms();
    if (!sender->in_flight)
        loop_timer_start(sender->scan, SCAN_MS);
    slot_link(&sender->in_flight, slot);
    lane->shards[shard_index].in_flight++;
    mux_add(lane->shards[shard_index].mux, slot->easy);
    return slot;
}

void sender_abort(struct sender_slot *slot)
{
    slot_release(slot);
}

void sender_tell(const struct sender_slot *slot, struct transport_call *call)
{
    uint64_t now = loop_now_ms(slot->lane->sender->loop);
    bool has_bytes = slot->phase == SLOT_HEAD || slot->phase == SLOT_BODY;
    call->where = has_bytes                        ? TRANSPORT_AT_BODY
                  : slot->phase == SLOT_CONNECTING ? TRANSPORT_AT_CONNECT
                                                   : TRANSPORT_AT_FIRST_BYTE;
    call->attempt_age_ms = (int64_t)(now - slot->began_ms);
    call->bytes = (int64_t)slot->attempt->body.len;
    if (has_bytes)
        call->silent_ms = (int64_t)(now - slot->last_byte_ms);
}

void sender_settle(struct sender *sender)
{
    mux_settle(sender->mux);
}
