/* JSON to Lua values and back: strict, bounded in depth, and deterministic. All of its memory is the Lua heap's, so a
 * raised error leaks nothing and a restored snapshot forgets everything.
 *
 * Arrays carry a metatable of ours as a mark, so that [] comes back as [] and {} as {}. null is assay.json.null.
 * Integers that fit stay integers. Keys are written sorted; bad UTF-8 is written as U+FFFD. */
#include "worker/api.h"

#include "lib/json.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX_BYTES 256
#define WHY_BYTES 128

static const char array_mark; /* its address is the registry key of the metatable of arrays */

static void push_array_mark(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &array_mark);
}

static void push_null(lua_State *L)
{
    lua_pushlightuserdata(L, NULL);
}

bool api_json_is_null(lua_State *L, int value)
{
    return lua_type(L, value) == LUA_TLIGHTUSERDATA && !lua_touserdata(L, value);
}

/* Decoding */

struct decoder {
    lua_State *L;
    const char *at, *start, *end;
    enum json_null nulls;
    int depth;
    const char *why; /* set at the first mistake */
};

static bool decode_value(struct decoder *d);

static bool fail(struct decoder *d, const char *why)
{
    d->why = why;
    return false;
}

static void skip_space(struct decoder *d)
{
    while (d->at < d->end && (*d->at == ' ' || *d->at == '\n' || *d->at == '\t' || *d->at == '\r'))
        d->at++;
}

