/* event watch: events as they come, over restarts of assayd as well. It goes on after the last one
 * that it has seen, so that nothing is missed while the connection is away. And notify test, whose
 * answer is an exit code too. */
#include "ctl/print.h"
#include "ctl/run_commands.h"
#include "ctl/run_wait.h"

#include <stdlib.h>
#include <string.h>

#define RECONNECT_MS 60000 /* how long a daemon may be away */

struct watch {
    struct ctl *ctl;
    struct as_json *params; /* of the call */
    int64_t left;           /* events to show; -1: without end */
};

static void show(struct watch *watch, struct as_json *event)
{
    as_json_set_int(watch->params, "after", as_json_get_int(event, "id", 0));
    if (watch->ctl->is_json)
        out_json(&watch->ctl->out, event);
    else
        print_event(watch->ctl, event);
    fflush(watch->ctl->out.stream);
    watch->left -= watch->left > 0;
}

static int watch_once(struct watch *watch, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *state = NULL;
    int rc = ctl_call(watch->ctl, "event.watch", as_json_share(watch->params), &state, err);
    if (!rc && !as_json_has(watch->params, "after"))
        as_json_set_int(watch->params, "after", as_json_get_int(state, "last", 0));
    while (!rc && watch->left) {
        struct proto_message notice = {0};
        rc = client_next_notice(watch->ctl->client, 0, &notice, err);
        if (!rc && !strcmp(notice.method, "event"))
            show(watch, notice.params);
        proto_message_done(&notice);
    }
    return rc;
}

static int wait_for_assayd(struct watch *watch, struct as_err *err)
{
    out_print(&watch->ctl->messages, "assayd has gone away: waiting for it to come back\n");
    return client_reopen(watch->ctl->client, client_now_ms() + RECONNECT_MS, err);
}

static int take_count(const struct args *args, int64_t *ret_count, struct as_err *err)
{
    const char *text = args_value(args, "count");
    char *end = NULL;
    long long count = text ? strtoll(text, &end, 10) : -1;
    if (text && (end == text || *end || count < 1))
        return as_err_set(err, AS_EUSAGE, "--count is a whole number from 1 on, not '%s'", text);
    *ret_count = count;
    return 0;
}

int command_event_watch(struct ctl *ctl, struct args *args, struct as_err *err)
{
    struct watch watch = {.ctl = ctl};
    int rc = take_count(args, &watch.left, err);
    if (!rc)
        rc = ctl_connect(ctl, err);
    if (rc)
        return rc;
    watch.params = args_take_params(args);
    rc = watch_once(&watch, err);
    while (rc == AS_ECONN && !(rc = wait_for_assayd(&watch, err)))
        rc = watch_once(&watch, err);
    as_json_free(watch.params);
    return rc == AS_ECANCELED ? 0 : rc; /* an interrupt is how it ends */
}

int command_notify_test(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *result = NULL;
    int rc = ctl_call(ctl, args->command->method, args_take_params(args), &result, err);
    if (rc)
        return rc;
    ctl_show(ctl, args->command, result);
    const struct as_json *deliveries = as_json_get(result, "deliveries");
    for (size_t i = 0; i < as_json_len(deliveries); i++)
        if (strcmp(str_or(as_json_at(deliveries, i), "state", ""), "delivered"))
            return EXIT_RUN_FAILED;
    return 0;
}
