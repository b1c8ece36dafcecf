/* The gate's word on each candidate, check by check, with the cases that are its evidence. */
#include "ctl/print.h"

#include <string.h>

static void print_evidence(const struct output *out, const struct as_json *check)
{
    const struct as_json *cases = as_json_get(check, "evidence");
    size_t shown = as_json_len(cases);
    int64_t total = as_json_get_int(check, "evidence_total", (int64_t)shown);
    if (!shown)
        return;
    out_styled(out, STYLE_DIM, "      cases: ");
    for (size_t i = 0; i < shown; i++)
        out_print(out, "%s%s", i ? ", " : "", as_json_cstr(as_json_at(cases, i)));
    if (total > (int64_t)shown)
        out_print(out, " and %lld more", (long long)total - (long long)shown);
    out_print(out, "\n");
}

static void print_check_line(const struct output *out, const struct as_json *check)
{
    const char *outcome = str_or(check, "outcome", "?");
    out_print(out, "    ");
    out_styled(out, style_of_word(outcome), "%-12s ", outcome);
    out_print(out, "%-17s %s\n", str_or(check, "name", "?"), str_or(check, "sentence", ""));
    print_evidence(out, check);
}

void print_checks(const struct output *out, const struct as_json *checks, bool only_bad)
{
    struct as_buf passed = {0};
    for (size_t i = 0; i < as_json_len(checks); i++) {
        const struct as_json *check = as_json_at(checks, i);
        const char *outcome = str_or(check, "outcome", "SKIP");
        bool is_pass = !strcmp(outcome, "PASS"), is_skip = !strcmp(outcome, "SKIP");
        if (is_pass && only_bad)
            as_buf_addf(&passed, "%s%s", passed.len ? ", " : "", str_or(check, "name", "?"));
        else if (!is_skip)
            print_check_line(out, check);
    }
    if (passed.len) {
        out_print(out, "    ");
        out_styled(out, STYLE_GOOD, "%-12s ", "PASS");
        out_print(out, "%s\n", passed.ptr);
    }
    as_buf_done(&passed);
}

void print_verdict(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    const struct as_json *candidates = as_json_get(result, "candidates");
    const char *outcome = str_or(result, "outcome", "no verdict");
    out_styled(out, STYLE_BOLD, "run %s  ", fmt_count(result, "run").s);
    out_styled(out, style_of_word(outcome), "%s\n", outcome);
    for (size_t i = 0; i < as_json_len(candidates); i++) {
        const struct as_json *candidate = as_json_at(candidates, i);
        const char *word = str_or(candidate, "outcome", "?");
        out_styled(out, STYLE_BOLD, "\n%s ", str_or(candidate, "model", "?"));
        out_styled(out, style_of_word(word), "%s", word);
        out_print(out, ": %s\n", str_or(candidate, "sentence", ""));
        if (as_json_get_str(candidate, "advice").len)
            out_print(out, "  %s\n", str_or(candidate, "advice", ""));
        print_checks(out, as_json_get(candidate, "checks"), false);
    }
}
