/* A decision is a reason, an action and what may be said for it; the figures that follow are the
 * same for all, so that two sentences can be compared. Ratios within 5 % of 1 count as no
 * difference: a p95 of a few hundred calls moves that much by itself. */
#include "daemon/report/result_advice.h"

#include "daemon/gate/sentence.h"
#include "daemon/stats/dist.h"
#include "daemon/stats/multiple.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAME_RATIO 0.05
#define P_BETTER (1 - STATS_CONFIDENCE)

const char *advice_action_name(enum advice_action action)
{
    static const char *const names[] = {
        [ADVICE_DEPLOY] = "deploy",
        [ADVICE_KEEP] = "keep",
        [ADVICE_UNDECIDED] = "undecided",
    };
    return names[action];
}

/* A planned look has no p of its own, only limits; so that candidates can be ordered and corrected,
 * the plain one is raised in proportion to what the look leaves of 2.5 % a side. */
static double p_at_level(const struct stats_paired *compare, double p)
{
    return compare->tail > 0 ? fmin(1, p * STATS_TAIL / compare->tail) : p;
}

static double plain_p(const struct stats_paired *compare)
{
    return isnan(compare->p)
               ? 2 * stats_t_upper(fabs(compare->adj_center) / compare->adj_se, compare->df)
               : compare->p;
}

struct advice_facts advice_facts_of(const char *candidate, enum gate_outcome outcome,
                                    const struct gate_verdict *verdict)
{
    struct advice_facts facts = {
        .candidate = candidate,
        .outcome = outcome,
        .check = outcome == GATE_SKIP ? -1 : verdict->headline,
        .compare = verdict->compare,
        .cost_ratio = verdict->detail.cost_ratio,
        .latency_ratio =
            verdict->compare.n < GATE_P95_VALUES_MIN ? NAN : verdict->detail.latency_p95_ratio,
        .p = p_at_level(&verdict->compare, plain_p(&verdict->compare)),
        .p_ni = p_at_level(&verdict->compare, verdict->compare.p_ni),
    };
    facts.p_holm = facts.p;
    facts.p_ni_holm = facts.p_ni;
    if (facts.check >= 0) {
        const struct gate_check *check = gate_verdict_check(verdict, (size_t)facts.check);
        snprintf(facts.name, sizeof(facts.name), "%s", check->name);
        snprintf(facts.why, sizeof(facts.why), "%s", check->text);
    }
    snprintf(facts.more, sizeof(facts.more), "%s", verdict->advice);
    return facts;
}

void advice_adjust(struct advice_facts *facts, size_t count)
{
    AS_CLEANUP_FREE double *p = as_xcalloc(2 * count + 1, sizeof(*p));
    double *p_ni = p + count;
    for (size_t i = 0; i < count; i++) {
        p[i] = facts[i].p;
        p_ni[i] = facts[i].p_ni;
    }
    stats_holm(p, count, p);
    stats_holm(p_ni, count, p_ni);
    for (size_t i = 0; i < count; i++) {
        facts[i].p_holm = p[i];
        facts[i].p_ni_holm = p_ni[i];
    }
}

/* ---- the reason ---- */

static bool is_better(const struct advice_facts *facts)
{
    return facts->compare.ci_low > 0 && facts->p_holm <= P_BETTER;
}

static bool is_worse(const struct advice_facts *facts)
{
    return facts->compare.ci_high < 0;
}

/* Dearer or slower, with no gain to set against it that is known. */
static bool gains_nothing(const struct advice_facts *facts)
{
    double most = 1 + SAME_RATIO, least = 1 - SAME_RATIO;
    bool is_loss = facts->cost_ratio > most || facts->latency_ratio > most;
    bool is_gain = is_better(facts) || facts->cost_ratio < least || facts->latency_ratio < least;
    return is_loss && !is_gain;
}

