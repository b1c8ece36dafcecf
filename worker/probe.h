/* Forbidden acts, for the self-test: `assay-worker --probe NAME` locks itself down and then tries
 * one. The process must die of SIGSYS, or of the few that are refused instead say so. Any other
 * exit status means that the jail does not hold, or that this build has none. */
#ifndef WORKER_PROBE_H
#define WORKER_PROBE_H

#define PROBE_EXIT_SURVIVED 70
#define PROBE_EXIT_REFUSED 69
#define PROBE_EXIT_UNKNOWN 64

/* Locks down and tries. Returns the exit status when that was survived; "none" tries nothing and
 * returns 0. */
int probe_run(const char *name);

#endif
