/* The configuration, read from real files in a folder of the test's own. Tables hold what a user
 * can get wrong and what is then said, with line and column. */
#include "tests/unit/config_fixture.h"

#include "daemon/config/names.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *problems_of(const char *data, size_t len)
{
    struct config *config = NULL;
    struct as_buf problems = {0};
    fixture_write_bytes("assay.yaml", data, len, 0644);
    assert_int_not_equal(config_load(fixture_path("assay.yaml"), &config, &problems), 0);
    assert_null(config);
    const char *text = fixture_without_folder(problems.ptr);
    as_buf_done(&problems);
    return text;
}

static void check_bad_config(const struct bad_input *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_string_equal(problems_of(cases[i].text, strlen(cases[i].text)), cases[i].said);
}

static void test_model_has_its_own_keys_and_its_providers(void **state)
{
    (void)state;
    struct config *config = fixture_load(fixture_good_config);
    const struct model_spec *model = config_model(config, "large");
    assert_string_equal(model->provider, "sim");
    assert_string_equal(model->plugin, "openai@1");
    assert_string_equal(model->base_url, "http://127.0.0.1:8089/v1");
    assert_string_equal(model->id, "sim-q95");
    assert_string_equal(model->key_name, "SIM_KEY");
    assert_true(model->use_http2);
    assert_int_equal(model->total_ms, 9000);
    assert_int_equal(model->max_attempts, 2);
    assert_float_equal(model->prices.input, 2.5, 0);
    assert_float_equal(model->prices.output, 10, 0);
    config_unref(config);
}

static void test_absent_keys_have_their_defaults(void **state)
{
    (void)state;
    struct config *config = fixture_load(fixture_good_config);
    const struct model_spec *model = config_model(config, "small");
    assert_int_equal(model->connect_ms, 5000);
    assert_int_equal(model->first_byte_ms, 60000);
    assert_int_equal(model->idle_ms, 30000);
    assert_int_equal(model->backoff_ms, 500);
    assert_int_equal(model->max_age_conn_s, 25);
    assert_int_equal(config_model(config, "large")->concurrency, 16);
    assert_int_equal(config_model(config, "large")->account.concurrency, 40);
    assert_int_equal(config_model(config, "small")->account.rpm, 600);
    assert_int_equal(config_model(config, "small")->account.tpm, 90000);
    assert_int_equal(config_model(config, "small")->rpm, 60);
    assert_int_equal(config_model(config, "small")->tpm, 0);
    assert_string_equal(config->state_dir, "/var/lib/assay");
    assert_string_equal(config->promoted_dir, "/var/lib/assay/promoted");
    assert_int_equal(config->row_deadline_ms, 250);
    assert_int_equal(config->load_deadline_ms, 500);
    assert_int_equal(config->worker_idle_ms, 30000);
    assert_int_equal(config->log_level, AS_LOG_INFO);
    assert_false(config->log_content);
    assert_true(config->secrets.use_environment);
    assert_null(config->secrets.keys_dir);
    assert_null(config->ca_file);
    config_unref(config);
}

static void test_model_without_prices_is_unpriced(void **state)
{
    (void)state;
    struct config *config = fixture_load(fixture_good_config);
    assert_true(isnan(config_model(config, "small")->prices.input));
    assert_true(isnan(config_model(config, "large")->prices.cached_input));
    config_unref(config);
}

static void test_params_are_canonical_json(void **state)
{
    (void)state;
    struct config *config = fixture_load(fixture_good_config);
    assert_string_equal(config_model(config, "large")->params_json,
                        "{\"stop\":[\"a\",\"b\"],\"temperature\":0}");
    assert_string_equal(config_model(config, "small")->params_json, "{}");
    assert_string_equal(config_model(config, "small")->worker_json,
                        "{\"id\":\"sim-q80\",\"name\":\"small\",\"params\":{}}");
    config_unref(config);
}

static void test_id_that_looks_like_a_number_stays_as_written(void **state)
{
    (void)state;
    struct config *config = fixture_load(fixture_good_config);
    assert_string_equal(config_model(config, "judge")->id, "1.10");
    config_unref(config);
}

