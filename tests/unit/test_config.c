/* Configuration, evals and secrets, read from real files in a folder of the test's own. Tables
 * hold what a user can get wrong and what is then said, with line and column. */
#include "daemon/config/config.h"
#include "daemon/config/names.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/assay-config-XXXXXX");
    unsetenv("CREDENTIALS_DIRECTORY");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

static const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void write_bytes(const char *name, const char *data, size_t len, mode_t mode)
{
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    fclose(file);
    assert_int_equal(chmod(path_of(name), mode), 0);
}

static void write_text(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text), 0644);
}

static void make_dir(const char *name)
{
    assert_int_equal(mkdir(path_of(name), 0755), 0);
}

/* Loads text as assay.yaml, which must be good. */
static struct config *load_good(const char *text)
{
    struct config *config = NULL;
    struct as_buf problems = {0};
    write_text("assay.yaml", text);
    int rc = config_load(path_of("assay.yaml"), &config, &problems);
    if (rc < 0)
        fail_msg("not loaded: %s", problems.ptr);
    assert_int_equal(problems.len, 0);
    as_buf_done(&problems);
    return config;
}

/* What is said about a bad file, without the folder in front. Static; overwritten by the next
 * call. */
static const char *without_folder(const char *text)
{
    static char out[65536];
    size_t len = 0, skip = strlen(folder) + 1;
    for (const char *c = text; *c && len + 1 < sizeof(out);) {
        if (!strncmp(c, folder, skip - 1) && c[skip - 1] == '/')
            c += skip;
        else
            out[len++] = *c++;
    }
    out[len] = '\0';
    return out;
}

static const char *problems_of(const char *data, size_t len)
{
    struct config *config = NULL;
    struct as_buf problems = {0};
    write_bytes("assay.yaml", data, len, 0644);
    assert_int_not_equal(config_load(path_of("assay.yaml"), &config, &problems), 0);
    assert_null(config);
    const char *text = without_folder(problems.ptr);
    as_buf_done(&problems);
    return text;
}

struct bad_input {
    const char *text;
    const char *said; /* the whole line, or lines */
};

static void check_bad_config(const struct bad_input *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_string_equal(problems_of(cases[i].text, strlen(cases[i].text)), cases[i].said);
}

/* A good configuration to refer to from evals. */
static const char good_config[] =
    "socket: run/assayd.sock\n"
    "providers:\n"
    "  sim:\n"
    "    plugin: openai@1\n"
    "    base_url: http://127.0.0.1:8089/v1/\n"
    "    key: SIM_KEY\n"
    "    http2: true\n"
    "    timeouts: {total_ms: 9000}\n"
    "    retry: {max_attempts: 2}\n"
    "models:\n"
    "  large: {provider: sim, id: sim-q95, params: {temperature: 0, stop: [a, 'b']},"
    " price: {input: 2.5, output: 10}}\n"
    "  small: {provider: sim, id: sim-q80, concurrency: 3}\n"
    "  judge: {provider: sim, id: 1.10}\n";

static void test_model_has_its_own_keys_and_its_providers(void **state)
{
    (void)state;
    struct config *config = load_good(good_config);
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
    struct config *config = load_good(good_config);
    const struct model_spec *model = config_model(config, "small");
    assert_int_equal(model->connect_ms, 5000);
    assert_int_equal(model->first_byte_ms, 60000);
    assert_int_equal(model->idle_ms, 30000);
    assert_int_equal(model->backoff_ms, 500);
    assert_int_equal(model->max_age_conn_s, 25);
    assert_int_equal(config_model(config, "large")->concurrency, 16);
    assert_string_equal(config->state_dir, "/var/lib/assay");
    assert_int_equal(config->row_deadline_ms, 250);
    assert_int_equal(config->load_deadline_ms, 500);
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
    struct config *config = load_good(good_config);
    assert_true(isnan(config_model(config, "small")->prices.input));
    assert_true(isnan(config_model(config, "large")->prices.cached_input));
    config_unref(config);
}

