/* Examples of the four kinds of plugin. An example's tables are the arguments as they are: the
 * heap is restored before every row, so it may be written to. Everything here runs inside state_run
 * and may raise. */
#include "worker/examples.h"

#include "lib/json.h"
#include "worker/api.h"
#include "worker/fields.h"
#include "worker/params.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define TOLERANCE 1e-9
#define PATH_BYTES 96
#define DEPTH_MAX (AS_JSON_MAX_DEPTH + 4) /* it is compared with values out of JSON */
#define SHOWN_BYTES 100
#define STATUS_DEFAULT 200

/* The example's table of this name, or an empty one. [-0, +1] */
static void push_table(lua_State *L, int example, const char *name)
{
    if (!field_table(L, example, "example", name))
        lua_newtable(L);
}

static void push_value(lua_State *L, int example, const char *name)
{
    if (field_push(L, example, name) != LUA_TNIL)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
}

/* An output with the fields that every real one has. [-0, +1] */
static void push_output(lua_State *L, int example, const char *name)
{
    push_table(L, example, name);
    int output = lua_gettop(L);
    static const char *const texts[] = {"text", "finish_reason"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (field_text(L, output, name, texts[i]).ptr)
            continue;
        lua_pushliteral(L, "");
        lua_setfield(L, output, texts[i]);
    }
    if (!field_is_set(L, output, "usage")) {
        lua_newtable(L);
        lua_setfield(L, output, "usage");
    }
}

static void push_params(lua_State *L, int example)
{
    push_table(L, example, "params");
    params_complete(L, lua_gettop(L));
}

/* Comparing */

/* The value as short JSON, or its type. [-0, +1] */
static const char *push_shown(lua_State *L, int value)
{
    if (lua_isnil(L, value))
        return lua_pushliteral(L, "nothing");
    if (!api_json_encode(L, value))
        return lua_pushstring(L, luaL_typename(L, value));
    if (lua_rawlen(L, -1) > SHOWN_BYTES)
        lua_pushfstring(L, "%s...", lua_pushlstring(L, lua_tostring(L, -1), SHOWN_BYTES));
    return lua_tostring(L, -1);
}

__attribute__((noreturn)) static void differ(lua_State *L, const char *path, int expected, int got)
{
    const char *wanted = push_shown(L, expected), *had = push_shown(L, got);
    luaL_error(L, "%s: expected %s, got %s", path, wanted, had);
    __builtin_unreachable();
}

/* Every value of expected must be in got: tables member by member, arrays at the same length. */
static void check_subset(lua_State *L, int expected, int got, const char *path, int depth)
{
    if (depth > DEPTH_MAX)
        luaL_error(L, "the example nests deeper than %d levels", DEPTH_MAX);
    if (!lua_istable(L, expected) || !lua_istable(L, got)) {
        if (!lua_rawequal(L, expected, got))
            differ(L, path, expected, got);
        return;
    }
    luaL_checkstack(L, 12, "example");
    int top = lua_gettop(L);
    if (lua_rawlen(L, expected) && lua_rawlen(L, expected) != lua_rawlen(L, got))
        differ(L, path, expected, got);
    lua_Integer count = api_push_sorted_keys(L, expected);
    for (lua_Integer i = 1; i <= count; i++) {
        char inner[PATH_BYTES];
        lua_rawgeti(L, top + 1, i);
        api_push_text(L, -1);
        snprintf(inner, sizeof(inner), "%s.%s", path, lua_tostring(L, -1));
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_rawget(L, expected);
        lua_pushvalue(L, -2);
        lua_rawget(L, got);
        check_subset(L, top + 3, top + 4, inner, depth + 1);
        lua_settop(L, top + 1);
    }
    lua_settop(L, top);
}

static void check_text(lua_State *L, const char *path, struct as_str wanted, struct as_str got)
{
    if (!wanted.ptr)
        return;
    lua_pushlstring(L, wanted.ptr, wanted.len);
    if (got.ptr)
        lua_pushlstring(L, got.ptr, got.len);
    else
        lua_pushnil(L);
    int top = lua_gettop(L);
    if (!lua_rawequal(L, top - 1, top))
        differ(L, path, top - 1, top);
    lua_pop(L, 2);
}

static void check_score(lua_State *L, int example, const struct call *call)
{
    const struct job_reply *reply = call->reply;
    double scale = call->plugin->scale_max - call->plugin->scale_min, wanted;
    if (!field_number(L, example, "example", "score", &wanted))
        luaL_error(L, "the example must say what is expected");
    if (reply->is_na)
        luaL_error(L, "score: expected %f, got nil: %s", wanted, reply->reason.ptr);
    double got = call->plugin->scale_min + reply->score * scale;
    if (!(fabs(got - wanted) <= TOLERANCE * fmax(1, scale)))
        luaL_error(L, "score: expected %f, got %f (%s)", wanted, got,
                   reply->reason.ptr ? reply->reason.ptr : "no reason");
}