/* What is not known may be a gain. */
static enum advice_action say_no_gain(const struct advice_facts *facts, struct as_buf *out)
{
    bool is_dearer = facts->cost_ratio > 1 + SAME_RATIO;
    const char *unknown = isnan(facts->cost_ratio)      ? "what it costs"
                          : isnan(facts->latency_ratio) ? "how fast it is"
                                                        : NULL;
    if (unknown)
        as_buf_addf(out, "'%s' passes, but it is %s and %s is not known", facts->candidate,
                    is_dearer ? "dearer" : "slower", unknown);
    else
        as_buf_addf(out, "'%s' passes, but nothing is gained by it", facts->candidate);
    return unknown ? ADVICE_UNDECIDED : ADVICE_KEEP;
}

static enum advice_action say_failed(const struct advice_facts *facts, struct as_buf *out)
{
    if (facts->check == GATE_CHECK_NONINFERIORITY)
        as_buf_addf(out, "'%s' is worse by more than the margin of %s points", facts->candidate,
                    gate_points(facts->compare.margin).text);
    else if (facts->check == GATE_CHECK_SUPERIORITY)
        as_buf_addf(out, "'%s' is worse, and the gate asks for better", facts->candidate);
    else
        as_buf_addf(out, "'%s' fails the check %s, %s", facts->candidate, facts->name, facts->why);
    return ADVICE_KEEP;
}

static enum advice_action say_undecided(const struct advice_facts *facts, struct as_buf *out)
{
    if (facts->check == GATE_CHECK_NONINFERIORITY)
        as_buf_addf(out, "a loss of %s points or more cannot be ruled out",
                    gate_points(facts->compare.margin).text);
    else if (facts->check == GATE_CHECK_SUPERIORITY)
        as_buf_adds(out, "the gate asks for better, and that is not shown");
    else
        as_buf_addf(out, "the check %s is open, %s", facts->name, facts->why);
    return ADVICE_UNDECIDED;
}

static enum advice_action say_luck(const struct advice_run *run, double p, double limit,
                                   struct as_buf *out)
{
    as_buf_addf(out,
                "alone it would pass, but it is one of %zu candidates, and by Holm's correction "
                "for that p is %.3f, above %.3f",
                run->candidate_count, p, limit);
    return ADVICE_UNDECIDED;
}

/* Nothing stands against it, and no margin says which loss is small enough. */
static enum advice_action decide_without_margin(const struct advice_run *run,
                                                const struct advice_facts *facts,
                                                struct as_buf *out)
{
    if (is_worse(facts)) {
        as_buf_addf(out, "'%s' is worse", facts->candidate);
        return ADVICE_KEEP;
    }
    if (is_better(facts)) {
        as_buf_adds(out, "it is better");
        return ADVICE_DEPLOY;
    }
    if (facts->compare.ci_low > 0)
        return say_luck(run, facts->p_holm, P_BETTER, out);
    as_buf_adds(out, "no difference is shown, and the gate has no margin that says how small a "
                     "loss would do (set gate.margin)");
    return ADVICE_UNDECIDED;
}

static enum advice_action decide_within_margin(const struct advice_run *run,
                                               const struct advice_facts *facts, struct as_buf *out)
{
    struct gate_number margin = gate_points(facts->compare.margin);
    if (!is_better(facts) && facts->p_ni_holm > STATS_TAIL)
        return say_luck(run, facts->p_ni_holm, STATS_TAIL, out);
    if (gains_nothing(facts))
        return say_no_gain(facts, out);
    if (is_better(facts))
        as_buf_adds(out, "it is better");
    else if (is_worse(facts))
        as_buf_addf(out, "it is worse, by less than the margin of %s points", margin.text);
    else
        as_buf_addf(out, "it is not worse by more than the margin of %s points", margin.text);
    return ADVICE_DEPLOY;
}

static enum advice_action decide(const struct advice_run *run, const struct advice_facts *facts,
                                 struct as_buf *out)
{
    if (run->is_stopped) {
        as_buf_adds(out, "the budget stopped the run before all cases were done");
        return ADVICE_UNDECIDED;
    }
    if (facts->outcome == GATE_FAIL)
        return say_failed(facts, out);
    if (facts->outcome == GATE_INCONCLUSIVE)
        return say_undecided(facts, out);
    if (isnan(facts->compare.ci_low)) {
        as_buf_adds(out, "there is too little to compare");
        return ADVICE_UNDECIDED;
    }
    return isnan(facts->compare.margin) ? decide_without_margin(run, facts, out)
                                        : decide_within_margin(run, facts, out);
}

