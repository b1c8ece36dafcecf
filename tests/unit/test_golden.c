/* tests/golden itself: a folder whose numbers are not ours, whose kinds we do not know, or whose
 * files are malformed is never taken for one that agrees, and what is wrong is named. */
#include "tests/golden/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A folder with an expected.json and one data file, and what became of it. */
struct checked {
    struct golden_counts counts;
    struct as_err err;
    int rc;
    char log[4096];
};

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void remove_folder(const char *folder)
{
    static const char *const names[] = {"expected.json", "data/in.csv", "data", ""};
    for (size_t i = 0; i < AS_COUNT(names); i++) {
        char path[256];
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        remove(path);
    }
}

/* csv NULL: no such file. */
static struct checked check_folder(const char *expected, const char *csv)
{
    struct checked checked = {.rc = 0};
    char folder[] = "/tmp/golden-XXXXXX";
    char data[256];
    assert_non_null(mkdtemp(folder));
    snprintf(data, sizeof(data), "%s/data", folder);
    assert_int_equal(mkdir(data, 0700), 0);
    write_file(folder, "expected.json", expected);
    if (csv)
        write_file(folder, "data/in.csv", csv);
    FILE *log = fmemopen(checked.log, sizeof(checked.log), "w");
    checked.rc = golden_check(folder, NULL, log, &checked.counts, &checked.err);
    fclose(log);
    remove_folder(folder);
    return checked;
}

static void assert_says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in: %s", part, text);
}

#define PAIRED                                                                      \
    "{\"cases\":{\"mine\":{\"kind\":\"paired\",\"files\":[\"in.csv\"],\"options\":" \
    "{\"margin\":0.1},\"expect\":{\"policy_zero\":{\"n_pairs\":2,\"diff\":0.25}}}}}"
#define HEADER "case_id,cluster,stratum,baseline,candidate\n"

static void test_a_folder_of_other_names_and_numbers_is_checked(void **state)
{
    (void)state;
    struct checked checked = check_folder(PAIRED, HEADER "b,,,0.5,1\na,,,1,1\n");
    assert_int_equal(checked.rc, 0);
    assert_int_equal(checked.counts.equal, 2);
    assert_int_equal(checked.counts.different + checked.counts.not_produced, 0);
    assert_string_equal(checked.log, "");
}

static void test_a_changed_number_and_an_unknown_one_are_named(void **state)
{
    (void)state;
    struct checked checked =
        check_folder("{\"cases\":{\"p\":{\"kind\":\"power\",\"files\":[],\"options\":{},\"expect\":"
                     "{\"mcnemar\":[{\"psi\":0.1,\"delta\":0.03,\"n\":871,\"unheard_of\":1}]}}}}",
                     NULL);
    assert_int_equal(checked.counts.equal, 2);
    assert_int_equal(checked.counts.different, 1);
    assert_int_equal(checked.counts.not_produced, 1);
    assert_says(checked.log, "different: p/mcnemar/0/n: ours 870, expected 871");
    assert_says(checked.log, "not produced: p/mcnemar/0/unheard_of");
}

static void test_an_unknown_kind_is_named_and_its_numbers_are_not_produced(void **state)
{
    (void)state;
    struct checked checked = check_folder(
        "{\"cases\":{\"x\":{\"kind\":\"tarot\",\"files\":[],\"expect\":{\"a\":1,\"b\":[2]}},"
        "\"y\":{\"files\":[],\"expect\":{\"a\":1}},\"z\":{\"kind\":\"power\"}}}",
        NULL);
    assert_int_equal(checked.counts.equal, 0);
    assert_int_equal(checked.counts.not_produced, 4);
    assert_says(checked.log, "cannot produce: x: the kind is unknown here");
    assert_says(checked.log, "cannot produce: y: the kind is unknown here");
    assert_says(checked.log, "not produced: z");
}

