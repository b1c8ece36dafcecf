/* Whether somebody still writes a file is what the kernel knows: it gives a read lease on a file
 * only while nobody has it open for writing. The lease is given back at once. Where it cannot be
 * asked (a file of another user, a file system of another machine) the quiet time alone decides. */
#include "daemon/inbox/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES (256u << 10)

static int os_failed(struct as_err *err, const char *dir, const char *name, const char *doing)
{
    int os_errno = errno;
    struct as_buf shown = {0};
    as_buf_add_utf8_safe(&shown, name, strlen(name));
    as_err_set(err, as_err_from_errno(os_errno), "%s/%s: %s: %s", dir, shown.len ? shown.ptr : "",
               doing, strerror(os_errno));
    as_buf_done(&shown);
    return as_err_from_errno(os_errno);
}

/* ---- what lies there ---- */

static bool is_left_alone(const char *name)
{
    static const char ending[] = ".tmp";
    size_t len = strlen(name), ending_len = sizeof(ending) - 1;
    return name[0] == '.' || (len >= ending_len && !strcmp(name + len - ending_len, ending));
}

static bool is_open_for_writing(int dir_fd, const char *name)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool is_open = fcntl(fd, F_SETLEASE, F_RDLCK) && errno == EAGAIN;
    fcntl(fd, F_SETLEASE, F_UNLCK);
    close(fd);
    return is_open;
}

static bool read_stat(const struct stat *st, struct folder_file *file)
{
    file->inode = st->st_ino;
    file->bytes = st->st_size;
    file->changed_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
    return S_ISREG(st->st_mode) && st->st_size <= FOLDER_FILE_MAX_BYTES;
}

static bool read_entry(int dir_fd, const char *name, struct folder_file *ret_file)
{
    struct stat st;
    struct folder_file file = {0};
    if (is_left_alone(name) || fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) ||
        !read_stat(&st, &file))
        return false;
    file.name = as_xstrdup(name);
    file.is_open = is_open_for_writing(dir_fd, name);
    *ret_file = file;
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct folder_file *)a)->name, ((const struct folder_file *)b)->name);
}

int folder_list(const char *dir, struct folder_listing *ret_listing, struct as_err *err)
{
    DIR *stream = opendir(dir);
    struct as_buf files = {0};
    const struct dirent *entry;
    if (!stream)
        return os_failed(err, dir, "", "the inbox cannot be read");
    while ((entry = readdir(stream)) && files.len < FOLDER_FILES_MAX * sizeof(struct folder_file)) {
        struct folder_file file;
        if (read_entry(dirfd(stream), entry->d_name, &file))
            as_buf_add(&files, &file, sizeof(file));
    }
    closedir(stream);
    ret_listing->count = files.len / sizeof(struct folder_file);
    ret_listing->files = (struct folder_file *)(void *)as_buf_take(&files);
    if (ret_listing->count)
        qsort(ret_listing->files, ret_listing->count, sizeof(*ret_listing->files), by_name);
    return 0;
}

void folder_listing_done(struct folder_listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        free(listing->files[i].name);
    free(listing->files);
    *listing = (struct folder_listing){0};
}

struct folder_file folder_file_copy(const struct folder_file *file)
{
    struct folder_file copy = *file;
    copy.name = as_xstrdup(file->name);
    return copy;
}

bool folder_file_is_same(const struct folder_file *a, const struct folder_file *b)
{
    return a->inode == b->inode && a->bytes == b->bytes && a->changed_ns == b->changed_ns &&
           !strcmp(a->name, b->name);
}

/* ---- one file ---- */

static int join(char *ret_path, size_t size, const char *dir, const char *name, struct as_err *err)
{
    if (snprintf(ret_path, size, "%s/%s", dir, name) < (int)size)
        return 0;
    return as_err_set(err, AS_ELIMIT, "%s: the path of a file in it is too long", dir);
}

int folder_open(const char *dir, const struct folder_file *file, int *ret_fd, struct as_err *err)
{
    char path[4096];
    struct stat st;
    struct folder_file now = *file;
    int rc = join(path, sizeof(path), dir, file->name, err);
    if (rc)
        return rc;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return os_failed(err, dir, file->name, "cannot be read");
    if (!fstat(fd, &st) && read_stat(&st, &now) && folder_file_is_same(&now, file)) {
        *ret_fd = fd;
        return 0;
    }
    close(fd);
    return as_err_set(err, AS_ENOENT, "%s: a file changed while it was taken in", dir);
}

int folder_hash(const char *dir, const struct folder_file *file, struct as_sha256 *ret_hash,
                struct as_err *err)
{
    int fd, rc = folder_open(dir, file, &fd, err);
    if (rc)
        return rc;
    struct as_hasher *hasher = as_hasher_new();
    char *bytes = as_xmalloc(READ_BYTES);
    ssize_t got;
    while ((got = read(fd, bytes, READ_BYTES)) > 0)
        as_hasher_add(hasher, bytes, (size_t)got);
    if (got < 0)
        rc = os_failed(err, dir, file->name, "cannot be read");
    *ret_hash = as_hasher_finish_free(hasher);
    free(bytes);
    close(fd);
    return rc;
}

/* ---- when it is done with ---- */

static int write_reason(const char *path, const char *reason, struct as_err *err)
{
    char beside[4200];
    snprintf(beside, sizeof(beside), "%s.reason", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
    size_t len = strlen(reason);
    bool is_written = fd >= 0 && write(fd, reason, len) == (ssize_t)len;
    int rc = is_written ? 0 : os_failed(err, path, ".reason", "cannot be written");
    if (fd >= 0)
        close(fd);
    return rc;
}

/* A name that is free; or the longer one, which only the same bytes can have. */
static int find_target(const char *folder, const char *name, const struct as_sha256 *hash,
                       char *ret_path, size_t size, struct as_err *err)
{
    char hex[AS_SHA256_HEX_BYTES], longer[512];
    struct stat st;
    int rc = join(ret_path, size, folder, name, err);
    if (rc || lstat(ret_path, &st))
        return rc;
    as_sha256_hex(hash, hex);
    snprintf(longer, sizeof(longer), "%s.%.12s", name, hex);
    return join(ret_path, size, folder, longer, err);
}

int folder_move(const char *dir, const struct folder_file *file, const struct as_sha256 *hash,
                const char *sub_folder, const char *reason, struct as_err *err)
{
    char from[4096], folder[4096], to[4096];
    int fd, rc = folder_open(dir, file, &fd, err);
    if (rc)
        return rc;
    close(fd);
    rc = join(from, sizeof(from), dir, file->name, err);
    if (!rc)
        rc = join(folder, sizeof(folder), dir, sub_folder, err);
    if (!rc && mkdir(folder, 0750) && errno != EEXIST)
        rc = os_failed(err, dir, sub_folder, "the folder cannot be made");
    if (!rc)
        rc = find_target(folder, file->name, hash, to, sizeof(to), err);
    if (!rc && reason)
        rc = write_reason(to, reason, err);
    if (!rc && rename(from, to))
        rc = os_failed(err, dir, file->name, "cannot be moved");
    return rc;
}
