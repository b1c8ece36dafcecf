/* Wrapping by wcwidth, and the lines of several texts next to each other.
 *
 * Text is made safe before it is measured, so that what is counted is what is printed. */
#include "ctl/wrap.h"

#include <string.h>
#include <wchar.h>

#define GAP 2

/* One character of safe text: its bytes and the columns it takes. */
static size_t next_char(const char *text, size_t left, int *ret_columns)
{
    uint32_t point;
    size_t bytes = as_utf8_next(text, left, &point);
    int columns = wcwidth((wchar_t)point);
    *ret_columns = columns < 0 ? 1 : columns;
    return bytes ? bytes : 1;
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

/* One line of text into as many as it takes, each with the first one's beginning. */
static void wrap_line(struct as_buf *out, const char *line, size_t len, int width)
{
    size_t prefix = 0, prefix_max = (size_t)width / 2;
    while (prefix < len && prefix < prefix_max && strchr(" |", line[prefix]))
        prefix++;
    const char *at = line + prefix, *end = line + len;
    do {
        size_t left = (size_t)(end - at), skip = 0, take = left;
        if (width && left)
            take = line_length(at, left, width - (int)prefix, &skip);
        as_buf_add(out, line, prefix);
        as_buf_add(out, at, take);
        as_buf_addc(out, '\n');
        at += take + skip;
    } while (at < end);
}

/* Appends text made safe, in lines of at most width columns; 0: as long as they are. */
static void wrap_text(struct as_buf *out, struct as_str text, int width)
{
    struct as_buf safe = {0};
    as_buf_add_utf8_safe(&safe, text.ptr, text.len);
    for (size_t i = 0; i < safe.len; i++)
        if (safe.ptr[i] == '\t')
            safe.ptr[i] = ' ';
    for (size_t at = 0; at < safe.len;) {
        size_t len = strcspn(safe.ptr + at, "\n");
        wrap_line(out, safe.ptr + at, len, width);
        at += len + 1;
    }
    as_buf_done(&safe);
}

void wrap_print(const struct output *out, enum style style, struct as_str text)
{
    struct as_buf wrapped = {0};
    wrap_text(&wrapped, text, out->width);
    out_styled(out, style, "%s", as_buf_str(&wrapped).ptr);
    as_buf_done(&wrapped);
}

void wrap_print_after(const struct output *out, enum style style, const char *before,
                      const char *text)
{
    struct as_buf whole = {0};
    as_buf_addf(&whole, "%s%s", before, text);
    if (*text)
        wrap_print(out, style, as_buf_str(&whole));
    as_buf_done(&whole);
}

/* ---- side by side ---- */

static int column_width(const struct output *out, size_t count)
{
    return (out->width - GAP * ((int)count - 1)) / (int)count;
}

size_t wrap_columns_fit(const struct output *out)
{
    size_t count = WRAP_COLUMNS_MAX;
    while (count > 1 && column_width(out, count) < WRAP_COLUMN_MIN_WIDTH)
        count--;
    return count;
}

struct block { /* a text as it stands in its column */
    enum style style;
    struct as_buf wrapped;
    const char *at; /* the next line */
};

static void print_next_lines(const struct output *out, struct block *blocks, size_t count,
                             int width)
{
    for (size_t i = 0; i < count; i++) {
        const char *line = blocks[i].at;
        size_t len = strcspn(line, "\n");
        int padding = i + 1 < count ? width + GAP - columns_of(line, len) : 0;
        out_styled(out, blocks[i].style, "%.*s", (int)len, line);
        out_print(out, "%*s", padding, "");
        blocks[i].at += len + (line[len] == '\n');
    }
    out_print(out, "\n");
}

static void print_blocks(const struct output *out, struct block *blocks, size_t count, int width)
{
    for (bool has_more = true; has_more;) {
        has_more = false;
        for (size_t i = 0; i < count; i++)
            has_more = has_more || *blocks[i].at;
        if (has_more)
            print_next_lines(out, blocks, count, width);
    }
    for (size_t i = 0; i < count; i++)
        as_buf_done(&blocks[i].wrapped);
}

static void set_block(struct block *block, enum style style, const struct as_buf *text, int width)
{
    *block = (struct block){.style = style};
    wrap_text(&block->wrapped, as_buf_str(text), width);
    block->at = as_buf_str(&block->wrapped).ptr;
}

void wrap_columns_print(const struct output *out, const struct wrap_column *columns, size_t count)
{
    struct block titles[WRAP_COLUMNS_MAX], texts[WRAP_COLUMNS_MAX];
    int width = column_width(out, count);
    AS_ASSERT(count && count <= WRAP_COLUMNS_MAX);
    for (size_t i = 0; i < count; i++) {
        set_block(&titles[i], columns[i].style, &columns[i].title, width);
        set_block(&texts[i], STYLE_PLAIN, &columns[i].text, width);
    }
    print_blocks(out, titles, count, width);
    print_blocks(out, texts, count, width);
}

void wrap_column_done(struct wrap_column *column)
{
    as_buf_done(&column->title);
    as_buf_done(&column->text);
}
