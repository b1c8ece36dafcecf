/* Private to daemon/engine: one row under way. */
#ifndef DAEMON_ENGINE_ROW_H
#define DAEMON_ENGINE_ROW_H

#include "daemon/engine/group.h"

struct row_metric_job { /* ctx of a scorer's job: which metric of which row */
    struct row *row;
    uint32_t metric;
};

struct row_failure { /* without a class: none */
    struct as_str error_class, text;
    const char *plugin; /* that failed; NULL: the API, the judge, or the run was cancelled */
};

/* What failed: the call, or what owes the score of a metric. */
#define ROW_FAILURE_OF_CALL 0
#define ROW_FAILURE_OF(metric) (1 + (metric))
#define ROW_FAILURES_MAX (1 + PINS_MAX_METRICS)

/* The last reply, until what it cost is booked. */
struct row_bill {
    bool is_reserved; /* its claim is reserved, and ours to settle */
    bool is_doubt;    /* an earlier life booked it at its worst case */
    uint32_t role, turn;
    int64_t sent_ms;
};

struct row {
    struct row *next, *prev; /* in the group's list */
    struct group *group;
    struct case_page *page;
    const struct case_record *item;
    struct row_fsm fsm;
    struct row_record record;
    struct job_output output;       /* the model's, for scorers and the rubric */
    struct job_output judge_output; /* texts in the arena */
    double judge_before_usd;        /* what the judge's calls before the last one cost */
    bool is_reused;                 /* the last reply was paid for by another group */
    struct budget_claim claim;      /* of the last call */
    struct row_bill bill;
    struct score_record scores[PINS_MAX_METRICS];
    size_t score_count;
    struct row_failure failures[ROW_FAILURES_MAX];
    struct row_metric_job metric_jobs[PINS_MAX_METRICS];
    struct as_str question_json, schema_json; /* the rubric's */
    uint64_t transport_id;                    /* 0 = none under way */
    uint64_t tokens_reckoned;                 /* for the last reply, until its usage is read */
    unsigned jobs_out; /* worker jobs and transport calls that will still call back */
    bool is_cancelled;
    bool is_required_unmet; /* a required scorer says that the output does not pass */
    struct as_arena arena;
    /* Borrowed for the length of the event that brought them. */
    const struct job_reply *built;
    const struct exchange *exchange;
};

/* row_spending.c: the row's part in its group's budget */
bool row_is_over_budget(const struct row *row); /* it need not begin */
void row_note_over_budget(struct row *row);     /* its error, and the group's */
/* In a replay: why the run that is replayed made no more calls. */
void row_recall_over_budget(struct row *row, const char *why);
void row_claim(struct row *row, enum exchange_role role, struct transport_request *request);
void row_take_reply(struct row *row, enum exchange_role role, const struct transport_reply *reply);
/* output NULL: what the reply cost was not read. Does nothing when there is nothing to book. */
void row_settle(struct row *row, const struct pin_model *model, const struct job_output *output);

/* What the reply may have cost, until its usage is read; and what a reused one did save. */
void row_note_spending(struct row *row, bool is_judge, const struct transport_reply *reply);
void row_note_saving(struct row *row, double usd);

/* row_scores.c */
void row_take_score(struct row *row, uint32_t metric, const struct job_reply *reply);
/* A required scorer did not pass, so the judge was not asked: by the eval's own rule that is a
 * zero, and it says so. */
void row_score_skipped_judge(struct row *row);

/* row_failures.c */
size_t row_failure_of_rubric(const struct row *row);
void row_set_failure(struct row *row, size_t at, const char *error_class, struct as_str text);
void row_tell_failures(struct row *row); /* into the record */

/* row_limits.c: what the provider's plugin reads for transport */
void row_fill_parse_job(const struct pin_model *model, const struct exchange *exchange,
                        struct job_row *ret_job); /* borrows all */
void row_classify(void *ctx, uint64_t request_id, const struct exchange *exchange); /* ctx: row */
/* output NULL: not read. */
void row_tell_usage(struct row *row, const struct pin_model *model,
                    const struct job_output *output);
/* row.c: frees it when it has ended and nothing will call back. */
void row_release_when_over(struct row *row);

/* row_output.c */
void row_take_output(struct row *row, const struct job_output *from, struct job_output *ret_output);
int row_output_from_recording(struct row *row); /* AS_ENOENT: the case has none */
/* NaN: unpriced. */
double row_cost_usd(const struct model_prices *prices, const struct job_output *output);
/* By case id and salt alone: scores can be made again. */
uint64_t row_seed(const struct row *row, uint32_t salt);
uint64_t row_seed_of_case(struct as_str case_id, uint32_t salt);

#endif
