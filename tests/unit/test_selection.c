/* Which cases a selection takes: terms, draws by a seed, shares of strata; and its words. */
#include "daemon/engine/selection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CASES 1000

static struct as_arena arena; /* of one test */

static int tear_down(void **unused)
{
    (void)unused;
    as_arena_done(&arena);
    return 0;
}

static struct selection_rules rules_of(const char *where, const char *sample, int64_t max_cases,
                                       uint64_t seed)
{
    struct selection_rules rules = {.max_cases = max_cases, .seed = seed};
    struct as_err err = {0};
    if (selection_parse_where(where, &arena, &rules, &err) ||
        selection_parse_sample(sample, &arena, &rules, &err))
        fail_msg("%s", err.msg);
    return rules;
}

/* Of ten cases one is of split "test", three are tagged "billing", two are critical. */
static void offer(struct selector *selector, int64_t seq, int64_t id)
{
    char name[16], json[256];
    snprintf(name, sizeof(name), "c%lld", (long long)id);
    snprintf(json, sizeof(json),
             "{\"id\":\"%s\",\"split\":\"%s\",\"tags\":[\"%s\",\"all\"],\"critical\":%s,"
             "\"metadata\":{\"tier\":%lld}}",
             name, id % 10 ? "train" : "test", id % 10 < 3 ? "billing" : "other",
             id % 10 < 2 ? "true" : "false", (long long)(id % 2));
    struct case_record record = {.seq = seq, .id = as_str_from(name), .json = as_str_from(json)};
    selector_add(selector, &record);
}

static struct selection choose(const struct selection_rules *rules, struct as_err *err)
{
    struct selection selection = {0};
    struct selector *selector = selector_new(rules);
    for (int64_t i = 0; i < CASES; i++)
        offer(selector, i, i);
    (void)!selector_choose(selector, "tickets", &selection, err);
    selector_free(selector);
    return selection;
}

static int64_t count_modulo(const struct selection *selection, int64_t modulus, int64_t below)
{
    int64_t count = 0;
    for (int64_t i = 0; i < selection->count; i++)
        count += selection->seqs[i] % modulus < below;
    return count;
}

static void test_a_case_has_to_meet_every_term(void **unused)
{
    (void)unused;
    struct selection_rules rules = rules_of("tag=billing,critical=false,tag=all", NULL, 0, 0);
    struct selection selection = choose(&rules, NULL);
    assert_int_equal(selection.count, CASES / 10);
    assert_int_equal(selection.seqs[0], 2);
    assert_int_equal(selection.seqs[1], 12);
    assert_true(selection_has(&selection, 12));
    assert_false(selection_has(&selection, 13));
    selection_done(&selection);
}

static void test_metadata_is_met_by_its_text(void **unused)
{
    (void)unused;
    struct selection_rules rules = rules_of("metadata.tier=1,split=train", NULL, 4, 0);
    struct selection selection = choose(&rules, NULL);
    assert_int_equal(selection.count, 4);
    assert_int_equal(selection.seqs[3], 7);
    selection_done(&selection);
}

static void test_the_same_seed_gives_the_same_cases_and_another_one_others(void **unused)
{
    (void)unused;
    struct selection_rules rules = rules_of(NULL, "random", 100, 7);
    struct selection once = choose(&rules, NULL), again = choose(&rules, NULL);
    rules.seed = 8;
    struct selection other = choose(&rules, NULL);
    size_t bytes = 100 * sizeof(int64_t);
    assert_memory_equal(once.seqs, again.seqs, bytes);
    assert_int_not_equal(memcmp(once.seqs, other.seqs, bytes), 0);
    for (int64_t i = 1; i < once.count; i++)
        assert_true(once.seqs[i - 1] < once.seqs[i]);
    selection_done(&once);
    selection_done(&again);
    selection_done(&other);
}

