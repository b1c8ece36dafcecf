/* run start and run plan: what is said of a run, the wait for its end, its report, and what an
 * earlier run is compared by. What may be refused is looked at before the run is started: nobody
 * pays for calls and learns then that the report's folder is not there. */
#include "ctl/print.h"
#include "ctl/report.h"
#include "ctl/run_commands.h"
#include "ctl/run_wait.h"
#include "ctl/whole_file.h"
#include "lib/duration.h"

#include <stdlib.h>
#include <string.h>

static int parse_timeout(const char *text, int64_t *ret_ms, struct as_err *err)
{
    if (as_duration_parse(text, ret_ms))
        return as_err_set(err, AS_EUSAGE, "--timeout is %s, not '%s'", AS_DURATION_MUST_BE, text);
    return 0;
}

/* --cache, --cache=12h */
static int take_cache(struct args *args, struct as_err *err)
{
    const char *age = args_value(args, "cache");
    int64_t age_ms;
    if (!age)
        return 0;
    if (args_has(args, "journal"))
        return as_err_set(err, AS_EUSAGE, "--cache is --journal cache: give one of the two");
    if (*age && as_duration_parse(age, &age_ms))
        return as_err_set(err, AS_EUSAGE, "--cache=AGE is %s, not '%s'", AS_DURATION_MUST_BE, age);
    as_json_set_str(args->params, "journal", "cache");
    if (*age)
        as_json_set_str(args->params, "max_age", age);
    return 0;
}

int command_run_plan(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *plan = NULL;
    int rc = take_cache(args, err);
    if (!rc)
        rc = ctl_call(ctl, args->command->method, args_take_params(args), &plan, err);
    if (!rc)
        ctl_show(ctl, args->command, plan);
    return rc;
}

/* ---- what it is compared with ---- */

static int read_report(const char *path, struct as_json *params, struct as_err *err)
{
    struct as_json *report = NULL;
    int rc = ctl_read_report(path, &report, err);
    if (rc)
        return as_err_prefix(err, "--compare-with takes a run group's number or a JSON report");
    as_json_set_take(params, "report", report);
    if (!as_json_len(as_json_get(report, "members")))
        return as_err_set(err, AS_EINVAL, "--compare-with %s: its run had not ended", path);
    return 0;
}

/* The newest of a page's runs that is done; 0: none is. */
static int64_t first_done(const struct as_json *runs)
{
    for (size_t i = 0; i < as_json_len(runs); i++)
        if (!strcmp(str_or(as_json_at(runs, i), "state", ""), "done"))
            return as_json_get_int(as_json_at(runs, i), "run", 0);
    return 0;
}

/* The eval's newest run that is done, before this one. A first run has none, and goes on. */
static int find_last(struct ctl *ctl, const char *eval, struct as_json **params, struct as_err *err)
{
    int64_t before = 0, run = 0;
    do {
        AS_CLEANUP_JSON struct as_json *page = NULL;
        struct as_json *query = as_json_object();
        as_json_set_str(query, "eval", eval);
        if (before)
            as_json_set_int(query, "before", before);
        int rc = ctl_call(ctl, "run.list", query, &page, err);
        if (rc)
            return rc;
        run = first_done(as_json_get(page, "runs"));
        before = as_json_get_int(page, "next", 0);
    } while (!run && before);
    if (run) {
        as_json_set_int(*params, "run", run);
        return 0;
    }
    out_print(&ctl->messages, "no run of '%s' is done yet: there is none to compare with\n", eval);
    as_json_free(*params);
    *params = NULL;
    return 0;
}

static int find_run(struct ctl *ctl, const char *number, struct as_json *params, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *shown = NULL;
    int64_t run = strtoll(number, NULL, 10);
    as_json_set_int(params, "run", run);
    return ctl_call(ctl, "run.show", run_params(run), &shown, err);
}

/* *ret_params: of run.compare, but for the new run's number; the caller's to free in any case. */
static int take_compare_with(struct ctl *ctl, const struct args *args, struct as_json **ret_params,
                             struct as_err *err)
{
    const char *with = args_value(args, "compare-with");
    if (!with)
        return 0;
    *ret_params = as_json_object();
    if (!strcmp(with, "last"))
        return find_last(ctl, str_or(args->params, "eval", ""), ret_params, err);
    if (*with && !with[strspn(with, "0123456789")])
        return find_run(ctl, with, *ret_params, err);
    return read_report(with, *ret_params, err);
}

/* ---- run start ---- */

struct start {
    struct ctl *ctl;
    bool asks_gate, waits, has_report, with_last;
    int64_t timeout_ms; /* 0 = none */
    const char *format;
    struct whole_file file;
    struct as_json *compare; /* parameters of run.compare; NULL: with nothing */
    struct as_json *compared;
    struct as_json *result; /* of run.show */
};

