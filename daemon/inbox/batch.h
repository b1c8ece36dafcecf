/* Takes files of an inbox in: their cases, together with those that the newest version still keeps,
 * become one new version of the dataset.
 *
 * A redactor sees each case before anything of it is stored; where it fails with one, nothing is
 * taken in, and that case's file stays. The new cases are staged first, so that no more than a
 * portion of a file lies in memory; a case whose id the dataset or an earlier file has is not taken
 * again. Then the version is copied together: of the one before, what is neither too old nor too
 * much, and after it the new cases. It is made in the transaction that notes the files; only then
 * are they moved, to done/ or, when not a single case of one could be read, to bad/. A crash before
 * leaves the files where they are and nothing else; a crash after it leaves files that are known,
 * and are only moved. */
#ifndef DAEMON_INBOX_BATCH_H
#define DAEMON_INBOX_BATCH_H

#include "daemon/engine/db.h"
#include "daemon/inbox/folder.h"
#include "daemon/model/inbox_rules.h"
#include "daemon/plugin/registry.h"
#include "daemon/store/inbox.h"

#define BATCH_FILES_MAX 64

struct batch;

struct batch_file {
    struct folder_file file;
    struct inbox_file record; /* texts last as long as the batch */
    bool is_known;            /* its bytes were taken in before: it is only moved */
    int rc;                   /* why it still lies there; 0: it was moved */
    struct as_err err;
};

struct batch_result {
    /* AS_ENOENT: nothing was taken in, and it may be tried at once: a file changed meanwhile, or
     * has to stay. */
    int rc;
    struct as_err err;
    uint32_t version; /* 0: no new one */
    const struct batch_file *files;
    size_t count;
};
/* The result is borrowed for the call; the batch goes after it. */
typedef void (*batch_done_fn)(void *ctx, const struct batch_result *result);

struct batch_options {
    struct loop *loop;
    struct db *db;
    const struct inbox_rules *rules; /* copied, but for its texts, which outlive the batch */
    struct sandbox *sandbox;
    struct plugin_version *redactor; /* a reference that the batch gives back; NULL = none */
    size_t kept_back;                /* files that stay in the folder for what is wrong with them */
    int64_t now_ms;
    batch_done_fn done;
    void *ctx;
};

/* count from 1 to BATCH_FILES_MAX; the names are copied. done fires on a later turn. */
struct batch *batch_start(const struct batch_options *options,
                          const struct folder_file *const *files, size_t count);
/* It ends at its next step, with AS_ECANCELED unless the version is made. */
void batch_cancel(struct batch *batch);

#endif
