/* A script's results become a reply here and nowhere else. Nothing is converted, cut or clamped
 * into shape: a score off the scale, a number in a string or a misspelt field is the script's
 * mistake, and it is told so. */
#include "worker/results.h"

#include "worker/api.h"
#include "worker/fields.h"

#include <lauxlib.h>
#include <math.h>

#define ROLES "system developer user assistant tool"
/* Two texts of one reply; the rest of the frame is for what goes with them. */
#define TEXTS_MAX_BYTES (JOB_FRAME_MAX_BYTES - (64u << 10))

/* nil, why. True when the first result is nil and the second says why. */
static bool read_not_applicable(lua_State *L, int first, struct job_reply *reply)
{
    if (!lua_isnil(L, first))
        return false;
    if (lua_type(L, first + 1) != LUA_TSTRING || !lua_rawlen(L, first + 1))
        luaL_error(L, "nil needs a second result that says why");
    reply->is_na = true;
    reply->reason.ptr = lua_tolstring(L, first + 1, &reply->reason.len);
    return true;
}

static void require_table(lua_State *L, int value, const char *wanted)
{
    if (!lua_istable(L, value))
        luaL_error(L, "the result must be %s, got %s", wanted, luaL_typename(L, value));
}

/* A score of the scale min..max, as a share of it. */
static double unit_score(lua_State *L, double score, double min, double max)
{
    if (isnan(score))
        luaL_error(L, "the score is NaN");
    if (score < min || score > max)
        luaL_error(L, "the score %f is not on the scale of %f to %f", score, min, max);
    double unit = (score - min) / (max - min);
    return unit <= 0 ? 0 : unit >= 1 ? 1 : unit; /* rounding only; also turns -0 into 0 */
}

/* JSON of a field, at most max bytes, left on the stack; absent when the field is nil. */
static struct as_str read_json(lua_State *L, int table, const char *name, size_t max)
{
    struct as_str text = {NULL, 0};
    if (!field_table(L, table, "result", name))
        return text;
    if (!api_json_encode(L, -1))
        luaL_error(L, "result.%s: %s", name, lua_tostring(L, -1));
    text.ptr = lua_tolstring(L, -1, &text.len);
    if (text.len > max)
        luaL_error(L, "result.%s has %d bytes as JSON, at most %d are kept", name, (int)text.len,
                   (int)max);
    return text;
}

static void check_sum(lua_State *L, struct as_str a, struct as_str b, const char *what)
{
    if (a.len + b.len > TEXTS_MAX_BYTES)
        luaL_error(L, "%s have more than %d bytes together", what, (int)TEXTS_MAX_BYTES);
}

static void read_score_table(lua_State *L, int table, double min, double max,
                             struct job_reply *reply)
{
    double score;
    bool is_pass;
    if (!field_number(L, table, "result", "score", &score))
        luaL_error(L, "result.score is missing");
    reply->score = unit_score(L, score, min, max);
    if (field_boolean(L, table, "result", "pass", &is_pass))
        reply->pass = is_pass;
    reply->label = field_text(L, table, "result", "label");
    reply->details_json = read_json(L, table, "details", JOB_DETAILS_MAX_BYTES);
}

void results_read_score(lua_State *L, int first, struct job_reply *reply)
{
    if (read_not_applicable(L, first, reply))
        return;
    if (lua_isboolean(L, first)) {
        reply->pass = (int8_t)lua_toboolean(L, first);
        reply->score = reply->pass;
        return;
    }
    if (lua_type(L, first) == LUA_TNUMBER) {
        reply->score = unit_score(L, lua_tonumber(L, first), 0, 1);
        return;
    }
    require_table(L, first, "a number, a boolean, a table, or nil and why");
    fields_check_known(L, first, "result", "score pass label reason details");
    read_score_table(L, first, 0, 1, reply);
    reply->reason = field_text(L, first, "result", "reason");
}

void results_read_grade(lua_State *L, int first, const struct plugin *plugin,
                        struct job_reply *reply)
{
    if (read_not_applicable(L, first, reply))
        return;
    require_table(L, first, "a table with score and reasoning, or nil and why");
    fields_check_known(L, first, "result", "score reasoning pass label details");
    read_score_table(L, first, plugin->scale_min, plugin->scale_max, reply);
    reply->reason = field_required_text(L, first, "result", "reasoning");
}

