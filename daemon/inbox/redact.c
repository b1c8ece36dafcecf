/* All cases are submitted at once: the worker takes them in batches, each in its own time. */
#include "daemon/inbox/redact.h"

#include "lib/json.h"

#include <stdlib.h>

struct redaction {
    struct redact_options options;
    size_t waiting;
    struct redact_failure failure;
    struct as_buf text; /* of the failure; empty: there is none */
};

struct one {
    struct redaction *redaction;
    size_t at;
};

static void fail(struct redaction *redaction, size_t at, const char *what, struct as_str said)
{
    if (redaction->text.len)
        return;
    as_buf_addf(&redaction->text, "case '%s': ", redaction->options.cases[at].id.ptr);
    if (said.ptr)
        as_buf_add_utf8_safe(&redaction->text, said.ptr, said.len);
    as_buf_addc(&redaction->text, '\n');
    redaction->failure = (struct redact_failure){at, what, redaction->text.ptr};
}

/* What the rest of the batch leans on; all else of a case is checked when it is staged. */
static bool is_whole(const struct as_json *item)
{
    const struct as_json *metadata = as_json_get(item, "metadata");
    return as_json_get_str(item, "id").len &&
           (!metadata || as_json_type_of(metadata) == AS_JSON_OBJECT);
}

static void take(struct redaction *redaction, size_t at, const struct job_reply *reply)
{
    AS_CLEANUP_JSON struct as_json *json = NULL;
    struct case_record *item = &redaction->options.cases[at];
    struct as_str text = reply->case_json;
    if (reply->status != JOB_OK)
        fail(redaction, at, job_status_name(reply->status), reply->reason);
    else if (reply->is_na)
        item->json.ptr = NULL;
    else if (as_json_parse(text.ptr, text.len, &json, NULL) || !is_whole(json))
        fail(redaction, at, "made no case of it", text);
    else {
        item->json = as_arena_dup(redaction->options.arena, text);
        item->id = as_arena_dup(redaction->options.arena, as_json_get_str(json, "id"));
    }
}

static void on_reply(void *ctx, const struct job_reply *reply)
{
    struct one *one = ctx;
    struct redaction *redaction = one->redaction;
    take(redaction, one->at, reply);
    free(one);
    if (--redaction->waiting)
        return;
    redaction->options.done(redaction->options.ctx,
                            redaction->text.len ? &redaction->failure : NULL);
    as_buf_done(&redaction->text);
    free(redaction);
}

void redact_cases(const struct redact_options *options)
{
    struct redaction *redaction = as_xcalloc(1, sizeof(*redaction));
    redaction->options = *options;
    redaction->waiting = options->count;
    for (size_t i = 0; i < options->count; i++) {
        struct one *one = as_xcalloc(1, sizeof(*one));
        struct job_row row = {.kind = JOB_REDACT,
                              .case_json = options->cases[i].json,
                              .params_json = as_str_from(options->params_json)};
        *one = (struct one){redaction, i};
        sandbox_submit(options->sandbox, options->redactor, &row, on_reply, one);
    }
}
