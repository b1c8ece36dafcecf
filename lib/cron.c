/* A line becomes one set of bits a field; the next time is found field by field on the wall clock,
 * the largest unit first, and the zone says what the reading means. */
#include "lib/cron.h"

#include "lib/civil.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define FIELDS 5

enum field_id { MINUTE, HOUR, DAY, MONTH, WEEKDAY };

static const char *const month_names[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                          "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
static const char *const weekday_names[] = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

static const struct field {
    const char *name;
    int low, high;
    const char *const *words; /* NULL: numbers alone */
    int word_count, first;    /* the number of the first word */
} fields[FIELDS] = {
    {"minute", 0, 59, NULL, 0, 0},
    {"hour", 0, 23, NULL, 0, 0},
    {"day of month", 1, 31, NULL, 0, 0},
    {"month", 1, 12, month_names, 12, 1},
    {"day of week", 0, 7, weekday_names, 7, 0},
};

static const struct macro {
    const char *word, *line;
} macros[] = {
    {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
};

const char *as_cron_shift_name(enum as_cron_shift shift)
{
    static const char *const names[] = {
        [AS_CRON_AS_WRITTEN] = "as_written",
        [AS_CRON_AT_JUMP] = "at_jump",
        [AS_CRON_FIRST_OF_TWO] = "first_of_two",
    };
    return names[shift];
}

/* ---- reading ---- */

struct parse {
    const struct field *field;
    char text[AS_CRON_MAX_BYTES]; /* of the field */
    const char *at;
    struct as_err *err;
};

static int refuse(struct parse *parse, const char *why)
{
    const struct field *field = parse->field;
    return as_err_set(parse->err, AS_EINVAL,
                      "%s \"%s\": %s; it is %d to %d%s, in lists, ranges and "
                      "steps: 1,4 or 1-5 or */2 or 1-9/2",
                      field->name, parse->text, why, field->low, field->high,
                      field->words ? " or a name's first three letters" : "");
}

static int take_value(struct parse *parse, int *ret_value)
{
    const struct field *field = parse->field;
    for (int i = 0; i < field->word_count; i++) {
        if (!strncasecmp(parse->at, field->words[i], 3)) {
            parse->at += 3;
            *ret_value = field->first + i;
            return 0;
        }
    }
    const char *begin = parse->at;
    int value = 0;
    while (*parse->at >= '0' && *parse->at <= '9' && value < 1000)
        value = value * 10 + (*parse->at++ - '0');
    if (parse->at == begin)
        return refuse(parse, *begin ? "that is no number" : "something is missing");
    if (value < field->low || value > field->high)
        return refuse(parse, "out of range");
    *ret_value = value;
    return 0;
}

static int take_step(struct parse *parse, bool is_range, int *ret_step)
{
    *ret_step = 1;
    if (*parse->at != '/')
        return 0;
    if (!is_range)
        return refuse(parse, "a step needs a range before it, or *");
    const char *begin = ++parse->at;
    int step = 0;
    while (*parse->at >= '0' && *parse->at <= '9' && step < 1000)
        step = step * 10 + (*parse->at++ - '0');
    if (parse->at == begin || step < 1)
        return refuse(parse, "a step is a number from 1 on");
    *ret_step = step;
    return 0;
}

/* One entry of a list: * or N or A-B, with a step. */
static int take_entry(struct parse *parse, uint64_t *set)
{
    int low = parse->field->low, high = parse->field->high, step;
    bool is_range = *parse->at == '*';
    int rc = 0;
    if (is_range) {
        parse->at++;
    } else {
        rc = take_value(parse, &low);
        high = low;
        if (!rc && *parse->at == '-') {
            parse->at++;
            is_range = true;
            rc = take_value(parse, &high);
            if (!high && low && parse->field == &fields[WEEKDAY]) /* FRI-SUN */
                high = 7;
        }
    }
    if (!rc && high < low)
        rc = refuse(parse, "the range runs backwards");
    if (!rc)
        rc = take_step(parse, is_range, &step);
    for (int value = low; !rc && value <= high; value += step)
        *set |= (uint64_t)1 << value;
    return rc;
}

static int take_field(struct parse *parse, uint64_t *ret_set)
{
    uint64_t set = 0;
    parse->at = parse->text;
    int rc = take_entry(parse, &set);
    while (!rc && *parse->at == ',') {
        parse->at++;
        rc = take_entry(parse, &set);
    }
    if (!rc && *parse->at)
        rc = refuse(parse, "that cannot be read to its end");
    *ret_set = set;
    return rc;
}

static const char *line_of(const char *text)
{
    for (size_t i = 0; i < AS_COUNT(macros); i++)
        if (!strcasecmp(text, macros[i].word))
            return macros[i].line;
    return text;
}

/* The next field into parse->text; false at the end of the line. */
static bool cut_field(const char **at, struct parse *parse)
{
    *at += strspn(*at, " \t");
    size_t len = strcspn(*at, " \t");
    snprintf(parse->text, sizeof(parse->text), "%.*s", (int)len, *at);
    *at += len;
    return len > 0;
}

static bool is_ever_due(const struct as_cron *cron)
{
    if (cron->is_either_day)
        return true;
    for (int month = 1; month <= 12; month++)
        for (int day = 1; day <= as_civil_month_days(2000, month); day++)
            if (cron->months >> month & 1 && cron->days >> day & 1)
                return true;
    return false;
}

int as_cron_parse(const char *text, struct as_cron *ret_cron, struct as_err *err)
{
    struct parse parse = {.err = err};
    uint64_t sets[FIELDS];
    bool is_star[FIELDS];
    if (strlen(text) >= AS_CRON_MAX_BYTES)
        return as_err_set(err, AS_EINVAL, "a cron line has at most %d bytes",
                          AS_CRON_MAX_BYTES - 1);
    const char *line = line_of(text), *at = line;
    if (*line == '@')
        return as_err_set(err, AS_EINVAL,
                          "\"%s\" is none of @hourly, @daily, @weekly, @monthly and "
                          "@yearly",
                          text);
    for (int i = 0; i < FIELDS; i++) {
        parse.field = &fields[i];
        if (!cut_field(&at, &parse))
            return as_err_set(err, AS_EINVAL,
                              "\"%s\" has %d of the five fields: minute, hour, day of "
                              "month, month, day of week",
                              text, i);
        is_star[i] = parse.text[0] == '*';
        int rc = take_field(&parse, &sets[i]);
        if (rc)
            return rc;
    }
    if (cut_field(&at, &parse))
        return as_err_set(err, AS_EINVAL, "\"%s\" goes on after its five fields: \"%s\"", text,
                          parse.text);
    struct as_cron cron = {
        .minutes = sets[MINUTE],
        .hours = (uint32_t)sets[HOUR],
        .days = (uint32_t)sets[DAY],
        .months = (uint32_t)sets[MONTH],
        .weekdays = (uint32_t)(sets[WEEKDAY] | sets[WEEKDAY] >> 7), /* 7 is Sunday too */
        .is_either_day = !is_star[DAY] && !is_star[WEEKDAY],
        .is_rhythm = is_star[MINUTE] || is_star[HOUR],
    };
    if (!is_ever_due(&cron))
        return as_err_set(err, AS_EINVAL, "\"%s\" is never due: no such month has that day", text);
    *ret_cron = cron;
    return 0;
}

/* ---- the wall clock ---- */

static bool fits_day(const struct as_cron *cron, const struct as_civil *at)
{
    int64_t days = as_civil_days(at->year, at->month, at->day);
    bool is_day = cron->days >> at->day & 1;
    bool is_weekday = cron->weekdays >> as_civil_weekday(days) & 1;
    return cron->is_either_day ? is_day || is_weekday : is_day && is_weekday;
}

static void to_next_month(struct as_civil *at)
{
    *at =
        (struct as_civil){.year = at->year + at->month / 12, .month = at->month % 12 + 1, .day = 1};
}

static void to_next_day(struct as_civil *at)
{
    if (at->day == as_civil_month_days(at->year, at->month))
        to_next_month(at);
    else
        *at = (struct as_civil){.year = at->year, .month = at->month, .day = at->day + 1};
}

/* The first reading after wall_s that fits; false: none before year last_year ends. */
static bool next_reading(const struct as_cron *cron, int64_t wall_s, int last_year,
                         int64_t *ret_wall_s)
{
    struct as_civil at = as_civil_of(wall_s + 60);
    at.second = 0;
    while (at.year <= last_year) {
        if (!(cron->months >> at.month & 1)) {
            to_next_month(&at);
        } else if (at.hour > 23 || !fits_day(cron, &at)) {
            to_next_day(&at);
        } else if (!(cron->hours >> at.hour & 1)) {
            at.hour++;
            at.minute = 0;
        } else if (at.minute > 59) {
            at.hour++;
            at.minute = 0;
        } else if (!(cron->minutes >> at.minute & 1)) {
            at.minute++;
        } else {
            *ret_wall_s = as_civil_seconds(&at);
            return true;
        }
    }
    return false;
}

/* A rhythm: the readings that the clock shows in each span, from its first moment on. */
static int next_of_rhythm(const struct as_cron *cron, const struct as_zone *zone, int64_t after_s,
                          int last_year, struct as_cron_due *ret_due)
{
    struct as_zone_span span = as_zone_span_at(zone, after_s);
    int64_t wall_s = after_s + span.offset_s;
    while (next_reading(cron, wall_s, last_year, &wall_s)) {
        if (wall_s - span.offset_s < span.end_s) {
            *ret_due = (struct as_cron_due){wall_s - span.offset_s, AS_CRON_AS_WRITTEN};
            return 0;
        }
        int64_t begin_s = span.end_s;
        span = as_zone_span_at(zone, begin_s);
        wall_s = begin_s - 1 + span.offset_s;
    }
    return AS_ENOENT;
}

/* Times of day: each reading means one moment. Readings rise, and so do their moments, so the first
 * that lies after after_s is it. */
static int next_of_times(const struct as_cron *cron, const struct as_zone *zone, int64_t after_s,
                         int last_year, struct as_cron_due *ret_due)
{
    static const enum as_cron_shift shifts[] = {
        [AS_WALL_ONCE] = AS_CRON_AS_WRITTEN,
        [AS_WALL_TWICE] = AS_CRON_FIRST_OF_TWO,
        [AS_WALL_NEVER] = AS_CRON_AT_JUMP,
    };
    int64_t wall_s = after_s + as_zone_span_at(zone, after_s).offset_s;
    while (next_reading(cron, wall_s, last_year, &wall_s)) {
        int64_t utc_s;
        enum as_wall_kind kind = as_zone_utc_of_wall(zone, wall_s, &utc_s);
        if (utc_s > after_s) {
            *ret_due = (struct as_cron_due){utc_s, shifts[kind]};
            return 0;
        }
    }
    return AS_ENOENT;
}

int as_cron_next(const struct as_cron *cron, const struct as_zone *zone, int64_t after_s,
                 struct as_cron_due *ret_due)
{
    int last_year = as_civil_of(after_s).year + AS_CRON_YEARS;
    return cron->is_rhythm ? next_of_rhythm(cron, zone, after_s, last_year, ret_due)
                           : next_of_times(cron, zone, after_s, last_year, ret_due);
}
