/* The faults of assay-sim, each seen from the client, and its counters. */
#include "tests/unit/sim_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void test_error_faults_carry_status_and_retry_after(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        int status;
        const char *header;
    } cases[] = {
        {"429:1:7", 429, "Retry-After: 7\r\n"}, {"500:1", 500, "\r\n"}, {"529:1", 529, "\r\n"}};
    for (size_t i = 0; i < 3; i++) {
        struct sim sim = SIM("--fault", cases[i].spec);
        int fd = sim_connect(&sim);
        struct reply reply = post(fd, OPENAI, "", SUM_BODY "}");
        assert_int_equal(reply.status, cases[i].status);
        assert_non_null(strstr(reply.head.ptr, cases[i].header));
        reply_done(&reply);
        close(fd);
        assert_int_equal(stat_of(&sim, "paid"), 0);
        sim_end(&sim);
    }
}

static void test_broken_json_and_wrong_type_come_with_status_200(void **state)
{
    (void)state;
    struct sim sim = sim_start(NULL);
    int fd = sim_connect(&sim);
    char *broken = chat_body("sim-q90+fault=broken-json:1", "x"),
         *html = chat_body("sim-q90+fault=wrong-type:1", "x");
    struct reply one = post(fd, OPENAI, "", broken), two = post(fd, OPENAI, "", html);
    struct as_json *json = NULL;
    assert_int_equal(one.status, 200);
    assert_int_equal(one.body.len, one.promised);
    assert_int_not_equal(as_json_parse(one.body.ptr, one.body.len, &json, NULL), 0);
    assert_int_equal(two.status, 200);
    assert_non_null(strstr(two.head.ptr, "Content-Type: text/html\r\n"));
    reply_done(&one);
    reply_done(&two);
    free(broken);
    free(html);
    close(fd);
    sim_end(&sim);
}

static void test_truncated_body_ends_before_its_length(void **state)
{
    (void)state;
    struct sim sim = SIM("--fault", "truncated:1");
    int fd = sim_connect(&sim);
    struct reply reply =
        post(fd, OPENAI, "", SUM_BODY "}"); /* reads up to the end of the connection */
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.body.len, reply.promised / 2);
    reply_done(&reply);
    close(fd);
    sim_end(&sim);
}

static void test_reset_ends_the_connection_without_an_answer(void **state)
{
    (void)state;
    struct sim sim = SIM("--fault", "reset:1");
    int fd = sim_connect(&sim);
    struct reply reply;
    send_request(fd, OPENAI, "", SUM_BODY "}");
    assert_int_equal(read_reply(fd, &reply), ECONNRESET);
    assert_int_equal(reply.head.len, 0);
    reply_done(&reply);
    close(fd);
    assert_int_equal(stat_of(&sim, "paid"), 0);
    assert_int_equal(stat_of(&sim, "in_flight"), 0);
    sim_end(&sim);
}

static void test_stalls_hold_the_head_or_half_the_body(void **state)
{
    (void)state;
    struct sim sim = sim_start(NULL);
    int head = sim_connect(&sim), body = sim_connect(&sim);
    char *stall_head = chat_body("sim-q90+fault=stall-head:1", "x"),
         *stall_body = chat_body("sim-q90+fault=stall-body:1", "x");
    send_request(head, OPENAI, "", stall_head);
    send_request(body, OPENAI, "", stall_body);
    char bytes[4096];
    ssize_t got = 0;
    const char *end = NULL;
    while (!end) {
        ssize_t step = recv(body, bytes + got, sizeof(bytes) - 1 - (size_t)got, 0);
        assert_true(step > 0);
        bytes[got += step] = '\0';
        end = strstr(bytes, "\r\n\r\n");
    }
    size_t promised = strtoul(strstr(bytes, "Content-Length: ") + 16, NULL, 10);
    size_t sent = (size_t)(bytes + got - end - 4);
    while (sent < promised / 2) {
        ssize_t step = recv(body, bytes, sizeof(bytes), 0);
        assert_true(step > 0);
        sent += (size_t)step;
    }
    assert_int_equal(sent, promised / 2);
    assert_int_equal(stat_of(&sim, "in_flight"), 2); /* both were taken up, and are not done */
    struct pollfd fds[2] = {{head, POLLIN, 0}, {body, POLLIN, 0}};
    assert_int_equal(poll(fds, 2, 0), 0);
    free(stall_head);
    free(stall_body);
    close(head);
    close(body);
    sim_end(&sim);
}

