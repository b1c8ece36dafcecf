/* schedule explain: when a cron line is due. It needs no daemon: the line, the time zone and the
 * arithmetic are the same code as the daemon's. */
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
    struct as_json *json = as_json_object();
    char text[AS_CIVIL_TEXT_BYTES];
    as_civil_text(due->utc_s + span.offset_s, text);
    as_json_set_int(json, "due_ms", due->utc_s * 1000);
    as_json_set_str(json, "local", text);
    as_json_set_int(json, "offset_s", span.offset_s);
    as_json_set_str(json, "abbreviation", span.abbreviation);
    as_json_set_str(json, "shift", as_cron_shift_name(due->shift));
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
