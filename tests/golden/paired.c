/* Golden kind "paired": everything of section 2 of README.md in the names of expected.json. */
#include "daemon/stats/paired.h"
#include "daemon/stats/num.h"
#include "daemon/stats/rank.h"
#include "daemon/stats/strata.h"
#include "tests/golden/cases.h"
#include "tests/golden/golden.h"

#include <math.h>
#include <string.h>

static void set_size(struct as_json *object, const char *key, size_t value)
{
    as_json_set_int(object, key, (int64_t)value);
}

static void set_own(struct as_json *object, const char *side, const struct stats_own_mean *own)
{
    const struct {
        const char *format;
        double value;
    } numbers[] = {
        {"mean_%s", own->mean}, {"%s_se", own->se}, {"%s_lo", own->low}, {"%s_hi", own->high}};
    char key[64];
    for (size_t i = 0; i < AS_COUNT(numbers); i++) {
        const char *hole = strchr(numbers[i].format, '%');
        snprintf(key, sizeof(key), "%.*s%s%s", (int)(hole - numbers[i].format), numbers[i].format,
                 side, hole + 2);
        as_json_set_num(object, key, numbers[i].value);
    }
    snprintf(key, sizeof(key), "%s_ci_method", side);
    as_json_set_str(object, key, stats_mean_method_name(own->method));
}

static void set_counts(struct as_json *out, const struct stats_pairs *pairs)
{
    set_size(out, "n_cases", pairs->n_cases);
    set_size(out, "n_pairs", pairs->n);
    set_size(out, "unpaired", pairs->unpaired);
    set_size(out, "clusters", pairs->n_clusters);
    set_size(out, "baseline_failed", pairs->baseline_failed);
    set_size(out, "candidate_failed", pairs->candidate_failed);
    set_size(out, "baseline_missing", pairs->baseline_missing);
    set_size(out, "candidate_missing", pairs->candidate_missing);
}

static void set_estimates(struct as_json *out, const struct stats_paired *paired)
{
    const struct {
        const char *key;
        double value;
    } numbers[] = {
        {"diff", paired->diff},
        {"sd_diff", paired->sd_diff},
        {"se_paired", paired->se_paired},
        {"se_unpaired", paired->se_unpaired},
        {"corr", paired->corr},
        {"se_clustered", paired->se_clustered},
        {"deff", paired->deff},
        {"scale", paired->scale},
        {"adj_center", paired->adj_center},
        {"adj_se", paired->adj_se},
        {"df", paired->df},
        {"ci_lo", paired->ci_low},
        {"ci_hi", paired->ci_high},
        {"p", paired->p},
        {"margin", paired->margin},
        {"p_ni", paired->p_ni},
        {"min_pairs_for_margin", paired->min_pairs_for_margin},
    };
    for (size_t i = 0; i < AS_COUNT(numbers); i++)
        as_json_set_num(out, numbers[i].key, numbers[i].value);
    as_json_set_str(out, "ni", stats_ni_name(paired->ni));
    set_size(out, "wins", paired->wins);
    set_size(out, "losses", paired->losses);
    set_size(out, "ties", paired->ties);
    as_json_set_bool(out, "binary", paired->is_binary);
    set_own(out, "baseline", &paired->baseline);
    set_own(out, "candidate", &paired->candidate);
}

struct as_json *golden_paired_json(const struct stats_paired *paired)
{
    struct as_json *out = as_json_object();
    set_size(out, "n_pairs", paired->n);
    set_size(out, "clusters", paired->n_clusters);
    set_size(out, "wins", paired->wins);
    set_size(out, "losses", paired->losses);
    set_size(out, "ties", paired->ties);
    as_json_set_num(out, "diff", paired->diff);
    as_json_set_num(out, "ci_lo", paired->ci_low);
    as_json_set_num(out, "ci_hi", paired->ci_high);
    as_json_set_num(out, "p", paired->p);
    as_json_set_num(out, "p_ni", paired->p_ni);
    as_json_set_num(out, "mean_baseline", paired->baseline.mean);
    as_json_set_num(out, "mean_candidate", paired->candidate.mean);
    return out;
}

static void set_t(struct as_json *out, const struct stats_paired *paired)
{
    struct stats_paired_t t = stats_paired_t_of(paired);
    as_json_set_num(out, "t", t.t);
    as_json_set_num(out, "t_p", t.p);
    as_json_set_num(out, "t_lo", t.low);
    as_json_set_num(out, "t_hi", t.high);
    as_json_set_num(out, "z_lo", t.z_low);
    as_json_set_num(out, "z_hi", t.z_high);
}

static struct as_json *mcnemar_json(const struct stats_paired *paired)
{
    if (!paired->is_binary)
        return NULL;
    struct stats_mcnemar test = stats_mcnemar_of(paired->wins, paired->losses);
    struct as_json *out = as_json_object();
    as_json_set_num(out, "exact", test.exact);
    as_json_set_num(out, "midp", test.midp);
    as_json_set_num(out, "chi2", test.chi2);
    as_json_set_num(out, "chi2_p", test.chi2_p);
    as_json_set_num(out, "chi2_cc", test.chi2_cc);
    as_json_set_num(out, "chi2_cc_p", test.chi2_cc_p);
    return out;
}

