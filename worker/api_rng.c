/* Chance, drawn from the row's seed alone: math.random, assay.rng, and the fence that graded text
 * cannot forge. */
#include "worker/api.h"

#include "worker/state.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#define FENCE_LABEL_MAX_BYTES 32

/* math.random as in Lua's manual: (), (0), (m), (m, n). */
static int math_random(lua_State *L)
{
    struct as_rng *rng = &state_of(L)->random;
    lua_Integer low = 1, high;
    switch (lua_gettop(L)) {
    case 0: lua_pushnumber(L, as_rng_unit(rng)); return 1;
    case 1: high = luaL_checkinteger(L, 1); break;
    case 2:
        low = luaL_checkinteger(L, 1);
        high = luaL_checkinteger(L, 2);
        break;
    default: return luaL_error(L, "wrong number of arguments");
    }
    if (lua_gettop(L) == 1 && high == 0) {
        lua_pushinteger(L, (lua_Integer)as_rng_next(rng));
        return 1;
    }
    luaL_argcheck(L, low <= high, lua_gettop(L), "interval is empty");
    uint64_t width = (uint64_t)high - (uint64_t)low + 1; /* 0 for the whole range */
    uint64_t drawn = width ? as_rng_below(rng, width) : as_rng_next(rng);
    lua_pushinteger(L, (lua_Integer)((uint64_t)low + drawn));
    return 1;
}

static int rng_next(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)as_rng_next(&state_of(L)->random));
    return 1;
}

static int rng_below(lua_State *L)
{
    lua_Integer bound = luaL_checkinteger(L, 1);
    luaL_argcheck(L, bound > 0, 1, "must be above 0");
    lua_pushinteger(L, (lua_Integer)as_rng_below(&state_of(L)->random, (uint64_t)bound));
    return 1;
}

static int rng_unit(lua_State *L)
{
    lua_pushnumber(L, as_rng_unit(&state_of(L)->random));
    return 1;
}

/* assay.fence(label, text): the text between two lines that it does not contain:
 * <<<LABEL-xxxxxxxx and LABEL-xxxxxxxx>>>, with digits of the row's seed. */
static int assay_fence(lua_State *L)
{
    size_t label_len, len;
    const char *label = luaL_checklstring(L, 1, &label_len), *text = luaL_checklstring(L, 2, &len);
    luaL_argcheck(L, label_len && label_len <= FENCE_LABEL_MAX_BYTES, 1,
                  "must have 1 to 32 characters");
    luaL_argcheck(L, strspn(label, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == label_len, 1,
                  "must be capital letters");
    char mark[FENCE_LABEL_MAX_BYTES + 16];
    do
        snprintf(mark, sizeof(mark), "%s-%08x", label, (unsigned)as_rng_next(&state_of(L)->fence));
    while (memmem(text, len, mark, strlen(mark)));
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    luaL_addstring(&out, "<<<");
    luaL_addstring(&out, mark);
    luaL_addchar(&out, '\n');
    luaL_addlstring(&out, text, len);
    luaL_addchar(&out, '\n');
    luaL_addstring(&out, mark);
    luaL_addstring(&out, ">>>");
    luaL_pushresult(&out);
    return 1;
}

void api_open_rng(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"next", rng_next}, {"below", rng_below}, {"unit", rng_unit}, {NULL, NULL}};
    lua_getglobal(L, "math");
    lua_pushcfunction(L, math_random);
    lua_setfield(L, -2, "random");
    lua_pushnil(L);
    lua_setfield(L, -2, "randomseed");
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    lua_setfield(L, -2, "rng");
    lua_pushcfunction(L, assay_fence);
    lua_setfield(L, -2, "fence");
}
