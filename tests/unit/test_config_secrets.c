/* Keys by their names: where they are looked for, and what is refused. */
#include "tests/unit/config_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct secret_case {
    struct as_buf value;
    struct as_err err;
    int rc;
};

static struct secret_case read_secret(const struct secret_sources *sources, const char *name)
{
    struct secret_case got = {.rc = 0};
    got.rc = secret_read(sources, name, &got.value, &got.err);
    return got;
}

static void assert_secret(const struct secret_sources *sources, const char *value)
{
    struct secret_case got = read_secret(sources, "ASSAY_TEST_KEY");
    if (got.rc < 0)
        fail_msg("%s", got.err.msg);
    assert_string_equal(got.value.ptr, value);
    as_buf_done(&got.value);
}

static void test_secret_comes_from_the_first_source_that_has_it(void **state)
{
    (void)state;
    char creds[96], keys[96], env[96];
    snprintf(creds, sizeof(creds), "%s/creds", fixture_folder);
    snprintf(keys, sizeof(keys), "%s/keys", fixture_folder);
    snprintf(env, sizeof(env), "%s/keys.env", fixture_folder);
    struct secret_sources sources = {creds, keys, env, true};
    fixture_make_dir("creds");
    fixture_make_dir("keys");
    setenv("ASSAY_TEST_KEY", "of-environment", 1);
    fixture_write_bytes("keys.env", "A=1\n", 4, 0600);
    assert_secret(&sources, "of-environment");
    fixture_write_bytes("keys.env", "A=1\nexport ASSAY_TEST_KEY=\"of-env-file\"\n", 41, 0600);
    assert_secret(&sources, "of-env-file");
    fixture_write_bytes("keys/ASSAY_TEST_KEY", "of-keys-dir\n", 12, 0600);
    assert_secret(&sources, "of-keys-dir");
    fixture_write_bytes("creds/ASSAY_TEST_KEY", " of-creds\n", 10, 0440);
    assert_secret(&sources, "of-creds");
    unsetenv("ASSAY_TEST_KEY");
}

static void test_key_file_that_others_can_read_is_refused(void **state)
{
    (void)state;
    char keys[96];
    snprintf(keys, sizeof(keys), "%s/keys", fixture_folder);
    struct secret_sources sources = {.keys_dir = keys, .use_environment = true};
    fixture_make_dir("keys");
    fixture_write_bytes("keys/ASSAY_TEST_KEY", "canary", 6, 0644);
    struct secret_case got = read_secret(&sources, "ASSAY_TEST_KEY");
    assert_int_equal(got.rc, AS_EDENIED);
    assert_int_equal(got.value.len, 0);
    assert_string_equal(fixture_without_folder(got.err.msg),
                        "the key file keys/ASSAY_TEST_KEY: its mode 0644 lets others read it; make "
                        "it private: chmod 600");
    as_buf_done(&got.value);
}

static void test_env_file_that_others_can_read_is_refused(void **state)
{
    (void)state;
    char env[96];
    snprintf(env, sizeof(env), "%s/keys.env", fixture_folder);
    struct secret_sources sources = {.env_file = env};
    fixture_write_bytes("keys.env", "ASSAY_TEST_KEY=canary\n", 22, 0640);
    assert_int_equal(read_secret(&sources, "ASSAY_TEST_KEY").rc, AS_EDENIED);
}

static void test_missing_secret_says_where_it_was_looked_for(void **state)
{
    (void)state;
    struct secret_sources sources = {NULL, "/k", "/k.env", true};
    struct secret_case got = read_secret(&sources, "ASSAY_TEST_KEY");
    assert_int_equal(got.rc, AS_ENOENT);
    assert_string_equal(got.err.msg,
                        "no key named ASSAY_TEST_KEY; looked in $CREDENTIALS_DIRECTORY (not set), "
                        "/k/ASSAY_TEST_KEY, a line ASSAY_TEST_KEY= in /k.env, the environment. "
                        "Provide it in one of these, for example: export ASSAY_TEST_KEY=...");
    as_buf_done(&got.value);
}

static void test_environment_is_not_looked_at_when_switched_off(void **state)
{
    (void)state;
    struct secret_sources sources = {.use_environment = false};
    setenv("ASSAY_TEST_KEY", "x", 1);
    struct secret_case got = read_secret(&sources, "ASSAY_TEST_KEY");
    assert_int_equal(got.rc, AS_ENOENT);
    assert_non_null(strstr(got.err.msg, "not the environment (secrets.environment: false)"));
    unsetenv("ASSAY_TEST_KEY");
}

static void test_secret_that_would_break_a_header_is_refused_and_not_repeated(void **state)
{
    (void)state;
    struct secret_sources sources = {.use_environment = true};
    setenv("ASSAY_TEST_KEY", "canary\r\nX-Evil: 1", 1);
    struct secret_case got = read_secret(&sources, "ASSAY_TEST_KEY");
    assert_int_equal(got.rc, AS_EINVAL);
    assert_null(strstr(got.err.msg, "canary"));
    assert_int_equal(got.value.len, 0);
    unsetenv("ASSAY_TEST_KEY");
}

static void test_empty_secret_is_an_error(void **state)
{
    (void)state;
    struct secret_sources sources = {.use_environment = true};
    setenv("ASSAY_TEST_KEY", " ", 1);
    struct secret_case got = read_secret(&sources, "ASSAY_TEST_KEY");
    assert_int_equal(got.rc, AS_EINVAL);
    assert_string_equal(got.err.msg, "the key ASSAY_TEST_KEY is empty in the environment");
    unsetenv("ASSAY_TEST_KEY");
}

static void test_secret_name_cannot_leave_the_folder(void **state)
{
    (void)state;
    struct secret_sources sources = {.keys_dir = "/etc"};
    assert_int_equal(read_secret(&sources, "../etc/passwd").rc, AS_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONFIG_TEST(test_secret_comes_from_the_first_source_that_has_it),
        CONFIG_TEST(test_key_file_that_others_can_read_is_refused),
        CONFIG_TEST(test_env_file_that_others_can_read_is_refused),
        CONFIG_TEST(test_missing_secret_says_where_it_was_looked_for),
        CONFIG_TEST(test_environment_is_not_looked_at_when_switched_off),
        CONFIG_TEST(test_secret_that_would_break_a_header_is_refused_and_not_repeated),
        CONFIG_TEST(test_empty_secret_is_an_error),
        CONFIG_TEST(test_secret_name_cannot_leave_the_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
