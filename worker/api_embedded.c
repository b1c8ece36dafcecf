/* The parts of the library that are written in Lua: they are text and tables, and nothing of them
 * is hot. The build puts their source into the program, for a jailed worker opens no file. Each is
 * a chunk that gets the assay table as it is so far and returns its own part. */
#include "worker/api.h"

#include "worker/criteria_lua.h"
#include "worker/references_lua.h"
#include "worker/schema_lua.h"

#include <lauxlib.h>

static void open_embedded(lua_State *L, const char *name, const char *chunk_name,
                          struct as_str source)
{
    if (luaL_loadbufferx(L, source.ptr, source.len, chunk_name, "t") != LUA_OK)
        lua_error(L);
    lua_pushvalue(L, -2);
    lua_call(L, 1, 1);
    lua_setfield(L, -2, name);
}

void api_open_criteria(lua_State *L)
{
    open_embedded(L, "criteria", "=assay.criteria",
                  (struct as_str){criteria_lua, sizeof(criteria_lua)});
}

void api_open_references(lua_State *L)
{
    open_embedded(L, "references", "=assay.references",
                  (struct as_str){references_lua, sizeof(references_lua)});
}

void api_open_schema(lua_State *L)
{
    open_embedded(L, "schema", "=assay.schema", (struct as_str){schema_lua, sizeof(schema_lua)});
}
