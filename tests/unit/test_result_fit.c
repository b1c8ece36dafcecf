/* daemon/report/result_fit: what is left out of a result that is longer than a line. */
#include "daemon/report/result_fit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define VERDICTS 15
#define CHECKS 170

static const char *const outcomes[] = {"FAIL", "PASS", "SKIP", "INCONCLUSIVE"};

/* Verdicts with checks of all outcomes in turn; each check takes some 300 bytes, half of them
 * evidence. */
static struct as_json *run_of(void)
{
    struct as_json *run = as_json_object(), *verdicts = as_json_array();
    char text[120];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    for (size_t v = 0; v < VERDICTS; v++) {
        struct as_json *verdict = as_json_object(), *checks = as_json_array();
        as_json_set_str(verdict, "outcome", "fail");
        for (size_t i = 0; i < CHECKS; i++) {
            struct as_json *check = as_json_object(), *evidence = as_json_array();
            as_json_set_str(check, "outcome", outcomes[i % AS_COUNT(outcomes)]);
            as_json_set_str(check, "sentence", text);
            as_json_push_take(evidence, as_json_new_str(as_str_from(text)));
            as_json_set_take(check, "evidence", evidence);
            as_json_set_int(check, "evidence_total", 7);
            as_json_push_take(checks, check);
        }
        as_json_set_take(verdict, "checks", checks);
        as_json_push_take(verdicts, verdict);
    }
    as_json_set_take(run, "verdicts", verdicts);
    return run;
}

struct left {
    size_t checks, by_outcome[AS_COUNT(outcomes)], with_evidence;
    int64_t left_out;
};

static struct left left_of(const struct as_json *verdict)
{
    struct left left = {.left_out = as_json_get_int(verdict, "checks_left_out", 0)};
    const struct as_json *checks = as_json_get(verdict, "checks");
    left.checks = as_json_len(checks);
    for (size_t i = 0; i < left.checks; i++) {
        const struct as_json *check = as_json_at(checks, i);
        left.with_evidence += as_json_len(as_json_get(check, "evidence")) > 0;
        assert_int_equal(as_json_get_int(check, "evidence_total", 0), 7);
        for (size_t o = 0; o < AS_COUNT(outcomes); o++)
            left.by_outcome[o] += !strcmp(as_json_get_cstr(check, "outcome"), outcomes[o]);
    }
    return left;
}

/* The least there can be, and every length above it: it fits, and each verdict counts what it
 * lacks. What matters less goes first. */
static void test_a_result_is_as_long_as_it_may_be_and_counts_what_it_lacks(void **state)
{
    static const size_t limits[] = {60000, 200000, 400000, 600000, 1000000};
    (void)state;
    for (size_t i = 0; i < AS_COUNT(limits); i++) {
        AS_CLEANUP_JSON struct as_json *run = run_of();
        size_t before = as_json_bytes(run);
        result_fit(run, limits[i]);
        assert_in_range(as_json_bytes(run), 1, limits[i]);
        for (size_t v = 0; v < VERDICTS; v++) {
            const struct as_json *verdict = as_json_at(as_json_get(run, "verdicts"), v);
            struct left left = left_of(verdict);
            assert_int_equal((int64_t)left.checks + left.left_out, CHECKS);
            assert_string_equal(as_json_get_cstr(verdict, "outcome"), "fail");
            assert_true(left.by_outcome[0] > 0);
            if (left.by_outcome[0] < CHECKS / 5)
                assert_int_equal(left.by_outcome[3], 0);
            if (!left.by_outcome[3])
                assert_int_equal(left.with_evidence, 0);
            if (left.with_evidence < left.checks)
                assert_int_equal(left.by_outcome[1], 0);
            if (!left.by_outcome[1])
                assert_int_equal(left.by_outcome[2], 0);
            if (before <= limits[i])
                assert_int_equal(left.left_out, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_result_is_as_long_as_it_may_be_and_counts_what_it_lacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
