/* Ranges of the Unicode standard, written as ranges: a few comparisons instead of tables that a
 * jailed static program would carry around. What is left out (rare punctuation) counts as letters.
 * Case is in unicode_case.c. */
#include "worker/unicode.h"

#include "lib/buf.h"

static bool is_in(uint32_t c, uint32_t first, uint32_t last)
{
    return c >= first && c <= last;
}

uint32_t unicode_next(const char *s, size_t left, size_t *ret_len)
{
    unsigned char first = (unsigned char)*s;
    size_t len = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    *ret_len = 1;
    if (len == 1)
        return first;
    if (len > left || !as_utf8_is_valid(s, len))
        return UNICODE_BAD;
    uint32_t c = first & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++)
        c = c << 6 | ((unsigned char)s[i] & 0x3Fu);
    *ret_len = len;
    return c;
}

bool unicode_is_space(uint32_t c)
{
    return c == ' ' || is_in(c, '\t', '\r') || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           is_in(c, 0x2000, 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
           c == 0x3000 || c == 0xFEFF;
}

static bool is_latin1_punctuation(uint32_t c)
{
    static const uint32_t letters[] = {0xAA, 0xB2, 0xB3, 0xB5, 0xB9, 0xBA, 0xBC, 0xBD, 0xBE};
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
        if (c == letters[i])
            return false;
    return is_in(c, 0xA1, 0xBF) || c == 0xD7 || c == 0xF7;
}

bool unicode_is_punctuation(uint32_t c)
{
    if (c < 0x80)
        return is_in(c, '!', '/') || is_in(c, ':', '@') || is_in(c, '[', '`') || is_in(c, '{', '~');
    if (c < 0x100)
        return is_latin1_punctuation(c);
    return is_in(c, 0x2010, 0x2027) || is_in(c, 0x2030, 0x205E) || is_in(c, 0x20A0, 0x20CF) ||
           is_in(c, 0x2190, 0x2BFF) || is_in(c, 0x1F000, 0x1FAFF) || is_in(c, 0x3001, 0x3003) ||
           is_in(c, 0x3008, 0x3011) || is_in(c, 0x3014, 0x301F) || is_in(c, 0xFF01, 0xFF0F) ||
           is_in(c, 0xFF1A, 0xFF20) || is_in(c, 0xFF3B, 0xFF40) || is_in(c, 0xFF5B, 0xFF65);
}

bool unicode_is_word(uint32_t c)
{
    return c == UNICODE_BAD || (c > ' ' && c != 0x7F && !unicode_is_space(c) &&
                                !unicode_is_punctuation(c) && !is_in(c, 0x80, 0x9F));
}

size_t unicode_write(uint32_t c, char out[4])
{
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(lead[len] | c);
    return len;
}
