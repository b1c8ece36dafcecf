/* Joins two members' cases, hands the pairs to daemon/stats, and writes down what comes back: the
 * difference with its interval and p, both means, what pairing saved, and the same within each
 * stratum and each tag. */
#include "daemon/report/compare.h"

#include "daemon/report/pairing.h"
#include "daemon/report/result_own.h"
#include "daemon/stats/dist.h"
#include "daemon/stats/multiple.h"
#include "daemon/stats/rank.h"

#include <math.h>
#include <stdlib.h>

#define NO_PAIR UINT32_MAX

struct joined {
    struct stats_case *cases;
    uint32_t *places; /* of the cases, in the baseline's table */
    size_t count, only_baseline, only_candidate;
};

/* ---- which cases ---- */

static int32_t renumber(int32_t cluster, int32_t *numbers, int32_t *next)
{
    if (cluster < 0)
        return STATS_NO_CLUSTER;
    if (!numbers[cluster])
        numbers[cluster] = ++*next;
    return numbers[cluster] - 1;
}

/* Clusters and strata are those of the baseline's dataset. */
static struct joined join(const struct compare_sides *sides, enum gate_policy policy)
{
    const struct compare_side *baseline = &sides->baseline, *candidate = &sides->candidate;
    const struct table *a = baseline->table, *b = candidate->table;
    struct joined joined = {.cases = as_xcalloc(a->case_count + 1, sizeof(*joined.cases)),
                            .places = as_xcalloc(a->case_count + 1, sizeof(*joined.places))};
    AS_CLEANUP_FREE int32_t *numbers = as_xcalloc(a->case_count + 1, sizeof(*numbers));
    int32_t next = 0;
    size_t i = 0, j = 0;
    while (i < a->case_count && j < b->case_count) {
        int order = a == b ? 0 : as_str_compare(a->ids[i], b->ids[j]);
        if (!order) {
            joined.places[joined.count] = (uint32_t)i;
            joined.cases[joined.count++] = (struct stats_case){
                .baseline = table_score(a, baseline->member, baseline->metric, i, policy),
                .candidate = table_score(b, candidate->member, candidate->metric, j, policy),
                .cluster = renumber(a->clusters[i], numbers, &next),
                .stratum = a->strata[i],
            };
        }
        i += order <= 0;
        j += order >= 0;
    }
    joined.only_baseline = a->case_count - joined.count;
    joined.only_candidate = b->case_count - joined.count;
    return joined;
}

static void joined_done(struct joined *joined)
{
    free(joined->cases);
    free(joined->places);
}

/* Both are the caller's to release when it is 0. */
static int pair_up(const struct compare_sides *sides, enum gate_policy policy,
                   struct stats_pairs *ret_pairs, struct joined *ret_joined)
{
    struct joined joined = join(sides, policy);
    int rc = stats_pairs_init(ret_pairs, joined.cases, joined.count, pairing_policy(policy));
    if (rc)
        joined_done(&joined);
    else
        *ret_joined = joined;
    return rc;
}

/* Beyond each end of an interval: of two groups with planned looks the stricter counts; 0: 95 %. */
static double tail_of(const struct compare_sides *sides)
{
    double a = sides->baseline.table->tail, b = sides->candidate.table->tail;
    return a > 0 && b > 0 ? fmin(a, b) : fmax(a, b);
}

/* After looks a plain p would be no error rate: it is left out. */
static struct stats_paired compare_pairs(const struct compare_sides *sides,
                                         const struct stats_pairs *pairs)
{
    double tail = tail_of(sides);
    struct stats_paired paired = stats_paired_at(pairs, NAN, tail > 0 ? tail : STATS_TAIL);
    if (tail > 0)
        paired.p = NAN;
    return paired;
}

/* ---- as JSON ---- */

static void set_mean(struct as_json *json, const char *side, const struct stats_own_mean *mean)
{
    struct as_buf key = {0};
    as_buf_addf(&key, "%s_mean", side);
    as_json_set_num(json, key.ptr, mean->mean);
    as_buf_reset(&key);
    as_buf_addf(&key, "%s_ci", side);
    as_json_set_take(json, key.ptr, result_interval(mean->low, mean->high));
    as_buf_done(&key);
}

/* What every comparison has, of all cases or of a stratum. */
static void set_difference(struct as_json *json, const struct stats_paired *paired)
{
    as_json_set_int(json, "n_pairs", (int64_t)paired->n);
    set_mean(json, "baseline", &paired->baseline);
    set_mean(json, "candidate", &paired->candidate);
    as_json_set_num(json, "diff", paired->diff);
    as_json_set_take(json, "ci", result_interval(paired->ci_low, paired->ci_high));
    as_json_set_num(json, "p", paired->p);
    as_json_set_int(json, "wins", (int64_t)paired->wins);
    as_json_set_int(json, "losses", (int64_t)paired->losses);
    as_json_set_int(json, "ties", (int64_t)paired->ties);
}

