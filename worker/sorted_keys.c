/* A table's keys in an order that is a fact of the table alone: numbers by value, strings by their
 * bytes, then booleans, then everything else by its place in the heap. For what leaves the worker
 * as text: JSON, headers, parameters. A script's own pairs goes in the order of Lua's hashes, which
 * is the same in every process, but depends on how the table came to be. */
#include "worker/api.h"

#include <lauxlib.h>
#include <string.h>

enum key_rank { RANK_NUMBER, RANK_STRING, RANK_BOOLEAN, RANK_OTHER };

struct key {
    enum key_rank rank;
    bool is_integer;
    lua_Integer integer;
    lua_Number number;
    struct as_str text;
    const void *address;
    lua_Integer slot; /* where lua_next found it */
};

static int compare_numbers(const struct key *a, const struct key *b)
{
    if (a->is_integer && b->is_integer)
        return (a->integer > b->integer) - (a->integer < b->integer);
    lua_Number x = a->is_integer ? (lua_Number)a->integer : a->number;
    lua_Number y = b->is_integer ? (lua_Number)b->integer : b->number;
    return (x > y) - (x < y);
}

static int compare_texts(struct as_str a, struct as_str b)
{
    int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_keys(const struct key *a, const struct key *b)
{
    int order = 0;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    switch (a->rank) {
    case RANK_NUMBER: order = compare_numbers(a, b); break;
    case RANK_STRING: order = compare_texts(a->text, b->text); break;
    case RANK_BOOLEAN: order = (int)a->integer - (int)b->integer; break;
    case RANK_OTHER: order = (a->address > b->address) - (a->address < b->address); break;
    }
    return order ? order : (a->slot > b->slot) - (a->slot < b->slot);
}

/* libc's qsort would ask the kernel for the machine's memory, which the jail forbids. */
static void sift_down(struct key *keys, size_t root, size_t count)
{
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && compare_keys(&keys[child], &keys[child + 1]) < 0)
            child++;
        if (compare_keys(&keys[root], &keys[child]) >= 0)
            return;
        struct key swap = keys[root];
        keys[root] = keys[child];
        keys[child] = swap;
    }
}

static void sort_keys(struct key *keys, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sift_down(keys, i, count);
    for (size_t last = count; last-- > 1;) {
        struct key swap = keys[0];
        keys[0] = keys[last];
        keys[last] = swap;
        sift_down(keys, 0, last);
    }
}

static struct key read_key(lua_State *L, int at, lua_Integer slot)
{
    struct key key = {.rank = RANK_OTHER, .slot = slot};
    switch (lua_type(L, at)) {
    case LUA_TNUMBER:
        key.rank = RANK_NUMBER;
        key.is_integer = lua_isinteger(L, at);
        key.integer = key.is_integer ? lua_tointeger(L, at) : 0;
        key.number = lua_tonumber(L, at);
        break;
    case LUA_TSTRING:
        key.rank = RANK_STRING;
        key.text.ptr = lua_tolstring(L, at, &key.text.len);
        break;
    case LUA_TBOOLEAN:
        key.rank = RANK_BOOLEAN;
        key.integer = lua_toboolean(L, at);
        break;
    default: key.address = lua_topointer(L, at);
    }
    return key;
}

/* Collects the keys as lua_next gives them. True when they already are in order. [-0, +1] */
static bool push_keys(lua_State *L, int table, lua_Integer *ret_count)
{
    struct key before = {0};
    bool in_order = true;
    lua_Integer count = 0;
    table = lua_absindex(L, table);
    lua_createtable(L, (int)lua_rawlen(L, table), 0);
    lua_pushnil(L);
    while (lua_next(L, table)) {
        lua_pop(L, 1);
        struct key key = read_key(L, -1, ++count);
        in_order = in_order && (count == 1 || compare_keys(&before, &key) < 0);
        before = key;
        lua_pushvalue(L, -1);
        lua_rawseti(L, -3, count);
    }
    *ret_count = count;
    return in_order;
}

lua_Integer api_push_sorted_keys(lua_State *L, int table)
{
    lua_Integer count;
    luaL_checkstack(L, 6, "keys");
    if (push_keys(L, table, &count))
        return count;
    int found = lua_gettop(L);
    struct key *keys = lua_newuserdatauv(L, (size_t)count * sizeof(*keys), 0);
    for (lua_Integer i = 0; i < count; i++) {
        lua_rawgeti(L, found, i + 1);
        keys[i] = read_key(L, -1, i + 1);
        lua_pop(L, 1);
    }
    sort_keys(keys, (size_t)count);
    lua_createtable(L, (int)count, 0);
    for (lua_Integer i = 0; i < count; i++) {
        lua_rawgeti(L, found, keys[i].slot);
        lua_rawseti(L, -2, i + 1);
    }
    lua_replace(L, found);
    lua_settop(L, found);
    return count;
}
