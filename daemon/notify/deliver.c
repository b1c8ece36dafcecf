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
    uint32_t timeout_ms, retries; /* as the rule had them at the latest try */
    struct as_buf target;         /* likewise, as it is shown */
    struct command *command;      /* under way, or NULL */
    struct post *post;            /* likewise */
    struct loop_timer *wait;      /* for the first try, for the next one, and for the end */
    bool is_ended;                /* done is due */
    struct as_buf body, outcome;
    struct as_arena arena;
};

static void courier_free(struct courier *courier)
{
    command_free(courier->command);
    loop_timer_free(courier->wait);
    as_buf_done(&courier->target);
    as_buf_done(&courier->body);
    as_buf_done(&courier->outcome);
    as_arena_done(&courier->arena);
    free(courier);
}

/* ---- the end of a try ---- */

static void end(struct courier *courier, enum delivery_state state)
{
    struct delivery *delivery = &courier->delivery;
    const char *eval = delivery->event.eval;
    delivery->state = state;
    delivery->ended_ms = clock_wall_ms();
    delivery->outcome = as_buf_str(&courier->outcome).ptr;
    as_log(state == DELIVERY_DELIVERED ? AS_LOG_INFO : AS_LOG_WARN,
           "notification %s event=%" PRId64 " kind=%s eval=%s rule=%s %s%s%s",
           delivery_state_name(state), delivery->event_id,
           delivery->has_event ? event_kind_name(delivery->event.kind) : "-", eval ? eval : "-",
           delivery->rule, courier->target.len ? courier->target.ptr : "",
           courier->target.len ? ": " : "", delivery->outcome);
    courier->is_ended = true;
    loop_timer_start(courier->wait, 0);
}

/* asked_ms: how long the other side wants to be left alone; 0: it did not say. */
static void wait_to_try_again(struct courier *courier, uint32_t asked_ms)
{
    uint32_t shift = (uint32_t)courier->delivery.tries - 1;
    uint32_t wait_ms = shift < 6 ? BACKOFF_MS << shift : BACKOFF_MAX_MS;
    wait_ms = wait_ms < BACKOFF_MAX_MS ? wait_ms : BACKOFF_MAX_MS;
    loop_timer_start(courier->wait, wait_ms > asked_ms ? wait_ms : asked_ms);
}

static void try_ended(struct courier *courier, enum attempt_end how, uint32_t asked_ms)
{
    if (how == ATTEMPT_AGAIN && courier->delivery.tries <= courier->retries) {
        wait_to_try_again(courier, asked_ms);
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
        as_buf_addf(outcome, "killed after its %u ms", courier->timeout_ms);
    else if (how->signum)
        as_buf_addf(outcome, "ended by signal %d", how->signum);
    else
        as_buf_addf(outcome, "exit code %d", how->exit_code);
    bool is_ok = !how->is_overdue && how->exit_code == 0;
    if (!is_ok)
        add_said(outcome, how->said);
    command_free(courier->command);
    courier->command = NULL;
    try_ended(courier, is_ok ? ATTEMPT_OK : ATTEMPT_AGAIN, 0);
}

static void try_command(struct courier *courier, const struct notify_target *target)
{
    int rc = command_run(courier->on.loop, target->argv, as_buf_str(&courier->body),
                         target->timeout_ms, on_command_done, courier, &courier->command);
    if (!rc)
        return;
    as_buf_addf(&courier->outcome, "cannot be started: %s", as_err_text(rc));
    try_ended(courier, ATTEMPT_AGAIN, 0);
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
    try_ended(courier, result, how->retry_after_ms);
}

static void try_webhook(struct courier *courier, const struct notify_target *target)
{
    const struct secret_sources *secrets = &courier->on.sources->config->secrets;
    char lines[MESSAGE_HEADERS][MESSAGE_HEADER_BYTES];
    const char *pointers[MESSAGE_HEADERS];
    struct as_buf key = {0};
    struct as_err err = {0};
    if (target->secret && secret_read(secrets, target->secret, &key, &err)) {
        as_buf_adds(&courier->outcome, err.msg);
        as_buf_wipe(&key);
        try_ended(courier, ATTEMPT_FINAL, 0);
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

static void drop(struct courier *courier, const char *why)
{
    as_buf_adds(&courier->outcome, why);
    end(courier, DELIVERY_DROPPED);
}

static void try_it(struct courier *courier, const struct notify_rule *rule)
{
    const struct notify_target *target = &rule->to;
    courier->retries = courier->delivery.event.kind == EVENT_TEST ? 0 : target->retries;
    courier->timeout_ms = target->timeout_ms;
    as_buf_reset(&courier->target);
    notify_target_text(target, &courier->target);
    courier->delivery.tries++;
    if (target->argv)
        try_command(courier, target);
    else
        try_webhook(courier, target);
}

static void on_wait_over(void *ctx)
{
    struct courier *courier = ctx;
    const struct delivery *delivery = &courier->delivery;
    if (courier->is_ended) {
        courier->on.done(courier->on.ctx, delivery);
        courier_free(courier);
        return;
    }
    as_buf_reset(&courier->outcome);
    const struct notify_rule *rule =
        notify_rule_of(courier->on.sources, delivery->eval, delivery->rule);
    if (!delivery->has_event)
        drop(courier, "its event is kept no longer");
    else if (!rule)
        drop(courier, "its rule is in no file any more");
    else
        try_it(courier, rule);
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

struct courier *courier_start(const struct courier_options *options,
                              const struct delivery *delivery)
{
    struct courier *courier = as_xcalloc(1, sizeof(*courier));
    courier->on = *options;
    courier->delivery = copy_delivery(delivery, &courier->arena);
    courier->wait = loop_timer_new(options->loop, on_wait_over, courier);
    if (delivery->has_event)
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
