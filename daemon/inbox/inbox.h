/* The inboxes of the configuration: folders that are watched, whose files of traffic become
 * versions of datasets (batch.h).
 *
 * A file is taken when nobody has it open for writing and it has not changed for the inbox's quiet
 * time, counted from when it was first seen so. What is wrong with a folder or with a batch is told
 * when it begins and when it is over (tell.h), shown by inboxes_each, and tried again. Belongs to
 * the loop's thread. */
#ifndef DAEMON_INBOX_INBOX_H
#define DAEMON_INBOX_INBOX_H

#include "daemon/config/config.h"
#include "daemon/engine/events.h"
#include "daemon/plugin/registry.h"

struct inboxes;

struct inboxes_options {
    struct loop *loop;
    struct db *db;
    struct registry *registry; /* of redactors: where one is wanted and is not live, nothing is */
    struct sandbox *sandbox;   /* taken in */
    struct events *events;
};

struct inboxes *inboxes_new(const struct inboxes_options *options);
/* Goes by this configuration from here on; nothing of it is kept. A batch that is under way for an
 * inbox that is not there any more ends without a version. */
void inboxes_set_config(struct inboxes *inboxes, const struct config *config);
/* Takes nothing more in; free it when it is idle. */
void inboxes_stop(struct inboxes *inboxes);
bool inboxes_is_idle(const struct inboxes *inboxes); /* after inboxes_stop */
void inboxes_free(struct inboxes *inboxes);

struct inbox_waiting { /* a file that lies there */
    const char *name;  /* safe on a terminal */
    int64_t bytes;
    const char *why; /* it is not taken in yet */
};
struct inbox_counts {                  /* since assayd began to watch it */
    int64_t taken, refused;            /* files */
    int64_t good, known, dropped, bad; /* as of struct inbox_file */
};

struct inbox_view {
    const struct inbox_rules *rules;
    bool is_taking;       /* files in, right now */
    const char *trouble;  /* NULL: none */
    size_t waiting_count; /* files that lie there */
    const struct inbox_counts *counts;
};
/* Borrowed for the call. */
typedef void (*inbox_view_fn)(void *ctx, const struct inbox_view *view);
typedef void (*inbox_waiting_fn)(void *ctx, const struct inbox_waiting *file);
void inboxes_each(const struct inboxes *inboxes, inbox_view_fn fn, void *ctx);
/* The first `most` files that wait in the inbox of this dataset, by name. */
void inboxes_each_waiting(const struct inboxes *inboxes, const char *dataset, size_t most,
                          inbox_waiting_fn fn, void *ctx);

#endif
