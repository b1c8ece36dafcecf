/* The A/B recommendation: what to do about each candidate, in one sentence that a person
 * understands, from the gate's verdict and the comparison that it was made of.
 *
 * Pure. The gate answers for each candidate alone; who picks from several asks more often than
 * once, so p values are adjusted over the candidates (Holm) before a candidate is recommended.
 *   deploy     the gate passes, the loss is ruled out (or it is better) after Holm, and there is
 *              something to be gained: quality, cost or latency
 *   keep       the gate fails; or there is no gate and it is worse; or it costs more or is slower,
 *              and nothing is gained by it
 *   undecided  anything else, with what would decide */
#ifndef DAEMON_REPORT_RESULT_ADVICE_H
#define DAEMON_REPORT_RESULT_ADVICE_H

#include "daemon/gate/gate.h"
#include "lib/json.h"

enum advice_action { ADVICE_DEPLOY, ADVICE_KEEP, ADVICE_UNDECIDED };
const char *advice_action_name(enum advice_action action); /* "deploy", "keep", "undecided" */

/* What is kept of one candidate's verdict until all have theirs. */
struct advice_facts {
    const char *candidate;        /* borrowed */
    enum gate_outcome outcome;    /* GATE_SKIP: the eval asks for no check */
    int check;                    /* that decided, by place; -1: none did */
    char name[GATE_NAME_MAX];     /* of that check */
    char why[GATE_TEXT_MAX];      /* its own words */
    char more[GATE_SENTENCE_MAX]; /* how many more cases would decide; may be empty */
    struct stats_paired compare;
    double cost_ratio, latency_ratio; /* candidate / baseline, of 95th percentiles; NaN = unknown */
    /* Held against 5 % and 2.5 %: what a planned look leaves less of raises its p by as much. */
    double p, p_ni;
    double p_holm, p_ni_holm; /* over the candidates of the run; set by advice_adjust */
};

/* outcome as the report has it: GATE_SKIP when the eval asks for nothing. */
struct advice_facts advice_facts_of(const char *candidate, enum gate_outcome outcome,
                                    const struct gate_verdict *verdict);
/* Holm's correction over all candidates' p, and over their p of non-inferiority. */
void advice_adjust(struct advice_facts *facts, size_t count);

struct advice_run {
    const char *baseline;
    size_t candidate_count;
    bool is_stopped; /* by its budget: the cases that were run are no sample of all */
};

/* Appends the sentence to out, which the caller releases. */
enum advice_action advice_decide(const struct advice_run *run, const struct advice_facts *facts,
                                 struct as_buf *out);

/* Sets `recommendations` of a result, and p_holm, p_ni and p_ni_holm of the comparisons by metric,
 * whose candidates come in the order of facts. */
void advice_add(struct as_json *result, const char *metric, const struct advice_run *run,
                const struct advice_facts *facts);

#endif
