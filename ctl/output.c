/* Safe text, styles and numbers on stdout or stderr. */
#include "ctl/output.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define HASH_SHOWN_DIGITS 12
#define PRINTS_AS_100 99.995 /* a level, in percent, with four digits */

static const char *const style_codes[] = {"",         "\x1b[1m",  "\x1b[2m",
                                          "\x1b[32m", "\x1b[33m", "\x1b[31m"};

/* By the variables themselves: where they say nothing, main sets the locale to UTF-8 all the same.
 */
static bool locale_is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < AS_COUNT(names); i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
    }
    return false;
}

void out_init(struct output *out, FILE *stream, enum color_mode mode)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    struct winsize size;
    bool is_terminal = isatty(fileno(stream));
    bool wants_color = is_terminal && !(no_color && *no_color) && !(term && !strcmp(term, "dumb"));
    *out = (struct output){.stream = stream, .is_terminal = is_terminal};
    out->use_color = mode == COLOR_ALWAYS || (mode == COLOR_AUTO && wants_color);
    out->is_utf8 = is_terminal && locale_is_utf8();
    if (is_terminal)
        out->width = !ioctl(fileno(stream), TIOCGWINSZ, &size) && size.ws_col ? size.ws_col : 80;
}

const char *out_style_on(const struct output *out, enum style style)
{
    return out->use_color ? style_codes[style] : "";
}

const char *out_style_off(const struct output *out, enum style style)
{
    return out->use_color && style != STYLE_PLAIN ? "\x1b[0m" : "";
}

static void print_args(const struct output *out, const char *fmt, va_list args)
{
    char *raw = NULL;
    struct as_buf safe = {0};
    int len = vasprintf(&raw, fmt, args);
    AS_ASSERT(len >= 0);
    as_buf_add_utf8_safe(&safe, raw, (size_t)len);
    fwrite(as_buf_str(&safe).ptr, 1, safe.len, out->stream);
    as_buf_done(&safe);
    free(raw);
}

void out_print(const struct output *out, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    print_args(out, fmt, args);
    va_end(args);
}

void out_styled(const struct output *out, enum style style, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fputs(out_style_on(out, style), out->stream);
    print_args(out, fmt, args);
    fputs(out_style_off(out, style), out->stream);
    va_end(args);
}

void out_field(const struct output *out, const char *label, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    out_styled(out, STYLE_DIM, "  %-11s ", label);
    print_args(out, fmt, args);
    fputc('\n', out->stream);
    va_end(args);
}

void out_add_json(struct as_buf *text, const struct as_json *value, bool is_pretty)
{
    struct as_buf raw = {0};
    (is_pretty ? as_json_write_pretty : as_json_write)(value, &raw);
    for (size_t at = 0, n; at < raw.len; at += n) {
        uint32_t point;
        n = as_utf8_next(raw.ptr + at, raw.len - at, &point);
        if (point != '\n' && as_utf8_is_control(point)) /* JSON has these inside of strings only */
            as_buf_addf(text, "\\u%04" PRIx32, point);
        else
            as_buf_add(text, raw.ptr + at, n);
    }
    as_buf_done(&raw);
}

void out_json(const struct output *out, const struct as_json *value)
{
    struct as_buf text = {0};
    out_add_json(&text, value, out->is_terminal);
    as_buf_addc(&text, '\n');
    fwrite(text.ptr, 1, text.len, out->stream);
    as_buf_done(&text);
}

enum style style_of_word(const char *word)
{
    static const struct {
        const char *word;
        enum style style;
    } rows[] = {
        {"ok", STYLE_GOOD},           {"pass", STYLE_GOOD},        {"PASS", STYLE_GOOD},
        {"done", STYLE_GOOD},         {"live", STYLE_GOOD},        {"fail", STYLE_BAD},
        {"FAIL", STYLE_BAD},          {"failed", STYLE_BAD},       {"faulted", STYLE_BAD},
        {"refused", STYLE_BAD},       {"model_error", STYLE_BAD},  {"timeout", STYLE_BAD},
        {"judge_error", STYLE_BAD},   {"scorer_error", STYLE_BAD}, {"undecided", STYLE_WARN},
        {"INCONCLUSIVE", STYLE_WARN}, {"cancelled", STYLE_WARN},   {"skipped", STYLE_WARN},
        {"SKIP", STYLE_DIM},          {"retired", STYLE_DIM},      {"quarantined", STYLE_BAD},
        {"paused", STYLE_WARN},       {"held", STYLE_WARN},
    };
    for (size_t i = 0; word && i < AS_COUNT(rows); i++)
        if (!strcmp(rows[i].word, word))
            return rows[i].style;
    return STYLE_PLAIN;
}

