/* A row's arguments, the call, and which reader its results go to. Everything here runs inside
 * state_run and may raise. */
#include "worker/jobs.h"

#include "worker/api.h"
#include "worker/examples.h"
#include "worker/fields.h"
#include "worker/params.h"
#include "worker/results.h"

#include <lauxlib.h>
#include <math.h>

static void set_text(lua_State *L, const char *name, struct as_str text)
{
    if (!text.ptr)
        return;
    lua_pushlstring(L, text.ptr, text.len);
    lua_setfield(L, -2, name);
}

static void set_number(lua_State *L, const char *name, double number)
{
    if (isnan(number))
        return;
    lua_pushnumber(L, number);
    lua_setfield(L, -2, name);
}

static void set_tokens(lua_State *L, const char *name, int64_t tokens)
{
    if (tokens < 0)
        return;
    lua_pushinteger(L, tokens);
    lua_setfield(L, -2, name);
}

/* The value of JSON text that the daemon made; absent gives an empty table. [-0, +1] */
static void push_json(lua_State *L, const char *what, struct as_str json)
{
    if (!json.len)
        lua_newtable(L);
    else if (!api_json_decode(L, json, JSON_NULL_DROP))
        luaL_error(L, "%s is not JSON: %s", what, lua_tostring(L, -1));
}

static void push_usage(lua_State *L, const struct job_output *o)
{
    lua_createtable(L, 0, 4);
    set_tokens(L, "input_tokens", o->input_tokens);
    set_tokens(L, "output_tokens", o->output_tokens);
    set_tokens(L, "cached_tokens", o->cached_tokens);
    set_tokens(L, "reasoning_tokens", o->reasoning_tokens);
}

void jobs_push_output(lua_State *L, const struct job_output *o)
{
    lua_createtable(L, 0, 8);
    set_text(L, "text", o->text.ptr ? o->text : AS_STR(""));
    set_text(L, "finish_reason", o->finish_reason.ptr ? o->finish_reason : AS_STR(""));
    set_text(L, "model_id", o->model_id);
    set_number(L, "latency_ms", o->latency_ms);
    set_number(L, "cost_usd", o->cost_usd);
    push_usage(L, o);
    lua_setfield(L, -2, "usage");
    if (o->tool_calls_json.len) {
        push_json(L, "tool_calls", o->tool_calls_json);
        lua_setfield(L, -2, "tool_calls");
    }
}

/* {status, headers, body}; a header that came twice has its values joined by ", ". */
static void push_http(lua_State *L, const struct job_http *http)
{
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, http->status);
    lua_setfield(L, -2, "status");
    lua_createtable(L, 0, (int)http->header_count);
    int headers = lua_gettop(L);
    for (uint32_t i = 0; i < http->header_count; i++) {
        const struct job_header *header = &http->headers[i];
        lua_pushlstring(L, header->name.ptr, header->name.len);
        lua_pushvalue(L, -1);
        bool is_again = lua_rawget(L, headers) == LUA_TSTRING;
        if (is_again)
            lua_pushliteral(L, ", ");
        else
            lua_pop(L, 1);
        lua_pushlstring(L, header->value.ptr, header->value.len);
        if (is_again)
            lua_concat(L, 3);
        lua_rawset(L, headers);
    }
    lua_setfield(L, -2, "headers");
    set_text(L, "body", http->body.ptr ? http->body : AS_STR(""));
}

void jobs_push_function(lua_State *L, const char *name)
{
    manifest_push_plugin(L);
    field_push(L, lua_gettop(L), name);
    lua_remove(L, -2);
}

void jobs_call(lua_State *L, struct call *call, enum job_kind kind, int count)
{
    int first = lua_gettop(L) - count;
    lua_call(L, count, 2);
    call->is_reading = true;
    switch (kind) {
    case JOB_SCORE: results_read_score(L, first, call->reply); break;
    case JOB_GRADE: results_read_grade(L, first, call->plugin, call->reply); break;
    case JOB_ASK: results_read_question(L, first, call->reply); break;
    case JOB_REQUEST: results_read_request(L, first, call->reply); break;
    case JOB_PARSE: results_read_output(L, first, call->reply); break;
    case JOB_REDACT: results_read_redacted(L, first, call->reply); break;
    case JOB_EXAMPLE:
    case JOB_KIND_COUNT: break;
    }
}

static void check_kind(lua_State *L, const struct call *call, enum plugin_kind wanted)
{
    if (call->plugin->kind != wanted)
        luaL_error(L, "a %s cannot do the job %s", plugin_kind_name(call->plugin->kind),
                   job_kind_name(call->row->kind));
}

static void run_score(lua_State *L, struct call *call, const char *function)
{
    const struct job_row *row = call->row;
    jobs_push_function(L, function);
    push_json(L, "the case", row->case_json);
    jobs_push_output(L, &row->output);
    params_push(L, row->params_json);
    jobs_call(L, call, row->kind, 3);
}

static void run_grade(lua_State *L, struct call *call)
{
    const struct job_row *row = call->row;
    jobs_push_function(L, "grade");
    jobs_push_output(L, &row->output);
    push_json(L, "the case", row->case_json);
    params_push(L, row->params_json);
    jobs_call(L, call, JOB_GRADE, 3);
}

static void run_request(lua_State *L, struct call *call)
{
    const struct job_row *row = call->row;
    jobs_push_function(L, "request");
    push_json(L, "the model", row->model_json);
    push_json(L, "messages", row->messages_json);
    push_json(L, "options", row->opts_json);
    jobs_call(L, call, JOB_REQUEST, 3);
}

static void run_parse(lua_State *L, struct call *call)
{
    jobs_push_function(L, "response");
    push_http(L, &call->row->http);
    push_json(L, "the model", call->row->model_json);
    jobs_call(L, call, JOB_PARSE, 2);
}

/* Nulls stay: what the script does not touch is stored as it was. */
static void run_redact(lua_State *L, struct call *call)
{
    jobs_push_function(L, "redact");
    if (!api_json_decode(L, call->row->case_json, JSON_NULL_KEEP))
        luaL_error(L, "the case is not JSON: %s", lua_tostring(L, -1));
    params_push(L, call->row->params_json);
    jobs_call(L, call, JOB_REDACT, 2);
}

int jobs_body(lua_State *L)
{
    struct call *call = lua_touserdata(L, 1);
    switch (call->row->kind) {
    case JOB_EXAMPLE: examples_run(L, call); break;
    case JOB_REQUEST:
        check_kind(L, call, PLUGIN_PROVIDER);
        run_request(L, call);
        break;
    case JOB_PARSE:
        check_kind(L, call, PLUGIN_PROVIDER);
        run_parse(L, call);
        break;
    case JOB_SCORE:
        check_kind(L, call, PLUGIN_SCORER);
        run_score(L, call, "score");
        break;
    case JOB_ASK:
        check_kind(L, call, PLUGIN_RUBRIC);
        run_score(L, call, "ask");
        break;
    case JOB_GRADE:
        check_kind(L, call, PLUGIN_RUBRIC);
        run_grade(L, call);
        break;
    case JOB_REDACT:
        check_kind(L, call, PLUGIN_REDACTOR);
        run_redact(L, call);
        break;
    case JOB_KIND_COUNT: break;
    }
    return 0;
}
