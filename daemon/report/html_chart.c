/* The drawings, as inline SVG: colours come from the style sheet's classes, so that light, dark and
 * print each have their own. Each says in words what it shows, for those who do not see it. */
#include "daemon/report/html_own.h"

#include <math.h>
#include <string.h>

/* A strip: a line of values from low to high, drawn WIDTH wide. */
#define STRIP_WIDTH 200.0
#define STRIP_HEIGHT 18
#define STRIP_PAD 4.0

struct strip {
    struct as_buf *out;
    double low, high;
};

static double number_of(const struct as_json *object, const char *key)
{
    return as_json_get_num(object, key, NAN);
}

static double end_of(const struct as_json *pair, size_t end)
{
    return as_json_num(as_json_at(pair, end), NAN);
}

static double strip_x(const struct strip *strip, double value)
{
    double share = (value - strip->low) / (strip->high - strip->low);
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return STRIP_PAD + share * (STRIP_WIDTH - 2 * STRIP_PAD);
}

static void strip_begin(const struct strip *strip, const char *label)
{
    as_buf_addf(strip->out,
                "<svg class=\"strip\" width=\"%.0f\" height=\"%d\" viewBox=\"0 0 %.0f %d\" "
                "role=\"img\" aria-label=\"",
                STRIP_WIDTH, STRIP_HEIGHT, STRIP_WIDTH, STRIP_HEIGHT);
    render_markup_cstr(strip->out, label);
    as_buf_adds(strip->out, "\">");
}

static void strip_tick(const struct strip *strip, const char *class_name, double value)
{
    if (isfinite(value) && value >= strip->low && value <= strip->high)
        as_buf_addf(strip->out, "<line class=\"%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"1\" y2=\"17\"/>",
                    class_name, strip_x(strip, value), strip_x(strip, value));
}

static void strip_interval(const struct strip *strip, const struct as_json *pair, double value)
{
    if (as_json_len(pair) == 2)
        as_buf_addf(strip->out,
                    "<line class=\"interval\" x1=\"%.1f\" x2=\"%.1f\" y1=\"9\" y2=\"9\"/>",
                    strip_x(strip, end_of(pair, 0)), strip_x(strip, end_of(pair, 1)));
    if (isfinite(value))
        as_buf_addf(strip->out, "<circle class=\"estimate\" cx=\"%.1f\" cy=\"9\" r=\"3.5\"/>",
                    strip_x(strip, value));
}

/* Wide enough for every interval of the run and for the margin; the same for all. */
static double difference_reach(const struct as_json *run, double margin)
{
    const struct as_json *list = as_json_get(run, "comparisons");
    double reach = fmax(0.02, isfinite(margin) ? 1.2 * margin : 0);
    for (size_t i = 0; i < as_json_len(list); i++) {
        const struct as_json *ci = as_json_get(as_json_at(list, i), "ci");
        reach = fmax(reach, fabs(number_of(as_json_at(list, i), "diff")));
        reach = fmax(reach, fmax(fabs(end_of(ci, 0)), fabs(end_of(ci, 1))));
    }
    return reach;
}

void html_difference(const struct render *render, const struct as_json *comparison)
{
    const struct as_json *gate = as_json_get(as_json_get(render->run, "pins"), "gate");
    const struct as_json *ci = as_json_get(comparison, "ci");
    double margin = number_of(gate, "margin"), diff = number_of(comparison, "diff");
    double reach = difference_reach(render->run, margin);
    struct strip strip = {render->out, -reach, reach};
    struct as_buf label = {0};
    as_buf_addf(&label, "difference %s, 95 %% interval %s", render_signed(diff, 3).text,
                render_interval(ci, 3).text);
    strip_begin(&strip, label.ptr);
    strip_tick(&strip, "zero", 0);
    strip_tick(&strip, "margin", -margin);
    strip_interval(&strip, ci, diff);
    as_buf_adds(render->out, "</svg>");
    as_buf_done(&label);
}

