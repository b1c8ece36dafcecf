/* A run group's facts in memory, one column a member and metric, in the order of the case ids'
 * bytes: what estimates are made of.
 *
 * Filled from the store on a pool thread. A case's score of a member is the mean over its samples:
 * by the gate's failure policy a sample that the model itself failed counts as 0 or not at all; a
 * score that the judge or we failed to make never counts, and the row's other scores do. */
#ifndef DAEMON_REPORT_TABLE_H
#define DAEMON_REPORT_TABLE_H

#include "daemon/gate/gate.h"
#include "daemon/store/store.h"

/* Other scores in the place of one metric's own: what a re-scoring found. A row that the scorer
 * failed counts as a row of that failure; one whose only missing score is there now is ok. */
enum report_swapped_as { REPORT_NOT_SWAPPED, REPORT_SWAPPED, REPORT_SWAPPED_ERROR };
struct report_swapped {
    enum report_swapped_as as;
    struct row_value value; /* read of REPORT_SWAPPED alone */
};
struct report_swap {
    size_t metric;
    uint32_t sample_count;
    const struct report_swapped *rows; /* [member][case_seq][sample] */
};

/* What was planned of looks (report/looks.h), and which of the order's cases are compared. */
struct report_looks {
    uint32_t planned; /* 0: none; what follows is not read then */
    uint64_t order_seed;
    int64_t compared; /* only so many, the first of the order; 0 = all */
    double tail;      /* beyond each end of the comparison's interval */
};

struct report_spec {
    int64_t group_id, dataset_id, case_count;
    const char *const *member_names; /* 0 is the baseline */
    size_t member_count;
    const char *const *metric_names;
    size_t metric_count, primary;
    const struct gate_rules *gate;
    const struct report_swap *swap; /* NULL: the group's own scores */
    struct report_looks looks;
    size_t called_members; /* those that are no recorded answers */
    /* What each member's API is asked for, NULL for recorded answers; NULL: not known. */
    const char *const *member_ids;
    const char *judge_name, *judge_id; /* NULL without a judge */
};

struct table_values { /* a growing list of numbers */
    double *at;
    size_t count, cap;
};

struct table_column { /* one member, one metric; by case */
    double *sum;      /* of the samples' scores */
    uint32_t *scored; /* how many samples that is */
    uint64_t values;  /* the same over all cases */
    uint64_t passes;  /* of these */
    uint64_t na;      /* samples that the metric does not apply to */
    uint64_t errors;  /* samples without this score because the judge or we failed */
};

struct table_member {
    uint64_t statuses[ROW_STATUS_COUNT];
    uint64_t rows;
    uint32_t *models_fault;              /* by case: samples that the model itself failed */
    uint32_t *our_fault;                 /* by case: that the judge or we failed */
    uint32_t *whole;                     /* by case: that are ok */
    struct table_values latencies_ms;    /* by row */
    double *cost_usd;                    /* by case, of the samples with usage; NaN = unpriced */
    uint32_t *priced;                    /* by case: samples that cost_usd is the sum of */
    uint64_t metered;                    /* rows with usage */
    double judge_cost_usd;               /* of the rows whose cost is known */
    uint64_t unpriced, judge_unpriced;   /* rows whose cost is not known */
    int64_t input_tokens, output_tokens; /* -1 = none reported */
    struct table_column *columns;        /* by metric */
};

#define TABLE_NOWHERE SIZE_MAX

struct table {
    size_t case_count;          /* that are compared */
    size_t aside_count;         /* after those: critical cases that a look does not compare */
    size_t *position;           /* case_seq -> place in byte order of the ids, or TABLE_NOWHERE */
    struct as_str *ids;         /* by place */
    bool *is_critical;          /* by place */
    int32_t *clusters, *strata; /* by place */
    const char **stratum_names;
    size_t stratum_count;
    struct gate_tag *tags; /* in byte order, with the places of their cases */
    size_t tag_count;
    struct table_member *members;
    size_t member_count, metric_count;
    uint64_t expected_rows; /* of each member: a run that was cancelled has fewer */
    double tail;            /* beyond each end of a comparison's interval; 0: 95 % */
    struct as_arena arena;  /* all of the above but the growing lists */
};

/* AS_ECORRUPT: cases are missing, or what is stored is damaged. */
int table_load(struct store *store, const struct report_spec *spec, struct table *ret_table,
               struct as_err *err) AS_MUST_USE;
void table_done(struct table *table);

/* The case's score under the policy. */
struct stats_score table_score(const struct table *table, size_t member, size_t metric,
                               size_t place, enum gate_policy policy);
/* Has the member no other row of the case than such as the judge or we failed? Some of its scores
 * may be there; the gate's cap on missing cases counts it all the same. */
bool table_is_incomplete(const struct table *table, size_t member, size_t place);

#endif
