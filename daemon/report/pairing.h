/* Two members of a table side by side: the cases as daemon/stats takes them, and the paired
 * comparison of any two, of which the gate's (a candidate with the baseline) is one. */
#ifndef DAEMON_REPORT_PAIRING_H
#define DAEMON_REPORT_PAIRING_H

#include "daemon/report/table.h"
#include "daemon/stats/paired.h"

enum stats_policy pairing_policy(enum gate_policy policy);

/* Which members are put side by side, by what. */
struct pairing_of {
    size_t baseline, candidate, metric;
    enum gate_policy policy;
};

/* A row a case, in the table's order, then those that are aside. Caller frees. */
struct stats_case *pairing_cases(const struct table *table, const struct pairing_of *of);

/* What was compared, and what could not be. */
struct pairing {
    struct stats_paired paired; /* without a margin; after looks without a p */
    size_t unpaired, baseline_failed, candidate_failed;
};
/* AS_EINVAL: a stored score is out of range; *ret_pairing is untouched then. */
int pairing_compare(const struct table *table, const struct pairing_of *of,
                    struct pairing *ret_pairing) AS_MUST_USE;

#endif
