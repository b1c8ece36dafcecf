/* One POST to an address of the operator's (a webhook): no lane, no journal, no budget, no retry,
 * and no redirect is followed. What it shares with the calls to models is how it is sent
 * (sender.h).
 *
 * Lives from app start to app end; belongs to the loop's thread. */
#ifndef DAEMON_TRANSPORT_POST_H
#define DAEMON_TRANSPORT_POST_H

#include "daemon/core/loop.h"
#include "lib/buf.h"

#define POST_SAID_BYTES 400
#define POST_REPLY_MAX_BYTES (64u << 10) /* no more of a reply is read */

struct poster;
struct post;

/* ca_file as in transport_options. */
int poster_new(struct loop *loop, const char *ca_file, struct poster **ret_poster,
               struct as_err *err) AS_MUST_USE;
void poster_free(struct poster *poster); /* no post may be under way */

struct post_request {
    const char *url;                 /* http:// or https:// */
    struct as_str body;              /* JSON */
    const char *const *header_lines; /* "Name: value", POST_HEADERS_MAX at most */
    size_t header_count;
    uint32_t timeout_ms; /* for all of it */
};
#define POST_HEADERS_MAX 8

/* A status is the receiver's word, whether or not the rest of its reply came, or was too long. */
struct post_end {
    int status;              /* of HTTP; 0: there was none, and why says what happened */
    const char *why;         /* NULL with a status */
    struct as_str said;      /* the beginning of the reply's body; like why it never tells the path
                                of the address, which may be a secret */
    uint32_t retry_after_ms; /* what the reply asks for, capped; 0: nothing */
};
/* *end is borrowed for the call. */
typedef void (*post_done_fn)(void *ctx, const struct post_end *end);

/* Everything is copied. done fires once, never before this returned, and the post is gone then. */
struct post *post_send(struct poster *poster, const struct post_request *request, post_done_fn done,
                       void *ctx);
void post_cancel(struct post *post); /* done does not fire */

#endif
