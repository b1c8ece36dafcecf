/* The parts of the library that are written in Lua: they are text and tables, and nothing of them
 * is hot. The build puts their source into the program, for a jailed worker opens no file. Each is
 * a chunk that gets the assay table as it is so far and returns its own part.
 *
 * A part is opened before the plugin runs, and only where the plugin's source has its name: what
 * lies in the heap is copied before every row. */
#include "worker/api.h"

#include "worker/criteria_lua.h"
#include "worker/references_lua.h"
#include "worker/schema_lua.h"

#include <lauxlib.h>
#include <string.h>

struct part {
    const char *name, *chunk_name;
    struct as_str source;
};
#define PART(name, text)        \
    {                           \
#name, "=assay." #name, \
        {                       \
            text, sizeof(text)  \
        }                       \
    }

static const struct part parts[] = {
    PART(references, references_lua),
    PART(schema, schema_lua),
    PART(criteria, criteria_lua),
};

static void open_part(lua_State *L, const struct part *part)
{
    lua_getglobal(L, "assay");
    if (luaL_loadbufferx(L, part->source.ptr, part->source.len, part->chunk_name, "t") != LUA_OK)
        lua_error(L);
    lua_pushvalue(L, -2);
    lua_call(L, 1, 1);
    lua_setfield(L, -2, part->name);
    lua_pop(L, 1);
}

void api_open_named_in(lua_State *L, struct as_str source)
{
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (memmem(source.ptr, source.len, parts[i].name, strlen(parts[i].name)))
            open_part(L, &parts[i]);
}