const char *str_or(const struct as_json *object, const char *key, const char *otherwise)
{
    return as_json_get_cstr_or(object, key, otherwise);
}

/* ---- numbers ---- */

AS_PRINTF(1, 2) static struct text text_of(const char *fmt, ...)
{
    struct text text;
    va_list args;
    va_start(args, fmt);
    vsnprintf(text.s, sizeof(text.s), fmt, args);
    va_end(args);
    return text;
}

struct text fmt_score(const struct as_json *object, const char *key)
{
    double v = as_json_get_num(object, key, NAN);
    return isnan(v) ? text_of("n/a") : text_of("%.3f", v);
}

struct text fmt_diff(const struct as_json *object, const char *key)
{
    double v = as_json_get_num(object, key, NAN);
    return isnan(v) ? text_of("n/a") : text_of("%+.3f", v);
}

struct text fmt_percent(const struct as_json *object, const char *key)
{
    double v = as_json_get_num(object, key, NAN);
    return isnan(v) ? text_of("n/a") : text_of("%.1f %%", 100 * v);
}

struct text fmt_interval(const struct as_json *object, const char *key)
{
    const struct as_json *pair = as_json_get(object, key);
    if (as_json_len(pair) != 2)
        return text_of("n/a");
    return text_of("[%.3f, %.3f]", as_json_num(as_json_at(pair, 0), NAN),
                   as_json_num(as_json_at(pair, 1), NAN));
}

struct text fmt_level(const struct as_json *pair)
{
    double percent = 100 * as_json_get_num(pair, "confidence", 0.95);
    return text_of("%.*g %%", percent < PRINTS_AS_100 ? 4 : 6, percent);
}

struct text fmt_interval_title(const struct as_json *pair)
{
    return text_of("%.40s INTERVAL", fmt_level(pair).s);
}

struct text fmt_p(const struct as_json *object, const char *key)
{
    double v = as_json_get_num(object, key, NAN);
    return isnan(v) ? text_of("n/a") : v < 0.001 ? text_of("<0.001") : text_of("%.3f", v);
}

struct text fmt_count(const struct as_json *object, const char *key)
{
    if (!as_json_is_number(as_json_get(object, key)))
        return text_of("n/a");
    return text_of("%" PRId64, as_json_get_int(object, key, 0));
}

struct text fmt_counted(const struct as_json *object, const char *key, const char *noun)
{
    return text_of("%s %s%s", fmt_count(object, key).s, noun,
                   as_json_get_int(object, key, 0) == 1 ? "" : "s");
}

struct text fmt_usd(const struct as_json *object, const char *key)
{
    double v = as_json_get_num(object, key, NAN);
    if (isnan(v))
        return text_of("unpriced");
    return v == 0 ? text_of("$0") : text_of("$%.*f", v >= 1 ? 2 : v >= 0.01 ? 4 : 6, v);
}

static struct text two_units(int64_t large, const char *unit, int64_t small, const char *small_unit)
{
    if (!small)
        return text_of("%" PRId64 " %s", large, unit);
    return text_of("%" PRId64 " %s %" PRId64 " %s", large, unit, small, small_unit);
}

struct text fmt_duration(double ms)
{
    int64_t s = ms >= 0 && ms < 1e15 ? (int64_t)(ms / 1000) : -1;
    if (s < 0)
        return text_of("n/a");
    if (ms < 1000)
        return text_of("%.0f ms", ms);
    if (s < 60)
        return text_of("%.1f s", ms / 1000);
    if (s < 3600)
        return two_units(s / 60, "min", s % 60, "s");
    if (s < 48 * 3600)
        return two_units(s / 3600, "h", s / 60 % 60, "min");
    return two_units(s / 86400, "d", s / 3600 % 24, "h");
}

struct text fmt_latency(const struct as_json *object, const char *key)
{
    return fmt_duration(as_json_get_num(object, key, -1));
}

struct text fmt_time(const struct as_json *object, const char *key)
{
    struct text text = {"n/a"};
    time_t seconds = (time_t)(as_json_get_int(object, key, 0) / 1000);
    struct tm local;
    if (seconds && localtime_r(&seconds, &local))
        strftime(text.s, sizeof(text.s), "%Y-%m-%d %H:%M:%S", &local);
    return text;
}

struct text fmt_hash(const struct as_json *object, const char *key)
{
    const char *hex = as_json_get_cstr(object, key);
    if (hex && !strncmp(hex, "sha256:", 7))
        hex += 7;
    return hex ? text_of("sha256:%.*s", HASH_SHOWN_DIGITS, hex) : text_of("n/a");
}

struct text fmt_bytes(const struct as_json *object, const char *key)
{
    double v = as_json_get_num(object, key, NAN);
    return isnan(v) ? text_of("n/a") : text_of("%.1f MB", v / 1e6);
}
