/* A small recursive reader that rewrites the text as JSON and leaves values and their limits to the
 * JSON parser. Depth is bounded by the same constant, so that a hostile line cannot exhaust the
 * stack. */
#include "daemon/dataset/repr.h"

#include <stdlib.h>
#include <string.h>

struct repr {
    const char *at, *end;
    unsigned depth;
    struct as_buf json;
};

static bool read_value(struct repr *in);

static void skip_blanks(struct repr *in)
{
    while (in->at < in->end && *in->at == ' ')
        in->at++;
}

static bool accept(struct repr *in, char c)
{
    skip_blanks(in);
    if (in->at == in->end || *in->at != c)
        return false;
    in->at++;
    return true;
}

static bool accept_word(struct repr *in, const char *word, const char *json)
{
    size_t len = strlen(word);
    if ((size_t)(in->end - in->at) < len || memcmp(in->at, word, len) != 0)
        return false;
    in->at += len;
    as_buf_adds(&in->json, json);
    return true;
}

static void add_code_point(struct as_buf *out, unsigned long c)
{
    if (c < 0x80) {
        as_buf_addc(out, (char)c);
        return;
    }
    unsigned extra = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
    as_buf_addc(out, (char)(lead[extra] | c >> (6 * extra)));
    while (extra--)
        as_buf_addc(out, (char)(0x80 | (c >> (6 * extra) & 0x3F)));
}

static bool read_hex(struct repr *in, unsigned digits, struct as_buf *out)
{
    char text[9] = {0}, *end = NULL;
    if (in->end - in->at < (ptrdiff_t)digits)
        return false;
    memcpy(text, in->at, digits);
    unsigned long c = strtoul(text, &end, 16);
    if (end != text + digits || c > 0x10FFFF)
        return false;
    in->at += digits;
    add_code_point(out, c);
    return true;
}

static bool read_escape(struct repr *in, struct as_buf *out)
{
    if (in->at == in->end)
        return false;
    char c = *in->at++;
    switch (c) {
    case 'n': as_buf_addc(out, '\n'); return true;
    case 'r': as_buf_addc(out, '\r'); return true;
    case 't': as_buf_addc(out, '\t'); return true;
    case '\\':
    case '\'':
    case '"': as_buf_addc(out, c); return true;
    case 'x': return read_hex(in, 2, out);
    case 'u': return read_hex(in, 4, out);
    case 'U': return read_hex(in, 8, out);
    default: return false;
    }
}

/* The bytes between quotes, unescaped. */
static bool read_quoted(struct repr *in, char quote, struct as_buf *out)
{
    while (in->at < in->end && *in->at != quote) {
        char c = *in->at++;
        if (c != '\\')
            as_buf_addc(out, c);
        else if (!read_escape(in, out))
            return false;
    }
    return accept(in, quote);
}

static bool read_string(struct repr *in)
{
    char quote = accept(in, '\'') ? '\'' : accept(in, '"') ? '"' : '\0';
    if (!quote)
        return false;
    struct as_buf text = {0};
    bool is_ok = read_quoted(in, quote, &text);
    if (is_ok)
        as_json_write_quoted(as_buf_str(&text), &in->json);
    as_buf_done(&text);
    return is_ok;
}

static bool read_pair(struct repr *in)
{
    if (!read_string(in) || !accept(in, ':'))
        return false;
    as_buf_addc(&in->json, ':');
    return read_value(in);
}

/* "[" or "{" was read; items up to the closing bracket. */
static bool read_items(struct repr *in, char close, bool (*read_item)(struct repr *in))
{
    bool is_first = true;
    while (!accept(in, close)) {
        if (!is_first && !accept(in, ','))
            return false;
        if (!is_first)
            as_buf_addc(&in->json, ',');
        is_first = false;
        if (!read_item(in))
            return false;
    }
    return true;
}

static bool read_group(struct repr *in, char open, char close, bool (*read_item)(struct repr *in))
{
    if (in->depth == AS_JSON_MAX_DEPTH)
        return false;
    in->depth++;
    as_buf_addc(&in->json, open);
    bool is_ok = read_items(in, close, read_item);
    as_buf_addc(&in->json, close);
    in->depth--;
    return is_ok;
}

static bool read_number(struct repr *in)
{
    const char *start = in->at;
    while (in->at < in->end && *in->at && strchr("+-.0123456789eE", *in->at))
        in->at++;
    as_buf_add(&in->json, start, (size_t)(in->at - start));
    return in->at > start;
}

static bool read_value(struct repr *in)
{
    skip_blanks(in);
    if (accept(in, '['))
        return read_group(in, '[', ']', read_value);
    if (accept(in, '{'))
        return read_group(in, '{', '}', read_pair);
    return accept_word(in, "None", "null") || accept_word(in, "True", "true") ||
           accept_word(in, "False", "false") || read_string(in) || read_number(in);
}

int repr_parse(struct as_str text, struct as_json **ret_value)
{
    struct repr in = {.at = text.ptr, .end = text.ptr + text.len};
    bool is_read = read_value(&in) && in.at == in.end;
    int rc = is_read ? as_json_parse(in.json.ptr, in.json.len, ret_value, NULL) : AS_EINVAL;
    as_buf_done(&in.json);
    return rc;
}
