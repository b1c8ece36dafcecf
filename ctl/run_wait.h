/* Waiting for the end of a run group, and the exit code that it means: for every command that
 * does. */
#ifndef CTL_RUN_WAIT_H
#define CTL_RUN_WAIT_H

#include "ctl/command.h"

enum { EXIT_RUN_FAILED = 3 };

struct run_wait {
    int64_t run;
    uint64_t deadline_ms; /* of client_now_ms; 0 = none */
    bool prints_notices;  /* as JSON, one a line, instead of a bar */
};
/* Shows how far it is meanwhile. AS_ETIMEOUT: the time was over, or an interrupt; the sentence says
 * how to go on watching. */
int run_watch_to_end(struct ctl *ctl, const struct run_wait *wait, struct as_err *err) AS_MUST_USE;

/* Of run.show's answer on a run that has ended. */
int run_exit_code(const struct as_json *run, bool asks_gate);
struct as_json *run_params(int64_t run); /* {run} */

#endif
