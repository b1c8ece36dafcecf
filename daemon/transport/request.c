/* Building a request, its states, its place in a queue, and its id. The text is checked and copied
 * once, in the form in which libcurl wants it, so that a retry has nothing left to do; a request
 * that must not go out carries the sentence that says why. */
#include "daemon/transport/request.h"

#include "daemon/transport/http_text.h"

#include <stdlib.h>
#include <string.h>

#define JSON_CONTENT_TYPE "Content-Type: application/json"

static size_t text_size(const struct transport_request *from)
{
    size_t size = from->method.len + from->url.len + from->body.len + 3 + sizeof(JSON_CONTENT_TYPE);
    for (uint32_t i = 0; i < from->header_count; i++)
        size += from->headers[i].name.len + from->headers[i].value.len + 3;
    return size;
}

static struct as_str put_text(char **at, struct as_str text)
{
    struct as_str copy = {*at, text.len};
    if (text.len)
        memcpy(*at, text.ptr, text.len);
    (*at)[text.len] = '\0';
    *at += text.len + 1;
    return copy;
}

/* libcurl sends "Name;" as a header with an empty value, and takes "Name:" as a wish to leave its
 * own one out. */
static void put_header(char **at, const struct job_header *header)
{
    bool is_empty = header->value.len == 0;
    memcpy(*at, header->name.ptr, header->name.len);
    *at += header->name.len;
    memcpy(*at, is_empty ? ";" : ": ", is_empty ? 1 : 2);
    *at += is_empty ? 1 : 2;
    put_text(at, header->value);
}

static int check_form(const struct lane *lane, const struct transport_request *from,
                      struct as_err *err)
{
    if (http_method_check(from->method, err))
        return err->code;
    if (from->header_count > JOB_HEADERS_MAX)
        return as_err_set(err, AS_EINVAL, "the request has more than %u headers", JOB_HEADERS_MAX);
    if (from->body.len > JOB_BODY_MAX_BYTES)
        return as_err_set(err, AS_EINVAL, "the request's body is over %u bytes",
                          JOB_BODY_MAX_BYTES);
    for (uint32_t i = 0; i < from->header_count; i++)
        if (http_header_check(&from->headers[i], lane->auth_header, err))
            return err->code;
    return 0;
}

static void copy_text(struct request *request, const struct transport_request *from)
{
    char *at = request->text;
    request->method = put_text(&at, from->method);
    request->url = put_text(&at, from->url);
    request->body = put_text(&at, from->body);
    request->wire.method = request->method.ptr;
    request->wire.url = request->url.ptr;
    request->wire.body = request->body;
    request->wire.header_lines = at;
    bool has_type = from->body.len == 0;
    for (uint32_t i = 0; i < from->header_count; i++) {
        put_header(&at, &from->headers[i]);
        has_type = has_type || http_name_is(from->headers[i].name, "content-type");
    }
    request->wire.header_count = from->header_count;
    if (!has_type) {
        put_text(&at, AS_STR(JSON_CONTENT_TYPE));
        request->wire.header_count++;
    }
}

struct request *request_new(struct transport *transport, struct lane *lane,
                            const struct transport_request *from, transport_done_fn done, void *ctx)
{
    struct as_err err = {0};
    struct transport_request fit = *from;
    if (check_form(lane, from, &err))
        fit =
            (struct transport_request){.method = AS_STR(""), .url = from->url, .body = AS_STR("")};
    struct request *request = as_xmalloc(sizeof(*request) + text_size(&fit));
    *request = (struct request){
        .transport = transport,
        .lane = lane,
        .state = REQUEST_QUEUED,
        .priority = from->priority,
        .classify = from->classify,
        .skip_find = from->skip_find,
        .account = from->account,
        .claim = from->claim,
        .done = done,
        .ctx = ctx,
        .key = from->journal,
        .refusal = err.code ? as_xstrdup(err.msg) : NULL,
    };
    copy_text(request, &fit);
    return request;
}

void request_free(struct request *request)
{
    AS_ASSERT(!request->journal_debts && !request->slot && !request->attempt && !request->auth &&
              !request->backoff);
    free(request->refusal);
    free(request);
}

static const char *state_name(enum request_state state)
{
    static const char *const names[REQUEST_STATE_COUNT] = {
        "queued",      "held",        "finding", "waiting",     "intending", "ready", "in flight",
        "classifying", "backing off", "keeping", "withdrawing", "cancelled", "done",
    };
    return names[state];
}

