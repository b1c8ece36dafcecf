/* The table of formats, and the numbers and names that they share. */
#include "daemon/report/render.h"

#include "daemon/report/render_own.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct render_format *const formats[] = {&render_csv, &render_html, &render_jsonl,
                                                      &render_junit, &render_markdown};

const struct render_format *render_format_find(const char *name)
{
    for (size_t i = 0; i < AS_COUNT(formats); i++)
        if (!strcmp(formats[i]->name, name))
            return formats[i];
    return NULL;
}

bool render_format_has_cases(const struct render_format *format)
{
    return format->each_case;
}

bool render_format_has_flips(const struct render_format *format)
{
    return format->flips;
}

void render_head(const struct render *render)
{
    render->format->head(render);
}

void render_flips(const struct render *render, const struct render_flips *flips)
{
    render->format->flips(render, flips);
}

void render_flip(const struct render *render, const struct render_flips *flips,
                 const struct flip *flip, const struct render_case *shown)
{
    render->format->each_flip(render, flips, flip, shown);
}

void render_body(const struct render *render)
{
    if (render->format->body)
        render->format->body(render);
}

void render_case(const struct render *render, const struct render_case *shown)
{
    if (render->format->each_case)
        render->format->each_case(render, shown);
}

void render_tail(const struct render *render)
{
    if (render->format->tail)
        render->format->tail(render);
}

/* ---- names ---- */

static const struct as_json *pin_list(const struct as_json *run, const char *list)
{
    return as_json_get(as_json_get(run, "pins"), list);
}

const char *render_member_name(const struct as_json *run, uint32_t member)
{
    return as_json_get_cstr_or(as_json_at(pin_list(run, "models"), member), "model", "?");
}

size_t render_member_count(const struct as_json *run)
{
    return as_json_len(pin_list(run, "models"));
}

const char *render_metric_name(const struct as_json *run, uint32_t metric)
{
    return as_json_get_cstr_or(as_json_at(pin_list(run, "plugins"), metric), "metric", "?");
}

size_t render_metric_count(const struct as_json *run)
{
    return as_json_len(pin_list(run, "plugins"));
}

static bool has_text(const struct as_json *object, const char *key, const char *text)
{
    const char *own = as_json_get_cstr(object, key);
    return own && text && !strcmp(own, text);
}

const struct as_json *render_comparison(const struct as_json *run, const char *candidate)
{
    const struct as_json *list = as_json_get(run, "comparisons");
    for (size_t i = 0; i < as_json_len(list); i++) {
        const struct as_json *one = as_json_at(list, i);
        if (has_text(one, "candidate", candidate) &&
            has_text(one, "metric", as_json_get_cstr(run, "primary")))
            return one;
    }
    return NULL;
}

const struct as_json *render_verdict(const struct as_json *run, const char *candidate)
{
    const struct as_json *list = as_json_get(run, "verdicts");
    for (size_t i = 0; i < as_json_len(list); i++)
        if (has_text(as_json_at(list, i), "candidate", candidate))
            return as_json_at(list, i);
    return NULL;
}

const struct as_json *render_primary(const struct as_json *run, const struct as_json *member)
{
    const struct as_json *list = as_json_get(member, "metrics");
    for (size_t i = 0; i < as_json_len(list); i++)
        if (has_text(as_json_at(list, i), "metric", as_json_get_cstr(run, "primary")))
            return as_json_at(list, i);
    return NULL;
}

/* ---- numbers ---- */

static struct render_number formatted(double value, const char *format, int decimals)
{
    struct render_number number = {"n/a"};
    if (isfinite(value))
        snprintf(number.text, sizeof(number.text), format, decimals, value);
    return number;
}

struct render_number render_decimals(double value, int decimals)
{
    return formatted(value, "%.*f", decimals);
}

struct render_number render_signed(double value, int decimals)
{
    return formatted(value, "%+.*f", decimals);
}

