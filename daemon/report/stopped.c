/* The cases that were run are the first ones, not a sample of all: neither a pass nor a fail of
 * them is one of the run. The checks stay as they are, for whoever wants to read on. */
#include "daemon/report/stopped.h"

#include "lib/buf.h"

#define ADVICE                                                                                   \
    "a higher budget, fewer cases (max_cases) or a lower max_tokens of the models would let it " \
    "end: `assayctl run plan` says what it takes"

static void mark_verdict(struct as_json *verdict, const char *how_far)
{
    struct as_buf sentence = {0};
    const char *own = as_json_get_cstr_or(verdict, "sentence", "");
    as_buf_addf(&sentence, "%s%s%s", how_far, *own ? "; of these: " : "", own);
    if (as_json_get(verdict, "outcome"))
        as_json_set_str(verdict, "outcome", STOPPED_OUTCOME);
    as_json_set_str(verdict, "sentence", sentence.ptr);
    as_json_set_str(verdict, "advice", ADVICE);
    as_buf_done(&sentence);
}

static struct as_json *stop_json(const char *how_far, int64_t done, int64_t total)
{
    struct as_json *json = as_json_object();
    as_json_set_str(json, "by", "budget");
    as_json_set_int(json, "rows", done);
    as_json_set_int(json, "total", total);
    as_json_set_str(json, "sentence", how_far);
    return json;
}

void stopped_mark(struct as_json *result, int64_t over_budget, int64_t total_rows)
{
    if (!over_budget)
        return;
    struct as_buf how_far = {0}, headline = {0};
    int64_t done = total_rows - over_budget;
    as_buf_addf(&how_far, "stopped by the budget: %lld of %lld rows", (long long)done,
                (long long)total_rows);
    as_buf_adds(&headline, how_far.ptr);
    const struct as_json *verdicts = as_json_get(result, "verdicts");
    for (size_t i = 0; i < as_json_len(verdicts); i++) {
        struct as_json *verdict = as_json_at(verdicts, i);
        mark_verdict(verdict, how_far.ptr);
        as_buf_addf(&headline, "; %s: %s", as_json_get_cstr_or(verdict, "candidate", "?"),
                    as_json_get_cstr_or(verdict, "outcome", "no gate"));
    }
    if (as_json_get(result, "outcome"))
        as_json_set_str(result, "outcome", STOPPED_OUTCOME);
    as_json_set_str(result, "headline", headline.ptr);
    as_json_set_take(result, "stopped", stop_json(how_far.ptr, done, total_rows));
    as_buf_done(&how_far);
    as_buf_done(&headline);
}
