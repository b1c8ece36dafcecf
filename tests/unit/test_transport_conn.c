/* Connections over time: idle gaps, connections that died, old ones, TLS, HTTP/2. */
#include "tests/unit/transport_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define STALE_REQUESTS 64

static struct fixture fixture;

/* ---- stale connections ---- */

/* Many requests, a gap in which the server closes its idle connections, many requests again; one
 * attempt each. */
static void check_stale_gap(struct fixture *f)
{
    f->spec.concurrency = 16;
    f->spec.max_attempts = 1;
    for (unsigned gap = 0; gap < 3; gap++) {
        for (unsigned i = 0; i < STALE_REQUESTS; i++)
            fixture_send(f, "hello");
        fixture_wait(f, (gap + 1) * STALE_REQUESTS);
        fixture_wait_ms(f, gap == 1 ? 200 : 300); /* once about when the server closes */
    }
    assert_true(f->server.idle_closed > 0);
    for (unsigned i = 0; i < f->sent; i++) {
        assert_int_equal(f->results[i].exchange.outcome, EXCHANGE_REPLY);
        assert_int_equal(f->results[i].exchange.http_status, 200);
    }
    fixture_stop(f);
}

static void test_requests_after_an_idle_gap_all_succeed(void **state)
{
    (void)state;
    fixture_start_with(&fixture,
                       &(struct http_server_options){.answer = answer_ok, .idle_close_ms = 200});
    check_stale_gap(&fixture);
}

static void test_requests_after_an_idle_gap_all_succeed_over_tls(void **state)
{
    (void)state;
    fixture_start_with(&fixture, &(struct http_server_options){
                                     .answer = answer_ok, .idle_close_ms = 200, .use_tls = true});
    check_stale_gap(&fixture);
}

static bool answer_first_of_a_connection(struct http_peer *peer)
{
    if (peer->nth == 1)
        return answer_ok(peer);
    http_peer_reset(peer); /* as if the connection had died the moment that it was used again */
    return false;
}

/* The server may have taken what it did not answer, so the journal knows of every request that left
 * us. */
static void test_a_connection_that_dies_when_used_again_costs_no_try_but_is_kept(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_first_of_a_connection);
    f->spec.max_attempts = 1;
    for (int i = 0; i < 6; i++)
        assert_string_equal(fixture_get(f, "hello")->body, "ok");
    assert_int_equal(f->server.requests, 11);
    assert_int_equal(f->journal.appends, 11);
    assert_int_equal(f->journal.intents, 11);
    fixture_stop(f);
}

static void test_an_old_connection_is_not_used_again(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    f->spec.max_age_conn_s = 1;
    fixture_get(f, "hello");
    fixture_wait_ms(f, 2200);
    fixture_get(f, "hello");
    assert_int_equal(f->server.connections, 2);
    fixture_stop(f);
}

static void test_connections_are_closed_after_a_rest_and_made_again(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start(f, answer_ok);
    transport_free(f->transport);
    struct transport_options options = {.journal = &f->journal.journal, .rest_after_ms = 100};
    assert_int_equal(transport_new(f->loop, &options, &f->transport, NULL), 0);
    f->spec.concurrency = 20;
    for (unsigned i = 0; i < 20; i++)
        fixture_send(f, "hello");
    fixture_wait(f, 20);
    while (f->server.hung_up < f->server.connections)
        fixture_wait_ms(f, 10);
    assert_string_equal(fixture_get(f, "hello")->body, "ok");
    fixture_stop(f);
}

/* ---- TLS ---- */

static void test_tls_works_with_a_trusted_certificate(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start_with(f, &(struct http_server_options){.answer = answer_ok, .use_tls = true});
    for (int i = 0; i < 3; i++)
        assert_string_equal(fixture_get(f, "hello")->body, "ok");
    assert_int_equal(f->server.connections, 1);
    fixture_stop(f);
}

static void test_an_untrusted_certificate_is_refused_without_a_retry(void **state)
{
    (void)state;
    struct fixture *f = &fixture;
    fixture_start_with(f, &(struct http_server_options){.answer = answer_ok, .use_tls = true});
    transport_free(f->transport);
    struct transport_options options = {.journal = &f->journal.journal};
    assert_int_equal(transport_new(f->loop, &options, &f->transport, NULL), 0);
    f->key = FIXTURE_KEY;
    struct fixture_result *result = fixture_get(f, "hello");
    assert_int_equal(result->exchange.outcome, EXCHANGE_CONNECT_FAILED);
    assert_int_equal(result->attempts, 1);
    assert_int_equal(f->server.requests, 0);
    fixture_stop(f);
}

/* ---- HTTP/2, by nginx with the TLS server's certificate ---- */

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    return ntohs(address.sin_port);
}

/* TLS with HTTP/2 in front of a plain server; drops idle connections after a second */
struct nginx {
    pid_t pid;
    int port;
    char folder[64], conf[96], base_url[64];
};

