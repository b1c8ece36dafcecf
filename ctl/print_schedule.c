/* Schedules for people: what a cron line means, what starts next, what became of times. */
#include "ctl/grid.h"
#include "ctl/print.h"
#include "lib/civil.h"
#include "lib/cron.h"

#include <string.h>

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
    if (!strcmp(shift, as_cron_shift_name(AS_CRON_AT_JUMP)))
        return "the clock is set forward over the time that is written: once, at the jump";
    if (!strcmp(shift, as_cron_shift_name(AS_CRON_FIRST_OF_TWO)))
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
        char utc[AS_CIVIL_TEXT_BYTES];
        as_civil_text(due_ms / 1000, utc);
        grid_add(grid, due, NULL);
        grid_cell(grid, "UTC", "%s", utc);
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

static struct text fmt_due(const struct as_json *object, const char *key)
{
    int64_t ms = as_json_get_int(object, key, 0);
    struct text text = {"n/a"};
    char utc[AS_CIVIL_TEXT_BYTES];
    if (ms) {
        as_civil_text(ms / 1000, utc);
        memcpy(text.s, utc, sizeof(utc));
    }
    return text;
}

static void add_schedule(struct grid *grid, const struct as_json *schedule, int64_t now_ms)
{
    const struct as_json *next = as_json_at(as_json_get(schedule, "next"), 0);
    const struct as_json *last = as_json_get(schedule, "last");
    grid_add(grid, schedule, NULL);
    if (last && as_json_get(last, "run"))
        grid_cell(grid, "LAST", "run %s", fmt_count(last, "run").s);
    else if (last)
        grid_cell(grid, "LAST", "%s", str_or(last, "state", ""));
    if (!next && as_json_get_bool(schedule, "enabled", false))
        grid_cell(grid, "NEXT", "%s", "never: blackout");
    if (!next)
        return;
    grid_cell(grid, "NEXT", "%s %s", str_or(next, "local", ""), str_or(next, "abbreviation", ""));
    grid_cell(grid, "IN", "%s",
              fmt_duration((double)(as_json_get_int(next, "start_ms", now_ms) - now_ms)).s);
}

/* Each schedule's further times below the table, when more than one was asked for. */
static void print_more(const struct output *out, const struct as_json *schedules)
{
    for (size_t i = 0; i < as_json_len(schedules); i++) {
        const struct as_json *schedule = as_json_at(schedules, i);
        const struct as_json *next = as_json_get(schedule, "next");
        if (as_json_len(next) < 2)
            continue;
        out_print(out, "\n");
        out_styled(out, STYLE_BOLD, "%s/%s", str_or(schedule, "eval", ""),
                   str_or(schedule, "schedule", ""));
        out_print(out, "  %s in %s\n", str_or(schedule, "cron", ""),
                  str_or(schedule, "timezone", ""));
        for (size_t n = 0; n < as_json_len(next); n++) {
            const struct as_json *due = as_json_at(next, n);
            const char *note = note_of(str_or(due, "shift", ""));
            int64_t jitter_ms =
                as_json_get_int(due, "start_ms", 0) - as_json_get_int(due, "due_ms", 0);
            out_print(out, "  %s %s", str_or(due, "local", ""), str_or(due, "abbreviation", ""));
            if (jitter_ms)
                out_print(out, "  and %s of jitter", fmt_duration((double)jitter_ms).s);
            out_print(out, "%s%s\n", *note ? "  " : "", note);
        }
    }
}

void print_schedule_list(struct ctl *ctl, const struct as_json *result)
{
    static const struct grid_column columns[] = {
        {"EVAL", GRID_BOLD, "eval", NULL}, {"SCHEDULE", 0, "schedule", NULL},
        {"CRON", 0, "cron", NULL},         {"STATE", GRID_WORD, "state", NULL},
        {"LAST", 0, NULL, NULL},           {"NEXT", 0, NULL, NULL},
        {"IN", GRID_RIGHT, NULL, NULL},    {0},
    };
    const struct as_json *schedules = as_json_get(result, "schedules");
    struct grid *grid = grid_new(&ctl->out, columns);
    for (size_t i = 0; i < as_json_len(schedules); i++)
        add_schedule(grid, as_json_at(schedules, i), as_json_get_int(result, "now_ms", 0));
    grid_print_free(grid);
    print_more(&ctl->out, schedules);
    if (!as_json_len(schedules))
        out_print(&ctl->out,
                  "No eval in force has a schedule: see `schedule` in etc/evals; `assayctl eval "
                  "ls` tells which files were refused.\n");
}

void print_schedule_history(struct ctl *ctl, const struct as_json *result)
{
    static const struct grid_column columns[] = {
        {"DUE (UTC)", 0, "due_ms", fmt_due}, {"EVAL", GRID_BOLD, "eval", NULL},
        {"SCHEDULE", 0, "schedule", NULL},   {"STATE", GRID_WORD, "state", NULL},
        {"RUN", GRID_RIGHT, NULL, NULL},     {"HOW", 0, NULL, NULL},
        {"WHY", GRID_TRUNC, "why", NULL},    {0},
    };
    const struct as_json *times = as_json_get(result, "times");
    struct grid *grid = grid_new(&ctl->out, columns);
    for (size_t i = 0; i < as_json_len(times); i++) {
        const struct as_json *time = as_json_at(times, i);
        bool is_manual = as_json_get_bool(time, "manual", false);
        grid_add(grid, time, NULL);
        if (as_json_get(time, "run"))
            grid_cell(grid, "RUN", "%s", fmt_count(time, "run").s);
        if (is_manual || as_json_get_bool(time, "late", false))
            grid_cell(grid, "HOW", "%s", is_manual ? "triggered" : "late");
    }
    grid_print_free(grid);
    if (!as_json_len(times))
        out_print(&ctl->out, "No such time.\n");
}

void print_schedule_switch(struct ctl *ctl, const struct as_json *result)
{
    out_print(&ctl->out, "%s: the schedule %s is %s\n", str_or(result, "eval", ""),
              str_or(result, "schedule", ""),
              as_json_get_bool(result, "enabled", false) ? "enabled" : "disabled");
}

void print_schedule_trigger(struct ctl *ctl, const struct as_json *result)
{
    out_print(&ctl->out, "run %s started: follow it with `assayctl run watch %s`\n",
              fmt_count(result, "run").s, fmt_count(result, "run").s);
}