void request_set_state(struct request *request, enum request_state state)
{
#define TO(name) (1u << REQUEST_##name)
    static const unsigned permitted[REQUEST_STATE_COUNT] = {
        [REQUEST_QUEUED] = TO(HELD) | TO(FINDING) | TO(WAITING) | TO(INTENDING) | TO(KEEPING) |
                           TO(DONE) | TO(CANCELLED),
        [REQUEST_HELD] = TO(QUEUED) | TO(READY) | TO(WITHDRAWING) | TO(CANCELLED),
        [REQUEST_FINDING] =
            TO(HELD) | TO(WAITING) | TO(INTENDING) | TO(KEEPING) | TO(DONE) | TO(CANCELLED),
        [REQUEST_WAITING] = TO(QUEUED) | TO(DONE) | TO(CANCELLED),
        [REQUEST_INTENDING] = TO(HELD) | TO(READY) | TO(DONE) | TO(WITHDRAWING) | TO(CANCELLED),
        [REQUEST_READY] = TO(HELD) | TO(IN_FLIGHT) | TO(KEEPING) | TO(WITHDRAWING) | TO(CANCELLED),
        [REQUEST_IN_FLIGHT] = TO(WAITING) | TO(INTENDING) | TO(CLASSIFYING) | TO(BACKING_OFF) |
                              TO(KEEPING) | TO(DONE) | TO(CANCELLED),
        [REQUEST_CLASSIFYING] = TO(BACKING_OFF) | TO(KEEPING) | TO(CANCELLED),
        [REQUEST_BACKING_OFF] = TO(QUEUED) | TO(CANCELLED),
        [REQUEST_KEEPING] = TO(DONE) | TO(CANCELLED),
        [REQUEST_WITHDRAWING] = TO(CANCELLED),
        [REQUEST_CANCELLED] = TO(DONE),
    };
#undef TO
    if (!(permitted[request->state] & 1u << state))
        as_assert_fail(state_name(request->state), state_name(state), 0);
    request->state = state;
}

void request_fill_exchange(const struct request *request, struct exchange *exchange)
{
    exchange->attempt = request->attempts;
    exchange->method = request->method;
    exchange->url = request->url;
    exchange->request_body = request->body;
}

void request_insert(struct request_list *list, struct request *request, struct request *after)
{
    request->prev = after;
    request->next = after ? after->next : list->head;
    *(after ? &after->next : &list->head) = request;
    *(request->next ? &request->next->prev : &list->tail) = request;
    list->count++;
}

void request_push_back(struct request_list *list, struct request *request)
{
    request_insert(list, request, list->tail);
}

void request_push_front(struct request_list *list, struct request *request)
{
    request_insert(list, request, NULL);
}

void request_unlink(struct request_list *list, struct request *request)
{
    *(request->prev ? &request->prev->next : &list->head) = request->next;
    *(request->next ? &request->next->prev : &list->tail) = request->prev;
    request->next = request->prev = NULL;
    list->count--;
}

void request_table_add(struct request_table *table, struct request *request)
{
    uint32_t index;
    if (table->free_head) {
        index = table->free_head - 1;
        table->free_head = table->entries[index].next_free;
    } else {
        if (table->count == table->cap) {
            table->cap = table->cap ? table->cap * 2 : 64;
            table->entries = as_xrealloc(table->entries, table->cap * sizeof(*table->entries));
        }
        index = table->count++;
        table->entries[index].generation = 1;
    }
    table->entries[index].request = request;
    request->id = (uint64_t)table->entries[index].generation << 32 | index;
}

void request_table_remove(struct request_table *table, uint64_t id)
{
    struct request_entry *entry = &table->entries[(uint32_t)id];
    entry->request = NULL;
    entry->generation = entry->generation == UINT32_MAX ? 1 : entry->generation + 1;
    entry->next_free = table->free_head;
    table->free_head = (uint32_t)id + 1;
}

struct request *request_table_find(const struct request_table *table, uint64_t id)
{
    uint32_t index = (uint32_t)id;
    if (index >= table->count || table->entries[index].generation != id >> 32)
        return NULL;
    return table->entries[index].request;
}

void request_table_done(struct request_table *table)
{
    free(table->entries);
    *table = (struct request_table){0};
}