static void nginx_write_conf(const struct nginx *nginx, const struct http_server *cert,
                             int backend_port)
{
    FILE *file = fopen(nginx->conf, "w");
    assert_non_null(file);
    fprintf(file, "daemon off; master_process off; pid %s/pid; error_log stderr crit;\n",
            nginx->folder);
    fprintf(file,
            "events { worker_connections 512; }\nhttp { access_log off; keepalive_timeout 1s;\n");
    static const char *const kinds[] = {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"};
    for (size_t i = 0; i < 5; i++)
        fprintf(file, "%s_temp_path %s;\n", kinds[i], nginx->folder);
    fprintf(file,
            "server { listen 127.0.0.1:%d ssl http2; ssl_certificate %s; ssl_certificate_key %s;\n",
            nginx->port, cert->cert_path, cert->key_path);
    fprintf(file, "location / { proxy_pass http://127.0.0.1:%d; } } }\n", backend_port);
    fclose(file);
}

static bool port_answers(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int rc = connect(fd, (struct sockaddr *)&address, sizeof(address));
    close(fd);
    return rc == 0;
}

static void nginx_start(struct nginx *nginx, const struct http_server *cert, int backend_port)
{
    snprintf(nginx->folder, sizeof(nginx->folder), "/tmp/assay-nginx-XXXXXX");
    assert_non_null(mkdtemp(nginx->folder));
    snprintf(nginx->conf, sizeof(nginx->conf), "%s/conf", nginx->folder);
    nginx->port = free_port();
    snprintf(nginx->base_url, sizeof(nginx->base_url), "https://127.0.0.1:%d", nginx->port);
    nginx_write_conf(nginx, cert, backend_port);
    nginx->pid = fork();
    assert_true(nginx->pid >= 0);
    if (nginx->pid == 0) {
        execl("/usr/sbin/nginx", "nginx", "-p", nginx->folder, "-c", nginx->conf, (char *)NULL);
        _exit(127);
    }
    while (!port_answers(nginx->port) && waitpid(nginx->pid, NULL, WNOHANG) == 0)
        http_peer_sleep_ms(10);
}

static void nginx_stop(struct nginx *nginx)
{
    char pid_path[96];
    kill(nginx->pid, SIGKILL);
    waitpid(nginx->pid, NULL, 0);
    snprintf(pid_path, sizeof(pid_path), "%s/pid", nginx->folder);
    unlink(pid_path);
    unlink(nginx->conf);
    rmdir(nginx->folder);
}

static bool has_nginx(void)
{
    if (access("/usr/sbin/nginx", X_OK) == 0)
        return true;
    print_message("no nginx here: its tests are skipped\n");
    return false;
}

/* Two bursts of 150 requests of one attempt each, a gap of more than nginx's keep-alive between
 * them. Returns the connections opened. */
static uint64_t two_bursts_through_nginx(bool use_http2)
{
    struct fixture *f = &fixture;
    struct http_server cert;
    struct nginx nginx;
    fixture_start(f, answer_ok);
    http_server_start(&cert, &(struct http_server_options){.answer = answer_ok, .use_tls = true});
    nginx_start(&nginx, &cert, f->server.port);
    transport_free(f->transport);
    struct transport_options options = {.ca_file = cert.cert_path};
    assert_int_equal(transport_new(f->loop, &options, &f->transport, NULL), 0);
    f->spec.base_url = nginx.base_url;
    f->spec.use_http2 = use_http2;
    f->spec.concurrency = 50;
    f->spec.max_attempts = 1;
    for (unsigned burst = 1; burst <= 2; burst++) {
        for (unsigned i = 0; i < 150; i++)
            fixture_send(f, "hello");
        fixture_wait(f, burst * 150);
        fixture_wait_ms(f, burst == 1 ? 1300 : 0);
    }
    for (unsigned i = 0; i < 300; i++)
        assert_string_equal(f->results[i].body, "ok");
    uint64_t opened = transport_stats_of(f->transport, 0).connections_opened;
    fixture_stop(f);
    nginx_stop(&nginx);
    http_server_stop(&cert);
    return opened;
}

static void test_an_idle_gap_over_tls_against_nginx_fails_no_request(void **state)
{
    (void)state;
    if (!has_nginx())
        skip();
    assert_true(two_bursts_through_nginx(false) >= 50);
}

static void test_http2_shares_one_connection(void **state)
{
    (void)state;
    if (!has_nginx())
        skip();
    assert_true(two_bursts_through_nginx(true) <= 4);
}

int main(void)
{
    alarm(55);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_after_an_idle_gap_all_succeed),
        cmocka_unit_test(test_requests_after_an_idle_gap_all_succeed_over_tls),
        cmocka_unit_test(test_a_connection_that_dies_when_used_again_costs_no_try_but_is_kept),
        cmocka_unit_test(test_an_old_connection_is_not_used_again),
        cmocka_unit_test(test_connections_are_closed_after_a_rest_and_made_again),
        cmocka_unit_test(test_tls_works_with_a_trusted_certificate),
        cmocka_unit_test(test_an_untrusted_certificate_is_refused_without_a_retry),
        cmocka_unit_test(test_an_idle_gap_over_tls_against_nginx_fails_no_request),
        cmocka_unit_test(test_http2_shares_one_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
