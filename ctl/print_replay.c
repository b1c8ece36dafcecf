/* What a replay came to: equal, or what differs, row by row and in the result. */
#include "ctl/print.h"
#include "ctl/wrap.h"

/* Values of any kind, as they stand in JSON. */
static void add_change(struct as_buf *text, const struct as_json *difference)
{
    as_json_write(as_json_get(difference, "was"), text);
    as_buf_adds(text, " -> ");
    as_json_write(as_json_get(difference, "is"), text);
}

static void print_row_differences(const struct output *out, const struct as_json *result)
{
    const struct as_json *list = as_json_get(result, "differences");
    for (size_t i = 0; i < as_json_len(list); i++) {
        const struct as_json *item = as_json_at(list, i);
        struct as_buf text = {0};
        as_buf_addf(&text, "%s, %s, sample %s: %s ", str_or(item, "case", "?"),
                    str_or(item, "model", "?"), fmt_count(item, "sample").s,
                    str_or(item, "field", "?"));
        add_change(&text, item);
        wrap_print_after(out, STYLE_PLAIN, "  ", text.ptr);
        as_buf_done(&text);
    }
}

static void print_result_differences(const struct output *out, const struct as_json *result)
{
    const struct as_json *list = as_json_get(result, "result_differences");
    for (size_t i = 0; i < as_json_len(list); i++) {
        struct as_buf text = {0};
        as_buf_addf(&text, "%s ", str_or(as_json_at(list, i), "at", "?"));
        add_change(&text, as_json_at(list, i));
        wrap_print_after(out, STYLE_PLAIN, "  result: ", text.ptr);
        as_buf_done(&text);
    }
}

/* "recommendations, best_of": no difference, but the texts are not the same. */
static void print_equal(const struct output *out, const struct as_json *result)
{
    const struct as_json *parts = as_json_get(result, "result_new");
    struct as_buf names = {0};
    for (size_t i = 0; i < as_json_len(parts); i++)
        as_buf_addf(&names, "%s%s", i ? ", " : "", as_json_cstr(as_json_at(parts, i)));
    out_styled(out, STYLE_GOOD, "equal");
    out_print(out, "\n%s, all scores and the result are the same%s; verdict: %s\n",
              fmt_counted(result, "rows", "row").s, names.len ? "" : ", byte for byte",
              str_or(result, "outcome_is", "none"));
    wrap_print_after(out, STYLE_DIM, "an older assayd made the run; its result lacks ",
                     as_buf_str(&names).ptr);
    as_buf_done(&names);
}

void print_replayed(struct ctl *ctl, const struct as_json *result)
{
    const struct output *out = &ctl->out;
    const char *error = as_json_get_cstr(result, "error");
    struct text run = fmt_count(result, "run"), of_run = fmt_count(result, "of_run");
    out_styled(out, STYLE_BOLD, "run %s replays run %s: ", run.s, of_run.s);
    if (as_json_get_bool(result, "equal", false)) {
        print_equal(out, result);
        return;
    }
    if (error) {
        out_styled(out, STYLE_BAD, "%s\n", str_or(result, "state", "failed"));
        wrap_print_after(out, STYLE_BAD, "", error);
        return;
    }
    out_styled(out, STYLE_BAD, "different");
    out_print(out, "\n%s of %s rows differ; verdict: %s, now %s\n",
              fmt_count(result, "rows_different").s, fmt_count(result, "rows").s,
              str_or(result, "outcome_was", "none"), str_or(result, "outcome_is", "none"));
    print_row_differences(out, result);
    print_result_differences(out, result);
}
