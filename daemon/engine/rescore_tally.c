/* Compares row by row. A value moves when both versions gave one and they differ; a pass flips when
 * both gave a value and, by the plugin's own word or the gate's threshold, only one of them passes.
 * Where a version has no value (does not apply, or failed) nothing moved: that is counted apart. */
#include "daemon/engine/rescore_tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct counts {
    int64_t rows, skipped, errors; /* rows with a value or "does not apply"; without an output */
    int64_t up, down;
    int64_t now_na, no_longer_na;
    int64_t recovered; /* the old version gave nothing: it failed, or was not there */
    int64_t to_pass, to_fail;
};

struct tally {
    const struct pins *pins;
    const struct plugin_version *version;
    uint32_t metric, list_max;
    int64_t case_count;
    struct counts members[PINS_MAX_MEMBERS];
    struct as_json *flips, *error_rows;
    struct report_swap swap;
    struct report_swapped *swapped;
};

struct tally *tally_new(const struct pins *pins, uint32_t metric,
                        const struct plugin_version *version, int64_t case_count, uint32_t list_max)
{
    struct tally *tally = as_xcalloc(1, sizeof(*tally));
    size_t rows = pins->member_count * (size_t)case_count * pins->samples;
    tally->pins = pins;
    tally->version = version;
    tally->metric = metric;
    tally->list_max = list_max;
    tally->case_count = case_count;
    tally->flips = as_json_array();
    tally->error_rows = as_json_array();
    tally->swapped = as_xcalloc(rows, sizeof(*tally->swapped));
    tally->swap = (struct report_swap){metric, pins->samples, tally->swapped};
    return tally;
}

void tally_free(struct tally *tally)
{
    if (!tally)
        return;
    as_json_free(tally->flips);
    as_json_free(tally->error_rows);
    free(tally->swapped);
    free(tally);
}

const struct report_swap *tally_swap(const struct tally *tally)
{
    return &tally->swap;
}

/* ---- row by row ---- */

static double value_of(const struct score_record *score)
{
    return score->is_na ? NAN : score->score;
}

static bool is_pass(const struct tally *tally, const struct score_record *score)
{
    return score->pass < 0 ? score->score >= tally->pins->gate.pass_threshold : score->pass > 0;
}

static const struct score_record *own_score(const struct tally *tally,
                                            const struct row_listing *row)
{
    for (size_t i = 0; i < row->score_count; i++)
        if (row->scores[i].metric == tally->metric)
            return &row->scores[i];
    return NULL;
}

static struct as_json *row_json(const struct tally *tally, const struct row_listing *row)
{
    struct as_json *json = as_json_object();
    as_json_set_take(json, "case", as_json_new_str(row->case_id));
    as_json_set_str(json, "model", tally->pins->members[row->row.key.member].spec.name);
    as_json_set_int(json, "sample", row->row.key.sample);
    return json;
}

static void list_error(struct tally *tally, const struct row_listing *row,
                       const struct set_score *scored)
{
    if (as_json_len(tally->error_rows) >= tally->list_max)
        return;
    struct as_json *json = row_json(tally, row);
    as_json_set_take(json, "error_class", as_json_new_str(scored->error_class));
    as_json_set_take(json, "error", as_json_new_str(scored->score.reason));
    as_json_push_take(tally->error_rows, json);
}

static void list_flip(struct tally *tally, const struct row_listing *row, double before,
                      double after, bool passes_now)
{
    if (as_json_len(tally->flips) >= tally->list_max)
        return;
    struct as_json *json = row_json(tally, row);
    as_json_set_num(json, "before", before);
    as_json_set_num(json, "after", after);
    as_json_set_str(json, "to", passes_now ? "pass" : "fail");
    as_json_push_take(tally->flips, json);
}

static void compare(struct tally *tally, struct counts *counts, const struct row_listing *row,
                    const struct set_score *scored)
{
    const struct score_record *own = own_score(tally, row), *other = &scored->score;
    counts->rows++;
    if (!own) {
        counts->recovered++;
        return;
    }
    double before = value_of(own), after = value_of(other);
    if (isnan(before) || isnan(after)) {
        counts->now_na += !isnan(before);
        counts->no_longer_na += !isnan(after);
        return;
    }
    bool passed = is_pass(tally, own), passes_now = is_pass(tally, other);
    counts->up += after > before;
    counts->down += after < before;
    counts->to_pass += passes_now && !passed;
    counts->to_fail += passed && !passes_now;
    if (passed != passes_now)
        list_flip(tally, row, before, after, passes_now);
}

