/* dataset import: the files in chunks of base64, in the order given, then the version they make. */
#include "ctl/progress.h"
#include "ctl/run_commands.h"

#include "lib/base64.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXIT_BAD_INPUT 65
#define PROGRESS_FROM_BYTES (8u << 20) /* smaller files are there before a bar is drawn */

struct import {
    struct ctl *ctl;
    int64_t id;
    struct progress progress;
};

static int begin(struct import *import, const char *name, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *result = NULL;
    struct as_json *params = as_json_object();
    as_json_set_str(params, "name", name);
    int rc = ctl_call(import->ctl, "dataset.import_begin", params, &result, err);
    import->id = as_json_get_int(result, "import", 0);
    return rc;
}

static int send_chunk(struct import *import, const char *file, struct as_str bytes,
                      struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *result = NULL;
    struct as_json *params = as_json_object();
    struct as_buf text = {0};
    as_base64_encode(bytes, &text);
    as_json_set_int(params, "import", import->id);
    as_json_set_str(params, "file", file);
    as_json_set_take(params, "data", as_json_new_str(as_buf_str(&text)));
    as_buf_done(&text);
    return ctl_call(import->ctl, "dataset.import_chunk", params, &result, err);
}

static int send_open_file(struct import *import, const char *file, int fd, struct as_err *err)
{
    struct stat info = {0};
    AS_CLEANUP_FREE char *chunk = as_xmalloc(PROTO_CHUNK_MAX_BYTES);
    uint64_t sent = 0, size = fstat(fd, &info) ? 0 : (uint64_t)info.st_size;
    for (;;) {
        ssize_t got = read(fd, chunk, PROTO_CHUNK_MAX_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return as_err_set(err, AS_EINVAL, "cannot read %s: %s", file, strerror(errno));
        if (got == 0)
            return 0;
        int rc = send_chunk(import, file, (struct as_str){chunk, (size_t)got}, err);
        if (rc)
            return rc;
        sent += (uint64_t)got;
        if (size >= PROGRESS_FROM_BYTES)
            progress_show_bytes(&import->progress, file, sent, size);
    }
}

static int send_file(struct import *import, const char *file, struct as_err *err)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return as_err_set(err, AS_EINVAL, "cannot read %s: %s", file, strerror(errno));
    progress_init(&import->progress, &import->ctl->messages);
    int rc = send_open_file(import, file, fd, err);
    progress_done(&import->progress);
    close(fd);
    return rc;
}

/* What is missing, and what would be imported twice, is told before anything is sent. */
static int check_files(const struct args *args, struct as_err *err)
{
    AS_CLEANUP_FREE struct stat *files = as_xcalloc(args->rest_count, sizeof(*files));
    for (size_t i = 0; i < args->rest_count; i++) {
        const char *file = args->rest[i];
        if (access(file, R_OK) || stat(file, &files[i]))
            return as_err_set(err, AS_EINVAL, "cannot read %s: %s", file, strerror(errno));
        for (size_t j = 0; j < i; j++)
            if (files[j].st_dev == files[i].st_dev && files[j].st_ino == files[i].st_ino)
                return as_err_set(err, AS_EINVAL, "%s is named twice", file);
    }
    return 0;
}

int command_dataset_import(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *result = NULL;
    struct import import = {.ctl = ctl};
    int rc = check_files(args, err);
    if (!rc)
        rc = begin(&import, as_json_get_cstr(args->params, "name"), err);
    for (size_t i = 0; !rc && i < args->rest_count; i++)
        rc = send_file(&import, args->rest[i], err);
    if (rc)
        return rc; /* the daemon drops the import with the connection */
    struct as_json *params = as_json_object();
    as_json_set_int(params, "import", import.id);
    as_json_set_bool(params, "strict", args_has(args, "strict"));
    rc = ctl_call(ctl, "dataset.import_end", params, &result, err);
    if (rc)
        return rc;
    ctl_show(ctl, args->command, result);
    return as_json_get(result, "dataset") ? 0 : EXIT_BAD_INPUT;
}
