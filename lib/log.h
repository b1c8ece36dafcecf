/* Log lines on stderr, one each: "<prio>level message key=value ...", as journald reads them, or
 * with the time before it, "2026-01-31T15:04:05Z level message ...", where nobody else would note
 * it.
 *
 * err = someone must act, warn = degraded, info = life of groups and plugins, debug = steps. Lower
 * layers return errors; the layer that decides logs, once. Never a key, and no prompt or output
 * text. Control characters and bad UTF-8 are replaced. Process-wide by nature: the level is set at
 * start and by a reload. */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include "lib/err.h"

#include <stdint.h>

enum as_log_level { AS_LOG_ERR, AS_LOG_WARN, AS_LOG_INFO, AS_LOG_DEBUG };

void as_log_set_level(enum as_log_level level);
/* The wall clock in milliseconds: from here on lines begin with the time. Before any thread. */
typedef int64_t (*as_log_clock_fn)(void);
void as_log_set_clock(as_log_clock_fn clock_ms);
/* name: "err", "warn", "info" or "debug". */
int as_log_level_from(const char *name, enum as_log_level *ret_level) AS_MUST_USE;
void as_log(enum as_log_level level, const char *fmt, ...) AS_PRINTF(2, 3);

#define as_log_err(...) as_log(AS_LOG_ERR, __VA_ARGS__)
#define as_log_warn(...) as_log(AS_LOG_WARN, __VA_ARGS__)
#define as_log_info(...) as_log(AS_LOG_INFO, __VA_ARGS__)
#define as_log_debug(...) as_log(AS_LOG_DEBUG, __VA_ARGS__)

#endif
