/* Runs of n tokens, counted and matched between a candidate and its references: what BLEU is made
 * of. Pure functions on the caller's memory; sorting by counting, so that the time is linear
 * whatever the tokens are. The texts lie one behind the other, the candidate first. */
#ifndef WORKER_NGRAMS_H
#define WORKER_NGRAMS_H

#include <stddef.h>
#include <stdint.h>

struct ngrams {
    const uint32_t *tokens; /* of all texts; every number is at most the count of tokens */
    const size_t *ends;     /* where each text ends */
    size_t text_count;
    size_t n;             /* the length of the runs whose numbers ids holds; begin with 1 */
    uint32_t *ids;        /* for the run that begins here; begin with a copy of tokens */
    uint32_t *scratch[3]; /* each with room for all tokens, and 2 more */
};

/* From runs of n to runs of n + 1: equal runs get equal numbers. */
void ngrams_extend(struct ngrams *g);

/* How many runs the candidate has. */
size_t ngrams_total(const struct ngrams *g);

/* How many of them a reference has, too; each counts as often as in the reference that has most of
 * it. */
size_t ngrams_matches(const struct ngrams *g);

#endif
