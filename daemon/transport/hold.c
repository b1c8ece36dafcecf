/* A list of what is paused; what is not is not in it. */
#include "daemon/transport/hold.h"

#include <stdlib.h>

static size_t find(const struct hold_list *list, int64_t group_id)
{
    size_t at = 0;
    while (at < list->count && list->holds[at].group_id != group_id)
        at++;
    return at;
}

void hold_set(struct hold_list *list, int64_t group_id, enum transport_hold what)
{
    size_t at = find(list, group_id);
    if (what == TRANSPORT_HOLD_NONE) {
        if (at < list->count)
            list->holds[at] = list->holds[--list->count];
        return;
    }
    if (at == list->count)
        list->holds = as_xrealloc(list->holds, ++list->count * sizeof(*list->holds));
    list->holds[at] = (struct hold){group_id, what};
}

bool hold_applies(const struct hold_list *list, int64_t group_id, bool is_first)
{
    size_t at = find(list, group_id);
    return at < list->count && (list->holds[at].what == TRANSPORT_HOLD_ALL || is_first);
}

void hold_list_done(struct hold_list *list)
{
    free(list->holds);
    *list = (struct hold_list){0};
}
