/* daemon/report: what the result says of each tag, and which tags it says it of. */
#include "tests/unit/report_fixture.h"

#include "daemon/report/result_tags.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Cases c0, c1 ... whose "tags" the function writes, as JSON; NULL: the case has no such key. */
typedef const char *(*tags_fn)(struct as_arena *arena, size_t at);

static int64_t dataset_of_tags(struct store_fixture *f, size_t count, tags_fn tags_of)
{
    struct case_record *cases = as_arena_alloc(&f->arena, count * sizeof(*cases));
    struct as_sha256 hash = as_sha256_of("tags", 4);
    struct dataset_info info;
    int64_t id = 0;
    bool is_new = false;
    for (size_t i = 0; i < count; i++) {
        const char *tags = tags_of(&f->arena, i);
        cases[i] = fixture_case(&f->arena, (int64_t)i);
        if (tags)
            cases[i].json =
                as_str_from(as_arena_printf(&f->arena, "{\"id\":\"c%zu\",\"tags\":%s}", i, tags));
    }
    assert_int_equal(store_dataset_begin(f->store, "tags", &id), 0);
    assert_int_equal(store_dataset_add(f->store, id, cases, count), 0);
    assert_int_equal(
        store_dataset_finish(f->store, id, &hash, "cases", 1000, &f->arena, &info, &is_new), 0);
    return info.id;
}

static const struct as_json *tag_of(const struct as_json *result, const char *name)
{
    const struct as_json *tags = as_json_get(result, "tags");
    for (size_t i = 0; i < as_json_len(tags); i++)
        if (as_str_eq(as_json_get_str(as_json_at(tags, i), "tag"), name))
            return as_json_at(tags, i);
    return NULL;
}

static const struct as_json *part_of(const struct as_json *tag, const char *part, size_t at)
{
    return as_json_at(as_json_get(tag, part), at);
}

/* Forty cases: all are "de", the last thirty are "long" as well, one has no tag. */
static const char *tags_of_forty(struct as_arena *arena, size_t at)
{
    (void)arena;
    return at == 0 ? NULL : at < 10 ? "[\"de\"]" : "[\"long\",\"de\",\"long\"]";
}

/* Of the long ones the candidate loses every second. */
static struct group group_of_forty(struct store_fixture *f)
{
    struct group group = report_group_of(f, 2, dataset_of_tags(f, 40, tags_of_forty), 40);
    for (int64_t i = 0; i < 40; i++) {
        report_add_score(&group, 0, i, 1);
        report_add_score(&group, 1, i, i >= 10 && i % 2 ? 0 : 1);
    }
    return group;
}

static void test_each_tag_has_the_members_means_of_its_cases(void **state)
{
    struct group group = group_of_forty(*state);
    const struct as_json *result = report_make(&group);
    const struct as_json *tag = tag_of(result, "long");
    assert_int_equal(as_json_len(as_json_get(result, "tags")), 2);
    assert_num(result, "tags_left_out", 0);
    assert_num(tag, "cases", 30); /* a tag that stands twice counts once */
    assert_num(tag_of(result, "de"), "cases", 39);
    assert_text(part_of(tag, "members", 0), "model", "large");
    assert_num(part_of(tag, "members", 0), "mean", 1);
    assert_text(part_of(tag, "members", 1), "model", "small");
    assert_num(part_of(tag, "members", 1), "n", 30);
    assert_num(part_of(tag, "members", 1), "mean", 0.5);
    assert_interval(part_of(tag, "members", 1), 0.331541, 0.668459, 5e-6); /* Wilson, 15 of 30 */
    report_done(&group);
}

static void test_a_candidate_is_compared_within_each_tag(void **state)
{
    struct group group = group_of_forty(*state);
    const struct as_json *result = report_make(&group);
    const struct as_json *compared = part_of(tag_of(result, "long"), "comparisons", 0);
    assert_text(compared, "candidate", "small");
    assert_num(compared, "n_pairs", 30);
    assert_num(compared, "diff", -0.5);
    assert_num(compared, "wins", 0);
    assert_num(compared, "losses", 15);
    assert_num(compared, "ties", 15);
    assert_text(compared, "outcome", "SKIP"); /* the gate asks nothing of tags */
    assert_non_null(strstr(as_json_get_cstr(compared, "sentence"), "worse by 50.0 points"));
    /* Both tags lose much: the smaller p is doubled. */
    const struct as_json *other = part_of(tag_of(result, "de"), "comparisons", 0);
    double p = as_json_get_num(compared, "p", NAN), q = as_json_get_num(other, "p", NAN);
    assert_num(compared, "p_holm", p < q ? 2 * p : fmax(2 * q, p));
    assert_num(other, "p_holm", q < p ? 2 * q : fmax(2 * p, q));
    report_done(&group);
}

