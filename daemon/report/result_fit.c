/* What is to be left out is found by trying: the length of JSON is known when it is written. */
#include "daemon/report/result_fit.h"

#include <string.h>

#define CHECKS_LEAST 16 /* of a verdict, when nothing else helps */

enum step {
    WITHOUT_SKIPPED,
    WITHOUT_PASSED,
    WITHOUT_EVIDENCE,
    WITHOUT_UNDECIDED, /* of a verdict that fails */
    WITH_THE_FIRST,
    STEPS
};

static bool has_outcome(const struct as_json *check, const char *outcome)
{
    return !strcmp(as_json_get_cstr_or(check, "outcome", ""), outcome);
}

static bool has_failed(const struct as_json *checks)
{
    for (size_t i = 0; i < as_json_len(checks); i++)
        if (has_outcome(as_json_at(checks, i), "FAIL"))
            return true;
    return false;
}

static bool is_left_out(enum step step, const struct as_json *checks, size_t place)
{
    const struct as_json *check = as_json_at(checks, place);
    switch (step) {
    case WITHOUT_SKIPPED: return has_outcome(check, "SKIP");
    case WITHOUT_PASSED: return has_outcome(check, "PASS");
    case WITHOUT_UNDECIDED: return has_outcome(check, "INCONCLUSIVE") && has_failed(checks);
    case WITH_THE_FIRST: return place >= CHECKS_LEAST;
    case WITHOUT_EVIDENCE:
    case STEPS: break;
    }
    return false;
}

static void shorten(enum step step, struct as_json *verdict)
{
    const struct as_json *checks = as_json_get(verdict, "checks");
    struct as_json *kept = as_json_array();
    int64_t left_out = as_json_get_int(verdict, "checks_left_out", 0);
    for (size_t i = 0; i < as_json_len(checks); i++) {
        struct as_json *check = as_json_at(checks, i);
        if (step == WITHOUT_EVIDENCE)
            as_json_set_take(check, "evidence", as_json_array());
        if (is_left_out(step, checks, i))
            left_out++;
        else
            as_json_push_take(kept, as_json_share(check));
    }
    as_json_set_take(verdict, "checks", kept);
    if (left_out)
        as_json_set_int(verdict, "checks_left_out", left_out);
}

void result_fit(struct as_json *run, size_t max_bytes)
{
    const struct as_json *verdicts = as_json_get(run, "verdicts");
    for (int step = 0; step < STEPS && as_json_bytes(run) > max_bytes; step++)
        for (size_t i = 0; i < as_json_len(verdicts); i++)
            shorten((enum step)step, as_json_at(verdicts, i));
}