/* The message is at the top. */
static void check_message(lua_State *L, lua_Integer number)
{
    int message = lua_gettop(L);
    if (!lua_istable(L, message))
        luaL_error(L, "messages[%I] must be a table", number);
    struct as_str role = field_required_text(L, message, "message", "role");
    if (!job_word_is_listed(role, ROLES))
        luaL_error(L, "messages[%I].role is none of: %s", number, ROLES);
    int content = field_push(L, message, "content");
    if (content != LUA_TSTRING && content != LUA_TTABLE)
        luaL_error(L, "messages[%I].content must be a string or an array of parts", number);
    lua_pop(L, 1);
}

void results_read_question(lua_State *L, int first, struct job_reply *reply)
{
    if (read_not_applicable(L, first, reply))
        return;
    require_table(L, first, "a table with messages, or nil and why");
    fields_check_known(L, first, "result", "messages schema");
    if (!field_table(L, first, "result", "messages"))
        luaL_error(L, "result.messages is missing");
    int messages = lua_gettop(L);
    lua_Integer count = field_array_length(L, messages, "result.messages");
    if (!count)
        luaL_error(L, "result.messages is empty");
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, messages, i);
        check_message(L, i);
        lua_settop(L, messages);
    }
    reply->messages_json = read_json(L, first, "messages", JOB_BODY_MAX_BYTES);
    reply->schema_json = read_json(L, first, "schema", JOB_BODY_MAX_BYTES);
    if (reply->schema_json.ptr && reply->schema_json.ptr[0] != '{')
        luaL_error(L, "result.schema must be an object");
    check_sum(L, reply->messages_json, reply->schema_json, "result.messages and result.schema");
}

/* Whether it still is a case is for the daemon to say, which checks it as it does any other. */
void results_read_redacted(lua_State *L, int first, struct job_reply *reply)
{
    if (read_not_applicable(L, first, reply))
        return;
    require_table(L, first, "the case, or nil and why");
    if (!api_json_encode(L, first))
        luaL_error(L, "the case that was returned: %s", lua_tostring(L, -1));
    reply->case_json.ptr = lua_tolstring(L, -1, &reply->case_json.len);
    if (reply->case_json.len > JOB_BODY_MAX_BYTES)
        luaL_error(L, "the case has more than %d bytes", (int)JOB_BODY_MAX_BYTES);
}

static void read_headers(lua_State *L, int first, struct job_reply *reply)
{
    if (!field_table(L, first, "result", "headers"))
        return;
    int headers = lua_gettop(L);
    lua_Integer count = api_push_sorted_keys(L, headers);
    if (count > JOB_HEADERS_MAX)
        luaL_error(L, "result.headers has more than %d headers", (int)JOB_HEADERS_MAX);
    for (lua_Integer i = 1; i <= count; i++) {
        struct job_header header = {0};
        lua_rawgeti(L, headers + 1, i);
        lua_pushvalue(L, -1);
        lua_rawget(L, headers);
        if (lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING) {
            header.name.ptr = lua_tolstring(L, -2, &header.name.len);
            header.value.ptr = lua_tolstring(L, -1, &header.value.len);
        }
        if (!job_header_is_valid(header))
            luaL_error(L, "result.headers must map names to texts as HTTP allows them");
        reply->headers[reply->header_count++] = header;
        lua_pop(L, 2);
    }
}

void results_read_request(lua_State *L, int first, struct job_reply *reply)
{
    require_table(L, first, "a table with method, path, headers and body");
    fields_check_known(L, first, "result", "method path headers body");
    struct as_str method = field_text(L, first, "result", "method");
    struct as_str body = field_text(L, first, "result", "body");
    reply->method = method.ptr ? method : AS_STR("POST");
    reply->path = field_required_text(L, first, "result", "path");
    reply->body = body.ptr ? body : AS_STR("");
    if (!job_method_is_valid(reply->method))
        luaL_error(L, "result.method must be capital letters");
    if (!job_path_is_valid(reply->path))
        luaL_error(L, "result.path must start with one '/', without blanks, %d bytes at most",
                   (int)JOB_PATH_MAX_BYTES);
    if (reply->body.len > JOB_BODY_MAX_BYTES)
        luaL_error(L, "result.body has more than %d bytes", (int)JOB_BODY_MAX_BYTES);
    read_headers(L, first, reply);
}