static void test_a_malformed_file_is_named_with_what_is_wrong(void **state)
{
    static const struct {
        const char *csv, *says;
    } files[] = {
        {NULL, "mine: data/in.csv: not found"},
        {HEADER "a,,,1\n", "mine: data/in.csv: a line has not as many cells as the first"},
        {HEADER "a,,,1,1,1\n", "mine: data/in.csv: a line has not as many cells as the first"},
        {HEADER "a,,,1,good\n", "row 1: \"good\" in column \"candidate\" is no number"},
        {HEADER "a,,,1,nan\n", "row 1: \"nan\" in column \"candidate\" is no number"},
        {HEADER "a,,,1,1.5\n", "case \"a\": a score of 1.5"},
        {HEADER "a,,,1,1\nb,,,1,1\na,,,0,1\n", "case \"a\" stands there twice"},
    };
    (void)state;
    for (size_t i = 0; i < AS_COUNT(files); i++) {
        struct checked checked = check_folder(PAIRED, files[i].csv);
        assert_int_equal(checked.rc, 0);
        assert_int_equal(checked.counts.equal, 0);
        assert_int_equal(checked.counts.not_produced, 2);
        assert_says(checked.log, files[i].says);
    }
}

#define MONTE_CARLO(high)                                                                  \
    "{\"cases\":{\"m\":{\"kind\":\"paired\",\"files\":[\"in.csv\"],\"options\":{\"boot\":" \
    "{\"B\":10,\"seed\":1}},\"expect\":{\"bootstrap_mc\":{\"pct_lo\":-1,\"pct_hi\":" high  \
    ",\"se\":0.7,\"tol_quantile_B10000\":0.01,\"tol_se_B10000\":0.1}}}}}"

static void test_numbers_of_another_generator_are_held_to_their_own_tolerance(void **state)
{
    (void)state;
    struct checked good = check_folder(MONTE_CARLO("1"), HEADER "b,,,0,1\na,,,1,0\n");
    assert_int_equal(good.counts.near, 3);
    assert_int_equal(good.counts.different + good.counts.not_produced + good.counts.equal, 0);
    struct checked bad = check_folder(MONTE_CARLO("0.9"), HEADER "b,,,0,1\na,,,1,0\n");
    assert_int_equal(bad.counts.near, 2);
    assert_int_equal(bad.counts.different, 1);
    struct checked none = check_folder(MONTE_CARLO("1"), NULL);
    assert_int_equal(none.counts.not_produced, 3);
}

static void test_options_that_make_no_sense_are_named(void **state)
{
    static const struct {
        const char *kind, *options, *csv, *says;
    } cases[] = {
        {"group_sequential", "{\"looks\":9,\"nmax\":10}", "order,diff\n1,0\n", "options.looks"},
        {"gate", "{\"critical\":\"perhaps\"}", HEADER "a,,,1,1\n", "is an unknown word"},
        {"agreement", "{\"categories\":[0,1]}", "item,judge,human\n1,1,2\n",
         "2 is none of the categories"},
        {"epochs", "{}", "case_id,cluster,model,epoch,score\na,,baseline,0,1\n", "the epoch is"},
    };
    (void)state;
    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        char expected[512];
        snprintf(expected, sizeof(expected),
                 "{\"cases\":{\"c\":{\"kind\":\"%s\",\"files\":[\"in.csv\"],\"options\":%s,"
                 "\"expect\":{\"a\":1}}}}",
                 cases[i].kind, cases[i].options);
        struct checked checked = check_folder(expected, cases[i].csv);
        assert_int_equal(checked.counts.not_produced, 1);
        assert_says(checked.log, cases[i].says);
    }
}

static void test_an_expected_json_that_cannot_be_used_is_an_error_with_its_path(void **state)
{
    static const char *const texts[] = {"{\"cases\":", "", "[]", "{\"cases\":{}}",
                                        "{\"cases\":[1]}"};
    (void)state;
    for (size_t i = 0; i < AS_COUNT(texts); i++) {
        struct checked checked = check_folder(texts[i], NULL);
        assert_int_equal(checked.rc, AS_EINVAL);
        assert_says(checked.err.msg, "/expected.json: ");
    }
    struct as_err err = {0};
    struct golden_counts counts;
    assert_int_equal(golden_check("/nowhere", NULL, stderr, &counts, &err), AS_ENOENT);
    assert_says(err.msg, "/nowhere/expected.json: cannot be opened");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_folder_of_other_names_and_numbers_is_checked),
        cmocka_unit_test(test_a_changed_number_and_an_unknown_one_are_named),
        cmocka_unit_test(test_an_unknown_kind_is_named_and_its_numbers_are_not_produced),
        cmocka_unit_test(test_a_malformed_file_is_named_with_what_is_wrong),
        cmocka_unit_test(test_numbers_of_another_generator_are_held_to_their_own_tolerance),
        cmocka_unit_test(test_options_that_make_no_sense_are_named),
        cmocka_unit_test(test_an_expected_json_that_cannot_be_used_is_an_error_with_its_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
