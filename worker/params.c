/* Parameters are checked in the worker because only it knows, by running the file, what a plugin
 * declares. */
#include "worker/params.h"

#include "lib/job.h"
#include "worker/api.h"
#include "worker/fields.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>

#define TYPES "string number integer boolean array object any"

static const char declared_key; /* registry: the declarations; absent when there are none */
static const char names_key;    /* registry: their names, sorted */

static bool is_list(lua_State *L, int value)
{
    lua_pushnil(L);
    if (!lua_next(L, value))
        return true; /* an empty table is both */
    bool is_integer = lua_isinteger(L, -2);
    lua_pop(L, 2);
    return is_integer;
}

static bool is_object(lua_State *L, int value)
{
    lua_pushnil(L);
    if (!lua_next(L, value))
        return true;
    bool is_string = lua_type(L, -2) == LUA_TSTRING;
    lua_pop(L, 2);
    return is_string;
}

static bool fits_type(lua_State *L, int value, struct as_str type)
{
    int got = lua_type(L, value);
    if (as_str_eq(type, "any"))
        return true;
    if (as_str_eq(type, "array"))
        return got == LUA_TTABLE && is_list(L, value);
    if (as_str_eq(type, "object"))
        return got == LUA_TTABLE && is_object(L, value);
    if (as_str_eq(type, "integer"))
        return got == LUA_TNUMBER && lua_tonumber(L, value) == floor(lua_tonumber(L, value));
    return as_str_eq(type, lua_typename(L, got));
}

/* Whether the value is in the enum of the declaration, or there is none. */
static bool fits_enum(lua_State *L, int value, int declaration)
{
    if (field_push(L, declaration, "enum") == LUA_TNIL) {
        lua_pop(L, 1);
        return true;
    }
    bool is_found = false;
    for (lua_Integer i = 1; !is_found && lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
        is_found = lua_rawequal(L, -1, value);
        lua_pop(L, 1);
    }
    lua_settop(L, is_found ? -2 : -3);
    return is_found;
}

static void check_value(lua_State *L, int value, int declaration, const char *name)
{
    struct as_str type = field_text(L, declaration, name, "type");
    if (!fits_type(L, value, type))
        luaL_error(L, "parameter '%s' must be of type %s, got %s", name, type.ptr,
                   luaL_typename(L, value));
    if (fits_enum(L, value, declaration))
        return;
    field_push(L, declaration, "enum");
    const char *allowed = api_json_encode(L, -1) ? lua_tostring(L, -1) : "its enum";
    luaL_error(L, "parameter '%s' must be one of %s", name, allowed);
}

/* Declaring */

static void check_enum(lua_State *L, int declaration, const char *what)
{
    if (!field_table(L, declaration, what, "enum"))
        return;
    if (!field_array_length(L, lua_gettop(L), what))
        luaL_error(L, "%s.enum is empty", what);
    lua_pop(L, 1);
}

static void check_declaration(lua_State *L, int declaration, const char *name)
{
    char what[JOB_NAME_MAX_BYTES + 16];
    bool required = false;
    snprintf(what, sizeof(what), "params.%s", name);
    if (!lua_istable(L, declaration))
        luaL_error(L, "%s must be a table with a type and a doc", what);
    fields_check_known(L, declaration, what, "type doc default required enum");
    struct as_str type = field_required_text(L, declaration, what, "type");
    if (!job_word_is_listed(type, TYPES))
        luaL_error(L, "%s.type '%s' is none of: %s", what, type.ptr, TYPES);
    field_text(L, declaration, what, "doc");
    field_boolean(L, declaration, what, "required", &required);
    check_enum(L, declaration, what);
    if (field_push(L, declaration, "default") != LUA_TNIL) {
        if (required)
            luaL_error(L, "%s is required and has a default", what);
        check_value(L, lua_gettop(L), declaration, name);
    }
    lua_pop(L, 1);
}

void params_declare(lua_State *L, int plugin)
{
    if (!field_table(L, plugin, "plugin", "params"))
        return;
    int declared = lua_gettop(L);
    lua_Integer count = api_push_sorted_keys(L, declared);
    for (lua_Integer i = 1; i <= count; i++) {
        struct as_str name = {NULL, 0};
        if (lua_rawgeti(L, declared + 1, i) == LUA_TSTRING)
            name.ptr = lua_tolstring(L, -1, &name.len);
        if (!job_name_is_valid(name))
            luaL_error(L, "params: a name must be 1 to %d of A-Z a-z 0-9 . _ -",
                       (int)JOB_NAME_MAX_BYTES);
        lua_pushvalue(L, -1);
        lua_rawget(L, declared);
        check_declaration(L, lua_gettop(L), name.ptr);
        lua_pop(L, 2);
    }
    if (count) {
        lua_rawsetp(L, LUA_REGISTRYINDEX, &names_key);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &declared_key);
    }
    lua_settop(L, declared - 1);
}

/* Giving */

static void refuse_unknown(lua_State *L, int given, int declared)
{
    lua_Integer count = api_push_sorted_keys(L, given);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, i);
        lua_pushvalue(L, -1);
        bool is_known = declared && lua_rawget(L, declared) != LUA_TNIL;
        if (is_known) {
            lua_pop(L, 2);
            continue;
        }
        api_push_text(L, declared ? -2 : -1);
        luaL_error(L, "unknown parameter '%s'", lua_tostring(L, -1));
    }
}

static bool has_unknown(lua_State *L, int given, int declared)
{
    bool is_known = true;
    lua_pushnil(L);
    while (is_known && lua_next(L, given)) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        is_known = declared && lua_rawget(L, declared) != LUA_TNIL;
        lua_pop(L, 1);
    }
    if (!is_known)
        lua_pop(L, 1);
    return !is_known;
}

/* The name is at the top. [-1, +0] */
static void complete_one(lua_State *L, int given, int declared)
{
    int name = lua_gettop(L);
    lua_pushvalue(L, name);
    lua_rawget(L, declared);
    lua_pushvalue(L, name);
    if (lua_rawget(L, given) != LUA_TNIL) {
        check_value(L, name + 2, name + 1, lua_tostring(L, name));
    } else {
        bool required = false;
        field_boolean(L, name + 1, "params", "required", &required);
        if (required)
            luaL_error(L, "parameter '%s' is required", lua_tostring(L, name));
        lua_pushvalue(L, name);
        field_push(L, name + 1, "default");
        lua_rawset(L, given);
    }
    lua_settop(L, name - 1);
}

void params_complete(lua_State *L, int given)
{
    int top = lua_gettop(L);
    bool is_declared = lua_rawgetp(L, LUA_REGISTRYINDEX, &declared_key) == LUA_TTABLE;
    int declared = is_declared ? top + 1 : 0;
    if (has_unknown(L, given, declared))
        refuse_unknown(L, given, declared);
    if (is_declared) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, &names_key);
        for (lua_Integer i = 1; lua_rawgeti(L, declared + 1, i) != LUA_TNIL; i++)
            complete_one(L, given, declared);
    }
    lua_settop(L, top);
}

void params_push(lua_State *L, struct as_str json)
{
    if (!json.len) {
        lua_newtable(L);
    } else if (!api_json_decode(L, json, JSON_NULL_DROP)) {
        luaL_error(L, "the parameters are not JSON: %s", lua_tostring(L, -1));
    } else if (!lua_istable(L, -1)) {
        luaL_error(L, "the parameters must be a JSON object");
    }
    params_complete(L, lua_gettop(L));
}
