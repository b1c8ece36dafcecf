/* What the candidates' errors have in common (all answer the same cases) shifts them alike and
 * makes nobody the best: only the part of its own counts. It comes out of the paired differences of
 * the best and each other candidate, whose variance holds it twice. */
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
    double se; /* of a candidate's own error; NaN: too little to tell */
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
    contest->se = NAN;
    if (contest->k)
        contest->best = spec->member_names[contest->members[contest->best_place]];
}

static void measure_error(const struct table *table, const struct report_spec *spec,
                          struct contest *contest)
{
    struct stats_sum variances = {0};
    size_t rivals = 0;
    for (size_t i = 0; i < contest->k; i++) {
        struct pairing pairing;
        if (i == contest->best_place ||
            pairing_compare(table, contest->members[i], contest->members[contest->best_place],
                            spec->primary, spec->gate->policy, &pairing) ||
            isnan(pairing.paired.se_clustered))
            continue;
        double se = pairing.paired.se_clustered;
        stats_sum_add(&variances, se * se / 2);
        rivals++;
    }
    if (rivals)
        contest->se = sqrt(stats_sum_value(&variances) / (double)rivals);
}

static void add_amounts(struct as_buf *out, const struct contest *contest)
{
    AS_CLEANUP_FREE double *equal = as_xcalloc(contest->k, sizeof(*equal));
    double seen = stats_optimism_of_best(contest->means, contest->k, contest->se);
    double most = stats_optimism_of_best(equal, contest->k, contest->se);
    if (isnan(contest->se))
        as_buf_adds(out, ", by how much so few cases do not tell");
    else
        as_buf_addf(out,
                    ", by about %s points at the means seen, and by %s should all %zu be equally "
                    "good",
                    gate_points(seen).text, gate_points(most).text, contest->k);
}

struct as_json *result_best_of(const struct table *table, const struct report_spec *spec)
{
    AS_CLEANUP_FREE double *means = as_xcalloc(spec->member_count, sizeof(*means));
    AS_CLEANUP_FREE size_t *members = as_xcalloc(spec->member_count, sizeof(*members));
    struct contest contest = {.tried = spec->member_count - 1, .means = means, .members = members};
    find_best(table, spec, &contest);
    if (contest.k < 2)
        return NULL;
    measure_error(table, spec, &contest);
    struct as_buf text = {0};
    as_buf_addf(&text,
                "%zu candidates were tried and '%s' has the highest mean: chosen for that, it "
                "looks better than it is",
                contest.tried, contest.best);
    add_amounts(&text, &contest);
    as_buf_addf(&text, ". Before you rely on its number, run it alone on cases that it was not "
                       "chosen by.");
    struct as_json *json = as_json_new_str(as_buf_str(&text));
    as_buf_done(&text);
    return json;
}