static void test_params_are_canonical_json(void **state)
{
    (void)state;
    struct config *config = load_good(good_config);
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
    struct config *config = load_good(good_config);
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
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[512], want[512];
        snprintf(text, sizeof(text),
                 "providers: {p: {plugin: openai, base_url: 'http://h'}}\n"
                 "models: {m: {provider: p, id: x, params: {v: %s}}}\n",
                 cases[i].yaml);
        snprintf(want, sizeof(want), "{\"v\":%s}", cases[i].json);
        struct config *config = load_good(text);
        assert_string_equal(config_model(config, "m")->params_json, want);
        config_unref(config);
    }
}

static void test_relative_paths_are_relative_to_the_files_folder(void **state)
{
    (void)state;
    struct config *config = load_good("socket: run/a.sock\neval_dir: /abs/evals\nplugin_dirs: [p, "
                                      "../q]\n");
    assert_string_equal(without_folder(config->socket_path), "run/a.sock");
    assert_string_equal(config->eval_dir, "/abs/evals");
    assert_string_equal(without_folder(config->plugin_dirs[0]), "p");
    assert_string_equal(without_folder(config->plugin_dirs[1]), "../q");
    assert_null(config->plugin_dirs[2]);
    config_unref(config);
}

static void test_empty_file_is_all_defaults(void **state)
{
    (void)state;
    struct config *config = load_good("# nothing yet\n");
    assert_string_equal(config->socket_path, "/run/assay/assayd.sock");
    assert_string_equal(without_folder(config->plugin_dirs[0]), "plugins");
    assert_string_equal(without_folder(config->plugin_dirs[1]), "rubrics");
    assert_int_equal(config->model_count, 0);
    config_unref(config);
}

static void test_section_with_all_its_keys_commented_out_is_as_good_as_absent(void **state)
{
    (void)state;
    struct config *config = load_good("secrets:\n  # keys_dir: keys\nlog:\n");
    assert_true(config->secrets.use_environment);
    assert_int_equal(config->log_level, AS_LOG_INFO);
    config_unref(config);
}

