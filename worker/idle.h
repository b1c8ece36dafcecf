/* What a worker does that has nothing to do: it gives the pages of its own program back, which are
 * most of its memory when no other worker shares them. They return by themselves on the next use.
 */
#ifndef WORKER_IDLE_H
#define WORKER_IDLE_H

#include <stdbool.h>
#include <sys/types.h>

/* Before the jail is entered: from now on, reading the socket gives up for a moment when nothing
 * came for a second. */
bool idle_prepare(int socket);

/* read(2), restarted when a signal or idleness interrupts it. */
ssize_t idle_read(int socket, void *bytes, size_t size);

#endif
