/* The connection to assayd: one call at a time, and notices between calls. Blocking, on one thread.
 *
 * An interrupt (SIGINT) while it waits ends the wait with AS_ECANCELED; before client_open it ends
 * the program as usual. */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include "lib/proto.h"

struct client;

/* AS_ECONN: nobody answers there; AS_EDENIED: the socket file does not let us in. */
int client_open(const char *socket_path, struct client **ret_client,
                struct as_err *err) AS_MUST_USE;
void client_close(struct client *client);

/* Sends and waits for the answer, however long it takes. *ret_result is the caller's. An error of
 * the daemon comes back as its code and sentence. Notices that come meanwhile go to whom
 * client_on_notice named, or are dropped. */
int client_call(struct client *client, const char *method, struct as_json *params_take,
                struct as_json **ret_result, struct as_err *err) AS_MUST_USE;

/* For all calls from now on; NULL: they are dropped. The notice is borrowed for the call. */
typedef void (*client_notice_fn)(void *ctx, const struct proto_message *notice);
void client_on_notice(struct client *client, client_notice_fn fn, void *ctx);

/* Connects anew after AS_ECONN: tries until deadline_ms of client_now_ms. AS_ECANCELED:
 * interrupted; AS_ECONN, AS_EDENIED: as client_open. What had come in before is dropped. */
int client_reopen(struct client *client, uint64_t deadline_ms, struct as_err *err) AS_MUST_USE;

/* The next notice; release it with proto_message_done. AS_ETIMEOUT: none until deadline_ms of
 * client_now_ms (0 = wait for ever). */
int client_next_notice(struct client *client, uint64_t deadline_ms,
                       struct proto_message *ret_message, struct as_err *err) AS_MUST_USE;
uint64_t client_now_ms(void); /* monotonic */

#endif
