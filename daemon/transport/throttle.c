/* While a pause is set, one call at a time is on its way from the queue to the wire: whether it is
 * a call at all is known only when the journal has been asked. */
#include "daemon/transport/throttle.h"

#include <stdlib.h>

void throttles_done(struct throttles *throttles)
{
    while (throttles->list)
        throttle_set(throttles, throttles->list->group_id, 0, 0);
}

static struct throttle **find(struct throttles *throttles, int64_t group_id)
{
    struct throttle **at = &throttles->list;
    while (*at && (*at)->group_id != group_id)
        at = &(*at)->next;
    return at;
}

static void drop(struct throttle **at)
{
    struct throttle *throttle = *at;
    if (!throttle)
        return;
    *at = throttle->next;
    loop_timer_free(throttle->wake);
    free(throttle);
}

void throttle_set(struct throttles *throttles, int64_t group_id, uint32_t max_in_flight,
                  uint32_t delay_ms)
{
    struct throttle **at = find(throttles, group_id), *throttle = *at;
    if (!max_in_flight && !delay_ms) {
        drop(at);
        return;
    }
    if (!throttle) {
        throttle = *at = as_xcalloc(1, sizeof(*throttle));
        throttle->group_id = group_id;
        throttle->wake = loop_timer_new(throttles->loop, throttles->wake, throttles->ctx);
    }
    throttle->max_in_flight = max_in_flight;
    throttle->delay_ms = delay_ms;
}

bool throttle_lets_go(struct throttles *throttles, int64_t group_id, uint64_t now_ms)
{
    const struct throttle *throttle = *find(throttles, group_id);
    if (!throttle)
        return true;
    if (throttle->max_in_flight && throttle->let_go >= throttle->max_in_flight)
        return false;
    if (throttle->delay_ms && throttle->unsent)
        return false;
    if (now_ms >= throttle->next_ms)
        return true;
    loop_timer_start(throttle->wake, throttle->next_ms - now_ms);
    return false;
}

void throttle_take(struct throttles *throttles, int64_t group_id)
{
    struct throttle *throttle = *find(throttles, group_id);
    if (!throttle)
        return;
    throttle->let_go++;
    throttle->unsent++;
}

void throttle_note_sent(struct throttles *throttles, int64_t group_id, uint64_t now_ms)
{
    struct throttle *throttle = *find(throttles, group_id);
    if (!throttle)
        return;
    throttle->unsent -= throttle->unsent > 0;
    throttle->next_ms = now_ms + throttle->delay_ms;
    loop_timer_start(throttle->wake, throttle->delay_ms);
}

void throttle_give(struct throttles *throttles, int64_t group_id, bool was_sent)
{
    struct throttle *throttle = *find(throttles, group_id);
    if (!throttle)
        return;
    throttle->let_go -= throttle->let_go > 0;
    throttle->unsent -= !was_sent && throttle->unsent > 0;
    loop_timer_start(throttle->wake, 0);
}
