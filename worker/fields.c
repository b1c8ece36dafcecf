/* Raw, checked reads of a script's tables: rawget and lua_next, so that no metamethod runs while
 * the worker reads what a script gave it. Messages name the field, and the first wrong one in a
 * fixed order, so that the same plugin fails with the same sentence every time. */
#include "worker/fields.h"

#include "lib/job.h"
#include "worker/api.h"

#include <lauxlib.h>

int field_push(lua_State *L, int table, const char *name)
{
    lua_pushstring(L, name);
    return lua_rawget(L, table);
}

bool field_is_set(lua_State *L, int table, const char *name)
{
    bool is_set = field_push(L, table, name) != LUA_TNIL;
    lua_pop(L, 1);
    return is_set;
}

static bool is_known(lua_State *L, int key, const char *known)
{
    struct as_str text;
    if (lua_type(L, key) != LUA_TSTRING)
        return false;
    text.ptr = lua_tolstring(L, key, &text.len);
    return text.len && job_word_is_listed(text, known);
}

/* The first in order, so that the message is the same every time. [-0, +1] */
static void push_first_unknown(lua_State *L, int table, const char *known)
{
    lua_Integer count = api_push_sorted_keys(L, table);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, i);
        if (!is_known(L, -1, known))
            return;
        lua_pop(L, 1);
    }
}

void fields_check_known(lua_State *L, int table, const char *what, const char *known)
{
    bool all_known = true;
    lua_pushnil(L);
    while (all_known && lua_next(L, table)) {
        lua_pop(L, 1);
        all_known = is_known(L, -1, known);
    }
    if (all_known)
        return;
    push_first_unknown(L, table, known);
    api_push_text(L, -1);
    luaL_error(L, "%s has an unknown field '%s'; it can have: %s", what, lua_tostring(L, -1),
               known);
}

static void refuse_type(lua_State *L, const char *what, const char *name, const char *wanted)
{
    luaL_error(L, "%s.%s must be a %s, got %s", what, name, wanted, luaL_typename(L, -1));
}

struct as_str field_text(lua_State *L, int table, const char *what, const char *name)
{
    struct as_str text = {NULL, 0};
    int type = field_push(L, table, name);
    if (type == LUA_TSTRING)
        text.ptr = lua_tolstring(L, -1, &text.len);
    else if (type != LUA_TNIL)
        refuse_type(L, what, name, "string");
    lua_pop(L, 1);
    return text;
}

struct as_str field_required_text(lua_State *L, int table, const char *what, const char *name)
{
    struct as_str text = field_text(L, table, what, name);
    if (!text.ptr)
        luaL_error(L, "%s.%s is missing", what, name);
    return text;
}

bool field_number(lua_State *L, int table, const char *what, const char *name, double *ret_number)
{
    int type = field_push(L, table, name);
    if (type == LUA_TNUMBER)
        *ret_number = lua_tonumber(L, -1);
    else if (type != LUA_TNIL)
        refuse_type(L, what, name, "number");
    lua_pop(L, 1);
    return type == LUA_TNUMBER;
}

bool field_boolean(lua_State *L, int table, const char *what, const char *name, bool *ret_boolean)
{
    int type = field_push(L, table, name);
    if (type == LUA_TBOOLEAN)
        *ret_boolean = lua_toboolean(L, -1);
    else if (type != LUA_TNIL)
        refuse_type(L, what, name, "boolean");
    lua_pop(L, 1);
    return type == LUA_TBOOLEAN;
}

bool field_table(lua_State *L, int table, const char *what, const char *name)
{
    int type = field_push(L, table, name);
    if (type == LUA_TTABLE)
        return true;
    if (type != LUA_TNIL)
        refuse_type(L, what, name, "table");
    lua_pop(L, 1);
    return false;
}

lua_Integer field_array_length(lua_State *L, int table, const char *what)
{
    lua_Integer length = (lua_Integer)lua_rawlen(L, table), count = 0;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        lua_pop(L, 1);
        count++;
        if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 1 || lua_tointeger(L, -1) > length)
            luaL_error(L, "%s must be an array, without other keys and without holes", what);
    }
    if (count != length)
        luaL_error(L, "%s must be an array without holes", what);
    return length;
}
