/* A try ends well (exit code 0, a 2xx status), badly but perhaps better next time, or for good: a
 * 4xx other than 408 and 429 and a redirect would be the same again, and so would a key that is not
 * there. */
#include "daemon/notify/deliver.h"

#include "daemon/core/command.h"
#include "daemon/notify/message.h"
#include "lib/log.h"

#include <inttypes.h>
#include <stdlib.h>

#define BACKOFF_MS 1000u
#define BACKOFF_MAX_MS 60000u

enum attempt_end { ATTEMPT_OK, ATTEMPT_AGAIN, ATTEMPT_FINAL };

struct courier {
    struct courier_options on;
    struct delivery delivery;
    bool has_rule;
    struct notify_target target;
    uint32_t retries_left;
    struct command *command; /* under way, or NULL */
    struct post *post;       /* likewise */
    struct loop_timer *wait; /* for the first try, for the next one, and for the end */
    bool is_ended;           /* done is due */
    struct as_buf body, outcome;
    struct as_arena arena;
};

static void courier_free(struct courier *courier)
{
    command_free(courier->command);
    loop_timer_free(courier->wait);
    config_unref(courier->on.config);
    as_buf_done(&courier->body);
    as_buf_done(&courier->outcome);
    as_arena_done(&courier->arena);
    free(courier);
}

/* ---- the end of a try ---- */

static void end(struct courier *courier, enum delivery_state state)
{
    struct delivery *delivery = &courier->delivery;
    struct as_buf target = {0};
    delivery->state = state;
    delivery->ended_ms = clock_wall_ms();
    delivery->outcome = as_buf_str(&courier->outcome).ptr;
    if (courier->has_rule)
        notify_target_text(&courier->target, &target);
    as_log(state == DELIVERY_DELIVERED ? AS_LOG_INFO : AS_LOG_WARN,
           "notification %s event=%" PRId64 " kind=%s eval=%s rule=%s %s: %s",
           delivery_state_name(state), delivery->event_id, event_kind_name(delivery->event.kind),
           delivery->event.eval ? delivery->event.eval : "-", delivery->rule,
           as_buf_str(&target).ptr, delivery->outcome);
    as_buf_done(&target);
    courier->is_ended = true;
    loop_timer_start(courier->wait, 0);
}

static void try_ended(struct courier *courier, enum attempt_end how)
{
    if (how == ATTEMPT_AGAIN && courier->retries_left) {
        uint32_t shift = (uint32_t)courier->delivery.tries - 1;
        uint32_t wait_ms = shift < 6 ? BACKOFF_MS << shift : BACKOFF_MAX_MS;
        courier->retries_left--;
        loop_timer_start(courier->wait, wait_ms < BACKOFF_MAX_MS ? wait_ms : BACKOFF_MAX_MS);
        return;
    }
    if (how != ATTEMPT_OK && courier->delivery.tries > 1)
        as_buf_addf(&courier->outcome, "; that was try %" PRId64, courier->delivery.tries);
    end(courier, how == ATTEMPT_OK ? DELIVERY_DELIVERED : DELIVERY_FAILED);
}

/* The first line of what the other side said, in quotes. */
static void add_said(struct as_buf *outcome, struct as_str said)
{
    size_t len = 0;
    while (len < said.len && said.ptr[len] != '\n' && said.ptr[len] != '\r')
        len++;
    if (!len)
        return;
    as_buf_adds(outcome, ": ");
    as_json_write_quoted((struct as_str){said.ptr, len}, outcome);
}

/* ---- a command ---- */

static void on_command_done(void *ctx, const struct command_end *how)
{
    struct courier *courier = ctx;
    struct as_buf *outcome = &courier->outcome;
    if (how->is_overdue)
        as_buf_addf(outcome, "killed after its %u ms", courier->target.timeout_ms);
    else if (how->signum)
        as_buf_addf(outcome, "ended by signal %d", how->signum);
    else
        as_buf_addf(outcome, "exit code %d", how->exit_code);
    bool is_ok = !how->is_overdue && how->exit_code == 0;
    if (!is_ok)
        add_said(outcome, how->said);
    command_free(courier->command);
    courier->command = NULL;
    try_ended(courier, is_ok ? ATTEMPT_OK : ATTEMPT_AGAIN);
}

static void try_command(struct courier *courier)
{
    int rc = command_run(courier->on.loop, courier->target.argv, as_buf_str(&courier->body),
                         courier->target.timeout_ms, on_command_done, courier, &courier->command);
    if (!rc)
        return;
    as_buf_addf(&courier->outcome, "cannot be started: %s", as_err_text(rc));
    try_ended(courier, ATTEMPT_AGAIN);
}

/* ---- a webhook ---- */

