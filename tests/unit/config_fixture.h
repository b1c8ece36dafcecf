/* For the tests of daemon/config: a folder of the test's own, the files in it, and a configuration
 * that is good. setup and teardown are cmocka's; names are relative to the folder. */
#ifndef TESTS_UNIT_CONFIG_FIXTURE_H
#define TESTS_UNIT_CONFIG_FIXTURE_H

#include "daemon/config/config.h"

#include <sys/stat.h>

#define CONFIG_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

extern char fixture_folder[64];
/* Two models to compare, large and small, and a third to judge. */
extern const char fixture_good_config[];

int fixture_setup(void **state);
int fixture_teardown(void **state);

const char *fixture_path(const char *name); /* static: until the next call */
void fixture_write(const char *name, const char *text);
void fixture_write_bytes(const char *name, const char *data, size_t len, mode_t mode);
void fixture_make_dir(const char *name);

/* Loads text as assay.yaml, which must be good. */
struct config *fixture_load(const char *text);
/* fixture_good_config, with a folder for evals. */
struct config *fixture_load_with_evals(void);
struct eval_set *fixture_load_evals(const struct config *config);

/* What a user may write, and what is then said: the whole line, or lines. */
struct bad_input {
    const char *text;
    const char *said;
};

/* What was said, without the folder in front of its paths. Static: until the next call. */
const char *fixture_without_folder(const char *text);

#endif
