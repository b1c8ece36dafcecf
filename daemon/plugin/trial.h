/* One source on trial: a worker loads it, then, if asked for, runs each of its examples.
 *
 * Private to daemon/plugin; used for a new file, an inspection and an adoption alike. done fires
 * once, on the loop, never before trial_start returned; from then on the result can be read until
 * trial_free. */
#ifndef DAEMON_PLUGIN_TRIAL_H
#define DAEMON_PLUGIN_TRIAL_H

#include "daemon/plugin/registry.h"

#define TRIAL_MAX_EXAMPLES 200u

struct trial;

struct trial_result {
    const struct job_loaded *loaded;
    uint32_t examples_run, examples_failed;
    const char *first_failure; /* "example 2: ..."; NULL when all pass or none were run */
    const struct plugin_example *examples;
};

typedef void (*trial_fn)(void *ctx);

struct trial *trial_start(struct sandbox *sandbox, const char *chunk_name, struct as_str source,
                          bool with_examples, trial_fn done, void *ctx);
const struct job_loaded *trial_loaded(const struct trial *trial);   /* NULL while not known */
const struct trial_result *trial_result(const struct trial *trial); /* NULL before done */
/* The sandbox id of what was loaded: the caller's from now on, to close one day. Only after done,
 * with status JOB_OK. */
uint64_t trial_take_id(struct trial *trial);
/* At any time; before done it means that done does not fire. What was loaded and not taken is
 * closed. NULL is fine. */
void trial_free(struct trial *trial);

#endif