/* Only where every score is 0 or 1: how many have a 1; and McNemar's test, where there is a p. */
static void set_binary(struct as_json *json, const struct stats_paired *paired)
{
    if (!paired->is_binary)
        return;
    as_json_set_int(json, "baseline_passes", (int64_t)(paired->both_pass + paired->losses));
    as_json_set_int(json, "candidate_passes", (int64_t)(paired->both_pass + paired->wins));
    if (isnan(paired->p))
        return;
    struct stats_mcnemar test = stats_mcnemar_of(paired->wins, paired->losses);
    struct as_json *mcnemar = as_json_object();
    as_json_set_num(mcnemar, "exact", test.exact);
    as_json_set_num(mcnemar, "midp", test.midp);
    as_json_set_take(json, "mcnemar", mcnemar);
}

static void set_spread(struct as_json *json, const struct stats_paired *paired)
{
    as_json_set_num(json, "se_paired", paired->se_paired);
    as_json_set_num(json, "se_unpaired", paired->se_unpaired);
    as_json_set_num(json, "se_clustered", paired->se_clustered);
    as_json_set_int(json, "clusters", (int64_t)paired->n_clusters);
    as_json_set_num(json, "correlation", paired->corr);
}

static void set_counts(struct as_json *json, const struct stats_pairs *pairs,
                       const struct joined *joined)
{
    as_json_set_int(json, "cases", (int64_t)joined->count);
    as_json_set_int(json, "only_baseline", (int64_t)joined->only_baseline);
    as_json_set_int(json, "only_candidate", (int64_t)joined->only_candidate);
    as_json_set_int(json, "unpaired", (int64_t)pairs->unpaired);
    as_json_set_int(json, "baseline_failed", (int64_t)pairs->baseline_failed);
    as_json_set_int(json, "candidate_failed", (int64_t)pairs->candidate_failed);
    as_json_set_int(json, "baseline_missing", (int64_t)pairs->baseline_missing);
    as_json_set_int(json, "candidate_missing", (int64_t)pairs->candidate_missing);
}

/* ---- parts of the cases ---- */

/* Adjusts p over those of the list that have pairs enough for a test. */
static void adjust(struct as_json *list, size_t pairs_min)
{
    size_t count = as_json_len(list);
    AS_CLEANUP_FREE double *p = as_xcalloc(count + 1, sizeof(*p));
    for (size_t i = 0; i < count; i++) {
        const struct as_json *entry = as_json_at(list, i);
        bool is_enough = as_json_get_int(entry, "n_pairs", 0) >= (int64_t)pairs_min;
        p[i] = is_enough ? as_json_get_num(entry, "p", NAN) : NAN;
    }
    stats_holm(p, count, p);
    for (size_t i = 0; i < count; i++)
        as_json_set_num(as_json_at(list, i), "p_holm", p[i]);
}

/* What a part of the cases is called: {"stratum", name}, {"tag", name}. */
struct part {
    const char *key, *name;
};

static void add_part(struct as_json *list, const struct part *part,
                     const struct compare_sides *sides, const struct stats_pairs *inside)
{
    struct stats_paired paired = compare_pairs(sides, inside);
    struct as_json *json = as_json_object();
    as_json_set_str(json, part->key, part->name);
    set_difference(json, &paired);
    as_json_push_take(list, json);
}

static size_t at_most(size_t count, size_t max)
{
    return count < max ? count : max;
}

static void set_strata(struct as_json *json, const struct compare_sides *sides,
                       const struct stats_pairs *pairs)
{
    const struct table *table = sides->baseline.table;
    struct as_json *strata = as_json_array();
    size_t shown = at_most(table->stratum_count, sides->parts_max);
    for (size_t i = 0; i < shown; i++) {
        struct stats_pairs inside;
        stats_pairs_init_stratum(&inside, pairs, (int32_t)i);
        add_part(strata, &(struct part){"stratum", table->stratum_names[i]}, sides, &inside);
        stats_pairs_done(&inside);
    }
    adjust(strata, GATE_TAG_PAIRS);
    as_json_set_take(json, "strata", strata);
    as_json_set_int(json, "strata_left_out", (int64_t)(table->stratum_count - shown));
}

/* By place in the baseline's table: the number of its pair. */
static uint32_t *pairs_by_place(const struct table *table, const struct stats_pairs *pairs,
                                const struct joined *joined)
{
    uint32_t *pair_of = as_xcalloc(table->case_count + 1, sizeof(*pair_of));
    for (size_t i = 0; i < table->case_count; i++)
        pair_of[i] = NO_PAIR;
    for (size_t i = 0; i < pairs->n; i++)
        pair_of[joined->places[pairs->case_index[i]]] = (uint32_t)i;
    return pair_of;
}

