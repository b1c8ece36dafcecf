/* The phases of a connection:
 *   READING   the parser takes bytes until a request is complete
 *   WAITING   the answer is ready and waits for its latency
 *   WRITING   the socket was full; libuv writes the rest
 *   STALLED   a fault: nothing more will come
 *   CLOSING   handles are being closed
 * The quick way is READING to READING: parse, answer and write in one turn of the loop. */
#include "sim/conn.h"

#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

#define BODY_MAX_BYTES ((size_t)32 << 20)
#define PENDING_MAX_BYTES (BODY_MAX_BYTES + SERVER_READ_BYTES)
#define KEPT_BUFFER_BYTES 65536 /* a larger buffer is given back after use */

enum conn_state {
    CONN_READING,
    CONN_WAITING,
    CONN_WRITING,
    CONN_STALLED,
    CONN_CLOSING,
    CONN_STATES
};

static const bool permitted[CONN_STATES][CONN_STATES] = {
    [CONN_READING] = {[CONN_WAITING] = true,
                      [CONN_WRITING] = true,
                      [CONN_STALLED] = true,
                      [CONN_CLOSING] = true},
    [CONN_WAITING] = {[CONN_READING] = true,
                      [CONN_WRITING] = true,
                      [CONN_STALLED] = true,
                      [CONN_CLOSING] = true},
    [CONN_WRITING] = {[CONN_READING] = true, [CONN_STALLED] = true, [CONN_CLOSING] = true},
    [CONN_STALLED] = {[CONN_CLOSING] = true},
};

/* The request headers that matter, and where their values go in struct handler_request. */
static const struct {
    const char *name;
    size_t offset;
} headers[] = {
    {"authorization", offsetof(struct handler_request, authorization)},
    {"x-api-key", offsetof(struct handler_request, x_api_key)},
    {"x-goog-api-key", offsetof(struct handler_request, x_goog_api_key)},
    {"anthropic-version", offsetof(struct handler_request, anthropic_version)},
};
#define NO_HEADER AS_COUNT(headers)

struct conn {
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_write_t write;
    unsigned open_handles;
    struct server *server;
    struct conn *next, **link;
    enum conn_state state;
    http_parser parser;
    bool is_mid_request; /* its first byte came, its last did not */
    bool is_paused;      /* reading stopped: too much is pending */
    bool is_too_large;
    bool keeps_alive;
    struct as_buf pending; /* read, not parsed */
    struct as_buf request; /* "POST /path\n" and the body */
    size_t body_at;
    struct as_buf header_name; /* of the header that is being read */
    struct as_buf values[AS_COUNT(headers)];
    size_t header;      /* index into headers, or NO_HEADER */
    struct as_buf head; /* of the reply */
    struct tls *tls;    /* NULL: plain HTTP */
    struct as_buf sealed;
    struct handler_reply reply;
    size_t drip_left; /* bytes */
};

static void conn_feed(struct conn *conn, const char *data, size_t len);
static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf);
static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf);

static void set_state(struct conn *conn, enum conn_state state)
{
    AS_ASSERT(permitted[conn->state][state]);
    conn->state = state;
}

static struct counters *counters_of(struct conn *conn)
{
    return handler_counters(conn->server->handler);
}

static void note_finish(struct conn *conn)
{
    if (conn->reply.is_model)
        counters_note_finish(counters_of(conn));
}

static void shrink(struct as_buf *buf)
{
    if (buf->cap > KEPT_BUFFER_BYTES)
        as_buf_done(buf);
}

/* ---- closing ---- */

static void on_closed(uv_handle_t *handle)
{
    struct conn *conn = handle->data;
    if (--conn->open_handles)
        return;
    as_buf_done(&conn->pending);
    as_buf_done(&conn->request);
    as_buf_done(&conn->header_name);
    for (size_t i = 0; i < AS_COUNT(headers); i++)
        as_buf_done(&conn->values[i]);
    as_buf_done(&conn->head);
    as_buf_done(&conn->sealed);
    tls_free(conn->tls);
    handler_reply_done(&conn->reply);
    free(conn);
}