void html_mean(struct as_buf *out, const struct as_json *metric)
{
    struct strip strip = {out, 0, 1};
    const struct as_json *ci = as_json_get(metric, "ci");
    struct as_buf label = {0};
    as_buf_addf(&label, "mean %s, 95 %% interval %s",
                render_decimals(number_of(metric, "mean"), 3).text, render_interval(ci, 3).text);
    strip_begin(&strip, label.ptr);
    strip_tick(&strip, "zero", 0);
    strip_tick(&strip, "zero", 1);
    strip_interval(&strip, ci, number_of(metric, "mean"));
    as_buf_adds(out, "</svg>");
    as_buf_done(&label);
}

#define BAR_WIDTH 11
#define BAR_HEIGHT 30.0

void html_histogram(struct as_buf *out, const struct as_json *metric)
{
    const struct as_json *bins = as_json_get(metric, "hist");
    size_t count = as_json_len(bins);
    int64_t most = 0;
    for (size_t i = 0; i < count; i++)
        if (as_json_int(as_json_at(bins, i), 0) > most)
            most = as_json_int(as_json_at(bins, i), 0);
    if (!most)
        return;
    as_buf_addf(out,
                "<svg class=\"hist\" width=\"%zu\" height=\"%.0f\" role=\"img\" aria-label=\"cases "
                "by score, "
                "in tenths:",
                count * BAR_WIDTH, BAR_HEIGHT);
    for (size_t i = 0; i < count; i++)
        as_buf_addf(out, " %lld", (long long)as_json_int(as_json_at(bins, i), 0));
    as_buf_adds(out, "\">");
    for (size_t i = 0; i < count; i++) {
        double share = (double)as_json_int(as_json_at(bins, i), 0) / (double)most;
        double height = share > 0 ? fmax(1, share * BAR_HEIGHT) : 0;
        as_buf_addf(out, "<rect class=\"bar\" x=\"%zu\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>",
                    i * BAR_WIDTH, BAR_HEIGHT - height, BAR_WIDTH - 1, height);
    }
    as_buf_adds(out, "</svg>");
}

/* ---- cost against quality ---- */

#define PLOT_WIDTH 560.0
#define PLOT_HEIGHT 260.0
#define PLOT_LEFT 60.0
#define PLOT_RIGHT 120.0 /* for the names of the points */
#define PLOT_TOP 14.0
#define PLOT_BOTTOM 40.0

struct plot {
    struct as_buf *out;
    double cost_max, low, high; /* cost from 0; quality from low to high */
};

static double plot_x(const struct plot *plot, double cost)
{
    return PLOT_LEFT + cost / plot->cost_max * (PLOT_WIDTH - PLOT_LEFT - PLOT_RIGHT);
}

static double plot_y(const struct plot *plot, double quality)
{
    double share = (quality - plot->low) / (plot->high - plot->low);
    return PLOT_HEIGHT - PLOT_BOTTOM - share * (PLOT_HEIGHT - PLOT_TOP - PLOT_BOTTOM);
}

static bool is_placed(const struct as_json *run, const struct as_json *member)
{
    return isfinite(number_of(member, "cost_usd")) &&
           isfinite(number_of(render_primary(run, member), "mean"));
}

/* The scales of the members that have both numbers; how many that is. */
static size_t plot_scale(const struct as_json *run, struct plot *ret_plot)
{
    const struct as_json *members = as_json_get(run, "members");
    size_t placed = 0;
    for (size_t i = 0; i < as_json_len(members); i++) {
        const struct as_json *member = as_json_at(members, i),
                             *primary = render_primary(run, member);
        const struct as_json *ci = as_json_get(primary, "ci");
        if (!is_placed(run, member))
            continue;
        placed++;
        ret_plot->cost_max = fmax(ret_plot->cost_max, number_of(member, "cost_usd"));
        ret_plot->low = fmin(ret_plot->low, fmin(number_of(primary, "mean"), end_of(ci, 0)));
    }
    ret_plot->low = fmax(0, floor(ret_plot->low * 10) / 10);
    if (ret_plot->low >= ret_plot->high)
        ret_plot->low = ret_plot->high - 0.1;
    if (ret_plot->cost_max <= 0)
        ret_plot->cost_max = 1;
    return placed;
}