static struct as_json *wilcoxon_json(const struct stats_pairs *pairs)
{
    if (pairs->n == 0)
        return NULL;
    struct stats_wilcoxon test = stats_wilcoxon_of(pairs->diff, pairs->n);
    struct as_json *out = as_json_object();
    set_size(out, "n_used", test.n_used);
    set_size(out, "n_zero", test.n_zero);
    as_json_set_num(out, "w_plus", test.w_plus);
    as_json_set_num(out, "w_minus", test.w_minus);
    as_json_set_num(out, "p", test.p);
    as_json_set_num(out, "p_exact", test.p_exact);
    as_json_set_num(out, "p_normal", test.p_normal);
    as_json_set_num(out, "pratt_w_plus", test.pratt_w_plus);
    as_json_set_num(out, "pratt_p_normal", test.pratt_p_normal);
    return out;
}

static struct as_json *comparison_json(const struct stats_pairs *pairs, double margin)
{
    struct stats_paired paired = stats_paired_of(pairs, margin);
    struct stats_sample diffs = stats_pairs_diffs(pairs);
    struct as_json *out = as_json_object();
    set_counts(out, pairs);
    set_estimates(out, &paired);
    set_t(out, &paired);
    if (paired.is_binary) {
        set_size(out, "n11", paired.both_pass);
        set_size(out, "n00", paired.both_fail);
    }
    as_json_set_take(out, "mcnemar", mcnemar_json(&paired));
    as_json_set_take(out, "wilcoxon", wilcoxon_json(pairs));
    as_json_set_num(out, "sign_test_p",
                    pairs->n ? stats_sign_test(paired.wins, paired.losses) : NAN);
    as_json_set_num(out, "signflip_exact_p", stats_signflip_exact(&diffs));
    return out;
}

static struct as_json *stratum_json(const struct stats_stratum *stratum)
{
    struct as_json *out = as_json_object();
    set_size(out, "n", stratum->n);
    as_json_set_num(out, "diff", stratum->diff);
    as_json_set_num(out, "lo", stratum->ci.low);
    as_json_set_num(out, "hi", stratum->ci.high);
    return out;
}

static void add_stratified(struct as_json *out, const struct stats_pairs *pairs,
                           const struct golden_cases *cases, const struct as_json *option)
{
    if (!option)
        return;
    AS_CLEANUP_FREE double *weights = as_xcalloc(cases->n_strata + 1, sizeof(*weights));
    AS_CLEANUP_FREE struct stats_stratum *strata = as_xcalloc(cases->n_strata + 1, sizeof(*strata));
    for (size_t i = 0; i < cases->n_strata; i++)
        weights[i] = as_json_get_num(option, cases->strata[i], 0);
    struct stats_stratified result = stats_stratified_of(pairs, weights, cases->n_strata, strata);
    struct as_json *object = as_json_object();
    struct as_json *per = as_json_object();
    struct as_json *collapsed = as_json_array();
    for (size_t i = 0; i < cases->n_strata; i++) {
        as_json_set_take(per, cases->strata[i], stratum_json(&strata[i]));
        if (strata[i].is_collapsed)
            as_json_push_take(collapsed, as_json_new_str(as_str_from(cases->strata[i])));
    }
    as_json_set_take(object, "per", per);
    as_json_set_take(object, "collapsed", collapsed);
    as_json_set_num(object, "diff", result.diff);
    as_json_set_num(object, "se", result.se);
    as_json_set_num(object, "adj_center", result.adj_center);
    as_json_set_num(object, "adj_se", result.adj_se);
    as_json_set_num(object, "df", result.df);
    as_json_set_num(object, "ci_lo", result.ci.low);
    as_json_set_num(object, "ci_hi", result.ci.high);
    as_json_set_num(object, "p", result.p);
    as_json_set_take(out, "stratified", object);
}

struct as_json *golden_paired(const struct golden_input *input)
{
    struct golden_cases cases;
    struct table table = input->table;
    golden_cases_init(&cases, &table);
    double margin = as_json_get_num(input->options, "margin", NAN);
    struct as_json *out = as_json_object();
    static const char *const names[] = {"policy_zero", "policy_drop"};
    for (int policy = STATS_POLICY_ZERO; policy <= STATS_POLICY_DROP; policy++) {
        struct stats_pairs pairs;
        if (stats_pairs_init(&pairs, cases.rows, cases.n, (enum stats_policy)policy) < 0)
            continue;
        as_json_set_take(out, names[policy], comparison_json(&pairs, margin));
        if (policy == STATS_POLICY_ZERO) {
            golden_add_resampling(out, &pairs, as_json_get(input->options, "boot"));
            add_stratified(out, &pairs, &cases, as_json_get(input->options, "strata_weights"));
        }
        stats_pairs_done(&pairs);
    }
    golden_cases_done(&cases);
    return out;
}
