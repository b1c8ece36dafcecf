/* report: the pages of run.report into a file or onto stdout; text and JSON are what run.show
 * tells. A file is written beside its place and moved there when it is whole. */
#include "ctl/print.h"
#include "ctl/run_commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct report_file {
    FILE *stream;
    const char *path;
    char *partial; /* NULL: the stream is stdout */
};

static int open_file(const char *path, struct report_file *ret_file, struct as_err *err)
{
    struct as_buf partial = {0};
    *ret_file = (struct report_file){.stream = stdout};
    if (!path || !strcmp(path, "-"))
        return 0;
    as_buf_addf(&partial, "%s.partial", path);
    *ret_file = (struct report_file){fopen(partial.ptr, "w"), path, partial.ptr};
    if (ret_file->stream)
        return 0;
    int rc = as_err_set(err, AS_EINVAL, "%s: %s", partial.ptr, strerror(errno));
    as_buf_done(&partial);
    return rc;
}

/* Keeps the file when rc is 0, else takes what there is of it away. Returns rc, or its own. */
static int close_file(struct report_file *file, int rc, struct as_err *err)
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

/* Writes the page after `next`, which is replaced by its own: NULL when it was the last. */
static int copy_page(struct ctl *ctl, struct as_json *params, struct as_json **next, FILE *stream,
                     struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *page = NULL;
    as_json_set_take(params, "after", *next);
    *next = NULL;
    int rc = ctl_call(ctl, "run.report", as_json_share(params), &page, err);
    struct as_str text = as_json_get_str(page, "text");
    if (!rc && fwrite(text.ptr, 1, text.len, stream) != text.len)
        rc = as_err_set(err, AS_EIO, "the report could not be written: %s", strerror(errno));
    if (!rc)
        *next = as_json_share(as_json_get(page, "next"));
    return rc;
}

static int copy_pages(struct ctl *ctl, struct as_json *params, FILE *stream, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *next = NULL;
    int rc = copy_page(ctl, params, &next, stream, err);
    while (!rc && next)
        rc = copy_page(ctl, params, &next, stream, err);
    return rc;
}

/* Text as a terminal without colours would get it. */
static int show_run(struct ctl *ctl, struct as_json *params, bool is_json, FILE *stream,
                    struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *run = NULL;
    int rc = ctl_call(ctl, "run.show", as_json_share(params), &run, err);
    if (rc)
        return rc;
    if (stream != stdout)
        out_init(&ctl->out, stream, COLOR_NEVER);
    if (is_json)
        out_json(&ctl->out, run);
    else
        print_run(ctl, run);
    return 0;
}

int command_report(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *params = args_take_params(args);
    const char *format = args_value(args, "format");
    bool is_json = format ? !strcmp(format, "json") : ctl->is_json;
    struct report_file file;
    int rc = open_file(args_value(args, "output"), &file, err);
    if (rc)
        return rc;
    if (is_json || !format || !strcmp(format, "text")) {
        rc = show_run(ctl, params, is_json, file.stream, err);
    } else {
        as_json_set_str(params, "format", format);
        rc = copy_pages(ctl, params, file.stream, err);
    }
    return close_file(&file, rc, err);
}
