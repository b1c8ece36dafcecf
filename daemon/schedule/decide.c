/* What a batch of times that came due becomes, given what is under way; then, when that is on disk,
 * what is done about it. */
#include "daemon/schedule/start.h"

#include "lib/log.h"

#include <inttypes.h>

struct decision {
    struct schedule_time times[ENTRY_TIMES_MAX];
    size_t count;
    bool replaces; /* the last of them takes the place of what is under way */
};

static void decide_start(const struct entry *entry, struct decision *decision, size_t owed,
                         struct schedule_time *time)
{
    if (time->is_late || (!entry->live_run && !owed))
        return;
    if (entry->rules->on_missed == SCHEDULE_MISSED_RUN_ALL && decision->count)
        return; /* the last of several that are all made up for */
    if (entry->rules->overlap == SCHEDULE_OVERLAP_REPLACE) {
        decision->replaces = true;
    } else if (entry->rules->overlap == SCHEDULE_OVERLAP_SKIP || owed) {
        time->state = SCHEDULE_SKIPPED;
        time->why =
            owed ? "another time waits for its turn already" : "the run before is still under way";
    }
}

static struct schedule_time time_of(const struct due_time *due, int64_t now_ms)
{
    static const enum schedule_state states[] = {
        [DUE_START] = SCHEDULE_OWED,
        [DUE_MISSED] = SCHEDULE_MISSED,
        [DUE_BLACKOUT] = SCHEDULE_BLACKOUT,
    };
    return (struct schedule_time){
        .slot = {.due_ms = due->due_ms},
        .state = states[due->action],
        .is_late = due->is_late,
        .at_ms = now_ms,
        .why = due->action == DUE_MISSED ? "assayd was not there at its time" : NULL,
    };
}

/* It stands for all from there to the next. */
static struct schedule_time untold_time(int64_t untold_ms, int64_t now_ms)
{
    return (struct schedule_time){
        .slot = {.due_ms = untold_ms},
        .state = SCHEDULE_MISSED,
        .at_ms = now_ms,
        .why = "assayd was not there, from this time to the next that is told",
    };
}

static void decide(const struct entry *entry, const struct due_time *dues, size_t count,
                   int64_t now_ms, struct decision *decision)
{
    size_t owed = entry->owed_count;
    for (size_t i = 0; i < count; i++) {
        struct schedule_time time = time_of(&dues[i], now_ms);
        if (time.state == SCHEDULE_OWED)
            decide_start(entry, decision, owed, &time);
        owed += time.state == SCHEDULE_OWED;
        decision->times[decision->count++] = time;
    }
}

static void was_decided(struct entry *entry, const struct schedule_time *times, const bool *is_new,
                        size_t count, const struct as_err *err, void *ctx)
{
    bool replaces = ctx != NULL;
    if (err) {
        as_log_err("schedule=%s %s; it is tried again", entry->seed, err->msg);
        entry->next_ms = 0;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_new[i])
            continue;
        if (times[i].state == SCHEDULE_OWED) {
            if (replaces && i + 1 == count)
                entry_replace(entry);
            entry_owe(entry, &(struct owed_time){.due_ms = times[i].slot.due_ms,
                                                 .is_late = times[i].is_late});
        } else {
            as_log_warn("schedule=%s due_ms=%" PRId64 " %s%s%s", entry->seed, times[i].slot.due_ms,
                        schedule_state_name(times[i].state), times[i].why ? ": " : "",
                        times[i].why ? times[i].why : "");
        }
    }
}

bool entry_take_due(struct entry *entry, int64_t now_ms)
{
    struct due_look look = {entry->seed, entry->rules, entry->zone, entry->mark.seen_ms, now_ms};
    struct due_time dues[DUE_TIMES_MAX], next;
    struct decision decision = {.count = 0};
    int64_t untold_ms;
    size_t count = due_collect(&look, dues, &untold_ms);
    entry->next_ms = due_next(&look, true, &next) ? INT64_MAX : next.start_ms;
    if (!count)
        return false;
    if (untold_ms)
        decision.times[decision.count++] = untold_time(untold_ms, now_ms);
    decide(entry, dues, count, now_ms, &decision);
    struct entry_note note = {
        .mark = entry->mark,
        .times = decision.times,
        .count = decision.count,
        .has_untold = untold_ms != 0,
        .done = was_decided,
        .ctx = decision.replaces ? entry : NULL,
    };
    note.mark.seen_ms = now_ms;
    entry_write(entry, &note);
    return true;
}