static void test_a_draw_goes_by_ids_and_not_by_the_order_of_the_file(void **unused)
{
    (void)unused;
    struct selection_rules rules = rules_of(NULL, "random", 100, 7);
    struct selection straight = choose(&rules, NULL), turned = {0};
    struct selector *selector = selector_new(&rules);
    for (int64_t i = 0; i < CASES; i++)
        offer(selector, i, CASES - 1 - i);
    assert_int_equal(selector_choose(selector, "tickets", &turned, NULL), 0);
    selector_free(selector);
    for (int64_t i = 0; i < 100; i++)
        assert_int_equal(straight.seqs[i], CASES - 1 - turned.seqs[99 - i]);
    selection_done(&straight);
    selection_done(&turned);
}

/* 400 draws of 100 in 1,000: each case is expected 40 times, with a deviation of 6. */
static void test_a_random_draw_favours_no_case(void **unused)
{
    (void)unused;
    int64_t drawn[CASES] = {0}, first_half = 0;
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct selection_rules rules = rules_of(NULL, "random", 100, seed);
        struct selection selection = choose(&rules, NULL);
        for (int64_t i = 0; i < selection.count; i++) {
            drawn[selection.seqs[i]]++;
            first_half += selection.seqs[i] < CASES / 2;
        }
        selection_done(&selection);
    }
    for (int64_t i = 0; i < CASES; i++)
        assert_in_range(drawn[i], 40 - 30, 40 + 30); /* five deviations: with these seeds */
    assert_in_range(first_half, 20000 - 500, 20000 + 500);
}

static void test_a_stratified_draw_keeps_every_share(void **unused)
{
    (void)unused;
    struct selection_rules rules = rules_of(NULL, "stratified:split", 55, 3);
    struct selection selection = choose(&rules, NULL);
    int64_t test_count = count_modulo(&selection, 10, 1);
    assert_int_equal(selection.count, 55);
    assert_in_range(test_count, 5, 6); /* 5.5 is its share */
    selection_done(&selection);
    rules = rules_of(NULL, "stratified:critical", 50, 3);
    selection = choose(&rules, NULL);
    assert_int_equal(count_modulo(&selection, 10, 2), 10);
    selection_done(&selection);
    rules = rules_of("critical=false", "stratified:tag", 80, 3);
    selection = choose(&rules, NULL);
    assert_int_equal(count_modulo(&selection, 10, 3), 10);
    selection_done(&selection);
}

static void test_no_more_than_there_are_are_drawn(void **unused)
{
    (void)unused;
    struct selection_rules rules = rules_of("split=test", "random", 5000, 3);
    struct selection selection = choose(&rules, NULL);
    assert_int_equal(selection.count, CASES / 10);
    assert_int_equal(count_modulo(&selection, 10, 1), CASES / 10);
    selection_done(&selection);
}

static void assert_none(const char *where, const char *wanted)
{
    struct as_err err = {0};
    struct selection_rules rules = rules_of(where, NULL, 0, 0);
    struct selection selection = choose(&rules, &err);
    assert_null(selection.seqs);
    if (!strstr(err.msg, wanted))
        fail_msg("'%s' is not in '%s'", wanted, err.msg);
}

static void test_terms_that_no_case_meets_are_named_with_a_remedy(void **unused)
{
    (void)unused;
    assert_none("tag=biling",
                "no case of dataset 'tickets' has tag=biling: did you mean tag=billing?");
    assert_none("cluster=x", "`assayctl dataset show tickets` shows what they have");
    assert_none("tag=billing,tag=other", "meets every term of where: leave one of them out");
}

static void assert_bad(const char *where, const char *sample, const char *wanted)
{
    struct selection_rules rules = {.max_cases = 5};
    struct as_err err = {0};
    int rc = where ? selection_parse_where(where, &arena, &rules, &err)
                   : selection_parse_sample(sample, &arena, &rules, &err);
    assert_int_equal(rc, AS_EINVAL);
    if (!strstr(err.msg, wanted))
        fail_msg("'%s' is not in '%s'", wanted, err.msg);
}