static const char *tag_of_its_own(struct as_arena *arena, size_t at)
{
    return as_arena_printf(arena, "[\"t%04zu\"%s]", at, at % 2 ? ",\"odd\"" : "");
}

static void test_of_many_tags_the_largest_are_told_in_byte_order(void **state)
{
    struct store_fixture *f = *state;
    size_t count = 300;
    struct group group = report_group_of(f, 2, dataset_of_tags(f, count, tag_of_its_own), count);
    for (int64_t i = 0; i < (int64_t)count; i++)
        for (uint32_t member = 0; member < 2; member++)
            report_add_score(&group, member, i, 1);
    const struct as_json *result = report_make(&group), *tags = as_json_get(result, "tags");
    assert_int_equal(as_json_len(tags), RESULT_TAGS_MAX);
    assert_num(result, "tags_left_out", (double)count + 1 - RESULT_TAGS_MAX);
    assert_text(as_json_at(tags, 0), "tag", "odd");
    assert_text(as_json_at(tags, 1), "tag", "t0000");
    assert_text(as_json_at(tags, 99), "tag", "t0098");
    const struct as_json *compared = part_of(as_json_at(tags, 1), "comparisons", 0);
    assert_num(compared, "n_pairs", 1);
    assert_num(compared, "p", NAN);
    assert_num(compared, "p_holm", NAN);
    assert_non_null(strstr(as_json_get_cstr(compared, "sentence"), "too few for a test"));
    report_done(&group);
}

static void test_a_tag_that_the_gate_names_is_never_left_out(void **state)
{
    struct store_fixture *f = *state;
    static const char *const only[] = {"t0299"};
    struct group group = report_group_of(f, 2, dataset_of_tags(f, 300, tag_of_its_own), 300);
    const struct gate_need needs[] = {{"t0250", 1}};
    for (int64_t i = 0; i < 300; i++)
        for (uint32_t member = 0; member < 2; member++)
            report_add_score(&group, member, i, 1);
    group.gate.tags.margin = 0.1;
    group.gate.tags.only = only;
    group.gate.tags.only_count = 1;
    group.gate.needs = needs;
    group.gate.need_count = 1;
    const struct as_json *result = report_make(&group);
    assert_int_equal(as_json_len(as_json_get(result, "tags")), RESULT_TAGS_MAX);
    assert_text(part_of(tag_of(result, "t0299"), "comparisons", 0), "outcome", "INCONCLUSIVE");
    assert_text(part_of(tag_of(result, "t0250"), "comparisons", 0), "outcome", "SKIP");
    const struct as_json *verdict = verdict_of(result, 1);
    assert_text(check_of(verdict, "require_tag"), "outcome", "PASS");
    assert_text(check_of(verdict, "tags"), "outcome", "INCONCLUSIVE");
    assert_num(check_of(verdict, "tags"), "more_cases", 19);
    report_done(&group);
}

static void test_a_run_without_tags_has_an_empty_part(void **state)
{
    struct group group = report_group(*state, 2, 2);
    const struct as_json *result = report_make(&group);
    assert_written(result, "tags", "[]");
    assert_num(result, "tags_left_out", 0);
    report_done(&group);
}

#define REPORT_TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REPORT_TEST(test_each_tag_has_the_members_means_of_its_cases),
        REPORT_TEST(test_a_candidate_is_compared_within_each_tag),
        REPORT_TEST(test_of_many_tags_the_largest_are_told_in_byte_order),
        REPORT_TEST(test_a_tag_that_the_gate_names_is_never_left_out),
        REPORT_TEST(test_a_run_without_tags_has_an_empty_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
