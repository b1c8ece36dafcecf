/* Two moments with a dash or two dots between them; what a moment begins with says which kind it
 * is, and both have to be of the same. */
#include "daemon/model/blackout.h"

#include "lib/civil.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define WEEK_S (7 * AS_DAY_S)
#define EPOCH_WEEKDAY_S (4 * AS_DAY_S) /* 1970-01-01 was a Thursday */

struct moment {
    int64_t period_s, at_s;
    bool has_time;
};

static bool parse_clock(const char *text, int64_t *ret_s)
{
    int hour, minute, used = 0;
    if (sscanf(text, "%2d:%2d%n", &hour, &minute, &used) != 2 || text[used])
        return false;
    *ret_s = (int64_t)hour * AS_HOUR_S + minute * 60;
    return hour >= 0 && minute >= 0 && minute < 60 && *ret_s <= AS_DAY_S;
}

static int weekday_of(const char *text)
{
    static const char *const names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    for (int i = 0; i < 7; i++)
        if (!strncasecmp(text, names[i], 3))
            return i;
    return -1;
}

static bool parse_date(const char *text, int *ret_used, int64_t *ret_s)
{
    int year, month, day;
    if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, ret_used) != 3 || year < 1970 ||
        month < 1 || month > 12 || day < 1 || day > as_civil_month_days(year, month))
        return false;
    *ret_s = as_civil_days(year, month, day) * AS_DAY_S;
    return true;
}

static bool parse_moment(const char *text, struct moment *moment)
{
    int used = 0, weekday = weekday_of(text);
    int64_t clock_s = 0;
    *moment = (struct moment){.period_s = AS_DAY_S, .has_time = true};
    if (weekday >= 0) {
        moment->period_s = WEEK_S;
        moment->at_s = (int64_t)weekday * AS_DAY_S;
        used = 3;
    } else if (parse_date(text, &used, &moment->at_s)) {
        moment->period_s = 0;
        moment->has_time = text[used] != '\0';
    }
    text += used;
    if (used && *text == ' ')
        text++;
    if (moment->has_time && !parse_clock(text, &clock_s))
        return false;
    moment->at_s += clock_s;
    return true;
}

/* Where the second moment begins: after "..", or after the dash that is not one of a date's. */
static const char *split(const char *text, size_t *ret_first_len)
{
    const char *dots = strstr(text, ".."), *dash = strrchr(text, '-');
    const char *at = dots ? dots : dash;
    if (!at)
        return NULL;
    *ret_first_len = (size_t)(at - text);
    return at + (dots ? 2 : 1);
}

static void trim(char *text)
{
    size_t begin = strspn(text, " "), len = strlen(text + begin);
    memmove(text, text + begin, len + 1);
    while (len && text[len - 1] == ' ')
        text[--len] = '\0';
}

int blackout_parse(const char *text, struct blackout *ret_blackout)
{
    size_t first_len;
    const char *second = split(text, &first_len);
    char from_text[32], to_text[32];
    struct moment from, to;
    if (!second || first_len >= sizeof(from_text) || strlen(second) >= sizeof(to_text))
        return AS_EINVAL;
    snprintf(from_text, sizeof(from_text), "%.*s", (int)first_len, text);
    snprintf(to_text, sizeof(to_text), "%s", second);
    trim(from_text);
    trim(to_text);
    if (!parse_moment(from_text, &from) || !parse_moment(to_text, &to) ||
        from.period_s != to.period_s)
        return AS_EINVAL;
    if (!to.has_time) /* the last day is included */
        to.at_s += AS_DAY_S;
    if (from.at_s == to.at_s || (!from.period_s && from.at_s > to.at_s))
        return AS_EINVAL;
    *ret_blackout = (struct blackout){from.period_s, from.at_s, to.at_s};
    return 0;
}

int64_t blackout_left_s(const struct blackout *blackout, int64_t wall_s)
{
    int64_t at = wall_s, period_s = blackout->period_s;
    if (period_s) {
        at = (wall_s + (period_s == WEEK_S ? EPOCH_WEEKDAY_S : 0)) % period_s;
        at += at < 0 ? period_s : 0;
    }
    if (blackout->from_s > blackout->to_s && at >= blackout->from_s)
        return period_s - at + blackout->to_s;
    bool has_begun = at >= blackout->from_s || blackout->from_s > blackout->to_s;
    return has_begun && at < blackout->to_s ? blackout->to_s - at : 0;
}
