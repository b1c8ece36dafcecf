/* The longest common subsequence of parts, lines or words, by Hirschberg's method: the memory of
 * two rows of the table, at twice the time of the whole table. What both texts begin and end with
 * is left out before, so the table is as large as the part that was worked on. */
#include "ctl/textdiff.h"

#include "lib/err.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CONTEXT_LINES 3
#define TABLE_MAX_CELLS 100000000u /* a moment's work; beyond it everything in between differs */

struct parts {
    struct as_str *at;
    size_t count;
    bool *is_changed;
};

struct diff {
    struct parts before, after;
    uint32_t *rows; /* two of after.count + 1: one for each half */
};

/* The length of the part that the text begins with. */
typedef size_t (*part_fn)(struct as_str text);

static size_t line_at(struct as_str text)
{
    const char *end = memchr(text.ptr, '\n', text.len);
    return end ? (size_t)(end - text.ptr) + 1 : text.len;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* A word, or what stands between two. */
static size_t word_at(struct as_str text)
{
    size_t len = 1;
    while (len < text.len && is_space(text.ptr[len]) == is_space(text.ptr[0]))
        len++;
    return len;
}

static struct parts split(struct as_str text, part_fn part_at)
{
    struct parts parts = {0};
    size_t cap = 0;
    while (text.len) {
        size_t len = part_at(text);
        if (parts.count == cap) {
            cap = cap ? cap * 2 : 64;
            parts.at = as_xrealloc(parts.at, cap * sizeof(*parts.at));
        }
        parts.at[parts.count++] = (struct as_str){text.ptr, len};
        text.ptr += len;
        text.len -= len;
    }
    parts.is_changed = as_xcalloc(parts.count + 1, sizeof(bool));
    return parts;
}

static void parts_done(struct parts *parts)
{
    free(parts->at);
    free(parts->is_changed);
}

static bool is_same(const struct diff *d, size_t a, size_t b)
{
    struct as_str one = d->before.at[a], other = d->after.at[b];
    return one.len == other.len && !memcmp(one.ptr, other.ptr, one.len);
}

/* A piece of the table: parts a0 to a1 of the one text, b0 to b1 of the other, ends not included.
 */
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
 * (forwards) or last (backwards) j parts of b. */
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

/* Halves a at its middle, and b where the common lengths of both halves add up to the most. As deep
 * as the logarithm of the parts of a. */
static void compare(struct diff *d, struct range whole)
{
    struct range r = trimmed(d, whole);
    size_t height = r.a1 - r.a0, width = r.b1 - r.b0;
    if (!height || !width || height > TABLE_MAX_CELLS / width) {
        mark(d, r);
        return;
    }
    if (height == 1) { /* it is not the first or last part of b, but may be one between */
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

static bool is_same_text(struct as_str a, struct as_str b)
{
    return a.len == b.len && (!a.len || !memcmp(a.ptr, b.ptr, a.len));
}

static struct diff diff_of(struct as_str before, struct as_str after, part_fn part_at)
{
    struct diff d = {.before = split(before, part_at), .after = split(after, part_at)};
    d.rows = as_xcalloc(2 * (d.after.count + 1), sizeof(*d.rows));
    compare(&d, (struct range){0, d.before.count, 0, d.after.count});
    return d;
}

static void diff_done(struct diff *d)
{
    free(d->rows);
    parts_done(&d->before);
    parts_done(&d->after);
}

bool textdiff_unified(struct as_str before, struct as_str after, struct as_buf *out)
{
    if (is_same_text(before, after))
        return false;
    struct diff d = diff_of(before, after, line_at);
    add_hunks(&d, out);
    diff_done(&d);
    return true;
}

/* ---- words ---- */

/* At least half of the words of the longer text stand in both. */
static bool is_mostly_same(const struct diff *d)
{
    size_t kept = 0, before = 0, after = 0;
    for (size_t i = 0; i < d->before.count; i++) {
        bool is_word = !is_space(d->before.at[i].ptr[0]);
        before += is_word;
        kept += is_word && !d->before.is_changed[i];
    }
    for (size_t i = 0; i < d->after.count; i++)
        after += !is_space(d->after.at[i].ptr[0]);
    return 2 * kept >= (before > after ? before : after);
}

/* The parts from `from` on that are all changed or all not: one piece, for they lie side by side.
 * Moves from behind them. */
static struct as_str take_run(const struct parts *parts, size_t *from)
{
    struct as_str piece = {parts->at[*from].ptr, 0};
    bool is_changed = parts->is_changed[*from];
    while (*from < parts->count && parts->is_changed[*from] == is_changed)
        piece.len += parts->at[(*from)++].len;
    return piece;
}

static void hand_out(const struct diff *d, textdiff_fn fn, void *ctx)
{
    for (size_t a = 0, b = 0; a < d->before.count || b < d->after.count;) {
        if (a < d->before.count && d->before.is_changed[a])
            fn(ctx, TEXTDIFF_GONE, take_run(&d->before, &a));
        else if (b < d->after.count && d->after.is_changed[b])
            fn(ctx, TEXTDIFF_NEW, take_run(&d->after, &b));
        else {
            fn(ctx, TEXTDIFF_SAME, d->before.at[a++]);
            b++;
        }
    }
}

bool textdiff_words(struct as_str before, struct as_str after, textdiff_fn fn, void *ctx)
{
    if (is_same_text(before, after) || before.len > TEXTDIFF_WORDS_MAX_BYTES ||
        after.len > TEXTDIFF_WORDS_MAX_BYTES)
        return false;
    struct diff d = diff_of(before, after, word_at);
    bool is_readable = is_mostly_same(&d);
    if (is_readable)
        hand_out(&d, fn, ctx);
    diff_done(&d);
    return is_readable;
}