static void test_what_makes_no_sense_is_told_with_a_remedy(void **unused)
{
    (void)unused;
    assert_bad("billing", NULL, "'billing' is not KEY=VALUE");
    assert_bad("label=x", NULL, "'label' is not tag, split");
    assert_bad("split=", NULL, "split has no value");
    assert_bad("split=a,split=b", NULL, "split stands twice");
    assert_bad("critical=yes", NULL, "critical is true or false");
    assert_bad("metadata.=x", NULL, "is not tag, split");
    assert_bad(NULL, "some", "is not head, random or stratified:KEY");
    assert_bad(NULL, "stratified:", "is not head, random or stratified:KEY");
}

static void test_a_draw_needs_a_number_and_a_seed_needs_a_draw(void **unused)
{
    (void)unused;
    struct as_err err = {0};
    struct selection_rules rules = rules_of(NULL, "random", 0, 0);
    assert_int_equal(selection_check(&rules, &err), AS_EINVAL);
    assert_non_null(strstr(err.msg, "add --max-cases N"));
    rules = rules_of(NULL, "head", 5, 0);
    assert_int_equal(selection_check(&rules, &err), 0);
    rules.has_seed = true;
    assert_int_equal(selection_check(&rules, &err), AS_EINVAL);
    assert_non_null(strstr(err.msg, "add --sample random"));
}

static void test_rules_come_back_from_the_pins(void **unused)
{
    (void)unused;
    struct selection_rules rules = rules_of("tag=a,split=b", "stratified:tag", 5, 77), back;
    rules.of = 1000;
    AS_CLEANUP_JSON struct as_json *json = selection_rules_to_json(&rules);
    assert_int_equal(selection_rules_from_json(json, &arena, &back), 0);
    AS_CLEANUP_JSON struct as_json *again = selection_rules_to_json(&back);
    struct as_buf a = {0}, b = {0};
    as_json_write(json, &a);
    as_json_write(again, &b);
    assert_string_equal(a.ptr, b.ptr);
    assert_int_equal(back.seed, 77);
    assert_int_equal(back.term_count, 2);
    assert_string_equal(as_json_get_cstr(json, "sentence"),
                        "tag=a, split=b, drawn by shares of tag and seed 77");
    as_buf_done(&a);
    as_buf_done(&b);
}

static void test_every_case_is_no_selection(void **unused)
{
    (void)unused;
    struct selection_rules rules = {.of = 10}, back = {.max_cases = 3};
    assert_null(selection_rules_to_json(&rules));
    rules.max_cases = 10;
    assert_null(selection_rules_to_json(&rules));
    assert_int_equal(selection_rules_from_json(NULL, &arena, &back), 0);
    assert_int_equal(back.max_cases, 0);
    struct selection all = {.count = 10};
    assert_true(selection_has(&all, 9));
    assert_false(selection_has(&all, 10));
    assert_false(selection_has(&all, -1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_a_case_has_to_meet_every_term, tear_down),
        cmocka_unit_test_teardown(test_metadata_is_met_by_its_text, tear_down),
        cmocka_unit_test_teardown(test_the_same_seed_gives_the_same_cases_and_another_one_others,
                                  tear_down),
        cmocka_unit_test_teardown(test_a_draw_goes_by_ids_and_not_by_the_order_of_the_file,
                                  tear_down),
        cmocka_unit_test_teardown(test_a_random_draw_favours_no_case, tear_down),
        cmocka_unit_test_teardown(test_a_stratified_draw_keeps_every_share, tear_down),
        cmocka_unit_test_teardown(test_no_more_than_there_are_are_drawn, tear_down),
        cmocka_unit_test_teardown(test_terms_that_no_case_meets_are_named_with_a_remedy, tear_down),
        cmocka_unit_test_teardown(test_what_makes_no_sense_is_told_with_a_remedy, tear_down),
        cmocka_unit_test_teardown(test_a_draw_needs_a_number_and_a_seed_needs_a_draw, tear_down),
        cmocka_unit_test_teardown(test_rules_come_back_from_the_pins, tear_down),
        cmocka_unit_test_teardown(test_every_case_is_no_selection, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
