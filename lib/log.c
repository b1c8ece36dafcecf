/* One line a call, written with a single write, so that lines never interleave. The text is
 * formatted into a bounded buffer and then made harmless: what a peer or a file said cannot start a
 * line of its own or move a terminal's cursor. */
#include "lib/log.h"

#include "lib/buf.h"
#include "lib/civil.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    int journald_prio;
} levels[] = {{"err", 3}, {"warn", 4}, {"info", 6}, {"debug", 7}};

static _Atomic enum as_log_level log_level = AS_LOG_INFO; /* a reload sets it, any thread logs */

static as_log_clock_fn log_clock_ms; /* NULL: who reads the lines notes the time */

void as_log_set_clock(as_log_clock_fn clock_ms)
{
    log_clock_ms = clock_ms;
}

void as_log_set_level(enum as_log_level level)
{
    log_level = level;
}

int as_log_level_from(const char *name, enum as_log_level *ret_level)
{
    for (size_t i = 0; i < AS_COUNT(levels); i++)
        if (!strcmp(levels[i].name, name)) {
            *ret_level = (enum as_log_level)i;
            return 0;
        }
    return AS_EINVAL;
}

static void add_head(struct as_buf *line, enum as_log_level level)
{
    if (!log_clock_ms) {
        as_buf_addf(line, "<%d>%s ", levels[level].journald_prio, levels[level].name);
        return;
    }
    struct as_civil at = as_civil_of(log_clock_ms() / 1000);
    as_buf_addf(line, "%04d-%02d-%02dT%02d:%02d:%02dZ %s ", at.year, at.month, at.day, at.hour,
                at.minute, at.second, levels[level].name);
}

void as_log(enum as_log_level level, const char *fmt, ...)
{
    if (level > log_level)
        return;
    char text[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    for (char *p = text; *p; p++)
        if (*p == '\n')
            *p = ' ';
    struct as_buf line = {0};
    add_head(&line, level);
    as_buf_add_utf8_safe(&line, text, strlen(text));
    as_buf_addc(&line, '\n');
    if (write(STDERR_FILENO, line.ptr, line.len) < 0) { /* nowhere left to complain */
    }
    as_buf_done(&line);
}
