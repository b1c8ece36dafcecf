/* Byte loops over borrowed strings. No locale, so that the same prompt is the same task on every
 * machine; no allocation save for the two word functions, because the simulator must not be what a
 * benchmark measures. */
#include "sim/text.h"

#include "lib/rng.h"

#include <string.h>

#define INT_DIGITS_MAX 9
#define FNV_START 0xCBF29CE484222325u
#define FNV_PRIME 0x100000001B3u

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_word_byte(char c)
{
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || (unsigned char)c > 127;
}

static struct as_str skip(struct as_str text, size_t count)
{
    return (struct as_str){text.ptr + count, text.len - count};
}

struct as_str text_trim(struct as_str text)
{
    while (text.len && is_space(text.ptr[0]))
        text = skip(text, 1);
    while (text.len && is_space(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

bool text_is_blank(struct as_str text)
{
    return text_trim(text).len == 0;
}

static bool has_prefix(struct as_str text, struct as_str prefix)
{
    if (text.len < prefix.len)
        return false;
    for (size_t i = 0; i < prefix.len; i++) {
        if (lower(text.ptr[i]) != lower(prefix.ptr[i]))
            return false;
    }
    return true;
}

bool text_has_prefix(struct as_str text, const char *prefix)
{
    return has_prefix(text, as_str_from(prefix));
}

bool text_eq_nocase(struct as_str a, struct as_str b)
{
    return a.len == b.len && has_prefix(a, b);
}

bool text_next_line(struct as_str *rest, struct as_str *ret_line)
{
    if (!rest->len)
        return false;
    const char *end = memchr(rest->ptr, '\n', rest->len);
    size_t len = end ? (size_t)(end - rest->ptr) : rest->len;
    struct as_str line = {rest->ptr, len};
    *rest = skip(*rest, end ? len + 1 : len);
    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    *ret_line = line;
    return true;
}

bool text_next_item(struct as_str *rest, struct as_str *ret_item)
{
    while (rest->len) {
        const char *end = memchr(rest->ptr, ',', rest->len);
        size_t len = end ? (size_t)(end - rest->ptr) : rest->len;
        struct as_str item = text_trim((struct as_str){rest->ptr, len});
        *rest = skip(*rest, end ? len + 1 : len);
        if (item.len) {
            *ret_item = item;
            return true;
        }
    }
    return false;
}

static bool find_from(struct as_str text, size_t from, struct as_str needle, size_t *ret_at)
{
    for (size_t i = from; i + needle.len <= text.len; i++) {
        if (lower(text.ptr[i]) == lower(needle.ptr[0]) && has_prefix(skip(text, i), needle)) {
            *ret_at = i;
            return true;
        }
    }
    return false;
}

bool text_find(struct as_str text, const char *needle, size_t *ret_at)
{
    return find_from(text, 0, as_str_from(needle), ret_at);
}

bool text_has(struct as_str text, const char *needle)
{
    size_t at;
    return text_find(text, needle, &at);
}

bool text_has_stem(struct as_str text, const char *stem)
{
    size_t at = 0;
    for (size_t from = 0; find_from(text, from, as_str_from(stem), &at); from = at + 1) {
        if (!at || !is_word_byte(text.ptr[at - 1]))
            return true;
    }
    return false;
}

bool text_line_value(struct as_str text, struct as_str key, struct as_str *ret_value)
{
    struct as_str line;
    while (text_next_line(&text, &line)) {
        line = text_trim(line);
        if (line.len > key.len && line.ptr[key.len] == ':' && has_prefix(line, key)) {
            *ret_value = text_trim(skip(line, key.len + 1));
            return true;
        }
    }
    return false;
}

bool text_take_int(struct as_str *rest, int64_t *ret_number)
{
    struct as_str in = *rest;
    while (in.len && is_space(in.ptr[0]))
        in = skip(in, 1);
    bool is_negative = in.len && in.ptr[0] == '-';
    if (is_negative)
        in = skip(in, 1);
    int64_t number = 0;
    size_t digits = 0;
    for (; digits < in.len && is_digit(in.ptr[digits]); digits++) {
        if (digits == INT_DIGITS_MAX)
            return false;
        number = number * 10 + (in.ptr[digits] - '0');
    }
    if (!digits)
        return false;
    *rest = skip(in, digits);
    *ret_number = is_negative ? -number : number;
    return true;
}

bool text_is_json_number(struct as_str text)
{
    size_t i = text.len && text.ptr[0] == '-';
    size_t whole = i;
    while (i < text.len && is_digit(text.ptr[i]))
        i++;
    if (i == whole || (text.ptr[whole] == '0' && i > whole + 1))
        return false;
    if (i == text.len)
        return true;
    size_t fraction = ++i;
    while (i < text.len && is_digit(text.ptr[i]))
        i++;
    return text.ptr[fraction - 1] == '.' && i > fraction && i == text.len;
}

uint64_t text_hash(struct as_str text)
{
    uint64_t hash = FNV_START;
    bool had_space = false;
    text = text_trim(text);
    for (size_t i = 0; i < text.len; i++) {
        bool space = is_space(text.ptr[i]);
        if (!(space && had_space))
            hash = (hash ^ (unsigned char)(space ? ' ' : text.ptr[i])) * FNV_PRIME;
        had_space = space;
    }
    return as_rng_mix64(hash);
}

/* The length of the number that stands at text[at], or 0. */
static size_t number_length(struct as_str text, size_t at)
{
    bool is_minus = text.ptr[at] == '-' && (!at || !is_word_byte(text.ptr[at - 1]));
    size_t i = at + is_minus;
    size_t digits = i;
    while (i < text.len && is_digit(text.ptr[i]))
        i++;
    if (i == digits)
        return 0;
    if (i + 1 < text.len && text.ptr[i] == '.' && is_digit(text.ptr[i + 1])) {
        for (i++; i < text.len && is_digit(text.ptr[i]);)
            i++;
    }
    return i - at;
}

static void add_number(struct as_str number, struct as_buf *out)
{
    if (memchr(number.ptr, '.', number.len)) {
        while (number.ptr[number.len - 1] == '0')
            number.len--;
        if (number.ptr[number.len - 1] == '.')
            number.len--;
    }
    as_buf_add(out, number.ptr, number.len);
}

void text_normalise(struct as_str text, struct as_buf *out)
{
    as_buf_addc(out, ' ');
    for (size_t i = 0; i < text.len;) {
        size_t number = number_length(text, i);
        size_t end = i + number;
        if (number && (end == text.len || !is_word_byte(text.ptr[end]))) {
            add_number((struct as_str){text.ptr + i, number}, out);
        } else {
            for (end = i; end < text.len && is_word_byte(text.ptr[end]); end++)
                as_buf_addc(out, lower(text.ptr[end]));
        }
        if (end > i)
            as_buf_addc(out, ' ');
        i = end > i ? end : i + 1;
    }
}

bool text_has_words(struct as_str text, struct as_str part)
{
    struct as_buf hay = {0}, needle = {0};
    text_normalise(text, &hay);
    text_normalise(part, &needle);
    bool found = needle.len > 1 && memmem(hay.ptr, hay.len, needle.ptr, needle.len);
    as_buf_done(&hay);
    as_buf_done(&needle);
    return found;
}

void text_add_int(int64_t number, struct as_buf *out)
{
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (number < 0)
        digits[--at] = '-';
    as_buf_add(out, digits + at, sizeof(digits) - at);
}

void text_add_hex(uint64_t number, struct as_buf *out)
{
    char digits[16];
    for (size_t i = 0; i < sizeof(digits); i++)
        digits[i] = "0123456789abcdef"[(number >> (60 - 4 * i)) & 15];
    as_buf_add(out, digits, sizeof(digits));
}
