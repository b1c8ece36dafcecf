/* The lanes and what they share: opening them, the provider accounts that they send to, the limits
 * that hold there, and the counts of all that. */
#include "daemon/transport/transport_own.h"

#include <stdlib.h>
#include <string.h>

static void refresh(struct transport *transport)
{
    struct dispatch *dispatch = transport->dispatches.list;
    for (; dispatch; dispatch = dispatch->next)
        dispatch_refresh(dispatch, &transport->dispatches, transport->lanes, transport->lane_count);
    transport_want_turn(transport); /* there may be more room */
}

static struct lane *lane_by_name(struct transport *transport, const char *name, uint32_t *ret_index)
{
    uint32_t i = 0;
    while (i < transport->lane_count && strcmp(transport->lanes[i]->name, name))
        i++;
    if (i == transport->lane_count) {
        transport->lanes = as_xrealloc(transport->lanes, (i + 1) * sizeof(struct lane *));
        transport->lanes[transport->lane_count++] =
            lane_new(transport->sender, name, loop_now_ms(transport->loop));
    }
    *ret_index = i;
    return transport->lanes[i];
}

uint64_t transport_lane(struct transport *transport, const struct model_spec *spec,
                        const char *auth_header, const char *auth_prefix, const char *key)
{
    uint32_t index;
    struct lane *lane = lane_by_name(transport, spec->name, &index);
    struct dispatch *before = lane->dispatch;
    lane_set(lane, spec, auth_header, auth_prefix, key);
    lane->dispatch = dispatches_find(&transport->dispatches, spec->base_url, key);
    if (before && before != lane->dispatch)
        fair_move(&before->queue, &lane->dispatch->queue, lane);
    refresh(transport);
    return index + 1;
}

void transport_used(struct transport *transport, uint64_t lane_id, uint64_t reckoned, uint64_t used)
{
    struct lane *lane = transport->lanes[lane_id - 1];
    limiter_settle(&lane->dispatch->limiter, reckoned, used);
    limiter_settle(&lane->limiter, reckoned, used);
    transport_want_turn(transport);
}

void transport_throttle(struct transport *transport, int64_t group_id, uint32_t max_in_flight,
                        uint32_t delay_ms)
{
    throttle_set(&transport->dispatches.throttles, group_id, max_in_flight, delay_ms);
    transport_want_turn(transport);
}

void transport_limits_set(struct transport *transport, const char *provider,
                          const struct model_limits *limits)
{
    dispatches_set_live(&transport->dispatches, provider, limits);
    refresh(transport);
}

const struct model_limits *transport_limits_of(const struct transport *transport,
                                               const char *provider)
{
    return dispatches_live(&transport->dispatches, provider);
}

/* ---- counts ---- */

static void add_stats(struct transport_stats *sum, const struct lane *lane)
{
    struct transport_stats part = lane_stats(lane);
    sum->queued += part.queued;
    sum->in_flight += part.in_flight;
    sum->backing_off += part.backing_off;
    sum->sent += part.sent;
    sum->retried += part.retried;
    sum->failed += part.failed;
    sum->connections_opened += part.connections_opened;
}

struct transport_stats transport_stats_of(const struct transport *transport, uint64_t lane)
{
    struct transport_stats sum = {0};
    for (uint32_t i = 0; i < transport->lane_count; i++)
        if (!lane || lane == i + 1)
            add_stats(&sum, transport->lanes[i]);
    for (const struct request *request = transport->held.head; request; request = request->next)
        sum.held += !lane || request->lane == transport->lanes[lane - 1];
    return sum;
}

static bool has_name(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(names[i], name))
            return true;
    return false;
}

static void tell(const struct transport *transport, const struct dispatch *dispatch,
                 transport_provider_fn fn, void *ctx)
{
    const struct limiter *limiter = &dispatch->limiter;
    uint64_t now_ms = loop_now_ms(transport->loop);
    struct transport_stats sum = {0};
    const char **names = as_xcalloc(transport->lane_count + 1, sizeof(*names));
    size_t name_count = 0;
    for (uint32_t i = 0; i < transport->lane_count; i++) {
        const struct lane *lane = transport->lanes[i];
        if (lane->dispatch != dispatch)
            continue;
        add_stats(&sum, lane);
        if (!has_name(names, name_count, lane->provider))
            names[name_count++] = lane->provider;
    }
    struct transport_provider provider = {
        .names = names,
        .name_count = name_count,
        .base_url = dispatch->base_url,
        .limits = limiter->limits,
        .is_set_live = dispatch->is_set_live,
        .window = limiter_window(limiter),
        .in_flight = sum.in_flight,
        .queued = sum.queued,
        .backing_off = sum.backing_off,
        .calls_per_s = limiter_rate(limiter),
        .throttled_ms = limiter_paused_ms(limiter, now_ms),
        .sent = sum.sent,
        .refused = limiter->refusals,
        .tally = &dispatch->tally,
    };
    if (name_count) /* an account that no lane uses any more is not told */
        fn(ctx, &provider);
    free(names);
}

void transport_providers_each(const struct transport *transport, transport_provider_fn fn,
                              void *ctx)
{
    const struct dispatch *dispatch = transport->dispatches.list;
    for (; dispatch; dispatch = dispatch->next)
        tell(transport, dispatch, fn, ctx);
}
