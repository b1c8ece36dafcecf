/* Numbers corrected for what the judge gets wrong, with the help of some human labels
 * (tests/golden/README.md, section 8): prediction-powered inference for a difference, Rogan-Gladen
 * for a pass rate. */
#ifndef DAEMON_STATS_JUDGE_H
#define DAEMON_STATS_JUDGE_H

#include "daemon/stats/cluster.h"

#include <stddef.h>

/* Paired differences by the judge, and by a human on some of the cases. */
struct stats_judged {
    const double *judge_labelled; /* n_labelled, in the order of human */
    const double *human;
    size_t n_labelled;
    const double *judge_unlabelled;
    size_t n_unlabelled;
};

struct stats_ppi {
    double judge_only; /* mean over all cases */
    double human_only;
    double human_se;
    double ppi;
    double ppi_se;
    double lambda; /* how much the judge is worth: 0 = nothing, 1 = plain ppi */
    double ppi_plus;
    double ppi_plus_se;
    struct stats_interval ppi_plus_ci; /* 95 %, normal */
};

/* NaN where there are fewer than two cases of a kind. */
struct stats_ppi stats_ppi_of(const struct stats_judged *judged);

/* The judge against humans (rows of a 2 x 2 table), and its passes on unlabelled cases. */
struct stats_judge_counts {
    double true_pass, false_fail; /* what humans passed: by the judge's answer */
    double true_fail, false_pass; /* what humans failed */
    double passes, n;             /* by the judge alone */
};

enum stats_judge_flaw { STATS_JUDGE_FINE, STATS_JUDGE_ONE_CLASS, STATS_JUDGE_UNINFORMATIVE };
const char *stats_judge_flaw_text(enum stats_judge_flaw flaw); /* NULL for FINE */

struct stats_corrected_rate {
    double sensitivity;
    double specificity;
    double rate; /* NaN when the judge has a flaw */
    double se;
    struct stats_interval ci;
    enum stats_judge_flaw flaw;
};
struct stats_corrected_rate stats_corrected_rate_of(const struct stats_judge_counts *counts);

#endif