struct render_number render_short(double value)
{
    int decimals = value == 0 || fabs(value) >= 10 ? 0 : 1 - (int)floor(log10(fabs(value)) + 1e-9);
    struct render_number number = formatted(value, "%.*f", decimals);
    char *end = number.text + strlen(number.text);
    while (decimals > 0 && end[-1] == '0')
        *--end = 0;
    if (end[-1] == '.')
        end[-1] = 0;
    return number;
}

/* Cents and more with four digits behind the point, less with as many as it takes. */
struct render_number render_usd(double usd)
{
    return formatted(usd, "$%.*f", usd != 0 && fabs(usd) < 0.01 ? 7 : 4);
}

struct render_number render_ms(double ms)
{
    return formatted(ms, "%.*f ms", ms < 10 ? 1 : 0);
}

struct render_number render_p(double p)
{
    struct render_number number = {"<0.001"};
    return isfinite(p) && p < 0.001 ? number : formatted(p, "%.*f", 3);
}

struct render_number render_interval(const struct as_json *pair, int decimals)
{
    struct render_number number = {"n/a"};
    if (as_json_len(pair) == 2)
        snprintf(number.text, sizeof(number.text), "[%.*f, %.*f]", decimals,
                 as_json_num(as_json_at(pair, 0), NAN), decimals,
                 as_json_num(as_json_at(pair, 1), NAN));
    return number;
}

struct render_number render_difference_interval(const struct as_json *compared)
{
    struct render_number number = render_interval(as_json_get(compared, "ci"), 3);
    double confidence = as_json_get_num(compared, "confidence", 0.95);
    size_t len = strlen(number.text);
    if (as_json_len(as_json_get(compared, "ci")) == 2 && fabs(confidence - 0.95) > 5e-5)
        snprintf(number.text + len, sizeof(number.text) - len, " at %.*f %%",
                 confidence < 0.99995 ? 2 : 4, 100 * confidence); /* never "100.00" */
    return number;
}

struct render_number render_time(int64_t ms)
{
    struct render_number number = {"n/a"};
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    if (ms > 0 && gmtime_r(&seconds, &utc))
        strftime(number.text, sizeof(number.text), "%Y-%m-%d %H:%M:%SZ", &utc);
    return number;
}

/* ---- texts ---- */

static void add_side(struct as_buf *out, const struct as_json *pair, const char *name,
                     const char *run)
{
    as_buf_adds(out, as_json_get_cstr_or(pair, name, "?"));
    if (as_json_has(pair, run))
        as_buf_addf(out, " of run %" PRId64, as_json_get_int(pair, run, 0));
}

void render_couple(struct as_buf *out, const struct as_json *pair)
{
    add_side(out, pair, "candidate", "candidate_run");
    as_buf_adds(out, " against ");
    add_side(out, pair, "baseline", "baseline_run");
}

struct as_str render_cut(struct as_str text, size_t max_bytes)
{
    return (struct as_str){text.ptr, as_utf8_fit(text.ptr, text.len, max_bytes)};
}

static const char *entity_of(char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

/* U+FFFE and U+FFFF are UTF-8, but no characters of XML. */
static bool is_noncharacter(const char *at)
{
    return at[0] == '\xEF' && at[1] == '\xBF' && (at[2] == '\xBE' || at[2] == '\xBF');
}

void render_markup(struct as_buf *out, struct as_str text)
{
    struct as_buf safe = {0};
    if (!text.len)
        return;
    as_buf_add_utf8_safe(&safe, text.ptr, text.len);
    for (size_t i = 0; i < safe.len; i++) {
        const char *entity = entity_of(safe.ptr[i]);
        if (is_noncharacter(safe.ptr + i))
            safe.ptr[i + 2] = '\xBD'; /* U+FFFD */
        if (entity)
            as_buf_adds(out, entity);
        else
            as_buf_addc(out, safe.ptr[i]);
    }
    as_buf_done(&safe);
}

void render_markup_cstr(struct as_buf *out, const char *text)
{
    if (text)
        render_markup(out, as_str_from(text));
}
