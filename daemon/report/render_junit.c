/* JUnit: a test suite for each candidate, a test case for each check of its gate. A failed check is
 * a failure, an undecided one an error, one that is not configured is skipped. A run without a
 * verdict is a suite of one test case, an error unless the run ended well: a CI server must not
 * take an empty file for a green one. The attributes and their order are those that the common
 * schemas ask for, the strict one of Ant's included. */
#include "daemon/report/render_own.h"

#include <inttypes.h>
#include <string.h>

struct tally {
    size_t tests, failures, errors, skipped;
};

static struct tally count_checks(const struct as_json *checks)
{
    struct tally tally = {.tests = as_json_len(checks)};
    for (size_t i = 0; i < tally.tests; i++) {
        const char *outcome = as_json_get_cstr_or(as_json_at(checks, i), "outcome", "");
        tally.failures += !strcmp(outcome, "FAIL");
        tally.errors += !strcmp(outcome, "INCONCLUSIVE");
        tally.skipped += !strcmp(outcome, "SKIP");
    }
    return tally;
}

static void add_attribute(struct as_buf *out, const char *name, const char *text)
{
    as_buf_addf(out, " %s=\"", name);
    render_markup_cstr(out, text);
    as_buf_addc(out, '"');
}

static void add_problem(struct as_buf *out, const char *element, const struct as_json *check)
{
    const struct as_json *cases = as_json_get(check, "evidence");
    as_buf_addf(out, "<%s", element);
    add_attribute(out, "message", as_json_get_cstr(check, "sentence"));
    add_attribute(out, "type", as_json_get_cstr(check, "name"));
    as_buf_adds(out, ">");
    for (size_t i = 0; i < as_json_len(cases); i++) {
        as_buf_adds(out, i ? "\n" : "");
        render_markup(out, as_json_str(as_json_at(cases, i)));
    }
    as_buf_addf(out, "</%s>", element);
}

static void add_check(struct as_buf *out, const char *candidate, const struct as_json *check)
{
    const char *outcome = as_json_get_cstr_or(check, "outcome", "");
    as_buf_adds(out, "    <testcase");
    add_attribute(out, "name", as_json_get_cstr(check, "name"));
    add_attribute(out, "classname", candidate);
    as_buf_adds(out, " time=\"0\">");
    if (!strcmp(outcome, "FAIL"))
        add_problem(out, "failure", check);
    else if (!strcmp(outcome, "INCONCLUSIVE"))
        add_problem(out, "error", check);
    else if (!strcmp(outcome, "SKIP"))
        as_buf_adds(out, "<skipped/>");
    as_buf_adds(out, "</testcase>\n");
}

static void add_times(const struct render *render)
{
    int64_t created = as_json_get_int(render->run, "created_ms", 0);
    int64_t ended = as_json_get_int(render->run, "ended_ms", created);
    struct render_number at = render_time(created);
    as_buf_addf(render->out, " timestamp=\"%.10sT%.8s\" hostname=\"localhost\" time=\"%.3f\"",
                at.text, at.text + 11, (double)(ended - created) / 1000);
}

static void begin_suite(const struct render *render, size_t id, const char *name,
                        struct tally tally)
{
    struct as_buf *out = render->out;
    as_buf_addf(out, "  <testsuite id=\"%zu\"", id);
    add_attribute(out, "package", as_json_get_cstr(render->run, "eval"));
    add_attribute(out, "name", name);
    as_buf_addf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", tally.tests,
                tally.failures, tally.errors, tally.skipped);
    add_times(render);
    as_buf_addf(out, ">\n    <properties><property name=\"run\" value=\"%" PRId64 "\"/>",
                as_json_get_int(render->run, "run", 0));
    const struct as_json *overrides = as_json_get(render->run, "overrides");
    for (size_t i = 0; i < as_json_len(overrides); i++) {
        as_buf_adds(out, "<property name=\"override\"");
        add_attribute(out, "value", as_json_cstr(as_json_at(overrides, i)));
        as_buf_adds(out, "/>");
    }
    as_buf_adds(out, "</properties>\n");
}

