/* A bar and its numbers, and the errors that come meanwhile. */
#include "ctl/progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BAR_COLUMNS 24

void progress_init(struct progress *progress, const struct output *out)
{
    *progress = (struct progress){.out = out, .last_decile = -1};
}

static void end_line(struct progress *progress)
{
    if (progress->is_drawn)
        fputc('\n', progress->out->stream);
    progress->is_drawn = false;
}

void progress_done(struct progress *progress)
{
    end_line(progress);
    for (size_t i = 0; i < progress->error_count; i++)
        free(progress->errors[i].text);
    progress->error_count = progress->error_next = 0;
}

/* text goes after the bar, or on a line of its own when a tenth more is done. */
static void draw(struct progress *progress, double done, double total, const struct as_buf *text)
{
    const struct output *out = progress->out;
    double share = total > 0 && done < total ? done / total : 1;
    int percent = (int)(share * 100), decile = percent / 10;
    if (out->is_terminal) {
        char bar[BAR_COLUMNS + 1] = "";
        int room = out->width - BAR_COLUMNS - 10;
        for (int i = 0; i < BAR_COLUMNS; i++)
            bar[i] = i < share * BAR_COLUMNS ? '#' : '.';
        fputs("\r\x1b[K", out->stream);
        out_print(out, "[%s] %3d %% %.*s", bar, percent, room > 0 ? room : 0, text->ptr);
        progress->is_drawn = true;
    } else if (decile != progress->last_decile) {
        out_print(out, "%d %% %s\n", percent, text->ptr);
        progress->last_decile = decile;
    }
    fflush(out->stream);
}

/* ---- errors ---- */

/* The place of this error: the same but for digits, as the daemon counts it. */
static size_t error_at(struct progress *progress, const char *text)
{
    size_t at = 0;
    while (at < progress->error_count && strcmp(progress->errors[at].text, text))
        at++;
    if (at < progress->error_count)
        return at;
    if (progress->error_count < PROGRESS_ERRORS_MAX) {
        at = progress->error_count++;
    } else {
        at = progress->error_next;
        progress->error_next = (at + 1) % PROGRESS_ERRORS_MAX;
        free(progress->errors[at].text);
    }
    progress->errors[at].text = as_xstrdup(text);
    progress->errors[at].told = 0;
    return at;
}

static void digits_to_hashes(char *text)
{
    for (; *text; text++)
        *text = *text >= '0' && *text <= '9' ? '#' : *text;
}

static void show_error(struct progress *progress, const struct as_json *error)
{
    const struct output *out = progress->out;
    const char *status = str_or(error, "status", "?"), *text = str_or(error, "error", "");
    int64_t count = as_json_get_int(error, "count", 0);
    struct as_buf key = {0};
    as_buf_addf(&key, "%s %s %s", status, str_or(error, "error_class", ""), text);
    digits_to_hashes(key.ptr);
    int64_t *told = &progress->errors[error_at(progress, key.ptr)].told;
    as_buf_done(&key);
    if (count < 10 * *told || count == *told)
        return;
    if (progress->is_drawn)
        fputs("\r\x1b[K", out->stream);
    progress->is_drawn = false;
    out_styled(out, STYLE_BAD, "%s", status);
    out_print(out, " x%lld: %s\n", (long long)count, text);
    *told = count;
}

static void show_errors(struct progress *progress, const struct as_json *errors)
{
    for (size_t i = as_json_len(errors); i-- > 0;) /* the last comes first in the list */
        show_error(progress, as_json_at(errors, i));
}

/* ---- the numbers ---- */

/* Paused, held and the like stand where the time that is left would. */
static void add_time(struct as_buf *text, const struct as_json *state)
{
    const char *word = str_or(state, "state", "running");
    double eta = as_json_get_num(state, "eta_s", NAN);
    if (strcmp(word, "running"))
        as_buf_addf(text, "  %s", word);
    else if (!isnan(eta))
        as_buf_addf(text, "  ETA %s", fmt_duration(eta * 1000).s);
}

void progress_show(struct progress *progress, const struct as_json *state)
{
    double done = as_json_get_num(state, "done", 0), total = as_json_get_num(state, "total", 0);
    double rate = as_json_get_num(state, "rows_per_s", NAN);
    int64_t failed = as_json_get_int(state, "failed", 0);
    struct as_buf text = {0};
    as_buf_addf(&text, "%.0f/%.0f", done, total);
    if (!isnan(rate))
        as_buf_addf(&text, "  %.1f rows/s", rate);
    add_time(&text, state);
    if (as_json_has(state, "cost_usd"))
        as_buf_addf(&text, "  %s", fmt_usd(state, "cost_usd").s);
    if (as_json_has(state, "calls_in_flight"))
        as_buf_addf(&text, "  %s in flight", fmt_count(state, "calls_in_flight").s);
    if (failed)
        as_buf_addf(&text, "  %lld failed", (long long)failed);
    show_errors(progress, as_json_get(state, "errors"));
    draw(progress, done, total, &text);
    as_buf_done(&text);
}

void progress_show_bytes(struct progress *progress, const char *file, uint64_t done, uint64_t total)
{
    struct as_buf text = {0};
    as_buf_addf(&text, "%s  %.1f of %.1f MB", file, (double)done / 1e6, (double)total / 1e6);
    draw(progress, (double)done, (double)total, &text);
    as_buf_done(&text);
}
