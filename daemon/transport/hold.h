/* Which run groups are paused, as transport needs to know it: whose calls wait, and which of them.
 *
 * A handful of groups at most, so it is a list. Belongs to the transport. */
#ifndef DAEMON_TRANSPORT_HOLD_H
#define DAEMON_TRANSPORT_HOLD_H

#include "daemon/transport/transport.h"

struct hold {
    int64_t group_id;
    enum transport_hold what;
};

/* {0} is a valid empty list. */
struct hold_list {
    struct hold *holds;
    size_t count;
};

void hold_set(struct hold_list *list, int64_t group_id, enum transport_hold what);
/* Must a call of this group wait? is_first: nothing was sent for its row yet. */
bool hold_applies(const struct hold_list *list, int64_t group_id, bool is_first);
void hold_list_done(struct hold_list *list);

#endif
