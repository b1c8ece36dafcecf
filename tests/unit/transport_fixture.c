/* The shared parts of the transport tests. Results are copied out of the callback: what it gets is
 * borrowed. */
#include "tests/unit/transport_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool answer_ok(struct http_peer *peer)
{
    http_peer_reply(peer, 200, "", "ok");
    return true;
}

bool answer_never(struct http_peer *peer)
{
    http_peer_wait(peer);
    return false;
}

bool answer_overloaded(struct http_peer *peer)
{
    http_peer_reply(peer, 529, "", "overloaded");
    return true;
}

void fixture_start(struct fixture *f, http_answer_fn answer)
{
    fixture_start_with(f, &(struct http_server_options){.answer = answer});
}

static const char *fixture_ca(const struct fixture *f)
{
    return f->server.cert_path[0] ? f->server.cert_path : NULL;
}

void fixture_start_with(struct fixture *f, const struct http_server_options *options)
{
    memset(f, 0, sizeof(*f));
    http_server_start(&f->server, options);
    assert_int_equal(loop_new(&f->loop), 0);
    fake_journal_init(&f->journal, f->loop);
    struct transport_options transport_options = {.journal = &f->journal.journal,
                                                  .ca_file = fixture_ca(f)};
    assert_int_equal(transport_new(f->loop, &transport_options, &f->transport, NULL), 0);
    f->spec = (struct model_spec){
        .name = "m",
        .base_url = f->server.base_url,
        .concurrency = 8,
        .max_attempts = 3,
        .connect_ms = 3000,
        .first_byte_ms = 5000,
        .idle_ms = 5000,
        .total_ms = 20000,
        .backoff_ms = 10,
        .max_age_conn_s = 25,
    };
}

void fixture_stop(struct fixture *f)
{
    transport_free(f->transport);
    f->transport = NULL;
    fake_journal_release(&f->journal);
    while (f->journal.due)
        loop_turn(f->loop);
    loop_free(f->loop);
    http_server_stop(&f->server);
    fake_journal_done(&f->journal);
    for (unsigned i = 0; i < f->sent; i++)
        assert_int_equal(f->results[i].fired, 1);
}

void fixture_lane(struct fixture *f)
{
    f->lane = transport_lane(f->transport, &f->spec, "Authorization", "Bearer ", f->key);
    assert_int_not_equal(f->lane, 0);
}

static void on_done(void *ctx, const struct transport_reply *reply)
{
    struct fixture_result *result = ctx;
    struct fixture *f = result->fixture;
    result->fired++;
    result->order = ++f->fired;
    result->rc = reply->rc;
    result->is_from_journal = reply->is_from_journal;
    result->attempts = reply->attempts;
    result->appends_before = f->journal.appends;
    assert_true((reply->exchange == NULL) == (reply->rc != 0));
    if (reply->exchange) {
        result->exchange = *reply->exchange;
        snprintf(result->body, sizeof(result->body), "%.*s",
                 (int)reply->exchange->response_body.len, reply->exchange->response_body.ptr);
        snprintf(result->error, sizeof(result->error), "%.*s", (int)reply->exchange->error.len,
                 reply->exchange->error.ptr);
    }
    if (result->is_done_sending_more)
        fixture_send(f, "more");
}

uint64_t fixture_send_request(struct fixture *f, const struct transport_request *request)
{
    if (!f->lane)
        fixture_lane(f);
    assert_true(f->sent < FIXTURE_RESULTS_MAX);
    struct fixture_result *result = &f->results[f->sent++];
    result->fixture = f;
    struct transport_request whole = *request;
    whole.lane = f->lane;
    uint64_t id = transport_send(f->transport, &whole, on_done, result);
    assert_int_equal(result->fired, 0);
    return id;
}

struct as_str fixture_url(struct fixture *f, const char *path)
{
    snprintf(f->url, sizeof(f->url), "%s%s", f->spec.base_url, path);
    return as_str_from(f->url);
}

uint64_t fixture_send(struct fixture *f, const char *body)
{
    struct transport_request request = {.method = AS_STR("POST"),
                                        .url = fixture_url(f, "/v1/x"),
                                        .body = as_str_from(body),
                                        .skip_find = true};
    return fixture_send_request(f, &request);
}

/* Turns of at most a few ms, so that what the server's threads do is seen soon. */
static void turn(struct fixture *f)
{
    struct loop_timer *tick = loop_timer_new(f->loop, (void (*)(void *))loop_stop, f->loop);
    loop_timer_start(tick, 5);
    loop_turn(f->loop);
    loop_timer_free(tick);
}

void fixture_wait(struct fixture *f, unsigned fired)
{
    while (f->fired < fired)
        turn(f);
}

void fixture_wait_requests(struct fixture *f, unsigned requests)
{
    while (atomic_load(&f->server.requests) < requests)
        turn(f);
}

void fixture_wait_ms(struct fixture *f, unsigned ms)
{
    uint64_t until = clock_now_ns() + ms * 1000000ull;
    while (clock_now_ns() < until)
        turn(f);
}

struct fixture_result *fixture_get(struct fixture *f, const char *body)
{
    struct fixture_result *result = &f->results[f->sent];
    fixture_send(f, body);
    while (!result->fired)
        turn(f);
    return result;
}
