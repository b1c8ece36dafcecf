/* Opened without waiting (a FIFO that was dropped into the folder must not hold the daemon) and
 * judged by what was opened, not by its name. */
#include "daemon/config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int os_failed(struct as_err *err, int os_errno)
{
    return as_err_set(err, as_err_from_errno(os_errno), "%s", strerror(os_errno));
}

static int judge(const struct stat *st, size_t max_bytes, bool must_be_private, struct as_err *err)
{
    if (!S_ISREG(st->st_mode))
        return as_err_set(err, AS_EINVAL, "not a regular file");
    if ((uintmax_t)st->st_size > max_bytes)
        return as_err_set(err, AS_ELIMIT, "%jd bytes long; the limit is %zu", (intmax_t)st->st_size,
                          max_bytes);
    if (must_be_private && (st->st_mode & 077))
        return as_err_set(err, AS_EDENIED,
                          "its mode %04o lets others read it; make it private: chmod 600",
                          (unsigned)st->st_mode & 07777);
    return 0;
}

static int read_all(int fd, size_t max_bytes, struct as_buf *out, struct as_err *err)
{
    size_t before = out->len;
    for (;;) {
        char chunk[16384];
        ssize_t got = read(fd, chunk, sizeof(chunk));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return os_failed(err, errno);
        as_buf_add(out, chunk, (size_t)got);
        explicit_bzero(chunk, (size_t)got); /* it may have been a key */
        if (got == 0)
            return 0;
        if (out->len - before > max_bytes)
            return as_err_set(err, AS_ELIMIT, "longer than the limit of %zu bytes", max_bytes);
    }
}

int file_read(const char *path, size_t max_bytes, bool must_be_private, struct as_buf *ret_text,
              struct as_err *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return os_failed(err, errno);
    int rc =
        fstat(fd, &st) < 0 ? os_failed(err, errno) : judge(&st, max_bytes, must_be_private, err);
    size_t before = ret_text->len;
    if (rc == 0) {
        as_buf_reserve(ret_text, (size_t)st.st_size + 1); /* a key that is read leaves no copies */
        rc = read_all(fd, max_bytes, ret_text, err);
    }
    if (rc < 0)
        ret_text->len = before;
    close(fd);
    return rc;
}
