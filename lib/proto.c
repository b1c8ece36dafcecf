/* Looking up and checking calls by the table, and the lines of JSON-RPC 2.0 both ways.
 *
 * A sentence of proto_check is read by whoever typed the call by hand: it names the method, the
 * parameter, what was expected and what came. What a peer sent is quoted only up to a few bytes. */
#include "lib/proto.h"

#include "lib/nearest.h"
#include "lib/proto_own.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RPC_NOT_JSON (-32700)
#define RPC_NOT_A_MESSAGE (-32600)
#define RPC_UNKNOWN_METHOD (-32601)
#define RPC_BAD_PARAMS (-32602)
#define RPC_OURS (-32000)

const char *proto_role_name(enum proto_role role)
{
    static const char *const names[] = {"observer", "operator", "admin"};
    return names[role];
}

const char *proto_type_name(enum proto_type type)
{
    static const char *const names[] = {"string",  "integer", "number",
                                        "boolean", "object",  "array of strings"};
    return names[type];
}

static const struct proto_method *const tables[] = {proto_daemon_methods, proto_run_methods,
                                                    proto_result_methods, proto_schedule_methods,
                                                    proto_event_methods};

/* The table that this is the end of. */
static size_t table_before(const struct proto_method *end)
{
    for (size_t i = 0;; i++) {
        const struct proto_method *at = tables[i];
        while (at->name)
            at++;
        if (at == end)
            return i;
    }
}

const struct proto_method *proto_next(const struct proto_method *before)
{
    if (!before)
        return tables[0];
    if (before[1].name)
        return before + 1;
    size_t next = table_before(before + 1) + 1;
    return next < AS_COUNT(tables) ? tables[next] : NULL;
}

const struct proto_method *proto_find(const char *name)
{
    for (const struct proto_method *method = NULL; (method = proto_next(method));)
        if (!strcmp(method->name, name))
            return method;
    return NULL;
}

const char *proto_nearest(const char *name)
{
    struct as_nearest nearest = {0};
    for (const struct proto_method *method = NULL; (method = proto_next(method));)
        as_nearest_offer(&nearest, name, method->name);
    return nearest.best;
}

/* ---- checking parameters ---- */

struct check {
    const struct proto_method *method;
    struct as_err *err;
    int rc; /* of the first bad parameter */
};

static bool is_of_type(const struct as_json *value, enum proto_type type)
{
    enum as_json_type got = as_json_type_of(value);
    switch (type) {
    case PROTO_STRING: return got == AS_JSON_STRING;
    case PROTO_INT: return got == AS_JSON_INT;
    case PROTO_NUMBER: return as_json_is_number(value);
    case PROTO_BOOL: return got == AS_JSON_BOOL;
    case PROTO_OBJECT: return got == AS_JSON_OBJECT;
    case PROTO_STRINGS: return got == AS_JSON_ARRAY;
    }
    return false;
}

static bool is_plain_text(const struct as_json *value)
{
    struct as_str text = as_json_str(value);
    return text.ptr && !memchr(text.ptr, '\0', text.len);
}

static const char *unit_of(enum proto_type type)
{
    return type == PROTO_STRING ? " bytes" : type == PROTO_STRINGS ? " strings" : "";
}

static int check_bounds(const struct check *check, const struct proto_param *param,
                        const struct as_json *value)
{
    int64_t size = param->type == PROTO_INT      ? as_json_int(value, 0)
                   : param->type == PROTO_STRING ? (int64_t)as_json_str(value).len
                                                 : (int64_t)as_json_len(value);
    if (!param->max || (size >= param->min && size <= param->max))
        return 0;
    if (param->type == PROTO_STRING && size == 0)
        return as_err_set(check->err, AS_EINVAL, "%s: parameter '%s' must not be empty",
                          check->method->name, param->name);
    if (size < param->min)
        return as_err_set(check->err, AS_EINVAL,
                          "%s: parameter '%s' must be at least %" PRId64 "%s, not %" PRId64,
                          check->method->name, param->name, param->min, unit_of(param->type), size);
    return as_err_set(check->err, AS_EINVAL,
                      "%s: parameter '%s' must be at most %" PRId64 "%s, not %" PRId64,
                      check->method->name, param->name, param->max, unit_of(param->type), size);
}

