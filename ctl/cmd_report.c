/* report: the pages of run.report into a file or onto stdout; text and JSON are what run.show
 * tells. */
#include "ctl/report.h"

#include "ctl/print.h"
#include "ctl/run_commands.h"
#include "ctl/whole_file.h"

#include <errno.h>
#include <string.h>

static const struct report_ending {
    const char *ending, *format;
} endings[] = {
    {".html", "html"}, {".htm", "html"},    {".md", "md"},
    {".xml", "junit"}, {".junit", "junit"}, {".csv", "csv"},
    {".txt", "text"},  {".json", "json"},   {".jsonl", "jsonl"},
};

static bool is_format(const char *name)
{
    for (size_t i = 0; i < AS_COUNT(endings); i++)
        if (!strcmp(endings[i].format, name))
            return true;
    return false;
}

static const char *format_of_name(const char *path)
{
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < AS_COUNT(endings); i++)
        if (!strcmp(endings[i].ending, dot))
            return endings[i].format;
    return NULL;
}

int report_format(const char *format, const char *path, bool is_json, const char **ret_format,
                  struct as_err *err)
{
    if (format && !is_format(format))
        return as_err_set(err, AS_EINVAL,
                          "no report format is called '%s': csv, html, json, jsonl, junit, md or "
                          "text",
                          format);
    if (!format && path && strcmp(path, "-") != 0) {
        format = format_of_name(path);
        if (!format)
            return as_err_set(err, AS_EUSAGE,
                              "--output %s: its name does not tell the format: end it in .html, "
                              ".md, .xml (JUnit), .json, .jsonl, .csv or .txt, or add --format",
                              path);
    }
    *ret_format = format ? format : is_json ? "json" : "text";
    return 0;
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
static int show_run(struct ctl *ctl, struct as_json *params, bool is_json,
                    const struct as_json *compared, FILE *stream, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *run = NULL;
    struct output before = ctl->out;
    int rc = ctl_call(ctl, "run.show", as_json_share(params), &run, err);
    if (rc)
        return rc;
    if (stream != stdout)
        out_init(&ctl->out, stream, COLOR_NEVER);
    if (is_json && compared)
        as_json_set_take(run, "compared", as_json_share((struct as_json *)compared));
    if (is_json)
        out_json(&ctl->out, run);
    else
        print_run(ctl, run);
    if (!is_json && compared)
        print_compared(ctl, compared);
    ctl->out = before;
    return 0;
}

/* The daemon compares them once more, for its own formats. */
static void set_earlier(struct as_json *params, const struct as_json *compare)
{
    struct as_json *report = as_json_get(compare, "report");
    if (report)
        as_json_set_take(params, "with_report", as_json_share(report));
    else if (compare)
        as_json_set_int(params, "with_run", as_json_get_int(compare, "run", 0));
}

int report_write(struct ctl *ctl, struct as_json *params, const char *format,
                 const struct report_compared *compared, FILE *stream, struct as_err *err)
{
    bool is_json = !strcmp(format, "json");
    if (is_json || !strcmp(format, "text"))
        return show_run(ctl, params, is_json, compared->result, stream, err);
    set_earlier(params, compared->params);
    as_json_set_str(params, "format", format);
    return copy_pages(ctl, params, stream, err);
}

int command_report(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *params = args_take_params(args);
    const char *path = args_value(args, "output"), *format = NULL;
    struct whole_file file;
    int rc = report_format(args_value(args, "format"), path, ctl->is_json, &format, err);
    if (!rc)
        rc = whole_file_open(path, &file, err);
    if (rc)
        return rc;
    rc = report_write(ctl, params, format, &(struct report_compared){0}, file.stream, err);
    return whole_file_close(&file, rc, err);
}