static void check_pass_and_label(lua_State *L, int example, const struct job_reply *reply)
{
    bool wanted;
    if (field_boolean(L, example, "example", "pass", &wanted) && reply->pass != wanted)
        luaL_error(L, "pass: expected %s, got %s", wanted ? "true" : "false",
                   reply->pass < 0 ? "nothing"
                   : reply->pass   ? "true"
                                   : "false");
    check_text(L, "label", field_text(L, example, "example", "label"), reply->label);
}

/* A score, or with the flag ("na", "error") that there was none. */
static void check_judgement(lua_State *L, int example, const struct call *call, const char *flag)
{
    bool wants_none = false;
    field_boolean(L, example, "example", flag, &wants_none);
    if (!wants_none) {
        check_score(L, example, call);
        check_pass_and_label(L, example, call->reply);
    } else if (!call->reply->is_na) {
        luaL_error(L, "expected nil and why, got the score %f", call->reply->score);
    }
}

/* Scorers */

static void run_scorer(lua_State *L, int example, struct call *call)
{
    fields_check_known(L, example, "example", "case output params score na pass label");
    jobs_push_function(L, "score");
    push_table(L, example, "case");
    push_output(L, example, "output");
    push_params(L, example);
    jobs_call(L, call, JOB_SCORE, 3);
    check_judgement(L, example, call, "na");
}

/* Rubrics */

static bool text_contains(lua_State *L, int value, struct as_str needle)
{
    size_t len;
    if (lua_type(L, value) != LUA_TSTRING)
        return false;
    const char *text = lua_tolstring(L, value, &len);
    return memmem(text, len, needle.ptr, needle.len);
}

/* Whether the content of the message at the top contains it: a text, or parts with a text. */
static bool message_contains(lua_State *L, struct as_str needle)
{
    int message = lua_gettop(L);
    field_push(L, message, "content");
    bool is_found = text_contains(L, message + 1, needle);
    if (lua_istable(L, message + 1)) {
        for (lua_Integer i = 1; !is_found && lua_rawgeti(L, message + 1, i) == LUA_TTABLE; i++) {
            field_push(L, message + 2, "text");
            is_found = text_contains(L, message + 3, needle);
            lua_settop(L, message + 1);
        }
    }
    lua_settop(L, message);
    return is_found;
}

static void check_asks(lua_State *L, int example, const struct job_reply *reply)
{
    if (!field_table(L, example, "example", "ask_contains"))
        return;
    int wanted = lua_gettop(L);
    if (reply->is_na)
        luaL_error(L, "expected a question, got nil: %s", reply->reason.ptr);
    api_json_decode(L, reply->messages_json, JSON_NULL_DROP);
    for (lua_Integer i = 1; lua_rawgeti(L, wanted, i) == LUA_TSTRING; i++) {
        struct as_str needle;
        bool is_found = false;
        needle.ptr = lua_tolstring(L, -1, &needle.len);
        for (lua_Integer m = 1; !is_found && lua_rawgeti(L, wanted + 1, m) == LUA_TTABLE; m++)
            is_found = message_contains(L, needle);
        if (!is_found)
            luaL_error(L, "the question does not contain '%s'", needle.ptr);
        lua_settop(L, wanted + 1);
    }
}

static void run_rubric(lua_State *L, int example, struct call *call)
{
    if (field_is_set(L, example, "reply")) {
        fields_check_known(L, example, "example", "reply case params score error pass label");
        jobs_push_function(L, "grade");
        push_output(L, example, "reply");
        push_table(L, example, "case");
        push_params(L, example);
        jobs_call(L, call, JOB_GRADE, 3);
        check_judgement(L, example, call, "error");
        return;
    }
    fields_check_known(L, example, "example", "case output params ask_contains");
    jobs_push_function(L, "ask");
    push_table(L, example, "case");
    push_output(L, example, "output");
    push_params(L, example);
    jobs_call(L, call, JOB_ASK, 3);
    check_asks(L, example, call->reply);
}

/* Providers */

static void check_headers(lua_State *L, int wanted, const struct job_reply *reply)
{
    if (!field_table(L, wanted, "request", "headers"))
        return;
    lua_newtable(L);
    for (uint32_t i = 0; i < reply->header_count; i++) {
        lua_pushlstring(L, reply->headers[i].name.ptr, reply->headers[i].name.len);
        lua_pushlstring(L, reply->headers[i].value.ptr, reply->headers[i].value.len);
        lua_rawset(L, -3);
    }
    check_subset(L, lua_gettop(L) - 1, lua_gettop(L), "headers", 1);
    lua_pop(L, 2);
}

static void check_request(lua_State *L, int example, const struct job_reply *reply)
{
    if (!field_table(L, example, "example", "request"))
        luaL_error(L, "the example must say what is expected");
    int wanted = lua_gettop(L);
    fields_check_known(L, wanted, "request", "method path headers body");
    check_text(L, "method", field_text(L, wanted, "request", "method"), reply->method);
    check_text(L, "path", field_text(L, wanted, "request", "path"), reply->path);
    check_headers(L, wanted, reply);
    if (!field_table(L, wanted, "request", "body"))
        return;
    if (!api_json_decode(L, reply->body, JSON_NULL_KEEP))
        luaL_error(L, "the body is not JSON: %s", lua_tostring(L, -1));
    check_subset(L, wanted + 1, wanted + 2, "body", 1);
}

