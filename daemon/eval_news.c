/* By path, for a file that is refused may be of any name. */
#include "daemon/eval_news.h"

#include <string.h>

static bool is_refused(const struct eval_set *set, const char *path)
{
    for (size_t i = 0; i < set->refusal_count; i++)
        if (!strcmp(set->refusals[i].path, path))
            return true;
    return false;
}

static void emit(struct events *events, const char *path, bool is_over, const char *text)
{
    struct event event = {
        .kind = EVENT_CONFIG_REFUSED, .is_over = is_over, .subject = path, .text = text};
    events_emit(events, &event);
}

/* The first problem is enough to know which file to open. */
static void tell_refusal(struct events *events, const struct eval_refusal *refusal)
{
    struct as_buf text = {0};
    as_buf_addf(&text, "the eval is refused, and its schedules start nothing: %.*s",
                (int)strcspn(refusal->reason, "\n"), refusal->reason);
    emit(events, refusal->path, false, text.ptr);
    as_buf_done(&text);
}

void eval_news_tell(struct events *events, const struct eval_set *before,
                    const struct eval_set *after)
{
    if (!before)
        return;
    for (size_t i = 0; i < after->refusal_count; i++)
        if (!is_refused(before, after->refusals[i].path))
            tell_refusal(events, &after->refusals[i]);
    for (size_t i = 0; i < before->refusal_count; i++)
        if (!is_refused(after, before->refusals[i].path))
            emit(events, before->refusals[i].path, true, "the eval's file is refused no longer");
}
