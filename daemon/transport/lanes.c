/* The lanes of a transport: opening them, and the counts of what they do. */
#include "daemon/transport/transport_own.h"

#include <string.h>

uint64_t transport_lane(struct transport *transport, const struct model_spec *spec,
                        const char *auth_header, const char *auth_prefix, const char *key)
{
    uint32_t i = 0;
    while (i < transport->lane_count && strcmp(transport->lanes[i]->name, spec->name))
        i++;
    if (i == transport->lane_count) {
        transport->lanes = as_xrealloc(transport->lanes, (i + 1) * sizeof(struct lane *));
        transport->lanes[transport->lane_count++] = lane_new(transport->sender, spec->name);
    }
    lane_set(transport->lanes[i], spec, auth_header, auth_prefix, key);
    transport_want_turn(transport); /* its concurrency may have grown */
    return i + 1;
}

struct transport_stats transport_stats_of(const struct transport *transport, uint64_t lane)
{
    struct transport_stats sum = {0};
    for (uint32_t i = 0; i < transport->lane_count; i++) {
        if (lane && lane != i + 1)
            continue;
        struct transport_stats part = lane_stats(transport->lanes[i]);
        sum.queued += part.queued;
        sum.in_flight += part.in_flight;
        sum.backing_off += part.backing_off;
        sum.sent += part.sent;
        sum.retried += part.retried;
        sum.failed += part.failed;
        sum.connections_opened += part.connections_opened;
    }
    for (const struct request *request = transport->held.head; request; request = request->next)
        sum.held += !lane || request->lane == transport->lanes[lane - 1];
    return sum;
}