/* ---- the sentence ---- */

static void add_difference(struct as_buf *out, const struct stats_paired *compare)
{
    if (isnan(compare->ci_low))
        as_buf_addf(out, " (n=%zu pairs)", compare->n);
    else
        as_buf_addf(out, " (difference %s points, %s %% interval %s to %s, n=%zu pairs)",
                    gate_points(compare->diff).text, gate_level(compare).text,
                    gate_points(compare->ci_low).text, gate_points(compare->ci_high).text,
                    compare->n);
}

static void add_ratio(struct as_buf *out, double ratio, const char *of)
{
    if (isnan(ratio))
        as_buf_addf(out, "an unknown ratio of %s", of);
    else
        as_buf_addf(out, "%.2f times the %s", ratio, of);
}

static void add_head(struct as_buf *out, const struct advice_run *run,
                     const struct advice_facts *facts, enum advice_action action)
{
    if (action == ADVICE_DEPLOY)
        as_buf_addf(out, "Deploy '%s' in place of '%s': ", facts->candidate, run->baseline);
    else if (action == ADVICE_KEEP)
        as_buf_addf(out, "Keep '%s': ", run->baseline);
    else
        as_buf_addf(out, "Undecided between '%s' and '%s': ", run->baseline, facts->candidate);
}

enum advice_action advice_decide(const struct advice_run *run, const struct advice_facts *facts,
                                 struct as_buf *out)
{
    struct as_buf why = {0};
    enum advice_action action = decide(run, facts, &why);
    add_head(out, run, facts, action);
    as_buf_adds(out, why.ptr);
    add_difference(out, &facts->compare);
    as_buf_adds(out, ", at ");
    add_ratio(out, facts->cost_ratio, "cost");
    as_buf_adds(out, " and ");
    add_ratio(out, facts->latency_ratio, "p95 latency");
    if (action == ADVICE_UNDECIDED && !run->is_stopped && facts->more[0])
        as_buf_addf(out, "; %s", facts->more);
    as_buf_addc(out, '.');
    as_buf_done(&why);
    return action;
}

/* ---- in the result ---- */

static struct as_json *recommendation_json(const struct advice_run *run,
                                           const struct advice_facts *facts)
{
    struct as_buf sentence = {0};
    struct as_json *json = as_json_object();
    enum advice_action action = advice_decide(run, facts, &sentence);
    as_json_set_str(json, "candidate", facts->candidate);
    as_json_set_str(json, "action", advice_action_name(action));
    as_json_set_take(json, "sentence", as_json_new_str(as_buf_str(&sentence)));
    as_json_set_int(json, "n", (int64_t)facts->compare.n);
    as_buf_done(&sentence);
    return json;
}

static void set_adjusted(struct as_json *comparison, const struct advice_facts *facts)
{
    bool has_p = !isnan(facts->compare.p); /* none after planned looks */
    as_json_set_num(comparison, "p_holm", has_p ? facts->p_holm : NAN);
    as_json_set_num(comparison, "p_ni", has_p ? facts->p_ni : NAN);
    as_json_set_num(comparison, "p_ni_holm", has_p ? facts->p_ni_holm : NAN);
}

void advice_add(struct as_json *result, const char *metric, const struct advice_run *run,
                const struct advice_facts *facts)
{
    struct as_json *comparisons = as_json_get(result, "comparisons");
    struct as_json *recommendations = as_json_array();
    size_t next = 0;
    for (size_t i = 0; i < as_json_len(comparisons) && next < run->candidate_count; i++) {
        struct as_json *comparison = as_json_at(comparisons, i);
        if (!strcmp(as_json_get_cstr_or(comparison, "metric", ""), metric))
            set_adjusted(comparison, &facts[next++]);
    }
    for (size_t i = 0; i < run->candidate_count; i++)
        as_json_push_take(recommendations, recommendation_json(run, &facts[i]));
    as_json_set_take(result, "recommendations", recommendations);
}
