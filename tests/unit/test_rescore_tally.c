/* daemon/engine: what a re-scoring counts as moved, flipped, failed and skipped. */
#include "daemon/engine/rescore_tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CASES 8
#define LIST_MAX 2

struct fixture {
    struct pins pins;
    struct plugin_version version;
    struct tally *tally;
    struct as_json *json;
};

static int setup(void **state)
{
    struct fixture *f = as_xcalloc(1, sizeof(*f));
    gate_rules_init(&f->pins.gate);
    f->pins.member_count = 2;
    f->pins.members[0].spec.name = "large";
    f->pins.members[1].spec.name = "small";
    f->pins.metric_count = 1;
    f->pins.metrics[0] = (struct pin_metric){.name = "exact", .selector = "exact_match@1.0.0"};
    f->pins.samples = 1;
    f->version.selector = strdup("exact_match@2.0.0");
    f->tally = tally_new(&f->pins, 0, &f->version, CASES, LIST_MAX);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    tally_free(f->tally);
    as_json_free(f->json);
    free(f->version.selector);
    free(f);
    return 0;
}

static struct score_record value(double score, int8_t pass)
{
    return (struct score_record){.score = score, .pass = pass};
}

static struct score_record not_applicable(void)
{
    return (struct score_record){.is_na = true, .pass = -1};
}

static void add(struct fixture *f, int64_t case_seq, struct score_record own,
                struct score_record other, const char *error_class)
{
    struct row_key key = {.case_seq = case_seq, .member = 1};
    struct row_listing row = {
        .row = {.key = key}, .case_id = AS_STR("c"), .scores = &own, .score_count = 1};
    struct set_score scored = {.row = key, .error_class = as_str_from(error_class), .score = other};
    tally_add(f->tally, &row, &scored);
}

static int64_t count_of(struct fixture *f, const char *key)
{
    as_json_free(f->json);
    f->json = tally_to_json(f->tally, NULL, NULL);
    return as_json_get_int(f->json, key, -1);
}

static void test_a_value_moves_up_or_down_or_stays(void **state)
{
    struct fixture *f = *state;
    add(f, 0, value(0.6, -1), value(0.7, -1), NULL);
    add(f, 1, value(0.9, -1), value(0.8, -1), NULL);
    add(f, 2, value(0.9, -1), value(0.9, -1), NULL);
    assert_int_equal(count_of(f, "rows"), 3);
    assert_int_equal(count_of(f, "moved"), 2);
    assert_int_equal(count_of(f, "up"), 1);
    assert_int_equal(count_of(f, "down"), 1);
    assert_int_equal(count_of(f, "to_pass") + count_of(f, "to_fail"), 0);
}

static void test_a_pass_flips_by_the_threshold_or_by_the_plugins_word(void **state)
{
    struct fixture *f = *state;
    add(f, 0, value(0.4, -1), value(0.5, -1), NULL); /* over the threshold of 0.5 */
    add(f, 1, value(0.9, 1), value(0.9, 0), NULL);   /* the same value, another word */
    add(f, 2, value(0.4, 1), value(0.6, -1), NULL);  /* passes both times */
    assert_int_equal(count_of(f, "to_pass"), 1);
    assert_int_equal(count_of(f, "to_fail"), 1);
    assert_int_equal(count_of(f, "moved"), 2);
}

static void test_a_value_that_comes_or_goes_is_counted_apart(void **state)
{
    struct fixture *f = *state;
    add(f, 0, value(1, -1), not_applicable(), NULL);
    add(f, 1, not_applicable(), value(0, -1), NULL);
    add(f, 2, not_applicable(), not_applicable(), NULL);
    assert_int_equal(count_of(f, "now_na"), 1);
    assert_int_equal(count_of(f, "no_longer_na"), 1);
    assert_int_equal(count_of(f, "moved"), 0);
    assert_int_equal(count_of(f, "to_fail"), 0);
}

static void test_a_failure_is_no_zero(void **state)
{
    struct fixture *f = *state;
    add(f, 3, value(1, -1), value(0, -1), "timeout");
    assert_int_equal(count_of(f, "errors"), 1);
    assert_int_equal(count_of(f, "rows"), 0);
    assert_int_equal(count_of(f, "down"), 0);
    assert_int_equal(tally_swap(f->tally)->rows[CASES + 3].as, REPORT_SWAPPED_ERROR);
}

static void test_a_score_that_was_missing_is_recovered(void **state)
{
    struct fixture *f = *state;
    struct row_key key = {.case_seq = 2, .member = 1};
    struct row_listing row = {.row = {.key = key, .status = ROW_SCORER_ERROR},
                              .case_id = AS_STR("c")};
    struct set_score scored = {.row = key, .score = value(1, -1)};
    tally_add(f->tally, &row, &scored);
    assert_int_equal(count_of(f, "recovered"), 1);
    assert_int_equal(count_of(f, "rows"), 1);
    assert_int_equal(count_of(f, "moved") + count_of(f, "no_longer_na"), 0);
    assert_int_equal(tally_swap(f->tally)->rows[CASES + 2].as, REPORT_SWAPPED);
}

static void test_a_row_without_an_output_is_skipped(void **state)
{
    struct fixture *f = *state;
    struct row_listing row = {.row = {.status = ROW_TIMEOUT}, .case_id = AS_STR("c")};
    tally_add(f->tally, &row, NULL);
    assert_int_equal(count_of(f, "skipped"), 1);
    assert_int_equal(count_of(f, "rows"), 0);
}

static void test_lists_are_cut_and_counts_are_not(void **state)
{
    struct fixture *f = *state;
    for (int64_t i = 0; i < LIST_MAX + 2; i++) {
        add(f, i, value(1, -1), value(0, -1), NULL);
        add(f, i, value(1, -1), value(0, -1), "crash");
    }
    assert_int_equal(count_of(f, "to_fail"), LIST_MAX + 2);
    assert_int_equal(count_of(f, "errors"), LIST_MAX + 2);
    assert_int_equal(as_json_len(as_json_get(f->json, "flips")), LIST_MAX);
    assert_int_equal(as_json_len(as_json_get(f->json, "error_rows")), LIST_MAX);
}

static void test_the_report_gets_every_score_in_its_place(void **state)
{
    struct fixture *f = *state;
    add(f, 5, value(1, -1), value(0.25, 1), NULL);
    const struct report_swap *swap = tally_swap(f->tally);
    assert_int_equal(swap->metric, 0);
    assert_int_equal(swap->sample_count, 1);
    assert_true(swap->rows[CASES + 5].value.score == 0.25);
    assert_int_equal(swap->rows[CASES + 5].value.pass, 1);
    assert_int_equal(swap->rows[5].as, REPORT_NOT_SWAPPED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_value_moves_up_or_down_or_stays),
        TEST(test_a_pass_flips_by_the_threshold_or_by_the_plugins_word),
        TEST(test_a_value_that_comes_or_goes_is_counted_apart),
        TEST(test_a_failure_is_no_zero),
        TEST(test_a_score_that_was_missing_is_recovered),
        TEST(test_a_row_without_an_output_is_skipped),
        TEST(test_lists_are_cut_and_counts_are_not),
        TEST(test_the_report_gets_every_score_in_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
