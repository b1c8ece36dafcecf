/* Lua's base, string and math functions as a plugin may have them: no way to compile code, to
 * print, to learn an address or the time, to set a finalizer, or to reach the metatable that all
 * strings share. */
#include "worker/api.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

static const char *const absent_globals[] = {"load",           "loadfile", "dofile",
                                             "collectgarbage", "print",    "warn"};

void api_push_text(lua_State *L, int value)
{
    switch (lua_type(L, value)) {
    case LUA_TNIL:
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
    case LUA_TSTRING: luaL_tolstring(L, value, NULL); break;
    default: lua_pushstring(L, api_json_is_null(L, value) ? "null" : luaL_typename(L, value));
    }
}

/* tostring(v): "table", not "table: 0x5581...". */
static int base_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    if (luaL_callmeta(L, 1, "__tostring")) {
        if (!lua_isstring(L, -1))
            return luaL_error(L, "'__tostring' must return a string");
        return 1;
    }
    api_push_text(L, 1);
    return 1;
}

/* A finalizer would run at a moment that no row owns, with the soft stop switched off. */
static int base_setmetatable(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "cannot change a protected metatable");
    if (lua_istable(L, 2)) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL)
            return luaL_error(L, "a plugin's metatable cannot have __gc");
    }
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

/* Makes the argument of a %s a string, so that string.format shows no address either. */
static void format_argument(lua_State *L, int arg)
{
    if (lua_gettop(L) < arg || lua_type(L, arg) == LUA_TSTRING || lua_type(L, arg) == LUA_TNUMBER)
        return;
    lua_pushcfunction(L, base_tostring);
    lua_pushvalue(L, arg);
    lua_call(L, 1, 1);
    lua_replace(L, arg);
}

static int base_format(lua_State *L)
{
    size_t len;
    const char *at = luaL_checklstring(L, 1, &len), *end = at + len;
    for (int arg = 1; (at = memchr(at, '%', (size_t)(end - at))); at++) {
        at++;
        if (*at == '%')
            continue;
        at += strspn(at, "-+ #0123456789.");
        if (at >= end)
            break;
        arg++;
        if (*at == 'p')
            return luaL_error(L, "invalid conversion '%%p' to 'format'");
        if (*at == 's')
            format_argument(L, arg);
    }
    int count = lua_gettop(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, count, LUA_MULTRET);
    return lua_gettop(L);
}

static void trim_string_library(lua_State *L)
{
    lua_getglobal(L, LUA_STRLIBNAME);
    lua_pushnil(L);
    lua_setfield(L, -2, "dump");
    lua_getfield(L, -1, "format");
    lua_pushcclosure(L, base_format, 1);
    lua_setfield(L, -2, "format");
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 3);
}

void api_open_base(lua_State *L)
{
    for (size_t i = 0; i < sizeof(absent_globals) / sizeof(absent_globals[0]); i++) {
        lua_pushnil(L);
        lua_setglobal(L, absent_globals[i]);
    }
    lua_register(L, "tostring", base_tostring);
    lua_register(L, "setmetatable", base_setmetatable);
    trim_string_library(L);
}
