/* What goes wrong on the wire: broken, slow and endless replies, dead servers. */
#include "tests/unit/transport_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct fixture fixture;

/* ---- broken replies ---- */

static bool answer_reset_once(struct http_peer *peer)
{
    if (peer->request > 1)
        return answer_ok(peer);
    http_peer_reset(peer);
    return false;
}

static void test_a_reset_connection_is_retried(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_reset_once);
    struct fixture_result *result = fixture_get(f, "hello");
    assert_string_equal(result->body, "ok");
    assert_int_equal(result->attempts, 2);
    assert_int_equal(f->journal.kept[0].outcome, EXCHANGE_BROKEN);
    assert_int_equal(f->journal.kept[0].http_status, 0);
    assert_true(f->journal.kept[0].error.len > 0);
    fixture_stop(f);
}

static bool answer_truncated(struct http_peer *peer)
{
    http_peer_printf(peer, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
    return false;
}

static void test_a_truncated_body_is_retried_and_never_taken_for_a_reply(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_truncated);
    struct fixture_result *result = fixture_get(f, "hello");
    assert_int_equal(result->attempts, 3);
    assert_int_equal(result->exchange.outcome, EXCHANGE_BROKEN);
    assert_int_equal(result->exchange.http_status, 200);
    assert_int_equal(f->server.requests, 3);
    fixture_stop(f);
}

static bool answer_truncated_chunks(struct http_peer *peer)
{
    http_peer_printf(peer,
                     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n");
    return false;
}

static void test_a_chunked_body_without_its_end_is_broken(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_truncated_chunks);
    f->spec.max_attempts = 1;
    assert_int_equal(fixture_get(f, "hello")->exchange.outcome, EXCHANGE_BROKEN);
    fixture_stop(f);
}

static bool answer_no_http(struct http_peer *peer)
{
    http_peer_printf(peer, "220 mail.example ESMTP\r\n");
    return false;
}

static void test_a_server_that_speaks_no_http_is_broken(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_no_http);
    f->spec.max_attempts = 1;
    assert_int_equal(fixture_get(f, "hello")->exchange.outcome, EXCHANGE_BROKEN);
    fixture_stop(f);
}

static bool answer_with_interim(struct http_peer *peer)
{
    http_peer_printf(peer, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
    http_peer_printf(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: "
                           "1\r\n\r\n2\r\nok\r\n0\r\nTrailer: t\r\n\r\n");
    return true;
}

static void test_interim_replies_and_trailers_are_not_the_replys_headers(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_with_interim);
    struct fixture_result *result = fixture_get(f, "hello");
    assert_int_equal(result->exchange.http_status, 200);
    assert_true(
        as_str_eq(f->journal.kept[0].response_headers, "transfer-encoding: chunked\na: 1\n"));
    fixture_stop(f);
}

/* ---- too much ---- */