/* The pairs of the tag's cases; which has room for all of them. */
static size_t pairs_of_tag(const struct gate_tag *tag, const uint32_t *pair_of, uint32_t *which)
{
    size_t n = 0;
    for (size_t i = 0; i < tag->n_cases; i++)
        if (pair_of[tag->cases[i]] != NO_PAIR)
            which[n++] = pair_of[tag->cases[i]];
    return n;
}

static void set_tags(struct as_json *json, const struct compare_sides *sides,
                     const struct stats_pairs *pairs, const struct joined *joined)
{
    const struct table *table = sides->baseline.table;
    struct as_json *tags = as_json_array();
    struct stats_numbering numbering;
    AS_CLEANUP_FREE uint32_t *pair_of = pairs_by_place(table, pairs, joined);
    AS_CLEANUP_FREE uint32_t *which = as_xcalloc(table->case_count + 1, sizeof(*which));
    size_t shown = at_most(table->tag_count, sides->parts_max);
    stats_numbering_init(&numbering, pairs->n_clusters);
    for (size_t i = 0; i < shown; i++) {
        struct stats_pairs inside;
        size_t n = pairs_of_tag(&table->tags[i], pair_of, which);
        stats_pairs_init_some(&inside, pairs, which, n, &numbering);
        add_part(tags, &(struct part){"tag", table->tags[i].name}, sides, &inside);
        stats_pairs_done(&inside);
    }
    stats_numbering_done(&numbering);
    adjust(tags, GATE_TAG_PAIRS);
    as_json_set_take(json, "tags", tags);
    as_json_set_int(json, "tags_left_out", (int64_t)(table->tag_count - shown));
}

/* ---- the whole ---- */

static void set_sentence(struct as_json *json, const struct compare_sides *sides,
                         const struct stats_paired *paired)
{
    const struct compare_side *baseline = &sides->baseline, *candidate = &sides->candidate;
    struct as_buf text = {0};
    char words[GATE_SENTENCE_MAX];
    gate_write_compared(paired, words, sizeof(words));
    as_buf_addf(&text, "'%s'", candidate->name);
    if (candidate->label)
        as_buf_addf(&text, " of %s", candidate->label);
    as_buf_addf(&text, " against '%s'", baseline->name);
    if (baseline->label)
        as_buf_addf(&text, " of %s", baseline->label);
    as_buf_addf(&text, ": %s", words);
    if (paired->n && paired->ties == paired->n)
        as_buf_adds(&text, "; every pair has the same score: was the candidate really run?");
    as_json_set_take(json, "sentence", as_json_new_str(as_buf_str(&text)));
    as_buf_done(&text);
}

static void set_side(struct as_json *json, const char *key, const char *run_key,
                     const struct compare_side *side)
{
    as_json_set_str(json, key, side->name);
    as_json_set_int(json, run_key, side->run);
}

/* The difference if failed calls counted as missing. */
static double diff_if_dropped(const struct compare_sides *sides)
{
    struct stats_pairs pairs;
    struct joined joined;
    if (pair_up(sides, GATE_POLICY_DROP, &pairs, &joined))
        return NAN;
    double diff = stats_paired_of(&pairs, NAN).diff;
    stats_pairs_done(&pairs);
    joined_done(&joined);
    return diff;
}

int compare_members(const struct compare_sides *sides, struct as_json **ret_json,
                    struct as_err *err)
{
    struct stats_pairs pairs;
    struct joined joined;
    if (pair_up(sides, sides->policy, &pairs, &joined))
        return as_err_set(err, AS_ECORRUPT, "a stored score of '%s' or '%s' is out of range",
                          sides->baseline.name, sides->candidate.name);
    struct stats_paired paired = compare_pairs(sides, &pairs);
    struct as_json *json = as_json_object();
    set_side(json, "baseline", "baseline_run", &sides->baseline);
    set_side(json, "candidate", "candidate_run", &sides->candidate);
    set_counts(json, &pairs, &joined);
    set_difference(json, &paired);
    as_json_set_num(json, "confidence", 1 - 2 * paired.tail);
    as_json_set_num(json, "diff_if_dropped", diff_if_dropped(sides));
    set_binary(json, &paired);
    set_spread(json, &paired);
    set_strata(json, sides, &pairs);
    set_tags(json, sides, &pairs, &joined);
    set_sentence(json, sides, &paired);
    stats_pairs_done(&pairs);
    joined_done(&joined);
    *ret_json = json;
    return 0;
}

void compare_adjust(struct as_json *comparisons)
{
    adjust(comparisons, 0);
}
