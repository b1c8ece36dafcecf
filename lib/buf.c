/* Byte buffers, the little-endian fields of frames, and UTF-8. A buffer doubles, so that appending
 * is linear in what is appended; a reader remembers that it came up short and then gives zeros, so
 * that a decoder checks once, at its end. */
#include "lib/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_FIRST_BYTES 64

struct as_str as_str_from(const char *text)
{
    return (struct as_str){text, text ? strlen(text) : 0};
}

bool as_str_eq(struct as_str a, const char *text)
{
    return a.ptr && a.len == strlen(text) && !memcmp(a.ptr, text, a.len);
}

int as_str_compare(struct as_str a, struct as_str b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared ? memcmp(a.ptr, b.ptr, shared) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

void as_buf_done(struct as_buf *buf)
{
    free(buf->ptr);
    *buf = (struct as_buf){0};
}

void as_buf_wipe(struct as_buf *buf)
{
    if (buf->ptr)
        explicit_bzero(buf->ptr, buf->cap);
    as_buf_done(buf);
}

void as_buf_reset(struct as_buf *buf)
{
    buf->len = 0;
    if (buf->ptr)
        buf->ptr[0] = '\0';
}

char *as_buf_take(struct as_buf *buf)
{
    char *bytes = buf->ptr ? buf->ptr : as_xstrdup("");
    *buf = (struct as_buf){0};
    return bytes;
}

struct as_str as_buf_str(const struct as_buf *buf)
{
    return (struct as_str){buf->ptr ? buf->ptr : "", buf->len};
}

char *as_buf_reserve(struct as_buf *buf, size_t extra)
{
    AS_ASSERT(extra < SIZE_MAX / 4 - buf->len);
    size_t need = buf->len + extra + 1;
    if (need > buf->cap) {
        size_t cap = buf->cap ? buf->cap : BUF_FIRST_BYTES;
        while (cap < need)
            cap *= 2;
        buf->ptr = as_xrealloc(buf->ptr, cap);
        buf->cap = cap;
    }
    return buf->ptr + buf->len;
}

void as_buf_consume(struct as_buf *buf, size_t count)
{
    AS_ASSERT(count <= buf->len);
    if (!count)
        return;
    memmove(buf->ptr, buf->ptr + count, buf->len - count + 1);
    buf->len -= count;
}

void as_buf_add(struct as_buf *buf, const void *data, size_t len)
{
    char *end = as_buf_reserve(buf, len);
    if (len)
        memcpy(end, data, len);
    end[len] = '\0';
    buf->len += len;
}

void as_buf_adds(struct as_buf *buf, const char *text)
{
    as_buf_add(buf, text, strlen(text));
}

void as_buf_addc(struct as_buf *buf, char c)
{
    as_buf_add(buf, &c, 1);
}

void as_buf_addf(struct as_buf *buf, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int need = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    AS_ASSERT(need >= 0);
    char *end = as_buf_reserve(buf, (size_t)need);
    vsnprintf(end, (size_t)need + 1, fmt, again);
    va_end(again);
    buf->len += (size_t)need;
}

static void put_le(struct as_buf *buf, uint64_t v, unsigned bytes)
{
    char *end = as_buf_reserve(buf, bytes);
    for (unsigned i = 0; i < bytes; i++)
        end[i] = (char)(v >> (8 * i));
    end[bytes] = '\0';
    buf->len += bytes;
}

void as_put_u8(struct as_buf *buf, uint8_t v)
{
    put_le(buf, v, 1);
}

void as_put_u16(struct as_buf *buf, uint16_t v)
{
    put_le(buf, v, 2);
}

void as_put_u32(struct as_buf *buf, uint32_t v)
{
    put_le(buf, v, 4);
}

void as_put_u64(struct as_buf *buf, uint64_t v)
{
    put_le(buf, v, 8);
}

void as_put_f64(struct as_buf *buf, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof(bits));
    put_le(buf, bits, 8);
}

void as_put_str(struct as_buf *buf, struct as_str v)
{
    if (!v.ptr) {
        as_put_u32(buf, UINT32_MAX);
        return;
    }
    AS_ASSERT(v.len < UINT32_MAX);
    as_put_u32(buf, (uint32_t)v.len);
    as_buf_add(buf, v.ptr, v.len);
}

void as_set_u32(struct as_buf *buf, size_t offset, uint32_t v)
{
    AS_ASSERT(offset + 4 <= buf->len);
    for (unsigned i = 0; i < 4; i++)
        buf->ptr[offset + i] = (char)(v >> (8 * i));
}

struct as_reader as_reader_of(const void *data, size_t len)
{
    return (struct as_reader){data, len, false};
}

