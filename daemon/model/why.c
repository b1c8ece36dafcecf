/* Wording: a table with a phrase for each kind of wait, and one for each state of a group. */
#include "daemon/model/why.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 3 /* waits in one line; the rest are summed */

struct phrase {
    const char *name; /* on the wire */
    const char *one, *many;
    const char *of; /* before the name; NULL: there is none */
};

static const struct phrase phrases[WHY_KIND_COUNT] = {
    [WHY_MODEL] = {"model", "call in flight", "calls in flight", " to "},
    [WHY_JUDGE] = {"judge", "call in flight", "calls in flight", " to the judge "},
    [WHY_LIMIT] = {"limit", "call put off", "calls put off", " by the rate limit of "},
    [WHY_BACKOFF] = {"backoff", "retry", "retries", " of "},
    [WHY_BUDGET] = {"budget", "call until the budget has room", "calls until the budget has room",
                    NULL},
    [WHY_SCORER] = {"scorer", "row", "rows", " in the worker of "},
    [WHY_WORKER] = {"worker", "row", "rows", " in the worker of provider "},
    [WHY_STORE] = {"store", "commit or look-up in the store", "commits and look-ups in the store",
                   NULL},
    [WHY_CASES] = {"cases", "page of cases", "pages of cases", NULL},
    [WHY_QUEUE] = {"queue", "call in the queue", "calls in the queue", " of "},
    [WHY_HELD] = {"held", "call held back", "calls held back", NULL},
};

const char *why_kind_name(enum why_kind kind)
{
    return phrases[kind].name;
}

/* ---- gathering ---- */

static bool is_same_name(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static struct why_wait *wait_of(struct why_facts *facts, enum why_kind kind, const char *name)
{
    for (size_t i = 0; i < facts->wait_count; i++)
        if (facts->waits[i].kind == kind && is_same_name(facts->waits[i].name, name))
            return &facts->waits[i];
    if (facts->wait_count == WHY_WAITS_MAX)
        return NULL;
    struct why_wait *wait = &facts->waits[facts->wait_count++];
    *wait = (struct why_wait){kind, name, 0, WHY_UNKNOWN_MS, WHY_UNKNOWN_MS};
    return wait;
}

void why_add(struct why_facts *facts, enum why_kind kind, const char *name, int64_t waited_ms,
             int64_t next_ms)
{
    struct why_wait *wait = wait_of(facts, kind, name);
    if (!wait)
        return;
    wait->count++;
    if (waited_ms > wait->oldest_ms)
        wait->oldest_ms = waited_ms;
    if (next_ms >= 0 && (wait->next_ms < 0 || next_ms < wait->next_ms))
        wait->next_ms = next_ms;
}

static bool is_behind(enum why_kind kind)
{
    return kind == WHY_QUEUE || kind == WHY_HELD;
}

static int compare_waits(const void *a, const void *b)
{
    const struct why_wait *x = a, *y = b;
    if (is_behind(x->kind) != is_behind(y->kind))
        return is_behind(x->kind) ? 1 : -1;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return strcmp(x->name ? x->name : "", y->name ? y->name : "");
}

void why_sort(struct why_facts *facts)
{
    qsort(facts->waits, facts->wait_count, sizeof(facts->waits[0]), compare_waits);
}

/* ---- wording ---- */

static void add_wait(struct as_buf *out, const struct why_wait *wait)
{
    const struct phrase *phrase = &phrases[wait->kind];
    as_buf_addf(out, "%lld %s", (long long)wait->count,
                wait->count == 1 ? phrase->one : phrase->many);
    if (phrase->of && wait->name)
        as_buf_addf(out, "%s%s", phrase->of, wait->name);
    if (wait->next_ms >= 0)
        as_buf_addf(out, " (the next in %.1f s)", (double)wait->next_ms / 1000);
    else if (wait->oldest_ms >= 0 && wait->count > 1)
        as_buf_addf(out, " (the oldest for %.1f s)", (double)wait->oldest_ms / 1000);
    else if (wait->oldest_ms >= 0)
        as_buf_addf(out, " (for %.1f s)", (double)wait->oldest_ms / 1000);
}

static void add_waits(struct as_buf *out, const struct why_facts *facts)
{
    size_t shown = facts->wait_count < SHOWN_MAX ? facts->wait_count : SHOWN_MAX;
    for (size_t i = 0; i < shown; i++) {
        as_buf_adds(out, i ? ", " : "");
        add_wait(out, &facts->waits[i]);
    }
    if (facts->wait_count > shown)
        as_buf_addf(out, ", and %zu more waits", facts->wait_count - shown);
}

static void add_pause(struct as_buf *out, const struct why_facts *facts)
{
    bool is_held = facts->state == GROUP_HELD;
    as_buf_adds(out, is_held ? "held" : "paused");
    if (facts->paused_by)
        as_buf_addf(out, " by %s", facts->paused_by);
    if (facts->paused_why)
        as_buf_addf(out, " because: %s", facts->paused_why);
    if (facts->wait_count) {
        as_buf_adds(out, "; under way: ");
        add_waits(out, facts);
    }
}

void why_sentence(const struct why_facts *facts, struct as_buf *out)
{
    const char *error = facts->error && *facts->error ? facts->error : "the log says why";
    switch (facts->state) {
    case GROUP_DONE: as_buf_adds(out, "nothing: it is done"); return;
    case GROUP_CANCELLED: as_buf_addf(out, "nothing: it was cancelled (%s)", error); return;
    case GROUP_FAULTED:
        as_buf_addf(out, "a remedy, and `run resume`: it stands still (%s)", error);
        return;
    case GROUP_FAILED: as_buf_addf(out, "nothing: it has failed (%s)", error); return;
    case GROUP_FINISHING: as_buf_adds(out, "its result: every row is done"); return;
    case GROUP_PAUSED:
    case GROUP_HELD: add_pause(out, facts); return;
    case GROUP_PENDING: as_buf_adds(out, "its start"); return;
    case GROUP_CANCELLING:
    case GROUP_RUNNING:
    case GROUP_STATE_COUNT: break;
    }
    if (facts->wait_count)
        add_waits(out, facts);
    else
        as_buf_adds(out, facts->state == GROUP_CANCELLING ? "the end of what is being given up"
                                                          : "nothing: its next rows begin now");
}
