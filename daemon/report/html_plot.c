/* Cost against quality: a point for each member, with the interval of its mean. Costs that differ
 * by more than ten times stand on a scale of powers. A name stands where it covers neither a point
 * nor another name. */
#include "daemon/report/html_own.h"

#include <math.h>
#include <string.h>

#define PLOT_WIDTH 900.0
#define PLOT_HEIGHT 360.0
#define PLOT_LEFT 64.0
#define PLOT_RIGHT 24.0
#define PLOT_TOP 16.0
#define PLOT_BOTTOM 48.0
#define NAME_MAX_BYTES 34
#define LETTER_WIDTH 7.2 /* at most, of the style sheet's 12 px: wide letters included */
#define NAME_HEIGHT 15.0
#define POINTS_NAMED_MAX 40
/* Less is drawn as nothing, more as the most: a recording says what it wants, and an axis has a
 * line for each power of ten. */
#define COST_LEAST_USD 1e-9
#define COST_MOST_USD 1e12

struct box {
    double left, top, right, bottom;
};

struct point {
    const struct as_json *member, *primary;
    double x, y;
};

struct plot {
    struct as_buf *out;
    double cost_low, cost_high, low, high;
    bool is_log;
    struct point points[POINTS_NAMED_MAX];
    size_t point_count, left_out; /* placed, and more than there is room for */
    struct box taken[2 * POINTS_NAMED_MAX];
    size_t taken_count;
};

static double number_of(const struct as_json *object, const char *key)
{
    return as_json_get_num(object, key, NAN);
}

/* NAN: it is not known. */
static double cost_of(const struct as_json *member)
{
    double cost = number_of(member, "cost_usd");
    return cost < COST_LEAST_USD ? 0 : cost > COST_MOST_USD ? COST_MOST_USD : cost;
}

static double plot_x(const struct plot *plot, double cost)
{
    double share = plot->is_log ? log(cost / plot->cost_low) / log(plot->cost_high / plot->cost_low)
                                : cost / plot->cost_high;
    return PLOT_LEFT + share * (PLOT_WIDTH - PLOT_LEFT - PLOT_RIGHT);
}

static double plot_y(const struct plot *plot, double quality)
{
    double share = (quality - plot->low) / (plot->high - plot->low);
    return PLOT_HEIGHT - PLOT_BOTTOM - share * (PLOT_HEIGHT - PLOT_TOP - PLOT_BOTTOM);
}

static bool is_placed(const struct as_json *run, const struct as_json *member)
{
    return isfinite(cost_of(member)) && isfinite(number_of(render_primary(run, member), "mean"));
}

/* ---- scales ---- */

static void plot_fit(struct plot *plot, const struct as_json *run)
{
    const struct as_json *members = as_json_get(run, "members");
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < as_json_len(members); i++) {
        const struct as_json *member = as_json_at(members, i),
                             *primary = render_primary(run, member);
        if (!is_placed(run, member))
            continue;
        least = fmin(least, cost_of(member));
        most = fmax(most, cost_of(member));
        plot->low = fmin(plot->low, number_of(primary, "mean"));
        plot->low =
            fmin(plot->low, as_json_num(as_json_at(as_json_get(primary, "ci"), 0), INFINITY));
    }
    plot->low = plot->low < 0.5 ? 0 : fmin(0.9, floor(plot->low * 10) / 10);
    plot->is_log = least > 0 && most > 10 * least;
    plot->cost_low = plot->is_log ? pow(10, floor(log10(least))) : 0;
    plot->cost_high = most > 0 ? most * (plot->is_log ? 1.3 : 1.1) : 1;
}

static void plot_points(struct plot *plot, const struct as_json *run)
{
    const struct as_json *members = as_json_get(run, "members");
    for (size_t i = 0; i < as_json_len(members); i++) {
        const struct as_json *member = as_json_at(members, i),
                             *primary = render_primary(run, member);
        if (!is_placed(run, member))
            continue;
        if (plot->point_count == POINTS_NAMED_MAX) {
            plot->left_out++;
            continue;
        }
        struct point point = {member, primary, plot_x(plot, cost_of(member)),
                              plot_y(plot, number_of(primary, "mean"))};
        plot->taken[plot->taken_count++] =
            (struct box){point.x - 7, point.y - 7, point.x + 7, point.y + 7};
        plot->points[plot->point_count++] = point;
    }
}

