/* run flips for people: of each case what changed, why it was scored so, and what differs in the
 * two outputs.
 *
 * What models and judges wrote stands behind bars, so that no answer can pass for a line of ours.
 */
#include "ctl/print.h"
#include "ctl/textdiff.h"
#include "ctl/wrap.h"

#include <string.h>

#define BAR "  | "

static enum style style_of_sign(char sign)
{
    return sign == '-'   ? STYLE_BAD
           : sign == '+' ? STYLE_GOOD
           : sign == '@' ? STYLE_DIM
                         : STYLE_PLAIN;
}

static void print_quoted_lines(const struct output *out, struct as_str text)
{
    for (size_t at = 0; at < text.len;) {
        const char *line = text.ptr + at, *end = memchr(line, '\n', text.len - at);
        size_t len = end ? (size_t)(end - line) : text.len - at;
        struct as_buf quoted = {0};
        as_buf_adds(&quoted, BAR);
        as_buf_add(&quoted, line, len);
        wrap_print(out, style_of_sign(len ? *line : ' '), as_buf_str(&quoted));
        as_buf_done(&quoted);
        at += len + 1;
    }
}

struct pieces {
    const struct output *out;
    bool is_begun;
};

/* A line within a piece begins behind a bar, with the piece's style anew. */
static void print_piece(void *ctx, enum textdiff_kind kind, struct as_str piece)
{
    static const struct {
        enum style style;
        const char *begin, *end;
    } looks[] = {[TEXTDIFF_SAME] = {STYLE_PLAIN, "", ""},
                 [TEXTDIFF_GONE] = {STYLE_BAD, "[-", "-]"},
                 [TEXTDIFF_NEW] = {STYLE_GOOD, "{+", "+}"}};
    struct pieces *pieces = ctx;
    const struct output *out = pieces->out;
    out_styled(out, looks[kind].style, "%s%s", pieces->is_begun ? "" : BAR, looks[kind].begin);
    for (size_t at = 0; at < piece.len;) {
        const char *line = piece.ptr + at, *end = memchr(line, '\n', piece.len - at);
        size_t len = end ? (size_t)(end - line) : piece.len - at;
        out_styled(out, looks[kind].style, "%.*s%s", (int)len, line, end ? "\n" BAR : "");
        at += len + (end != NULL);
    }
    out_styled(out, looks[kind].style, "%s", looks[kind].end);
    pieces->is_begun = true;
}

static void add_ended(struct as_buf *out, struct as_str text)
{
    as_buf_add(out, text.ptr, text.len);
    if (text.len && text.ptr[text.len - 1] != '\n')
        as_buf_addc(out, '\n');
}

/* Line by line. Where the first hunk begins with the text, its head says nothing. */
static void print_lines(const struct output *out, struct as_str before, struct as_str after)
{
    struct as_buf own = {0}, other = {0}, diff = {0};
    add_ended(&own, before);
    add_ended(&other, after);
    bool differs = textdiff_unified(as_buf_str(&own), as_buf_str(&other), &diff);
    struct as_str shown = as_buf_str(&diff);
    if (differs && !strncmp(shown.ptr, "@@ -1,", 6)) {
        size_t head = strcspn(shown.ptr, "\n") + 1;
        shown = (struct as_str){shown.ptr + head, shown.len - head};
    }
    if (differs)
        print_quoted_lines(out, shown);
    else
        out_styled(out, STYLE_DIM, "  the outputs differ in the last newline alone\n");
    as_buf_done(&own);
    as_buf_done(&other);
    as_buf_done(&diff);
}

static void print_difference(const struct output *out, struct as_str before, struct as_str after)
{
    struct pieces pieces = {.out = out};
    bool is_same = before.len == after.len && !memcmp(before.ptr, after.ptr, before.len);
    if (is_same)
        print_quoted_lines(out, before);
    else if (textdiff_words(before, after, print_piece, &pieces))
        out_print(out, "\n");
    else
        print_lines(out, before, after);
}

