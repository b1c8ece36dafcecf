/* Reads the footer's rule and applies it: the changes of a year and of its neighbours, in order,
 * and the one that the moment lies behind. */
#include "lib/zone_rule.h"

#include "lib/civil.h"

#include <string.h>

#define RULE_HOURS_MAX 167

/* ---- reading ---- */

struct cursor {
    const char *at, *end;
};

static bool take(struct cursor *cursor, char c)
{
    if (cursor->at == cursor->end || *cursor->at != c)
        return false;
    cursor->at++;
    return true;
}

static bool take_number(struct cursor *cursor, int low, int high, int *ret_number)
{
    int number = 0;
    const char *begin = cursor->at;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9' && number <= high)
        number = number * 10 + (*cursor->at++ - '0');
    *ret_number = number;
    return cursor->at > begin && number >= low && number <= high;
}

/* "CET", or "<+0330>" for names that are no letters. */
static bool take_name(struct cursor *cursor, char name[AS_ZONE_ABBREVIATION_BYTES])
{
    bool is_quoted = take(cursor, '<');
    size_t len = 0;
    while (cursor->at < cursor->end && len + 1 < AS_ZONE_ABBREVIATION_BYTES) {
        char c = *cursor->at;
        bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool is_sign = c == '+' || c == '-' || (c >= '0' && c <= '9');
        if (!is_letter && !(is_quoted && is_sign))
            break;
        name[len++] = c;
        cursor->at++;
    }
    name[len] = '\0';
    return len >= 3 && (!is_quoted || take(cursor, '>'));
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(struct cursor *cursor, int hours_max, int32_t *ret_s)
{
    int sign = take(cursor, '-') ? -1 : 1;
    int hours, minutes = 0, seconds = 0;
    if (sign > 0)
        (void)take(cursor, '+');
    if (!take_number(cursor, 0, hours_max, &hours))
        return false;
    if (take(cursor, ':') && !take_number(cursor, 0, 59, &minutes))
        return false;
    if (take(cursor, ':') && !take_number(cursor, 0, 59, &seconds))
        return false;
    *ret_s = sign * (hours * AS_HOUR_S + minutes * 60 + seconds);
    return true;
}

static bool take_day(struct cursor *cursor, struct zone_day *day)
{
    *day = (struct zone_day){.kind = 'n', .time_s = 2 * AS_HOUR_S};
    if (!take(cursor, ','))
        return false;
    if (take(cursor, 'M')) {
        day->kind = 'M';
        if (!take_number(cursor, 1, 12, &day->month) || !take(cursor, '.') ||
            !take_number(cursor, 1, 5, &day->week) || !take(cursor, '.') ||
            !take_number(cursor, 0, 6, &day->day))
            return false;
    } else if (take(cursor, 'J')) {
        day->kind = 'J';
        if (!take_number(cursor, 1, 365, &day->day))
            return false;
    } else if (!take_number(cursor, 0, 365, &day->day)) {
        return false;
    }
    return !take(cursor, '/') || take_time(cursor, RULE_HOURS_MAX, &day->time_s);
}

/* A name and how far the clock lies behind UTC: POSIX counts westwards. */
static bool take_standard(struct cursor *cursor, struct zone_period *period)
{
    int32_t west_s;
    if (!take_name(cursor, period->abbreviation) || !take_time(cursor, 24, &west_s))
        return false;
    period->offset_s = -west_s;
    return true;
}

static bool take_summer(struct cursor *cursor, struct zone_rule *rule)
{
    int32_t west_s;
    rule->summer.offset_s = rule->standard.offset_s + AS_HOUR_S;
    if (!take_name(cursor, rule->summer.abbreviation))
        return false;
    if (cursor->at < cursor->end && *cursor->at != ',') {
        if (!take_time(cursor, 24, &west_s))
            return false;
        rule->summer.offset_s = -west_s;
    }
    rule->has_summer = true;
    return take_day(cursor, &rule->to_summer) && take_day(cursor, &rule->to_standard);
}

int zone_rule_parse(struct as_str text, struct zone_rule *ret_rule)
{
    struct cursor cursor = {text.ptr, text.ptr + text.len};
    struct zone_rule rule = {0};
    if (!take_standard(&cursor, &rule.standard))
        return AS_EINVAL;
    if (cursor.at < cursor.end && !take_summer(&cursor, &rule))
        return AS_EINVAL;
    if (cursor.at != cursor.end)
        return AS_EINVAL;
    *ret_rule = rule;
    return 0;
}

/* ---- applying ---- */

static int64_t day_of(const struct zone_day *day, int year)
{
    int64_t new_year = as_civil_days(year, 1, 1);
    if (day->kind == 'n')
        return new_year + day->day;
    if (day->kind == 'J') /* the 29th of February has no number */
        return new_year + day->day - 1 +
               (day->day >= 60 && as_civil_month_days(year, 2) == 29 ? 1 : 0);
    int64_t first = as_civil_days(year, day->month, 1);
    int date = (day->day - as_civil_weekday(first) + 7) % 7 + (day->week - 1) * 7;
    while (date >= as_civil_month_days(year, day->month)) /* week 5 is the last one */
        date -= 7;
    return first + date;
}

static int64_t change_of(const struct zone_day *day, int year, int32_t offset_before_s)
{
    return day_of(day, year) * AS_DAY_S + day->time_s - offset_before_s;
}

static struct as_zone_span span_of(const struct zone_period *period, bool is_dst)
{
    struct as_zone_span span = {INT64_MIN, INT64_MAX, period->offset_s, is_dst, ""};
    memcpy(span.abbreviation, period->abbreviation, sizeof(span.abbreviation));
    return span;
}

/* Of the changes around the moment, the last one before it and the first one after. A rule that is
 * summer all the year (two changes at the same moment) gives spans that touch, which is no harm. */
struct as_zone_span zone_rule_span_at(const struct zone_rule *rule, int64_t utc_s)
{
    struct as_zone_span span = span_of(&rule->standard, false);
    if (!rule->has_summer)
        return span;
    int year = as_civil_of(utc_s + rule->standard.offset_s).year;
    int64_t end_s = INT64_MAX;
    for (int y = year - 1; y <= year + 1; y++) {
        int64_t on = change_of(&rule->to_summer, y, rule->standard.offset_s);
        int64_t off = change_of(&rule->to_standard, y, rule->summer.offset_s);
        if (on <= utc_s && on > span.begin_s) {
            span = span_of(&rule->summer, true);
            span.begin_s = on;
        }
        if (off <= utc_s && off >= span.begin_s) {
            span = span_of(&rule->standard, false);
            span.begin_s = off;
        }
        if (on > utc_s && on < end_s)
            end_s = on;
        if (off > utc_s && off < end_s)
            end_s = off;
    }
    span.end_s = end_s;
    return span;
}
