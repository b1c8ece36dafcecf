/* Markdown for a pull request's comment: the verdict on top, then tables, and what is long folded
 * away. A comment holds 65,536 characters, so a part that no longer fits is left out and counted.
 *
 * Texts of users stand within lines and table cells: line ends become spaces, markup is escaped,
 * and a zero-width space keeps a code host from taking @name and #1 for a mention and a link, for
 * which it looks after the escapes are gone. */
#include "daemon/report/render_own.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#define EVIDENCE_SHOWN 10
#define COMMENT_MAX_BYTES 65536u
#define NOTE_BYTES 256u /* kept free for the word on what is left out */
#define TEXT_SHOWN_BYTES 1500u

struct comment {
    struct as_buf *out;
    size_t left_out;
};

/* Appends the part and empties it. */
static void add_part(struct comment *comment, struct as_buf *part)
{
    if (comment->out->len + part->len + NOTE_BYTES <= COMMENT_MAX_BYTES)
        as_buf_add(comment->out, part->ptr, part->len);
    else
        comment->left_out++;
    as_buf_done(part);
}

static const char *mark_of(const char *outcome)
{
    if (!outcome)
        return "";
    if (!strcmp(outcome, "pass") || !strcmp(outcome, "PASS"))
        return "✅ ";
    return !strcmp(outcome, "fail") || !strcmp(outcome, "FAIL") ? "❌ " : "⚠️ ";
}

/* At the colon of an address, or the w of one: a code host makes a link of it. */
static bool is_address(const char *at)
{
    return !strncmp(at, "://", 3) || !strncasecmp(at, "www.", 4);
}

static void add_character(struct as_buf *out, const char *at)
{
    char c = *at;
    if (c == '\n' || c == '\t')
        as_buf_addc(out, ' ');
    else if (c == '@' || c == '#')
        as_buf_addf(out, "&#%d;&#8203;", c);
    else if (strchr("<>&$", c) || is_address(at))
        as_buf_addf(out, "&#%d;", c);
    else if (strchr("\\`*_[]|~!", c))
        as_buf_addf(out, "\\%c", c);
    else
        as_buf_addc(out, c);
}

static void add_text(struct as_buf *out, const char *text)
{
    struct as_str all = as_str_from(text), shown = render_cut(all, TEXT_SHOWN_BYTES);
    struct as_buf safe = {0};
    if (shown.len)
        as_buf_add_utf8_safe(&safe, shown.ptr, shown.len);
    for (size_t i = 0; i < safe.len; i++)
        add_character(out, safe.ptr + i);
    if (shown.len < all.len)
        as_buf_addf(out, " … (%zu of %zu bytes)", shown.len, all.len);
    as_buf_done(&safe);
}

static void add_cell(struct as_buf *out, const char *text)
{
    as_buf_adds(out, " ");
    add_text(out, text);
    as_buf_adds(out, " |");
}

static void add_number_cell(struct as_buf *out, struct render_number number)
{
    bool is_less = number.text[0] == '<'; /* a small p: no tag begins there */
    as_buf_addf(out, " %s%s |", is_less ? "&lt;" : "", number.text + is_less);
}

static void add_count_cell(struct as_buf *out, const struct as_json *object, const char *key)
{
    as_buf_addf(out, " %" PRId64 " |", as_json_get_int(object, key, 0));
}

static double number_of(const struct as_json *object, const char *key)
{
    return as_json_get_num(object, key, NAN);
}

static void add_quote(struct as_buf *out, const char *mark, const char *text)
{
    as_buf_addf(out, "> %s", mark);
    add_text(out, text);
    as_buf_adds(out, "\n\n");
}