/* ---- axes ---- */

static void cost_tick(const struct plot *plot, double cost)
{
    double x = plot_x(plot, cost), bottom = PLOT_HEIGHT - PLOT_BOTTOM;
    struct render_number number = render_short(cost);
    as_buf_addf(plot->out,
                "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.0f\" y2=\"%.0f\"/>"
                "<text x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">$%s</text>",
                x, x, PLOT_TOP, bottom, x, bottom + 18, number.text);
}

static void cost_axis(const struct plot *plot)
{
    static const double between[] = {1, 2, 5};
    double step = pow(10, floor(log10(plot->cost_high)));
    size_t ticks = plot->cost_high < 1000 * plot->cost_low ? AS_COUNT(between) : 1;
    if (plot->is_log) {
        for (double power = plot->cost_low; power <= plot->cost_high; power *= 10)
            for (size_t i = 0; i < ticks && power * between[i] <= plot->cost_high; i++)
                cost_tick(plot, power * between[i]);
        return;
    }
    if (plot->cost_high / step < 2)
        step /= 4;
    else if (plot->cost_high / step < 5)
        step /= 2;
    for (int i = 0; i * step <= plot->cost_high; i++)
        cost_tick(plot, i * step);
}

static void plot_axes(const struct plot *plot, const char *metric)
{
    double bottom = PLOT_HEIGHT - PLOT_BOTTOM, right = PLOT_WIDTH - PLOT_RIGHT;
    for (int i = 0; i <= 5; i++) {
        double quality = plot->low + (plot->high - plot->low) * i / 5, y = plot_y(plot, quality);
        as_buf_addf(plot->out,
                    "<line class=\"grid\" x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\"/>"
                    "<text x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
                    PLOT_LEFT, right, y, y, PLOT_LEFT - 8, y + 4, render_decimals(quality, 2).text);
    }
    cost_axis(plot);
    as_buf_addf(plot->out,
                "<path class=\"axis\" d=\"M%.0f %.0fV%.0fH%.0f\"/>"
                "<text x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">cost of the run%s</text>",
                PLOT_LEFT, PLOT_TOP, bottom, right, (PLOT_LEFT + right) / 2, PLOT_HEIGHT - 8,
                plot->is_log ? ", by powers of ten" : "");
    as_buf_addf(
        plot->out,
        "<text x=\"16\" y=\"%.0f\" transform=\"rotate(-90 16 %.0f)\" text-anchor=\"middle\">mean ",
        (PLOT_TOP + bottom) / 2, (PLOT_TOP + bottom) / 2);
    render_markup_cstr(plot->out, metric);
    as_buf_adds(plot->out, "</text>");
}

/* ---- points and their names ---- */

static bool overlaps(const struct box *a, const struct box *b)
{
    return a->left < b->right && b->left < a->right && a->top < b->bottom && b->top < a->bottom;
}

static bool is_free(const struct plot *plot, const struct box *box)
{
    if (box->left < PLOT_LEFT || box->right > PLOT_WIDTH || box->top < 0 ||
        box->bottom > PLOT_HEIGHT - PLOT_BOTTOM)
        return false;
    for (size_t i = 0; i < plot->taken_count; i++)
        if (overlaps(box, &plot->taken[i]))
            return false;
    return true;
}

/* Beside the point, then further and further above and below; false when there is no room. */
static bool find_room(const struct plot *plot, const struct point *point, double width,
                      struct box *ret_box)
{
    for (int i = 0; i < 48; i++) {
        double left = i % 2 ? point->x - 11 - width : point->x + 11;
        double shift = (i / 4) * 9 * (i % 4 < 2 ? 1 : -1);
        struct box box = {left, point->y + shift - NAME_HEIGHT / 2, left + width,
                          point->y + shift + NAME_HEIGHT / 2};
        if (is_free(plot, &box)) {
            *ret_box = box;
            return true;
        }
    }
    return false;
}

