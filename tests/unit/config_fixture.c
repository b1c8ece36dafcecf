/* Files of configuration, evals and keys in a folder that lives as long as one test. */
#include "tests/unit/config_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

char fixture_folder[64];

int fixture_setup(void **state)
{
    (void)state;
    snprintf(fixture_folder, sizeof(fixture_folder), "/tmp/assay-config-XXXXXX");
    unsetenv("CREDENTIALS_DIRECTORY");
    return mkdtemp(fixture_folder) ? 0 : -1;
}

int fixture_teardown(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", fixture_folder);
    return system(command);
}

const char *fixture_path(const char *name)
{
    static char path[256];
    snprintf(path, sizeof(path), "%s/%s", fixture_folder, name);
    return path;
}

void fixture_write_bytes(const char *name, const char *data, size_t len, mode_t mode)
{
    FILE *file = fopen(fixture_path(name), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    fclose(file);
    assert_int_equal(chmod(fixture_path(name), mode), 0);
}

void fixture_write(const char *name, const char *text)
{
    fixture_write_bytes(name, text, strlen(text), 0644);
}

void fixture_make_dir(const char *name)
{
    assert_int_equal(mkdir(fixture_path(name), 0755), 0);
}

struct config *fixture_load(const char *text)
{
    struct config *config = NULL;
    struct as_buf problems = {0};
    fixture_write("assay.yaml", text);
    int rc = config_load(fixture_path("assay.yaml"), &config, &problems);
    if (rc < 0)
        fail_msg("not loaded: %s", problems.ptr);
    assert_int_equal(problems.len, 0);
    as_buf_done(&problems);
    return config;
}

const char *fixture_without_folder(const char *text)
{
    static char out[65536];
    size_t len = 0, skip = strlen(fixture_folder) + 1;
    for (const char *c = text; *c && len + 1 < sizeof(out);) {
        if (!strncmp(c, fixture_folder, skip - 1) && c[skip - 1] == '/')
            c += skip;
        else
            out[len++] = *c++;
    }
    out[len] = '\0';
    return out;
}

const char fixture_good_config[] =
    "socket: run/assayd.sock\n"
    "providers:\n"
    "  sim:\n"
    "    plugin: openai@1\n"
    "    base_url: http://127.0.0.1:8089/v1/\n"
    "    key: SIM_KEY\n"
    "    http2: true\n"
    "    timeouts: {total_ms: 9000}\n"
    "    retry: {max_attempts: 2}\n"
    "    limits: {concurrency: 40, rpm: 600, tpm: 90000}\n"
    "models:\n"
    "  large: {provider: sim, id: sim-q95, params: {temperature: 0, stop: [a, 'b']},"
    " price: {input: 2.5, output: 10}}\n"
    "  small: {provider: sim, id: sim-q80, concurrency: 3, limits: {rpm: 60}}\n"
    "  judge: {provider: sim, id: 1.10}\n";

struct config *fixture_load_with_evals(void)
{
    fixture_make_dir("evals");
    return fixture_load(fixture_good_config);
}

struct eval_set *fixture_load_evals(const struct config *config)
{
    struct eval_set *set = NULL;
    struct as_err err = {0};
    assert_int_equal(eval_set_load(config, &set, &err), 0);
    return set;
}
