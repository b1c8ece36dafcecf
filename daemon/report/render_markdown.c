/* Markdown for a pull request's comment: the verdict on top, two tables, and what failed folded
 * away. Texts of users stand in table cells, so bars and line ends are taken out, and markup is
 * escaped: a case id must not close the table or mention anybody. */
#include "daemon/report/render_own.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define EVIDENCE_SHOWN 10

static const char *mark_of(const char *outcome)
{
    if (!outcome)
        return "";
    if (!strcmp(outcome, "pass") || !strcmp(outcome, "PASS"))
        return "✅ ";
    return !strcmp(outcome, "fail") || !strcmp(outcome, "FAIL") ? "❌ " : "⚠️ ";
}

static void add_text(struct as_buf *out, const char *text)
{
    for (; text && *text; text++) {
        if (strchr("\\`*_[]#|~@<>&", *text))
            as_buf_addf(out,
                        *text == '<' || *text == '>' || *text == '&' || *text == '@' ? "&#%d;"
                                                                                     : "\\%c",
                        *text);
        else
            as_buf_addc(out, *text == '\n' || *text == '\r' ? ' ' : *text);
    }
}

static void add_cell(struct as_buf *out, const char *text)
{
    as_buf_adds(out, " ");
    add_text(out, text);
    as_buf_adds(out, " |");
}

static void add_number_cell(struct as_buf *out, struct render_number number)
{
    as_buf_addf(out, " %s |", number.text);
}

static double number_of(const struct as_json *object, const char *key)
{
    return as_json_get_num(object, key, NAN);
}

static void add_title(const struct render *render)
{
    const struct as_json *run = render->run, *dataset = as_json_get(run, "dataset");
    const char *outcome = as_json_get_cstr(run, "outcome");
    as_buf_addf(render->out, "### %s", mark_of(outcome));
    add_text(render->out, as_json_get_cstr_or(run, "eval", "?"));
    as_buf_addf(render->out, ": %s\n\n",
                outcome ? outcome : as_json_get_cstr_or(run, "state", "?"));
    as_buf_addf(render->out, "Run %" PRId64 " on %" PRId64 " cases of ",
                as_json_get_int(run, "run", 0), as_json_get_int(dataset, "cases", 0));
    add_text(render->out, as_json_get_cstr_or(dataset, "name", "?"));
    as_buf_addf(render->out, " version %" PRId64 ", %s\n\n", as_json_get_int(dataset, "version", 0),
                render_time(as_json_get_int(run, "created_ms", 0)).text);
    if (as_json_get_cstr(run, "error")) {
        as_buf_adds(render->out, "> ");
        add_text(render->out, as_json_get_cstr(run, "error"));
        as_buf_adds(render->out, "\n\n");
    }
}

static void add_members(const struct render *render)
{
    const struct as_json *members = as_json_get(render->run, "members");
    struct as_buf *out = render->out;
    as_buf_adds(out, "| model | ok | failed | missing |");
    add_cell(out, as_json_get_cstr_or(render->run, "primary", "score"));
    as_buf_adds(out, " 95 % CI | p50 | p95 | cost |\n|---|--:|--:|--:|--:|:-:|--:|--:|--:|\n");
    for (size_t i = 0; i < as_json_len(members); i++) {
        const struct as_json *member = as_json_at(members, i);
        const struct as_json *primary = render_primary(render->run, member);
        as_buf_adds(out, "|");
        add_cell(out, as_json_get_cstr(member, "model"));
        as_buf_addf(out, " %" PRId64 " | %" PRId64 " | %" PRId64 " |",
                    as_json_get_int(member, "ok", 0), as_json_get_int(member, "failed", 0),
                    as_json_get_int(member, "missing", 0));
        add_number_cell(out, render_decimals(number_of(primary, "mean"), 3));
        add_number_cell(out, render_interval(as_json_get(primary, "ci"), 3));
        add_number_cell(out, render_ms(number_of(member, "latency_p50_ms")));
        add_number_cell(out, render_ms(number_of(member, "latency_p95_ms")));
        add_number_cell(out, render_usd(number_of(member, "cost_usd")));
        as_buf_addc(out, '\n');
    }
    as_buf_addc(out, '\n');
}

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

static void add_candidate(const struct render *render, const struct as_json *verdict)
{
    struct as_buf *out = render->out;
    const char *outcome = as_json_get_cstr(verdict, "outcome");
    as_buf_addf(out, "**%s", mark_of(outcome));
    add_text(out, as_json_get_cstr(verdict, "candidate"));
    as_buf_addf(out, ": %s** ", outcome ? outcome : "no gate");
    add_text(out, as_json_get_cstr(verdict, "sentence"));
    as_buf_addc(out, ' ');
    add_text(out, as_json_get_cstr(verdict, "advice"));
    as_buf_adds(out, "\n\n<details><summary>checks</summary>\n\n");
    add_checks(out, as_json_get(verdict, "checks"));
    as_buf_adds(out, "\n</details>\n\n");
}

static void markdown_head(const struct render *render)
{
    const struct as_json *verdicts = as_json_get(render->run, "verdicts");
    const struct as_json *warnings = as_json_get(render->run, "warnings");
    add_title(render);
    for (size_t i = 0; i < as_json_len(verdicts); i++)
        add_candidate(render, as_json_at(verdicts, i));
    add_members(render);
    for (size_t i = 0; i < as_json_len(warnings); i++) {
        as_buf_adds(render->out, "> ⚠️ ");
        add_text(render->out, as_json_cstr(as_json_at(warnings, i)));
        as_buf_addc(render->out, '\n');
    }
}

const struct render_format render_markdown = {"md", markdown_head, NULL, NULL};
