/* The cases of a paired or gate CSV as daemon/stats takes them. */
#ifndef TESTS_GOLDEN_CASES_H
#define TESTS_GOLDEN_CASES_H

#include "daemon/stats/pairs.h"
#include "tests/golden/table.h"

struct golden_cases {
    struct stats_case *rows;
    size_t n;
    const char **strata; /* names in byte order; they point into the table */
    size_t n_strata;
};

/* Sorts the table by case id first. A case that stands twice is a flaw of the table. */
void golden_cases_init(struct golden_cases *cases, struct table *table);
void golden_cases_done(struct golden_cases *cases);

/* "0.5", "ERR" or blank; anything else, and a score outside 0..1, is a flaw of the table. */
struct stats_score golden_score_of(const struct table *table, size_t row, int col);

#endif