static void test_scalars_in_params_have_the_types_of_the_core_schema(void **state)
{
    static const struct {
        const char *yaml, *json;
    } cases[] = {
        {"true", "true"},
        {"False", "false"},
        {"yes", "\"yes\""},
        {"off", "\"off\""},
        {"null", "null"},
        {"~", "null"},
        {"''", "\"\""},
        {"'true'", "\"true\""},
        {"12", "12"},
        {"-7", "-7"},
        {"+7", "7"},
        {"0x1F", "31"},
        {"0o17", "15"},
        {"017", "17"},
        {"1_000", "\"1_000\""},
        {"1:30", "\"1:30\""},
        {"1.5", "1.5"},
        {".5", "0.5"},
        {"5.", "5"},
        {"1e3", "1000"},
        {"1.2.0", "\"1.2.0\""},
        {"'1.10'", "\"1.10\""},
        {"v1", "\"v1\""},
        {"2024-05-01", "\"2024-05-01\""},
        {"1e", "\"1e\""},
        {"0x", "\"0x\""},
        {"9223372036854775807", "9223372036854775807"},
        {"\"\\u00e9\"", "\"é\""},
        {"{b: 1, a: [2]}", "{\"a\":[2],\"b\":1}"},
    };
    (void)state;
    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        char text[512], want[512];
        snprintf(text, sizeof(text),
                 "providers: {p: {plugin: openai, base_url: 'http://h'}}\n"
                 "models: {m: {provider: p, id: x, params: {v: %s}}}\n",
                 cases[i].yaml);
        snprintf(want, sizeof(want), "{\"v\":%s}", cases[i].json);
        struct config *config = fixture_load(text);
        assert_string_equal(config_model(config, "m")->params_json, want);
        config_unref(config);
    }
}

static void test_relative_paths_are_relative_to_the_files_folder(void **state)
{
    (void)state;
    struct config *config =
        fixture_load("socket: run/a.sock\neval_dir: /abs/evals\nplugin_dirs: [p, "
                     "../q]\n");
    assert_string_equal(fixture_without_folder(config->socket_path), "run/a.sock");
    assert_string_equal(config->eval_dir, "/abs/evals");
    assert_string_equal(fixture_without_folder(config->plugin_dirs[0]), "p");
    assert_string_equal(fixture_without_folder(config->plugin_dirs[1]), "../q");
    assert_null(config->plugin_dirs[2]);
    config_unref(config);
}

static void test_empty_file_is_all_defaults(void **state)
{
    (void)state;
    struct config *config = fixture_load("# nothing yet\n");
    assert_string_equal(config->socket_path, "/run/assay/assayd.sock");
    assert_string_equal(fixture_without_folder(config->plugin_dirs[0]), "plugins");
    assert_string_equal(fixture_without_folder(config->plugin_dirs[1]), "rubrics");
    assert_int_equal(config->model_count, 0);
    config_unref(config);
}

static void test_section_with_all_its_keys_commented_out_is_as_good_as_absent(void **state)
{
    (void)state;
    struct config *config = fixture_load("secrets:\n  # keys_dir: keys\nlog:\n");
    assert_true(config->secrets.use_environment);
    assert_int_equal(config->log_level, AS_LOG_INFO);
    config_unref(config);
}

static void test_snapshot_lives_until_its_last_reference(void **state)
{
    (void)state;
    struct config *config = fixture_load(fixture_good_config);
    assert_ptr_equal(config_ref(config), config);
    config_unref(config);
    assert_non_null(config_model(config, "large"));
    config_unref(config);
    config_unref(NULL);
}

#define P "providers: {openai: {plugin: openai, base_url: 'https://api.openai.com/v1'}}\n"

