/* Waiting by notices, over a restart of the daemon if need be. */
#include "ctl/run_wait.h"

#include "ctl/progress.h"

#include <string.h>

enum { EXIT_GATE_FAILED = 2, EXIT_UNDECIDED = 5 };

static int gate_exit_code(const char *outcome)
{
    if (outcome && !strcmp(outcome, "pass"))
        return 0;
    return outcome && !strcmp(outcome, "fail") ? EXIT_GATE_FAILED : EXIT_UNDECIDED;
}

int run_exit_code(const struct as_json *run, bool asks_gate)
{
    if (strcmp(str_or(run, "state", ""), "done"))
        return EXIT_RUN_FAILED;
    if (as_json_has(run, "stopped"))
        return EXIT_UNDECIDED;
    return asks_gate ? gate_exit_code(as_json_get_cstr(run, "outcome")) : 0;
}

struct as_json *run_params(int64_t run)
{
    struct as_json *params = as_json_object();
    as_json_set_int(params, "run", run);
    return params;
}

#define RECONNECT_MS 60000 /* how long a daemon may be away under a watch */

struct watch {
    struct ctl *ctl;
    int64_t run;
    uint64_t deadline_ms;
    bool prints_notices;
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

int run_watch_to_end(struct ctl *ctl, const struct run_wait *wait, struct as_err *err)
{
    struct watch watch = {.ctl = ctl,
                          .run = wait->run,
                          .deadline_ms = wait->deadline_ms,
                          .prints_notices = wait->prints_notices};
    progress_init(&watch.progress, &ctl->messages);
    int rc = watch_once(&watch, err);
    while (rc == AS_ECONN && !(rc = wait_for_assayd(&watch, err)))
        rc = watch_once(&watch, err);
    progress_done(&watch.progress);
    return rc ? wait_ended(&watch, rc, err) : 0;
}
