/* How far a judge and a human, or several raters, agree beyond chance (tests/golden/README.md,
 * section 7).
 *
 * High agreement with a low kappa is what a lopsided label gives; AC1 tells the two apart, which is
 * why both are here. NaN where the measure is not defined: no items, or no disagreement
 * expected. */
#ifndef DAEMON_STATS_AGREE_H
#define DAEMON_STATS_AGREE_H

#include "daemon/stats/cluster.h"

#include <stddef.h>
#include <stdint.h>

/* Two raters; categories are numbered 0 .. n_categories - 1 in their order. */
struct stats_ratings {
    const uint32_t *judge;
    const uint32_t *human;
    size_t n;
    size_t n_categories;
};

struct stats_agreement {
    size_t n;
    double agree;             /* share of items */
    struct stats_interval ci; /* Wilson */
    double kappa;             /* Cohen's */
    double kappa_se;          /* Fleiss, Cohen and Everitt 1969 */
    double kappa_linear;      /* weights |i - j| / (q - 1) */
    double kappa_quadratic;
    double ac1;         /* Gwet's */
    double sensitivity; /* of the judge, category 1 of two; NaN with other categories */
    double specificity;
};

/* Every rating must be below n_categories. */
struct stats_agreement stats_agreement_of(const struct stats_ratings *ratings);

/* Krippendorff's alpha over any number of raters: items x raters values, row by row, NaN = not
 * rated. Items with fewer than two ratings are left out. */
struct stats_alpha {
    double nominal;
    double ordinal;
    double interval;
};
struct stats_alpha stats_alpha_of(const double *values, size_t n_items, size_t n_raters);

#endif
