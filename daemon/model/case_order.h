/* The order in which a run group with planned looks takes its cases: a shuffle of 0..n-1 that is
 * fixed by its seed alone.
 *
 * A dataset may be sorted, and then its first cases are no sample of all of them; and an order that
 * depended on which calls end first would prefer the easy ones. The shuffle is a Feistel network
 * over the next power of four, walked until it falls below n: a place is found from a case and a
 * case from a place, and nothing is kept in memory. Plain data; all zero is the dataset's own
 * order. */
#ifndef DAEMON_MODEL_CASE_ORDER_H
#define DAEMON_MODEL_CASE_ORDER_H

#include <stdint.h>

struct case_order {
    uint64_t count, seed;
    unsigned half_bits; /* 0 = not shuffled */
};

void case_order_init(struct case_order *order, int64_t count, uint64_t seed);
/* The case (its number in the dataset) at a place, and the other way round; both in 0..count-1. */
int64_t case_order_seq(const struct case_order *order, int64_t place);
int64_t case_order_place(const struct case_order *order, int64_t seq);

#endif