static void add_title(const struct render *render, struct as_buf *out)
{
    const struct as_json *run = render->run, *dataset = as_json_get(run, "dataset");
    const struct as_json *selection = as_json_get(dataset, "selection");
    const struct as_json *overrides = as_json_get(run, "overrides");
    const char *outcome = as_json_get_cstr(run, "outcome");
    for (size_t i = 0; i < as_json_len(overrides); i++)
        add_quote(out, "🛑 ", as_json_cstr(as_json_at(overrides, i)));
    as_buf_addf(out, "### %s", mark_of(outcome));
    add_text(out, as_json_get_cstr_or(run, "eval", "?"));
    as_buf_addf(out, ": %s\n\n", outcome ? outcome : as_json_get_cstr_or(run, "state", "?"));
    as_buf_addf(out, "Run %" PRId64 " on %" PRId64 " cases of ", as_json_get_int(run, "run", 0),
                as_json_get_int(dataset, "cases", 0));
    add_text(out, as_json_get_cstr_or(dataset, "name", "?"));
    as_buf_addf(out, " version %" PRId64, as_json_get_int(dataset, "version", 0));
    if (selection) {
        as_buf_addf(out, " (of %" PRId64 ": ", as_json_get_int(selection, "of", 0));
        add_text(out, as_json_get_cstr_or(selection, "sentence", "?"));
        as_buf_addc(out, ')');
    }
    as_buf_addf(out, ", %s\n\n", render_time(as_json_get_int(run, "created_ms", 0)).text);
    if (as_json_get_cstr(run, "error"))
        add_quote(out, "", as_json_get_cstr(run, "error"));
}

/* ---- candidates ---- */

static void add_evidence(struct as_buf *out, const struct as_json *check)
{
    const struct as_json *cases = as_json_get(check, "evidence");
    size_t count = as_json_len(cases), shown = count < EVIDENCE_SHOWN ? count : EVIDENCE_SHOWN;
    int64_t total = as_json_get_int(check, "evidence_total", (int64_t)count);
    for (size_t i = 0; i < shown; i++) {
        as_buf_adds(out, i ? ", " : ": ");
        add_text(out, as_json_cstr(as_json_at(cases, i)));
    }
    if (shown && total > (int64_t)shown)
        as_buf_addf(out, " and %" PRId64 " more", total - (int64_t)shown);
}

static void add_checks(struct as_buf *out, const struct as_json *checks)
{
    for (size_t i = 0; i < as_json_len(checks); i++) {
        const struct as_json *check = as_json_at(checks, i);
        const char *outcome = as_json_get_cstr_or(check, "outcome", "SKIP");
        if (!strcmp(outcome, "SKIP"))
            continue;
        as_buf_addf(out, "- %s**", mark_of(outcome));
        add_text(out, as_json_get_cstr(check, "name"));
        as_buf_adds(out, "** ");
        add_text(out, as_json_get_cstr(check, "sentence"));
        if (strcmp(outcome, "PASS") != 0)
            add_evidence(out, check);
        as_buf_addc(out, '\n');
    }
}

/* ": sentence" of each entry that speaks of the candidate. */
static void add_recommendation(struct as_buf *out, const struct as_json *run, const char *candidate)
{
    const struct as_json *list = as_json_get(run, "recommendations");
    for (size_t i = 0; i < as_json_len(list); i++) {
        const struct as_json *one = as_json_at(list, i);
        const char *own = as_json_get_cstr(one, "candidate");
        if (!own || !candidate || strcmp(own, candidate) != 0)
            continue;
        as_buf_adds(out, " _");
        add_text(out, as_json_get_cstr_or(one, "sentence", ""));
        as_buf_adds(out, "_");
    }
}

static void add_candidate(const struct render *render, const struct as_json *verdict,
                          struct as_buf *out)
{
    const char *outcome = as_json_get_cstr(verdict, "outcome");
    as_buf_addf(out, "**%s", mark_of(outcome));
    add_text(out, as_json_get_cstr(verdict, "candidate"));
    as_buf_addf(out, ": %s** ", outcome ? outcome : "no gate");
    add_text(out, as_json_get_cstr(verdict, "sentence"));
    if (as_json_get_cstr(verdict, "advice"))
        as_buf_adds(out, "; ");
    add_text(out, as_json_get_cstr(verdict, "advice"));
    add_recommendation(out, render->run, as_json_get_cstr(verdict, "candidate"));
    as_buf_adds(out, "\n\n");
}

