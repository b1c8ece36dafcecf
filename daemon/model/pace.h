/* How fast rows come to their end lately: the rate of the last half minute, and the time that is
 * left at that rate.
 *
 * Pure: time comes in, nothing is asked for it. An estimate from the whole run would take an hour
 * to notice that a model has become slow, or that it stands still. {0} is a pace without a mark. */
#ifndef DAEMON_MODEL_PACE_H
#define DAEMON_MODEL_PACE_H

#include <stddef.h>
#include <stdint.h>

#define PACE_MARKS 32
#define PACE_MARK_MS 1000 /* between two marks: the window is some 30 s long */
#define PACE_LEAST_MS 300 /* before that nothing is said */

struct pace {
    struct {
        uint64_t at_ms;
        int64_t done;
    } marks[PACE_MARKS];
    size_t first, count;
};

/* From now on, with so many rows done: at the start, after a pause, when rows were taken out. */
void pace_restart(struct pace *pace, uint64_t now_ms, int64_t done);
/* After a row; cheap. */
void pace_note(struct pace *pace, uint64_t now_ms, int64_t done);
/* Rows a second up to now; 0 when none came to its end in the window; NaN: too early to say. */
double pace_rate(const struct pace *pace, uint64_t now_ms, int64_t done);
/* Seconds for so many rows at that rate; NaN: not known, or never. */
double pace_eta_s(double rate, int64_t left);

#endif