static void test_bad_config_is_told_with_line_and_column(void **state)
{
    static const struct bad_input cases[] = {
        {"sockt: x\n", "assay.yaml:1:1: unknown key 'sockt': did you mean 'socket'?\n"},
        {"zzz: 1\n",
         "assay.yaml:1:1: unknown key 'zzz': the keys here are socket, state_dir, promoted_dir, "
         "plugin_dirs, eval_dir, log, sandbox, shutdown, tls, secrets, roles, inbox, "
         "providers, models, notify\n"},
        {"log: {levl: info}\n", "assay.yaml:1:7: log: unknown key 'levl': did you mean 'level'?\n"},
        {"log:\n  level: loud\n",
         "assay.yaml:2:10: log.level: expected one of err, warn, info, debug, found 'loud'\n"},
        {"log: {content: yes}\n",
         "assay.yaml:1:16: log.content: expected true or false, found 'yes'\n"},
        {"log: 7\n", "assay.yaml:1:6: log: expected a map of keys and values, found '7'\n"},
        {"socket: [a]\n", "assay.yaml:1:9: socket: expected a text, found a list\n"},
        {"socket:\n", "assay.yaml:1:8: socket: expected a text, found nothing\n"},
        {"socket: ''\n", "assay.yaml:1:9: socket: expected a path, found an empty text\n"},
        {"plugin_dirs: plugins\n",
         "assay.yaml:1:14: plugin_dirs: expected a list of paths, found 'plugins'\n"},
        {"sandbox: {row_deadline_ms: 9}\n",
         "assay.yaml:1:28: sandbox.row_deadline_ms: expected a whole number from 10 to 5000, found "
         "'9'\n"},
        {"sandbox: {row_deadline_ms: 99.5}\n",
         "assay.yaml:1:28: sandbox.row_deadline_ms: expected a whole number from 10 to 5000, found "
         "'99.5'\n"},
        {"sandbox: {row_deadline_ms: '99'}\n",
         "assay.yaml:1:28: sandbox.row_deadline_ms: expected a whole number from 10 to 5000, found "
         "the text '99'\n"},
        {"providers: {p: {base_url: 'http://h'}}\n",
         "assay.yaml:1:16: providers.p: missing key 'plugin'\n"},
        {"providers: {p: {plugin: 'a b', base_url: 'http://h'}}\n",
         "assay.yaml:1:25: providers.p.plugin: must be a provider plugin: openai, openai@1, "
         "openai@1.2.0 or openai@sha256:...\n"},
        {"providers: {p: {plugin: a, base_url: 'ftp://h'}}\n",
         "assay.yaml:1:38: providers.p.base_url: must be an http:// or https:// address without "
         "user, query or fragment\n"},
        {"providers: {p: {plugin: a, base_url: 'https://u:secret@h'}}\n",
         "assay.yaml:1:38: providers.p.base_url: must be an http:// or https:// address without "
         "user, query or fragment\n"},
        {P "models:\n  gpt-x:\n    provider: opnai\n    id: x\n",
         "assay.yaml:4:15: models.gpt-x.provider: no provider named 'opnai'; there is 'openai'\n"},
        {"models: {m: {provider: p, id: x}}\n",
         "assay.yaml:1:24: models.m.provider: no provider named 'p'; there is none\n"},
        {"providers: {p: {plugin: a, base_url: 'http://h', limits: {rpms: 5}}}\n",
         "assay.yaml:1:59: providers.p.limits: unknown key 'rpms': did you mean 'rpm'?\n"},
        {"providers: {p: {plugin: a, base_url: 'http://h', limits: {rpm: 0}}}\n",
         "assay.yaml:1:64: providers.p.limits.rpm: expected a whole number from 1 to 1000000000, "
         "found '0'\n"},
        {P "models: {m: {provider: openai}}\n", "assay.yaml:2:13: models.m: missing key 'id'\n"},
        {P "models: {m: {provider: openai, id: ''}}\n",
         "assay.yaml:2:36: models.m.id: must be what the API calls the model\n"},
        {P "models: {recorded: {provider: openai, id: x}}\n",
         "assay.yaml:2:10: models: the name 'recorded' is taken: it stands for the answers that "
         "production gave\n"},
        {P "models: {'recorded:x': {provider: openai, id: x}}\n",
         "assay.yaml:2:10: models: the name 'recorded:x' is taken: it stands for the answers that "
         "production gave\n"},
        {P "models: {'a b': {provider: openai, id: x}}\n",
         "assay.yaml:2:10: models: a model's name begins with a letter or digit, is made of "
         "letters, digits and ._:/-, and has at most 64\n"},
        {P "models: {m: {provider: openai, id: x, price: {input: -1}}}\n",
         "assay.yaml:2:54: models.m.price.input: expected a number from 0 to 1000000, found "
         "'-1'\n"},
        {P "models: {m: {provider: openai, id: x, params: {seed: 99999999999999999999}}}\n",
         "assay.yaml:2:54: models.m.params: a whole number beyond 64 bits: quote it if it is a "
         "text\n"},
        {P "models: {m: {provider: openai, id: x, params: {t: .nan}}}\n",
         "assay.yaml:2:51: models.m.params: not a finite number: quote it if it is a text\n"},
        {P "models: {m: {provider: openai, id: x, params: [1]}}\n",
         "assay.yaml:2:47: models.m.params: expected a map of parameters, found a list\n"},
        {"roles: [{role: boss, user: root}]\n",
         "assay.yaml:1:16: roles[0].role: expected one of observer, operator, admin, found "
         "'boss'\n"},
        {"roles: [{role: none, user: root}]\n",
         "assay.yaml:1:16: roles[0].role: expected one of observer, operator, admin, found "
         "'none'\n"},
        {"roles:\n  - {role: admin, user: no-such-user}\n",
         "assay.yaml:2:25: roles[0].user: no user named 'no-such-user' on this machine\n"},
        {"roles: [{role: admin, group: no-such-group}]\n",
         "assay.yaml:1:30: roles[0].group: no group named 'no-such-group' on this machine\n"},
        {"roles: [{role: admin}]\n", "assay.yaml:1:9: roles[0]: give either 'user' or 'group'\n"},
        {"roles: [{role: admin, user: root, group: root}]\n",
         "assay.yaml:1:9: roles[0]: give either 'user' or 'group'\n"},
        {"- a\n", "assay.yaml:1:1: expected a map of keys and values, found a list\n"},
    };
    (void)state;
    check_bad_config(cases, AS_COUNT(cases));
}

