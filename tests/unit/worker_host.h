/* A real assay-worker for tests, spoken to as the daemon does: posix_spawn, a socket as descriptor
 * 3, empty environment.
 *
 * host_start loads a plugin and asserts that it loads; host_run sends one row and waits for its
 * reply. What was decoded borrows from the host and lasts until its next call. host_stop asserts
 * that the worker ends by itself when its socket closes. No wait is longer than HOST_WAIT_MS. */
#ifndef TESTS_UNIT_WORKER_HOST_H
#define TESTS_UNIT_WORKER_HOST_H

#include "lib/job.h"
#include "tests/unit/sanitized.h"

#include <stdbool.h>
#include <sys/types.h>

#define HOST_WAIT_MS 30000
#define SCORER(body)                                                      \
    "return { api = 1, kind = 'scorer', name = 's', version = '1.0.0',\n" \
    "  score = function(case, output, params)\n" body "\nend }"
#define assert_str(got, text) assert_true(as_str_eq(got, text))

struct host {
    pid_t pid;
    int fd;
    struct as_buf in;
    size_t used; /* bytes of in that belong to what was decoded last */
    struct job_loaded loaded;
    struct job_reply reply;
};

pid_t host_spawn(char *const argv[], int socket); /* assay-worker with these arguments */

/* Step by step: start a process; load a source into it; send, and read frame by frame. */
struct host host_open(void);
void host_load(struct host *h, struct as_str source);
void host_send(struct host *h, struct as_buf *frame); /* empties frame */
void host_send_rows(struct host *h, const struct job_row *rows, uint32_t count);
/* The next frame's payload, or an absent string when the worker closed its end. */
struct as_str host_frame(struct host *h, enum job_frame wanted);
bool host_reply(struct host *h);           /* into h->reply; false when the worker died instead */
int64_t host_cpu_ns(const struct host *h); /* what the worker has used so far */
int host_end(struct host *h);              /* the exit as waitpid tells it */

/* In one go. */
struct host host_start(const char *source);
const struct job_reply *host_run(struct host *h, const struct job_row *row);
const struct job_reply *host_score(struct host *h, const char *text);
const struct job_reply *host_example(struct host *h, uint32_t index);
void host_stop(struct host *h);

struct job_row score_row(const char *text);
bool reason_has(struct as_str reason, const char *part);

/* Loads the source and expects a refusal whose reason has this part. */
void assert_refused(const char *source, const char *part);
/* Scores once with this scorer and expects this status, and the part in the reason unless it is
 * NULL. */
void assert_status(const char *source, enum job_status status, const char *part);
/* Asserts in Lua: runs this body of a score function, which raises an error unless all is well. */
void assert_lua(const char *body);

#endif
