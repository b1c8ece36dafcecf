/* The words of Lua. Strings are decoded only as far as it takes to know whether their bytes are
 * UTF-8. */
#include "ctl/luatoken.h"

#include "lib/err.h"

#include <ctype.h>
#include <string.h>

static const char *const keywords[] = {
    "and",      "break",  "do",   "else", "elseif", "end",   "false", "for",
    "function", "goto",   "if",   "in",   "local",  "nil",   "not",   "or",
    "repeat",   "return", "then", "true", "until",  "while",
};

/* Longest first. */
static const char *const long_signs[] = {
    "...", "::", "..", "==", "~=", "<=", ">=", "//", "<<", ">>"};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static char peek(const struct luatokens *t, size_t ahead)
{
    return (size_t)(t->end - t->at) > ahead ? t->at[ahead] : '\0';
}

static void skip(struct luatokens *t, size_t count)
{
    for (; count && t->at < t->end; count--)
        t->line += *t->at++ == '\n';
}

/* The level of a long bracket that opens here ("[[" is 0, "[=[" 1); -1: none does. */
static int long_level(const struct luatokens *t)
{
    int level = 0;
    if (peek(t, 0) != '[')
        return -1;
    while (peek(t, 1 + (size_t)level) == '=')
        level++;
    return peek(t, 1 + (size_t)level) == '[' ? level : -1;
}

/* What is between the brackets; the reading goes on behind them. */
static struct as_str take_long(struct luatokens *t, int level)
{
    skip(t, (size_t)level + 2);
    const char *begin = t->at;
    while (t->at < t->end) {
        size_t seen = 0;
        while (peek(t, 0) == ']' && seen < (size_t)level && peek(t, 1 + seen) == '=')
            seen++;
        if (peek(t, 0) == ']' && seen == (size_t)level && peek(t, 1 + seen) == ']') {
            struct as_str text = {begin, (size_t)(t->at - begin)};
            skip(t, (size_t)level + 2);
            return text;
        }
        skip(t, 1);
    }
    return (struct as_str){begin, (size_t)(t->at - begin)};
}

static void skip_comment(struct luatokens *t)
{
    skip(t, 2);
    int level = long_level(t);
    if (level >= 0) {
        take_long(t, level);
        return;
    }
    while (t->at < t->end && *t->at != '\n')
        skip(t, 1);
}

static void skip_blanks(struct luatokens *t)
{
    for (;;) {
        if (peek(t, 0) == '-' && peek(t, 1) == '-')
            skip_comment(t);
        else if (t->at < t->end && isspace((unsigned char)*t->at))
            skip(t, 1);
        else
            return;
    }
}

/* Strings */

static int hex_value(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : (c | 32) - 'a' + 10;
}

/* One escape behind its backslash; returns how many characters it has. */
static size_t add_escaped(const char *at, size_t left, struct as_buf *value)
{
    size_t used = 1;
    if (*at == 'x' && left >= 3) {
        as_buf_addc(value, (char)(hex_value(at[1]) * 16 + hex_value(at[2])));
        used = 3;
    } else if (*at == 'u') { /* a code point: UTF-8 by itself */
        while (used < left && at[used - 1] != '}')
            used++;
    } else if (isdigit((unsigned char)*at)) {
        int code = 0;
        for (used = 0; used < 3 && used < left && isdigit((unsigned char)at[used]); used++)
            code = code * 10 + (at[used] - '0');
        as_buf_addc(value, (char)code);
    } else {
        as_buf_addc(value, ' '); /* some ASCII character */
    }
    return used;
}

static bool is_not_utf8(struct as_str text)
{
    struct as_buf value = {0};
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\' && i + 1 < text.len)
            i += add_escaped(text.ptr + i + 1, text.len - i - 1, &value);
        else
            as_buf_addc(&value, text.ptr[i]);
    }
    bool is_bad = value.len && !as_utf8_is_valid(value.ptr, value.len);
    as_buf_done(&value);
    return is_bad;
}

