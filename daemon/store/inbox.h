/* What became of the files of inboxes. Conventions, threads and errors are those of store.h.
 *
 * A file is known by its bytes: one of the same bytes is the same file, whatever its name. What was
 * taken out of files is kept in the transaction that makes the dataset version of it, so that a
 * crash neither loses a file nor takes one in twice.
 *
 * Of the versions that files made, those that a run measured stay, and the newest
 * INBOX_VERSIONS_KEPT; the others go when a newer one is made. */
#ifndef DAEMON_STORE_INBOX_H
#define DAEMON_STORE_INBOX_H

#include "daemon/store/events.h"

#define INBOX_VERSIONS_KEPT 10

struct inbox_file {
    int64_t id; /* in the order of taking in */
    const char *dataset;
    struct as_sha256 hash;
    const char *name;
    int64_t bytes, taken_ms;
    bool is_refused;  /* nothing of it was taken in; the same bytes may come again */
    int64_t good;     /* cases of it that were new */
    int64_t known;    /* whose id the dataset had already */
    int64_t dropped;  /* that the redactor left out */
    int64_t bad;      /* lines that are no case */
    uint32_t version; /* of the dataset, with its cases; 0: it brought nothing new */
    const char *why;  /* the first things that were wrong with it; NULL */
};

/* The version that is made of the staged cases. */
struct inbox_version {
    int64_t staging_id;
    const struct as_sha256 *hash;
    const char *format;
    int64_t scratch_id; /* a staged dataset that goes with it; 0 = none */
};
struct inbox_taking {
    const struct inbox_version *version; /* NULL: the files bring none */
    struct inbox_file *files;
    size_t count;
    const struct event *events; /* that tell of it */
    size_t event_count;
    int64_t now_ms;
};
/* Notes the files, in one transaction with version and events. Fills in when they were taken, and
 * the number of the version where they have new cases; it is *ret_version, 0 without one. */
int store_inbox_take(struct store *store, const struct inbox_taking *taking,
                     uint32_t *ret_version) AS_MUST_USE;
/* AS_ENOENT: nothing of these bytes was taken in. Texts are in the arena. */
int store_inbox_find(struct store *store, const char *dataset, const struct as_sha256 *hash,
                     struct as_arena *arena, struct inbox_file *ret_file) AS_MUST_USE;
/* The newest first, with an id below before (0 = all); dataset NULL: of all inboxes. */
int store_inbox_page(struct store *store, const char *dataset, int64_t before, uint32_t limit,
                     struct as_arena *arena, struct inbox_file **ret_files,
                     size_t *ret_count) AS_MUST_USE;

#endif
