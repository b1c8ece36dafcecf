/* Puts the library together: five of Lua's own, trimmed, and ours. luaL_openlibs is never named, so
 * that the code of io, os, debug and package is not in the program. */
#include "worker/api.h"

#include <lauxlib.h>
#include <lualib.h>

static void open_standard(lua_State *L)
{
    static const luaL_Reg libraries[] = {
        {LUA_GNAME, luaopen_base},       {LUA_STRLIBNAME, luaopen_string},
        {LUA_TABLIBNAME, luaopen_table}, {LUA_MATHLIBNAME, luaopen_math},
        {LUA_UTF8LIBNAME, luaopen_utf8},
    };
    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
        lua_pop(L, 1);
    }
}

void api_open(lua_State *L)
{
    open_standard(L);
    api_open_base(L);
    lua_newtable(L);
    api_open_rng(L);
    api_open_json(L);
    api_open_text(L);
    api_open_likeness(L);
    api_open_num(L);
    api_open_regex(L);
    lua_setglobal(L, "assay");
}
