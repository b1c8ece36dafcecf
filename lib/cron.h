/* Cron lines of five fields, as Vixie's cron has them, and when they are due in a time zone.
 *
 * minute (0-59) hour (0-23) day of month (1-31) month (1-12, JAN-DEC) day of week (0-7, SUN-SAT; 0
 * and 7 are Sunday). A field is a list with commas of *, N, A-B, and * or A-B with a step: "1-9/2".
 * Or one word: @hourly, @daily (@midnight), @weekly, @monthly, @yearly (@annually).
 * Where neither day field begins with *, a day that fits one of them is enough; else both must fit.
 *
 * When the clock is changed: a line whose minute or hour begins with * is about a rhythm, and
 * follows the clock on the wall as it is: through both passes of an hour that comes twice, and not
 * at times that never come. Any other line names times of day: one that never comes is due at the
 * moment of the jump, one that comes twice is due the first time. Pure. */
#ifndef LIB_CRON_H
#define LIB_CRON_H

#include "lib/zone.h"

#define AS_CRON_MAX_BYTES 256
#define AS_CRON_YEARS 100 /* a line that is not due for so long never is */

struct as_cron {
    uint64_t minutes; /* a bit for each value */
    uint32_t hours, days, months, weekdays;
    bool is_either_day; /* a fitting day of month or of week is enough */
    bool is_rhythm;
};

/* AS_EINVAL: err names the field, what is wrong and what it may be. A line that can never be due
 * (30 February) is an error too. */
int as_cron_parse(const char *text, struct as_cron *ret_cron, struct as_err *err) AS_MUST_USE;

/* Why a time is what it is. */
enum as_cron_shift {
    AS_CRON_AS_WRITTEN,
    AS_CRON_AT_JUMP, /* the wall clock never shows the time that the line names */
    AS_CRON_FIRST_OF_TWO
};
const char *as_cron_shift_name(enum as_cron_shift shift); /* "as_written", "at_jump" ... */

struct as_cron_due {
    int64_t utc_s;
    enum as_cron_shift shift;
};

/* The first time after after_s. AS_ENOENT: none within AS_CRON_YEARS. */
int as_cron_next(const struct as_cron *cron, const struct as_zone *zone, int64_t after_s,
                 struct as_cron_due *ret_due) AS_MUST_USE;

#endif