static void keep_for_report(struct tally *tally, const struct row_key *key,
                            const struct set_score *scored)
{
    size_t samples = tally->swap.sample_count;
    if (key->case_seq < 0 || key->case_seq >= tally->case_count || key->sample >= samples)
        return;
    size_t at = (key->member * (size_t)tally->case_count + (size_t)key->case_seq) * samples;
    tally->swapped[at + key->sample] = (struct report_swapped){
        .as = scored->error_class.ptr ? REPORT_SWAPPED_ERROR : REPORT_SWAPPED,
        .value = {value_of(&scored->score), scored->score.pass, scored->score.is_na},
    };
}

void tally_add(struct tally *tally, const struct row_listing *row, const struct set_score *scored)
{
    const struct row_key *key = &row->row.key;
    if (key->member >= tally->pins->member_count)
        return;
    struct counts *counts = &tally->members[key->member];
    if (!scored) {
        counts->skipped++;
        return;
    }
    keep_for_report(tally, key, scored);
    if (scored->error_class.ptr) {
        counts->errors++;
        list_error(tally, row, scored);
    } else {
        compare(tally, counts, row, scored);
    }
}

/* ---- the answer ---- */

static struct counts sum_of(const struct tally *tally)
{
    struct counts sum = {0};
    for (size_t i = 0; i < tally->pins->member_count; i++) {
        const struct counts *of = &tally->members[i];
        sum.rows += of->rows;
        sum.skipped += of->skipped;
        sum.errors += of->errors;
        sum.up += of->up;
        sum.down += of->down;
        sum.now_na += of->now_na;
        sum.no_longer_na += of->no_longer_na;
        sum.recovered += of->recovered;
        sum.to_pass += of->to_pass;
        sum.to_fail += of->to_fail;
    }
    return sum;
}

static void set_counts(struct as_json *json, const struct counts *counts)
{
    as_json_set_int(json, "rows", counts->rows);
    as_json_set_int(json, "skipped", counts->skipped);
    as_json_set_int(json, "errors", counts->errors);
    as_json_set_int(json, "moved", counts->up + counts->down);
    as_json_set_int(json, "up", counts->up);
    as_json_set_int(json, "down", counts->down);
    as_json_set_int(json, "now_na", counts->now_na);
    as_json_set_int(json, "no_longer_na", counts->no_longer_na);
    as_json_set_int(json, "recovered", counts->recovered);
    as_json_set_int(json, "to_pass", counts->to_pass);
    as_json_set_int(json, "to_fail", counts->to_fail);
}

static struct as_json *version_json(const char *selector, const struct as_sha256 *hash)
{
    struct as_json *json = as_json_object();
    char hex[AS_SHA256_HEX_BYTES];
    as_sha256_hex(hash, hex);
    as_json_set_str(json, "selector", selector);
    as_json_set_str(json, "hash", hex);
    return json;
}

/* A member's summary of the metric, as run.show has it. */
static struct as_json *summary_of(const struct tally *tally, const struct as_json *result,
                                  size_t member)
{
    const struct as_json *of = as_json_at(as_json_get(result, "members"), member);
    return as_json_share(as_json_at(as_json_get(of, "metrics"), tally->metric));
}

static struct as_json *members_json(const struct tally *tally, const struct as_json *before,
                                    const struct as_json *after)
{
    struct as_json *members = as_json_array();
    for (size_t i = 0; i < tally->pins->member_count; i++) {
        struct as_json *json = as_json_object();
        as_json_set_str(json, "model", tally->pins->members[i].spec.name);
        as_json_set_str(json, "role", i ? "candidate" : "baseline");
        set_counts(json, &tally->members[i]);
        as_json_set_take(json, "before", summary_of(tally, before, i));
        as_json_set_take(json, "after", summary_of(tally, after, i));
        as_json_push_take(members, json);
    }
    return members;
}

