/* Listing and reading, on a pool thread. Whoever may write into a plugin folder may put anything
 * there: a pipe that blocks, a device without end, a link to somebody's key, a file of terabytes.
 * So files are opened without following links and without blocking, must be regular, and are read
 * up to the limit only. */
#include "daemon/plugin/scan.h"

#include "lib/job.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".lua"
#define SUFFIX_LEN (sizeof(SUFFIX) - 1)

static void *grow(struct as_arena *arena, void *items, size_t count, size_t *cap, size_t item_size)
{
    if (count < *cap)
        return items;
    *cap = *cap ? *cap * 2 : 16;
    void *bigger = as_arena_alloc(arena, *cap * item_size);
    if (count)
        memcpy(bigger, items, count * item_size);
    return bigger;
}

static void add_folder(struct scan *scan, const char *path, int os_errno)
{
    scan->folders = grow(&scan->arena, scan->folders, scan->folder_count, &scan->folder_cap,
                         sizeof(*scan->folders));
    scan->folders[scan->folder_count++] = (struct scan_folder){path, os_errno};
}

static void refuse(struct scan_file *file, const char *reason)
{
    file->outcome = SCAN_REFUSED;
    file->reason = reason;
}

/* Our lack, not the file's: descriptors, memory, the disk. Worth another look. */
static void refuse_errno(struct scan *scan, struct scan_file *file, int os_errno)
{
    refuse(file, as_arena_printf(&scan->arena, "cannot be read: %s", strerror(os_errno)));
    file->is_transient = os_errno != EACCES && os_errno != EPERM;
}

static struct scan_signature signature_of(const struct stat *about, int64_t now_ms)
{
    struct scan_signature s = {
        .device = about->st_dev,
        .inode = about->st_ino,
        .size = about->st_size,
        .mtime_ns = about->st_mtim.tv_sec * 1000000000ll + about->st_mtim.tv_nsec,
        .ctime_ns = about->st_ctim.tv_sec * 1000000000ll + about->st_ctim.tv_nsec,
    };
    int64_t last_ms = (s.mtime_ns > s.ctime_ns ? s.mtime_ns : s.ctime_ns) / 1000000;
    s.is_settled = now_ms - last_ms > SCAN_SETTLED_MS;
    return s;
}

