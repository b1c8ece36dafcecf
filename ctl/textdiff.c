/* The longest common subsequence of lines by Hirschberg's method: the memory of two rows of the
 * table, at twice the time of the whole table. What both texts begin and end with is left out
 * before, so the table is as large as the part that was worked on. */
#include "ctl/textdiff.h"

#include "lib/err.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CONTEXT_LINES 3
#define TABLE_MAX_CELLS 100000000u /* a moment's work; beyond it everything in between differs */

struct lines {
    struct as_str *at;
    size_t count;
    bool *is_changed;
};

struct diff {
    struct lines before, after;
    uint32_t *rows; /* two of after.count + 1: one for each half */
};

static struct lines split(struct as_str text)
{
    struct lines lines = {0};
    for (size_t i = 0; i < text.len; i++)
        lines.count += text.ptr[i] == '\n';
    lines.count += text.len && text.ptr[text.len - 1] != '\n';
    lines.at = as_xcalloc(lines.count + 1, sizeof(*lines.at));
    lines.is_changed = as_xcalloc(lines.count + 1, sizeof(bool));
    for (size_t i = 0, begin = 0; i < lines.count; i++) {
        const char *end = memchr(text.ptr + begin, '\n', text.len - begin);
        size_t len = end ? (size_t)(end - text.ptr) + 1 - begin : text.len - begin;
        lines.at[i] = (struct as_str){text.ptr + begin, len};
        begin += len;
    }
    return lines;
}

static void lines_done(struct lines *lines)
{
    free(lines->at);
    free(lines->is_changed);
}

static bool is_same(const struct diff *d, size_t a, size_t b)
{
    struct as_str one = d->before.at[a], other = d->after.at[b];
    return one.len == other.len && !memcmp(one.ptr, other.ptr, one.len);
}

/* A part of the table: lines a0 to a1 of the one text, b0 to b1 of the other, ends not included. */
struct range {
    size_t a0, a1, b0, b1;
};

static void mark(struct diff *d, struct range r)
{
    for (size_t i = r.a0; i < r.a1; i++)
        d->before.is_changed[i] = true;
    for (size_t i = r.b0; i < r.b1; i++)
        d->after.is_changed[i] = true;
}

/* The last row of the table of common lengths: row[j] is that of the whole of a and of the first
 * (forwards) or last (backwards) j lines of b. */
static void last_row(const struct diff *d, struct range r, bool is_backwards, uint32_t *row)
{
    size_t width = r.b1 - r.b0;
    memset(row, 0, (width + 1) * sizeof(*row));
    for (size_t i = 0; i < r.a1 - r.a0; i++) {
        uint32_t diagonal = 0;
        for (size_t j = 1; j <= width; j++) {
            uint32_t above = row[j];
            bool is_match = is_backwards ? is_same(d, r.a1 - 1 - i, r.b1 - j)
                                         : is_same(d, r.a0 + i, r.b0 + j - 1);
            if (is_match)
                row[j] = diagonal + 1;
            else if (row[j - 1] > above)
                row[j] = row[j - 1];
            diagonal = above;
        }
    }
}

static struct range trimmed(const struct diff *d, struct range r)
{
    while (r.a0 < r.a1 && r.b0 < r.b1 && is_same(d, r.a0, r.b0)) {
        r.a0++;
        r.b0++;
    }
    while (r.a0 < r.a1 && r.b0 < r.b1 && is_same(d, r.a1 - 1, r.b1 - 1)) {
        r.a1--;
        r.b1--;
    }
    return r;
}

/* Halves a at its middle line, and b where the common lengths of both halves add up to the most. As
 * deep as the logarithm of the lines of a. */
