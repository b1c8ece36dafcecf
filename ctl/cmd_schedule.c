/* schedule explain: when a cron line is due. It needs no daemon: the line, the time zone and the
 * arithmetic are the same code as the daemon's. */
#include "ctl/grid.h"
#include "ctl/print.h"
#include "ctl/run_commands.h"
#include "lib/civil.h"
#include "lib/cron.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NEXT_DEFAULT 5
#define NEXT_MAX 1000

static const char *const shift_names[] = {
    [AS_CRON_AS_WRITTEN] = "as_written",
    [AS_CRON_AT_JUMP] = "at_jump",
    [AS_CRON_FIRST_OF_TWO] = "first_of_two",
};

/* ---- the command line ---- */

/* "2026-03-29" or "2026-03-29T01:30" or "2026-03-29 01:30:00": on the zone's clocks, or in UTC with
 * a Z behind it. */
static int parse_time(const char *text, const struct as_zone *zone, int64_t *ret_utc_s,
                      struct as_err *err)
{
    struct as_civil at = {0};
    int used = 0, more = 0;
    char mark = 0;
    bool is_good = sscanf(text, "%4d-%2d-%2d%n", &at.year, &at.month, &at.day, &used) == 3;
    if (is_good && sscanf(text + used, "%c%2d:%2d%n", &mark, &at.hour, &at.minute, &more) == 3) {
        used += more;
        is_good = mark == 'T' || mark == ' ';
        more = 0;
        if (sscanf(text + used, ":%2d%n", &at.second, &more) == 1)
            used += more;
    }
    bool is_utc = text[used] == 'Z';
    is_good = is_good && !text[used + is_utc] && at.year > 0 && at.month >= 1 && at.month <= 12 &&
              at.day >= 1 && at.day <= as_civil_month_days(at.year, at.month) && at.hour >= 0 &&
              at.hour < 24 && at.minute >= 0 && at.minute < 60 && at.second >= 0 && at.second < 60;
    if (!is_good)
        return as_err_set(err, AS_EUSAGE,
                          "--from takes a time like 2026-03-29, 2026-03-29T01:30 or "
                          "2026-03-29T01:30Z, not '%s'",
                          text);
    *ret_utc_s = as_civil_seconds(&at);
    if (!is_utc)
        (void)as_zone_utc_of_wall(zone, *ret_utc_s, ret_utc_s);
    return 0;
}

static int parse_count(const char *text, long *ret_count, struct as_err *err)
{
    char *end = NULL;
    *ret_count = text ? strtol(text, &end, 10) : NEXT_DEFAULT;
    if (!text || (end != text && !*end && *ret_count >= 1 && *ret_count <= NEXT_MAX))
        return 0;
    return as_err_set(err, AS_EUSAGE, "--next takes a number from 1 to %d, not '%s'", NEXT_MAX,
                      text);
}

/* ---- the answer ---- */

static struct as_json *values_json(uint64_t set, int low, int high)
{
    struct as_json *list = as_json_array();
    for (int value = low; value <= high; value++)
        if (set >> value & 1)
            as_json_push_take(list, as_json_new_int(value));
    return list;
}

static struct as_json *fields_json(const struct as_cron *cron)
{
    struct as_json *json = as_json_object();
    as_json_set_take(json, "minutes", values_json(cron->minutes, 0, 59));
    as_json_set_take(json, "hours", values_json(cron->hours, 0, 23));
    as_json_set_take(json, "days", values_json(cron->days, 1, 31));
    as_json_set_take(json, "months", values_json(cron->months, 1, 12));
    as_json_set_take(json, "weekdays", values_json(cron->weekdays, 0, 6));
    return json;
}

static struct as_json *due_json(const struct as_cron_due *due, const struct as_zone *zone)
{
    struct as_zone_span span = as_zone_span_at(zone, due->utc_s);
    struct as_civil wall = as_civil_of(due->utc_s + span.offset_s);
    struct as_json *json = as_json_object();
    char text[64];
    snprintf(text, sizeof(text), "%04d-%02d-%02d %02d:%02d", wall.year, wall.month, wall.day,
             wall.hour, wall.minute);
    as_json_set_int(json, "due_ms", due->utc_s * 1000);
    as_json_set_str(json, "local", text);
    as_json_set_int(json, "offset_s", span.offset_s);
    as_json_set_str(json, "abbreviation", span.abbreviation);
    as_json_set_str(json, "shift", shift_names[due->shift]);
    return json;
}

static struct as_json *explain(const struct as_cron *cron, const struct as_zone *zone,
                               int64_t from_s, long count)
{
    struct as_json *json = as_json_object(), *next = as_json_array();
    struct as_cron_due due = {.utc_s = from_s};
    for (long i = 0; i < count && !as_cron_next(cron, zone, due.utc_s, &due); i++)
        as_json_push_take(next, due_json(&due, zone));
    as_json_set_str(json, "timezone", as_zone_name(zone));
    as_json_set_int(json, "from_ms", from_s * 1000);
    as_json_set_take(json, "fields", fields_json(cron));
    as_json_set_bool(json, "is_either_day", cron->is_either_day);
    as_json_set_bool(json, "is_rhythm", cron->is_rhythm);
    as_json_set_take(json, "next", next);
    return json;
}

