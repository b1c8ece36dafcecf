/* The candidates' means, and the variance of the difference of each two of them, out of pairs: what
 * all of them find hard drops out of a difference. */
#include "daemon/report/result_best.h"

#include "daemon/gate/sentence.h"
#include "daemon/report/pairing.h"
#include "daemon/stats/best_of.h"
#include "daemon/stats/num.h"

#include <math.h>
#include <stdlib.h>

struct contest {
    const char *best;
    size_t tried;    /* candidates */
    double *means;   /* of those with a score: k */
    size_t *members; /* whose they are */
    size_t k, best_place;
};

static double mean_of(const struct table *table, const struct report_spec *spec, size_t member)
{
    struct stats_sum sum = {0};
    size_t n = 0;
    for (size_t i = 0; i < table->case_count; i++) {
        struct stats_score score = table_score(table, member, spec->primary, i, spec->gate->policy);
        bool is_zero = score.state == STATS_FAILED && spec->gate->policy == GATE_POLICY_ZERO;
        if (score.state == STATS_SCORED)
            stats_sum_add(&sum, score.value);
        n += score.state == STATS_SCORED || is_zero;
    }
    return stats_sum_value(&sum) / (double)n;
}

static void find_best(const struct table *table, const struct report_spec *spec,
                      struct contest *contest)
{
    for (size_t member = 1; member < spec->member_count; member++) {
        double mean = mean_of(table, spec, member);
        if (isnan(mean))
            continue;
        if (!contest->k || mean > contest->means[contest->best_place])
            contest->best_place = contest->k;
        contest->members[contest->k] = member;
        contest->means[contest->k++] = mean;
    }
    if (contest->k)
        contest->best = spec->member_names[contest->members[contest->best_place]];
}

/* Of the error of each difference of two means; NaN where there is too little to tell. */
static double *difference_variances(const struct table *table, const struct report_spec *spec,
                                    const struct contest *contest)
{
    size_t k = contest->k;
    double *variances = as_xcalloc(k * k + 1, sizeof(*variances));
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < i; j++) {
            struct pairing_of of = {contest->members[i], contest->members[j], spec->primary,
                                    spec->gate->policy};
            struct pairing pairing;
            bool is_there = !pairing_compare(table, &of, &pairing);
            double se = is_there ? pairing.paired.se_clustered : NAN;
            variances[i * k + j] = variances[j * k + i] = se * se;
        }
    }
    return variances;
}

static void add_amounts(struct as_buf *out, const struct contest *contest, const double *variances)
{
    AS_CLEANUP_FREE double *equal = as_xcalloc(contest->k, sizeof(*equal));
    double seen = stats_optimism_of_best(contest->means, variances, contest->k);
    double most = stats_optimism_of_best(equal, variances, contest->k);
    if (isnan(seen))
        as_buf_adds(out, ", by how much so few cases do not tell");
    else
        as_buf_addf(out,
                    ", by about %s points at the means seen, and by %s should they all be equally "
                    "good",
                    gate_points(seen).text, gate_points(most).text);
}

struct as_json *result_best_of(const struct table *table, const struct report_spec *spec)
{
    AS_CLEANUP_FREE double *means = as_xcalloc(spec->member_count, sizeof(*means));
    AS_CLEANUP_FREE size_t *members = as_xcalloc(spec->member_count, sizeof(*members));
    struct contest contest = {.tried = spec->member_count - 1, .means = means, .members = members};
    find_best(table, spec, &contest);
    if (contest.k < 2)
        return NULL;
    AS_CLEANUP_FREE double *variances = difference_variances(table, spec, &contest);
    struct as_buf text = {0};
    as_buf_addf(&text,
                "%zu candidates were tried and '%s' has the highest mean: chosen for that, it "
                "looks better than it is",
                contest.tried, contest.best);
    add_amounts(&text, &contest, variances);
    as_buf_addf(&text, ". Before you rely on its number, run it alone on cases that it was not "
                       "chosen by.");
    struct as_json *json = as_json_new_str(as_buf_str(&text));
    as_buf_done(&text);
    return json;
}