static void plot_name(struct plot *plot, const struct point *point)
{
    struct as_str name = as_json_get_str(point->member, "model");
    struct as_str shown = render_cut(name, NAME_MAX_BYTES);
    struct box box;
    bool is_cut = shown.len < name.len;
    if (!find_room(plot, point, LETTER_WIDTH * (double)(shown.len + is_cut), &box))
        return; /* its title and the table have it */
    plot->taken[plot->taken_count++] = box;
    bool is_left = box.right < point->x, is_near = fabs(box.top + NAME_HEIGHT / 2 - point->y) < 10;
    double x = is_left ? box.right : box.left, y = box.top + NAME_HEIGHT / 2;
    if (!is_near)
        as_buf_addf(plot->out, "<path class=\"leader\" d=\"M%.1f %.1fL%.1f %.1f\"/>", point->x,
                    point->y, is_left ? x + 2 : x - 2, y);
    as_buf_addf(plot->out, "<text class=\"name\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x,
                y + 4, is_left ? "end" : "start");
    render_markup(plot->out, shown);
    as_buf_adds(plot->out, is_cut ? "…</text>" : "</text>");
}

static void plot_point(const struct plot *plot, const struct point *point)
{
    const struct as_json *ci = as_json_get(point->primary, "ci");
    bool is_baseline = !strcmp(as_json_get_cstr_or(point->member, "role", ""), "baseline");
    as_buf_adds(plot->out, "<g><title>");
    render_markup_cstr(plot->out, as_json_get_cstr(point->member, "model"));
    as_buf_addf(plot->out, ": %s at %s</title>",
                render_decimals(number_of(point->primary, "mean"), 3).text,
                render_usd(number_of(point->member, "cost_usd")).text);
    if (as_json_len(ci) == 2)
        as_buf_addf(plot->out, "<path class=\"interval\" d=\"M%.1f %.1fV%.1f\"/>", point->x,
                    plot_y(plot, as_json_num(as_json_at(ci, 0), NAN)),
                    plot_y(plot, as_json_num(as_json_at(ci, 1), NAN)));
    if (is_baseline)
        as_buf_addf(plot->out, "<path class=\"baseline\" d=\"M%.1f %.1fl7 7l-7 7l-7-7z\"/></g>",
                    point->x, point->y - 7);
    else
        as_buf_addf(plot->out, "<circle class=\"estimate\" cx=\"%.1f\" cy=\"%.1f\" r=\"5.5\"/></g>",
                    point->x, point->y);
}

static void plot_draw(struct plot *plot, const struct as_json *run)
{
    as_buf_addf(plot->out,
                "<p class=\"note\">Further up is better, further left is cheaper. The diamond is "
                "the baseline; lines are 95 %% intervals.</p>\n"
                "<div class=\"wide\" role=\"region\" aria-label=\"cost against quality\">"
                "<svg class=\"plot\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
                "aria-label=\"cost against quality; the numbers are in the table of models\">",
                PLOT_WIDTH, PLOT_HEIGHT);
    plot_axes(plot, as_json_get_cstr(run, "primary"));
    for (size_t i = 0; i < plot->point_count; i++)
        plot_point(plot, &plot->points[i]);
    for (size_t i = 0; i < plot->point_count; i++)
        plot_name(plot, &plot->points[i]);
    as_buf_adds(plot->out, "</svg></div>\n");
}

void html_scatter(const struct render *render)
{
    const struct as_json *run = render->run, *members = as_json_get(run, "members");
    struct plot plot = {.out = render->out, .low = 1, .high = 1};
    plot_fit(&plot, run);
    plot_points(&plot, run);
    html_begin_section(plot.out, "scatter", "Cost against quality");
    if (plot.point_count)
        plot_draw(&plot, run);
    if (plot.left_out)
        as_buf_addf(plot.out, "<p class=\"note\">%zu more models are in the table alone.</p>\n",
                    plot.left_out);
    for (size_t i = 0; i < as_json_len(members); i++) {
        if (is_placed(run, as_json_at(members, i)))
            continue;
        as_buf_adds(plot.out, "<p class=\"note\">");
        render_markup_cstr(plot.out, as_json_get_cstr(as_json_at(members, i), "model"));
        as_buf_adds(plot.out, " has no cost or no score, and no place in this drawing.</p>\n");
    }
    as_buf_adds(plot.out, "</section>\n");
}