static struct luatoken take_string(struct luatokens *t)
{
    char quote = *t->at;
    struct luatoken token = {.type = LUATOKEN_STRING, .line = t->line};
    skip(t, 1);
    token.text.ptr = t->at;
    while (t->at < t->end && *t->at != quote)
        skip(t, *t->at == '\\' ? 2 : 1);
    token.text.len = (size_t)(t->at - token.text.ptr);
    token.is_not_utf8 = is_not_utf8(token.text);
    skip(t, 1);
    return token;
}

static struct luatoken take_long_string(struct luatokens *t, int level)
{
    struct luatoken token = {.type = LUATOKEN_STRING, .line = t->line};
    token.text = take_long(t, level);
    token.is_not_utf8 = !as_utf8_is_valid(token.text.ptr, token.text.len);
    return token;
}

/* Words, numbers, signs */

static struct luatoken take_span(struct luatokens *t, enum luatoken_type type, size_t len)
{
    struct luatoken token = {.type = type, .text = {t->at, len}, .line = t->line};
    skip(t, len);
    return token;
}

static struct luatoken take_word(struct luatokens *t)
{
    size_t len = 0;
    while (is_word(peek(t, len)))
        len++;
    struct luatoken token = take_span(t, LUATOKEN_NAME, len);
    for (size_t i = 0; i < AS_COUNT(keywords); i++)
        if (as_str_eq(token.text, keywords[i]))
            token.type = LUATOKEN_KEYWORD;
    return token;
}

/* Also a sign behind an exponent: "1e-5", "0x1p+3". */
static struct luatoken take_number(struct luatokens *t)
{
    size_t len = 0;
    bool is_hex = peek(t, 0) == '0' && (peek(t, 1) | 32) == 'x';
    for (;; len++) {
        char c = peek(t, len), before = len ? (char)(peek(t, len - 1) | 32) : '\0';
        bool is_sign = (c == '+' || c == '-') && before == (is_hex ? 'p' : 'e');
        if (!is_word(c) && c != '.' && !is_sign)
            break;
    }
    return take_span(t, LUATOKEN_NUMBER, len);
}

static struct luatoken take_sign(struct luatokens *t)
{
    for (size_t i = 0; i < AS_COUNT(long_signs); i++) {
        size_t len = strlen(long_signs[i]);
        if ((size_t)(t->end - t->at) >= len && !memcmp(t->at, long_signs[i], len))
            return take_span(t, LUATOKEN_SIGN, len);
    }
    return take_span(t, LUATOKEN_SIGN, 1);
}

/* A byte order mark, and a first line of "#!", are none of Lua's. */
struct luatokens luatokens_of(struct as_str source)
{
    struct luatokens t = {source.ptr, source.ptr + source.len, 1};
    if (source.len >= 3 && !memcmp(source.ptr, "\xEF\xBB\xBF", 3))
        t.at += 3;
    if (peek(&t, 0) == '#')
        while (t.at < t.end && *t.at != '\n')
            t.at++;
    return t;
}

struct luatoken luatokens_next(struct luatokens *t)
{
    skip_blanks(t);
    if (t->at >= t->end)
        return (struct luatoken){.type = LUATOKEN_END, .line = t->line};
    char c = *t->at;
    int level = long_level(t);
    if (level >= 0)
        return take_long_string(t, level);
    if (c == '"' || c == '\'')
        return take_string(t);
    if (isdigit((unsigned char)c) || (c == '.' && isdigit((unsigned char)peek(t, 1))))
        return take_number(t);
    return is_word(c) ? take_word(t) : take_sign(t);
}

bool luatoken_is(const struct luatoken *token, const char *text)
{
    return (token->type == LUATOKEN_SIGN || token->type == LUATOKEN_KEYWORD) &&
           as_str_eq(token->text, text);
}
