/* Rows and groups as data: statuses, states, and what is kept of each. Used by engine, store,
 * report and control. */
#ifndef DAEMON_MODEL_ROW_H
#define DAEMON_MODEL_ROW_H

#include "lib/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* A row ends in exactly one of these. */
enum row_status {
    ROW_OK,
    ROW_MODEL_ERROR,  /* the model's API failed, after retries, or answered something unusable */
    ROW_TIMEOUT,      /* a deadline passed on every attempt */
    ROW_REFUSED,      /* the model refused to answer */
    ROW_JUDGE_ERROR,  /* the judge failed or its grade did not parse twice: never a zero */
    ROW_SCORER_ERROR, /* our side failed: a scorer, rubric or provider plugin */
    ROW_SKIPPED,      /* not run: no recorded answer for this case, or over the budget */
    ROW_CANCELLED,
    ROW_STATUS_COUNT
};
const char *row_status_name(enum row_status status);
int row_status_from(const char *name, enum row_status *ret_status) AS_MUST_USE;
/* Does this failure count against the model in a comparison (as 0, by the default policy)? A
 * judge's or our own never does. */
bool row_status_is_models_fault(enum row_status status);
/* Did a plugin of ours or the judge fail? Then the score it owes is missing, and no other is. */
bool row_status_is_our_fault(enum row_status status);
/* May a row of this status have scores? ok has one of every metric, our own failures the others. */
bool row_status_has_scores(enum row_status status);

enum group_state {
    GROUP_PENDING,
    GROUP_RUNNING,
    GROUP_FINISHING, /* every row is there: the verdict is being made */
    GROUP_DONE,
    GROUP_FAILED,
    GROUP_CANCELLED,
    GROUP_CANCELLING, /* asked to stop: rows in flight are being given up */
    GROUP_PAUSED,     /* rows whose first call was sent go on to their end, no other begins */
    GROUP_HELD,       /* paused, and no further call is sent at all */
    GROUP_FAULTED,    /* stands still since the store failed; in the store it has its last state */
    GROUP_STATE_COUNT
};
const char *group_state_name(enum group_state state);
bool group_state_is_final(enum group_state state);

/* Which row of a group. member 0 is the baseline. */
struct row_key {
    int64_t group_id;
    int64_t case_seq; /* position in the dataset version, from 0 */
    uint32_t member;
    uint32_t sample;
};

/* The error_class of a row that is skipped because the group's budget is used up. */
#define ROW_OVER_BUDGET "budget"

struct row_record {
    struct row_key key;
    enum row_status status;
    struct as_str error_class; /* "rate_limit", "timeout", ROW_OVER_BUDGET, ...; absent when ok */
    struct as_str error;       /* a sentence; absent when ok */
    struct as_str text;        /* the output; absent when there was none */
    struct as_str tool_calls_json;
    struct as_str finish_reason;
    struct as_str model_id; /* what the API returned */
    int64_t input_tokens, output_tokens, cached_tokens, reasoning_tokens; /* -1 = not reported */
    double latency_ms; /* of the attempt that answered, from curl's clocks; NaN = none */
    /* 0 = nothing was spent; NaN = not known: no price, no usage, no reply, or recorded. */
    double cost_usd, judge_cost_usd;
    double saved_usd;  /* the part of both that was not spent: its reply was reused */
    uint32_t attempts; /* HTTP requests made for the answer */
    int64_t ended_ms;  /* wall clock */
};

/* One metric's value for one row. metric is the index in the group's pins. */
struct score_record {
    uint32_t metric;
    bool is_na;   /* the scorer does not apply to this case: reason says why */
    double score; /* 0..1 */
    int8_t pass;  /* 1, 0, -1 = not said */
    struct as_str label;
    struct as_str reason; /* for the rubric: the judge's reasoning */
    struct as_str details_json;
};

/* A case as it is read from the store. */
struct case_record {
    int64_t seq;
    struct as_str id;
    struct as_str json;          /* canonical, what scripts see as case */
    struct as_str messages_json; /* array of {role, content}, made at import */
    /* {"text":.., "latency_ms"?, "model"?, "finish_reason"?, "tool_calls"?}; absent when none. */
    struct as_str recorded_json;
    bool is_critical;
    struct as_str cluster; /* absent = a cluster of its own */
    struct as_str stratum; /* absent = none */
};

#endif