static void test_a_drip_goes_on_after_half_the_body(void **state)
{
    (void)state;
    struct sim sim = sim_start(NULL);
    int fd = sim_connect(&sim);
    char *body = chat_body("sim-q90+fault=drip:1:1", "x");
    send_request(fd, OPENAI, "", body);
    char bytes[4096] = "";
    size_t got = 0, promised = 0, head = 0;
    while (!promised || got - head < promised / 2 + 10) {
        ssize_t step = recv(fd, bytes + got, sizeof(bytes) - 1 - got, 0);
        assert_true(step > 0);
        got += (size_t)step;
        const char *end = strstr(bytes, "\r\n\r\n");
        if (!end || promised)
            continue;
        head = (size_t)(end - bytes) + 4;
        promised = strtoul(strstr(bytes, "Content-Length: ") + 16, NULL, 10);
    }
    assert_memory_equal(bytes + head + promised / 2, "          ", 10);
    free(body);
    close(fd);
    sim_end(&sim);
}

static void test_the_fault_rate_is_a_token_bucket(void **state)
{
    (void)state;
    struct sim sim = sim_start(NULL);
    int fd = sim_connect(&sim);
    char *body = chat_body("sim-q90+fault=rate:1:1", "x"); /* one a second */
    struct reply first = post(fd, OPENAI, "", body), second = post(fd, OPENAI, "", body);
    assert_int_equal(first.status, 200);
    if (second.status != 200) /* a second may have passed on a loaded machine */
        assert_non_null(strstr(as_buf_str(&second.head).ptr, "Retry-After: 1"));
    assert_int_equal(stat_of(&sim, "answered_4xx"), second.status != 200);
    reply_done(&first);
    reply_done(&second);
    free(body);
    close(fd);
    sim_end(&sim);
}

static void test_a_redirect_names_the_port_and_an_echo_repeats_the_key(void **state)
{
    (void)state;
    struct sim sim = sim_start(NULL);
    int fd = sim_connect(&sim);
    char *away = chat_body("sim-q90+fault=redirect:1:99", "x"),
         *here = chat_body("sim-q90+fault=redirect:1:0", "x"),
         *echo = chat_body("sim-q90+fault=echo-key", "x");
    struct reply one = post(fd, OPENAI, "", away), two = post(fd, OPENAI, "", here),
                 three = post(fd, OPENAI, "Authorization: Bearer k\r\n", echo);
    assert_int_equal(one.status, 307);
    assert_non_null(strstr(one.head.ptr, "\r\nLocation: http://127.0.0.1:99" OPENAI "\r\n"));
    assert_non_null(strstr(two.head.ptr, "\r\nLocation: " OPENAI "\r\n"));
    assert_int_equal(three.status, 401);
    assert_non_null(strstr(three.head.ptr, "\r\nX-Your-Key: Bearer k\r\n"));
    assert_non_null(strstr(three.body.ptr, "Bearer k, QmVhcmVyIGs="));
    reply_done(&one);
    reply_done(&two);
    reply_done(&three);
    free(away);
    free(here);
    free(echo);
    close(fd);
    sim_end(&sim);
}

static void test_huge_and_slow_answers_are_valid(void **state)
{
    (void)state;
    struct sim sim = sim_start(NULL);
    int fd = sim_connect(&sim);
    char *huge = chat_body("sim-q90+fault=huge:1:3", "x"),
         *slow = chat_body("sim-q90+fault=slow:1:120", "x");
    struct reply one = post(fd, OPENAI, "", huge);
    struct as_json *json AS_CLEANUP_JSON = json_of(&one);
    assert_true(one.body.len > 3u << 20);
    assert_non_null(as_json_cstr(at(json, "choices.0.message.content")));
    int64_t start = now_ms();
    struct reply two = post(fd, OPENAI, "", slow);
    assert_int_equal(two.status, 200);
    assert_true(now_ms() - start >= 118);
    reply_done(&one);
    reply_done(&two);
    free(huge);
    free(slow);
    close(fd);
    sim_end(&sim);
}

/* Sends each sum until it succeeds; writes how many attempts each took. */
static void count_attempts(const struct sim *sim, int n, int *attempts)
{
    int fd = sim_connect(sim);
    for (int i = 0; i < n; i++) {
        char prompt[64];
        snprintf(prompt, sizeof(prompt), "What is %d + 1?", i);
        char *body = chat_body("sim-q90", prompt);
        int status = 0;
        for (attempts[i] = 0; status != 200 && attempts[i] < 40; attempts[i]++) {
            struct reply reply = post(fd, OPENAI, "", body);
            status = reply.status;
            reply_done(&reply);
        }
        assert_int_equal(status, 200);
        free(body);
    }
    close(fd);
}