static void compare(struct diff *d, struct range whole)
{
    struct range r = trimmed(d, whole);
    size_t height = r.a1 - r.a0, width = r.b1 - r.b0;
    if (!height || !width || height > TABLE_MAX_CELLS / width) {
        mark(d, r);
        return;
    }
    if (height == 1) { /* it is not the first or last line of b, but may be one between */
        size_t b = r.b0;
        while (b < r.b1 && !is_same(d, r.a0, b))
            b++;
        d->before.is_changed[r.a0] = b == r.b1;
        for (size_t i = r.b0; i < r.b1; i++)
            d->after.is_changed[i] = i != b;
        return;
    }
    size_t middle = r.a0 + height / 2, best = 0;
    uint32_t *up = d->rows, *down = d->rows + d->after.count + 1;
    last_row(d, (struct range){r.a0, middle, r.b0, r.b1}, false, up);
    last_row(d, (struct range){middle, r.a1, r.b0, r.b1}, true, down);
    for (size_t j = 0; j <= width; j++)
        if (up[j] + down[width - j] > up[best] + down[width - best])
            best = j;
    compare(d, (struct range){r.a0, middle, r.b0, r.b0 + best});
    compare(d, (struct range){middle, r.a1, r.b0 + best, r.b1});
}

static void add_line(struct as_buf *out, char sign, struct as_str line)
{
    as_buf_addc(out, sign);
    as_buf_add(out, line.ptr, line.len);
    if (!line.len || line.ptr[line.len - 1] != '\n')
        as_buf_adds(out, "\n\\ No newline at end of file\n");
}

/* "-12,7": of an empty side the line before it. */
static void add_span(struct as_buf *out, char sign, size_t begin, size_t end)
{
    as_buf_addf(out, "%c%zu,%zu", sign, end > begin ? begin + 1 : begin, end - begin);
}

static void add_lines(const struct diff *d, struct range r, struct as_buf *out)
{
    as_buf_adds(out, "@@ ");
    add_span(out, '-', r.a0, r.a1);
    as_buf_addc(out, ' ');
    add_span(out, '+', r.b0, r.b1);
    as_buf_adds(out, " @@\n");
    for (size_t a = r.a0, b = r.b0; a < r.a1 || b < r.b1;) {
        if (a < r.a1 && d->before.is_changed[a])
            add_line(out, '-', d->before.at[a++]);
        else if (b < r.b1 && d->after.is_changed[b])
            add_line(out, '+', d->after.at[b++]);
        else {
            add_line(out, ' ', d->before.at[a++]);
            b++;
        }
    }
}

/* Moves a and b over the lines that both texts have, at most `most` of them. */
static size_t skip_same(const struct diff *d, size_t *a, size_t *b, size_t most)
{
    size_t count = 0;
    while (count < most && *a < d->before.count && *b < d->after.count &&
           !d->before.is_changed[*a] && !d->after.is_changed[*b]) {
        (*a)++;
        (*b)++;
        count++;
    }
    return count;
}

static void skip_changed(const struct diff *d, size_t *a, size_t *b)
{
    while (*a < d->before.count && d->before.is_changed[*a])
        (*a)++;
    while (*b < d->after.count && d->after.is_changed[*b])
        (*b)++;
}

/* Changes with at most twice the context between them share a hunk. */
static void add_hunks(const struct diff *d, struct as_buf *out)
{
    size_t a = 0, b = 0;
    for (;;) {
        size_t lead = skip_same(d, &a, &b, SIZE_MAX);
        if (a == d->before.count && b == d->after.count)
            return;
        size_t shown = lead < CONTEXT_LINES ? lead : CONTEXT_LINES, gap;
        struct range hunk = {.a0 = a - shown, .b0 = b - shown};
        do {
            skip_changed(d, &a, &b);
            hunk.a1 = a;
            hunk.b1 = b;
            gap = skip_same(d, &a, &b, 2 * CONTEXT_LINES + 1);
        } while (gap && gap <= 2 * CONTEXT_LINES && (a < d->before.count || b < d->after.count));
        a = hunk.a1;
        b = hunk.b1;
        size_t tail = gap < CONTEXT_LINES ? gap : CONTEXT_LINES;
        hunk.a1 += tail;
        hunk.b1 += tail;
        add_lines(d, hunk, out);
    }
}

bool textdiff_unified(struct as_str before, struct as_str after, struct as_buf *out)
{
    if (before.len == after.len && (!before.len || !memcmp(before.ptr, after.ptr, before.len)))
        return false;
    struct diff d = {.before = split(before), .after = split(after)};
    d.rows = as_xcalloc(2 * (d.after.count + 1), sizeof(*d.rows));
    compare(&d, (struct range){0, d.before.count, 0, d.after.count});
    add_hunks(&d, out);
    free(d.rows);
    lines_done(&d.before);
    lines_done(&d.after);
    return true;
}
