/* Dates of the Gregorian calendar and seconds, without a time zone: seconds are counted from
 * 1970-01-01 00:00 on whatever clock hangs on the wall. Pure; years 1 to 9999. */
#ifndef LIB_CIVIL_H
#define LIB_CIVIL_H

#include <stdint.h>

#define AS_DAY_S 86400
#define AS_HOUR_S 3600

struct as_civil {
    int year, month, day;     /* month and day from 1 */
    int hour, minute, second; /* of day */
};

/* Days from 1970-01-01; the proleptic calendar. */
int64_t as_civil_days(int year, int month, int day);
int64_t as_civil_seconds(const struct as_civil *civil);
struct as_civil as_civil_of(int64_t seconds);
int as_civil_weekday(int64_t days); /* 0 is Sunday */
int as_civil_month_days(int year, int month);

#define AS_CIVIL_TEXT_BYTES 64
/* "2026-01-31 15:04" */
void as_civil_text(int64_t seconds, char ret_text[AS_CIVIL_TEXT_BYTES]);

#endif
