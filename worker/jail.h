/* The lock-down: what a worker gives up before it reads the first byte that somebody else wrote.
 *
 * Afterwards the process can read and write descriptor 3, get and return anonymous memory that is
 * not executable, and exit. Everything else kills it with SIGSYS. Level 0 (sanitizer builds, which
 * open files and need address space) keeps only the tie to the parent: it is for tests of our own
 * code, never for a plugin that is not ours. */
#ifndef WORKER_JAIL_H
#define WORKER_JAIL_H

#include <stdbool.h>
#include <sys/types.h>

#ifndef ASSAY_JAIL_LEVEL
#define ASSAY_JAIL_LEVEL 1
#endif

#define JAIL_SOCKET 3

/* Locks this process down. False when any mandatory step failed: the caller must exit with
 * JOB_EXIT_NO_JAIL. parent is the pid that must be our parent, so that a daemon which died
 * meanwhile leaves no orphan. */
bool jail_enter(pid_t parent) __attribute__((warn_unused_result));

#endif