static enum attempt_end end_of_status(int status)
{
    if (status >= 200 && status <= 299)
        return ATTEMPT_OK;
    return !status || status >= 500 || status == 408 || status == 429 ? ATTEMPT_AGAIN
                                                                      : ATTEMPT_FINAL;
}

static void on_post_done(void *ctx, const struct post_end *how)
{
    struct courier *courier = ctx;
    struct as_buf *outcome = &courier->outcome;
    enum attempt_end result = end_of_status(how->status);
    courier->post = NULL;
    if (how->status)
        as_buf_addf(outcome, "HTTP %d", how->status);
    else
        as_buf_adds(outcome, how->why);
    if (how->status >= 300 && how->status <= 399)
        as_buf_adds(outcome, ", a redirect, which is not followed");
    else if (result != ATTEMPT_OK)
        add_said(outcome, how->said);
    try_ended(courier, result);
}

static void try_webhook(struct courier *courier)
{
    const struct notify_target *target = &courier->target;
    char lines[MESSAGE_HEADERS][MESSAGE_HEADER_BYTES];
    const char *pointers[MESSAGE_HEADERS];
    struct as_buf key = {0};
    struct as_err err = {0};
    if (target->secret && secret_read(&courier->on.config->secrets, target->secret, &key, &err)) {
        as_buf_adds(&courier->outcome, err.msg);
        as_buf_wipe(&key);
        try_ended(courier, ATTEMPT_FINAL);
        return;
    }
    size_t count = message_headers(&courier->delivery, clock_wall_ms() / 1000, as_buf_str(&key),
                                   as_buf_str(&courier->body), lines);
    as_buf_wipe(&key);
    for (size_t i = 0; i < count; i++)
        pointers[i] = lines[i];
    struct post_request request = {
        .url = target->url,
        .body = as_buf_str(&courier->body),
        .header_lines = pointers,
        .header_count = count,
        .timeout_ms = target->timeout_ms,
    };
    courier->post = post_send(courier->on.poster, &request, on_post_done, courier);
}

/* ---- its life ---- */

static void on_wait_over(void *ctx)
{
    struct courier *courier = ctx;
    if (courier->is_ended) {
        courier->on.done(courier->on.ctx, &courier->delivery);
        courier_free(courier);
        return;
    }
    as_buf_reset(&courier->outcome);
    if (!courier->has_rule) {
        as_buf_adds(&courier->outcome, "its rule is in no file any more");
        end(courier, DELIVERY_DROPPED);
        return;
    }
    courier->delivery.tries++;
    if (courier->target.argv)
        try_command(courier);
    else
        try_webhook(courier);
}

static struct delivery copy_delivery(const struct delivery *delivery, struct as_arena *arena)
{
    struct delivery copy = *delivery;
    copy.eval = as_arena_strdup(arena, delivery->eval);
    copy.rule = as_arena_strdup(arena, delivery->rule);
    copy.outcome = NULL;
    copy.tries = 0;
    copy.event.eval = as_arena_strdup(arena, delivery->event.eval);
    copy.event.subject = as_arena_strdup(arena, delivery->event.subject);
    copy.event.text = as_arena_strdup(arena, delivery->event.text);
    copy.event.detail_json = as_arena_strdup(arena, delivery->event.detail_json);
    return copy;
}

static struct notify_target copy_target(const struct notify_target *target, struct as_arena *arena)
{
    struct notify_target copy = *target;
    size_t count = 0;
    copy.url = as_arena_strdup(arena, target->url);
    copy.secret = as_arena_strdup(arena, target->secret);
    if (!target->argv)
        return copy;
    while (target->argv[count])
        count++;
    char **argv = as_arena_alloc(arena, (count + 1) * sizeof(*argv));
    for (size_t i = 0; i < count; i++)
        argv[i] = as_arena_strdup(arena, target->argv[i]);
    copy.argv = argv;
    return copy;
}

struct courier *courier_start(const struct courier_options *options,
                              const struct delivery *delivery, const struct notify_rule *rule)
{
    struct courier *courier = as_xcalloc(1, sizeof(*courier));
    courier->on = *options;
    courier->on.config = config_ref(options->config);
    courier->delivery = copy_delivery(delivery, &courier->arena);
    courier->has_rule = rule != NULL;
    if (rule)
        courier->target = copy_target(&rule->to, &courier->arena);
    courier->retries_left = delivery->event.kind == EVENT_TEST ? 0 : courier->target.retries;
    courier->wait = loop_timer_new(options->loop, on_wait_over, courier);
    message_body(&courier->delivery, &courier->body);
    loop_timer_start(courier->wait, 0);
    return courier;
}

void courier_cancel(struct courier *courier)
{
    if (courier->post)
        post_cancel(courier->post);
    courier_free(courier);
}
