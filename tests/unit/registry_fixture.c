/* Plugin folders that people write into, and what the registry then says of them. Waiting is
 * turning the loop: a test that waits in vain ends by its timeout. */
#include "tests/unit/registry_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct registry_fixture fixture;

static void on_change(void *ctx)
{
    (void)ctx;
    fixture.change_count++;
}

int fixture_setup(void **state)
{
    struct as_err err = {0};
    const char *directories[] = {fixture.folder, NULL};
    (void)state;
    snprintf(fixture.folder, sizeof(fixture.folder), "/tmp/test_plugin.XXXXXX");
    assert_non_null(mkdtemp(fixture.folder));
    fixture.change_count = 0;
    pool_setup(&fixture.pool, &(struct sandbox_options){.worker_path = REAL_WORKER});
    struct registry_options options = {.directories = directories, .on_change = on_change};
    assert_int_equal(
        registry_new(fixture.pool.loop, fixture.pool.sandbox, &options, &fixture.registry, &err),
        0);
    return 0;
}

int fixture_teardown(void **state)
{
    char command[128];
    (void)state;
    registry_free(fixture.registry);
    pool_teardown(&fixture.pool);
    snprintf(command, sizeof(command), "rm -rf %s", fixture.folder);
    return system(command);
}

/* Files */

const char *fixture_path(const char *name)
{
    static char path[256];
    snprintf(path, sizeof(path), "%s/%s", fixture.folder, name);
    return path;
}

void fixture_write(const char *name, const char *text)
{
    FILE *file = fopen(fixture_path(name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

const char *fixture_scorer_text(const char *name, const char *version, double score)
{
    static char text[512];
    snprintf(text, sizeof(text),
             "return { api = 1, kind = \"scorer\", name = \"%s\", version = \"%s\",\n"
             "  score = function() return %g end,\n"
             "  examples = { { output = { text = \"\" }, score = %g } } }\n",
             name, version, score, score);
    return text;
}

void fixture_write_scorer(const char *file, const char *name, const char *version, double score)
{
    fixture_write(file, fixture_scorer_text(name, version, score));
}

void fixture_make_folder(const char *name)
{
    assert_int_equal(mkdir(fixture_path(name), 0755), 0);
}

void fixture_remove(const char *name)
{
    assert_int_equal(unlink(fixture_path(name)), 0);
}

void fixture_rename(const char *from, const char *to)
{
    char old[256];
    snprintf(old, sizeof(old), "%s", fixture_path(from));
    assert_int_equal(rename(old, fixture_path(to)), 0);
}

/* Looking */

static void set_flag(void *ctx)
{
    *(bool *)ctx = true;
}

void fixture_scan(void)
{
    bool is_done = false;
    registry_scan(fixture.registry, set_flag, &is_done);
    assert_false(is_done);
    while (!is_done)
        loop_turn(fixture.pool.loop);
}

struct plugin_version *fixture_find(const char *selector)
{
    struct plugin_version *version = NULL;
    struct as_err err = {0};
    if (registry_find(fixture.registry, PLUGIN_SCORER, selector, &version, &err))
        return NULL;
    plugin_version_unref(version); /* the registry still has it */
    return version;
}

bool fixture_is_live(const char *selector)
{
    return fixture_find(selector) != NULL;
}

void fixture_wait_live(const char *selector)
{
    while (!fixture_is_live(selector))
        loop_turn(fixture.pool.loop);
}

void fixture_wait_gone(const char *selector)
{
    while (fixture_is_live(selector))
        loop_turn(fixture.pool.loop);
}

struct refusal_search {
    const char *name;
    char reason[1024];
};

static void match_refusal(void *ctx, const struct plugin_refusal *refusal)
{
    struct refusal_search *search = ctx;
    const char *slash = strrchr(refusal->path, '/');
    if (!strcmp(slash + 1, search->name))
        snprintf(search->reason, sizeof(search->reason), "%s", refusal->reason);
}

const char *fixture_refusal_of(const char *name)
{
    static struct refusal_search search;
    search = (struct refusal_search){.name = name};
    registry_each_refusal(fixture.registry, match_refusal, &search);
    return *search.reason ? search.reason : NULL;
}

void fixture_wait_refused(const char *name)
{
    while (!fixture_refusal_of(name))
        loop_turn(fixture.pool.loop);
}

void fixture_wait_accepted(const char *name)
{
    while (fixture_refusal_of(name))
        loop_turn(fixture.pool.loop);
}

double fixture_score_of(const struct plugin_version *version)
{
    struct kept_reply reply = pool_ask(&fixture.pool, version->sandbox_id, "x");
    assert_int_equal(reply.status, JOB_OK);
    return reply.score;
}
