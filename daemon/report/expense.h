/* What one answer of a member costs: from the cases' own costs, with an interval over cases.
 *
 * A case's cost is the mean over its samples that have a price, so that it does not grow with
 * `samples`. An answer without a price is in no sum: what is not known is never 0. Dollars. */
#ifndef DAEMON_REPORT_EXPENSE_H
#define DAEMON_REPORT_EXPENSE_H

#include "daemon/report/table.h"

/* The 95 % interval of a mean, Student's t over clusters; NaN below two of them. n 0: unpriced. */
struct expense {
    size_t n; /* cases with a price */
    double mean, low, high;
};

/* By case, NaN where it is not known. Caller frees. */
double *expense_by_case(const struct table *table, size_t member);
/* candidate - baseline, where both are known. Caller frees. */
double *expense_differences(const struct table *table, const double *baseline,
                            const double *candidate);
/* Of values by case. */
struct expense expense_of(const struct table *table, const double *usd);

#endif
