/* The plugins that are shipped, each loaded by a real worker as a daemon would, and each of their
 * examples run within a row's deadline; and that their documentation is whole. */
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
    text.ptr[text.len] = '\0';
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

static void test_every_shipped_redactor_passes_its_examples(void **state)
{
    (void)state;
    run_folder(TOP "plugins/redactors/*.lua", 1);
}

/* The functions of assay as a worker has them: "fence json.array ...". */
static void list_library(struct as_buf *names)
{
    struct host h = host_start(
        SCORER("local names = {}\n"
               "for part, value in pairs(assay) do\n"
               "  if type(value) == 'function' then names[#names + 1] = part end\n"
               "  for name, item in pairs(type(value) == 'table' and value or {}) do\n"
               "    if type(item) == 'function' then names[#names + 1] = part .. '.' .. name end\n"
               "  end\n"
               "end\n"
               "return { score = 1, details = { table.concat(names, ' ') } }"));
    const struct job_reply *reply = host_score(&h, "");
    assert_int_equal(reply->status, JOB_OK);
    as_buf_add(names, reply->details_json.ptr + 2, reply->details_json.len - 4); /* ["..."] */
    host_stop(&h);
}

static void test_every_function_of_the_library_is_annotated_and_in_the_guide(void **state)
{
    (void)state;
    char annotation[128], mention[128], *rest = NULL;
    struct as_buf names = {0}, annotations = read_file(TOP "plugins/library/assay.lua");
    struct as_buf guide = read_file(TOP "docs/plugin-guide.md");
    list_library(&names);
    size_t count = 0;
    for (char *name = strtok_r(names.ptr, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
        snprintf(annotation, sizeof(annotation), "\nfunction assay.%s(", name);
        snprintf(mention, sizeof(mention), "`%s", name);
        if (!strstr(annotations.ptr, annotation) || !strstr(guide.ptr, mention))
            fail_msg("assay.%s is not in plugins/library/assay.lua or docs/plugin-guide.md", name);
        count++;
    }
    assert_in_range(count, 20, 100);
    as_buf_done(&names);
    as_buf_done(&annotations);
    as_buf_done(&guide);
}

/* Every shipped scorer and rubric has its section. */
static void test_every_shipped_plugin_has_its_section(void **state)
{
    (void)state;
    static const char *const folders[] = {TOP "plugins/scorers/*.lua", TOP "rubrics/*.lua",
                                          TOP "plugins/redactors/*.lua"};
    struct as_buf page = read_file(TOP "docs/shipped-plugins.md");
    for (size_t i = 0; i < AS_COUNT(folders); i++) {
        glob_t files;
        assert_int_equal(glob(folders[i], 0, NULL, &files), 0);
        for (size_t k = 0; k < files.gl_pathc; k++) {
            char heading[128];
            const char *name = strrchr(files.gl_pathv[k], '/') + 1;
            snprintf(heading, sizeof(heading), "\n### %.*s\n", (int)strcspn(name, "."), name);
            if (!strstr(page.ptr, heading))
                fail_msg("%s has no section in docs/shipped-plugins.md", name);
        }
        globfree(&files);
    }
    as_buf_done(&page);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_shipped_scorer_passes_its_examples),
        cmocka_unit_test(test_every_shipped_rubric_passes_its_examples),
        cmocka_unit_test(test_every_shipped_provider_passes_its_examples),
        cmocka_unit_test(test_every_shipped_redactor_passes_its_examples),
        cmocka_unit_test(test_every_function_of_the_library_is_annotated_and_in_the_guide),
        cmocka_unit_test(test_every_shipped_plugin_has_its_section),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