static bool next_is(struct decoder *d, char c)
{
    skip_space(d);
    if (d->at == d->end || *d->at != c)
        return false;
    d->at++;
    return true;
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

/* The end of the number at the start of text, or NULL when it is none. */
static const char *number_end(const char *at, const char *end, bool *ret_is_integer)
{
    at += at < end && *at == '-';
    const char *digits = at;
    at = skip_digits(at, end);
    if (at == digits || (*digits == '0' && at > digits + 1))
        return NULL;
    *ret_is_integer = true;
    if (at < end && *at == '.') {
        digits = ++at;
        *ret_is_integer = false;
        if ((at = skip_digits(at, end)) == digits)
            return NULL;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        *ret_is_integer = false;
        at++;
        at += at < end && (*at == '+' || *at == '-');
        digits = at;
        if ((at = skip_digits(at, end)) == digits)
            return NULL;
    }
    return at;
}

static bool decode_number(struct decoder *d)
{
    char text[NUMBER_MAX_BYTES];
    bool is_integer = false;
    const char *end = number_end(d->at, d->end, &is_integer);
    if (!end)
        return fail(d, "not a number");
    size_t len = (size_t)(end - d->at);
    if (len >= sizeof(text))
        return fail(d, "a number of too many digits");
    memcpy(text, d->at, len);
    text[len] = '\0';
    d->at = end;
    double number = strtod(text, NULL);
    if (isinf(number))
        return fail(d, "a number out of range");
    lua_stringtonumber(d->L, text); /* an integer when it fits one, as in Lua */
    if (is_integer == lua_isinteger(d->L, -1))
        return true;
    lua_pop(d->L, 1);
    lua_pushnumber(d->L, number);
    return true;
}

static bool hex4(struct decoder *d, unsigned *ret_code)
{
    unsigned code = 0;
    if (d->end - d->at < 4)
        return fail(d, "\\u needs four hexadecimal digits");
    for (int i = 0; i < 4; i++) {
        char c = *d->at++;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                                : 16u;
        if (digit > 15)
            return fail(d, "\\u needs four hexadecimal digits");
        code = code * 16 + digit;
    }
    *ret_code = code;
    return true;
}

static void add_code_point(luaL_Buffer *out, unsigned code)
{
    if (code < 0x80) {
        luaL_addchar(out, (char)code);
        return;
    }
    if (code < 0x800) {
        luaL_addchar(out, (char)(0xC0 | (code >> 6)));
    } else {
        if (code < 0x10000) {
            luaL_addchar(out, (char)(0xE0 | (code >> 12)));
        } else {
            luaL_addchar(out, (char)(0xF0 | (code >> 18)));
            luaL_addchar(out, (char)(0x80 | ((code >> 12) & 0x3F)));
        }
        luaL_addchar(out, (char)(0x80 | ((code >> 6) & 0x3F)));
    }
    luaL_addchar(out, (char)(0x80 | (code & 0x3F)));
}

/* \uXXXX, with its second half where it is the first of a pair; half a pair alone becomes U+FFFD. */
static bool decode_unicode(struct decoder *d, luaL_Buffer *out)
{
    unsigned code, low;
    if (!hex4(d, &code))
        return false;
    bool is_pair = code >= 0xD800 && code < 0xDC00 && d->end - d->at >= 2 && d->at[0] == '\\' && d->at[1] == 'u';
    if (is_pair) {
        const char *second = d->at;
        d->at += 2;
        if (!hex4(d, &low))
            return false;
        if (low >= 0xDC00 && low < 0xE000)
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        else
            d->at = second;
    }
    add_code_point(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
    return true;
}

static bool decode_escape(struct decoder *d, luaL_Buffer *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (d->at == d->end)
        return fail(d, "the string does not end");
    char c = *d->at++;
    if (c == 'u')
        return decode_unicode(d, out);
    const char *found = c ? strchr(from, c) : NULL;
    if (!found)
        return fail(d, "an unknown escape in a string");
    luaL_addchar(out, to[found - from]);
    return true;
}

static const char *plain_end(const char *at, const char *end)
{
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20)
        at++;
    return at;
}

/* Behind the opening quote. */
static bool decode_string(struct decoder *d)
{
    const char *plain = plain_end(d->at, d->end);
    if (plain < d->end && *plain == '"') {
        lua_pushlstring(d->L, d->at, (size_t)(plain - d->at));
        d->at = plain + 1;
        return true;
    }
    luaL_Buffer out;
    luaL_buffinit(d->L, &out);
    for (;;) {
        luaL_addlstring(&out, d->at, (size_t)(plain - d->at));
        d->at = plain;
        if (d->at == d->end)
            return fail(d, "the string does not end");
        char c = *d->at++;
        if (c == '"')
            break;
        if (c != '\\')
            return fail(d, "a control character in a string");
        if (!decode_escape(d, &out))
            return false;
        plain = plain_end(d->at, d->end);
    }
    luaL_pushresult(&out);
    return true;
}

static bool decode_array(struct decoder *d)
{
    lua_newtable(d->L);
    push_array_mark(d->L);
    lua_setmetatable(d->L, -2);
    if (next_is(d, ']'))
        return true;
    for (lua_Integer i = 1;; i++) {
        if (!decode_value(d))
            return false;
        lua_rawseti(d->L, -2, i);
        if (next_is(d, ']'))
            return true;
        if (!next_is(d, ','))
            return fail(d, "expected ',' or ']'");
    }
}

static bool decode_member(struct decoder *d)
{
    if (!next_is(d, '"'))
        return fail(d, "expected a quoted key");
    if (!decode_string(d))
        return false;
    if (!next_is(d, ':'))
        return fail(d, "expected ':'");
    if (!decode_value(d))
        return false;
    if (d->nulls == JSON_NULL_DROP && api_json_is_null(d->L, -1)) {
        lua_pop(d->L, 1);
        lua_pushnil(d->L);
    }
    lua_rawset(d->L, -3);
    return true;
}

static bool decode_object(struct decoder *d)
{
    lua_newtable(d->L);
    if (next_is(d, '}'))
        return true;
    for (;;) {
        if (!decode_member(d))
            return false;
        if (next_is(d, '}'))
            return true;
        if (!next_is(d, ','))
            return fail(d, "expected ',' or '}'");
    }
}

static bool decode_nested(struct decoder *d, bool (*decode)(struct decoder *))
{
    if (d->depth == AS_JSON_MAX_DEPTH)
        return fail(d, "nested too deep");
    d->depth++;
    d->at++;
    bool is_good = decode(d);
    d->depth--;
    return is_good;
}

static bool decode_word(struct decoder *d)
{
    size_t left = (size_t)(d->end - d->at);
    if (left >= 4 && !memcmp(d->at, "true", 4)) {
        lua_pushboolean(d->L, 1);
        d->at += 4;
    } else if (left >= 5 && !memcmp(d->at, "false", 5)) {
        lua_pushboolean(d->L, 0);
        d->at += 5;
    } else if (left >= 4 && !memcmp(d->at, "null", 4)) {
        push_null(d->L);
        d->at += 4;
    } else {
        return fail(d, "expected a value");
    }
    return true;
}

/* Pushes one value; on failure whatever was half done stays on the stack for api_json_decode to drop. */
static bool decode_value(struct decoder *d)
{
    skip_space(d);
    if (d->at == d->end)
        return fail(d, "the text ends too early");
    switch (*d->at) {
    case '{': return decode_nested(d, decode_object);
    case '[': return decode_nested(d, decode_array);
    case '"': d->at++; return decode_string(d);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9': return decode_number(d);
    default: return decode_word(d);
    }
}

static void push_mistake(const struct decoder *d)
{
    int line = 1, column = 1;
    for (const char *at = d->start; at < d->at; at++) {
        column = *at == '\n' ? 1 : column + 1;
        line += *at == '\n';
    }
    lua_pushfstring(d->L, "line %d, column %d: %s", line, column, d->why);
}

bool api_json_decode(lua_State *L, struct as_str text, enum json_null nulls)
{
    struct decoder d = {.L = L, .at = text.ptr, .start = text.ptr, .end = text.ptr + text.len, .nulls = nulls};
    int top = lua_gettop(L);
    luaL_checkstack(L, 4 * AS_JSON_MAX_DEPTH + 8, "JSON");
    bool is_good = as_utf8_is_valid(text.ptr, text.len) ? decode_value(&d) : fail(&d, "not valid UTF-8");
    if (is_good) {
        skip_space(&d);
        is_good = d.at == d.end || fail(&d, "more bytes after the value");
    }
    if (!is_good) {
        lua_settop(L, top);
        push_mistake(&d);
    }
    return is_good;
}

/* Encoding */

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
    push_array_mark(L);
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
    bool is_sequence = count && lua_isinteger(L, -1) && lua_tointeger(L, -1) == count && lua_isinteger(L, -2) &&
                       lua_tointeger(L, -2) == 1;
    lua_pop(L, 2);
    bool is_good;
    if (is_sequence || (!count && is_marked_array(L, table)))
        is_good = encode_array(e, table, count);
    else if (!count || (first == LUA_TSTRING && last == LUA_TSTRING))
        is_good = encode_object(e, table, count);
    else
        is_good = refuse(e, "a table must have the keys 1..n without holes, or only strings as keys");
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

/* The face to scripts */

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
    push_array_mark(L);
    lua_setmetatable(L, 1);
    return 1;
}

void api_open_json(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"decode", json_decode}, {"encode", json_encode}, {"array", json_array}, {NULL, NULL}};
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &array_mark);
    luaL_newlib(L, functions);
    push_null(L);
    lua_setfield(L, -2, "null");
    lua_setfield(L, -2, "json");
}
