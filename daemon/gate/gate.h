/* The release gate: may this candidate replace the baseline? (tests/golden/README.md, section 11)
 *
 * After the checks of that section come three kinds of our own, in this order: require_tag, tags,
 * and for each metric of `metrics`, in the order of the eval, METRIC.missing, METRIC.failure_rate,
 * METRIC.sufficiency, METRIC.floor and METRIC.noninferiority.
 *
 * Pure: the caller brings the cases of one candidate against the baseline, and the rules; every
 * check is evaluated, none short-cuts another, and each says what it saw, what the limit was, and
 * which cases are the evidence. The verdict fails when any check fails, else is undecided when any
 * check is, else passes. Undefined numbers are NaN (daemon/stats/num.h). Scores, rates and margins
 * are shares of 1. */
#ifndef DAEMON_GATE_GATE_H
#define DAEMON_GATE_GATE_H

#include "daemon/model/gate_rules.h"
#include "daemon/stats/paired.h"
#include "daemon/stats/power.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GATE_EVIDENCE_MAX 20
#define GATE_TEXT_MAX 512
#define GATE_ADVICE_MAX 256
#define GATE_NAME_MAX 96 /* of a check: METRIC.noninferiority */
#define GATE_SENTENCE_MAX 512
#define GATE_P95_VALUES_MIN 20 /* a 95th percentile of fewer values is a guess */

enum gate_outcome { GATE_PASS, GATE_FAIL, GATE_INCONCLUSIVE, GATE_SKIP };
/* "PASS", "FAIL", "INCONCLUSIVE", "SKIP" */
const char *gate_outcome_name(enum gate_outcome outcome);
/* "pass", "fail", "undecided", "skipped" */
const char *gate_outcome_word(enum gate_outcome outcome);

/* In the order in which the headline is looked for; the checks of other metrics come after them. */
enum gate_check_id {
    GATE_CHECK_MISSING,
    GATE_CHECK_CRITICAL,
    GATE_CHECK_FAILURE_RATE,
    GATE_CHECK_SUFFICIENCY,
    GATE_CHECK_FLOOR,
    GATE_CHECK_NONINFERIORITY,
    GATE_CHECK_SUPERIORITY,
    GATE_CHECK_STRATA,
    GATE_CHECK_LATENCY_P50,
    GATE_CHECK_LATENCY_P95,
    GATE_CHECK_LATENCY_P95_RATIO,
    GATE_CHECK_COST_MEAN,
    GATE_CHECK_COST_RATIO,
    GATE_CHECK_REQUIRE_TAG,
    GATE_CHECK_TAGS,
    GATE_CHECK_COUNT
};
const char *gate_check_name(enum gate_check_id id); /* "missing", "critical" ... */

/* What one member brings besides its scores. */
struct gate_member {
    const double *latency_ms; /* one per row that has one, in any order */
    size_t n_latencies;
    const double *cost_usd; /* one per case, NaN = unpriced; NULL = nothing is priced */
};

/* A tag, and the cases that carry it. */
struct gate_tag {
    const char *name;
    uint32_t *cases; /* indexes into the cases, ascending */
    size_t n_cases;
};

/* The scores of another metric than the primary one. */
struct gate_metric {
    const char *name;
    struct stats_case *cases; /* one per case of the input, in its order */
};

/* All borrowed for the call. */
struct gate_input {
    const struct stats_case *cases; /* sorted by case id as bytes */
    const bool *is_critical;        /* one per case; NULL = none is */
    /* One per case: on some side the judge or we failed every row, whether or not it has the score
     * that is compared here. Counted as missing. NULL = none is. */
    const bool *is_incomplete;
    size_t n;
    size_t n_aside; /* more cases after those: not compared, seen by the critical check alone */
    double tail;    /* beyond each end of the comparison's interval, of a planned look; 0: 95 % */
    struct gate_member baseline;
    struct gate_member candidate;
    const char *const *stratum_names; /* by stratum id, n_strata of them; NULL when n_strata is 0 */
    size_t n_strata;
    const struct gate_tag *tags; /* n_tags, in byte order; NULL when there are none */
    size_t n_tags;
    const struct gate_metric *metrics; /* n_metrics: those that the rules name, at least */
    size_t n_metrics;
};