int command_schedule_explain(struct ctl *ctl, struct args *args, struct as_err *err)
{
    const char *zone_name = args_value(args, "tz"), *from = args_value(args, "from");
    struct as_zone *zone = NULL;
    struct as_cron cron;
    int64_t from_s = (int64_t)time(NULL);
    long count;
    int rc = parse_count(args_value(args, "next"), &count, err);
    if (!rc)
        rc = as_cron_parse(args->rest[0], &cron, err);
    if (!rc)
        rc = as_zone_open(zone_name ? zone_name : "UTC", &zone, err);
    if (!rc && from)
        rc = parse_time(from, zone, &from_s, err);
    if (!rc) {
        AS_CLEANUP_JSON struct as_json *json = explain(&cron, zone, from_s, count);
        as_json_set_str(json, "cron", args->rest[0]);
        ctl_show(ctl, args->command, json);
    }
    as_zone_free(zone);
    return rc;
}

/* ---- for people ---- */

static const char *const weekday_words[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char *const month_words[] = {"",    "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* "1-5, 7": runs of three or more as ranges; "any" when all are there. */
static void print_values(const struct output *out, const char *label, const struct as_json *list,
                         size_t all, const char *const *words)
{
    struct as_buf text = {0};
    size_t count = as_json_len(list);
    as_buf_adds(&text, count == all ? "any" : "");
    for (size_t i = 0; i < count && count < all;) {
        int64_t first = as_json_int(as_json_at(list, i), 0), last = first;
        size_t j = i + 1;
        while (j < count && as_json_int(as_json_at(list, j), 0) == last + 1) {
            last++;
            j++;
        }
        if (last < first + 2) { /* two neighbours read better one by one */
            last = first;
            j = i + 1;
        }
        as_buf_adds(&text, i ? ", " : "");
        for (int64_t value = first;; value = last) {
            if (words)
                as_buf_adds(&text, words[value]);
            else
                as_buf_addf(&text, "%lld", (long long)value);
            if (value == last)
                break;
            as_buf_adds(&text, "-");
        }
        i = j;
    }
    out_field(out, label, "%s", text.ptr);
    as_buf_done(&text);
}

static const char *note_of(const char *shift)
{
    if (!strcmp(shift, shift_names[AS_CRON_AT_JUMP]))
        return "the clock is set forward over the time that is written: once, at the jump";
    if (!strcmp(shift, shift_names[AS_CRON_FIRST_OF_TWO]))
        return "the clock is set back and shows this time twice: the first one";
    return "";
}

static void print_next(const struct output *out, const struct as_json *next, int64_t from_ms)
{
    static const struct grid_column columns[] = {
        {"LOCAL", GRID_BOLD, "local", NULL},
        {"ZONE", 0, "abbreviation", NULL},
        {"UTC", 0, NULL, NULL},
        {"IN", GRID_RIGHT, NULL, NULL},
        {"NOTE", GRID_TRUNC, NULL, NULL},
        {0},
    };
    struct grid *grid = grid_new(out, columns);
    for (size_t i = 0; i < as_json_len(next); i++) {
        const struct as_json *due = as_json_at(next, i);
        int64_t due_ms = as_json_get_int(due, "due_ms", 0);
        struct as_civil utc = as_civil_of(due_ms / 1000);
        grid_add(grid, due, NULL);
        grid_cell(grid, "UTC", "%04d-%02d-%02d %02d:%02d", utc.year, utc.month, utc.day, utc.hour,
                  utc.minute);
        grid_cell(grid, "IN", "%s", fmt_duration((double)(due_ms - from_ms)).s);
        grid_cell(grid, "NOTE", "%s", note_of(str_or(due, "shift", "")));
    }
    grid_print_free(grid);
}

void print_schedule_explain(struct ctl *ctl, const struct as_json *result)
{
    const struct as_json *fields = as_json_get(result, "fields");
    out_styled(&ctl->out, STYLE_BOLD, "%s", str_or(result, "cron", ""));
    out_print(&ctl->out, " in %s\n", str_or(result, "timezone", ""));
    print_values(&ctl->out, "minute", as_json_get(fields, "minutes"), 60, NULL);
    print_values(&ctl->out, "hour", as_json_get(fields, "hours"), 24, NULL);
    print_values(&ctl->out, "day", as_json_get(fields, "days"), 31, NULL);
    print_values(&ctl->out, "month", as_json_get(fields, "months"), 12, month_words);
    print_values(&ctl->out, "weekday", as_json_get(fields, "weekdays"), 7, weekday_words);
    if (as_json_get_bool(result, "is_either_day", false))
        out_print(&ctl->out, "  A fitting day of the month or of the week is enough.\n");
    out_print(&ctl->out, "\n");
    print_next(&ctl->out, as_json_get(result, "next"), as_json_get_int(result, "from_ms", 0));
    if (!as_json_len(as_json_get(result, "next")))
        out_print(&ctl->out, "It is not due within %d years.\n", AS_CRON_YEARS);
}
