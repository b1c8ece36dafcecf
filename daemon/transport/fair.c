/* Rings of groups, each with a ring of flows, each with a list of requests. All three are as long
 * as there are requests in them: what is empty is freed, and joins at the end of the line when it
 * comes back. There are few of them (groups under way times members), so they are searched one by
 * one. */
#include "daemon/transport/fair.h"

#include <stdlib.h>

struct fair_flow {
    struct fair_flow *next, *prev; /* ring */
    struct fair_group *group;
    struct lane *lane;
    uint32_t member;
    enum exchange_role role;
    struct request_list waiting;
};

struct fair_group {
    struct fair_group *next, *prev; /* ring */
    int64_t id;
    enum transport_priority priority;
    struct fair_flow *flows; /* ring: the next in turn */
};

#define RING_ADD_LAST(head, item)                 \
    do {                                          \
        if (head) {                               \
            (item)->next = (head);                \
            (item)->prev = (head)->prev;          \
            (item)->prev->next = (item);          \
            (head)->prev = (item);                \
        } else {                                  \
            (head) = (item);                      \
            (item)->next = (item)->prev = (item); \
        }                                         \
    } while (0)

#define RING_REMOVE(head, item)                                    \
    do {                                                           \
        if ((head) == (item))                                      \
            (head) = (item)->next == (item) ? NULL : (item)->next; \
        (item)->next->prev = (item)->prev;                         \
        (item)->prev->next = (item)->next;                         \
    } while (0)

static struct fair_group *group_of(struct fair *fair, const struct request *request)
{
    struct fair_group **head = &fair->groups[request->priority];
    struct fair_group *group = *head;
    for (bool is_first = true; group && (is_first || group != *head); is_first = false) {
        if (group->id == request->key.group_id)
            return group;
        group = group->next;
    }
    group = as_xcalloc(1, sizeof(*group));
    group->id = request->key.group_id;
    group->priority = request->priority;
    RING_ADD_LAST(*head, group);
    return group;
}

static struct fair_flow *flow_of(struct fair_group *group, const struct request *request)
{
    struct fair_flow *flow = group->flows;
    for (bool is_first = true; flow && (is_first || flow != group->flows); is_first = false) {
        if (flow->lane == request->lane && flow->member == request->key.member &&
            flow->role == request->key.role)
            return flow;
        flow = flow->next;
    }
    flow = as_xcalloc(1, sizeof(*flow));
    flow->group = group;
    flow->lane = request->lane;
    flow->member = request->key.member;
    flow->role = request->key.role;
    RING_ADD_LAST(group->flows, flow);
    return flow;
}

static void free_if_empty(struct fair *fair, struct fair_flow *flow)
{
    struct fair_group *group = flow->group;
    if (flow->waiting.head)
        return;
    RING_REMOVE(group->flows, flow);
    free(flow);
    if (group->flows)
        return;
    RING_REMOVE(fair->groups[group->priority], group);
    free(group);
}

void fair_push(struct fair *fair, struct request *request, bool is_first)
{
    struct fair_flow *flow = flow_of(group_of(fair, request), request);
    request->flow = flow;
    if (is_first)
        request_push_front(&flow->waiting, request);
    else
        request_push_back(&flow->waiting, request);
    request->lane->queued++;
    fair->count++;
}

void fair_remove(struct fair *fair, struct request *request)
{
    struct fair_flow *flow = request->flow;
    request_unlink(&flow->waiting, request);
    request->flow = NULL;
    request->lane->queued--;
    fair->count--;
    free_if_empty(fair, flow);
}

static struct request *next_of_group(const struct fair_group *group, fair_lets_go_fn lets_go,
                                     void *ctx)
{
    const struct fair_flow *flow = group->flows;
    do {
        if (lets_go(ctx, group->id, flow->lane))
            return flow->waiting.head;
        flow = flow->next;
    } while (flow != group->flows);
    return NULL;
}

static struct request *next_of_class(const struct fair_group *head, fair_lets_go_fn lets_go,
                                     void *ctx)
{
    const struct fair_group *group = head;
    if (!group)
        return NULL;
    do {
        struct request *request = next_of_group(group, lets_go, ctx);
        if (request)
            return request;
        group = group->next;
    } while (group != head);
    return NULL;
}

struct request *fair_next(const struct fair *fair, fair_lets_go_fn lets_go, void *ctx)
{
    bool is_lower_due = fair->turns + 1 >= FAIR_LOWER_TURN;
    const struct fair_group *first = fair->groups[TRANSPORT_ON_DEMAND];
    const struct fair_group *second = fair->groups[TRANSPORT_SCHEDULED];
    struct request *request = next_of_class(is_lower_due ? second : first, lets_go, ctx);
    return request ? request : next_of_class(is_lower_due ? first : second, lets_go, ctx);
}

/* A turn counts against the lower class only while that has something to send. */
static void count_turn(struct fair *fair, enum transport_priority priority)
{
    if (priority == TRANSPORT_SCHEDULED || !fair->groups[TRANSPORT_SCHEDULED])
        fair->turns = 0;
    else
        fair->turns++;
}

void fair_take(struct fair *fair, struct request *request)
{
    struct fair_flow *flow = request->flow;
    struct fair_group *group = flow->group;
    struct fair_group **head = &fair->groups[group->priority];
    count_turn(fair, group->priority);
    RING_REMOVE(group->flows, flow);
    RING_ADD_LAST(group->flows, flow);
    RING_REMOVE(*head, group);
    RING_ADD_LAST(*head, group);
    fair_remove(fair, request);
}

/* The first request of the lane, in any class. */
static struct request *first_of_lane(const struct fair *fair, const struct lane *lane)
{
    for (size_t priority = 0; priority < TRANSPORT_PRIORITIES; priority++) {
        const struct fair_group *head = fair->groups[priority], *group = head;
        for (bool is_first = true; group && (is_first || group != head); is_first = false) {
            const struct fair_flow *flow = group->flows;
            do {
                if (flow->lane == lane)
                    return flow->waiting.head;
                flow = flow->next;
            } while (flow != group->flows);
            group = group->next;
        }
    }
    return NULL;
}

void fair_move(struct fair *from, struct fair *to, const struct lane *lane)
{
    struct request *request;
    while ((request = first_of_lane(from, lane))) {
        fair_remove(from, request);
        fair_push(to, request, false);
    }
}
