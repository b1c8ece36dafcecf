/* Flips: cases that one side of a comparison has right and the other has wrong.
 *
 * A side is what one member made of a case: the case's score is the mean over its samples, where a
 * sample that the model itself failed counts as 0 or not at all, by the gate's failure policy; a
 * score that the judge or we failed to make never counts. A case is right when its score reaches
 * the gate's pass threshold. Both sides need a score, or the case is not compared.
 *
 * Flips are sorted by how sure they are: by the size of the difference of the two scores (those
 * within 1e-9 are the same); then by agreement, which is, of the two sides, the smaller share of
 * samples that stand on the same side of the threshold as their case; then by the bytes of the case
 * id. flip_side_add and flip_between are pure and serve reports, which have rows at hand;
 * flips_load reads a whole group and runs on a pool thread. */
#ifndef DAEMON_REPORT_FLIPS_H
#define DAEMON_REPORT_FLIPS_H

#include "daemon/model/gate_rules.h"
#include "daemon/store/store.h"

struct flip_side {
    double sum;       /* of the samples' scores */
    uint32_t rows;    /* samples of any status */
    uint32_t scored;  /* samples with a score */
    uint32_t passing; /* of these: at or above the threshold */
    uint32_t failed;  /* samples that the model itself failed */
};

/* score: NaN when the row has none, or the metric does not apply. */
void flip_side_add(struct flip_side *side, const struct gate_rules *rules, enum row_status status,
                   double score);
/* The case's score under the policy; NaN: it has none. */
double flip_side_score(const struct flip_side *side, const struct gate_rules *rules);
/* How many samples count for that score, and how many of them say the same of the threshold. */
uint32_t flip_side_samples(const struct flip_side *side, const struct gate_rules *rules);
uint32_t flip_side_agreeing(const struct flip_side *side, const struct gate_rules *rules);

enum flip_to { FLIP_NONE, FLIP_NOT_COMPARED, FLIP_TO_PASS, FLIP_TO_FAIL };

struct flip {
    enum flip_to to;
    int64_t case_seq;      /* in the baseline's cases */
    int64_t candidate_seq; /* in the candidate's: another where groups have lists of their own */
    struct as_str case_id;
    struct flip_side baseline, candidate;
    double difference; /* candidate - baseline */
    double agreement;  /* 0..1 */
};

/* Fills in to, difference and agreement from the sides. Without a flip the last two are 0. */
void flip_between(struct flip *flip, const struct gate_rules *rules);
/* Appends why the case is one: "exact_match: 1 for large, 0.25 for small, right to wrong". */
void flip_describe(const struct flip *flip, const struct gate_rules *rules, const char *metric,
                   const char *baseline, const char *candidate, struct as_buf *out);
/* For qsort: the surest first. */
int flip_compare(const void *a, const void *b);

/* One side of every case of a group: where to read it. */
struct flip_source {
    int64_t group_id, dataset_id, case_count; /* of the group */
    uint32_t member;
    size_t metric, metric_count; /* index among the group's metrics */
};

/* *ret_sides is [case_count] by case_seq, in the arena. */
int flip_sides_load(struct store *store, const struct flip_source *source,
                    const struct gate_rules *rules, struct as_arena *arena,
                    struct flip_side **ret_sides) AS_MUST_USE;

/* Of one group, or of two over the same dataset version, whose cases are paired by their ids. */
struct flip_spec {
    struct flip_source baseline, candidate;
    const struct gate_rules *rules;
};

struct flip_list {      /* lies in the arena */
    struct flip *flips; /* sorted */
    size_t count;
    int64_t compared;     /* cases with both scores */
    int64_t not_compared; /* cases with rows, but without a score on one side at least */
    int64_t to_pass, to_fail;
};
int flips_load(struct store *store, const struct flip_spec *spec, struct as_arena *arena,
               struct flip_list *ret_list) AS_MUST_USE;

#endif
