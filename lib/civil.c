/* Days are counted in years that begin in March, so that the leap day is the last of its year: then
 * a month's offset is a straight line, and 400 years are a whole number of days (H. Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms"). */
#include "lib/civil.h"

#include <stdbool.h>
#include <stdio.h>

#define ERA_YEARS 400
#define ERA_DAYS 146097
#define EPOCH_DAYS 719468 /* from 0000-03-01 to 1970-01-01 */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

int64_t as_civil_days(int year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = floor_div(y, ERA_YEARS);
    int64_t year_of_era = y - era * ERA_YEARS;
    int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    int64_t leaps = year_of_era / 4 - year_of_era / 100;
    return era * ERA_DAYS + year_of_era * 365 + leaps + day_of_year - EPOCH_DAYS;
}

int64_t as_civil_seconds(const struct as_civil *civil)
{
    return as_civil_days(civil->year, civil->month, civil->day) * AS_DAY_S +
           (int64_t)civil->hour * AS_HOUR_S + civil->minute * 60 + civil->second;
}

struct as_civil as_civil_of(int64_t seconds)
{
    int64_t days = floor_div(seconds, AS_DAY_S);
    int left = (int)(seconds - days * AS_DAY_S);
    int64_t shifted = days + EPOCH_DAYS;
    int64_t era = floor_div(shifted, ERA_DAYS);
    int64_t day_of_era = shifted - era * ERA_DAYS;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * day_of_year + 2) / 153;
    int month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
    return (struct as_civil){
        .year = (int)(era * ERA_YEARS + year_of_era) + (month <= 2),
        .month = month,
        .day = (int)(day_of_year - (153 * from_march + 2) / 5) + 1,
        .hour = left / AS_HOUR_S,
        .minute = left / 60 % 60,
        .second = left % 60,
    };
}

int as_civil_weekday(int64_t days)
{
    int64_t weekday = (days + 4) % 7; /* 1970-01-01 was a Thursday */
    return (int)(weekday < 0 ? weekday + 7 : weekday);
}

int as_civil_month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && is_leap);
}

void as_civil_text(int64_t seconds, char ret_text[AS_CIVIL_TEXT_BYTES])
{
    struct as_civil at = as_civil_of(seconds);
    snprintf(ret_text, AS_CIVIL_TEXT_BYTES, "%04d-%02d-%02d %02d:%02d", at.year, at.month, at.day,
             at.hour, at.minute);
}
