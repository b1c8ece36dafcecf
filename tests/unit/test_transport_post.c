/* daemon/transport: what a webhook is sent, and how it ends, with every kind of receiver. The
 * resolver of this program hangs for one name. */
#include "daemon/transport/post.h"
#include "tests/unit/http_server.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LONG_MS 20000u
#define POSTS_MAX 40u

struct ended {
    struct post *post;
    unsigned fired;
    int status;
    uint32_t retry_after_ms;
    char why[256], said[POST_SAID_BYTES + 1];
};

struct post_fixture {
    struct http_server server;
    struct loop *loop;
    struct poster *poster;
    struct ended ended[POSTS_MAX];
    unsigned fired;
};
static struct post_fixture fixture;

/* ---- a resolver that hangs ---- */

static pthread_mutex_t resolver_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t resolver_freed = PTHREAD_COND_INITIALIZER;
static bool is_resolver_free, has_resolver_given_up;

/* In the place of libc's, for libcurl too: until it is let go, and not for ever. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret_found)
{
    typedef int (*resolve_fn)(const char *, const char *, const struct addrinfo *,
                              struct addrinfo **);
    if (!node || strcmp(node, "hangs.example") != 0) {
        resolve_fn resolve;
        *(void **)&resolve = dlsym(RTLD_NEXT, "getaddrinfo");
        return resolve(node, service, hints, ret_found);
    }
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    pthread_mutex_lock(&resolver_lock);
    while (!is_resolver_free && !has_resolver_given_up)
        has_resolver_given_up =
            pthread_cond_timedwait(&resolver_freed, &resolver_lock, &until) != 0;
    pthread_mutex_unlock(&resolver_lock);
    return EAI_AGAIN;
}

/* ---- the fixture ---- */

static void start_with(struct post_fixture *f, const struct http_server_options *options,
                       bool is_trusted)
{
    struct as_err err = {0};
    memset(f, 0, sizeof(*f));
    http_server_start(&f->server, options);
    assert_int_equal(loop_new(&f->loop), 0);
    assert_int_equal(poster_new(f->loop, is_trusted ? f->server.cert_path : NULL, &f->poster, &err),
                     0);
}

static void start(struct post_fixture *f, http_answer_fn answer)
{
    start_with(f, &(struct http_server_options){.answer = answer}, false);
}

static void stop(struct post_fixture *f)
{
    poster_free(f->poster);
    loop_free(f->loop);
    http_server_stop(&f->server);
    for (unsigned i = 0; i < POSTS_MAX; i++)
        assert_true(f->ended[i].fired <= 1);
}

static void on_done(void *ctx, const struct post_end *end)
{
    struct ended *ended = ctx;
    ended->fired++;
    fixture.fired++;
    ended->status = end->status;
    ended->retry_after_ms = end->retry_after_ms;
    snprintf(ended->why, sizeof(ended->why), "%s", end->why ? end->why : "");
    assert_true(end->said.len <= POST_SAID_BYTES);
    if (end->said.len)
        memcpy(ended->said, end->said.ptr, end->said.len);
    assert_int_equal(!end->why, end->status != 0);
}

static struct ended *send_to(struct post_fixture *f, const char *url, uint32_t timeout_ms)
{
    static const char *const lines[] = {"Content-Type: application/json", "X-Assay-Event: 7"};
    unsigned at = 0;
    while (f->ended[at].post)
        at++;
    struct post_request request = {
        .url = url,
        .body = AS_STR("{\"id\":7}"),
        .header_lines = lines,
        .header_count = AS_COUNT(lines),
        .timeout_ms = timeout_ms,
    };
    f->ended[at].post = post_send(f->poster, &request, on_done, &f->ended[at]);
    return &f->ended[at];
}

static struct ended *send_path(struct post_fixture *f, const char *path, uint32_t timeout_ms)
{
    char url[256];
    snprintf(url, sizeof(url), "%s%s", f->server.base_url, path);
    return send_to(f, url, timeout_ms);
}

