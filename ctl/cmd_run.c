/* run start, run show, run watch, run pause, run rescore, gate: waiting for the end of what was
 * asked for, and the exit code that it means. */
#include "ctl/print.h"
#include "ctl/progress.h"
#include "ctl/run_commands.h"
#include "lib/duration.h"

#include <stdlib.h>
#include <string.h>

enum { EXIT_GATE_FAILED = 2, EXIT_RUN_FAILED = 3, EXIT_UNDECIDED = 5 };

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

static int gate_exit_code(const char *outcome)
{
    if (outcome && !strcmp(outcome, "pass"))
        return 0;
    return outcome && !strcmp(outcome, "fail") ? EXIT_GATE_FAILED : EXIT_UNDECIDED;
}

/* Of a run that has ended. */
static int run_exit_code(const struct as_json *run, bool asks_gate)
{
    if (strcmp(str_or(run, "state", ""), "done"))
        return EXIT_RUN_FAILED;
    if (as_json_has(run, "stopped"))
        return EXIT_UNDECIDED;
    return asks_gate ? gate_exit_code(as_json_get_cstr(run, "outcome")) : 0;
}

static struct as_json *run_params(int64_t run)
{
    struct as_json *params = as_json_object();
    as_json_set_int(params, "run", run);
    return params;
}

/* ---- watching ---- */

#define RECONNECT_MS 60000 /* how long a daemon may be away under a watch */

struct watch {
    struct ctl *ctl;
    int64_t run;
    uint64_t deadline_ms; /* 0 = none */
    bool prints_notices;  /* as JSON, one a line, instead of a bar */
    struct progress progress;
};

/* The wait ended before the run did: what to tell, and with which code. */
static int wait_ended(const struct watch *watch, int rc, struct as_err *err)
{
    const char *why = rc == AS_ETIMEOUT ? "the time is over" : "interrupted";
    if (rc == AS_ECONN)
        return as_err_set(err, rc,
                          "assayd has gone away; run %lld goes on when it is back: "
                          "assayctl run watch %lld",
                          (long long)watch->run, (long long)watch->run);
    if (rc != AS_ETIMEOUT && rc != AS_ECANCELED)
        return rc;
    return as_err_set(err, AS_ETIMEOUT,
                      "%s, but run %lld goes on: assayctl run watch %lld, or run cancel %lld", why,
                      (long long)watch->run, (long long)watch->run, (long long)watch->run);
}

static void show_step(struct watch *watch, const struct as_json *state)
{
    if (watch->prints_notices) {
        out_json(&watch->ctl->out, state);
        fflush(watch->ctl->out.stream);
    } else if (as_json_get_int(state, "total", 0)) {
        progress_show(&watch->progress, state);
    }
}

static int follow_notices(struct watch *watch, struct as_err *err)
{
    for (bool has_ended = false; !has_ended;) {
        struct proto_message notice = {0};
        int rc = client_next_notice(watch->ctl->client, watch->deadline_ms, &notice, err);
        if (rc)
            return rc;
        if (as_json_get_int(notice.params, "run", 0) == watch->run) {
            has_ended = !strcmp(notice.method, "run.ended");
            show_step(watch, notice.params);
        }
        proto_message_done(&notice);
    }
    return 0;
}

/* From a connection's first word on the run to its end, or to that of the connection. */
static int watch_once(struct watch *watch, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *state = NULL;
    int rc = ctl_call(watch->ctl, "run.watch", run_params(watch->run), &state, err);
    if (rc)
        return rc;
    show_step(watch, state);
    return follow_notices(watch, err);
}

/* The run goes on when assayd is back, and so does the watching. */
static int wait_for_assayd(struct watch *watch, struct as_err *err)
{
    uint64_t patience_ms = client_now_ms() + RECONNECT_MS;
    progress_done(&watch->progress);
    out_print(&watch->ctl->messages, "assayd has gone away: waiting for it to come back\n");
    if (watch->deadline_ms && watch->deadline_ms < patience_ms)
        patience_ms = watch->deadline_ms;
    return client_reopen(watch->ctl->client, patience_ms, err);
}

static int watch_to_end(struct watch *watch, struct as_err *err)
{
    progress_init(&watch->progress, &watch->ctl->messages);
    int rc = watch_once(watch, err);
    while (rc == AS_ECONN && !(rc = wait_for_assayd(watch, err)))
        rc = watch_once(watch, err);
    progress_done(&watch->progress);
    return rc ? wait_ended(watch, rc, err) : 0;
}

/* ---- commands ---- */

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

int command_run_start(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *started = NULL, *result = NULL;
    struct watch watch = {.ctl = ctl};
    const char *timeout = args_value(args, "timeout");
    bool asks_gate = args_has(args, "gate");
    int64_t timeout_ms = 0;
    int rc = timeout ? parse_timeout(timeout, &timeout_ms, err) : 0;
    if (!rc)
        rc = take_cache(args, err);
    if (!rc)
        rc = ctl_call(ctl, args->command->method, args_take_params(args), &started, err);
    if (rc)
        return rc;
    watch.run = as_json_get_int(started, "run", 0);
    watch.deadline_ms = timeout ? client_now_ms() + (uint64_t)timeout_ms : 0;
    if (!args_has(args, "wait") && !asks_gate && !timeout) {
        ctl_show(ctl, args->command, started);
        return 0;
    }
    out_print(&ctl->messages, "run %lld started\n", (long long)watch.run);
    rc = watch_to_end(&watch, err);
    if (!rc)
        rc = ctl_call(ctl, "run.show", run_params(watch.run), &result, err);
    if (rc)
        return rc;
    if (ctl->is_json)
        out_json(&ctl->out, result);
    else
        print_run(ctl, result);
    return run_exit_code(result, asks_gate);
}

int command_run_watch(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *before = NULL, *after = NULL;
    struct watch watch = {.ctl = ctl, .prints_notices = ctl->is_json};
    /* run.show first: it makes a number of "last", and says at once when there is no such run */
    int rc = ctl_call(ctl, "run.show", args_take_params(args), &before, err);
    if (rc)
        return rc;
    watch.run = as_json_get_int(before, "run", 0);
    rc = watch_to_end(&watch, err);
    if (!rc)
        rc = ctl_call(ctl, "run.show", run_params(watch.run), &after, err);
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
    struct as_json *params = args_take_params(args);
    int rc = is_inflight ? take_limit(args, params, err) : 0;
    if (rc) {
        as_json_free(params);
        return rc;
    }
    rc = ctl_call(ctl, is_inflight ? "run.inflight" : args->command->method, params, &result, err);
    if (rc)
        return rc;
    if (is_inflight && !ctl->is_json)
        print_inflight(ctl, result);
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
    struct watch watch = {.ctl = ctl};
    int rc = ctl_call(ctl, args->command->method, args_take_params(args), &started, err);
    if (rc)
        return rc;
    watch.run = as_json_get_int(started, "run", 0);
    rc = watch_to_end(&watch, err);
    if (!rc)
        rc = ctl_call(ctl, "run.replay_check", run_params(watch.run), &result, err);
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
