/* run show, run watch, run pause, run rescore, run replay, gate: what takes more than one call. */
#include "ctl/print.h"
#include "ctl/print_views.h"
#include "ctl/progress.h"
#include "ctl/run_commands.h"
#include "ctl/run_wait.h"

#include <stdlib.h>
#include <string.h>

int command_run_watch(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *before = NULL, *after = NULL;
    struct run_wait wait = {.prints_notices = ctl->is_json};
    /* run.show first: it makes a number of "last", and says at once when there is no such run */
    int rc = ctl_call(ctl, "run.show", args_take_params(args), &before, err);
    if (rc)
        return rc;
    wait.run = as_json_get_int(before, "run", 0);
    rc = run_watch_to_end(ctl, &wait, err);
    if (!rc)
        rc = ctl_call(ctl, "run.show", run_params(wait.run), &after, err);
    if (rc)
        return rc;
    if (!ctl->is_json)
        args->command->print(ctl, after);
    return run_exit_code(after, false);
}

/* --limit is a word of run.inflight; the daemon holds it to its bounds. */
static int take_limit(const struct args *args, struct as_json *params, struct as_err *err)
{
    const char *text = args_value(args, "limit");
    char *end = NULL;
    long long limit = text ? strtoll(text, &end, 10) : 0;
    if (text && (end == text || *end))
        return as_err_set(err, AS_EUSAGE, "--limit is a whole number, not '%s'", text);
    if (text)
        as_json_set_int(params, "limit", limit);
    return 0;
}

int command_run_show(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *result = NULL;
    bool is_inflight = args_has(args, "inflight");
    struct run_view view = {
        .by = args_value(args, "by"),
        .detailed = args_has(args, "detailed"),
        .hist = args_has(args, "hist"),
    };
    bool has_view = view.by || view.detailed || view.hist;
    int rc = run_view_check(&view, err);
    if (!rc && is_inflight && has_view)
        rc = as_err_set(err, AS_EUSAGE,
                        "--inflight shows calls, --by, --detailed and --hist a result: "
                        "give one of the two");
    if (!rc && is_inflight)
        rc = take_limit(args, args->params, err);
    if (rc)
        return rc;
    struct as_json *params = args_take_params(args);
    rc = ctl_call(ctl, is_inflight ? "run.inflight" : args->command->method, params, &result, err);
    if (rc)
        return rc;
    if (is_inflight && !ctl->is_json)
        print_inflight(ctl, result);
    else if (has_view && !ctl->is_json)
        print_run_view(ctl, result, &view);
    else
        ctl_show(ctl, args->command, result);
    return 0;
}

int command_run_pause(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *result = NULL;
    if (args_has(args, "drain") && args_has(args, "hold"))
        return as_err_set(err, AS_EUSAGE, "--drain and --hold exclude each other");
    int rc = ctl_call(ctl, args->command->method, args_take_params(args), &result, err);
    if (rc)
        return rc;
    ctl_show(ctl, args->command, result);
    return 0;
}

/* A notice of rescore.progress is shown as one of a run's. */
static void on_rescore_notice(void *ctx, const struct proto_message *notice)
{
    if (!strcmp(notice->method, "rescore.progress"))
        progress_show(ctx, notice->params);
}

int command_rescore(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *result = NULL;
    struct progress progress;
    progress_init(&progress, &ctl->messages);
    int rc = ctl_connect(ctl, err);
    if (rc)
        return rc;
    client_on_notice(ctl->client, on_rescore_notice, &progress);
    rc = ctl_call(ctl, args->command->method, args_take_params(args), &result, err);
    client_on_notice(ctl->client, NULL, NULL);
    progress_done(&progress);
    if (rc)
        return rc;
    ctl_show(ctl, args->command, result);
    return 0;
}

int command_run_replay(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *started = NULL, *result = NULL;
    struct run_wait wait = {0};
    int rc = ctl_call(ctl, args->command->method, args_take_params(args), &started, err);
    if (rc)
        return rc;
    wait.run = as_json_get_int(started, "run", 0);
    rc = run_watch_to_end(ctl, &wait, err);
    if (!rc)
        rc = ctl_call(ctl, "run.replay_check", run_params(wait.run), &result, err);
    if (rc)
        return rc;
    ctl_show(ctl, args->command, result);
    return as_json_get_bool(result, "equal", false) ? 0 : EXIT_RUN_FAILED;
}

int command_gate(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *result = NULL;
    int rc = ctl_call(ctl, args->command->method, args_take_params(args), &result, err);
    if (rc)
        return rc;
    ctl_show(ctl, args->command, result);
    return run_exit_code(result, true);
}