static int64_t read_tokens(lua_State *L, int usage, const char *name)
{
    double tokens;
    if (!field_number(L, usage, "usage", name, &tokens))
        return -1;
    if (!(tokens >= 0 && tokens < 0x1p53 && tokens == floor(tokens)))
        luaL_error(L, "usage.%s must be a whole number of at least 0", name);
    return (int64_t)tokens;
}

static void read_usage(lua_State *L, int first, struct job_output *output)
{
    output->input_tokens = output->output_tokens = output->cached_tokens =
        output->reasoning_tokens = -1;
    if (!field_table(L, first, "result", "usage"))
        return;
    int usage = lua_gettop(L);
    fields_check_known(L, usage, "usage",
                       "input_tokens output_tokens cached_tokens reasoning_tokens");
    output->input_tokens = read_tokens(L, usage, "input_tokens");
    output->output_tokens = read_tokens(L, usage, "output_tokens");
    output->cached_tokens = read_tokens(L, usage, "cached_tokens");
    output->reasoning_tokens = read_tokens(L, usage, "reasoning_tokens");
    lua_pop(L, 1);
}

static struct as_str read_tool_calls(lua_State *L, int first)
{
    struct as_str calls = read_json(L, first, "tool_calls", JOB_BODY_MAX_BYTES);
    if (as_str_eq(calls, "{}"))
        return AS_STR("[]"); /* an empty table is both */
    if (calls.ptr && calls.ptr[0] != '[')
        luaL_error(L, "result.tool_calls must be an array");
    return calls;
}

/* It may be the API's own word, so it may be anything. */
static struct as_str read_model_id(lua_State *L, int first)
{
    struct as_str id = field_text(L, first, "result", "model_id");
    if (id.ptr && (id.len > JOB_MODEL_ID_MAX_BYTES || !as_utf8_is_valid(id.ptr, id.len)))
        luaL_error(L, "result.model_id must be UTF-8 of at most %d bytes",
                   (int)JOB_MODEL_ID_MAX_BYTES);
    return id;
}

/* nil, {class, message}: what the API answered instead of an output. */
static void read_provider_error(lua_State *L, int error, struct job_reply *reply)
{
    if (!lua_istable(L, error))
        luaL_error(L, "nil needs a second result {class, message}");
    fields_check_known(L, error, "error", "class message");
    reply->error_class = field_required_text(L, error, "error", "class");
    reply->reason = field_required_text(L, error, "error", "message");
    if (!job_word_is_listed(reply->error_class, JOB_ERROR_CLASSES))
        luaL_error(L, "error.class '%s' is none of: %s", reply->error_class.ptr, JOB_ERROR_CLASSES);
}

void results_read_output(lua_State *L, int first, struct job_reply *reply)
{
    struct job_output *output = &reply->output;
    if (lua_isnil(L, first)) {
        read_provider_error(L, first + 1, reply);
        return;
    }
    require_table(
        L, first,
        "a table with text, finish_reason, usage and model_id, or nil and {class, message}");
    fields_check_known(L, first, "result", "text tool_calls finish_reason usage model_id");
    struct as_str text = field_text(L, first, "result", "text");
    struct as_str finish = field_text(L, first, "result", "finish_reason");
    output->text = text.ptr ? text : AS_STR("");
    output->finish_reason = finish.ptr ? finish : AS_STR("");
    output->model_id = read_model_id(L, first);
    output->tool_calls_json = read_tool_calls(L, first);
    output->latency_ms = output->cost_usd = NAN;
    read_usage(L, first, output);
    if (output->text.len > JOB_BODY_MAX_BYTES)
        luaL_error(L, "result.text has more than %d bytes", (int)JOB_BODY_MAX_BYTES);
    check_sum(L, output->text, output->tool_calls_json, "result.text and result.tool_calls");
    if (finish.len && !job_word_is_listed(finish, JOB_FINISH_REASONS))
        luaL_error(L, "result.finish_reason '%s' is none of: %s", finish.ptr, JOB_FINISH_REASONS);
}
