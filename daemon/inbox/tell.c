/* What people are told of inboxes, in one sentence each, and with counts for programs. */
#include "daemon/inbox/tell.h"

#include <inttypes.h>

#define EVENTS_MAX 2 /* of a batch */

struct sums {
    int64_t taken, refused, good, known, dropped, bad;
    const char *first_refused;
};

static struct sums sums_of(const struct inbox_taking *taking)
{
    struct sums sums = {0};
    for (size_t i = 0; i < taking->count; i++) {
        const struct inbox_file *file = &taking->files[i];
        if (file->is_refused && !sums.refused++)
            sums.first_refused = file->name;
        sums.taken += !file->is_refused;
        sums.good += file->good;
        sums.known += file->known;
        sums.dropped += file->dropped;
        sums.bad += file->bad;
    }
    return sums;
}

static const char *text_of(const struct as_json *json, struct as_arena *arena)
{
    struct as_buf text = {0};
    as_json_write(json, &text);
    const char *copy = as_arena_strdup(arena, text.ptr);
    as_buf_done(&text);
    return copy;
}

static const char *detail_of(const struct sums *sums, size_t kept_back, struct as_arena *arena)
{
    AS_CLEANUP_JSON struct as_json *detail = as_json_object();
    as_json_set_int(detail, "files", sums->taken);
    as_json_set_int(detail, "refused", sums->refused);
    as_json_set_int(detail, "kept_back", (int64_t)kept_back);
    as_json_set_int(detail, "good", sums->good);
    as_json_set_int(detail, "known", sums->known);
    as_json_set_int(detail, "dropped", sums->dropped);
    as_json_set_int(detail, "bad", sums->bad);
    return text_of(detail, arena);
}

static const char *plural(int64_t count)
{
    return count == 1 ? "" : "s";
}

void tell_noted(struct inbox_taking *taking, size_t kept_back, struct as_arena *arena)
{
    struct sums sums = sums_of(taking);
    struct event event = {.at_ms = taking->now_ms,
                          .subject = taking->files[0].dataset,
                          .detail_json = detail_of(&sums, kept_back, arena)};
    struct event *events = as_arena_alloc(arena, EVENTS_MAX * sizeof(*events));
    taking->events = events;
    taking->event_count = 0;
    if (sums.taken) {
        event.kind = EVENT_INBOX_TAKEN;
        event.text = as_arena_printf(arena,
                                     "%" PRId64 " file%s of the inbox %s taken in: %" PRId64
                                     " new case%s, %" PRId64 " known, %" PRId64 " bad line%s",
                                     sums.taken, plural(sums.taken), event.subject, sums.good,
                                     plural(sums.good), sums.known, sums.bad, plural(sums.bad));
        events[taking->event_count++] = event;
    }
    if (sums.refused) {
        event.kind = EVENT_INBOX_REFUSED;
        event.text =
            as_arena_printf(arena,
                            "%" PRId64 " file%s of the inbox %s refused, for no case could "
                            "be read: %s%s; see %s.reason in bad/",
                            sums.refused, plural(sums.refused), event.subject, sums.first_refused,
                            sums.refused > 1 ? " and others" : "", sums.first_refused);
        events[taking->event_count++] = event;
    }
}

void tell_kept_back(struct events *events, const struct inbox_file *file, const char *why)
{
    struct as_arena arena = {0};
    AS_CLEANUP_JSON struct as_json *detail = as_json_object();
    as_json_set_str(detail, "file", file->name);
    struct event event = {
        .kind = EVENT_INBOX_REFUSED,
        .subject = file->dataset,
        .text = as_arena_printf(&arena, "a file of the inbox %s stays: %s", file->dataset, why),
        .detail_json = text_of(detail, &arena),
    };
    events_emit(events, &event);
    as_arena_done(&arena);
}

void tell_failed(struct events *events, const char *dataset, const char *why)
{
    struct as_buf text = {0};
    as_buf_addf(&text, "the inbox %s %s%s", dataset, why ? "takes nothing in: " : "works again",
                why ? why : "");
    struct event event = {
        .kind = EVENT_INBOX_FAILED, .is_over = !why, .subject = dataset, .text = text.ptr};
    events_emit(events, &event);
    as_buf_done(&text);
}
