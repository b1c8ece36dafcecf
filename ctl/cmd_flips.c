/* run flips: a page of them, or with --export all of them as lines of a file that dataset import
 * takes. */
#include "ctl/print.h"
#include "ctl/run_commands.h"
#include "ctl/whole_file.h"

#include <errno.h>
#include <string.h>

#define FLIPS_PER_CALL 1000 /* the most of a page: each reads the numbers of the whole group */

/* Writes the cases of the page after `next`, which is replaced by its own: NULL when it was the
 * last. */
static int export_page(struct ctl *ctl, struct as_json *params, struct as_json **next, FILE *stream,
                       int64_t *count, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *page = NULL;
    as_json_set_take(params, "after", *next);
    *next = NULL;
    int rc = ctl_call(ctl, "run.flips", as_json_share(params), &page, err);
    const struct as_json *flips = as_json_get(page, "flips");
    for (size_t i = 0; i < as_json_len(flips) && !rc; i++) {
        struct as_buf line = {0};
        as_json_write_canonical(as_json_get(as_json_at(flips, i), "json"), &line);
        as_buf_addc(&line, '\n');
        if (fwrite(line.ptr, 1, line.len, stream) != line.len)
            rc = as_err_set(err, AS_EIO, "the cases could not be written: %s", strerror(errno));
        as_buf_done(&line);
        (*count)++;
    }
    if (!rc)
        *next = as_json_share(as_json_get(page, "next"));
    return rc;
}

static int export_all(struct ctl *ctl, struct as_json *params, FILE *stream, int64_t *count,
                      struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *next = NULL;
    as_json_set_bool(params, "with_cases", true);
    as_json_set_int(params, "limit", FLIPS_PER_CALL);
    int rc = export_page(ctl, params, &next, stream, count, err);
    while (!rc && next)
        rc = export_page(ctl, params, &next, stream, count, err);
    if (!rc && !*count)
        rc = as_err_set(err, AS_EINVAL, "no case flipped: there is nothing to export");
    return rc;
}

static int export_file(struct ctl *ctl, const struct args *args, struct as_json *params,
                       struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *done = as_json_object();
    const char *path = args_value(args, "export");
    struct whole_file file;
    int64_t count = 0;
    int rc = whole_file_open(path, &file, err);
    if (rc)
        return rc;
    rc = whole_file_close(&file, export_all(ctl, params, file.stream, &count, err), err);
    if (rc || !file.path)
        return rc; /* what is on stdout are the cases alone */
    as_json_set_str(done, "file", path);
    as_json_set_int(done, "cases", count);
    ctl_show(ctl, args->command, done);
    return 0;
}

int command_run_flips(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *params = args_take_params(args), *result = NULL;
    if (args_has(args, "export")) {
        if (args_has(args, "limit") || args_has(args, "after"))
            return as_err_set(err, AS_EUSAGE,
                              "--export writes all of them: leave out --limit and "
                              "--after");
        return export_file(ctl, args, params, err);
    }
    int rc = ctl_call(ctl, "run.flips", as_json_share(params), &result, err);
    if (!rc)
        ctl_show(ctl, args->command, result);
    return rc;
}