struct gate_check {
    char name[GATE_NAME_MAX];
    enum gate_outcome outcome; /* SKIP: not configured, or nothing that it applies to */
    double observed;           /* the number that was held against the limit */
    double limit;
    char text[GATE_TEXT_MAX];             /* one sentence; empty when skipped */
    uint32_t evidence[GATE_EVIDENCE_MAX]; /* indexes into the cases, the first of evidence_total */
    size_t n_evidence;
    size_t evidence_total;
    double more; /* so many more cases would decide it; NaN: decided, or not known */
    char advice[GATE_ADVICE_MAX]; /* the same in words, of the checks of our own; may be empty */
};

struct gate_stratum {
    int32_t stratum;
    struct stats_paired paired; /* within the stratum, at the stratum margin */
};

/* The candidate among the cases of one tag. Both p are Holm's over the tags that are tested: those
 * that the rules ask about, all when they say nothing, with at least min_n pairs. NaN for the
 * others. */
struct gate_tag_result {
    struct stats_paired paired; /* at the margin of the tags */
    double p_holm;              /* of no difference, two-sided */
    double p_worse_holm;        /* of a loss within the margin, one-sided */
    enum gate_outcome outcome;  /* SKIP: nothing was asked of this tag */
};

struct gate_detail {
    double missing_rate;
    double candidate_failure_rate;
    double min_pairs_needed;
    size_t critical_n, critical_failures, critical_unknown;
    struct stats_own_mean floor; /* the candidate over all its cases; n = 0 without a floor */
    double latency_p50, latency_p95, latency_p95_ratio;
    double cost_mean, cost_ratio;
};

/* Counts of the cases that the comparison was made of. */
struct gate_counts {
    size_t n_cases, unpaired;
    size_t incomplete; /* paired, and yet counted as missing */
    size_t baseline_failed, candidate_failed;
    size_t baseline_missing, candidate_missing;
    bool has_clusters;
};

struct gate_verdict {
    enum gate_outcome outcome; /* PASS, FAIL or INCONCLUSIVE */
    int headline;              /* the check that decided, by place; -1 when all passed */
    char sentence[GATE_SENTENCE_MAX];
    char advice[GATE_SENTENCE_MAX]; /* how many more cases would decide; may be empty */
    struct gate_check checks[GATE_CHECK_COUNT];
    struct gate_check *metric_checks;
    size_t n_metric_checks;
    struct gate_counts counts;
    struct stats_paired compare;
    struct gate_detail detail;
    double more_for_min_pairs;
    struct stats_plan plan;      /* NaN unless non-inferiority is undecided */
    struct gate_stratum *strata; /* n_strata, those with pairs; only with a stratum margin */
    size_t n_strata;
    struct gate_tag_result *tags; /* one for each of the input's */
};

/* AS_EINVAL: a score outside 0..1, or a cluster or stratum id out of range; *ret_verdict is
 * untouched then. Release the verdict with gate_verdict_done. */
int gate_evaluate(const struct gate_rules *rules, const struct gate_input *input,
                  struct gate_verdict *ret_verdict) AS_MUST_USE;
void gate_verdict_done(struct gate_verdict *verdict);

/* All checks by their place: first those with an id, then those of other metrics. */
size_t gate_verdict_check_count(const struct gate_verdict *verdict);
const struct gate_check *gate_verdict_check(const struct gate_verdict *verdict, size_t place);

/* What the comparison within a tag shows, cut at size. */
void gate_write_tag_sentence(const struct gate_rules *rules, const struct gate_tag_result *result,
                             char *ret_text, size_t size);
/* The verdict's words for a comparison alone: better, worse, no clear difference. Cut at size. */
void gate_write_compared(const struct stats_paired *compare, char *ret_text, size_t size);

#endif