static void add_candidate_checks(const struct as_json *verdict, struct as_buf *out)
{
    as_buf_adds(out, "<details><summary>the gate's checks of ");
    add_text(out, as_json_get_cstr(verdict, "candidate"));
    as_buf_adds(out, "</summary>\n\n");
    add_checks(out, as_json_get(verdict, "checks"));
    as_buf_adds(out, "\n</details>\n\n");
}

/* ---- tables ---- */

static void add_members(const struct render *render, struct as_buf *out)
{
    const struct as_json *members = as_json_get(render->run, "members");
    as_buf_adds(out, "| model | ok | failed | missing |");
    add_cell(out, as_json_get_cstr_or(render->run, "primary", "score"));
    as_buf_adds(out, " 95 % CI | n | timed | p50 | p95 | cost |\n"
                     "|---|--:|--:|--:|--:|:-:|--:|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < as_json_len(members); i++) {
        const struct as_json *member = as_json_at(members, i);
        const struct as_json *primary = render_primary(render->run, member);
        as_buf_adds(out, "|");
        add_cell(out, as_json_get_cstr(member, "model"));
        add_count_cell(out, member, "ok");
        add_count_cell(out, member, "failed");
        add_count_cell(out, member, "missing");
        add_number_cell(out, render_decimals(number_of(primary, "mean"), 3));
        add_number_cell(out, render_interval(as_json_get(primary, "ci"), 3));
        add_count_cell(out, primary, "n");
        add_count_cell(out, member, "latency_n");
        add_number_cell(out, render_ms(number_of(member, "latency_p50_ms")));
        add_number_cell(out, render_ms(number_of(member, "latency_p95_ms")));
        add_number_cell(out, render_usd(number_of(member, "cost_usd")));
        as_buf_addc(out, '\n');
    }
    as_buf_addc(out, '\n');
}

static void add_difference(struct as_buf *out, const struct as_json *compared, const char *what,
                           const char *p)
{
    as_buf_adds(out, "|");
    add_cell(out, as_json_get_cstr(compared, "candidate"));
    add_cell(out, what);
    add_number_cell(out, render_signed(number_of(compared, "diff"), 3));
    add_number_cell(out, render_difference_interval(compared));
    add_number_cell(out, render_p(number_of(compared, p)));
    add_count_cell(out, compared, "n_pairs");
    as_buf_addf(out, " %" PRId64 " / %" PRId64 " / %" PRId64 " |\n",
                as_json_get_int(compared, "wins", 0), as_json_get_int(compared, "losses", 0),
                as_json_get_int(compared, "ties", 0));
}

static void begin_differences(struct as_buf *out, const char *what, const char *p)
{
    as_buf_addf(out,
                "| candidate | %s | difference | 95 %% CI | %s | pairs | wins / losses / ties |\n"
                "|---|---|--:|:-:|--:|--:|:-:|\n",
                what, p);
}

static void add_comparisons(const struct render *render, struct as_buf *out)
{
    const struct as_json *list = as_json_get(render->run, "comparisons");
    if (!as_json_len(list))
        return;
    begin_differences(out, "metric", "p");
    for (size_t i = 0; i < as_json_len(list); i++)
        add_difference(out, as_json_at(list, i), as_json_get_cstr(as_json_at(list, i), "metric"),
                       "p");
    as_buf_addc(out, '\n');
}

static void add_quotes(struct as_buf *out, const char *mark, const struct as_json *sentences)
{
    for (size_t i = 0; i < as_json_len(sentences); i++)
        add_quote(out, mark, as_json_cstr(as_json_at(sentences, i)));
}