static void test_faults_hit_at_their_rate_and_the_same_requests_each_run(void **state)
{
    (void)state;
    int first[400], second[400], hit = 0;
    struct sim a = SIM("--fault", "500:0.3"), b = SIM("--fault", "500:0.3");
    count_attempts(&a, 400, first);
    count_attempts(&b, 400, second);
    assert_memory_equal(first, second, sizeof(first));
    for (int i = 0; i < 400; i++)
        hit += first[i] > 1;
    assert_in_range(hit, 88, 152); /* 120, 3.5 standard errors */
    sim_end(&a);
    sim_end(&b);
}

static void test_faults_change_while_it_runs(void **state)
{
    (void)state;
    struct sim sim = sim_start(NULL);
    int fd = sim_connect(&sim);
    struct as_buf out = {0};
    struct reply set = post(fd, "/_sim/fault", "", "{\"kind\":\"529\",\"rate\":1}");
    struct reply bad = post(fd, "/_sim/fault", "", "{\"kind\":\"earthquake\"}");
    struct reply hit = post(fd, OPENAI, "", SUM_BODY "}"), gone, well;
    add_request(&out, "DELETE", "/_sim/fault", "", "");
    send_all(fd, out.ptr, out.len);
    assert_int_equal(read_reply(fd, &gone), 0);
    well = post(fd, OPENAI, "", SUM_BODY "}");
    assert_int_equal(set.status, 200);
    assert_int_equal(bad.status, 400);
    assert_int_equal(hit.status, 529);
    assert_int_equal(gone.status, 200);
    assert_int_equal(well.status, 200);
    reply_done(&set);
    reply_done(&bad);
    reply_done(&hit);
    reply_done(&gone);
    reply_done(&well);
    as_buf_done(&out);
    close(fd);
    sim_end(&sim);
}

static void test_requests_over_the_rate_limit_are_told_to_wait(void **state)
{
    (void)state;
    struct sim sim = SIM("--max-requests-per-second", "3");
    int fd = sim_connect(&sim), refused = 0;
    for (int i = 0; i < 20; i++) {
        struct reply reply = post(fd, OPENAI, "", SUM_BODY "}");
        if (reply.status == 429) {
            refused++;
            assert_non_null(strstr(reply.head.ptr, "Retry-After: 1\r\n"));
        }
        reply_done(&reply);
    }
    assert_in_range(refused, 10, 17); /* 20 in one second or, over its edge, in two or three */
    close(fd);
    sim_end(&sim);
}

static void test_counters_are_exact(void **state)
{
    (void)state;
    char path[] = "/tmp/assay-sim-stats-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    struct sim sim = SIM("--stats-file", path);
    int fd = sim_connect(&sim);
    for (int i = 0; i < 30; i++) { /* 10 different ones, 3 times each */
        char prompt[64];
        snprintf(prompt, sizeof(prompt), "What is %d + 1?", i % 10);
        free(ask(fd, "sim-q90", prompt));
    }
    for (int i = 0; i < 4; i++) {
        struct reply reply = post(fd, OPENAI, "", SUM_BODY ",\"temperature\":9}");
        reply_done(&reply);
    }
    char *fault = chat_body("sim-q80+fault=500:1", "x");
    struct reply failed = post(fd, OPENAI, "", fault);
    struct as_json *stats AS_CLEANUP_JSON = get_stats(&sim);
    assert_int_equal(int_at(stats, "requests"), 35);
    assert_int_equal(int_at(stats, "unique"), 12);
    assert_int_equal(int_at(stats, "repeated"), 23);
    assert_int_equal(int_at(stats, "paid"), 30);
    assert_int_equal(int_at(stats, "paid_unique"), 10);
    assert_int_equal(int_at(stats, "paid_repeated"), 20);
    assert_int_equal(int_at(stats, "answered_4xx"), 4);
    assert_int_equal(int_at(stats, "answered_5xx"), 1);
    assert_int_equal(int_at(stats, "faults.500"), 1);
    assert_int_equal(int_at(stats, "models.sim-q90"), 30);
    assert_int_equal(int_at(stats, "connections"), 2);
    assert_int_equal(int_at(stats, "in_flight"), 0);
    assert_int_equal(int_at(stats, "max_in_flight"), 1);
    reply_done(&failed);
    free(fault);
    close(fd);
    struct as_buf table = sim_stop(&sim);
    assert_non_null(strstr(table.ptr, "paid again                                         20\n"));
    char text[4096];
    ssize_t got = read(file, text, sizeof(text));
    struct as_json *saved AS_CLEANUP_JSON = NULL;
    assert_true(got > 0);
    assert_int_equal(as_json_parse(text, (size_t)got, &saved, NULL), 0);
    assert_int_equal(int_at(saved, "paid_repeated"), 20);
    as_buf_done(&table);
    close(file);
    unlink(path);
}