static void test_what_is_not_plain_yaml_is_refused(void **state)
{
    static const struct bad_input cases[] = {
        {"log: {level: info\n",
         "assay.yaml:2:1: not valid YAML: while parsing a flow mapping, did not find expected ',' "
         "or '}'\n"},
        {"a: b: c\n",
         "assay.yaml:1:5: not valid YAML: mapping values are not allowed in this context\n"},
        {"socket: a\nsocket: b\n", "assay.yaml:2:1: key 'socket' stands twice: first on line 1\n"},
        {"log: {level: info, level: warn}\n",
         "assay.yaml:1:20: key 'level' stands twice: first on line 1\n"},
        {"socket: &s a\nstate_dir: *s\n",
         "assay.yaml:1:9: anchors such as '&s' are not read here: write the value out\n"
         "assay.yaml:2:12: aliases such as '*s' are not read here: write the value out\n"},
        {"socket: !!str a\n",
         "assay.yaml:1:9: tags such as 'tag:yaml.org,2002:str' are not read here: quote the value, "
         "or leave it plain\n"},
        {"log: {<<: {level: info}}\n",
         "assay.yaml:1:7: merge keys are not read here: write the values out\n"},
        {"socket: a\n---\nsocket: b\n",
         "assay.yaml:2:1: a second document starts here: one file, one document\n"},
        {"? [a]\n: b\n", "assay.yaml:1:3: a key must be a text\n"},
        {"socket: a\nlog: \x01\n",
         "assay.yaml:2:6: not valid YAML: control characters are not allowed\n"},
        {"socket: \xff\n", "assay.yaml:1:9: not valid YAML: invalid leading UTF-8 octet\n"},
    };
    (void)state;
    check_bad_config(cases, AS_COUNT(cases));
}

