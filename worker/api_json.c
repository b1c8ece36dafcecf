/* assay.json: the face to scripts, and what stands for null and for an array.
 *
 * null is a light userdata. Arrays carry a metatable of ours as a mark, so that [] comes back as []
 * and {} as {}. */
#include "worker/api.h"

#include "worker/words.h"

#include <ctype.h>
#include <lauxlib.h>
#include <string.h>

static const char array_mark; /* its address is the registry key of the metatable of arrays */

void api_json_push_array_mark(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &array_mark);
}

void api_json_push_null(lua_State *L)
{
    lua_pushlightuserdata(L, NULL);
}

bool api_json_is_null(lua_State *L, int value)
{
    return lua_type(L, value) == LUA_TLIGHTUSERDATA && !lua_touserdata(L, value);
}

static int json_decode(lua_State *L)
{
    struct as_str text;
    text.ptr = luaL_checklstring(L, 1, &text.len);
    if (api_json_decode(L, text, JSON_NULL_KEEP))
        return 1;
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
}

static int json_encode(lua_State *L)
{
    luaL_checkany(L, 1);
    if (!api_json_encode(L, 1))
        return luaL_error(L, "assay.json.encode: %s", lua_tostring(L, -1));
    return 1;
}

/* assay.json.array(t): marks t, or a new table, as an array even while it is empty. */
static int json_array(lua_State *L)
{
    lua_settop(L, 1);
    if (lua_isnil(L, 1)) {
        lua_newtable(L);
        lua_replace(L, 1);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    api_json_push_array_mark(L);
    lua_setmetatable(L, 1);
    return 1;
}

/* The length of a first line "```" or "```json", 0 when it is neither. */
static size_t fence_length(struct as_str s)
{
    size_t at = 3;
    if (s.len < at || memcmp(s.ptr, "```", at))
        return 0;
    while (at < s.len && isalpha((unsigned char)s.ptr[at]))
        at++;
    while (at < s.len && (s.ptr[at] == ' ' || s.ptr[at] == '\r'))
        at++;
    return at < s.len && s.ptr[at] == '\n' ? at + 1 : 0;
}

/* unfence(text): what stands in the ```json fence that is all of the text; without one, the text.
 */
static int json_unfence(lua_State *L)
{
    struct as_str text;
    text.ptr = luaL_checklstring(L, 1, &text.len);
    struct as_str s = words_trimmed(text);
    size_t start = fence_length(s);
    bool is_fenced = start && s.len >= start + 3 && !memcmp(s.ptr + s.len - 3, "```", 3);
    if (is_fenced)
        lua_pushlstring(L, s.ptr + start, s.len - 3 - start);
    else
        lua_pushvalue(L, 1);
    return 1;
}

void api_open_json(lua_State *L)
{
    static const luaL_Reg functions[] = {{"decode", json_decode},
                                         {"encode", json_encode},
                                         {"array", json_array},
                                         {"unfence", json_unfence},
                                         {NULL, NULL}};
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &array_mark);
    luaL_newlib(L, functions);
    api_json_push_null(L);
    lua_setfield(L, -2, "null");
    lua_setfield(L, -2, "json");
}