static void test_what_is_paid_again_after_a_crash_tells_how_old_the_lost_answer_was(void **state)
{
    (void)state;
    struct sim sim = sim_start(NULL);
    int fd = sim_connect(&sim);
    free(ask(fd, "sim-q90", "kept"));
    free(ask(fd, "sim-q90", "lost"));
    for (int64_t since = now_ms(); now_ms() < since + 40;)
        ;
    struct reply first = post(fd, "/_sim/crash", "", "");
    free(ask(fd, "sim-q90", "new"));
    free(ask(fd, "sim-q90", "new"));
    assert_int_equal(stat_of(&sim, "repaid_age_max_ms"), 0);
    for (int64_t since = now_ms(); now_ms() < since + 40;)
        ;
    struct reply second = post(fd, "/_sim/crash", "", "");
    free(
        ask(fd, "sim-q90", "lost")); /* in the first crash, though it took until after the second */
    int64_t age_ms = stat_of(&sim, "repaid_age_max_ms");
    assert_true(age_ms >= 35);
    free(ask(fd, "sim-q90", "kept"));
    assert_true(stat_of(&sim, "repaid_age_max_ms") >= age_ms);
    assert_int_equal(stat_of(&sim, "crashes"), 2);
    reply_done(&first);
    reply_done(&second);
    close(fd);
    sim_end(&sim);
}

static void test_the_models_own_faults_can_be_switched_off_and_on(void **state)
{
    (void)state;
    struct sim sim = sim_start(NULL);
    int fd = sim_connect(&sim);
    char *body = chat_body("sim-q90+fault=500:1", "x");
    struct reply off, on, ok, failed;
    send_all(fd, "DELETE /_sim/model-faults HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 57);
    assert_int_equal(read_reply(fd, &off), 0);
    ok = post(fd, OPENAI, "", body);
    on = post(fd, "/_sim/model-faults", "", "");
    failed = post(fd, OPENAI, "", body);
    assert_int_equal(ok.status, 200);
    assert_int_equal(failed.status, 500);
    reply_done(&off);
    reply_done(&ok);
    reply_done(&on);
    reply_done(&failed);
    free(body);
    close(fd);
    sim_end(&sim);
}

static void test_reset_forgets_what_was_asked(void **state)
{
    (void)state;
    struct sim sim = sim_start(NULL);
    int fd = sim_connect(&sim);
    free(ask(fd, "sim-q90", "x"));
    struct reply reply = post(fd, "/_sim/reset", "", "");
    free(ask(fd, "sim-q90", "x"));
    struct as_json *stats AS_CLEANUP_JSON = get_stats(&sim);
    assert_int_equal(int_at(stats, "requests"), 1);
    assert_int_equal(int_at(stats, "unique"), 1);
    assert_int_equal(int_at(stats, "open_connections"), 2);
    reply_done(&reply);
    close(fd);
    sim_end(&sim);
}

static void test_a_client_that_leaves_is_counted_as_abandoned(void **state)
{
    (void)state;
    struct sim sim = SIM("--latency-ms", "60000");
    int fd = sim_connect(&sim);
    send_request(fd, OPENAI, "", SUM_BODY "}");
    while (stat_of(&sim, "in_flight") != 1)
        ;
    close(fd);
    while (stat_of(&sim, "in_flight") != 0)
        ;
    assert_int_equal(stat_of(&sim, "abandoned"), 1);
    assert_int_equal(stat_of(&sim, "paid"), 0);
    sim_end(&sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_faults_carry_status_and_retry_after),
        cmocka_unit_test(test_broken_json_and_wrong_type_come_with_status_200),
        cmocka_unit_test(test_truncated_body_ends_before_its_length),
        cmocka_unit_test(test_reset_ends_the_connection_without_an_answer),
        cmocka_unit_test(test_stalls_hold_the_head_or_half_the_body),
        cmocka_unit_test(test_a_drip_goes_on_after_half_the_body),
        cmocka_unit_test(test_the_fault_rate_is_a_token_bucket),
        cmocka_unit_test(test_a_redirect_names_the_port_and_an_echo_repeats_the_key),
        cmocka_unit_test(test_huge_and_slow_answers_are_valid),
        cmocka_unit_test(test_faults_hit_at_their_rate_and_the_same_requests_each_run),
        cmocka_unit_test(test_faults_change_while_it_runs),
        cmocka_unit_test(test_requests_over_the_rate_limit_are_told_to_wait),
        cmocka_unit_test(test_counters_are_exact),
        cmocka_unit_test(test_what_is_paid_again_after_a_crash_tells_how_old_the_lost_answer_was),
        cmocka_unit_test(test_the_models_own_faults_can_be_switched_off_and_on),
        cmocka_unit_test(test_reset_forgets_what_was_asked),
        cmocka_unit_test(test_a_client_that_leaves_is_counted_as_abandoned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
