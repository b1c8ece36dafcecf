/* Three bytes to four characters and back, strict both ways: one text for the same bytes. A text
 * that could be written differently (stray bits, padding in the middle) is refused, because two
 * spellings of the same bytes are a way around every check that compares texts. */
#include "lib/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void as_base64_encode(struct as_str bytes, struct as_buf *out)
{
    const unsigned char *in = (const unsigned char *)bytes.ptr;
    as_buf_reserve(out, (bytes.len + 2) / 3 * 4);
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t count = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t bits = (uint32_t)in[i] << 16;
        bits |= count > 1 ? (uint32_t)in[i + 1] << 8 : 0;
        bits |= count > 2 ? in[i + 2] : 0;
        char quad[4] = {alphabet[bits >> 18], alphabet[bits >> 12 & 63],
                        count > 1 ? alphabet[bits >> 6 & 63] : '=',
                        count > 2 ? alphabet[bits & 63] : '='};
        as_buf_add(out, quad, 4);
    }
}

/* 0..63, or 64 for a character that is not in the alphabet. */
static uint32_t value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0' + 52);
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* One group of four; only the last of a text may be padded. */
static int decode_quad(const char *quad, bool is_last, struct as_buf *out)
{
    size_t padding = !is_last || quad[3] != '=' ? 0 : quad[2] != '=' ? 1 : 2;
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; i++) {
        uint32_t value = i < 4 - padding ? value_of(quad[i]) : 0;
        if (value > 63)
            return AS_EINVAL;
        bits = bits << 6 | value;
    }
    uint32_t stray = padding == 2 ? bits & 0xFFFF : padding == 1 ? bits & 0xFF : 0;
    if (stray)
        return AS_EINVAL;
    const char bytes[3] = {(char)(bits >> 16), (char)(bits >> 8), (char)bits};
    as_buf_add(out, bytes, 3 - padding);
    return 0;
}

int as_base64_decode(struct as_str text, struct as_buf *out)
{
    size_t before = out->len;
    if (text.len % 4)
        return AS_EINVAL;
    as_buf_reserve(out, text.len / 4 * 3);
    for (size_t i = 0; i < text.len; i += 4) {
        if (!decode_quad(text.ptr + i, i + 4 == text.len, out))
            continue;
        out->len = before;
        out->ptr[before] = '\0';
        return AS_EINVAL;
    }
    return 0;
}