static void test_snapshot_lives_until_its_last_reference(void **state)
{
    (void)state;
    struct config *config = load_good(good_config);
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
         "assay.yaml:1:1: unknown key 'zzz': the keys here are socket, state_dir, plugin_dirs, "
         "eval_dir, log, sandbox, tls, secrets, roles, providers, models\n"},
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
        {P "models: {m: {provider: openai}}\n", "assay.yaml:2:13: models.m: missing key 'id'\n"},
        {P "models: {m: {provider: openai, id: ''}}\n",
         "assay.yaml:2:36: models.m.id: must be what the API calls the model\n"},
        {P "models: {recorded: {provider: openai, id: x}}\n",
         "assay.yaml:2:10: models: the name 'recorded' is taken: it stands for the answers that "
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
    check_bad_config(cases, COUNT_OF(cases));
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
    check_bad_config(cases, COUNT_OF(cases));
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
    assert_int_equal(config_load(path_of("none.yaml"), &config, &problems), AS_ENOENT);
    assert_string_equal(without_folder(problems.ptr), "none.yaml: No such file or directory\n");
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
    struct config *config = load_good("roles:\n  - {role: observer, user: '*'}\n"
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
    struct config *config = load_good("");
    assert_int_equal(config->role_count, 2);
    assert_rule(&config->roles[0], ROLE_ADMIN, false, 0);
    assert_rule(&config->roles[1], ROLE_ADMIN, false, geteuid());
    config_unref(config);
}

/* --- evals --- */

static struct config *config_with_evals(void)
{
    make_dir("evals");
    return load_good(good_config);
}

static struct eval_set *load_evals(const struct config *config)
{
    struct eval_set *set = NULL;
    struct as_err err = {0};
    assert_int_equal(eval_set_load(config, &set, &err), 0);
    return set;
}

#define EVAL_HEAD "dataset: d\nbaseline: large\ncandidates: [small]\n"

static void test_eval_has_what_its_file_says(void **state)
{
    (void)state;
    struct config *config = config_with_evals();
    write_text("evals/support.yaml",
               "description: support tickets\n"
               "dataset: tickets@0123abcd\n"
               "baseline: recorded\n"
               "candidates: [large, small]\n"
               "system: |\n  You are brief.\n"
               "samples: 3\nmax_cases: 50\n"
               "scorers:\n"
               "  - class_match\n"
               "  - required_fields: {fields: [label]}\n"
               "  - use: contains@1\n    as: mentions_refund\n"
               "    params: {any: [refund]}\n"
               "rubric: {use: correctness@1, judge: judge, "
               "requires: [class_match]}\n"
               "gate: {margin: 0.02, critical: must_pass, policy: drop, floor: 0.8}\n");
    struct eval_set *set = load_evals(config);
    assert_int_equal(set->refusal_count, 0);
    const struct eval_def *eval = eval_set_find(set, "support");
    assert_string_equal(eval->description, "support tickets");
    assert_string_equal(eval->dataset, "tickets@0123abcd");
    assert_string_equal(eval->baseline, EVAL_RECORDED);
    assert_int_equal(eval->candidate_count, 2);
    assert_string_equal(eval->candidates[1], "small");
    assert_string_equal(eval->system, "You are brief.\n");
    assert_int_equal(eval->samples, 3);
    assert_int_equal(eval->max_cases, 50);
    assert_string_equal(without_folder(eval->path), "evals/support.yaml");
    assert_non_null(strstr(eval->source, "description: support tickets"));
    eval_set_unref(set);
    config_unref(config);
}

static void test_scorers_can_be_written_in_three_ways(void **state)
{
    (void)state;
    struct config *config = config_with_evals();
    write_text("evals/e.yaml",
               EVAL_HEAD "scorers:\n  - class_match@1.2.0\n  - required_fields: {fields: [label]}\n"
                         "  - {use: contains@1, as: refund, "
                         "params: {any: [refund]}}\n");
    struct eval_set *set = load_evals(config);
    const struct eval_def *eval = eval_set_find(set, "e");
    assert_int_equal(eval->scorer_count, 3);
    assert_string_equal(eval->scorers[0].selector, "class_match@1.2.0");
    assert_string_equal(eval->scorers[0].name, "class_match");
    assert_string_equal(eval->scorers[0].params_json, "{}");
    assert_string_equal(eval->scorers[1].params_json, "{\"fields\":[\"label\"]}");
    assert_string_equal(eval->scorers[2].selector, "contains@1");
    assert_string_equal(eval->scorers[2].name, "refund");
    assert_string_equal(eval->scorers[2].params_json, "{\"any\":[\"refund\"]}");
    eval_set_unref(set);
    config_unref(config);
}

static void test_primary_is_the_rubric_or_else_the_first_scorer(void **state)
{
    (void)state;
    struct config *config = config_with_evals();
    write_text("evals/a.yaml", EVAL_HEAD "scorers: [json_valid, length]\n");
    write_text("evals/b.yaml",
               EVAL_HEAD "scorers: [json_valid]\nrubric: {use: correctness@1, judge: judge}\n");
    write_text("evals/c.yaml", EVAL_HEAD "scorers: [json_valid, length]\nprimary: length\n");
    struct eval_set *set = load_evals(config);
    assert_string_equal(eval_set_find(set, "a")->primary, "json_valid");
    assert_string_equal(eval_set_find(set, "b")->primary, "correctness");
    assert_string_equal(eval_set_find(set, "c")->primary, "length");
    eval_set_unref(set);
    config_unref(config);
}

static void test_gate_has_its_rules_and_leaves_the_rest_unconfigured(void **state)
{
    (void)state;
    struct config *config = config_with_evals();
    write_text("evals/e.yaml", EVAL_HEAD
               "scorers: [json_valid]\n"
               "gate:\n  margin: 0.05\n  min_pairs: 200\n  critical: off\n  policy: zero\n"
               "  require_superiority: true\n"
               "  floor: {value: 0.8, mode: point}\n  latency_p95_max_ms: 4000\n");
    write_text("evals/f.yaml", EVAL_HEAD "scorers: [json_valid]\ngate: {floor: 0.7}\n");
    struct eval_set *set = load_evals(config);
    const struct gate_rules *gate = &eval_set_find(set, "e")->gate;
    assert_float_equal(gate->margin, 0.05, 0);
    assert_int_equal(gate->min_pairs, 200);
    assert_int_equal(gate->critical, GATE_CRITICAL_OFF);
    assert_true(gate->require_superiority);
    assert_float_equal(gate->floor.value, 0.8, 0);
    assert_int_equal(gate->floor.mode, GATE_FLOOR_POINT);
    assert_float_equal(gate->latency_p95_max_ms, 4000, 0);
    assert_float_equal(gate->pass_threshold, 0.5, 0);
    assert_true(isnan(gate->cost_mean_max));
    assert_float_equal(eval_set_find(set, "f")->gate.floor.value, 0.7, 0);
    assert_int_equal(eval_set_find(set, "f")->gate.floor.mode, GATE_FLOOR_CI);
    eval_set_unref(set);
    config_unref(config);
}

static void test_bad_eval_is_told_with_line_and_column(void **state)
{
    static const struct bad_input cases[] = {
        {"dataset: d\nbaseline: large\ncandidate: [small]\nscorers: [json_valid]\n",
         "evals/e.yaml:1:1: missing key 'candidates'\n"
         "evals/e.yaml:3:1: unknown key 'candidate': did you mean 'candidates'?"},
        {"dataset: a/b\nbaseline: large\ncandidates: [small]\nscorers: [json_valid]\n",
         "evals/e.yaml:1:10: dataset: must be a dataset: NAME, or NAME@HASH with 6 hex digits or "
         "more"},
        {"dataset: d\nbaseline: lage\ncandidates: [small]\nscorers: [x]\n",
         "evals/e.yaml:2:11: baseline: no model named 'lage' in assay.yaml; there is 'large'"},
        {"dataset: d\nbaseline: large\ncandidates: [zzz]\nscorers: [x]\n",
         "evals/e.yaml:3:14: candidates: no model named 'zzz' in assay.yaml; there are 'large', "
         "'small', 'judge'"},
        {"dataset: d\nbaseline: large\ncandidates: [small, large]\nscorers: [x]\n",
         "evals/e.yaml:3:21: candidates: 'large' is the baseline already"},
        {"dataset: d\nbaseline: large\ncandidates: [small, small]\nscorers: [x]\n",
         "evals/e.yaml:3:21: candidates: 'small' stands twice"},
        {"dataset: d\nbaseline: large\ncandidates: [recorded]\nscorers: [x]\n",
         "evals/e.yaml:3:14: candidates: 'recorded' can only be the baseline"},
        {"dataset: d\nbaseline: large\ncandidates: []\nscorers: [x]\n",
         "evals/e.yaml:3:13: candidates: expected at least one model"},
        {"dataset: d\nbaseline: large\ncandidates: small\nscorers: [x]\n",
         "evals/e.yaml:3:13: candidates: expected a list of names, found 'small'"},
        {EVAL_HEAD, "evals/e.yaml:1:1: nothing to measure: give 'scorers', a 'rubric', or both"},
        {EVAL_HEAD "scorers: [contains@one]\n",
         "evals/e.yaml:4:11: scorers[0]: must be a plugin: name, name@1, name@1.2.0 or "
         "name@sha256:... (8 digits or more)"},
        {EVAL_HEAD "scorers:\n  - length\n  - length: {max: 5}\n",
         "evals/e.yaml:6:5: scorers[1]: a second metric named 'length': tell them apart with 'as'"},
        {EVAL_HEAD "scorers:\n  - {use: length, parms: {}}\n",
         "evals/e.yaml:5:19: scorers[0]: unknown key 'parms': did you mean 'params'?"},
        {EVAL_HEAD "scorers:\n  - length: 5\n",
         "evals/e.yaml:5:13: scorers[0].length: expected a map of parameters, found '5'"},
        {EVAL_HEAD "scorers: [x]\nprimary: y\n",
         "evals/e.yaml:5:10: primary: no metric named 'y' in this eval; there is 'x'"},
        {EVAL_HEAD "rubric: correctness\n",
         "evals/e.yaml:4:9: rubric: a rubric needs a judge: {use: correctness, judge: MODEL}"},
        {EVAL_HEAD "rubric: {use: correctness}\n", "evals/e.yaml:4:9: rubric: missing key 'judge'"},
        {EVAL_HEAD "rubric: {use: correctness, judge: small}\n",
         "evals/e.yaml:4:35: rubric.judge: 'small' is compared here and cannot judge itself: name "
         "another model"},
        {EVAL_HEAD "rubric: {use: correctness, judge: jude}\n",
         "evals/e.yaml:4:35: rubric.judge: no model named 'jude' in assay.yaml; there is 'judge'"},
        {EVAL_HEAD "scorers: [json_valid]\nrubric: {use: correctness, judge: judge, "
                   "requires: [json_vald]}\n",
         "evals/e.yaml:5:53: rubric.requires: no scorer named 'json_vald' in this eval; there is "
         "'json_valid'"},
        {EVAL_HEAD "scorers: [correctness]\nrubric: {use: correctness@1, judge: judge}\n",
         "evals/e.yaml:5:9: rubric: a second metric named 'correctness': tell them apart with "
         "'as'"},
        {EVAL_HEAD "scorers: [x]\nsamples: 0\n",
         "evals/e.yaml:5:10: samples: expected a whole number from 1 to 100, found '0'"},
        {EVAL_HEAD "scorers: [x]\ngate: {margn: 0.1}\n",
         "evals/e.yaml:5:8: gate: unknown key 'margn': did you mean 'margin'?"},
        {EVAL_HEAD "scorers: [x]\ngate: {margin: 0}\n",
         "evals/e.yaml:5:16: gate.margin: expected a number from 0.0001 to 1, found '0'"},
        {EVAL_HEAD "scorers: [x]\ngate: {critical: never}\n",
         "evals/e.yaml:5:18: gate.critical: expected one of off, no_regression, must_pass, found "
         "'never'"},
        {EVAL_HEAD "scorers: [x]\ngate: {floor: {mode: ci}}\n",
         "evals/e.yaml:5:15: gate.floor: missing key 'value'"},
        {EVAL_HEAD "scorers: [x]\ngate: {floor: 2}\n",
         "evals/e.yaml:5:15: gate.floor.value: expected a number from 0 to 1, found '2'"},
        {"[]\n", "evals/e.yaml:1:1: expected a map of keys and values, found a list"},
    };
    (void)state;
    struct config *config = config_with_evals();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        write_text("evals/e.yaml", cases[i].text);
        struct eval_set *set = load_evals(config);
        assert_int_equal(set->eval_count, 0);
        assert_int_equal(set->refusal_count, 1);
        assert_string_equal(without_folder(set->refusals[0].reason), cases[i].said);
        eval_set_unref(set);
    }
    config_unref(config);
}