/* What could be wrong with the options that are the client's own. */
static int take_options(struct start *start, struct args *args, struct as_err *err)
{
    const char *timeout = args_value(args, "timeout"), *output = args_value(args, "output"),
               *format = args_value(args, "format"), *with = args_value(args, "compare-with");
    int rc = timeout ? parse_timeout(timeout, &start->timeout_ms, err) : 0;
    start->asks_gate = args_has(args, "gate");
    start->with_last = with && !strcmp(with, "last");
    start->waits = start->asks_gate || timeout || output || args_has(args, "wait") ||
                   args_has(args, "compare-with");
    if (!rc && format && !output)
        rc = as_err_set(err, AS_EUSAGE, "--format is that of the report: add --output FILE");
    if (!rc)
        rc = take_cache(args, err);
    if (!rc && output)
        rc = report_format(format, output, start->ctl->is_json, &start->format, err);
    if (!rc)
        rc = take_compare_with(start->ctl, args, &start->compare, err);
    if (!rc && output) {
        rc = whole_file_open(output, &start->file, err);
        start->has_report = !rc;
    }
    return rc;
}

/* A refusal (the runs are not comparable) is told. With a gate it is an error, but for the last
 * run: that is whatever it is, and the night after the dataset has changed is no failure. */
static int compare(struct start *start, int64_t run, struct as_err *err)
{
    if (!start->compare)
        return 0;
    const char *key = as_json_has(start->compare, "report") ? "run" : "other";
    as_json_set_int(start->compare, key, run);
    int rc =
        ctl_call(start->ctl, "run.compare", as_json_share(start->compare), &start->compared, err);
    if (rc && (!start->asks_gate || start->with_last)) {
        out_styled(&start->ctl->messages, STYLE_WARN, "not compared: ");
        out_print(&start->ctl->messages, "%s\n", err->msg);
        rc = 0;
    }
    return rc;
}

static void show(const struct start *start)
{
    struct ctl *ctl = start->ctl;
    if (start->has_report && !start->file.partial)
        return; /* the report goes there */
    if (ctl->is_json && start->compared)
        as_json_set_take(start->result, "compared", as_json_share(start->compared));
    if (ctl->is_json) {
        out_json(&ctl->out, start->result);
        return;
    }
    print_run(ctl, start->result);
    if (start->compared)
        print_compared(ctl, start->compared);
}

static int write_report(struct start *start, int64_t run, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *params = run_params(run);
    start->has_report = false;
    const struct report_compared compared = {start->compare, start->compared};
    int rc = report_write(start->ctl, params, start->format, &compared, start->file.stream, err);
    return whole_file_close(&start->file, rc, err);
}

/* Of a run that has ended: whatever the verdict is, it is shown, and its report written. A verdict
 * or end that is bad goes before what went wrong with these. */
static int conclude(struct start *start, int64_t run, struct as_err *err)
{
    struct as_err report_err = {0};
    int rc = ctl_call(start->ctl, "run.show", run_params(run), &start->result, err);
    if (rc)
        return rc;
    rc = compare(start, run, err);
    show(start);
    if (start->has_report) {
        int report_rc = write_report(start, run, &report_err);
        if (!rc && report_rc) {
            rc = report_rc;
            *err = report_err;
        }
    }
    int code = run_exit_code(start->result, start->asks_gate);
    if (!code || !rc)
        return rc ? rc : code;
    out_print(&start->ctl->messages, "assayctl: %s\n", err->msg);
    return code;
}

static int start_and_wait(struct start *start, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *started = NULL;
    struct ctl *ctl = start->ctl;
    int rc = ctl_call(ctl, args->command->method, args_take_params(args), &started, err);
    if (rc)
        return rc;
    if (!start->waits) {
        ctl_show(ctl, args->command, started);
        return 0;
    }
    struct run_wait wait = {.run = as_json_get_int(started, "run", 0)};
    if (start->timeout_ms)
        wait.deadline_ms = client_now_ms() + (uint64_t)start->timeout_ms;
    out_print(&ctl->messages, "run %lld started\n", (long long)wait.run);
    rc = run_watch_to_end(ctl, &wait, err);
    return rc ? rc : conclude(start, wait.run, err);
}

int command_run_start(struct ctl *ctl, struct args *args, struct as_err *err)
{
    struct start start = {.ctl = ctl};
    int rc = take_options(&start, args, err);
    if (!rc)
        rc = start_and_wait(&start, args, err);
    if (start.has_report) /* nothing came of it */
        rc = whole_file_close(&start.file, rc ? rc : AS_ECANCELED, err);
    as_json_free(start.compare);
    as_json_free(start.compared);
    as_json_free(start.result);
    return rc;
}