static void plot_axes(const struct plot *plot, const char *metric)
{
    double bottom = PLOT_HEIGHT - PLOT_BOTTOM, right = PLOT_WIDTH - PLOT_RIGHT;
    as_buf_addf(plot->out, "<path class=\"axis\" d=\"M%.0f %.0fV%.0fH%.0f\"/>", PLOT_LEFT, PLOT_TOP,
                bottom, right);
    for (int i = 0; i <= 4; i++) {
        double quality = plot->low + (plot->high - plot->low) * i / 4,
               cost = plot->cost_max * i / 4;
        as_buf_addf(plot->out,
                    "<line class=\"grid\" x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\"/>"
                    "<text x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
                    PLOT_LEFT, right, plot_y(plot, quality), plot_y(plot, quality), PLOT_LEFT - 6,
                    plot_y(plot, quality) + 4, render_decimals(quality, 2).text);
        as_buf_addf(plot->out, "<text x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">%s</text>",
                    plot_x(plot, cost), bottom + 16, render_usd(cost).text);
    }
    as_buf_addf(plot->out,
                "<text x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">cost of the run</text>",
                (PLOT_LEFT + right) / 2, PLOT_HEIGHT - 6);
    as_buf_addf(
        plot->out,
        "<text x=\"14\" y=\"%.0f\" transform=\"rotate(-90 14 %.0f)\" text-anchor=\"middle\">",
        (PLOT_TOP + bottom) / 2, (PLOT_TOP + bottom) / 2);
    render_markup_cstr(plot->out, metric);
    as_buf_adds(plot->out, "</text>");
}

static void plot_member(const struct plot *plot, const struct as_json *member,
                        const struct as_json *primary)
{
    const struct as_json *ci = as_json_get(primary, "ci");
    double x = plot_x(plot, number_of(member, "cost_usd")),
           y = plot_y(plot, number_of(primary, "mean"));
    if (as_json_len(ci) == 2)
        as_buf_addf(plot->out,
                    "<line class=\"interval\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>", x,
                    x, plot_y(plot, end_of(ci, 0)), plot_y(plot, end_of(ci, 1)));
    as_buf_addf(
        plot->out,
        "<circle class=\"estimate\" cx=\"%.1f\" cy=\"%.1f\" r=\"5\"/><text x=\"%.1f\" y=\"%.1f\">",
        x, y, x + 9, y + 4);
    render_markup_cstr(plot->out, as_json_get_cstr(member, "model"));
    as_buf_adds(plot->out, "</text>");
}

void html_scatter(const struct render *render)
{
    const struct as_json *run = render->run, *members = as_json_get(run, "members");
    struct plot plot = {render->out, 0, 1, 1};
    size_t placed = plot_scale(run, &plot);
    if (placed) {
        as_buf_addf(plot.out,
                    "<svg class=\"plot\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
                    "aria-label=\"cost against quality; the numbers are in the table of models\">",
                    PLOT_WIDTH, PLOT_HEIGHT);
        plot_axes(&plot, as_json_get_cstr(run, "primary"));
        for (size_t i = 0; i < as_json_len(members); i++)
            if (is_placed(run, as_json_at(members, i)))
                plot_member(&plot, as_json_at(members, i),
                            render_primary(run, as_json_at(members, i)));
        as_buf_adds(plot.out, "</svg>");
    }
    for (size_t i = 0; i < as_json_len(members); i++) {
        if (is_placed(run, as_json_at(members, i)))
            continue;
        as_buf_adds(plot.out, "<p class=\"note\">");
        render_markup_cstr(plot.out, as_json_get_cstr(as_json_at(members, i), "model"));
        as_buf_adds(plot.out, " has no cost or no score, and no place in this drawing.</p>");
    }
}