static void print_side(const struct output *out, const char *label, const struct as_json *side)
{
    struct as_buf text = {0};
    const char *status = str_or(side, "status", "no row");
    as_buf_addf(&text, "  %-9s  %s", label, fmt_score(side, "score").s);
    if (as_json_get_int(side, "samples", 0) > 1)
        as_buf_addf(&text, " (%s of %s samples agree)", fmt_count(side, "agreeing").s,
                    fmt_count(side, "samples").s);
    if (strcmp(status, "ok"))
        as_buf_addf(&text, "  %s: %s", status, str_or(side, "error", "no output"));
    if (as_json_get_str(side, "label").len)
        as_buf_addf(&text, "  %s", str_or(side, "label", ""));
    if (as_json_get_str(side, "reason").len)
        as_buf_addf(&text, "  %s", str_or(side, "reason", ""));
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\n')
            text.ptr[i] = ' ';
    wrap_print(out, STYLE_PLAIN, as_buf_str(&text));
    as_buf_done(&text);
}

static void print_texts(const struct output *out, const struct as_json *flip)
{
    const struct as_json *sides[] = {as_json_get(flip, "baseline"), as_json_get(flip, "candidate")};
    struct as_str texts[2];
    for (int i = 0; i < 2; i++)
        texts[i] = as_json_get_str(sides[i], "text");
    if (texts[0].ptr && texts[1].ptr) {
        print_difference(out, texts[0], texts[1]);
        return;
    }
    for (int i = 0; i < 2; i++)
        if (texts[i].ptr)
            print_quoted_lines(out, texts[i]);
}

static void print_flip(const struct output *out, const struct as_json *flip)
{
    const struct as_json *tags = as_json_get(flip, "tags");
    bool is_worse = !strcmp(str_or(flip, "to", ""), "fail");
    out_print(out, "\n");
    out_styled(out, STYLE_BOLD, "%s  ", str_or(flip, "case", "?"));
    out_styled(out, is_worse ? STYLE_BAD : STYLE_GOOD, "%s",
               is_worse ? "right to wrong" : "wrong to right");
    out_print(out, "  %s", fmt_diff(flip, "difference").s);
    if (as_json_get_bool(flip, "critical", false))
        out_styled(out, STYLE_WARN, "  critical");
    for (size_t i = 0; i < as_json_len(tags); i++) {
        const char *tag = as_json_cstr(as_json_at(tags, i));
        out_styled(out, STYLE_DIM, "%s%s", i ? ", " : "  tags ", tag ? tag : "?");
    }
    out_print(out, "\n");
    print_side(out, "baseline", as_json_get(flip, "baseline"));
    print_side(out, "candidate", as_json_get(flip, "candidate"));
    print_texts(out, flip);
}

static void print_forced(const struct output *out, const struct as_json *forced)
{
    for (size_t i = 0; i < as_json_len(forced); i++)
        wrap_print_after(out, STYLE_BAD, "FORCED: ", as_json_cstr(as_json_at(forced, i)));
}

static void print_head(const struct output *out, const struct as_json *result)
{
    const struct as_json *a = as_json_get(result, "baseline"),
                         *b = as_json_get(result, "candidate");
    int64_t run = as_json_get_int(a, "run", 0), other = as_json_get_int(b, "run", 0);
    print_forced(out, as_json_get(result, "forced"));
    out_styled(out, STYLE_BOLD, "run %lld  %s\n", (long long)run, str_or(result, "eval", "?"));
    out_field(out, "metric", "%s, right from %s on", str_or(result, "metric", "?"),
              fmt_score(result, "pass_threshold").s);
    out_field(out, "baseline", "%s", str_or(a, "model", "?"));
    if (run == other)
        out_field(out, "candidate", "%s", str_or(b, "model", "?"));
    else
        out_field(out, "candidate", "%s of run %lld", str_or(b, "model", "?"), (long long)other);
    out_field(out, "compared", "%s, %s not", fmt_counted(result, "compared", "case").s,
              fmt_count(result, "not_compared").s);
    out_field(out, "flipped", "%s right to wrong, %s wrong to right",
              fmt_count(result, "to_fail").s, fmt_count(result, "to_pass").s);
}

void print_run_flips(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    const struct as_json *flips = as_json_get(result, "flips");
    if (as_json_get_cstr(result, "file")) {
        out_print(out, "wrote %s to %s\n", fmt_counted(result, "cases", "case").s,
                  str_or(result, "file", "?"));
        return;
    }
    print_head(out, result);
    for (size_t i = 0; i < as_json_len(flips); i++)
        print_flip(out, as_json_at(flips, i));
    if (as_json_get_cstr(result, "next"))
        out_styled(out, STYLE_DIM, "more with --after %s\n", str_or(result, "next", ""));
}
