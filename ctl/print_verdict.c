/* The gate's word on each candidate, check by check, with the cases that are its evidence. */
#include "ctl/print.h"
#include "ctl/wrap.h"

#include <string.h>

static void print_evidence(const struct output *out, const struct as_json *check)
{
    const struct as_json *cases = as_json_get(check, "evidence");
    size_t shown = as_json_len(cases);
    int64_t total = as_json_get_int(check, "evidence_total", (int64_t)shown);
    struct as_buf text = {0};
    for (size_t i = 0; i < shown; i++)
        as_buf_addf(&text, "%s%s", i ? ", " : "    cases: ", as_json_cstr(as_json_at(cases, i)));
    if (total > (int64_t)shown)
        as_buf_addf(&text, " and %lld more", (long long)total - (long long)shown);
    if (shown)
        wrap_print(out, STYLE_DIM, as_buf_str(&text));
    as_buf_done(&text);
}

static void print_check_result(const struct output *out, const struct as_json *check)
{
    const char *outcome = str_or(check, "outcome", "?");
    out_print(out, "  ");
    out_styled(out, style_of_word(outcome), "%s", outcome);
    out_print(out, " %s\n", str_or(check, "name", "?"));
    wrap_print_after(out, STYLE_PLAIN, "    ", str_or(check, "sentence", ""));
    print_evidence(out, check);
}

static void print_checks(const struct output *out, const struct as_json *checks, bool only_bad)
{
    struct as_buf passed = {0}, skipped = {0};
    for (size_t i = 0; i < as_json_len(checks); i++) {
        const struct as_json *check = as_json_at(checks, i);
        const char *outcome = str_or(check, "outcome", "SKIP");
        bool is_pass = !strcmp(outcome, "PASS"), is_skip = !strcmp(outcome, "SKIP");
        struct as_buf *list = is_skip ? &skipped : &passed;
        if (is_skip || (is_pass && only_bad))
            as_buf_addf(list, "%s%s", list->len ? ", " : "", str_or(check, "name", "?"));
        else
            print_check_result(out, check);
    }
    if (passed.len) {
        out_print(out, "  ");
        out_styled(out, STYLE_GOOD, "PASS");
        out_print(out, " %s\n", passed.ptr);
    }
    if (skipped.len && !only_bad)
        wrap_print_after(out, STYLE_DIM, "  not asked: ", skipped.ptr);
    as_buf_done(&passed);
    as_buf_done(&skipped);
}

void print_gate(const struct output *out, const char *candidate, const struct as_json *verdict,
                bool only_bad)
{
    const char *outcome = str_or(verdict, "outcome", "no gate");
    out_styled(out, STYLE_BOLD, "%s: ", candidate);
    out_styled(out, style_of_word(outcome), "%s\n", outcome);
    wrap_print_after(out, STYLE_PLAIN, "  ", str_or(verdict, "sentence", ""));
    wrap_print_after(out, STYLE_PLAIN, "  ", str_or(verdict, "advice", ""));
    print_checks(out, as_json_get(verdict, "checks"), only_bad);
    if (as_json_has(verdict, "checks_left_out"))
        out_styled(out, STYLE_DIM,
                   "  and %s further checks, which a report has: assayctl report, --format html\n",
                   fmt_count(verdict, "checks_left_out").s);
}

void print_warned(const struct output *out, const struct as_json *answer)
{
    const struct as_json *warnings = as_json_get(answer, "warnings");
    for (size_t i = 0; i < as_json_len(warnings); i++)
        wrap_print_after(out, STYLE_WARN, "  warning: ", as_json_cstr(as_json_at(warnings, i)));
}

/* Clear after Holm's adjustment, whatever the gate asks of tags. */
#define CLEAR_P 0.05

void print_worse_tags(const struct output *out, const struct as_json *run, const char *candidate)
{
    const struct as_json *tags = as_json_get(run, "tags");
    struct as_buf text = {0};
    for (size_t i = 0; i < as_json_len(tags); i++) {
        const struct as_json *tag = as_json_at(tags, i), *pairs = as_json_get(tag, "comparisons");
        for (size_t j = 0; j < as_json_len(pairs); j++) {
            const struct as_json *pair = as_json_at(pairs, j);
            if (!strcmp(str_or(pair, "candidate", ""), candidate) &&
                as_json_get_num(pair, "p_holm", 1) < CLEAR_P &&
                as_json_get_num(pair, "diff", 0) < 0)
                as_buf_addf(&text, "%s%s (%s, n=%s)", text.len ? ", " : "", str_or(tag, "tag", "?"),
                            fmt_diff(pair, "diff").s, fmt_count(pair, "n_pairs").s);
        }
    }
    if (text.len)
        out_field(out, "worse within", "%s", text.ptr);
    as_buf_done(&text);
}

static enum style style_of_action(const char *action)
{
    if (!strcmp(action, "deploy"))
        return STYLE_GOOD;
    return strcmp(action, "keep") ? STYLE_WARN : STYLE_BAD;
}

void print_recommendation(const struct output *out, const struct as_json *result,
                          const char *candidate)
{
    const struct as_json *list = as_json_get(result, "recommendations");
    for (size_t i = 0; i < as_json_len(list); i++) {
        const struct as_json *advice = as_json_at(list, i);
        if (!strcmp(str_or(advice, "candidate", ""), candidate))
            wrap_print_after(out, style_of_action(str_or(advice, "action", "")), "  => ",
                             str_or(advice, "sentence", ""));
    }
}

void print_best_of(const struct output *out, const struct as_json *result)
{
    const char *sentence = as_json_get_cstr(result, "best_of");
    if (!sentence)
        return;
    out_print(out, "\n");
    wrap_print_after(out, STYLE_WARN, "best of several: ", sentence);
}

void print_verdict(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    const struct as_json *candidates = as_json_get(result, "candidates");
    const char *outcome = str_or(result, "outcome", "no verdict");
    print_overrides(out, result);
    out_styled(out, STYLE_BOLD, "run %s  ", fmt_count(result, "run").s);
    out_styled(out, style_of_word(outcome), "%s\n", outcome);
    print_warned(out, result);
    for (size_t i = 0; i < as_json_len(candidates); i++) {
        const struct as_json *candidate = as_json_at(candidates, i);
        out_print(out, "\n");
        print_gate(out, str_or(candidate, "candidate", "?"), candidate, false);
        print_recommendation(out, result, str_or(candidate, "candidate", "?"));
    }
    print_best_of(out, result);
}