static int check_value(const struct check *check, const struct proto_param *param,
                       const struct as_json *value)
{
    if (!is_of_type(value, param->type))
        return as_err_set(check->err, AS_EINVAL, "%s: parameter '%s' must be %s %s, not %s",
                          check->method->name, param->name,
                          strchr("aio", proto_type_name(param->type)[0]) ? "an" : "a",
                          proto_type_name(param->type), as_json_type_name(as_json_type_of(value)));
    bool is_plain = param->type != PROTO_STRING || is_plain_text(value);
    for (size_t i = 0; param->type == PROTO_STRINGS && i < as_json_len(value); i++) {
        if (as_json_type_of(as_json_at(value, i)) != AS_JSON_STRING)
            return as_err_set(check->err, AS_EINVAL,
                              "%s: parameter '%s' must be an array of strings: item %zu is %s",
                              check->method->name, param->name, i,
                              as_json_type_name(as_json_type_of(as_json_at(value, i))));
        is_plain = is_plain && is_plain_text(as_json_at(value, i));
    }
    if (!is_plain)
        return as_err_set(check->err, AS_EINVAL, "%s: parameter '%s' must not hold a NUL character",
                          check->method->name, param->name);
    return check_bounds(check, param, value);
}

static int unknown_param(const struct check *check, const char *key)
{
    const struct proto_param *params = check->method->params;
    if (!params[0].name)
        return as_err_set(check->err, AS_EINVAL, "%s takes no parameters, but '%.64s' was given",
                          check->method->name, key);
    struct as_nearest nearest = {0};
    char known[256] = "";
    for (const struct proto_param *param = params; param->name; param++) {
        as_nearest_offer(&nearest, key, param->name);
        size_t used = strlen(known);
        snprintf(known + used, sizeof(known) - used, "%s%s", used ? ", " : "", param->name);
    }
    if (nearest.best)
        return as_err_set(check->err, AS_EINVAL,
                          "%s: unknown parameter '%.64s': did you mean '%s'?", check->method->name,
                          key, nearest.best);
    return as_err_set(check->err, AS_EINVAL, "%s: unknown parameter '%.64s': it takes %s",
                      check->method->name, key, known);
}

static void check_member(void *ctx, const char *key, struct as_json *value)
{
    struct check *check = ctx;
    if (check->rc)
        return;
    const struct proto_param *param = check->method->params;
    while (param->name && strcmp(param->name, key))
        param++;
    if (!param->name)
        check->rc = unknown_param(check, key);
    else if (value)
        check->rc = check_value(check, param, value);
}

int proto_check(const struct proto_method *method, const struct as_json *params, struct as_err *err)
{
    struct check check = {method, err, 0};
    as_json_each(params, check_member, &check);
    if (check.rc)
        return check.rc;
    for (const struct proto_param *param = method->params; param->name; param++)
        if (param->is_required && !as_json_get(params, param->name))
            return as_err_set(err, AS_EINVAL, "%s: parameter '%s' is missing: %s (%s)",
                              method->name, param->name, param->doc, proto_type_name(param->type));
    return 0;
}

/* ---- lines ---- */

static int check_message(const struct proto_message *message, struct as_err *err)
{
    const struct as_json *root = message->root;
    if (as_json_type_of(root) == AS_JSON_ARRAY)
        return as_err_set(err, AS_EUSAGE, "batches are not taken: send one message a line");
    if (as_json_type_of(root) != AS_JSON_OBJECT)
        return as_err_set(err, AS_EUSAGE, "a message is a JSON object, not %s",
                          as_json_type_name(as_json_type_of(root)));
    if (!as_str_eq(as_json_get_str(root, "jsonrpc"), "2.0"))
        return as_err_set(err, AS_EUSAGE, "the message lacks \"jsonrpc\": \"2.0\"");
    enum as_json_type id_type = as_json_type_of(message->id);
    if (id_type != AS_JSON_NULL && id_type != AS_JSON_INT && id_type != AS_JSON_STRING)
        return as_err_set(err, AS_EUSAGE, "\"id\" must be a string or an integer, not %s",
                          as_json_type_name(id_type));
    if (as_json_str(message->id).len > PROTO_ID_MAX_BYTES)
        return as_err_set(err, AS_EUSAGE, "\"id\" must have at most %u bytes, not %zu",
                          PROTO_ID_MAX_BYTES, as_json_str(message->id).len);
    bool is_response = as_json_has(root, "result") || as_json_has(root, "error");
    if (!is_response && !is_plain_text(as_json_get(root, "method")))
        return as_err_set(err, AS_EUSAGE, "\"method\" is missing or no string");
    if (message->params && as_json_type_of(message->params) != AS_JSON_OBJECT)
        return as_err_set(err, AS_EUSAGE, "\"params\" must be an object, not %s",
                          as_json_type_name(as_json_type_of(message->params)));
    return 0;
}