static void close_handles(struct conn *conn, bool by_reset)
{
    if (conn->state != CONN_READING)
        note_finish(conn);
    set_state(conn, CONN_CLOSING);
    counters_of(conn)->open_connections--;
    *conn->link = conn->next;
    if (conn->next)
        conn->next->link = conn->link;
    uv_close((uv_handle_t *)&conn->timer, on_closed);
    if (!by_reset || uv_tcp_close_reset(&conn->tcp, on_closed))
        uv_close((uv_handle_t *)&conn->tcp, on_closed);
}

/* What TLS has to say beside an answer: small, so that a full socket ends the connection. */
static bool send_sealed(struct conn *conn)
{
    uv_buf_t part = uv_buf_init(conn->sealed.ptr, (unsigned)conn->sealed.len);
    return !part.len || uv_try_write((uv_stream_t *)&conn->tcp, &part, 1) == (int)part.len;
}

void conn_close(struct conn *conn)
{
    if (conn->state == CONN_CLOSING)
        return;
    if (conn->tls && conn->state == CONN_READING) {
        as_buf_reset(&conn->sealed);
        tls_end(conn->tls, &conn->sealed);
        send_sealed(conn);
    }
    close_handles(conn, false);
}

/* ---- answering ---- */

static void start_idle_timer(struct conn *conn);

static const char *reason(int status)
{
    switch (status) {
    case 200: return "OK";
    case 307: return "Temporary Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 413: return "Payload Too Large";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    default: return "Overloaded";
    }
}

