/* The folder of an inbox: which files lie in it, whether they are still being written, and where
 * they go when they are done with.
 *
 * Blocking: everything here runs on a pool thread. Symbolic links, folders, files whose name begins
 * with a dot or ends in .tmp, and files of more than FOLDER_FILE_MAX_BYTES are left alone. */
#ifndef DAEMON_INBOX_FOLDER_H
#define DAEMON_INBOX_FOLDER_H

#include "lib/err.h"
#include "lib/hash.h"

#include <stdint.h>

#define FOLDER_FILES_MAX 10000 /* that one look sees */
#define FOLDER_FILE_MAX_BYTES (8ll << 30)

struct folder_file {
    char *name; /* as it lies there, any bytes */
    uint64_t inode;
    int64_t bytes, changed_ns;
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
 * closes. AS_ENOENT: it is not there any more, or not as it was. */
int folder_open(const char *dir, const struct folder_file *file, int *ret_fd,
                struct as_err *err) AS_MUST_USE;
/* Of its bytes. Errors as above. */
int folder_hash(const char *dir, const struct folder_file *file, struct as_sha256 *ret_hash,
                struct as_err *err) AS_MUST_USE;
/* Moves it into the sub-folder, which is made when it is not there, as NAME, or as NAME.HASH where
 * another file has that name. reason (NULL: none) is written beside it as NAME.reason. A file that
 * has changed meanwhile stays, with AS_ENOENT: it is another one. */
int folder_move(const char *dir, const struct folder_file *file, const struct as_sha256 *hash,
                const char *sub_folder, const char *reason, struct as_err *err) AS_MUST_USE;

#endif
