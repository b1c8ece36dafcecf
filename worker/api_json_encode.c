/* Lua values to JSON text, deterministic: sorted keys, the shortest number that reads back the
 * same, bad UTF-8 as U+FFFD. The text grows in a userdata at a fixed place of the stack, because a
 * luaL_Buffer allows no pushes in between. */
#include "worker/api.h"

#include "lib/json.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHY_BYTES 128

struct encoder {
    lua_State *L;
    char *text; /* a userdata's memory, at slot */
    size_t len, cap;
    int slot;
    int depth;
    char why[WHY_BYTES];
};

static bool encode_value(struct encoder *e, int value);

static void emit(struct encoder *e, const char *text, size_t len)
{
    if (e->cap - e->len < len) {
        size_t cap = e->cap * 2 > e->len + len ? e->cap * 2 : e->len + len;
        char *grown = lua_newuserdatauv(e->L, cap, 0);
        memcpy(grown, e->text, e->len);
        lua_replace(e->L, e->slot);
        e->text = grown;
        e->cap = cap;
    }
    memcpy(e->text + e->len, text, len);
    e->len += len;
}

static void emit_text(struct encoder *e, const char *text)
{
    emit(e, text, strlen(text));
}

__attribute__((format(printf, 2, 3))) static bool refuse(struct encoder *e, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(e->why, sizeof(e->why), fmt, args);
    va_end(args);
    return false;
}

static bool encode_number(struct encoder *e, int value)
{
    char text[32];
    lua_Number number = lua_tonumber(e->L, value);
    if (lua_isinteger(e->L, value)) {
        snprintf(text, sizeof(text), "%lld", (long long)lua_tointeger(e->L, value));
    } else if (!isfinite(number)) {
        return refuse(e, "JSON has no infinity and no NaN");
    } else if (number == floor(number) && fabs(number) < 0x1p53) {
        snprintf(text, sizeof(text), "%.0f", number);
    } else {
        for (int digits = 15; digits <= 17; digits++) { /* the shortest that reads back the same */
            snprintf(text, sizeof(text), "%.*g", digits, number);
            if (strtod(text, NULL) == number)
                break;
        }
    }
    emit_text(e, text);
    return true;
}

static bool is_written_as_is(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\' && c < 0x80;
}

/* Length of the valid UTF-8 sequence at s, or 0. */
static size_t utf8_length(const char *s, size_t left)
{
    unsigned char c = (unsigned char)*s;
    size_t len = c < 0x80 ? 1 : c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    return len <= left && as_utf8_is_valid(s, len) ? len : 0;
}

static size_t emit_odd_character(struct encoder *e, const char *s, size_t left)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    unsigned char c = (unsigned char)*s;
    const char *found = c ? strchr(from, c) : NULL;
    char escape[8];
    if (found) {
        emit(e, (const char[]){'\\', to[found - from]}, 2);
        return 1;
    }
    if (c < 0x20) {
        snprintf(escape, sizeof(escape), "\\u%04x", c);
        emit(e, escape, 6);
        return 1;
    }
    size_t len = utf8_length(s, left);
    emit(e, len ? s : "\xEF\xBF\xBD", len ? len : 3);
    return len ? len : 1;
}

static void encode_string(struct encoder *e, int value)
{
    size_t left;
    const char *s = lua_tolstring(e->L, value, &left);
    emit(e, "\"", 1);
    while (left) {
        size_t plain = 0;
        while (plain < left && is_written_as_is((unsigned char)s[plain]))
            plain++;
        emit(e, s, plain);
        s += plain;
        left -= plain;
        if (!left)
            break;
        size_t used = emit_odd_character(e, s, left);
        s += used;
        left -= used;
    }
    emit(e, "\"", 1);
}

static bool is_marked_array(lua_State *L, int table)
{
    if (!lua_getmetatable(L, table))
        return false;
    api_json_push_array_mark(L);
    bool is_same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return is_same;
}

static bool encode_array(struct encoder *e, int table, lua_Integer count)
{
    emit(e, "[", 1);
    for (lua_Integer i = 1; i <= count; i++) {
        if (i > 1)
            emit(e, ",", 1);
        if (lua_rawgeti(e->L, table, i) == LUA_TNIL)
            return refuse(e, "an array with a hole at %lld", (long long)i);
        if (!encode_value(e, lua_gettop(e->L)))
            return false;
        lua_pop(e->L, 1);
    }
    emit(e, "]", 1);
    return true;
}

/* The sorted keys lie on top of the stack. */
static bool encode_object(struct encoder *e, int table, lua_Integer count)
{
    int keys = lua_gettop(e->L);
    emit(e, "{", 1);
    for (lua_Integer i = 1; i <= count; i++) {
        if (i > 1)
            emit(e, ",", 1);
        lua_rawgeti(e->L, keys, i);
        encode_string(e, -1);
        emit(e, ":", 1);
        lua_rawget(e->L, table);
        if (!encode_value(e, lua_gettop(e->L)))
            return false;
        lua_pop(e->L, 1);
    }
    emit(e, "}", 1);
    return true;
}

/* Keys 1..n make an array, strings an object; anything else is refused, holes too. */
static bool encode_table(struct encoder *e, int table)
{
    lua_State *L = e->L;
    if (e->depth == AS_JSON_MAX_DEPTH)
        return refuse(e, "nested more than %d deep, or within itself", AS_JSON_MAX_DEPTH);
    luaL_checkstack(L, 8, "JSON");
    e->depth++;
    lua_Integer count = api_push_sorted_keys(L, table);
    int first = lua_rawgeti(L, -1, 1);
    int last = lua_rawgeti(L, -2, count);
    bool is_sequence = count && lua_isinteger(L, -1) && lua_tointeger(L, -1) == count &&
                       lua_isinteger(L, -2) && lua_tointeger(L, -2) == 1;
    lua_pop(L, 2);
    bool is_good;
    if (is_sequence || (!count && is_marked_array(L, table)))
        is_good = encode_array(e, table, count);
    else if (!count || (first == LUA_TSTRING && last == LUA_TSTRING))
        is_good = encode_object(e, table, count);
    else
        is_good =
            refuse(e, "a table must have the keys 1..n without holes, or only strings as keys");
    if (is_good)
        lua_pop(L, 1);
    e->depth--;
    return is_good;
}

static bool encode_value(struct encoder *e, int value)
{
    switch (lua_type(e->L, value)) {
    case LUA_TNUMBER: return encode_number(e, value);
    case LUA_TSTRING: encode_string(e, value); return true;
    case LUA_TBOOLEAN: emit_text(e, lua_toboolean(e->L, value) ? "true" : "false"); return true;
    case LUA_TNIL: emit_text(e, "null"); return true;
    case LUA_TTABLE: return encode_table(e, value);
    default:
        if (!api_json_is_null(e->L, value))
            return refuse(e, "a %s cannot be JSON", luaL_typename(e->L, value));
        emit_text(e, "null");
        return true;
    }
}

bool api_json_encode(lua_State *L, int value)
{
    struct encoder e = {.L = L, .cap = 256};
    value = lua_absindex(L, value);
    luaL_checkstack(L, 8, "JSON");
    e.text = lua_newuserdatauv(L, e.cap, 0);
    e.slot = lua_gettop(L);
    bool is_good = encode_value(&e, value);
    lua_settop(L, e.slot);
    if (is_good)
        lua_pushlstring(L, e.text, e.len);
    else
        lua_pushstring(L, e.why);
    lua_replace(L, e.slot);
    return is_good;
}
