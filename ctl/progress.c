/* A bar and its numbers. */
#include "ctl/progress.h"

#include <math.h>

#define BAR_COLUMNS 24

void progress_init(struct progress *progress, const struct output *out)
{
    *progress = (struct progress){.out = out, .last_decile = -1};
}

void progress_done(struct progress *progress)
{
    if (progress->is_drawn)
        fputc('\n', progress->out->stream);
    progress->is_drawn = false;
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

void progress_show(struct progress *progress, const struct as_json *state)
{
    double done = as_json_get_num(state, "done", 0), total = as_json_get_num(state, "total", 0);
    double rate = as_json_get_num(state, "rows_per_s", NAN);
    double eta = as_json_get_num(state, "eta_s", NAN);
    int64_t failed = as_json_get_int(state, "failed", 0);
    struct as_buf text = {0};
    as_buf_addf(&text, "%.0f/%.0f", done, total);
    if (!isnan(rate))
        as_buf_addf(&text, "  %.1f rows/s", rate);
    if (!isnan(eta))
        as_buf_addf(&text, "  ETA %s", fmt_duration(eta * 1000).s);
    if (as_json_has(state, "cost_usd"))
        as_buf_addf(&text, "  %s", fmt_usd(state, "cost_usd").s);
    if (failed)
        as_buf_addf(&text, "  %lld failed", (long long)failed);
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
