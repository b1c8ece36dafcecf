/* JSON text to Lua values: strict and bounded in depth. All of its memory is the Lua heap's, so a
 * raised error leaks nothing and a restored snapshot forgets everything. Integers that fit stay
 * integers; half a surrogate pair becomes U+FFFD. */
#include "worker/api.h"

#include "lib/json.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX_BYTES 256

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

/* \uXXXX, with its second half where it is the first of a pair; half a pair becomes U+FFFD. */
static bool decode_unicode(struct decoder *d, luaL_Buffer *out)
{
    unsigned code, low;
    if (!hex4(d, &code))
        return false;
    bool is_pair = code >= 0xD800 && code < 0xDC00 && d->end - d->at >= 2 && d->at[0] == '\\' &&
                   d->at[1] == 'u';
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

/* Moves *at to the first byte that is a quote, an escape or a control character. False: what was
 * passed is not UTF-8; no character spans such a byte, so pieces can be judged alone. */
static bool skip_plain(struct decoder *d, const char **at)
{
    const char *start = *at, *end = start;
    unsigned char seen = 0;
    while (end < d->end && *end != '"' && *end != '\\' && (unsigned char)*end >= 0x20)
        seen |= (unsigned char)*end++;
    *at = end;
    return seen < 0x80 || as_utf8_is_valid(start, (size_t)(end - start)) ||
           fail(d, "not valid UTF-8");
}

/* Behind the opening quote. */
static bool decode_string(struct decoder *d)
{
    const char *plain = d->at;
    if (!skip_plain(d, &plain))
        return false;
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
        plain = d->at;
        if (!skip_plain(d, &plain))
            return false;
    }
    luaL_pushresult(&out);
    return true;
}

static bool decode_array(struct decoder *d)
{
    lua_newtable(d->L);
    api_json_push_array_mark(d->L);
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
        api_json_push_null(d->L);
        d->at += 4;
    } else {
        return fail(d, "expected a value");
    }
    return true;
}

/* Pushes one value; on failure whatever was half done stays on the stack for api_json_decode to
 * drop. */
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
    struct decoder d = {
        .L = L, .at = text.ptr, .start = text.ptr, .end = text.ptr + text.len, .nulls = nulls};
    int top = lua_gettop(L);
    luaL_checkstack(L, 4 * AS_JSON_MAX_DEPTH + 8, "JSON");
    bool is_good = decode_value(&d);
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