/* A test that never ends is ended by its own limit, which ctest has. */
static void wait_for(struct post_fixture *f, unsigned fired)
{
    while (f->fired < fired)
        loop_turn(f->loop);
}

static struct ended *get(struct post_fixture *f, const char *path, uint32_t timeout_ms)
{
    struct ended *ended = send_path(f, path, timeout_ms);
    wait_for(f, f->fired + 1);
    return ended;
}

/* ---- what is sent ---- */

static bool answer_checked(struct http_peer *peer)
{
    static const char *const parts[] = {
        "POST /hook?a=1 HTTP/1.1\r\n", "\r\nContent-Type: application/json\r\n",
        "\r\nX-Assay-Event: 7\r\n",    "\r\nContent-Length: 8\r\n",
        "\r\n\r\n{\"id\":7}",
    };
    bool is_right = !strstr(peer->text, "Expect:");
    for (size_t i = 0; i < AS_COUNT(parts); i++)
        is_right = is_right && strstr(peer->text, parts[i]);
    http_peer_reply(peer, is_right ? 204 : 400, "", "");
    return true;
}

static void test_a_post_is_sent_as_it_was_asked_for_each_on_a_connection_of_its_own(void **state)
{
    struct post_fixture *f = *state;
    start(f, answer_checked);
    assert_int_equal(get(f, "/hook?a=1", LONG_MS)->status, 204);
    assert_int_equal(get(f, "/hook?a=1", LONG_MS)->status, 204);
    assert_int_equal(f->server.connections, 2);
    stop(f);
}

static bool answer_ok(struct http_peer *peer)
{
    http_peer_reply(peer, 200, "", "ok");
    return true;
}

static void test_many_at_a_time_all_arrive(void **state)
{
    struct post_fixture *f = *state;
    start(f, answer_ok);
    for (unsigned i = 0; i < POSTS_MAX; i++)
        send_path(f, "/", LONG_MS);
    wait_for(f, POSTS_MAX);
    for (unsigned i = 0; i < POSTS_MAX; i++)
        assert_int_equal(f->ended[i].status, 200);
    assert_int_equal(f->server.requests, POSTS_MAX);
    stop(f);
}

/* ---- what comes back ---- */

static bool answer_asked_status(struct http_peer *peer)
{
    int status = atoi(peer->text + strlen("POST /"));
    http_peer_reply(peer, status, "", "so it is\nand more");
    return true;
}

static void test_a_status_and_the_beginning_of_the_reply_are_told(void **state)
{
    static const char *const paths[] = {"/200", "/202", "/400", "/404", "/429", "/500", "/503"};
    struct post_fixture *f = *state;
    start(f, answer_asked_status);
    for (size_t i = 0; i < AS_COUNT(paths); i++) {
        struct ended *ended = get(f, paths[i], LONG_MS);
        assert_int_equal(ended->status, atoi(paths[i] + 1));
        assert_string_equal(ended->said, "so it is\nand more");
    }
    stop(f);
}

static bool answer_moved(struct http_peer *peer)
{
    http_peer_reply(peer, 307, "Location: /elsewhere\r\n", "");
    return true;
}

static void test_a_redirect_is_not_followed(void **state)
{
    struct post_fixture *f = *state;
    start(f, answer_moved);
    assert_int_equal(get(f, "/", LONG_MS)->status, 307);
    assert_int_equal(f->server.requests, 1);
    stop(f);
}

static bool answer_busy(struct http_peer *peer)
{
    bool is_asking = strstr(peer->text, "POST /asks");
    http_peer_reply(peer, 429, is_asking ? "Retry-After: 7\r\n" : "", "slow down");
    return true;
}

static void test_how_long_a_receiver_asks_to_wait_is_told(void **state)
{
    struct post_fixture *f = *state;
    start(f, answer_busy);
    assert_int_equal(get(f, "/asks", LONG_MS)->retry_after_ms, 7000);
    assert_int_equal(get(f, "/does-not", LONG_MS)->retry_after_ms, 0);
    stop(f);
}