static void write_head(struct conn *conn)
{
    const struct handler_reply *reply = &conn->reply;
    struct as_buf *head = &conn->head;
    as_buf_reset(head);
    as_buf_adds(head, "HTTP/1.1 ");
    text_add_int(reply->status, head);
    as_buf_addc(head, ' ');
    as_buf_adds(head, reason(reply->status));
    as_buf_adds(head, "\r\nContent-Type: ");
    as_buf_adds(head, reply->content_type);
    as_buf_adds(head, "\r\nContent-Length: ");
    text_add_int((int64_t)reply->body.len, head);
    if (reply->id_header) {
        as_buf_adds(head, "\r\n");
        as_buf_adds(head, reply->id_header);
        as_buf_adds(head, ": req_");
        text_add_hex(reply->id, head);
    }
    if (reply->header.len) {
        as_buf_adds(head, "\r\n");
        as_buf_add(head, reply->header.ptr, reply->header.len);
    }
    if (reply->retry_after_s)
        as_buf_addf(head, "\r\nRetry-After: %u", reply->retry_after_s);
    as_buf_adds(head, conn->keeps_alive ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n");
}

/* A byte that keeps the reader from thinking that nothing comes any more. The last one never does.
 */
static void on_drip(uv_timer_t *timer)
{
    struct conn *conn = timer->data;
    static char byte = ' ';
    uv_buf_t buf = uv_buf_init(&byte, 1);
    if (conn->state == CONN_STALLED && conn->drip_left && conn->drip_left--)
        (void)uv_try_write((uv_stream_t *)&conn->tcp, &buf, 1);
}

/* The reply has left, as far as it ever will. */
static void finish_reply(struct conn *conn)
{
    shrink(&conn->reply.body);
    shrink(&conn->request);
    shrink(&conn->sealed);
    if (conn->reply.delivery == HANDLER_STALL_BODY || conn->reply.delivery == HANDLER_DRIP) {
        set_state(conn, CONN_STALLED);
        if (conn->reply.delivery == HANDLER_DRIP && !conn->tls)
            uv_timer_start(&conn->timer, on_drip, conn->reply.drip_ms, conn->reply.drip_ms);
        return;
    }
    if (conn->state != CONN_READING)
        set_state(conn, CONN_READING);
    note_finish(conn);
    if (conn->reply.delivery == HANDLER_TRUNCATE)
        close_handles(conn, false);
    else if (!conn->keeps_alive)
        conn_close(conn);
    else
        start_idle_timer(conn);
}

/* Goes on with what came while the last answer was under way. */
static void resume(struct conn *conn)
{
    struct as_buf held = conn->pending;
    if (conn->state != CONN_READING)
        return;
    conn->pending = (struct as_buf){0};
    conn_feed(conn, held.ptr, held.len);
    as_buf_done(&held);
    if (conn->is_paused && conn->state == CONN_READING) {
        conn->is_paused = false;
        uv_read_start((uv_stream_t *)&conn->tcp, on_alloc, on_read);
    }
}

static void on_written(uv_write_t *write, int status)
{
    struct conn *conn = write->data;
    if (conn->state == CONN_CLOSING)
        return;
    if (status) {
        conn_close(conn);
        return;
    }
    finish_reply(conn);
    resume(conn);
}

/* The reply as it goes over the wire: head and body, or one piece that hides both. */
static void wire_parts(struct conn *conn, size_t body_len, uv_buf_t parts[2])
{
    if (!conn->tls) {
        parts[0] = uv_buf_init(conn->head.ptr, (unsigned)conn->head.len);
        parts[1] = uv_buf_init(conn->reply.body.ptr, (unsigned)body_len);
        return;
    }
    as_buf_reset(&conn->sealed);
    tls_seal(conn->tls, as_buf_str(&conn->head), &conn->sealed);
    tls_seal(conn->tls, (struct as_str){conn->reply.body.ptr, body_len}, &conn->sealed);
    parts[0] = uv_buf_init(conn->sealed.ptr, (unsigned)conn->sealed.len);
    parts[1] = uv_buf_init(conn->sealed.ptr, 0);
}

/* Writes the reply: at once as far as the socket takes it, the rest by the loop. */
static void write_reply(struct conn *conn, size_t body_len)
{
    uv_buf_t parts[2];
    wire_parts(conn, body_len, parts);
    int sent = uv_try_write((uv_stream_t *)&conn->tcp, parts, 2);
    if (sent < 0 && sent != UV_EAGAIN) {
        set_state(conn, CONN_WRITING);
        conn_close(conn);
        return;
    }
    size_t done = sent > 0 ? (size_t)sent : 0;
    if (done == parts[0].len + parts[1].len) {
        finish_reply(conn);
        return;
    }
    set_state(conn, CONN_WRITING);
    for (size_t i = 0; i < 2; i++) {
        size_t step = done < parts[i].len ? done : parts[i].len;
        parts[i] = uv_buf_init(parts[i].base + step, (unsigned)(parts[i].len - step));
        done -= step;
    }
    if (uv_write(&conn->write, (uv_stream_t *)&conn->tcp, parts, 2, on_written))
        conn_close(conn);
}

static void send_reply(struct conn *conn)
{
    switch (conn->reply.delivery) {
    case HANDLER_RESET:
        if (conn->state == CONN_READING)
            set_state(conn, CONN_WAITING);
        close_handles(conn, true);
        return;
    case HANDLER_STALL_HEAD: set_state(conn, CONN_STALLED); return;
    case HANDLER_SEND:
    case HANDLER_TRUNCATE:
    case HANDLER_STALL_BODY:
    case HANDLER_DRIP: break;
    }
    write_head(conn);
    handler_note_sent(conn->server->handler, &conn->reply, uv_now(conn->server->loop));
    bool is_whole = conn->reply.delivery == HANDLER_SEND;
    conn->drip_left = conn->reply.body.len ? (conn->reply.body.len - 1) / 2 : 0;
    write_reply(conn, is_whole ? conn->reply.body.len : conn->reply.body.len / 2);
}

static void on_timer(uv_timer_t *timer)
{
    struct conn *conn = timer->data;
    if (conn->state == CONN_WAITING) {
        send_reply(conn);
        resume(conn);
    } else if (conn->state == CONN_READING && !conn->is_mid_request) {
        conn_close(conn);
    }
}

static void start_idle_timer(struct conn *conn)
{
    if (conn->server->keepalive_ms)
        uv_timer_start(&conn->timer, on_timer, conn->server->keepalive_ms, 0);
}

static struct handler_request request_of(struct conn *conn)
{
    struct as_str all = as_buf_str(&conn->request);
    struct handler_request request = {.bytes = all, .is_too_large = conn->is_too_large};
    const char *space = memchr(all.ptr, ' ', all.len);
    const char *path = space + 1, *line_end = all.ptr + conn->body_at - 1;
    const char *query = memchr(path, '?', (size_t)(line_end - path));
    request.method = (struct as_str){all.ptr, (size_t)(space - all.ptr)};
    request.path = (struct as_str){path, (size_t)((query ? query : line_end) - path)};
    request.body = (struct as_str){all.ptr + conn->body_at, all.len - conn->body_at};
    request.now_ms = uv_now(conn->server->loop);
    for (size_t i = 0; i < AS_COUNT(headers); i++) {
        if (conn->values[i].len)
            *(struct as_str *)((char *)&request + headers[i].offset) = as_buf_str(&conn->values[i]);
    }
    return request;
}

static void answer_request(struct conn *conn)
{
    struct handler_request request = request_of(conn);
    conn->is_mid_request = false;
    conn->keeps_alive = http_should_keep_alive(&conn->parser) && !conn->is_too_large;
    handler_answer(conn->server->handler, &request, &conn->reply);
    if (conn->reply.is_model)
        counters_note_start(counters_of(conn));
    if (conn->reply.delay_ms) {
        set_state(conn, CONN_WAITING);
        uv_timer_start(&conn->timer, on_timer, conn->reply.delay_ms, 0);
    } else {
        send_reply(conn);
    }
}

/* ---- parsing ---- */

static int on_message_begin(http_parser *parser)
{
    struct conn *conn = parser->data;
    conn->is_mid_request = true;
    conn->is_too_large = false;
    conn->body_at = 0;
    conn->header = NO_HEADER;
    as_buf_reset(&conn->request);
    as_buf_reset(&conn->header_name);
    for (size_t i = 0; i < AS_COUNT(headers); i++)
        as_buf_reset(&conn->values[i]);
    return 0;
}

static int on_url(http_parser *parser, const char *at, size_t len)
{
    struct conn *conn = parser->data;
    if (!conn->request.len) {
        as_buf_adds(&conn->request, http_method_str((enum http_method)parser->method));
        as_buf_addc(&conn->request, ' ');
    }
    as_buf_add(&conn->request, at, len);
    return 0;
}

/* A name may come in pieces; the parser bounds the size of all headers together. */
static int on_header_field(http_parser *parser, const char *at, size_t len)
{
    struct conn *conn = parser->data;
    conn->header = NO_HEADER;
    as_buf_add(&conn->header_name, at, len);
    return 0;
}

static int on_header_value(http_parser *parser, const char *at, size_t len)
{
    struct conn *conn = parser->data;
    for (size_t i = 0; conn->header == NO_HEADER && conn->header_name.len && i < AS_COUNT(headers);
         i++) {
        if (!strcasecmp(conn->header_name.ptr, headers[i].name))
            conn->header = i;
    }
    as_buf_reset(&conn->header_name);
    if (conn->header != NO_HEADER)
        as_buf_add(&conn->values[conn->header], at, len);
    return 0;
}

static int on_headers_complete(http_parser *parser)
{
    struct conn *conn = parser->data;
    parser->upgrade = 0; /* an offer that a server may ignore */
    as_buf_addc(&conn->request, '\n');
    conn->body_at = conn->request.len;
    return 0;
}

static int on_body(http_parser *parser, const char *at, size_t len)
{
    struct conn *conn = parser->data;
    if (len > BODY_MAX_BYTES - (conn->request.len - conn->body_at))
        conn->is_too_large = true;
    if (!conn->is_too_large)
        as_buf_add(&conn->request, at, len);
    return 0;
}

/* Pausing hands control back to conn_feed, which answers before it parses on. */
static int on_message_complete(http_parser *parser)
{
    http_parser_pause(parser, 1);
    return 0;
}

static void refuse_bytes(struct conn *conn)
{
    static const char answer[] =
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    uv_buf_t part = uv_buf_init((char *)(uintptr_t)answer, sizeof(answer) - 1);
    uv_try_write((uv_stream_t *)&conn->tcp, &part, 1);
    conn_close(conn);
}

static void pend(struct conn *conn, const char *data, size_t len)
{
    as_buf_add(&conn->pending, data, len);
    if (conn->pending.len > PENDING_MAX_BYTES && !conn->is_paused) {
        conn->is_paused = true;
        uv_read_stop((uv_stream_t *)&conn->tcp);
    }
}

static void conn_feed(struct conn *conn, const char *data, size_t len)
{
    while (len && conn->state == CONN_READING) {
        size_t used = http_parser_execute(&conn->parser, &conn->server->parsing, data, len);
        enum http_errno error = HTTP_PARSER_ERRNO(&conn->parser);
        data += used;
        len -= used;
        if (error == HPE_PAUSED) {
            http_parser_pause(&conn->parser, 0);
            answer_request(conn);
        } else if (error != HPE_OK) {
            refuse_bytes(conn);
        }
    }
    if (len && conn->state != CONN_CLOSING)
        pend(conn, data, len);
}

void conn_parser_settings(http_parser_settings *settings)
{
    http_parser_settings_init(settings);
    settings->on_message_begin = on_message_begin;
    settings->on_url = on_url;
    settings->on_header_field = on_header_field;
    settings->on_header_value = on_header_value;
    settings->on_headers_complete = on_headers_complete;
    settings->on_body = on_body;
    settings->on_message_complete = on_message_complete;
}

/* ---- the socket ---- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf)
{
    struct conn *conn = handle->data;
    (void)suggested;
    *ret_buf = uv_buf_init(conn->server->read_buffer, SERVER_READ_BYTES);
}

static void peer_left(struct conn *conn)
{
    if (conn->state == CONN_WAITING || conn->state == CONN_WRITING)
        counters_of(conn)->abandoned++;
    conn_close(conn);
}

static void take_plain(struct conn *conn, const char *data, size_t len)
{
    if (conn->state == CONN_READING)
        conn_feed(conn, data, len);
    else
        pend(conn, data, len);
}

static void take_sealed(struct conn *conn, const char *data, size_t len)
{
    char *plain = conn->server->plain_buffer;
    int got = 0;
    tls_feed(conn->tls, data, len);
    while (conn->state != CONN_CLOSING && (got = tls_open(conn->tls, plain, SERVER_READ_BYTES)) > 0)
        take_plain(conn, plain, (size_t)got);
    if (conn->state == CONN_CLOSING || conn->state == CONN_WRITING)
        return; /* what TLS has to say goes out with the next answer */
    as_buf_reset(&conn->sealed);
    tls_seal(conn->tls, AS_STR(""), &conn->sealed);
    if (!send_sealed(conn) || got < 0)
        peer_left(conn);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct conn *conn = stream->data;
    if (count < 0) {
        peer_left(conn);
    } else if (conn->tls) {
        take_sealed(conn, buf->base, (size_t)count);
    } else {
        take_plain(conn, buf->base, (size_t)count);
    }
}

void conn_accept(struct server *server)
{
    struct conn *conn = as_xcalloc(1, sizeof(*conn));
    conn->server = server;
    conn->tcp.data = conn->timer.data = conn->write.data = conn->parser.data = conn;
    conn->open_handles = 2;
    conn->tls = server->tls ? tls_new(server->tls) : NULL;
    http_parser_init(&conn->parser, HTTP_REQUEST);
    conn->parser.data = conn;
    int rc = uv_timer_init(server->loop, &conn->timer) | uv_tcp_init(server->loop, &conn->tcp);
    AS_ASSERT(!rc);
    conn->next = server->conns;
    conn->link = &server->conns;
    if (conn->next)
        conn->next->link = &conn->next;
    server->conns = conn;
    counters_of(conn)->connections++;
    counters_of(conn)->open_connections++;
    if (uv_accept((uv_stream_t *)&server->listener, (uv_stream_t *)&conn->tcp) ||
        uv_read_start((uv_stream_t *)&conn->tcp, on_alloc, on_read)) {
        conn_close(conn);
        return;
    }
    uv_tcp_nodelay(&conn->tcp, 1);
    start_idle_timer(conn);
}
