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
#define NAME_BYTES 256 /* that a file system takes: of longer ones the end of NAME goes */
#define REASON ".reason"
#define HASH_CHARS 12
#define BESIDE_BYTES (NAME_BYTES + sizeof("..reason"))

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
    file->changed_ns = (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec;
    return S_ISREG(st->st_mode);
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

static int open_dir(const char *dir, int *ret_fd, struct as_err *err)
{
    *ret_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *ret_fd < 0 ? os_failed(err, dir, "", "the inbox cannot be read") : 0;
}

static int open_listed(int dir_fd, const char *dir, const struct folder_file *file, int *ret_fd,
                       struct as_err *err)
{
    struct stat st;
    struct folder_file now = *file;
    int fd = openat(dir_fd, file->name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return os_failed(err, dir, file->name, "cannot be read");
    if (!fstat(fd, &st) && read_stat(&st, &now) && folder_file_is_same(&now, file)) {
        *ret_fd = fd;
        return 0;
    }
    close(fd);
    return as_err_set(err, AS_ENOENT, "%s: a file changed while it was taken in", dir);
}

static int refuse_large(const char *dir, const struct folder_file *file, struct as_err *err)
{
    struct as_buf shown = {0};
    as_buf_add_utf8_safe(&shown, file->name, strlen(file->name));
    as_err_set(err, AS_ELIMIT, "%s/%s: it has more than %lld GiB: split it", dir, shown.ptr,
               FOLDER_FILE_MAX_BYTES >> 30);
    as_buf_done(&shown);
    return AS_ELIMIT;
}

int folder_open(const char *dir, const struct folder_file *file, int *ret_fd, struct as_err *err)
{
    int dir_fd;
    if (file->bytes > FOLDER_FILE_MAX_BYTES)
        return refuse_large(dir, file, err);
    int rc = open_dir(dir, &dir_fd, err);
    if (rc)
        return rc;
    rc = open_listed(dir_fd, dir, file, ret_fd, err);
    close(dir_fd);
    return rc;
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

/* ---- when it is done with ----
 *
 * Who may write into an inbox may put a link or a FIFO wherever he likes in it. So no link is
 * followed, what is written is always a new file, and all goes by descriptors of the two folders.
 */

/* What stands there under that name is an older one. Returns an errno, or 0. */
static int write_over(int folder_fd, const char *name, const char *text)
{
    unlinkat(folder_fd, name, 0);
    int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    size_t len = strlen(text);
    if (fd < 0)
        return errno;
    ssize_t written = write(fd, text, len);
    int os_errno = written < 0 ? errno : (size_t)written < len ? ENOSPC : 0;
    close(fd);
    return os_errno;
}

/* A name that is made of another one: its beginning, as much as there is room for, and an end. */
static void name_with(const char *name, const char *end, char ret_name[NAME_BYTES])
{
    snprintf(ret_name, NAME_BYTES, "%.*s%s", (int)(NAME_BYTES - 1 - strlen(end)), name, end);
}

/* Of a file that stays. */
static void name_explanation(const char *name, char ret_name[NAME_BYTES])
{
    char hidden[NAME_BYTES + 1];
    snprintf(hidden, sizeof(hidden), ".%s", name);
    name_with(hidden, REASON, ret_name);
}

static int write_reason(int folder_fd, const char *name, const char *reason, struct as_err *err)
{
    char beside[NAME_BYTES];
    struct as_buf shown = {0};
    name_with(name, REASON, beside);
    int os_errno = write_over(folder_fd, beside, reason), rc = 0;
    as_buf_add_utf8_safe(&shown, beside, strlen(beside));
    if (os_errno)
        rc = as_err_set(err, as_err_from_errno(os_errno), "%s cannot be written: %s", shown.ptr,
                        strerror(os_errno));
    as_buf_done(&shown);
    return rc;
}

static bool is_free(int folder_fd, const char *name)
{
    struct stat st;
    return fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0;
}

/* A name that is free, and free for its reason; or the longer one, which only the same bytes can
 * have. */
static void find_target(int folder_fd, const char *name, const struct as_sha256 *hash,
                        char ret_name[NAME_BYTES])
{
    char hex[AS_SHA256_HEX_BYTES], end[HASH_CHARS + 2], beside[NAME_BYTES];
    name_with(name, REASON, beside);
    as_sha256_hex(hash, hex);
    snprintf(end, sizeof(end), ".%.*s", HASH_CHARS, hex);
    if (is_free(folder_fd, name) && is_free(folder_fd, beside)) {
        name_with(name, "", ret_name);
        return;
    }
    snprintf(ret_name, NAME_BYTES, "%.*s%s", /* and the reason's name has all of the hash */
             (int)(NAME_BYTES - 1 - strlen(end) - strlen(REASON)), name, end);
}

static int open_sub_folder(int dir_fd, const char *dir, const char *name, int *ret_fd,
                           struct as_err *err)
{
    if (mkdirat(dir_fd, name, 0750) && errno != EEXIST)
        return os_failed(err, dir, name, "the folder cannot be made");
    *ret_fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *ret_fd < 0 ? os_failed(err, dir, name, "it has to be a folder, and no link to one") : 0;
}

static int move_within(int dir_fd, const char *dir, const struct folder_file *file,
                       const struct folder_place *place, struct as_err *err)
{
    char target[NAME_BYTES], beside[BESIDE_BYTES];
    int sub_fd = -1, rc = open_sub_folder(dir_fd, dir, place->sub_folder, &sub_fd, err);
    if (rc)
        return rc;
    find_target(sub_fd, file->name, &place->hash, target);
    if (place->reason)
        rc = write_reason(sub_fd, target, place->reason, err);
    if (!rc && renameat(dir_fd, file->name, sub_fd, target))
        rc = os_failed(err, dir, file->name, "cannot be moved");
    if (!rc) {
        name_explanation(file->name, beside);
        unlinkat(dir_fd, beside, 0);
    }
    close(sub_fd);
    return rc;
}

int folder_move(const char *dir, const struct folder_file *file, const struct folder_place *place,
                struct as_err *err)
{
    int dir_fd, fd, rc = open_dir(dir, &dir_fd, err);
    if (rc)
        return rc;
    rc = open_listed(dir_fd, dir, file, &fd, err);
    if (!rc) {
        close(fd);
        rc = move_within(dir_fd, dir, file, place, err);
    }
    close(dir_fd);
    return rc;
}

int folder_explain(const char *dir, const struct folder_file *file, const char *reason)
{
    char name[BESIDE_BYTES];
    struct as_err err = {0};
    int dir_fd, rc = open_dir(dir, &dir_fd, &err);
    if (rc)
        return rc;
    name_explanation(file->name, name);
    rc = write_over(dir_fd, name, reason) ? AS_EIO : 0;
    close(dir_fd);
    return rc;
}
