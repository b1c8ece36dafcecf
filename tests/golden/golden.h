/* The golden numbers: reads expected.json and data/ of a folder, produces our numbers for every
 * case of a kind that we know, and counts what is equal, what differs and what is not produced.
 *
 * Used by test_stats and test_gate (on tests/golden) and by the program golden_stats (on any
 * folder). */
#ifndef TESTS_GOLDEN_GOLDEN_H
#define TESTS_GOLDEN_GOLDEN_H

#include "daemon/stats/paired.h"
#include "daemon/stats/resample.h"
#include "lib/err.h"
#include "lib/json.h"
#include "tests/golden/table.h"

#include <stdio.h>

struct golden_counts {
    size_t equal;
    size_t different;
    size_t not_produced; /* numbers, not cases */
    /* Numbers of another generator (bootstrap_mc) that ours meet within the tolerance that stands
     * beside them; not among the equal. Those that they do not meet are different. */
    size_t near;
};

/* One case: what a producer works from. Borrowed. */
struct golden_input {
    const char *folder;
    const struct as_json *options;
    const struct as_json *expect; /* some kinds carry their inputs among the expected numbers */
    struct table table;           /* of the first file; empty when it does not exist */
};

/* Our numbers in the shape of the case's expect. The caller frees. */
typedef struct as_json *(*golden_produce_fn)(const struct golden_input *input);

/* tests/golden/paired.c, resample.c, gate.c */
struct as_json *golden_paired(const struct golden_input *input);
struct as_json *golden_gate(const struct golden_input *input);
struct as_json *golden_rng(const struct golden_input *input);

/* tests/golden/single.c */
struct as_json *golden_proportions(const struct golden_input *input);
struct as_json *golden_latency_cost(const struct golden_input *input);
struct as_json *golden_power(const struct golden_input *input);

/* tests/golden/judges.c */
struct as_json *golden_agreement(const struct golden_input *input);
struct as_json *golden_krippendorff(const struct golden_input *input);
struct as_json *golden_ppi(const struct golden_input *input);
struct as_json *golden_rogan_gladen(const struct golden_input *input);
struct as_json *golden_bradley_terry(const struct golden_input *input);

/* tests/golden/series.c */
struct as_json *golden_multiplicity(const struct golden_input *input);
struct as_json *golden_eprocess(const struct golden_input *input);
struct as_json *golden_group_sequential(const struct golden_input *input);
struct as_json *golden_cusum(const struct golden_input *input);
struct as_json *golden_composite(const struct golden_input *input);

/* tests/golden/epochs.c */
struct as_json *golden_epochs(const struct golden_input *input);

/* The kind of a case that names none. */
#define GOLDEN_NO_KIND "(no kind)"

/* Compares every case of the kind (NULL: of all kinds), writing a line to log for each difference,
 * for the first numbers of a case that are not produced, and for each case whose kind is unknown or
 * whose input is malformed: its numbers are not produced. Fails when expected.json cannot be read
 * or has no cases; err names it. */
int golden_check(const char *folder, const char *kind, FILE *log, struct golden_counts *ret_counts,
                 struct as_err *err) AS_MUST_USE;
/* The kinds that the folder has, one line each with its counts; *ret_counts is their sum. */
int golden_report(const char *folder, FILE *out, struct golden_counts *ret_counts,
                  struct as_err *err) AS_MUST_USE;

/* [low, high] as a JSON array. */
struct as_json *golden_bounds(double low, double high);
/* What the verdict of a gate and the means of epochs tell of a comparison. */
struct as_json *golden_paired_json(const struct stats_paired *paired);
struct as_json *golden_boot_json(const struct stats_boot *boot);
/* Adds what the option "boot" asks for. */
void golden_add_resampling(struct as_json *out, const struct stats_pairs *pairs,
                           const struct as_json *boot);

#endif
