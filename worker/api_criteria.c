/* assay.criteria is written in Lua (criteria.lua): it is text and tables, and nothing of it is hot.
 * The build puts its source into the program, for a jailed worker opens no file. */
#include "worker/api.h"

#include "worker/criteria_lua.h"

#include <lauxlib.h>

void api_open_criteria(lua_State *L)
{
    if (luaL_loadbufferx(L, criteria_lua, sizeof(criteria_lua), "=assay.criteria", "t") != LUA_OK)
        lua_error(L);
    lua_pushvalue(L, -2);
    lua_call(L, 1, 1);
    lua_setfield(L, -2, "criteria");
}
