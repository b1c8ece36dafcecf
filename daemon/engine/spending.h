/* A group's budget, seen from the engine: the account that its calls are made under, what each call
 * may cost, what it did cost, and the same books made again from the store.
 *
 * A group without a budget has no account, and nothing here does anything for it. Belongs to the
 * loop's thread but where it says otherwise. */
#ifndef DAEMON_ENGINE_SPENDING_H
#define DAEMON_ENGINE_SPENDING_H

#include "daemon/engine/pins.h"
#include "daemon/store/calls.h"
#include "daemon/transport/transport.h"

/* AS_EINVAL: a model without a price under max_cost_usd, or a cap that not one call fits under. */
int spending_check(const struct pins *pins, struct as_err *err) AS_MUST_USE;

/* A reply of an earlier life whose cost was not read before assayd died. */
struct spending_doubt {
    struct row_key row;
    uint32_t role, turn;
    int64_t sent_ms;
    struct budget_claim claim; /* booked, at the worst case */
};

struct spending {
    struct transport_account *account; /* NULL without a budget */
    struct budget budget;              /* of earlier lives, until the account is opened */
    struct spending_doubt *doubts;
    size_t doubt_count;
};

/* On a pool thread: the books of everything that the store knows of the group. doubts are
 * allocated. */
int spending_load(struct store *store, int64_t group_id, const struct pins *pins,
                  struct spending *ret_spending) AS_MUST_USE;
/* For a new group: empty books. For one that is resumed, after spending_load. */
void spending_open(struct spending *spending, const struct pins *pins, struct transport *transport);
void spending_done(struct spending *spending); /* closes the account */

struct budget_claim spending_claim(const struct pins *pins, uint32_t member,
                                   enum exchange_role role, uint64_t body_bytes);
/* Takes a doubt out of the list, if the reply is one: *ret_claim is booked still. */
bool spending_take_doubt(struct spending *spending, const struct spending_doubt *reply,
                         struct budget_claim *ret_claim);

/* {caps, books: [...], total, assumed: [model]}: what run.show prints; NULL without a budget. */
struct as_json *spending_to_json(const struct pins *pins, const struct budget *budget);
/* The books as they are now; NULL without a budget. */
const struct budget *spending_budget(const struct spending *spending);

#endif
