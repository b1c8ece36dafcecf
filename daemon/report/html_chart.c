/* The drawings within tables, as inline SVG: a line of values on a scale that a whole column
 * shares, and a member's scores by tenths. Colours come from the style sheet's classes, so that
 * light, dark and print each have their own. */
#include "daemon/report/html_own.h"

#include <math.h>
#include <string.h>

#define STRIP_WIDTH 220.0
#define STRIP_HEIGHT 20
#define STRIP_PAD 6.0
/* What is beyond is drawn at the scale's end: a recording says what it wants. */
#define LATENCY_LEAST_MS 1e-3
#define LATENCY_MOST_MS 1e12

static double number_of(const struct as_json *object, const char *key)
{
    return as_json_get_num(object, key, NAN);
}

static double end_of(const struct as_json *pair, size_t end)
{
    return as_json_num(as_json_at(pair, end), NAN);
}

/* ---- scales ---- */

/* The next of 1, 2, 5, 10, 20, ... times a power of ten that is not below the value. */
static double nice_above(double value)
{
    double unit = pow(10, floor(log10(value)));
    double steps[] = {1, 2, 5, 10};
    for (size_t i = 0; i < AS_COUNT(steps); i++)
        if (value <= steps[i] * unit * (1 + 1e-9))
            return steps[i] * unit;
    return value;
}

/* Each side as far as it goes, but the shorter a fourth of the longer: its number needs room. */
void html_scale_fit_differences(struct html_scale *scale, const struct as_json *comparisons)
{
    for (size_t i = 0; i < as_json_len(comparisons); i++) {
        const struct as_json *one = as_json_at(comparisons, i), *ci = as_json_get(one, "ci");
        scale->low = fmin(scale->low, fmin(number_of(one, "diff"), end_of(ci, 0)));
        scale->high = fmax(scale->high, fmax(number_of(one, "diff"), end_of(ci, 1)));
    }
    scale->low = -nice_above(fmax(-scale->low, scale->high / 4));
    scale->high = nice_above(fmax(scale->high, -scale->low / 4));
}

struct html_scale html_scale_of_differences(const struct as_json *comparisons, double margin)
{
    struct html_scale scale = {.margin = -margin, .high = 0.01};
    scale.low = -fmax(0.01, isfinite(margin) ? 1.2 * margin : 0);
    html_scale_fit_differences(&scale, comparisons);
    return scale;
}

struct html_scale html_scale_of_means(const struct as_json *run)
{
    struct html_scale scale = {.low = 1, .high = 1, .margin = NAN};
    const struct as_json *members = as_json_get(run, "members");
    for (size_t i = 0; i < as_json_len(members); i++) {
        const struct as_json *primary = render_primary(run, as_json_at(members, i));
        scale.low = fmin(scale.low, number_of(primary, "mean"));
        scale.low = fmin(scale.low, end_of(as_json_get(primary, "ci"), 0));
    }
    scale.low = scale.low < 0.5 ? 0 : scale.low < 0.8 ? 0.5 : 0.8;
    return scale;
}

/* By powers when they differ by more than twenty times: else the quick ones all stand at the left.
 */
struct html_scale html_scale_of_latencies(const struct as_json *run)
{
    struct html_scale scale = {.low = 0, .high = 0, .margin = NAN, .is_ms = true};
    const struct as_json *members = as_json_get(run, "members");
    double least = INFINITY;
    for (size_t i = 0; i < as_json_len(members); i++) {
        least = fmin(least, number_of(as_json_at(members, i), "latency_p50_ms"));
        scale.high = fmax(scale.high, number_of(as_json_at(members, i), "latency_p99_ms"));
    }
    least = least > 0 ? fmax(least, LATENCY_LEAST_MS) : least;
    scale.high = scale.high > LATENCY_LEAST_MS ? nice_above(fmin(scale.high, LATENCY_MOST_MS)) : 1;
    scale.is_log = least > 0 && least < scale.high / 20;
    if (scale.is_log)
        scale.low = pow(10, floor(log10(least)));
    return scale;
}

static double share_of(const struct html_scale *scale, double value)
{
    if (scale->is_log)
        return value > 0 ? log(value / scale->low) / log(scale->high / scale->low) : 0;
    return (value - scale->low) / (scale->high - scale->low);
}

static double strip_x(const struct html_scale *scale, double value)
{
    double share = share_of(scale, value);
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return STRIP_PAD + share * (STRIP_WIDTH - 2 * STRIP_PAD);
}

static void strip_begin(struct as_buf *out, const char *class_name)
{
    as_buf_addf(out,
                "<svg class=\"%s\" width=\"%.0f\" height=\"%d\" viewBox=\"0 0 %.0f %d\" "
                "aria-hidden=\"true\">",
                class_name, STRIP_WIDTH, STRIP_HEIGHT, STRIP_WIDTH, STRIP_HEIGHT);
}

static void strip_tick(struct as_buf *out, const struct html_scale *scale, const char *class_name,
                       double value)
{
    double x = strip_x(scale, value);
    if (isfinite(value) && value >= scale->low && value <= scale->high)
        as_buf_addf(out, "<line class=\"%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%d\"/>",
                    class_name, x, x, STRIP_HEIGHT);
}

static double middle_of(const struct html_scale *scale)
{
    if (scale->low < 0)
        return 0;
    return scale->is_log ? sqrt(scale->low * scale->high) : (scale->low + scale->high) / 2;
}

