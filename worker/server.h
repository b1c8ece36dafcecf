/* The worker's side of the conversation: the daemon's frames in, as bytes, replies out.
 *
 * One LOAD frame, then BATCH frames; every row starts from the heap as it was after the load. It
 * knows no descriptor: main.c reads and writes, and the tests feed it bytes of their own. Whatever
 * the bytes are, a frame is read within its bounds or refused. There is one server in a process
 * (the soft stop's signal finds the state of the newest), and it lasts as long as that does. */
#ifndef WORKER_SERVER_H
#define WORKER_SERVER_H

#include "lib/job.h"

#define SERVER_EXIT_PROTOCOL 76 /* exit status after AS_EPROTO, or when the heap is beyond help */

struct server;

/* Sends every byte before it returns. */
typedef void (*server_send_fn)(struct as_str bytes);

/* page is where it counts the rows that it has begun. NULL: no memory. */
struct server *server_new(struct job_page *page, server_send_fn send);

/* Takes address space for the largest frame each way: growing later could need a call that the jail
 * forbids (mremap), or more than the limit leaves while old and new lie side by side. Untouched
 * pages cost nothing. */
void server_make_room(struct server *server);

/* Where the next bytes go, and how many fit there. */
char *server_room(struct server *server, size_t *ret_bytes);

/* That many bytes were put there. Works on every frame that is whole now. AS_EPROTO: no daemon says
 * such a thing; the conversation is over. */
int server_take(struct server *server, size_t len) AS_MUST_USE;

/* For tests, which have more than one after the other: a worker ends with its process. Nothing of a
 * script runs. */
void server_free(struct server *server);

#endif