int proto_parse(struct as_str line, struct proto_message *ret_message, struct as_err *err)
{
    struct proto_message message = {0};
    if (as_json_parse(line.ptr, line.len, &message.root, err)) {
        if (err)
            err->code = AS_EPROTO;
        return AS_EPROTO;
    }
    message.id = as_json_get(message.root, "id");
    message.method = as_json_get_cstr(message.root, "method");
    message.params = as_json_get(message.root, "params");
    message.result = as_json_get(message.root, "result");
    message.error = as_json_get(message.root, "error");
    int rc = check_message(&message, err);
    if (rc)
        proto_message_done(&message);
    else
        *ret_message = message;
    return rc;
}

void proto_message_done(struct proto_message *message)
{
    as_json_free(message->root);
    *message = (struct proto_message){0};
}

static void open_line(struct as_buf *out)
{
    as_buf_adds(out, "{\"jsonrpc\":\"2.0\"");
}

static void add_member_take(struct as_buf *out, const char *key, struct as_json *value_take)
{
    as_buf_addf(out, ",\"%s\":", key);
    as_json_write(value_take, out);
    as_json_free(value_take);
}

static void add_id(struct as_buf *out, const struct as_json *id)
{
    as_buf_adds(out, ",\"id\":");
    as_json_write(id, out);
}

static void close_line(struct as_buf *out)
{
    as_buf_adds(out, "}\n");
}

void proto_write_request(struct as_buf *out, int64_t id, const char *method,
                         struct as_json *params_take)
{
    open_line(out);
    add_member_take(out, "id", as_json_new_int(id));
    add_member_take(out, "method", as_json_new_str(as_str_from(method)));
    if (params_take)
        add_member_take(out, "params", params_take);
    close_line(out);
}

void proto_write_result(struct as_buf *out, const struct as_json *id, struct as_json *result_take)
{
    open_line(out);
    add_id(out, id);
    add_member_take(out, "result", result_take);
    close_line(out);
}

void proto_write_notice(struct as_buf *out, const char *method, struct as_json *params_take)
{
    open_line(out);
    add_member_take(out, "method", as_json_new_str(as_str_from(method)));
    add_member_take(out, "params", params_take);
    close_line(out);
}

static int rpc_code_of(int code)
{
    switch (code) {
    case AS_EPROTO: return RPC_NOT_JSON;
    case AS_EUSAGE: return RPC_NOT_A_MESSAGE;
    case AS_EMETHOD: return RPC_UNKNOWN_METHOD;
    case AS_EINVAL: return RPC_BAD_PARAMS;
    default: return RPC_OURS;
    }
}

void proto_write_error(struct as_buf *out, const struct as_json *id, const struct as_err *err)
{
    struct as_json *error = as_json_object(), *data = as_json_object();
    as_json_set_int(error, "code", rpc_code_of(err->code));
    as_json_set_str(error, "message", err->msg[0] ? err->msg : as_err_text(err->code));
    as_json_set_str(data, "name", as_err_wire(err->code));
    as_json_set_take(error, "data", data);
    open_line(out);
    add_id(out, id);
    add_member_take(out, "error", error);
    close_line(out);
}

int proto_error_of(const struct proto_message *message, struct as_err *ret_err)
{
    const char *name = as_json_get_cstr(as_json_get(message->error, "data"), "name");
    const char *text = as_json_get_cstr(message->error, "message");
    int code = name ? as_err_from_wire(name) : 0;
    return as_err_set(ret_err, code ? code : AS_EPROTO, "%s", text ? text : "error without a text");
}
