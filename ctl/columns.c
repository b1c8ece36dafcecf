/* Wrapping by wcwidth, and lines of several texts next to each other. */
#include "ctl/columns.h"

#include <string.h>
#include <wchar.h>

#define GAP 2

/* One character of safe text: its bytes and the columns it takes. */
static size_t next_char(const char *text, size_t left, int *ret_columns)
{
    mbstate_t state = {0};
    wchar_t wide;
    size_t bytes = mbrtowc(&wide, text, left, &state);
    if (bytes == 0 || bytes > left) {
        *ret_columns = 1;
        return 1;
    }
    int columns = wcwidth(wide);
    *ret_columns = columns < 0 ? 1 : columns;
    return bytes;
}

static int columns_of(const char *text, size_t len)
{
    int total = 0, columns;
    for (size_t i = 0; i < len; total += columns)
        i += next_char(text + i, len - i, &columns);
    return total;
}

/* The bytes of text, which has no newline, that go on its first line; ret_skip: those of the space
 * it was broken at. */
static size_t line_length(const char *text, size_t len, int width, size_t *ret_skip)
{
    size_t last_space = 0, at = 0;
    int used = 0, columns = 0;
    *ret_skip = 0;
    while (at < len) {
        size_t bytes = next_char(text + at, len - at, &columns);
        if (used + columns > width)
            break;
        if (text[at] == ' ')
            last_space = at;
        used += columns;
        at += bytes;
    }
    if (at < len && text[at] == ' ')
        last_space = at;
    if (at == len || !last_space)
        return at ? at : 1;
    *ret_skip = 1;
    return last_space;
}

static void wrap_paragraph(struct as_buf *out, const char *text, size_t len, int width)
{
    do {
        size_t skip;
        size_t take = len ? line_length(text, len, width, &skip) : 0;
        as_buf_add(out, text, take);
        as_buf_addc(out, '\n');
        take += len ? skip : 0;
        text += take;
        len -= take;
    } while (len);
}

void columns_wrap(struct as_buf *out, struct as_str text, int width)
{
    struct as_buf safe = {0};
    as_buf_add_utf8_safe(&safe, text.ptr, text.len);
    for (size_t i = 0; i < safe.len; i++)
        if (safe.ptr[i] == '\t')
            safe.ptr[i] = ' ';
    for (size_t at = 0; at < safe.len;) {
        size_t len = strcspn(safe.ptr + at, "\n");
        wrap_paragraph(out, safe.ptr + at, len, width);
        at += len + 1;
    }
    as_buf_done(&safe);
}

static int column_width(const struct output *out, size_t count)
{
    return (out->width - GAP * ((int)count - 1)) / (int)count;
}

bool columns_fit(const struct output *out, size_t count)
{
    return count > 1 && count <= COLUMNS_MAX && column_width(out, count) >= COLUMNS_MIN_WIDTH;
}

void columns_print(const struct output *out, const struct as_str *texts, size_t count)
{
    int width = column_width(out, count);
    struct as_buf wrapped[COLUMNS_MAX] = {0};
    const char *at[COLUMNS_MAX];
    for (size_t i = 0; i < count; i++) {
        columns_wrap(&wrapped[i], texts[i], width);
        at[i] = as_buf_str(&wrapped[i]).ptr;
    }
    for (bool has_more = true; has_more;) {
        has_more = false;
        for (size_t i = 0; i < count; i++)
            has_more = has_more || *at[i];
        for (size_t i = 0; has_more && i < count; i++) {
            size_t len = strcspn(at[i], "\n");
            int padding = i + 1 < count ? width + GAP - columns_of(at[i], len) : 0;
            out_print(out, "%.*s%*s", (int)len, at[i], padding, "");
            at[i] += len + (at[i][len] == '\n');
        }
        if (has_more)
            out_print(out, "\n");
    }
    for (size_t i = 0; i < count; i++)
        as_buf_done(&wrapped[i]);
}
