/* Jitter is a hash of the schedule and of the time, so that a restart does not draw anew. A run
 * that starts within its jitter belongs to a time before it: times are looked for from that far
 * back. */
#include "daemon/schedule/due.h"

#include "lib/buf.h"
#include "lib/hash.h"

#include <string.h>

#define LOOK_AHEAD_MS (AS_CRON_YEARS * 366ll * 24 * 3600 * 1000)
#define STEPS_MAX 10000 /* blackouts may cover every time that a line has */

const char *due_action_name(enum due_action action)
{
    static const char *const names[] = {
        [DUE_START] = "start",
        [DUE_MISSED] = "missed",
        [DUE_BLACKOUT] = "blackout",
    };
    return names[action];
}

/* 0 up to the limit, a second of it too. */
static int64_t jitter_ms(const struct due_look *look, int64_t due_ms)
{
    struct as_buf text = {0};
    uint64_t drawn = 0;
    if (!look->rules->jitter_ms)
        return 0;
    as_buf_addf(&text, "%s/%lld", look->seed, (long long)due_ms);
    struct as_sha256 hash = as_sha256_of(text.ptr, text.len);
    memcpy(&drawn, hash.bytes, sizeof(drawn));
    as_buf_done(&text);
    return (int64_t)(drawn % ((uint64_t)look->rules->jitter_ms + 1));
}

/* By the clock on the wall, of the blackout that goes on longest; 0: there is none. */
static int64_t blackout_s(const struct due_look *look, int64_t utc_s)
{
    int64_t wall_s = utc_s + as_zone_span_at(look->zone, utc_s).offset_s, longest_s = 0;
    for (size_t i = 0; i < look->rules->blackout_count; i++) {
        int64_t left_s = blackout_left_s(&look->rules->blackouts[i], wall_s);
        longest_s = left_s > longest_s ? left_s : longest_s;
    }
    return longest_s;
}

/* The last second of the blackout that there is at that moment. */
static int64_t blackout_last_second(const struct due_look *look, int64_t utc_s)
{
    int64_t wall_s = utc_s + as_zone_span_at(look->zone, utc_s).offset_s, end_s;
    (void)as_zone_utc_of_wall(look->zone, wall_s + blackout_s(look, utc_s), &end_s);
    return end_s - 1 > utc_s ? end_s - 1 : utc_s;
}

/* The time after *at_s, which is moved to it. */
static bool step(const struct due_look *look, int64_t *at_s, struct due_time *ret_time)
{
    struct as_cron_due due;
    if (as_cron_next(&look->rules->cron, look->zone, *at_s, &due))
        return false;
    *at_s = due.utc_s;
    *ret_time = (struct due_time){
        .due_ms = due.utc_s * 1000,
        .start_ms = due.utc_s * 1000 + jitter_ms(look, due.utc_s * 1000),
        .shift = due.shift,
        .action = blackout_s(look, due.utc_s) ? DUE_BLACKOUT : DUE_START,
    };
    return true;
}

/* The last second before the times that can start after ms. */
static int64_t first_second(const struct due_look *look, int64_t ms)
{
    int64_t from_ms = ms - look->rules->jitter_ms;
    return (from_ms >= 0 ? from_ms : from_ms - 999) / 1000 - 1;
}

/* Those that nobody was there for: all are missed but what on_missed makes up for. A time that is
 * on time makes up for those before it. */
static void settle_missed(const struct due_look *look, struct due_time *times, size_t count)
{
    bool is_made_up = look->rules->on_missed == SCHEDULE_MISSED_SKIP;
    for (size_t i = count; i-- > 0;) {
        struct due_time *time = &times[i];
        if (time->action != DUE_START)
            continue;
        bool is_late = look->now_ms - time->start_ms > DUE_GRACE_MS;
        if (is_late && look->rules->on_missed != SCHEDULE_MISSED_RUN_ALL && is_made_up)
            time->action = DUE_MISSED;
        time->is_late = is_late && time->action == DUE_START;
        is_made_up = is_made_up || time->action == DUE_START;
    }
}

/* As many times as there is room for, or more, in after_s < t <= until_s. */
static bool has_room_full(const struct due_look *look, int64_t after_s, int64_t until_s)
{
    for (size_t i = 0; i < DUE_TIMES_MAX; i++) {
        struct as_cron_due due;
        if (as_cron_next(&look->rules->cron, look->zone, after_s, &due) || due.utc_s > until_s)
            return false;
        after_s = due.utc_s;
    }
    return true;
}

/* From where to step so that none of the last times is passed over, and few before them are not:
 * found by halving the time since the last look. Those from seen_ms on, and older than any jitter,
 * have certainly started meanwhile. */
static int64_t last_second(const struct due_look *look)
{
    int64_t low_s = look->seen_ms / 1000, high_s = first_second(look, look->now_ms);
    int64_t until_s = high_s;
    if (!has_room_full(look, low_s, until_s))
        return first_second(look, look->seen_ms);
    while (high_s - low_s > 1) {
        int64_t mid_s = low_s + (high_s - low_s) / 2;
        if (has_room_full(look, mid_s, until_s))
            low_s = mid_s;
        else
            high_s = mid_s;
    }
    return low_s;
}

/* The next time after *at_s that starts since the last look and until now. */
static bool step_to_owed(const struct due_look *look, int64_t *at_s, struct due_time *ret_time)
{
    while (step(look, at_s, ret_time) && ret_time->due_ms <= look->now_ms)
        if (ret_time->start_ms > look->seen_ms && ret_time->start_ms <= look->now_ms)
            return true;
    return false;
}

size_t due_collect(const struct due_look *look, struct due_time times[DUE_TIMES_MAX],
                   int64_t *ret_untold_ms)
{
    int64_t at_s = first_second(look, look->seen_ms);
    size_t count = 0;
    struct due_time first, time;
    *ret_untold_ms = 0;
    if (!step_to_owed(look, &at_s, &first))
        return 0;
    at_s = last_second(look);
    while (step_to_owed(look, &at_s, &time)) {
        if (count == DUE_TIMES_MAX)
            memmove(times, times + 1, --count * sizeof(*times));
        times[count++] = time;
    }
    if (first.due_ms < times[0].due_ms)
        *ret_untold_ms = first.due_ms;
    settle_missed(look, times, count);
    return count;
}

int due_next(const struct due_look *look, bool with_blackouts, struct due_time *ret_time)
{
    int64_t at_s = first_second(look, look->now_ms);
    struct due_time time, best = {0};
    bool has_best = false;
    /* A later time may start earlier: by its jitter, which is bounded. */
    for (int steps = 0; steps < STEPS_MAX && step(look, &at_s, &time); steps++) {
        if (time.due_ms - look->now_ms > LOOK_AHEAD_MS)
            break;
        bool is_passed_over = time.action == DUE_BLACKOUT && !with_blackouts;
        if (has_best && time.due_ms > best.start_ms)
            break;
        if (is_passed_over)
            at_s = blackout_last_second(look, at_s);
        if (is_passed_over || time.start_ms <= look->now_ms)
            continue;
        if (!has_best || time.start_ms < best.start_ms)
            best = time;
        has_best = true;
    }
    if (!has_best)
        return AS_ENOENT;
    *ret_time = best;
    return 0;
}
