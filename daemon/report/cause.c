/* The rules of the header, and their words. What NaN says tells nothing: comparisons with it are
 * false. */
#include "daemon/report/cause.h"

#include "daemon/gate/sentence.h"
#include "daemon/stats/mean.h"

#include <inttypes.h>
#include <math.h>

#define NORMAL_95 1.959964
#define TIMES_TOLD 1.05

const char *cause_name(enum drift_cause cause)
{
    static const char *const names[] = {
        [CAUSE_UNKNOWN] = "unknown", [CAUSE_MODEL] = "model", [CAUSE_JUDGE] = "judge"};
    return names[cause];
}

static double error_of(double low, double high)
{
    return (high - low) / (2 * NORMAL_95);
}

/* As in drift.c: the interval has the error of both runs, that of one is less by the root of two.
 */
static struct shift slow_shift(const struct drift_point *points, size_t count, double from)
{
    double sum = 0, variance = 0;
    for (size_t i = count - DRIFT_NEWEST; i < count; i++) {
        double error = error_of(points[i].low, points[i].high);
        sum += points[i].diff;
        variance += error * error / 2 / DRIFT_NEWEST;
    }
    double diff = sum / DRIFT_NEWEST - from;
    double half = NORMAL_95 * sqrt(variance * (1. / DRIFT_NEWEST + 1. / DRIFT_RUNS));
    return (struct shift){diff, diff - half, diff + half};
}

struct shift cause_shift(const struct drift_point *points, size_t count, const struct drift *drift)
{
    if (!count)
        return (struct shift){NAN, NAN, NAN};
    const struct drift_point *last = &points[count - 1];
    if (drift->is_sudden || drift->reason || count < DRIFT_RUNS + DRIFT_NEWEST)
        return (struct shift){last->diff, last->low, last->high};
    return slow_shift(points, count, drift->chart.mean);
}

/* One-sided, of two shares. */
static bool is_more(const struct judge_moves *run, double before_moved, double before_n)
{
    double n = (double)run->n, share = (double)(run->up + run->down) / n;
    double both = (before_moved + n * share) / (before_n + n);
    double error = sqrt(both * (1 - both) * (1 / n + 1 / before_n));
    return erfc((share - before_moved / before_n) / error / sqrt(2)) / 2 < DRIFT_P;
}

struct judge_churn cause_churn(const struct judge_moves *runs, size_t count)
{
    struct judge_churn churn = {NAN, false};
    double moved = 0, n = 0;
    for (size_t i = 0; i < count; i++) {
        churn.before = n > 0 ? moved / n : NAN;
        churn.is_more = n > 0 && runs[i].n && is_more(&runs[i], moved, n);
        if (churn.is_more)
            continue;
        moved += (double)(runs[i].up + runs[i].down);
        n += (double)runs[i].n;
    }
    return churn;
}

/* How many times the judge's shift on the anchor may be that on the eval: by the good answers that
 * a stricter judge takes from, or the bad ones that a kinder one gives to. Never less than once. */
static double times_of(const struct cause_subject *subject, const struct judge_word *judge)
{
    double times = subject->shift.diff < 0 ? subject->mean / judge->mean
                                           : (1 - subject->mean) / (1 - judge->mean);
    return times > 1 ? times : 1; /* NaN too */
}

static struct shift without(const struct shift *shift, const struct shift *judge, double times)
{
    double error =
        hypot(error_of(shift->low, shift->high), times * error_of(judge->low, judge->high)) *
        NORMAL_95;
    double diff = shift->diff - times * judge->diff;
    return (struct shift){diff, diff - error, diff + error};
}

const char *cause_judge_text(const struct judge_word *judge, struct as_arena *arena)
{
    const struct shift *shift = &judge->shift;
    return as_arena_printf(arena,
                           "the judge gives the anchor '%s' %s%s points, 95%% CI %s to %s, "
                           "n=%" PRId64 ", %" PRId64 " up and %" PRId64 " down (run %" PRId64
                           " against run %" PRId64 ")",
                           judge->anchor, shift->diff > 0 ? "+" : "", gate_points(shift->diff).text,
                           gate_points(shift->low).text, gate_points(shift->high).text,
                           judge->moves.n, judge->moves.up, judge->moves.down, judge->run,
                           judge->reference);
}

static const char *net_text(const struct cause *cause, struct as_arena *arena)
{
    const struct shift *net = &cause->net;
    const char *times = cause->times < TIMES_TOLD
                            ? "that shift"
                            : as_arena_printf(arena, "%.1f times that shift", cause->times);
    return as_arena_printf(arena, "without %s %s%s points, 95%% CI %s to %s", times,
                           net->diff > 0 ? "+" : "", gate_points(net->diff).text,
                           gate_points(net->low).text, gate_points(net->high).text);
}

static bool is_clear(const struct shift *shift)
{
    return shift->low > 0 || shift->high < 0;
}

static struct cause told(enum drift_cause kind, const char *why)
{
    return (struct cause){kind, why, {NAN, NAN, NAN}, NAN};
}

