/* Decisions before all cases are in, with the error rates kept, and drift of a series of runs
 * (tests/golden/README.md, section 9). */
#ifndef DAEMON_STATS_SEQ_H
#define DAEMON_STATS_SEQ_H

#include "daemon/stats/paired.h"

#include <stddef.h>

/* A bet that grows when the null hypothesis is wrong: it may be looked at after every case. */
struct stats_eprocess {
    double ln_wealth;
    double ln_wealth_max; /* at least 0 */
    double p_anytime;
    double stop; /* the case, from 1, at which the wealth first passed 1 / 0.025; NaN = never */
};

/* Differences in the order in which they came. not_worse bets against a loss of margin or more,
 * worse against a loss of less. */
struct stats_eprocess stats_eprocess_not_worse(const double *diffs, size_t n, double margin);
struct stats_eprocess stats_eprocess_worse(const double *diffs, size_t n, double margin);

/* Planned looks at equal steps with O'Brien-Fleming limits. */
#define STATS_LOOKS_MIN 2
#define STATS_LOOKS_MAX 5

enum stats_decision {
    STATS_DECISION_CONTINUE,
    STATS_DECISION_PASS,
    STATS_DECISION_FAIL,
    STATS_DECISION_INCONCLUSIVE /* the last look decided neither */
};
const char *stats_decision_name(enum stats_decision decision); /* "continue" ... */

struct stats_look_plan {
    size_t looks; /* 2..5 */
    size_t n_max; /* cases at the last look */
    double margin;
};

struct stats_look {
    size_t look; /* from 1 */
    size_t n;
    double critical; /* the normal limit of this look */
    struct stats_interval ci;
    enum stats_decision decision;
};

/* How many cases look k (from 1) needs. */
size_t stats_look_size(const struct stats_look_plan *plan, size_t look);
/* The normal limit of look k of so many, and the tail beyond each end of its interval. */
double stats_look_critical(size_t looks, size_t look);
double stats_look_tail(size_t looks, size_t look);
/* The look over the first stats_look_size differences, each a cluster of its own. */
struct stats_look stats_look_at(const struct stats_look_plan *plan, size_t look,
                                const double *diffs);

/* Two-sided CUSUM over the means of runs, against the first `reference` of them. */
struct stats_cusum_plan {
    size_t reference;
    double slack; /* k, in standard deviations */
    double limit; /* h */
};

struct stats_cusum {
    double mean;
    double sd;
    bool is_defined; /* false: the reference runs do not vary, so nothing can be called drift */
    double alarm_low, alarm_high; /* the first run, from 1, past the limit; NaN = none */
    double final_low, final_high;
    double max_low, max_high;
};
struct stats_cusum stats_cusum_of(const struct stats_cusum_plan *plan, const double *means,
                                  size_t n);
/* One run more, the one of that number (from 1), behind the reference. */
void stats_cusum_add(const struct stats_cusum_plan *plan, struct stats_cusum *chart, double mean,
                     size_t number);

#endif
