/* The partial file's name is the file's with an ending. It is on disk before it gets its name, so
 * that a crash leaves the old file or the new one. */
#include "ctl/whole_file.h"

#include "lib/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int whole_file_open(const char *path, struct whole_file *ret_file, struct as_err *err)
{
    struct as_buf partial = {0};
    *ret_file = (struct whole_file){.stream = stdout};
    if (!path || !strcmp(path, "-"))
        return 0;
    as_buf_addf(&partial, "%s.partial", path);
    *ret_file = (struct whole_file){fopen(partial.ptr, "w"), path, partial.ptr};
    if (ret_file->stream)
        return 0;
    int rc = as_err_set(err, AS_EINVAL, "%s: %s", partial.ptr, strerror(errno));
    as_buf_done(&partial);
    return rc;
}

int whole_file_close(struct whole_file *file, int rc, struct as_err *err)
{
    bool is_bad = fflush(file->stream) || ferror(file->stream);
    if (!file->partial)
        return !rc && is_bad ? as_err_set(err, AS_EIO, "standard output: %s", strerror(errno)) : rc;
    is_bad = (!rc && fsync(fileno(file->stream))) || is_bad;
    is_bad = fclose(file->stream) || is_bad;
    if (!rc && (is_bad || rename(file->partial, file->path)))
        rc = as_err_set(err, AS_EIO, "%s: %s", file->path, strerror(errno));
    if (rc)
        unlink(file->partial);
    free(file->partial);
    return rc;
}
