/* For the tests of the registry: a folder that it watches, the files in it, and the real worker.
 *
 * setup and teardown are cmocka's; names of files are relative to the folder. Everything is of the
 * one test that runs. */
#ifndef TESTS_UNIT_REGISTRY_FIXTURE_H
#define TESTS_UNIT_REGISTRY_FIXTURE_H

#include "daemon/plugin/registry.h"
#include "tests/unit/pool_fixture.h"

#define with_registry(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

struct registry_fixture {
    struct pool_fixture pool;
    struct registry *registry;
    char folder[64];
    unsigned change_count;
};
extern struct registry_fixture fixture;

int fixture_setup(void **state);
int fixture_teardown(void **state);

const char *fixture_path(const char *name); /* static: until the next call */
void fixture_write(const char *name, const char *text);
void fixture_make_folder(const char *name);
void fixture_remove(const char *name);
void fixture_rename(const char *from, const char *to);
/* A scorer that always gives this score, and one example of it. Static: until the next call. */
const char *fixture_scorer_text(const char *name, const char *version, double score);
void fixture_write_scorer(const char *file, const char *name, const char *version, double score);

void fixture_scan(void); /* asks for a scan and waits until it is applied */
struct plugin_version *fixture_find(const char *selector); /* borrowed; NULL: there is none */
bool fixture_is_live(const char *selector);
void fixture_wait_live(const char *selector);
void fixture_wait_gone(const char *selector);
double fixture_score_of(const struct plugin_version *version);

/* By the file's own name: why it is refused; NULL when it is not. */
const char *fixture_refusal_of(const char *name);
void fixture_wait_refused(const char *name);
void fixture_wait_accepted(const char *name);

#endif
