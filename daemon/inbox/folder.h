/* The folder of an inbox: which files lie in it, whether they are still being written, and where
 * they go when they are done with.
 *
 * Blocking: everything here runs on a pool thread. Symbolic links, folders, and files whose name
 * begins with a dot or ends in .tmp are left alone. */
#ifndef DAEMON_INBOX_FOLDER_H
#define DAEMON_INBOX_FOLDER_H

#include "lib/err.h"
#include "lib/hash.h"

#include <stdint.h>

#define FOLDER_FILES_MAX 10000            /* that one look sees */
#define FOLDER_FILE_MAX_BYTES (8ll << 30) /* a larger one is listed, and not opened */

struct folder_file {
    char *name; /* as it lies there, any bytes */
    uint64_t inode;
    int64_t bytes, changed_ns; /* changed: its bytes, its name, or who may read it */
    bool is_open; /* some process has it open for writing, as far as the kernel tells */
};

struct folder_listing { /* {0} is a valid empty one */
    struct folder_file *files;
    size_t count;
};

/* By name. *ret_listing must be empty. err names the folder. */
int folder_list(const char *dir, struct folder_listing *ret_listing,
                struct as_err *err) AS_MUST_USE;
void folder_listing_done(struct folder_listing *listing);
struct folder_file folder_file_copy(const struct folder_file *file);
bool folder_file_is_same(const struct folder_file *a, const struct folder_file *b);

/* The file, if it is the one that was listed and has not changed: a descriptor that the caller
 * closes. AS_ENOENT: it is not there any more, or not as it was. AS_ELIMIT: it is too large. */
int folder_open(const char *dir, const struct folder_file *file, int *ret_fd,
                struct as_err *err) AS_MUST_USE;
/* Of its bytes. Errors as above. */
int folder_hash(const char *dir, const struct folder_file *file, struct as_sha256 *ret_hash,
                struct as_err *err) AS_MUST_USE;
/* Where a file goes that is done with. */
struct folder_place {
    const char *sub_folder; /* made when it is not there; a link to one is refused */
    struct as_sha256 hash;  /* of the file's bytes */
    const char *reason;     /* NULL: none */
};
/* Moves it there as NAME, or as NAME.HASH where another file has that name, with the reason beside
 * it as NAME.reason. A file that has changed meanwhile stays, with AS_ENOENT: it is another one. */
int folder_move(const char *dir, const struct folder_file *file, const struct folder_place *place,
                struct as_err *err) AS_MUST_USE;
/* Why a file stays, in .NAME.reason beside it, which goes when the file is moved. */
int folder_explain(const char *dir, const struct folder_file *file, const char *reason);

#endif
