/* One look at the plugin folders: which files are there, and the bytes of those that changed.
 *
 * Private to daemon/plugin. A scan is filled on the loop, run on a pool thread, and read on the
 * loop again; it refers to nothing of the registry's while it runs. A file whose signature is the
 * same as last time is not read again, unless it was so young then that a second write could hide
 * behind the same time stamp. */
#ifndef DAEMON_PLUGIN_SCAN_H
#define DAEMON_PLUGIN_SCAN_H

#include "lib/arena.h"
#include "lib/hash.h"

#include <stdint.h>

#define SCAN_MAX_FILES 2000u /* more is a mistake, and is said so; plugin.list must fit a line */
#define SCAN_SETTLED_MS 2000 /* a file this old cannot change without its time stamp changing */
#define SCAN_IGNORED_FOLDER "library" /* editor annotations, not plugins */

struct scan_signature {
    uint64_t device, inode;
    int64_t size, mtime_ns, ctime_ns;
    bool is_settled;
};

/* A file as the registry knows it. */
struct scan_known {
    const char *path;
    struct scan_signature signature;
};

enum scan_outcome {
    SCAN_SAME,    /* as known */
    SCAN_READ,    /* bytes and hash are set */
    SCAN_REFUSED, /* reason is set: not a file that we read */
};

struct scan_file {
    const char *path;
    struct scan_signature signature;
    enum scan_outcome outcome;
    bool is_transient; /* refused for a reason that may pass by itself */
    const char *reason;
    struct as_str bytes;
    struct as_sha256 hash;
};

struct scan_folder {
    const char *path;
    int os_errno; /* why it could not be listed; 0 when it was */
};

struct scan {
    /* in */
    const char *const *directories; /* NULL-terminated */
    struct scan_known *known;       /* ordered by path */
    size_t known_count;
    int64_t now_ms; /* wall clock */
    /* out, all memory from the arena */
    struct scan_file *files; /* ordered by path */
    size_t file_count, file_cap;
    struct scan_folder *folders; /* directories and their sub-folders */
    size_t folder_count, folder_cap;
    struct as_arena arena;
};

void scan_run(struct scan *scan); /* blocks: pool thread */
void scan_done(struct scan *scan);

#endif