static const uint8_t *take(struct as_reader *in, size_t count)
{
    if (in->is_bad || count > in->left) {
        in->is_bad = true;
        return NULL;
    }
    const uint8_t *at = in->ptr;
    in->ptr += count;
    in->left -= count;
    return at;
}

static uint64_t get_le(struct as_reader *in, unsigned bytes)
{
    const uint8_t *at = take(in, bytes);
    uint64_t v = 0;
    for (unsigned i = 0; at && i < bytes; i++)
        v |= (uint64_t)at[i] << (8 * i);
    return v;
}

uint8_t as_get_u8(struct as_reader *in)
{
    return (uint8_t)get_le(in, 1);
}

uint16_t as_get_u16(struct as_reader *in)
{
    return (uint16_t)get_le(in, 2);
}

uint32_t as_get_u32(struct as_reader *in)
{
    return (uint32_t)get_le(in, 4);
}

uint64_t as_get_u64(struct as_reader *in)
{
    return get_le(in, 8);
}

double as_get_f64(struct as_reader *in)
{
    uint64_t bits = get_le(in, 8);
    double v;
    memcpy(&v, &bits, sizeof(v));
    return v;
}

struct as_str as_get_str(struct as_reader *in, size_t max_len)
{
    uint32_t len = as_get_u32(in);
    if (in->is_bad || len == UINT32_MAX)
        return (struct as_str){NULL, 0};
    if (len > max_len) {
        in->is_bad = true;
        return (struct as_str){NULL, 0};
    }
    const uint8_t *at = take(in, len);
    return (struct as_str){(const char *)at, at ? len : 0};
}

bool as_reader_is_done(const struct as_reader *in)
{
    return !in->is_bad && in->left == 0;
}

/* Length of the valid UTF-8 sequence at s (1..4), or 0. */
static size_t utf8_sequence(const unsigned char *s, size_t left)
{
    if (s[0] < 0x80)
        return 1;
    size_t n = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    if (s[0] < 0xC2 || s[0] > 0xF4 || n > left)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    bool overlong = (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xF0 && s[1] < 0x90);
    bool surrogate = s[0] == 0xED && s[1] > 0x9F;
    bool too_high = s[0] == 0xF4 && s[1] > 0x8F;
    return overlong || surrogate || too_high ? 0 : n;
}

bool as_utf8_is_valid(const char *data, size_t len)
{
    const unsigned char *s = (const unsigned char *)data;
    while (len) {
        size_t n = utf8_sequence(s, len);
        if (!n)
            return false;
        s += n;
        len -= n;
    }
    return true;
}

size_t as_utf8_next(const char *data, size_t len, uint32_t *ret_point)
{
    static const uint32_t first_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    const unsigned char *s = (const unsigned char *)data;
    size_t n = utf8_sequence(s, len);
    uint32_t point = s[0] & first_bits[n];
    for (size_t i = 1; i < n; i++)
        point = point << 6 | (s[i] & 0x3Fu);
    *ret_point = point;
    return n;
}

/* len, less the bytes at its end that begin a character and do not finish it. */
static size_t without_cut_character(const char *text, size_t len)
{
    uint32_t point;
    for (size_t back = 1; back < 4 && back <= len; back++) {
        unsigned char byte = (unsigned char)text[len - back];
        if (byte >= 0xC0)
            return as_utf8_next(text + len - back, back, &point) ? len : len - back;
        if (byte < 0x80)
            break;
    }
    return len;
}

size_t as_utf8_fit(const char *text, size_t len, size_t max_bytes)
{
    return len <= max_bytes ? len : without_cut_character(text, max_bytes);
}

void as_utf8_vformat(char *ret_text, size_t size, const char *fmt, va_list args)
{
    int len = vsnprintf(ret_text, size, fmt, args);
    if (len >= 0 && (size_t)len >= size)
        ret_text[without_cut_character(ret_text, size - 1)] = '\0';
}

void as_utf8_format(char *ret_text, size_t size, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    as_utf8_vformat(ret_text, size, fmt, args);
    va_end(args);
}

bool as_utf8_is_control(uint32_t point)
{
    bool is_c0_or_c1 = point < 0x20 || (point >= 0x7F && point < 0xA0);
    bool is_bidi_mark = point == 0x061C || point == 0x200E || point == 0x200F;
    bool is_separator_or_bidi =
        (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
    return is_c0_or_c1 || is_bidi_mark || is_separator_or_bidi;
}

void as_buf_add_utf8_safe(struct as_buf *buf, const char *data, size_t len)
{
    while (len) {
        uint32_t point;
        size_t n = as_utf8_next(data, len, &point);
        bool is_safe = point == '\n' || point == '\t' || !as_utf8_is_control(point);
        if (n && is_safe)
            as_buf_add(buf, data, n);
        else
            as_buf_adds(buf, "\xEF\xBF\xBD");
        n = n ? n : 1;
        data += n;
        len -= n;
    }
}