static void test_all_problems_are_told_in_the_order_of_the_file(void **state)
{
    (void)state;
    const char *said = problems_of("models: {m: {provider: p}}\nlog: {level: x}\nsokcet: y\n", 51);
    assert_string_equal(said, "assay.yaml:1:13: models.m: missing key 'id'\n"
                              "assay.yaml:1:24: models.m.provider: no provider named 'p'; there is "
                              "none\n"
                              "assay.yaml:2:14: log.level: expected one of err, warn, info, debug, "
                              "found 'x'\n"
                              "assay.yaml:3:1: unknown key 'sokcet': did you mean 'socket'?\n");
}

static void test_number_of_problems_told_is_bounded(void **state)
{
    struct as_buf text = {0};
    size_t lines = 0;
    (void)state;
    for (int i = 0; i < 200; i++)
        as_buf_addf(&text, "k%d: 1\n", i);
    const char *said = problems_of(text.ptr, text.len);
    for (const char *c = said; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 51);
    assert_non_null(strstr(said, "assay.yaml: and 150 more\n"));
    as_buf_done(&text);
}

static void test_key_in_place_of_its_name_is_refused_and_not_repeated(void **state)
{
    (void)state;
    static const char text[] = "providers: {p: {plugin: a, base_url: 'https://h', "
                               "key: sk-canary-1234}}\n";
    const char *said = problems_of(text, strlen(text));
    assert_non_null(strstr(said, "assay.yaml:1:56: providers.p.key: must be the name of a secret"));
    assert_null(strstr(said, "canary"));
}

static void test_file_beyond_the_limits_is_refused(void **state)
{
    struct as_buf text = {0};
    (void)state;
    as_buf_adds(&text, "socket: ");
    for (size_t i = 0; i < (1u << 20); i++)
        as_buf_addc(&text, 'a');
    assert_string_equal(problems_of(text.ptr, text.len),
                        "assay.yaml: 1048584 bytes long; the limit is 1048576\n");
    as_buf_reset(&text);
    for (size_t i = 0; i < 100; i++)
        as_buf_adds(&text, "[");
    assert_non_null(strstr(problems_of(text.ptr, text.len), "assay.yaml:1:34: nested too deeply"));
    as_buf_reset(&text);
    for (size_t i = 0; i < 30000; i++)
        as_buf_adds(&text, "- a\n");
    assert_non_null(strstr(problems_of(text.ptr, text.len), "too much for one file"));
    as_buf_done(&text);
}

static void test_missing_config_file_is_told_by_its_path(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct as_buf problems = {0};
    assert_int_equal(config_load(fixture_path("none.yaml"), &config, &problems), AS_ENOENT);
    assert_string_equal(fixture_without_folder(problems.ptr),
                        "none.yaml: there is no such file: name the configuration with `assayd "
                        "--config FILE`, or write it there, from etc/assay.yaml\n");
    as_buf_done(&problems);
}

static void test_socket_path_that_no_kernel_takes_is_refused(void **state)
{
    char text[256];
    (void)state;
    snprintf(text, sizeof(text), "socket: /%0120d\n", 0);
    assert_string_equal(problems_of(text, strlen(text)),
                        "assay.yaml:1:9: socket: a socket's path has at most 107 bytes, this one "
                        "has 121\n");
}

/* --- roles --- */

static void assert_rule(const struct role_rule *rule, enum role role, bool is_group, uint32_t id)
{
    assert_int_equal(rule->role, role);
    assert_int_equal(rule->is_group, is_group);
    assert_int_equal(rule->id, id);
}

static void test_role_rules_are_of_ids(void **state)
{
    (void)state;
    struct config *config = fixture_load("roles:\n  - {role: observer, user: '*'}\n"
                                         "  - {role: operator, group: 4242}\n"
                                         "  - {role: admin, user: root}\n"
                                         "  - {role: operator, group: root}\n");
    assert_int_equal(config->role_count, 4);
    assert_rule(&config->roles[0], ROLE_OBSERVER, false, ROLE_ANYONE);
    assert_rule(&config->roles[1], ROLE_OPERATOR, true, 4242);
    assert_rule(&config->roles[2], ROLE_ADMIN, false, 0);
    assert_rule(&config->roles[3], ROLE_OPERATOR, true, 0);
    assert_string_equal(role_name(config->roles[1].role), "operator");
    config_unref(config);
}