/* Returns how many lines there are by then. */
static size_t add_lines(struct as_buf *out, size_t before, const char *mark,
                        const struct as_json *lines)
{
    size_t count = as_json_len(lines);
    for (size_t i = 0; i < count; i++) {
        as_buf_addf(out, "%s%s", before + i ? "\n" : "", mark);
        render_markup(out, as_json_str(as_json_at(lines, i)));
    }
    return before + count;
}

/* What an earlier run is to this one is no test: it is told. */
static void add_compared(const struct render *render)
{
    const struct as_json *compared = as_json_get(render->run, "compared");
    const struct as_json *list = as_json_get(compared, "comparisons");
    add_lines(render->out, 1, "forced: ", as_json_get(compared, "forced"));
    for (size_t i = 0; i < as_json_len(list); i++) {
        struct as_buf name = {0};
        render_couple(&name, as_json_at(list, i));
        as_buf_addc(render->out, '\n');
        render_markup(render->out, as_buf_str(&name));
        as_buf_adds(render->out, ": ");
        render_markup_cstr(render->out, as_json_get_cstr(as_json_at(list, i), "sentence"));
        as_buf_done(&name);
    }
    if (as_json_get_cstr(compared, "error"))
        as_buf_adds(render->out, "\nnot compared: ");
    render_markup_cstr(render->out, as_json_get_cstr(compared, "error"));
}

/* The first suite has what is of the whole run. A promotion against the evidence stands first: not
 * every CI server shows properties. */
static void end_suite(const struct render *render, size_t id, const char *sentence)
{
    as_buf_adds(render->out, "    <system-out>");
    render_markup_cstr(render->out, sentence);
    if (!id)
        add_compared(render);
    as_buf_adds(render->out, "</system-out>\n    <system-err>");
    size_t count = add_lines(render->out, 0, "", as_json_get(render->run, "overrides"));
    add_lines(render->out, count, "warning: ", as_json_get(render->run, "warnings"));
    as_buf_adds(render->out, "</system-err>\n  </testsuite>\n");
}

static void add_suite(const struct render *render, const struct as_json *verdict, size_t id)
{
    const struct as_json *checks = as_json_get(verdict, "checks");
    const char *candidate = as_json_get_cstr(verdict, "candidate");
    struct tally tally = count_checks(checks);
    begin_suite(render, id, candidate, tally);
    for (size_t i = 0; i < tally.tests; i++)
        add_check(render->out, candidate, as_json_at(checks, i));
    end_suite(render, id, as_json_get_cstr(verdict, "sentence"));
}

static void add_run_suite(const struct render *render)
{
    const char *state = as_json_get_cstr_or(render->run, "state", "");
    bool is_error = strcmp(state, "done") != 0;
    struct tally tally = {.tests = 1, .errors = is_error};
    begin_suite(render, 0, "run", tally);
    as_buf_adds(render->out, "    <testcase name=\"run\"");
    add_attribute(render->out, "classname", as_json_get_cstr(render->run, "eval"));
    as_buf_adds(render->out, " time=\"0\">");
    if (is_error) {
        as_buf_adds(render->out, "<error");
        add_attribute(render->out, "message", state);
        as_buf_adds(render->out, " type=\"run\">");
        render_markup_cstr(render->out, as_json_get_cstr(render->run, "error"));
        as_buf_adds(render->out, "</error>");
    }
    as_buf_adds(render->out, "</testcase>\n");
    end_suite(render, 0, is_error ? "there is no verdict" : "nothing was compared");
}

static void junit_head(const struct render *render)
{
    const struct as_json *verdicts = as_json_get(render->run, "verdicts");
    as_buf_adds(render->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (size_t i = 0; i < as_json_len(verdicts); i++)
        add_suite(render, as_json_at(verdicts, i), i);
    if (!as_json_len(verdicts))
        add_run_suite(render);
    as_buf_adds(render->out, "</testsuites>\n");
}

const struct render_format render_junit = {.name = "junit", .head = junit_head};
