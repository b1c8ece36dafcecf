/* daemon/notify: what a receiver sees, byte for byte. The signature was made with openssl dgst and
 * again with Python's hmac. */
#include "daemon/notify/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char golden_body[] =
    "{\"id\":7,\"at_ms\":1700000000123,\"kind\":\"gate_fail\",\"over\":false,\"eval\":\"triage\","
    "\"subject\":\"small\",\"run\":4,\"text\":\"gate fail for small\",\"detail\":{\"n\":40},"
    "\"delivery\":9,\"rule\":\"pager\"}";
static const char golden_signature[] =
    "X-Assay-Signature: sha256=d9fefa8182b3ef18af03c46f282f8bb2f385d75e4bee0f57546d276e7f1a81a1";

static const struct delivery delivery = {
    .id = 9,
    .event_id = 7,
    .rule = "pager",
    .has_event = true,
    .event =
        {
            .id = 7,
            .at_ms = 1700000000123,
            .kind = EVENT_GATE_FAIL,
            .eval = "triage",
            .subject = "small",
            .run = 4,
            .text = "gate fail for small",
            .detail_json = "{\"n\":40}",
        },
};

static void test_the_body_has_the_event_and_the_ids(void **state)
{
    struct as_buf body = {0};
    (void)state;
    message_body(&delivery, &body);
    assert_string_equal(body.ptr, golden_body);
    as_buf_done(&body);
}

static void test_the_signature_is_what_others_compute(void **state)
{
    char lines[MESSAGE_HEADERS][MESSAGE_HEADER_BYTES];
    (void)state;
    assert_int_equal(message_headers(&delivery, 1700000000, AS_STR("s1gn1ng-k3y"),
                                     as_str_from(golden_body), lines),
                     5);
    assert_string_equal(lines[0], "Content-Type: application/json");
    assert_string_equal(lines[1], "X-Assay-Event: 7");
    assert_string_equal(lines[2], "X-Assay-Delivery: 9");
    assert_string_equal(lines[3], "X-Assay-Timestamp: 1700000000");
    assert_string_equal(lines[4], golden_signature);
}

static void test_without_a_key_there_is_no_signature(void **state)
{
    char lines[MESSAGE_HEADERS][MESSAGE_HEADER_BYTES];
    (void)state;
    assert_int_equal(
        message_headers(&delivery, 1700000000, (struct as_str){0}, AS_STR("{}"), lines), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_body_has_the_event_and_the_ids),
        cmocka_unit_test(test_the_signature_is_what_others_compute),
        cmocka_unit_test(test_without_a_key_there_is_no_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
