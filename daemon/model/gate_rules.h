/* The gate section of an eval: which release checks are asked for, and their limits.
 *
 * Plain data: config fills it from YAML (each key of the section has the name of its field here),
 * a run group pins it, daemon/gate reads it. A number that is NaN and a count that is 0 are "not
 * configured": the check is skipped. Lists and names are borrowed from whoever decoded the rules;
 * gate_rules_copy gives them another owner.
 * Scores, rates and margins are shares in 0..1 (0.02 is two points); money is in dollars. */
#ifndef DAEMON_MODEL_GATE_RULES_H
#define DAEMON_MODEL_GATE_RULES_H

#include "lib/arena.h"
#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GATE_NEEDS_MAX 64 /* tags of require_tag */
#define GATE_ONLY_MAX 64  /* of tags.only */
#define GATE_TAG_PAIRS 20 /* tags.min_n by default */

/* What a model's own failed call (timeout, 5xx, refusal, unparseable) counts as in a comparison. */
enum gate_policy {
    GATE_POLICY_ZERO, /* "zero": it scores 0 */
    GATE_POLICY_DROP  /* "drop": it counts as missing */
};

enum gate_critical {
    GATE_CRITICAL_OFF,           /* "off" */
    GATE_CRITICAL_NO_REGRESSION, /* "no_regression": what passes on the baseline must pass */
    GATE_CRITICAL_MUST_PASS      /* "must_pass": every critical case must pass on the candidate */
};

enum gate_floor_mode {
    GATE_FLOOR_CI,   /* "ci": the 95 % interval of the candidate's mean must lie above the value */
    GATE_FLOOR_POINT /* "point": the mean itself must */
};

struct gate_floor {
    double value; /* NaN: no floor */
    enum gate_floor_mode mode;
};

/* require_tag: at least so many compared cases carry the tag. */
struct gate_need {
    const char *tag;
    int64_t cases;
};

/* tags: no tag may be shown to be worse by more than the margin. A tag with fewer than min_n pairs
 * is not tested, and leaves the check undecided. */
struct gate_tag_rules {
    double margin; /* > 0; NaN: tags are not checked */
    int64_t min_n;
    const char *const *only; /* 0 of them: all tags */
    size_t only_count;
};

/* metrics: thresholds on another metric than the primary one. They mean what the keys of the same
 * names mean for that. */
struct gate_metric_rules {
    const char *metric;
    double margin;
    struct gate_floor floor;
    double max_missing_rate;
    double max_failure_rate;
};

struct gate_rules {
    double margin; /* > 0: the largest loss that still counts as "not worse" */
    enum gate_policy policy;
    int64_t min_pairs;    /* 0: only the margin decides how many pairs are enough */
    int64_t min_clusters; /* asked for only where cases have clusters; 0: not asked for */
    double max_missing_rate;
    double max_failure_rate;
    enum gate_critical critical;
    int64_t max_critical;  /* critical failures that are put up with; 0 by default */
    double pass_threshold; /* a score at or above it is a pass; 0.5 by default */
    struct gate_floor floor;
    bool require_superiority;
    double stratum_margin;
    double latency_p50_max_ms;
    double latency_p95_max_ms;
    double latency_p95_max_ratio;  /* candidate / baseline */
    double cost_mean_max;          /* dollars per case of the candidate */
    double cost_max_ratio;         /* candidate / baseline, over the cases that have both prices */
    const struct gate_need *needs; /* require_tag, in the order of the file */
    size_t need_count;
    struct gate_tag_rules tags;
    const struct gate_metric_rules *metrics; /* in the order of the file */
    size_t metric_count;
};

/* Nothing configured but the defaults named above. */
void gate_rules_init(struct gate_rules *rules);
struct gate_metric_rules gate_metric_rules_of(const char *metric); /* nothing configured */
/* With its lists and names in the arena. */
struct gate_rules gate_rules_copy(const struct gate_rules *rules, struct as_arena *arena);
/* What the rules leave open and should not, for people; NULL: nothing. */
const char *gate_rules_warning(const struct gate_rules *rules);

/* The YAML words. *_from: AS_EINVAL when the word is none of the table. */
const char *gate_policy_name(enum gate_policy policy);
const char *gate_critical_name(enum gate_critical critical);
const char *gate_floor_mode_name(enum gate_floor_mode mode);
int gate_policy_from(const char *name, enum gate_policy *ret_value) AS_MUST_USE;
int gate_critical_from(const char *name, enum gate_critical *ret_value) AS_MUST_USE;
int gate_floor_mode_from(const char *name, enum gate_floor_mode *ret_value) AS_MUST_USE;

#endif