static void test_broken_eval_does_not_keep_the_others_out(void **state)
{
    (void)state;
    struct config *config = config_with_evals();
    write_text("evals/bad.yaml", "[\n");
    write_text("evals/good.yaml", EVAL_HEAD "scorers: [x]\n");
    struct eval_set *set = load_evals(config);
    assert_int_equal(set->eval_count, 1);
    assert_non_null(eval_set_find(set, "good"));
    assert_null(eval_set_find(set, "bad"));
    assert_string_equal(without_folder(set->refusals[0].path), "evals/bad.yaml");
    eval_set_unref(set);
    config_unref(config);
}

static void test_second_eval_of_one_name_is_refused(void **state)
{
    (void)state;
    struct config *config = config_with_evals();
    write_text("evals/e.yaml", EVAL_HEAD "scorers: [x]\n");
    write_text("evals/e.yml", EVAL_HEAD "scorers: [x]\n");
    struct eval_set *set = load_evals(config);
    assert_int_equal(set->eval_count, 1);
    assert_string_equal(without_folder(set->refusals[0].reason),
                        "evals/e.yml: there is an eval named 'e' already: evals/e.yaml");
    eval_set_unref(set);
    config_unref(config);
}

static void test_files_that_are_no_evals_are_left_alone(void **state)
{
    (void)state;
    struct config *config = config_with_evals();
    write_text("evals/.#e.yaml", "[\n");
    write_text("evals/e.yaml~", "[\n");
    write_text("evals/README.md", "[\n");
    struct eval_set *set = load_evals(config);
    assert_int_equal(set->eval_count + set->refusal_count, 0);
    eval_set_unref(set);
    config_unref(config);
}

