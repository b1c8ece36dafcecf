/* A ring of marks, each a time and how many rows were done then. The rate is taken from the oldest
 * that is in the window to now, so it falls while nothing happens. */
#include "daemon/model/pace.h"

#include <math.h>

#define WINDOW_MS ((uint64_t)(PACE_MARKS - 2) * PACE_MARK_MS)

static size_t index_of(const struct pace *pace, size_t nth)
{
    return (pace->first + nth) % PACE_MARKS;
}

static void add_mark(struct pace *pace, uint64_t now_ms, int64_t done)
{
    if (pace->count == PACE_MARKS) {
        pace->first = index_of(pace, 1);
        pace->count--;
    }
    size_t at = index_of(pace, pace->count++);
    pace->marks[at].at_ms = now_ms;
    pace->marks[at].done = done;
}

void pace_restart(struct pace *pace, uint64_t now_ms, int64_t done)
{
    *pace = (struct pace){0};
    add_mark(pace, now_ms, done);
}

void pace_note(struct pace *pace, uint64_t now_ms, int64_t done)
{
    if (!pace->count || now_ms - pace->marks[index_of(pace, pace->count - 1)].at_ms >= PACE_MARK_MS)
        add_mark(pace, now_ms, done);
}

/* The last mark that is at least as old as the window; else the first there is. */
static size_t window_begin(const struct pace *pace, uint64_t now_ms)
{
    size_t at = 0;
    while (at + 1 < pace->count && now_ms - pace->marks[index_of(pace, at + 1)].at_ms >= WINDOW_MS)
        at++;
    return index_of(pace, at);
}

double pace_rate(const struct pace *pace, uint64_t now_ms, int64_t done)
{
    if (!pace->count)
        return NAN;
    size_t begin = window_begin(pace, now_ms);
    uint64_t elapsed_ms = now_ms - pace->marks[begin].at_ms;
    int64_t rows = done - pace->marks[begin].done;
    if (elapsed_ms < PACE_LEAST_MS || (!rows && elapsed_ms < WINDOW_MS))
        return NAN;
    return rows > 0 ? 1000.0 * (double)rows / (double)elapsed_ms : 0;
}

double pace_eta_s(double rate, int64_t left)
{
    return rate > 0 ? (double)left / rate : NAN;
}