static void axis_number(struct as_buf *out, const struct html_scale *scale, double value,
                        const char *anchor)
{
    double x = !strcmp(anchor, "start") ? 0
               : !strcmp(anchor, "end") ? STRIP_WIDTH
                                        : strip_x(scale, value);
    as_buf_addf(out, "<text x=\"%.1f\" y=\"14\" text-anchor=\"%s\">", x, anchor);
    if (scale->is_ms)
        as_buf_addf(out, "%.4g ms", value);
    else if (scale->low < 0)
        as_buf_addf(out, value == 0 ? "%.0f" : "%+.3g", value);
    else
        as_buf_addf(out, "%.3g", value);
    as_buf_adds(out, "</text>");
}

void html_axis(struct as_buf *out, const struct html_scale *scale)
{
    strip_begin(out, "strip scale");
    axis_number(out, scale, scale->low, "start");
    axis_number(out, scale, middle_of(scale), "middle");
    axis_number(out, scale, scale->high, "end");
    as_buf_adds(out, "</svg>");
}

static void strip_frame(struct as_buf *out, const struct html_scale *scale)
{
    strip_tick(out, scale, "grid", scale->low);
    strip_tick(out, scale, scale->low < 0 ? "zero" : "grid", middle_of(scale));
    strip_tick(out, scale, "grid", scale->high);
    strip_tick(out, scale, "margin", scale->margin);
}

/* Differences whose interval leaves zero out are told from others. */
static const char *certainty_of(const struct html_scale *scale, const struct as_json *ci)
{
    if (scale->low >= 0 || as_json_len(ci) != 2)
        return "";
    return end_of(ci, 1) < 0 ? " below" : end_of(ci, 0) > 0 ? " above" : "";
}

void html_interval(struct as_buf *out, const struct html_scale *scale, const struct as_json *ci,
                   double value)
{
    const char *certainty = certainty_of(scale, ci);
    as_buf_adds(out, "<td class=\"drawing\">");
    strip_begin(out, "strip");
    strip_frame(out, scale);
    if (as_json_len(ci) == 2)
        as_buf_addf(out, "<path class=\"interval%s\" d=\"M%.1f 6v8m0-4H%.1fm0-4v8\"/>", certainty,
                    strip_x(scale, end_of(ci, 0)), strip_x(scale, end_of(ci, 1)));
    if (isfinite(value))
        as_buf_addf(out, "<circle class=\"estimate%s\" cx=\"%.1f\" cy=\"10\" r=\"4\"/>", certainty,
                    strip_x(scale, value));
    as_buf_adds(out, "</svg></td>");
}

void html_percentiles(struct as_buf *out, const struct html_scale *scale,
                      const struct as_json *member)
{
    double p50 = number_of(member, "latency_p50_ms"), p95 = number_of(member, "latency_p95_ms"),
           p99 = number_of(member, "latency_p99_ms");
    as_buf_adds(out, "<td class=\"drawing\">");
    strip_begin(out, "strip");
    strip_frame(out, scale);
    if (isfinite(p50) && isfinite(p99))
        as_buf_addf(out,
                    "<path class=\"interval\" d=\"M%.1f 10H%.1fm0-4v8\"/>"
                    "<circle class=\"estimate\" cx=\"%.1f\" cy=\"10\" r=\"4\"/>",
                    strip_x(scale, p50), strip_x(scale, p99), strip_x(scale, p50));
    if (isfinite(p95))
        as_buf_addf(out, "<rect class=\"estimate\" x=\"%.1f\" y=\"6\" width=\"3\" height=\"8\"/>",
                    strip_x(scale, p95) - 1.5);
    as_buf_adds(out, "</svg></td>");
}

/* ---- scores by tenths ---- */

#define BAR_WIDTH 13
#define BAR_HEIGHT 28.0

static int64_t most_of(const struct as_json *bins)
{
    int64_t most = 0;
    for (size_t i = 0; i < as_json_len(bins); i++)
        if (as_json_int(as_json_at(bins, i), 0) > most)
            most = as_json_int(as_json_at(bins, i), 0);
    return most;
}

void html_histogram(struct as_buf *out, const struct as_json *metric)
{
    const struct as_json *bins = as_json_get(metric, "hist");
    size_t count = as_json_len(bins);
    int64_t most = most_of(bins);
    if (!most)
        return;
    as_buf_addf(out,
                "<svg class=\"hist\" width=\"%zu\" height=\"%.0f\" role=\"img\" "
                "aria-label=\"cases by score, in tenths:",
                count * BAR_WIDTH, BAR_HEIGHT + 1);
    for (size_t i = 0; i < count; i++)
        as_buf_addf(out, " %lld", (long long)as_json_int(as_json_at(bins, i), 0));
    as_buf_addf(out, "\"><path class=\"axis\" d=\"M0 %.1fH%zu\"/>", BAR_HEIGHT + 0.5,
                count * BAR_WIDTH);
    for (size_t i = 0; i < count; i++) {
        double share = (double)as_json_int(as_json_at(bins, i), 0) / (double)most;
        double height = share > 0 ? fmax(1.5, share * BAR_HEIGHT) : 0;
        if (height > 0)
            as_buf_addf(out,
                        "<rect class=\"bar\" x=\"%zu\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>",
                        i * BAR_WIDTH + 1, BAR_HEIGHT - height, BAR_WIDTH - 2, height);
    }
    as_buf_adds(out, "</svg>");
}
