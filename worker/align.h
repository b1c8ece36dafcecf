/* How alike two sequences of numbers are: their edit distance and their longest common subsequence.
 * Pure functions on the caller's memory, 64 cells of the table at a time in the bits of a word:
 * rows / 64 * columns steps of about 4 ns, and no more memory than the sequences take. */
#ifndef WORKER_ALIGN_H
#define WORKER_ALIGN_H

#include <stddef.h>
#include <stdint.h>

struct align_input {
    const uint32_t *rows, *columns; /* every number is below kinds */
    size_t row_count, column_count;
    uint64_t *masks; /* scratch, kinds of them, all 0; they are 0 again afterwards */
    int8_t *carries; /* scratch, one for each column */
};

/* The fewest insertions, deletions and replacements that make one of the other (Levenshtein). */
size_t align_distance(const struct align_input *in);

/* The length of the longest common subsequence. */
size_t align_common(const struct align_input *in);

#endif
