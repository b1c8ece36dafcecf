/* The verdict's wording (tests/golden/README.md, section 11). One sentence per finding: better,
 * worse, not worse than the margin, no clear difference, not comparable. Each carries its n, its
 * interval and its p. */
#include "daemon/gate/sentence.h"

#include "lib/buf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POINTS_DECIMALS_MAX 3
#define P_SMALLEST 0.001
#define LEVEL_PRINTS_AS_ALL 99.995 /* with four digits */

struct gate_number gate_points(double share)
{
    struct gate_number number = {"n/a"};
    if (isnan(share))
        return number;
    double points = 100 * share;
    for (int decimals = 1; decimals <= POINTS_DECIMALS_MAX; decimals++) {
        snprintf(number.text, sizeof(number.text), "%.*f", decimals, points);
        if (points == 0 || atof(number.text) != 0)
            break;
    }
    if (atof(number.text) == 0 && number.text[0] == '-')
        memmove(number.text, number.text + 1, strlen(number.text));
    return number;
}

struct gate_number gate_p(double p)
{
    struct gate_number number = {"p n/a"};
    if (p < P_SMALLEST)
        snprintf(number.text, sizeof(number.text), "p<%.3f", P_SMALLEST);
    else if (!isnan(p))
        snprintf(number.text, sizeof(number.text), "p=%.3f", p);
    return number;
}

struct gate_shown gate_shown(const char *name)
{
    struct gate_shown shown;
    size_t len = strlen(name), fits = as_utf8_fit(name, len, GATE_SHOWN_BYTES);
    snprintf(shown.text, sizeof(shown.text), "%.*s%s", (int)fits, name, fits < len ? "..." : "");
    return shown;
}

/* ", p=0.043"; "" where there is none. */
static struct gate_number p_part(double p)
{
    struct gate_number number = {""};
    if (!isnan(p))
        snprintf(number.text, sizeof(number.text), ", %.32s", gate_p(p).text);
    return number;
}

struct gate_number gate_level(const struct stats_paired *compare)
{
    struct gate_number number;
    double percent = 100 * (1 - 2 * compare->tail);
    snprintf(number.text, sizeof(number.text), "%.*g", percent < LEVEL_PRINTS_AS_ALL ? 4 : 6,
             percent);
    return number;
}

struct figures {
    struct gate_number level, diff, size, low, high, p, margin, loss;
};

static struct figures figures_of(const struct stats_paired *compare)
{
    return (struct figures){
        .level = gate_level(compare),
        .diff = gate_points(compare->diff),
        .size = gate_points(fabs(compare->diff)),
        .low = gate_points(compare->ci_low),
        .high = gate_points(compare->ci_high),
        .p = p_part(compare->p),
        .margin = gate_points(compare->margin),
        .loss = gate_points(-compare->ci_low),
    };
}

static void write_clear_difference(struct as_buf *out, const struct stats_paired *compare)
{
    struct figures f = figures_of(compare);
    as_buf_addf(out, "candidate is %s by %s points, %s%% CI %s to %s, n=%zu pairs%s",
                compare->ci_low > 0 ? "better" : "worse", f.size.text, f.level.text, f.low.text,
                f.high.text, compare->n, f.p.text);
    if (compare->ci_high < 0 && compare->ni == STATS_NI_PASS)
        as_buf_addf(out, "; the loss is within the margin of %s points", f.margin.text);
}

void gate_write_finding(struct as_buf *out, const struct stats_paired *compare)
{
    struct figures f = figures_of(compare);
    if (isnan(compare->ci_low)) {
        as_buf_addf(out, "too little to compare (n=%zu pairs, %zu independent)", compare->n,
                    compare->n_clusters);
    } else if (compare->ci_low > 0 || compare->ci_high < 0) {
        write_clear_difference(out, compare);
    } else if (compare->ni == STATS_NI_PASS) {
        as_buf_addf(out,
                    "candidate is not worse than the baseline by more than %s points "
                    "(difference %s, %s%% CI %s to %s, n=%zu pairs%s)",
                    f.margin.text, f.diff.text, f.level.text, f.low.text, f.high.text, compare->n,
                    f.p.text);
    } else {
        as_buf_addf(out,
                    "no clear difference (%s points, %s%% CI %s to %s, n=%zu pairs%s); "
                    "a loss of up to %s points cannot be ruled out",
                    f.diff.text, f.level.text, f.low.text, f.high.text, compare->n, f.p.text,
                    f.loss.text);
    }
}

static void write_critical(struct as_buf *out, const struct gate_detail *detail,
                           enum gate_critical critical)
{
    const char *word = critical == GATE_CRITICAL_MUST_PASS ? "failure" : "regression";
    as_buf_addf(out, "; critical cases: %zu %s%s of %zu", detail->critical_failures, word,
                detail->critical_failures == 1 ? "" : "s", detail->critical_n);
    if (detail->critical_unknown)
        as_buf_addf(out, " (%zu not run)", detail->critical_unknown);
}

void gate_write_compared(const struct stats_paired *compare, char *ret_text, size_t size)
{
    struct as_buf out = {0};
    gate_write_finding(&out, compare);
    as_utf8_format(ret_text, size, "%s", out.ptr);
    as_buf_done(&out);
}

void gate_write_sentence(const struct gate_verdict *verdict, enum gate_critical critical,
                         char *ret_text, size_t size)
{
    struct as_buf out = {0};
    gate_write_finding(&out, &verdict->compare);
    if (critical != GATE_CRITICAL_OFF && verdict->detail.critical_n)
        write_critical(&out, &verdict->detail, critical);
    as_utf8_format(ret_text, size, "%s", out.ptr);
    as_buf_done(&out);
}

static void write_main_advice(const struct gate_verdict *verdict, struct as_buf *out)
{
    double floor = verdict->more_for_min_pairs;
    double if_equal = fmax(verdict->plan.more_if_equal, floor); /* fmax passes over a NaN */
    double if_observed = fmax(verdict->plan.more_if_observed, floor);
    if (isnan(verdict->plan.more_if_equal)) {
        if (floor > 0)
            as_buf_addf(out, "%.0f more cases are needed", floor);
    } else if (isnan(verdict->plan.more_if_observed)) {
        as_buf_addf(out, "about %.0f more cases would decide if the models are equal", if_equal);
    } else {
        as_buf_addf(out,
                    "about %.0f more cases would decide if the models are equal, %.0f if the "
                    "difference seen is the true one",
                    if_equal, if_observed);
    }
}

void gate_write_advice(const struct gate_verdict *verdict, char *ret_text, size_t size)
{
    struct as_buf out = {0};
    write_main_advice(verdict, &out);
    for (size_t i = 0; i < gate_verdict_check_count(verdict); i++) {
        const struct gate_check *check = gate_verdict_check(verdict, i);
        if (check->advice[0])
            as_buf_addf(&out, "%s%s", out.len ? "; " : "", check->advice);
    }
    as_utf8_format(ret_text, size, "%s", as_buf_str(&out).ptr);
    as_buf_done(&out);
}
