/* What a run will cost, estimated before a call is made: pure numbers, no I/O.
 *
 * A lane is one model's part: a member's calls, or the judge's. low is what is to be expected when
 * every call succeeds at once: by the means of a past run where there is one, else the least that
 * it can be (four bytes a token, no output). high is the worst case as a budget reserves it, the
 * judge asked twice. NaN = not known: no price, or no past to tell. Used by engine/plan.c. */
#ifndef DAEMON_ENGINE_ESTIMATE_H
#define DAEMON_ENGINE_ESTIMATE_H

#include "daemon/model/budget_rules.h"
#include "daemon/model/spec.h"

#define ESTIMATE_BYTES_PER_TOKEN 4.0
/* The deviation of a case's paired difference when no run tells: what two models show that differ
 * on every fourth case. */
#define ESTIMATE_SIGMA 0.5

/* Means over the calls of a past run; NaN = not known. */
struct estimate_past {
    int64_t run; /* 0 = there is none */
    double request_bytes, input_tokens, output_tokens, tokens, usd, latency_ms;
    double calls_per_row; /* of the judge: less than 1 where it was not always asked */
};

struct estimate_facts {
    int64_t rows, reused;  /* rows that this lane is asked about; those answered from the journal */
    double request_bytes;  /* mean, when no past tells */
    int64_t output_tokens; /* at most */
    uint32_t turns;        /* calls a row at most: 2 for the judge */
    double least_calls;    /* a row, when no past tells: 0 for a judge that is not always asked */
    const struct model_spec *spec;
    struct estimate_past past;
};

struct estimate_lane {
    double calls_low, calls_high, requests_high; /* requests: with every retry */
    double tokens_low, tokens_high;
    double usd_low, usd_high;
    double seconds; /* at the limits of model and account; NaN without a latency */
};

struct estimate_lane estimate_lane_of(const struct estimate_facts *facts);
/* Sums; the time is that of the slowest. Unknown parts make a sum unknown. */
struct estimate_lane estimate_sum(const struct estimate_lane *lanes, size_t count);

enum estimate_fit {
    ESTIMATE_FITS,        /* even at the worst */
    ESTIMATE_CANNOT_TELL, /* what decides is not known */
    ESTIMATE_MAY_STOP,    /* as expected it fits, at the worst it does not */
    ESTIMATE_WILL_STOP    /* it does not fit as expected */
};
struct estimate_verdict {
    enum estimate_fit fit;
    const char *cap;      /* "max_cost_usd": the one that is met first; NULL when it fits */
    int64_t stops_at_row; /* about; at the worst when it may stop; 0 when it fits */
};
struct estimate_verdict estimate_against(const struct budget_rules *budget,
                                         const struct estimate_lane *total, int64_t rows);

/* The deviation of a single paired difference, from a past interval over n pairs; NaN.
 * confidence: 0.95, or that of a planned look. */
double estimate_sigma(double ci_low, double ci_high, double confidence, double n);

#endif
