/* The plugins that are shipped, each loaded by a real worker as a daemon would, and each of their
 * examples run within a row's deadline. */
#include "tests/unit/worker_host.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define TOP TESTS_DIR "/../"
#define ROW_DEADLINE_NS 250000000
#define FEWEST_EXAMPLES 5

static struct as_buf read_file(const char *path)
{
    struct as_buf text = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text.len = fread(as_buf_reserve(&text, JOB_SOURCE_MAX_BYTES), 1, JOB_SOURCE_MAX_BYTES, file);
    assert_true(feof(file));
    fclose(file);
    return text;
}

static void run_example(struct host *h, const char *path, uint32_t index)
{
    int64_t before = host_cpu_ns(h);
    const struct job_reply *reply = host_example(h, index);
    if (reply->status != JOB_OK)
        print_error("%s, example %u: %.*s\n", path, index + 1, (int)reply->reason.len,
                    reply->reason.ptr);
    assert_int_equal(reply->status, JOB_OK);
    if (!IS_SANITIZED)
        assert_in_range(host_cpu_ns(h) - before, 0, ROW_DEADLINE_NS);
}

/* Its name is its file's name. */
static void run_plugin(const char *path)
{
    char name[JOB_NAME_MAX_BYTES + 1];
    struct as_buf source = read_file(path);
    struct host h = host_open();
    host_load(&h, as_buf_str(&source));
    if (h.loaded.status != JOB_OK)
        print_error("%s: %.*s\n", path, (int)h.loaded.reason.len, h.loaded.reason.ptr);
    assert_int_equal(h.loaded.status, JOB_OK);
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(strrchr(path, '/') + 1, "."),
             strrchr(path, '/') + 1);
    assert_str(h.loaded.manifest.name, name);
    assert_true(reason_has(h.loaded.manifest.doc, "Misleads"));
    uint32_t count = h.loaded.manifest.example_count;
    assert_in_range(count, FEWEST_EXAMPLES, UINT32_MAX);
    for (uint32_t i = 0; i < count; i++)
        run_example(&h, path, i);
    host_stop(&h);
    as_buf_done(&source);
}

static void run_folder(const char *pattern, size_t fewest)
{
    glob_t files;
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    assert_true(files.gl_pathc >= fewest);
    for (size_t i = 0; i < files.gl_pathc; i++)
        run_plugin(files.gl_pathv[i]);
    globfree(&files);
}

static void test_every_shipped_scorer_passes_its_examples(void **state)
{
    (void)state;
    run_folder(TOP "plugins/scorers/*.lua", 22);
}

static void test_every_shipped_rubric_passes_its_examples(void **state)
{
    (void)state;
    run_folder(TOP "rubrics/*.lua", 8);
}

static void test_every_shipped_provider_passes_its_examples(void **state)
{
    (void)state;
    run_folder(TOP "plugins/providers/*.lua", 3);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_shipped_scorer_passes_its_examples),
        cmocka_unit_test(test_every_shipped_rubric_passes_its_examples),
        cmocka_unit_test(test_every_shipped_provider_passes_its_examples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
