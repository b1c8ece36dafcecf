/* run compare, and reports as files: what run.compare takes of one in the place of a run. */
#include "ctl/print.h"
#include "ctl/run_commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define REPORT_MAX_BYTES (64u << 20)
#define READ_BYTES (64u << 10)

static int read_file(const char *path, struct as_buf *text, struct as_err *err)
{
    FILE *stream = fopen(path, "r");
    if (!stream)
        return as_err_set(err, AS_EINVAL, "%s: %s", path, strerror(errno));
    size_t got = 1;
    while (got && text->len <= REPORT_MAX_BYTES) {
        got = fread(as_buf_reserve(text, READ_BYTES), 1, READ_BYTES, stream);
        text->len += got;
    }
    int rc = 0;
    if (ferror(stream))
        rc = as_err_set(err, AS_EINVAL, "%s: %s", path, strerror(errno));
    else if (text->len > REPORT_MAX_BYTES)
        rc = as_err_set(err, AS_EINVAL, "%s is larger than any report", path);
    fclose(stream);
    return rc;
}

int ctl_read_report(const char *path, struct as_json **ret_report, struct as_err *err)
{
    static const char *const keys[] = {"run",     "eval",   "state",  "created_ms",
                                       "dataset", "pinned", "members"};
    AS_CLEANUP_JSON struct as_json *whole = NULL;
    struct as_buf text = {0};
    int rc = read_file(path, &text, err);
    if (!rc && as_json_parse(text.ptr, text.len, &whole, err))
        rc = as_err_prefix(err, "%s", path);
    as_buf_done(&text);
    if (!rc && !as_json_has(whole, "run"))
        rc = as_err_set(err, AS_EINVAL,
                        "%s is no report: make one with `assayctl report RUN --format json`", path);
    if (rc)
        return rc;
    struct as_json *report = as_json_object();
    for (size_t i = 0; i < AS_COUNT(keys); i++)
        as_json_set_take(report, keys[i], as_json_share(as_json_get(whole, keys[i])));
    *ret_report = report;
    return 0;
}

int command_run_compare(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *result = NULL;
    struct as_json *report = NULL, *params = args->params;
    const char *path = args_value(args, "report");
    if (path && as_json_has(params, "other"))
        return as_err_set(err, AS_EUSAGE, "--report stands for A: name one run, the newer one");
    int rc = path ? ctl_read_report(path, &report, err) : 0;
    if (rc)
        return rc;
    if (report)
        as_json_set_take(params, "report", report);
    rc = ctl_call(ctl, "run.compare", args_take_params(args), &result, err);
    if (!rc)
        ctl_show(ctl, args->command, result);
    return rc;
}
