/* assay.num: numbers as people write them in prose: grouped by commas, behind a currency sign, with
 * a long minus, glued to a unit. One pass over the text. What is no number on its own ("Q3", the
 * hyphen of "5-10") must not become one. */
#include "worker/api.h"

#include "worker/unicode.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX_BYTES 128
#define CLOSE_TOLERANCE 1e-9

static bool is_digit_at(struct as_str s, size_t at)
{
    return at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9';
}

static size_t digits_end(struct as_str s, size_t at)
{
    while (is_digit_at(s, at))
        at++;
    return at;
}

/* ",234" and no digit behind it. */
static bool is_group_at(struct as_str s, size_t at)
{
    return at < s.len && s.ptr[at] == ',' && digits_end(s, at + 1) == at + 4;
}

static size_t exponent_end(struct as_str s, size_t at)
{
    if (at >= s.len || (s.ptr[at] != 'e' && s.ptr[at] != 'E'))
        return at;
    size_t digits = at + 1;
    if (digits < s.len && (s.ptr[digits] == '+' || s.ptr[digits] == '-'))
        digits++;
    size_t end = digits_end(s, digits);
    return end > digits ? end : at;
}

/* The end of the number that starts at a digit or at a point before one. */
static size_t number_end(struct as_str s, size_t at, bool *ret_is_integer)
{
    size_t end = digits_end(s, at);
    if (end - at <= 3 && end > at)
        while (is_group_at(s, end))
            end += 4;
    *ret_is_integer = true;
    if (end < s.len && s.ptr[end] == '.' && is_digit_at(s, end + 1)) {
        end = digits_end(s, end + 1);
        *ret_is_integer = false;
    }
    size_t behind = exponent_end(s, end);
    if (behind > end)
        *ret_is_integer = false;
    return behind;
}

static bool ends_with(struct as_str s, const char *tail)
{
    size_t len = strlen(tail);
    return s.len >= len && !memcmp(s.ptr + s.len - len, tail, len);
}

/* Whether a minus stands before the number, also before its currency sign: -5, -$5, and U+2212. A
 * minus behind a letter or a digit is a hyphen. */
static bool is_negative(struct as_str before)
{
    static const char *const currencies[] = {"$", "\xE2\x82\xAC", "\xC2\xA3", "\xC2\xA5"};
    for (size_t i = 0; i < sizeof(currencies) / sizeof(currencies[0]); i++)
        if (ends_with(before, currencies[i]))
            before.len -= strlen(currencies[i]);
    bool is_minus = ends_with(before, "-"), is_long_minus = ends_with(before, "\xE2\x88\x92");
    if (!is_minus && !is_long_minus)
        return false;
    before.len -= is_minus ? 1 : 3;
    unsigned char c = before.len ? (unsigned char)before.ptr[before.len - 1] : ' ';
    return c < 0x80 && !unicode_is_word(c) && c != ')';
}

/* Pushes the number in s[at, end). False: it has too many digits to be read. [-0, +1 or +0] */
static bool push_number(lua_State *L, struct as_str s, size_t at, size_t end, bool is_integer)
{
    char text[NUMBER_MAX_BYTES];
    size_t len = 0;
    if (is_negative((struct as_str){s.ptr, at}))
        text[len++] = '-';
    for (; at < end && len < sizeof(text) - 1; at++)
        if (s.ptr[at] != ',')
            text[len++] = s.ptr[at];
    text[len] = '\0';
    if (at < end || !isfinite(strtod(text, NULL)))
        return false;
    if (is_integer && lua_stringtonumber(L, text))
        return true;
    lua_pushnumber(L, strtod(text, NULL));
    return true;
}

/* Pushes the first number from *at on and moves *at behind it. A digit glued to a letter before it
 * ("Q3") is none. */
static bool push_next_number(lua_State *L, struct as_str s, size_t *at)
{
    bool is_glued = false;
    size_t len;
    while (*at < s.len) {
        bool is_point =
            s.ptr[*at] == '.' && is_digit_at(s, *at + 1) && !is_digit_at(s, *at - (*at > 0));
        if (is_glued || (!is_digit_at(s, *at) && !is_point)) {
            uint32_t c = unicode_next(s.ptr + *at, s.len - *at, &len);
            is_glued = unicode_is_word(c) || c == '_';
            *at += len;
            continue;
        }
        bool is_integer;
        size_t start = *at;
        *at = number_end(s, start, &is_integer);
        if (push_number(L, s, start, *at, is_integer && !is_point))
            return true;
    }
    return false;
}

/* parse(text): the first number in it, or nil: "about $1,234.50" is 1234.5, "12 %" is 12. */
static int num_parse(lua_State *L)
{
    struct as_str s;
    size_t at = 0;
    s.ptr = luaL_checklstring(L, 1, &s.len);
    if (!push_next_number(L, s, &at))
        lua_pushnil(L);
    return 1;
}

/* all(text): an array of all numbers in it; the last one is often the answer. */
static int num_all(lua_State *L)
{
    struct as_str s;
    size_t at = 0;
    s.ptr = luaL_checklstring(L, 1, &s.len);
    lua_newtable(L);
    for (lua_Integer count = 1; push_next_number(L, s, &at); count++)
        lua_rawseti(L, 2, count);
    return 1;
}

/* close(a, b, tolerance?, relative?): |a - b| is at most tolerance (1e-9), or relative times the
 * larger of the two. */
static int num_close(lua_State *L)
{
    lua_Number a = luaL_checknumber(L, 1), b = luaL_checknumber(L, 2);
    lua_Number tolerance = luaL_optnumber(L, 3, CLOSE_TOLERANCE);
    lua_Number relative = luaL_optnumber(L, 4, 0) * fmax(fabs(a), fabs(b));
    lua_pushboolean(L, fabs(a - b) <= fmax(tolerance, relative));
    return 1;
}

void api_open_num(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"parse", num_parse}, {"all", num_all}, {"close", num_close}, {NULL, NULL}};
    luaL_newlib(L, functions);
    lua_setfield(L, -2, "num");
}
