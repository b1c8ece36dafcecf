/* Two members of whom only the means and their intervals are known: the difference of independent
 * means. */
#include "daemon/report/compare.h"

#include "daemon/gate/sentence.h"
#include "daemon/report/result_own.h"
#include "daemon/stats/mean.h"

#include <math.h>
#include <string.h>

static const struct as_json *metric_of(const struct compare_summary *side)
{
    const struct as_json *metrics = as_json_get(side->member, "metrics");
    for (size_t i = 0; i < as_json_len(metrics); i++)
        if (!strcmp(as_json_get_cstr_or(as_json_at(metrics, i), "metric", ""), side->metric))
            return as_json_at(metrics, i);
    return NULL;
}

/* Numbers of a report that cannot be a mean of scores count as not there. */
static struct stats_own_mean mean_of(const struct as_json *metric)
{
    const struct as_json *ci = as_json_get(metric, "ci");
    int64_t n = as_json_get_int(metric, "n", 0);
    struct stats_own_mean mean = {
        .n = n > 0 ? (size_t)n : 0,
        .mean = as_json_get_num(metric, "mean", NAN),
        .se = NAN,
        .low = as_json_num(as_json_at(ci, 0), NAN),
        .high = as_json_num(as_json_at(ci, 1), NAN),
    };
    bool is_sound =
        mean.low >= 0 && mean.low <= mean.mean && mean.mean <= mean.high && mean.high <= 1;
    if (!is_sound)
        mean.mean = mean.low = mean.high = NAN;
    return mean;
}

static void set_side(struct as_json *json, const char *side, const struct compare_summary *of,
                     const struct stats_own_mean *mean)
{
    struct as_json *part = as_json_object();
    as_json_set_str(json, side, of->name);
    as_json_set_int(part, "run", of->run);
    as_json_set_int(part, "n", (int64_t)mean->n);
    as_json_set_num(part, "mean", mean->mean);
    as_json_set_take(part, "ci", result_interval(mean->low, mean->high));
    as_json_set_take(part, "failed", as_json_share(as_json_get(of->member, "failed")));
    as_json_set_take(part, "missing", as_json_share(as_json_get(of->member, "missing")));
    struct as_buf key = {0};
    static const char *const keys[] = {"run", "n", "mean", "ci", "failed", "missing"};
    for (size_t i = 0; i < AS_COUNT(keys); i++) {
        as_buf_reset(&key);
        as_buf_addf(&key, "%s_%s", side, keys[i]);
        as_json_set_take(json, key.ptr, as_json_share(as_json_get(part, keys[i])));
    }
    as_buf_done(&key);
    as_json_free(part);
}

static void write_finding(struct as_buf *out, double diff, struct stats_interval ci)
{
    const char *word = ci.low > 0 ? "better" : "worse";
    if (isnan(diff))
        as_buf_adds(out, "nothing to compare");
    else if (ci.low > 0 || ci.high < 0)
        as_buf_addf(out, "candidate is %s by %s points, 95%% CI %s to %s", word,
                    gate_points(fabs(diff)).text, gate_points(ci.low).text,
                    gate_points(ci.high).text);
    else
        as_buf_addf(out, "no clear difference (%s points, 95%% CI %s to %s)",
                    gate_points(diff).text, gate_points(ci.low).text, gate_points(ci.high).text);
}

static void set_sentence(struct as_json *json, const struct compare_summary *baseline,
                         const struct compare_summary *candidate,
                         const struct stats_own_mean means[2], struct stats_interval ci)
{
    struct as_buf text = {0};
    as_buf_addf(&text, "'%s' of %s against '%s' of %s, UNPAIRED: ", candidate->name,
                candidate->label, baseline->name, baseline->label);
    write_finding(&text, means[1].mean - means[0].mean, ci);
    as_buf_addf(&text, ", n=%zu and %zu", means[1].n, means[0].n);
    as_json_set_take(json, "sentence", as_json_new_str(as_buf_str(&text)));
    as_buf_done(&text);
}

int compare_summaries(const struct compare_summary *baseline,
                      const struct compare_summary *candidate, struct as_json **ret_json,
                      struct as_err *err)
{
    const struct as_json *of_baseline = metric_of(baseline), *of_candidate = metric_of(candidate);
    if (!of_baseline || !of_candidate)
        return as_err_set(err, AS_EINVAL, "%s has no result of '%s' for the metric '%s'",
                          of_baseline ? candidate->label : baseline->label,
                          of_baseline ? candidate->name : baseline->name, baseline->metric);
    struct stats_own_mean means[2] = {mean_of(of_baseline), mean_of(of_candidate)};
    struct stats_interval ci = stats_independent_difference(&means[0], &means[1]);
    struct as_json *json = as_json_object();
    set_side(json, "baseline", baseline, &means[0]);
    set_side(json, "candidate", candidate, &means[1]);
    as_json_set_num(json, "diff", means[1].mean - means[0].mean);
    as_json_set_take(json, "ci", result_interval(ci.low, ci.high));
    as_json_set_take(json, "p", NULL);
    set_sentence(json, baseline, candidate, means, ci);
    *ret_json = json;
    return 0;
}