static void test_fifo_among_the_evals_is_refused_without_waiting(void **state)
{
    (void)state;
    struct config *config = config_with_evals();
    assert_int_equal(mkfifo(path_of("evals/e.yaml"), 0600), 0);
    struct eval_set *set = load_evals(config);
    assert_string_equal(without_folder(set->refusals[0].reason),
                        "evals/e.yaml: not a regular file");
    eval_set_unref(set);
    config_unref(config);
}

static void test_missing_eval_folder_is_an_error(void **state)
{
    (void)state;
    struct config *config = load_good(good_config);
    struct eval_set *set = NULL;
    struct as_err err = {0};
    assert_int_equal(eval_set_load(config, &set, &err), AS_ENOENT);
    assert_non_null(strstr(err.msg, "/evals: No such file or directory"));
    assert_null(set);
    config_unref(config);
}

static void test_evals_are_ordered_by_name_and_shared_by_reference(void **state)
{
    (void)state;
    struct config *config = config_with_evals();
    write_text("evals/b-1.yaml", EVAL_HEAD "scorers: [x]\n");
    write_text("evals/a.yaml", EVAL_HEAD "scorers: [x]\n");
    write_text("evals/b.yaml", EVAL_HEAD "scorers: [x]\n");
    struct eval_set *set = load_evals(config);
    eval_set_unref(eval_set_ref(set));
    assert_string_equal(set->evals[0].name, "a");
    assert_string_equal(set->evals[1].name, "b");
    assert_string_equal(set->evals[2].name, "b-1");
    eval_set_unref(set);
    eval_set_unref(NULL);
    config_unref(config);
}