/* ---- a status counts whatever follows it ---- */

static bool answer_flood(struct http_peer *peer)
{
    char block[16384];
    memset(block, 'x', sizeof(block));
    http_peer_printf(peer, "HTTP/1.1 200 OK\r\n\r\n");
    for (int i = 0; i < 6400 && !atomic_load(&peer->server->is_stopping); i++)
        http_peer_write(peer, block, sizeof(block)); /* 100 MB, or as many as are taken */
    return false;
}

static bool answer_announced_flood(struct http_peer *peer)
{
    http_peer_printf(peer, "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
    http_peer_wait(peer);
    return false;
}

static bool answer_cut(struct http_peer *peer)
{
    http_peer_printf(peer, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
    return false;
}

static bool answer_drop_by_drop(struct http_peer *peer)
{
    http_peer_printf(peer, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (!atomic_load(&peer->server->is_stopping) && peer->fd >= 0) {
        http_peer_write(peer, "x", 1);
        http_peer_sleep_ms(5);
    }
    return false;
}

static void expect_delivered(struct post_fixture *f, http_answer_fn answer, uint32_t timeout_ms)
{
    start(f, answer);
    struct ended *ended = get(f, "/", timeout_ms);
    assert_int_equal(ended->status, 200);
    stop(f);
}

static void test_a_reply_of_100_mb_is_not_read_and_no_failure(void **state)
{
    expect_delivered(*state, answer_flood, LONG_MS);
    expect_delivered(*state, answer_announced_flood, LONG_MS);
}

static void test_a_reply_that_is_cut_or_never_ends_is_no_failure(void **state)
{
    expect_delivered(*state, answer_cut, LONG_MS);
    expect_delivered(*state, answer_drop_by_drop, 200);
}

/* ---- no status ---- */

static bool answer_never(struct http_peer *peer)
{
    http_peer_wait(peer);
    return false;
}

static bool answer_hints_alone(struct http_peer *peer)
{
    http_peer_printf(peer, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
    http_peer_wait(peer);
    return false;
}

static bool answer_reset(struct http_peer *peer)
{
    http_peer_reset(peer);
    return false;
}

static bool answer_no_http(struct http_peer *peer)
{
    http_peer_printf(peer, "220 mail.example ESMTP\r\n");
    return false;
}

static void test_what_is_no_answer_has_no_status_but_a_reason(void **state)
{
    static const struct {
        http_answer_fn answer;
        uint32_t timeout_ms;
        const char *why;
    } rows[] = {
        {answer_never, 100, "no answer within 100 ms"},
        {answer_hints_alone, 100, "no answer within 100 ms"},
        {answer_reset, LONG_MS, "reset"},
        {answer_no_http, LONG_MS, "HTTP"},
    };
    struct post_fixture *f = *state;
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        start(f, rows[i].answer);
        struct ended *ended = get(f, "/", rows[i].timeout_ms);
        assert_int_equal(ended->status, 0);
        if (!strstr(ended->why, rows[i].why))
            fail_msg("'%s' is not in '%s'", rows[i].why, ended->why);
        stop(f);
    }
}

static void test_a_certificate_that_nobody_vouches_for_gets_nothing(void **state)
{
    struct post_fixture *f = *state;
    struct http_server_options options = {.answer = answer_ok, .use_tls = true};
    start_with(f, &options, false);
    struct ended *ended = get(f, "/", LONG_MS);
    assert_int_equal(ended->status, 0);
    assert_non_null(strstr(ended->why, "certificate"));
    assert_int_equal(f->server.requests, 0);
    stop(f);
    start_with(f, &options, true);
    assert_int_equal(get(f, "/", LONG_MS)->status, 200);
    stop(f);
}

static void test_a_name_that_is_not_resolved_holds_nobody_up(void **state)
{
    struct post_fixture *f = *state;
    start(f, answer_ok);
    struct ended *hung = send_to(f, "http://hangs.example/hook", 50);
    wait_for(f, 1);
    pthread_mutex_lock(&resolver_lock);
    assert_false(has_resolver_given_up);
    is_resolver_free = true;
    pthread_cond_broadcast(&resolver_freed);
    pthread_mutex_unlock(&resolver_lock);
    assert_int_equal(hung->status, 0);
    stop(f);
}

/* ---- what is shown of it ---- */

static bool answer_with_address(struct http_peer *peer)
{
    char body[300];
    snprintf(body, sizeof(body), "Cannot %.*s; no canary-token; no B0000CANARY",
             (int)strcspn(peer->text, "\r"), peer->text);
    http_peer_reply(peer, 404, "", body);
    return true;
}

static void test_an_address_that_a_reply_repeats_is_not_told(void **state)
{
    struct post_fixture *f = *state;
    start(f, answer_with_address);
    struct ended *ended = get(f, "/in/T1/B0000CANARY?key=canary-token", LONG_MS);
    assert_int_equal(ended->status, 404);
    assert_non_null(strstr(ended->said, "Cannot POST "));
    assert_null(strstr(ended->said, "anary"));
    assert_null(strstr(ended->said, "CANARY"));
    assert_null(strstr(ended->said, "/in/T1"));
    stop(f);
}

static bool answer_long_text(struct http_peer *peer)
{
    char body[600] = "";
    memset(body, 'x', POST_SAID_BYTES - 1);
    strcat(body, "\xc3\xa9t\xc3\xa9");
    http_peer_reply(peer, 500, "", body);
    return true;
}

static void test_what_is_kept_of_a_reply_ends_between_two_characters(void **state)
{
    struct post_fixture *f = *state;
    start(f, answer_long_text);
    assert_int_equal(strlen(get(f, "/", LONG_MS)->said), POST_SAID_BYTES - 1);
    stop(f);
}

/* ---- taking it back ---- */

static void test_a_cancelled_post_tells_nobody_and_hangs_up(void **state)
{
    struct post_fixture *f = *state;
    start(f, answer_never);
    struct ended *ended = send_path(f, "/", LONG_MS);
    while (!f->server.requests)
        loop_turn(f->loop);
    post_cancel(ended->post);
    post_cancel(send_path(f, "/", LONG_MS)->post); /* one that has not begun */
    send_to(f, "http://127.0.0.1:1/", LONG_MS);
    wait_for(f, 1);
    assert_int_equal(ended->fired, 0);
    stop(f);
}

static int give_fixture(void **state)
{
    *state = &fixture;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_post_is_sent_as_it_was_asked_for_each_on_a_connection_of_its_own),
        cmocka_unit_test(test_many_at_a_time_all_arrive),
        cmocka_unit_test(test_a_status_and_the_beginning_of_the_reply_are_told),
        cmocka_unit_test(test_a_redirect_is_not_followed),
        cmocka_unit_test(test_how_long_a_receiver_asks_to_wait_is_told),
        cmocka_unit_test(test_a_reply_of_100_mb_is_not_read_and_no_failure),
        cmocka_unit_test(test_a_reply_that_is_cut_or_never_ends_is_no_failure),
        cmocka_unit_test(test_what_is_no_answer_has_no_status_but_a_reason),
        cmocka_unit_test(test_a_certificate_that_nobody_vouches_for_gets_nothing),
        cmocka_unit_test(test_a_name_that_is_not_resolved_holds_nobody_up),
        cmocka_unit_test(test_an_address_that_a_reply_repeats_is_not_told),
        cmocka_unit_test(test_what_is_kept_of_a_reply_ends_between_two_characters),
        cmocka_unit_test(test_a_cancelled_post_tells_nobody_and_hangs_up),
    };
    return cmocka_run_group_tests(tests, give_fixture, NULL);
}
