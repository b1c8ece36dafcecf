/* A balanced Feistel network is a permutation whatever its round function is; its rounds run
 * backwards give the inverse. Values that fall at or above count are sent through again: the walk
 * stays on one cycle of the permutation, so it ends, after less than four turns on average. */
#include "daemon/model/case_order.h"

#include "lib/err.h"
#include "lib/rng.h"

#define ROUNDS 8

void case_order_init(struct case_order *order, int64_t count, uint64_t seed)
{
    *order = (struct case_order){.count = (uint64_t)count, .seed = seed, .half_bits = 1};
    while (order->half_bits < 31 && UINT64_C(1) << 2 * order->half_bits < order->count)
        order->half_bits++;
}

static uint64_t round_of(const struct case_order *order, unsigned round, uint64_t half)
{
    uint64_t mask = (UINT64_C(1) << order->half_bits) - 1;
    return as_rng_mix64(order->seed ^ as_rng_mix64((uint64_t)(round + 1) << 40 ^ half)) & mask;
}

static uint64_t join(const struct case_order *order, uint64_t left, uint64_t right)
{
    return left << order->half_bits | right;
}

static uint64_t forwards(const struct case_order *order, uint64_t value)
{
    uint64_t left = value >> order->half_bits;
    uint64_t right = value & ((UINT64_C(1) << order->half_bits) - 1);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t next = left ^ round_of(order, round, right);
        left = right;
        right = next;
    }
    return join(order, left, right);
}

static uint64_t backwards(const struct case_order *order, uint64_t value)
{
    uint64_t left = value >> order->half_bits;
    uint64_t right = value & ((UINT64_C(1) << order->half_bits) - 1);
    for (unsigned round = ROUNDS; round-- > 0;) {
        uint64_t before = right ^ round_of(order, round, left);
        right = left;
        left = before;
    }
    return join(order, left, right);
}

int64_t case_order_seq(const struct case_order *order, int64_t place)
{
    if (!order->half_bits)
        return place;
    uint64_t value = (uint64_t)place;
    AS_ASSERT(value < order->count);
    do
        value = forwards(order, value);
    while (value >= order->count);
    return (int64_t)value;
}

int64_t case_order_place(const struct case_order *order, int64_t seq)
{
    if (!order->half_bits)
        return seq;
    uint64_t value = (uint64_t)seq;
    AS_ASSERT(value < order->count);
    do
        value = backwards(order, value);
    while (value >= order->count);
    return (int64_t)value;
}
