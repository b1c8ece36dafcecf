/* PPI (Angelopoulos et al. 2023) and its tuned form ppi++; Rogan and Gladen (1978). Where judge and
 * humans agree little better than chance the correction would divide by almost nothing: then there
 * is no result, and the flaw says why. */
#include "daemon/stats/judge.h"

#include "daemon/stats/dist.h"
#include "daemon/stats/num.h"
#include "lib/err.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INFORMATIVE_MIN 0.05 /* of sensitivity + specificity - 1 */

static double variance_of_all(const struct stats_judged *judged)
{
    size_t n = judged->n_labelled + judged->n_unlabelled;
    AS_CLEANUP_FREE double *all = as_xcalloc(n + 1, sizeof(*all));
    for (size_t i = 0; i < judged->n_labelled; i++)
        all[i] = judged->judge_labelled[i];
    for (size_t i = 0; i < judged->n_unlabelled; i++)
        all[judged->n_labelled + i] = judged->judge_unlabelled[i];
    return stats_variance(all, n);
}

struct corrected {
    double mean;
    double se;
};

/* The judge's mean, weighed by lambda, plus what humans say is missing from it. */
static struct corrected correct(const struct stats_judged *judged, double lambda)
{
    size_t n = judged->n_labelled;
    AS_CLEANUP_FREE double *rest = as_xcalloc(n + 1, sizeof(*rest));
    for (size_t i = 0; i < n; i++)
        rest[i] = judged->human[i] - lambda * judged->judge_labelled[i];
    double mean = stats_mean(judged->judge_unlabelled, judged->n_unlabelled);
    double variance = stats_variance(judged->judge_unlabelled, judged->n_unlabelled);
    return (struct corrected){
        .mean = lambda * mean + stats_mean(rest, n),
        .se = sqrt(lambda * lambda * variance / (double)judged->n_unlabelled +
                   stats_variance(rest, n) / (double)n),
    };
}

struct stats_ppi stats_ppi_of(const struct stats_judged *judged)
{
    double n = (double)judged->n_labelled;
    double n_unlabelled = (double)judged->n_unlabelled;
    double total = stats_total(judged->judge_labelled, judged->n_labelled) +
                   stats_total(judged->judge_unlabelled, judged->n_unlabelled);
    double spread = (1 + n / n_unlabelled) * variance_of_all(judged);
    double shared = stats_covariance(judged->human, judged->judge_labelled, judged->n_labelled);
    struct corrected plain = correct(judged, 1);
    struct stats_ppi result = {
        .judge_only = n + n_unlabelled > 0 ? total / (n + n_unlabelled) : NAN,
        .human_only = stats_mean(judged->human, judged->n_labelled),
        .human_se = sqrt(stats_variance(judged->human, judged->n_labelled) / n),
        .ppi = plain.mean,
        .ppi_se = plain.se,
        .lambda = spread > 0 ? stats_clip(shared / spread, 0, 1) : 0,
    };
    struct corrected tuned = correct(judged, result.lambda);
    result.ppi_plus = tuned.mean;
    result.ppi_plus_se = tuned.se;
    result.ppi_plus_ci.low = tuned.mean - STATS_Z * tuned.se;
    result.ppi_plus_ci.high = tuned.mean + STATS_Z * tuned.se;
    return result;
}

const char *stats_judge_flaw_text(enum stats_judge_flaw flaw)
{
    static const char *const texts[] = {
        [STATS_JUDGE_FINE] = NULL,
        [STATS_JUDGE_ONE_CLASS] = "a class has no human label",
        [STATS_JUDGE_UNINFORMATIVE] = "judge not informative (sens+spec-1 <= 0.05)",
    };
    return texts[flaw];
}

static void fill_rate(struct stats_corrected_rate *result, const struct stats_judge_counts *counts)
{
    double informative = result->sensitivity + result->specificity - 1;
    double share = counts->passes / counts->n;
    double rate = stats_clip((share + result->specificity - 1) / informative, 0, 1);
    double by_share = share * (1 - share) / counts->n;
    double by_sensitivity =
        result->sensitivity * (1 - result->sensitivity) / (counts->true_pass + counts->false_fail);
    double by_specificity =
        result->specificity * (1 - result->specificity) / (counts->true_fail + counts->false_pass);
    result->rate = rate;
    result->se =
        sqrt(by_share + rate * rate * by_sensitivity + (1 - rate) * (1 - rate) * by_specificity) /
        informative;
    result->ci.low = stats_clip(rate - STATS_Z * result->se, 0, 1);
    result->ci.high = stats_clip(rate + STATS_Z * result->se, 0, 1);
}

struct stats_corrected_rate stats_corrected_rate_of(const struct stats_judge_counts *counts)
{
    double passed = counts->true_pass + counts->false_fail;
    double failed = counts->true_fail + counts->false_pass;
    struct stats_corrected_rate result = {
        .sensitivity = passed > 0 ? counts->true_pass / passed : NAN,
        .specificity = failed > 0 ? counts->true_fail / failed : NAN,
        .rate = NAN,
        .se = NAN,
        .ci = {NAN, NAN},
    };
    if (!(passed > 0) || !(failed > 0))
        result.flaw = STATS_JUDGE_ONE_CLASS;
    else if (!(result.sensitivity + result.specificity - 1 > INFORMATIVE_MIN))
        result.flaw = STATS_JUDGE_UNINFORMATIVE;
    else
        fill_rate(&result, counts);
    return result;
}