static bool is_same(const struct scan_signature *a, const struct scan_signature *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

static int compare_known(const void *path, const void *known)
{
    return strcmp(path, ((const struct scan_known *)known)->path);
}

static bool is_known(const struct scan *scan, const struct scan_file *file)
{
    const struct scan_known *known = NULL;
    if (scan->known_count)
        known = bsearch(file->path, scan->known, scan->known_count, sizeof(*known), compare_known);
    return known && known->signature.is_settled && is_same(&known->signature, &file->signature);
}

/* At most one byte more than the limit, so that a file that grows meanwhile is noticed. */
static ssize_t read_all(int fd, char *out, size_t size)
{
    size_t len = 0;
    while (len < size) {
        ssize_t n = read(fd, out + len, size - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        len += (size_t)n;
    }
    return (ssize_t)len;
}

static void read_source(struct scan *scan, struct scan_file *file, int fd)
{
    static const char too_large[] = "larger than 256 KB";
    if (file->signature.size > (int64_t)JOB_SOURCE_MAX_BYTES) {
        refuse(file, too_large);
        return;
    }
    size_t room = (size_t)file->signature.size + 1;
    char *bytes = as_arena_alloc(&scan->arena, room + 1);
    ssize_t len = read_all(fd, bytes, room);
    if (len < 0) {
        refuse_errno(scan, file, errno);
    } else if ((size_t)len == room) {
        refuse(file, "it grew while it was read");
        file->is_transient = true;
    } else {
        file->outcome = SCAN_READ;
        file->bytes = (struct as_str){bytes, (size_t)len};
        file->hash = as_sha256_of(bytes, (size_t)len);
    }
}

static void look_at_open(struct scan *scan, struct scan_file *file, int fd)
{
    struct stat about;
    if (fstat(fd, &about)) {
        refuse_errno(scan, file, errno);
        return;
    }
    file->signature = signature_of(&about, scan->now_ms);
    if (!S_ISREG(about.st_mode))
        refuse(file, "not a regular file");
    else if (is_known(scan, file))
        file->outcome = SCAN_SAME;
    else
        read_source(scan, file, fd);
}

static bool has_good_name(const char *name)
{
    struct as_str stem = {name, strlen(name) - SUFFIX_LEN};
    return job_name_is_valid(stem);
}

/* False when the file went away in between. */
static bool look_at(struct scan *scan, int folder_fd, const char *name, struct scan_file *file)
{
    if (!has_good_name(name)) {
        refuse(file, "the file's name: 1 to 64 of A-Z a-z 0-9 . _ - before .lua");
        return true;
    }
    int fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return false;
    if (fd < 0 && errno == ELOOP)
        refuse(file, "a symbolic link is not followed: put a copy of the file here");
    else if (fd < 0 && errno == ENXIO)
        refuse(file, "not a regular file");
    else if (fd < 0)
        refuse_errno(scan, file, errno);
    else
        look_at_open(scan, file, fd);
    if (fd >= 0)
        close(fd);
    return true;
}

static void push_file(struct scan *scan, const struct scan_file *file)
{
    scan->files =
        grow(&scan->arena, scan->files, scan->file_count, &scan->file_cap, sizeof(*scan->files));
    scan->files[scan->file_count++] = *file;
}

static void add_file(struct scan *scan, int folder_fd, const char *folder, const char *name)
{
    struct scan_file file = {.path = as_arena_printf(&scan->arena, "%s/%s", folder, name)};
    if (scan->file_count > SCAN_MAX_FILES)
        return; /* one line that says so is enough */
    if (scan->file_count == SCAN_MAX_FILES)
        refuse(&file, "too many plugin files: this one and others are not looked at");
    else if (!look_at(scan, folder_fd, name, &file))
        return;
    push_file(scan, &file);
}

/* In the list of files, so that it is shown where people look for what is wrong with their
 * plugins. */
static void add_bad_folder(struct scan *scan, const char *path, int os_errno)
{
    struct scan_file file = {.path = path};
    refuse(&file,
           as_arena_printf(&scan->arena, "the folder cannot be read: %s", strerror(os_errno)));
    push_file(scan, &file);
}

static bool is_plugin_name(const char *name)
{
    size_t len = strlen(name);
    return name[0] != '.' && len > SUFFIX_LEN && !strcmp(name + len - SUFFIX_LEN, SUFFIX);
}

static bool is_subfolder(int folder_fd, const char *name)
{
    struct stat about;
    if (name[0] == '.' || !strcmp(name, SCAN_IGNORED_FOLDER))
        return false;
    return !fstatat(folder_fd, name, &about, AT_SYMLINK_NOFOLLOW) && S_ISDIR(about.st_mode);
}

static void list_folder(struct scan *scan, const char *path, bool is_top);

static void take_entry(struct scan *scan, DIR *dir, const char *folder, bool is_top,
                       const char *name)
{
    if (is_top && is_subfolder(dirfd(dir), name))
        list_folder(scan, as_arena_printf(&scan->arena, "%s/%s", folder, name), false);
    else if (is_plugin_name(name))
        add_file(scan, dirfd(dir), folder, name);
}

static void list_folder(struct scan *scan, const char *path, bool is_top)
{
    DIR *dir = opendir(path);
    int os_errno = dir ? 0 : errno;
    while (dir) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry) {
            os_errno = errno;
            break;
        }
        take_entry(scan, dir, path, is_top, entry->d_name);
    }
    if (dir)
        closedir(dir);
    if (os_errno && (is_top || os_errno != ENOENT))
        add_bad_folder(scan, path, os_errno);
    add_folder(scan, path, os_errno);
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const struct scan_file *)a)->path, ((const struct scan_file *)b)->path);
}

void scan_run(struct scan *scan)
{
    for (const char *const *path = scan->directories; *path; path++)
        list_folder(scan, *path, true);
    if (scan->file_count)
        qsort(scan->files, scan->file_count, sizeof(*scan->files), compare_files);
}

void scan_done(struct scan *scan)
{
    as_arena_done(&scan->arena);
}