/* --- secrets --- */

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
    snprintf(creds, sizeof(creds), "%s/creds", folder);
    snprintf(keys, sizeof(keys), "%s/keys", folder);
    snprintf(env, sizeof(env), "%s/keys.env", folder);
    struct secret_sources sources = {creds, keys, env, true};
    make_dir("creds");
    make_dir("keys");
    setenv("ASSAY_TEST_KEY", "of-environment", 1);
    write_bytes("keys.env", "A=1\n", 4, 0600);
    assert_secret(&sources, "of-environment");
    write_bytes("keys.env", "A=1\nexport ASSAY_TEST_KEY=\"of-env-file\"\n", 41, 0600);
    assert_secret(&sources, "of-env-file");
    write_bytes("keys/ASSAY_TEST_KEY", "of-keys-dir\n", 12, 0600);
    assert_secret(&sources, "of-keys-dir");
    write_bytes("creds/ASSAY_TEST_KEY", " of-creds\n", 10, 0440);
    assert_secret(&sources, "of-creds");
    unsetenv("ASSAY_TEST_KEY");
}

static void test_key_file_that_others_can_read_is_refused(void **state)
{
    (void)state;
    char keys[96];
    snprintf(keys, sizeof(keys), "%s/keys", folder);
    struct secret_sources sources = {.keys_dir = keys, .use_environment = true};
    make_dir("keys");
    write_bytes("keys/ASSAY_TEST_KEY", "canary", 6, 0644);
    struct secret_case got = read_secret(&sources, "ASSAY_TEST_KEY");
    assert_int_equal(got.rc, AS_EDENIED);
    assert_int_equal(got.value.len, 0);
    assert_string_equal(without_folder(got.err.msg),
                        "the key file keys/ASSAY_TEST_KEY: its mode 0644 lets others read it; make "
                        "it private: chmod 600");
    as_buf_done(&got.value);
}