/* The HTTP reply of an example: status 200 and no headers unless it says so; a body that is a table
 * becomes JSON. */
static void push_http(lua_State *L, int example)
{
    push_table(L, example, "http");
    int http = lua_gettop(L);
    fields_check_known(L, http, "http", "status headers body");
    if (!field_is_set(L, http, "status")) {
        lua_pushinteger(L, STATUS_DEFAULT);
        lua_setfield(L, http, "status");
    }
    if (!field_is_set(L, http, "headers")) {
        lua_newtable(L);
        lua_setfield(L, http, "headers");
    }
    if (field_push(L, http, "body") == LUA_TSTRING) {
        lua_pop(L, 1);
        return;
    }
    if (lua_istable(L, -1) && !api_json_encode(L, -1))
        luaL_error(L, "http.body: %s", lua_tostring(L, -1));
    else if (lua_isnil(L, -1))
        lua_pushliteral(L, "");
    lua_setfield(L, http, "body");
    lua_settop(L, http);
}

static void check_error(lua_State *L, int wanted, const struct job_reply *reply)
{
    fields_check_known(L, wanted, "error", "class message");
    if (!reply->error_class.ptr)
        luaL_error(L, "expected an error, got an output");
    check_text(L, "error.class", field_text(L, wanted, "error", "class"), reply->error_class);
    check_text(L, "error.message", field_text(L, wanted, "error", "message"), reply->reason);
}

static void check_output(lua_State *L, int example, const struct job_reply *reply)
{
    if (field_table(L, example, "example", "error")) {
        check_error(L, lua_gettop(L), reply);
        return;
    }
    if (!field_table(L, example, "example", "output"))
        luaL_error(L, "the example must say what is expected");
    if (reply->error_class.ptr)
        luaL_error(L, "expected an output, got the error %s: %s", reply->error_class.ptr,
                   reply->reason.ptr);
    int wanted = lua_gettop(L);
    jobs_push_output(L, &reply->output);
    check_subset(L, wanted, wanted + 1, "output", 1);
}

static void run_provider(lua_State *L, int example, struct call *call)
{
    if (field_is_set(L, example, "http")) {
        fields_check_known(L, example, "example", "http model output error");
        jobs_push_function(L, "response");
        push_http(L, example);
        push_value(L, example, "model");
        jobs_call(L, call, JOB_PARSE, 2);
        check_output(L, example, call->reply);
        return;
    }
    fields_check_known(L, example, "example", "model messages opts request");
    jobs_push_function(L, "request");
    push_value(L, example, "model");
    push_table(L, example, "messages");
    push_table(L, example, "opts");
    jobs_call(L, call, JOB_REQUEST, 3);
    check_request(L, example, call->reply);
}

/* Redactors */

/* The returned case, all of it: what an example does not name must not be there. */
static void check_case(lua_State *L, int example, const struct job_reply *reply)
{
    bool wants_none = false;
    field_boolean(L, example, "example", "drop", &wants_none);
    if (wants_none && !reply->is_na)
        luaL_error(L, "expected nil and why, got a case");
    if (wants_none)
        return;
    if (reply->is_na)
        luaL_error(L, "expected a case, got nil: %s", reply->reason.ptr);
    if (!field_table(L, example, "example", "expected"))
        luaL_error(L, "the example must say what is expected");
    int wanted = lua_gettop(L);
    api_json_decode(L, reply->case_json, JSON_NULL_KEEP);
    check_subset(L, wanted, wanted + 1, "case", 1);
    check_subset(L, wanted + 1, wanted, "expected", 1);
}

static void run_redactor(lua_State *L, int example, struct call *call)
{
    fields_check_known(L, example, "example", "case params expected drop");
    jobs_push_function(L, "redact");
    push_table(L, example, "case");
    push_params(L, example);
    jobs_call(L, call, JOB_REDACT, 2);
    check_case(L, example, call->reply);
}

void examples_run(lua_State *L, struct call *call)
{
    manifest_push_plugin(L);
    int plugin = lua_gettop(L);
    bool has_examples = field_table(L, plugin, "plugin", "examples");
    if (!has_examples ||
        lua_rawgeti(L, plugin + 1, (lua_Integer)call->row->example_index + 1) != LUA_TTABLE)
        luaL_error(L, "there is no such example");
    int example = lua_gettop(L);
    switch (call->plugin->kind) {
    case PLUGIN_SCORER: run_scorer(L, example, call); break;
    case PLUGIN_RUBRIC: run_rubric(L, example, call); break;
    case PLUGIN_PROVIDER: run_provider(L, example, call); break;
    case PLUGIN_REDACTOR: run_redactor(L, example, call); break;
    case PLUGIN_KIND_COUNT: break;
    }
}