/* An earlier run: each model against itself of then, in a sentence that has its n. */
static void add_compared(const struct render *render, struct as_buf *out)
{
    const struct as_json *compared = as_json_get(render->run, "compared");
    const struct as_json *list = as_json_get(compared, "comparisons");
    if (!compared)
        return;
    as_buf_adds(out, "**Against an earlier run**\n\n");
    if (as_json_get_cstr(compared, "error"))
        add_quote(out, "⚠️ ", as_json_get_cstr(compared, "error"));
    add_quotes(out, "⚠️ ", as_json_get(compared, "forced"));
    add_quotes(out, "", as_json_get(compared, "notes"));
    for (size_t i = 0; i < as_json_len(list); i++) {
        struct as_buf name = {0};
        render_couple(&name, as_json_at(list, i));
        as_buf_adds(out, "- ");
        add_text(out, as_buf_str(&name).ptr);
        as_buf_adds(out, ": ");
        add_text(out, as_json_get_cstr(as_json_at(list, i), "sentence"));
        as_buf_addc(out, '\n');
        as_buf_done(&name);
    }
    as_buf_addc(out, '\n');
}

static void add_tags(const struct render *render, struct as_buf *out)
{
    const struct as_json *tags = as_json_get(render->run, "tags");
    if (!as_json_len(tags))
        return;
    as_buf_adds(out, "<details><summary>by tag</summary>\n\n");
    begin_differences(out, "tag", "p (Holm)");
    for (size_t i = 0; i < as_json_len(tags); i++) {
        const struct as_json *tag = as_json_at(tags, i), *list = as_json_get(tag, "comparisons");
        for (size_t c = 0; c < as_json_len(list); c++)
            add_difference(out, as_json_at(list, c), as_json_get_cstr(tag, "tag"), "p_holm");
    }
    as_buf_adds(out, "\n</details>\n\n");
}

static void add_warnings(const struct render *render, struct comment *comment)
{
    const struct as_json *run = render->run, *warnings = as_json_get(run, "warnings");
    const char *best_of = as_json_get_cstr(run, "best_of");
    const char *looks = as_json_get_cstr(as_json_get(run, "looks"), "sentence");
    struct as_buf part = {0};
    if (best_of)
        add_quote(&part, "⚠️ ", best_of);
    if (looks)
        add_quote(&part, "", looks);
    add_part(comment, &part);
    for (size_t i = 0; i < as_json_len(warnings); i++) {
        add_quote(&part, "⚠️ ", as_json_cstr(as_json_at(warnings, i)));
        add_part(comment, &part);
    }
}

static void markdown_head(const struct render *render)
{
    const struct as_json *verdicts = as_json_get(render->run, "verdicts");
    struct comment comment = {render->out, 0};
    struct as_buf part = {0};
    add_title(render, &part);
    add_part(&comment, &part);
    for (size_t i = 0; i < as_json_len(verdicts); i++) {
        add_candidate(render, as_json_at(verdicts, i), &part);
        add_part(&comment, &part);
    }
    add_warnings(render, &comment);
    add_members(render, &part);
    add_part(&comment, &part);
    add_comparisons(render, &part);
    add_part(&comment, &part);
    add_compared(render, &part);
    add_part(&comment, &part);
    for (size_t i = 0; i < as_json_len(verdicts); i++) {
        add_candidate_checks(as_json_at(verdicts, i), &part);
        add_part(&comment, &part);
    }
    add_tags(render, &part);
    add_part(&comment, &part);
    if (comment.left_out)
        as_buf_addf(render->out,
                    "_%zu parts did not fit into a comment: `assayctl report %" PRId64
                    " --format html` has all of them._\n",
                    comment.left_out, as_json_get_int(render->run, "run", 0));
}

const struct render_format render_markdown = {.name = "md", .head = markdown_head};