static void test_env_file_that_others_can_read_is_refused(void **state)
{
    (void)state;
    char env[96];
    snprintf(env, sizeof(env), "%s/keys.env", folder);
    struct secret_sources sources = {.env_file = env};
    write_bytes("keys.env", "ASSAY_TEST_KEY=canary\n", 22, 0640);
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

/* --- names --- */

static void test_nearest_name_is_found_only_when_near(void **state)
{
    static const char *const names[] = {"candidates", "baseline", "gate"};
    struct name_list list = {names, COUNT_OF(names)};
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
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(name_is_selector(good[i]));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(name_is_selector(bad[i]));
}

/* --- what we ship --- */

static void assert_evals_load(const struct config *config, size_t at_least)
{
    struct eval_set *set = load_evals(config);
    if (set->refusal_count)
        fail_msg("%s", set->refusals[0].reason);
    assert_true(set->eval_count >= at_least);
    eval_set_unref(set);
}

static void test_shipped_config_and_evals_are_good(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct as_buf problems = {0};
    if (config_load(TESTS_DIR "/../etc/assay.yaml", &config, &problems) < 0)
        fail_msg("%s", problems.ptr);
    assert_evals_load(config, 1);
    config_unref(config);
    as_buf_done(&problems);
}

/* As scripts/quickstart does it: a copy beside the evals, port and source tree filled in. */
static void test_quickstart_template_and_evals_are_good(void **state)
{
    (void)state;
    char command[1024];
    struct config *config = NULL;
    struct as_buf problems = {0};
    snprintf(command, sizeof(command),
             "cp -r %s/../etc/quickstart/evals %s && sed 's|@PORT@|8089|; s|@ROOT@|%s/..|g' "
             "%s/../etc/quickstart/assay.yaml.in > %s",
             TESTS_DIR, folder, TESTS_DIR, TESTS_DIR, path_of("assay.yaml"));
    assert_int_equal(system(command), 0);
    if (config_load(path_of("assay.yaml"), &config, &problems) < 0)
        fail_msg("%s", problems.ptr);
    assert_string_equal(config_model(config, "small")->base_url, "http://127.0.0.1:8089/v1");
    assert_null(config_model(config, "small")->key_name);
    assert_evals_load(config, 1);
    config_unref(config);
    as_buf_done(&problems);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_model_has_its_own_keys_and_its_providers),
        TEST(test_absent_keys_have_their_defaults),
        TEST(test_model_without_prices_is_unpriced),
        TEST(test_params_are_canonical_json),
        TEST(test_id_that_looks_like_a_number_stays_as_written),
        TEST(test_scalars_in_params_have_the_types_of_the_core_schema),
        TEST(test_relative_paths_are_relative_to_the_files_folder),
        TEST(test_empty_file_is_all_defaults),
        TEST(test_section_with_all_its_keys_commented_out_is_as_good_as_absent),
        TEST(test_snapshot_lives_until_its_last_reference),
        TEST(test_bad_config_is_told_with_line_and_column),
        TEST(test_what_is_not_plain_yaml_is_refused),
        TEST(test_all_problems_are_told_in_the_order_of_the_file),
        TEST(test_number_of_problems_told_is_bounded),
        TEST(test_key_in_place_of_its_name_is_refused_and_not_repeated),
        TEST(test_file_beyond_the_limits_is_refused),
        TEST(test_missing_config_file_is_told_by_its_path),
        TEST(test_socket_path_that_no_kernel_takes_is_refused),
        TEST(test_role_rules_are_of_ids),
        TEST(test_without_rules_only_root_and_the_own_user_get_in),
        TEST(test_eval_has_what_its_file_says),
        TEST(test_scorers_can_be_written_in_three_ways),
        TEST(test_primary_is_the_rubric_or_else_the_first_scorer),
        TEST(test_gate_has_its_rules_and_leaves_the_rest_unconfigured),
        TEST(test_bad_eval_is_told_with_line_and_column),
        TEST(test_broken_eval_does_not_keep_the_others_out),
        TEST(test_second_eval_of_one_name_is_refused),
        TEST(test_files_that_are_no_evals_are_left_alone),
        TEST(test_fifo_among_the_evals_is_refused_without_waiting),
        TEST(test_missing_eval_folder_is_an_error),
        TEST(test_evals_are_ordered_by_name_and_shared_by_reference),
        TEST(test_secret_comes_from_the_first_source_that_has_it),
        TEST(test_key_file_that_others_can_read_is_refused),
        TEST(test_env_file_that_others_can_read_is_refused),
        TEST(test_missing_secret_says_where_it_was_looked_for),
        TEST(test_environment_is_not_looked_at_when_switched_off),
        TEST(test_secret_that_would_break_a_header_is_refused_and_not_repeated),
        TEST(test_empty_secret_is_an_error),
        TEST(test_secret_name_cannot_leave_the_folder),
        TEST(test_nearest_name_is_found_only_when_near),
        TEST(test_selectors_have_a_syntax),
        TEST(test_shipped_config_and_evals_are_good),
        TEST(test_quickstart_template_and_evals_are_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