static bool answer_announcing_much(struct http_peer *peer)
{
    http_peer_printf(peer, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nabc");
    http_peer_wait(peer);
    return false;
}

static void check_too_large(http_answer_fn answer)
{
    struct fixture *f = &fixture;
    fixture_start(f, answer);
    struct fixture_result *result = fixture_get(f, "hello");
    assert_int_equal(result->exchange.outcome, EXCHANGE_TOO_LARGE);
    assert_int_equal(result->attempts, 1);
    assert_non_null(strstr(result->error, "bytes"));
    assert_true(f->journal.kept[0].response_body.len <= TRANSPORT_BODY_MAX_BYTES);
    fixture_stop(f);
}

static void test_an_announced_huge_body_is_refused_at_once(void **state)
{
    (void)state;
    check_too_large(answer_announcing_much);
}

static bool answer_endlessly(struct http_peer *peer)
{
    static char chunk[65536 + 16];
    int head = snprintf(chunk, sizeof(chunk), "%x\r\n", 65536);
    memset(chunk + head, 'x', 65536);
    memcpy(chunk + head + 65536, "\r\n", 2);
    http_peer_printf(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 1000; i++)
        http_peer_write(peer, chunk, (size_t)head + 65538);
    return false;
}

static void test_an_endless_body_is_cut_at_the_limit(void **state)
{
    (void)state;
    check_too_large(answer_endlessly);
}

static bool answer_with_endless_head(struct http_peer *peer)
{
    http_peer_printf(peer, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 10000; i++)
        http_peer_printf(peer, "X-Header-%d: and some more of it\r\n", i);
    return false;
}

static void test_an_endless_head_is_cut_at_the_limit(void **state)
{
    (void)state;
    check_too_large(answer_with_endless_head);
}

static bool answer_large(struct http_peer *peer)
{
    size_t size = 3u << 20;
    char *body = malloc(size);
    assert_non_null(body);
    memset(body, 'y', size);
    http_peer_printf(peer, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", size);
    http_peer_write(peer, body, size);
    free(body);
    return true;
}

static void test_a_large_body_below_the_limit_arrives_whole(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_large);
    assert_int_equal(fixture_get(f, "hello")->exchange.response_body.len, 3u << 20);
    fixture_stop(f);
}

/* ---- deadlines ---- */

static void check_timeout(struct fixture *f, const char *deadline, uint64_t deadline_ms)
{
    uint64_t began = clock_now_ns();
    f->spec.max_attempts = 1;
    struct fixture_result *result = fixture_get(f, "hello");
    uint64_t took_ms = (clock_now_ns() - began) / 1000000;
    assert_int_equal(result->exchange.outcome, EXCHANGE_TIMEOUT);
    assert_non_null(strstr(result->error, deadline));
    assert_in_range(took_ms, deadline_ms - 5, deadline_ms + 500);
    fixture_stop(f);
}

static void test_a_stall_before_the_reply_ends_at_first_byte_ms(void **state)
{
    (void)state;
    fixture_start(&fixture, answer_never);
    fixture.spec.first_byte_ms = 200;
    check_timeout(&fixture, "200 ms (first_byte_ms)", 200);
}

static bool answer_half(struct http_peer *peer)
{
    http_peer_printf(peer, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of");
    http_peer_wait(peer);
    return false;
}

static void test_a_stall_within_the_body_ends_at_idle_ms(void **state)
{
    (void)state;
    fixture_start(&fixture, answer_half);
    fixture.spec.idle_ms = 200;
    check_timeout(&fixture, "200 ms (idle_ms)", 200);
}

static bool answer_by_drops(struct http_peer *peer)
{
    http_peer_printf(peer, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (!atomic_load(&peer->server->is_stopping)) {
        http_peer_write(peer, "x", 1);
        http_peer_sleep_ms(20);
    }
    return false;
}

static void test_a_reply_by_drops_ends_at_total_ms(void **state)
{
    (void)state;
    fixture_start(&fixture, answer_by_drops);
    fixture.spec.idle_ms = 150;
    fixture.spec.total_ms = 400;
    check_timeout(&fixture, "400 ms (total_ms)", 400);
}

/* A listening socket whose queue is full: the handshake gets no answer. */
static int listen_deaf(struct sockaddr_in *ret_address, int ret_fillers[8])
{
    socklen_t size = sizeof(*ret_address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    *ret_address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(fd, (struct sockaddr *)ret_address, size), 0);
    assert_int_equal(listen(fd, 0), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)ret_address, &size), 0);
    for (int i = 0; i < 8; i++) {
        ret_fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(ret_fillers[i], (struct sockaddr *)ret_address, size);
    }
    return fd;
}

static void test_a_host_that_does_not_answer_ends_at_connect_ms(void **state)
{
    (void)state;
    struct sockaddr_in address;
    int fillers[8], fd = listen_deaf(&address, fillers);
    char base_url[64];
    snprintf(base_url, sizeof(base_url), "http://127.0.0.1:%d", ntohs(address.sin_port));
    fixture_start(&fixture, answer_ok);
    fixture.spec.base_url = base_url;
    fixture.spec.connect_ms = 300;
    check_timeout(&fixture, "300 ms (connect_ms)", 300);
    for (int i = 0; i < 8; i++)
        close(fillers[i]);
    close(fd);
}

static void test_a_dead_port_is_a_failed_connection(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    f->spec.base_url = "http://127.0.0.1:1";
    struct fixture_result *result = fixture_get(f, "hello");
    assert_int_equal(result->exchange.outcome, EXCHANGE_CONNECT_FAILED);
    assert_int_equal(result->attempts, 3);
    assert_non_null(strstr(result->error, "127.0.0.1"));
    fixture_stop(f);
}

static bool answer_after_60_ms(struct http_peer *peer)
{
    http_peer_sleep_ms(60);
    http_peer_printf(peer, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
    http_peer_sleep_ms(40);
    http_peer_write(peer, "ok", 2);
    return true;
}

static void test_latency_is_measured_per_attempt(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_after_60_ms);
    for (int i = 0; i < 2; i++) {
        struct exchange *e = &fixture_get(f, "hello")->exchange;
        assert_in_range(e->first_byte_us, 60000, 2000000);
        /* Not first_byte_us + 40 ms: on a busy machine the first byte is seen late. */
        assert_in_range(e->total_us, 100000, 2000000);
        assert_true(e->total_us > e->first_byte_us);
        assert_true(i ? e->connect_us == 0 : e->connect_us > 0);
        assert_in_range(clock_wall_ms() - e->sent_ms, 100, 3000);
    }
    fixture_stop(f);
}

int main(void)
{
    alarm(55);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reset_connection_is_retried),
        cmocka_unit_test(test_a_truncated_body_is_retried_and_never_taken_for_a_reply),
        cmocka_unit_test(test_a_chunked_body_without_its_end_is_broken),
        cmocka_unit_test(test_a_server_that_speaks_no_http_is_broken),
        cmocka_unit_test(test_interim_replies_and_trailers_are_not_the_replys_headers),
        cmocka_unit_test(test_an_announced_huge_body_is_refused_at_once),
        cmocka_unit_test(test_an_endless_body_is_cut_at_the_limit),
        cmocka_unit_test(test_an_endless_head_is_cut_at_the_limit),
        cmocka_unit_test(test_a_large_body_below_the_limit_arrives_whole),
        cmocka_unit_test(test_a_stall_before_the_reply_ends_at_first_byte_ms),
        cmocka_unit_test(test_a_stall_within_the_body_ends_at_idle_ms),
        cmocka_unit_test(test_a_reply_by_drops_ends_at_total_ms),
        cmocka_unit_test(test_a_host_that_does_not_answer_ends_at_connect_ms),
        cmocka_unit_test(test_a_dead_port_is_a_failed_connection),
        cmocka_unit_test(test_latency_is_measured_per_attempt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