static void test_without_rules_only_root_and_the_own_user_get_in(void **state)
{
    (void)state;
    struct config *config = fixture_load("");
    assert_int_equal(config->role_count, 2);
    assert_rule(&config->roles[0], ROLE_ADMIN, false, 0);
    assert_rule(&config->roles[1], ROLE_ADMIN, false, geteuid());
    config_unref(config);
}

/* --- names --- */

static void test_nearest_name_is_found_only_when_near(void **state)
{
    static const char *const names[] = {"candidates", "baseline", "gate"};
    struct name_list list = {names, AS_COUNT(names)};
    (void)state;
    assert_string_equal(name_nearest(list, "candidate"), "candidates");
    assert_string_equal(name_nearest(list, "basline"), "baseline");
    assert_string_equal(name_nearest(list, "gates"), "gate");
    assert_null(name_nearest(list, "rubric"));
    assert_null(name_nearest((struct name_list){NULL, 0}, "x"));
}

static void test_selectors_have_a_syntax(void **state)
{
    static const char *const good[] = {"a",       "exact_match@1",     "x@1.2",
                                       "x@1.2.0", "x@sha256:0123abcd", "a.b-c_d"};
    static const char *const bad[] = {
        "",    "@1", "x@", "x@1.", "x@1.2.3.4", "x@v1", "x@sha256:0123", "x@sha256:xyz12345",
        "a b", "x/y"};
    (void)state;
    for (size_t i = 0; i < AS_COUNT(good); i++)
        assert_true(name_is_selector(good[i]));
    for (size_t i = 0; i < AS_COUNT(bad); i++)
        assert_false(name_is_selector(bad[i]));
}

static void test_a_dataset_is_a_name_and_at_most_one_version_or_hash(void **state)
{
    static const char *const good[] = {"a", "a.b-c_d", "a@1", "a@12", "a@0123ab", "a@123456"};
    static const char *const bad[] = {"", "@1", "a@", "a@01x", "a@0123a", "a@v1", "a@1@1", "a/b"};
    (void)state;
    for (size_t i = 0; i < AS_COUNT(good); i++)
        assert_true(name_is_dataset(good[i]));
    for (size_t i = 0; i < AS_COUNT(bad); i++)
        assert_false(name_is_dataset(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONFIG_TEST(test_model_has_its_own_keys_and_its_providers),
        CONFIG_TEST(test_absent_keys_have_their_defaults),
        CONFIG_TEST(test_model_without_prices_is_unpriced),
        CONFIG_TEST(test_params_are_canonical_json),
        CONFIG_TEST(test_id_that_looks_like_a_number_stays_as_written),
        CONFIG_TEST(test_scalars_in_params_have_the_types_of_the_core_schema),
        CONFIG_TEST(test_relative_paths_are_relative_to_the_files_folder),
        CONFIG_TEST(test_empty_file_is_all_defaults),
        CONFIG_TEST(test_section_with_all_its_keys_commented_out_is_as_good_as_absent),
        CONFIG_TEST(test_snapshot_lives_until_its_last_reference),
        CONFIG_TEST(test_bad_config_is_told_with_line_and_column),
        CONFIG_TEST(test_what_is_not_plain_yaml_is_refused),
        CONFIG_TEST(test_all_problems_are_told_in_the_order_of_the_file),
        CONFIG_TEST(test_number_of_problems_told_is_bounded),
        CONFIG_TEST(test_key_in_place_of_its_name_is_refused_and_not_repeated),
        CONFIG_TEST(test_file_beyond_the_limits_is_refused),
        CONFIG_TEST(test_missing_config_file_is_told_by_its_path),
        CONFIG_TEST(test_socket_path_that_no_kernel_takes_is_refused),
        CONFIG_TEST(test_role_rules_are_of_ids),
        CONFIG_TEST(test_without_rules_only_root_and_the_own_user_get_in),
        CONFIG_TEST(test_nearest_name_is_found_only_when_near),
        CONFIG_TEST(test_selectors_have_a_syntax),
        CONFIG_TEST(test_a_dataset_is_a_name_and_at_most_one_version_or_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