static bool is_same_word(const struct as_json *a, const struct as_json *b)
{
    const char *before = as_json_get_cstr(a, "outcome"), *after = as_json_get_cstr(b, "outcome");
    return before && after ? !strcmp(before, after) : before == after;
}

static struct as_json *shared(const struct as_json *object, const char *key)
{
    return as_json_share(as_json_get(object, key));
}

/* The checks that turn out otherwise: a verdict flips because of them. */
static struct as_json *checks_json(const struct as_json *was, const struct as_json *is)
{
    struct as_json *list = as_json_array();
    const struct as_json *old = as_json_get(was, "checks"), *now = as_json_get(is, "checks");
    for (size_t i = 0; i < as_json_len(old) && i < as_json_len(now); i++) {
        if (is_same_word(as_json_at(old, i), as_json_at(now, i)))
            continue;
        struct as_json *check = as_json_object();
        as_json_set_take(check, "name", shared(as_json_at(old, i), "name"));
        as_json_set_take(check, "before", shared(as_json_at(old, i), "outcome"));
        as_json_set_take(check, "after", shared(as_json_at(now, i), "outcome"));
        as_json_set_take(check, "sentence_before", shared(as_json_at(old, i), "sentence"));
        as_json_set_take(check, "sentence_after", shared(as_json_at(now, i), "sentence"));
        as_json_push_take(list, check);
    }
    return list;
}

static struct as_json *candidate_json(const struct as_json *was, const struct as_json *is)
{
    struct as_json *json = as_json_object();
    as_json_set_take(json, "candidate", shared(was, "candidate"));
    as_json_set_take(json, "before", shared(was, "outcome"));
    as_json_set_take(json, "after", shared(is, "outcome"));
    as_json_set_bool(json, "flips", !is_same_word(was, is));
    as_json_set_take(json, "sentence_before", shared(was, "sentence"));
    as_json_set_take(json, "sentence_after", shared(is, "sentence"));
    as_json_set_take(json, "checks", checks_json(was, is));
    return json;
}

static struct as_json *verdict_json(const struct as_json *before, const struct as_json *after)
{
    struct as_json *json = as_json_object(), *candidates = as_json_array();
    const struct as_json *old = as_json_get(before, "verdicts"),
                         *now = as_json_get(after, "verdicts");
    as_json_set_take(json, "before", shared(before, "outcome"));
    as_json_set_take(json, "after", shared(after, "outcome"));
    as_json_set_bool(json, "flips", tally_flips_verdict(before, after));
    for (size_t i = 0; i < as_json_len(old) && i < as_json_len(now); i++)
        as_json_push_take(candidates, candidate_json(as_json_at(old, i), as_json_at(now, i)));
    as_json_set_take(json, "candidates", candidates);
    return json;
}

bool tally_flips_verdict(const struct as_json *before, const struct as_json *after)
{
    const struct as_json *old = as_json_get(before, "verdicts"),
                         *now = as_json_get(after, "verdicts");
    for (size_t i = 0; i < as_json_len(old) && i < as_json_len(now); i++)
        if (!is_same_word(as_json_at(old, i), as_json_at(now, i)))
            return true;
    return false;
}

struct as_json *tally_to_json(const struct tally *tally, const struct as_json *before,
                              const struct as_json *after)
{
    const struct pin_metric *metric = &tally->pins->metrics[tally->metric];
    struct counts sum = sum_of(tally);
    struct as_json *json = as_json_object();
    as_json_set_str(json, "metric", metric->name);
    as_json_set_bool(json, "decides", tally->metric == tally->pins->primary);
    as_json_set_bool(json, "asks_judge", metric->is_required);
    as_json_set_take(json, "before", version_json(metric->selector, &metric->hash));
    as_json_set_take(json, "after", version_json(tally->version->selector, &tally->version->hash));
    set_counts(json, &sum);
    as_json_set_take(json, "members", members_json(tally, before, after));
    as_json_set_take(json, "flips", as_json_share(tally->flips));
    as_json_set_take(json, "error_rows", as_json_share(tally->error_rows));
    as_json_set_take(json, "verdict", verdict_json(before, after));
    return json;
}