/* All that the judge moved in that direction, while nobody knows how much it moves by chance. */
static bool may_be_moves(const struct shift *shift, const struct judge_word *judge, double times)
{
    const struct judge_moves *moves = &judge->moves;
    bool is_fall = shift->high < 0;
    double most =
        times * stats_wilson((double)(is_fall ? moves->down : moves->up), (double)moves->n).high;
    return isnan(judge->churn.before) && !((is_fall ? -shift->high : shift->low) > most);
}

/* The anchor has spoken. */
static struct cause apart(const struct cause_subject *subject, const struct judge_word *judge,
                          struct as_arena *arena)
{
    const struct shift *shift = &subject->shift;
    struct cause cause = told(CAUSE_UNKNOWN, NULL);
    const char *text = cause_judge_text(judge, arena);
    if (judge->since_run) {
        cause.kind = CAUSE_JUDGE;
        cause.why =
            as_arena_printf(arena, "%s and drifts since run %" PRId64, text, judge->since_run);
        return cause;
    }
    if (judge->churn.is_more) {
        cause.kind = CAUSE_JUDGE;
        cause.why = as_arena_printf(arena, "%s, and moved only %s %% of it before", text,
                                    gate_points(judge->churn.before).text);
        return cause;
    }
    cause.times = times_of(subject, judge);
    cause.net = without(shift, &judge->shift, cause.times);
    if (!is_clear(shift)) {
        cause.why = as_arena_printf(arena, "the newest run has no clear difference; %s", text);
    } else if (judge->lag) {
        cause.why = as_arena_printf(arena, "%s, but %s", text, judge->lag);
    } else if (!is_clear(&cause.net) || (cause.net.diff > 0) != (shift->diff > 0)) {
        cause.why = as_arena_printf(arena, "%s, which does not rule it out; %s", text,
                                    net_text(&cause, arena));
    } else if (may_be_moves(shift, judge, cause.times)) {
        cause.why =
            as_arena_printf(arena, "%s, and no run before tells how many it moves by chance", text);
    } else {
        cause.kind = CAUSE_MODEL;
        cause.why = as_arena_printf(arena, "%s; %s", text, net_text(&cause, arena));
    }
    return cause;
}

struct cause cause_of(const struct cause_subject *subject, const struct judge_word *judge,
                      struct as_arena *arena)
{
    if (!judge->is_judged && subject->is_recorded)
        return told(CAUSE_UNKNOWN, "neither the answers nor what scores them can have changed");
    if (!judge->is_judged)
        return told(CAUSE_MODEL, "no judge makes this metric");
    if (subject->is_recorded)
        return told(CAUSE_JUDGE, "the answers are recorded and do not change");
    if (judge->reason)
        return told(CAUSE_UNKNOWN, judge->reason);
    return apart(subject, judge, arena);
}

/* ---- for programs ---- */

static void set_shift(struct as_json *json, const char *diff, const char *ci,
                      const struct shift *shift)
{
    struct as_json *bounds = NULL;
    if (!isnan(shift->low) && !isnan(shift->high)) {
        bounds = as_json_array();
        as_json_push_take(bounds, as_json_new_num(shift->low));
        as_json_push_take(bounds, as_json_new_num(shift->high));
    }
    as_json_set_num(json, diff, shift->diff);
    as_json_set_take(json, ci, bounds);
}

static void set_run(struct as_json *json, const char *key, int64_t run)
{
    as_json_set_take(json, key, run ? as_json_new_int(run) : NULL);
}

static void set_count(struct as_json *json, const char *key, const struct judge_word *judge,
                      int64_t count)
{
    as_json_set_take(json, key, judge->reason ? NULL : as_json_new_int(count));
}

struct as_json *cause_judge_json(const struct judge_word *judge)
{
    if (!judge->is_judged)
        return NULL;
    struct as_json *json = as_json_object();
    as_json_set_str(json, "anchor", judge->anchor);
    as_json_set_str(json, "reason", judge->reason);
    as_json_set_str(json, "lag", judge->lag);
    as_json_set_str(json, "model", judge->model);
    as_json_set_str(json, "metric", judge->metric);
    set_run(json, "run", judge->run);
    set_run(json, "reference", judge->reference);
    as_json_set_num(json, "mean", judge->reason ? NAN : judge->mean);
    set_count(json, "n", judge, judge->moves.n);
    set_count(json, "up", judge, judge->moves.up);
    set_count(json, "down", judge, judge->moves.down);
    as_json_set_num(json, "moved_before", judge->reason ? NAN : judge->churn.before);
    as_json_set_bool(json, "moves_more", !judge->reason && judge->churn.is_more);
    set_shift(json, "diff", "ci", &judge->shift);
    set_run(json, "since_run", judge->since_run);
    return json;
}

void cause_set_json(struct as_json *json, const struct cause *cause)
{
    as_json_set_str(json, "cause", cause_name(cause->kind));
    as_json_set_str(json, "cause_why", cause->why);
    set_shift(json, "net_diff", "net_ci", &cause->net);
    as_json_set_num(json, "net_times", cause->times);
}
