/* Gathers what estimate.c reckons with: the sizes of the cases, and for each model the newest of
 * the eval's runs that called it with the same parameters. */
#include "daemon/engine/plan.h"

#include "daemon/engine/estimate.h"
#include "daemon/engine/looks.h"
#include "daemon/engine/recordings.h"
#include "daemon/model/recording.h"
#include "daemon/stats/dist.h"
#include "daemon/stats/power.h"
#include "daemon/store/history.h"
#include "daemon/transport/budget.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_CASES 256
#define LANES_MAX (PINS_MAX_MEMBERS + 1)
/* What a request has beside its messages and parameters, and what a rubric puts around a case and
 * its answer, about. */
#define FRAME_BYTES 128.0
#define QUESTION_BYTES 2048.0
#define JUDGE_TURNS 2

struct past_run {
    int64_t id;
    struct pins *pins;
    struct as_json *result; /* NULL: it has none */
};

struct plan_lane {
    const char *role; /* "baseline", "candidate", "judge" */
    const struct pin_model *model;
    struct estimate_facts facts;
    struct estimate_lane estimate;
    int64_t reusable;
};

struct plan {
    const struct plan_spec *spec;
    struct past_run past[PLAN_PAST_RUNS];
    size_t past_count;
    double message_bytes, case_bytes; /* means */
    /* By member: cases that have its answer, of members that are not called. */
    int64_t recorded[PINS_MAX_MEMBERS];
    struct plan_lane lanes[LANES_MAX];
    size_t lane_count;
    struct estimate_lane total;
};

/* ---- what is known ---- */

static int64_t case_count_of(const struct plan *plan)
{
    return plan->spec->selection->count;
}

static void count_recordings(struct plan *plan, const struct case_record *item)
{
    const struct pins *pins = plan->spec->pins;
    for (size_t i = 0; i < pins->member_count; i++) {
        const char *name = recording_of(pins->members[i].spec.name);
        AS_CLEANUP_JSON struct as_json *answer = name ? recordings_answer(item, name) : NULL;
        plan->recorded[i] += answer != NULL;
    }
}

static int read_cases(struct store *store, struct plan *plan)
{
    const struct selection *selection = plan->spec->selection;
    struct as_arena arena = {0};
    double messages = 0, whole = 0;
    int64_t seq = 0, taken = 0;
    int rc = 0;
    for (size_t count = 1; !rc && count && taken < selection->count; seq += (int64_t)count) {
        struct case_record *cases = NULL;
        rc = store_cases_page(store, plan->spec->dataset_id, seq, PAGE_CASES, &arena, &cases,
                              &count);
        for (size_t i = 0; i < count && !rc; i++) {
            if (!selection_has(selection, cases[i].seq))
                continue;
            messages += (double)cases[i].messages_json.len;
            whole += (double)cases[i].json.len;
            count_recordings(plan, &cases[i]);
            taken++;
        }
        as_arena_reset(&arena);
    }
    as_arena_done(&arena);
    if (taken) {
        plan->message_bytes = messages / (double)taken;
        plan->case_bytes = whole / (double)taken;
    }
    return rc;
}

static void add_past(struct plan *plan, const struct group_record *group)
{
    struct past_run *past = &plan->past[plan->past_count];
    *past = (struct past_run){.id = group->id};
    if (pins_from_json(group->pins_json, &past->pins, NULL))
        return; /* a damaged past is none */
    if (group->result_json &&
        as_json_parse(group->result_json, strlen(group->result_json), &past->result, NULL))
        past->result = NULL;
    plan->past_count++;
}

static int read_past(struct store *store, struct plan *plan)
{
    struct as_arena arena = {0};
    struct group_record *groups = NULL;
    size_t count = 0;
    int rc = store_groups_page(store, plan->spec->pins->eval_name, 0, PLAN_PAST_RUNS, &arena,
                               &groups, &count);
    for (size_t i = 0; i < count && !rc; i++) {
        struct group_record group;
        rc = store_group_get(store, groups[i].id, &arena, &group);
        if (!rc && group_state_is_final(group.state))
            add_past(plan, &group);
    }
    as_arena_done(&arena);
    return rc;
}

static void plan_done(struct plan *plan)
{
    for (size_t i = 0; i < plan->past_count; i++) {
        pins_free(plan->past[i].pins);
        as_json_free(plan->past[i].result);
    }
}

/* What a model answers depends on these. */
static bool is_same_model(const struct pin_model *a, const struct pin_model *b)
{
    return !pins_is_recorded(a) && !pins_is_recorded(b) &&
           !strcmp(a->spec.worker_json, b->spec.worker_json) &&
           !strcmp(a->spec.base_url, b->spec.base_url);
}

static int member_in(const struct pins *pins, const struct pin_model *model)
{
    for (size_t i = 0; i < pins->member_count; i++)
        if (is_same_model(&pins->members[i], model))
            return (int)i;
    return -1;
}

static bool is_same_rubric(const struct pins *a, const struct pins *b)
{
    if (a->rubric == PINS_NO_RUBRIC || b->rubric == PINS_NO_RUBRIC)
        return false;
    return is_same_model(&a->judge, &b->judge) &&
           !memcmp(&a->metrics[a->rubric].hash, &b->metrics[b->rubric].hash,
                   sizeof(a->metrics[0].hash));
}

static int take_means(struct store *store, const struct past_run *past, int member, uint32_t role,
                      struct estimate_past *ret_past)
{
    struct call_means means;
    int rc = store_call_means(store, past->id, member, role, &means);
    if (rc || !means.calls)
        return rc;
    *ret_past = (struct estimate_past){
        .run = past->id,
        .request_bytes = means.request_bytes,
        .input_tokens = means.input_tokens,
        .output_tokens = means.output_tokens,
        .tokens = means.tokens,
        .usd = means.cost_usd,
        .latency_ms = means.latency_ms,
        .calls_per_row = role ? (double)means.calls / (double)means.rows : 1,
    };
    return 0;
}

/* The newest run that tells. */
static int find_past(struct store *store, const struct plan *plan, const struct plan_lane *lane,
                     struct estimate_past *ret_past)
{
    bool is_judge = lane->model == &plan->spec->pins->judge;
    int rc = 0;
    for (size_t i = 0; i < plan->past_count && !rc && !ret_past->run; i++) {
        const struct past_run *past = &plan->past[i];
        int member = member_in(past->pins, lane->model);
        if (is_judge && is_same_rubric(plan->spec->pins, past->pins))
            rc = take_means(store, past, -1, 1, ret_past);
        else if (!is_judge && member >= 0)
            rc = take_means(store, past, member, 0, ret_past);
    }
    return rc;
}

/* ---- what could be reused ---- */

static bool asks_the_same(const struct pins *a, const struct pins *b)
{
    const char *system_a = a->system ? a->system : "", *system_b = b->system ? b->system : "";
    return !memcmp(&a->dataset_hash, &b->dataset_hash, sizeof(a->dataset_hash)) &&
           !strcmp(system_a, system_b);
}

struct reuse_tally {
    const struct selection *selection;
    int64_t count;
};

static void count_reusable_case(void *ctx, int64_t case_seq)
{
    struct reuse_tally *tally = ctx;
    tally->count += selection_has(tally->selection, case_seq);
}

/* In the best of the past runs; several together may have more. */
static int count_reusable(struct store *store, const struct plan *plan, struct plan_lane *lane)
{
    const struct plan_spec *spec = plan->spec;
    int64_t age_ms = spec->pins->journal.max_age_ms;
    if (spec->pins->journal.policy == JOURNAL_LIVE)
        age_ms = JOURNAL_CACHE_MAX_AGE_MS;
    int rc = 0;
    for (size_t i = 0; i < plan->past_count && !rc; i++) {
        const struct past_run *past = &plan->past[i];
        int member = member_in(past->pins, lane->model);
        if (member < 0 || !asks_the_same(spec->pins, past->pins) ||
            memcmp(&past->pins->members[member].provider_hash, &lane->model->provider_hash,
                   sizeof(lane->model->provider_hash)) != 0)
            continue;
        struct reusable_query query = {
            .group_id = past->id,
            .member = (uint32_t)member,
            .since_ms = age_ms ? spec->now_ms - age_ms : 0,
            .dataset_id = spec->dataset_id,
            .samples = spec->pins->samples,
        };
        struct reuse_tally tally = {spec->selection, 0};
        rc = store_reusable_each(store, &query, count_reusable_case, &tally);
        if (tally.count > lane->reusable)
            lane->reusable = tally.count;
    }
    return rc;
}

/* ---- lanes ---- */

static double request_bytes_of(const struct plan *plan, const struct pin_model *model)
{
    const struct pins *pins = plan->spec->pins;
    return plan->message_bytes + FRAME_BYTES + (double)strlen(model->spec.worker_json) +
           (double)(pins->system ? strlen(pins->system) : 0);
}

/* The question holds the case and the answer. */
static double question_bytes_of(const struct plan *plan)
{
    double longest = 0;
    for (size_t i = 0; i < plan->spec->pins->member_count; i++)
        longest = fmax(longest, (double)plan->spec->pins->members[i].output_tokens);
    return plan->case_bytes + QUESTION_BYTES + longest * ESTIMATE_BYTES_PER_TOKEN;
}

static int add_lane(struct store *store, struct plan *plan, const struct plan_lane *from)
{
    struct plan_lane *lane = &plan->lanes[plan->lane_count++];
    const struct journal_rules *journal = &plan->spec->pins->journal;
    *lane = *from;
    lane->facts.spec = &from->model->spec;
    lane->facts.output_tokens = from->model->output_tokens;
    int rc = find_past(store, plan, lane, &lane->facts.past);
    if (!rc)
        rc = count_reusable(store, plan, lane);
    if (journal->policy == JOURNAL_REPLAY)
        lane->facts.rows = lane->facts.reused = 0; /* it cannot call */
    else if (journal->policy == JOURNAL_CACHE)
        lane->facts.reused = lane->reusable < lane->facts.rows ? lane->reusable : lane->facts.rows;
    lane->estimate = estimate_lane_of(&lane->facts);
    return rc;
}

static bool is_always_judged(const struct pins *pins)
{
    for (size_t i = 0; i < pins->metric_count; i++)
        if (pins->metrics[i].is_required)
            return false;
    return true;
}

static int add_lanes(struct store *store, struct plan *plan)
{
    const struct pins *pins = plan->spec->pins;
    int64_t rows = case_count_of(plan) * (int64_t)pins->samples, judged = 0;
    int rc = 0;
    for (size_t i = 0; i < pins->member_count && !rc; i++) {
        const struct pin_model *model = &pins->members[i];
        judged += pins_is_recorded(model) ? plan->recorded[i] * (int64_t)pins->samples : rows;
        struct plan_lane lane = {
            .role = i ? "candidate" : "baseline",
            .model = model,
            .facts = {.rows = rows, .turns = 1, .least_calls = 1},
        };
        if (pins_is_recorded(model))
            continue;
        lane.facts.request_bytes = request_bytes_of(plan, model);
        rc = add_lane(store, plan, &lane);
    }
    if (rc || pins->rubric == PINS_NO_RUBRIC)
        return rc;
    struct plan_lane judge = {
        .role = "judge",
        .model = &pins->judge,
        .facts = {.rows = judged,
                  .turns = JUDGE_TURNS,
                  .least_calls = is_always_judged(pins) ? 1 : 0,
                  .request_bytes = question_bytes_of(plan)},
    };
    return add_lane(store, plan, &judge);
}

/* ---- what so many cases can show ---- */

static double past_sigma(const struct plan *plan, int64_t *ret_run)
{
    const struct pins *pins = plan->spec->pins;
    const char *primary = pins->metrics[pins->primary].name;
    for (size_t r = 0; r < plan->past_count; r++) {
        const struct as_json *pairs = as_json_get(plan->past[r].result, "comparisons");
        for (size_t i = 0; i < as_json_len(pairs); i++) {
            const struct as_json *pair = as_json_at(pairs, i), *ci = as_json_get(pair, "ci");
            double sigma = estimate_sigma(as_json_num(as_json_at(ci, 0), NAN),
                                          as_json_num(as_json_at(ci, 1), NAN),
                                          as_json_get_num(pair, "confidence", STATS_CONFIDENCE),
                                          as_json_get_num(pair, "n_pairs", NAN));
            if (strcmp(as_json_get_cstr_or(pair, "metric", ""), primary) != 0 || isnan(sigma))
                continue;
            *ret_run = plan->past[r].id;
            return sigma;
        }
    }
    return NAN;
}

static struct as_json *detectable_json(const struct plan *plan)
{
    const struct pins *pins = plan->spec->pins;
    struct as_json *json = as_json_object();
    int64_t run = 0;
    double n = (double)case_count_of(plan), sigma = past_sigma(plan, &run);
    bool is_assumed = isnan(sigma);
    if (is_assumed)
        sigma = ESTIMATE_SIGMA;
    as_json_set_str(json, "metric", pins->metrics[pins->primary].name);
    as_json_set_int(json, "cases", case_count_of(plan));
    as_json_set_num(json, "difference", stats_detectable_difference(sigma, n));
    as_json_set_num(json, "sigma", sigma);
    as_json_set_take(json, "sigma_run", is_assumed ? NULL : as_json_new_int(run));
    as_json_set_num(json, "confidence", 0.95);
    as_json_set_num(json, "power", 0.8);
    as_json_set_num(json, "margin", pins->gate.margin);
    as_json_set_num(json, "cases_for_margin",
                    isnan(pins->gate.margin)
                        ? NAN
                        : stats_pairs_for_noninferiority(sigma, pins->gate.margin, 0, 0.8));
    return json;
}

/* ---- the budget's word ---- */

static const char *fit_name(enum estimate_fit fit)
{
    static const char *const names[] = {"fits", "unknown", "may_stop", "will_stop"};
    return names[fit];
}

static void say_verdict(const struct estimate_verdict *verdict, int64_t rows, struct as_buf *text)
{
    switch (verdict->fit) {
    case ESTIMATE_FITS: as_buf_adds(text, "even the worst case stays under every cap"); return;
    case ESTIMATE_CANNOT_TELL:
        as_buf_addf(text, "%s cannot be kept: a model has no price", verdict->cap);
        return;
    case ESTIMATE_MAY_STOP:
        as_buf_addf(text,
                    "as expected it fits; the worst case exceeds %s and would stop at about row "
                    "%lld of %lld",
                    verdict->cap, (long long)verdict->stops_at_row, (long long)rows);
        return;
    case ESTIMATE_WILL_STOP:
        as_buf_addf(text, "it exceeds %s: it will stop at about row %lld of %lld", verdict->cap,
                    (long long)verdict->stops_at_row, (long long)rows);
        return;
    }
}

static struct as_json *budget_json(const struct plan *plan, int64_t rows)
{
    const struct budget_rules *rules = &plan->spec->pins->budget;
    struct as_json *json = as_json_object();
    struct estimate_verdict verdict = estimate_against(rules, &plan->total, rows);
    struct as_buf text = {0};
    say_verdict(&verdict, rows, &text);
    as_json_set_take(json, "caps", budget_rules_to_json(rules));
    as_json_set_str(json, "verdict", fit_name(verdict.fit));
    as_json_set_str(json, "cap", verdict.cap);
    as_json_set_take(json, "stops_at_row",
                     verdict.stops_at_row ? as_json_new_int(verdict.stops_at_row) : NULL);
    as_json_set_str(json, "sentence", text.ptr);
    as_buf_done(&text);
    return json;
}

/* ---- the whole ---- */

static struct as_json *range_json(double low, double high)
{
    struct as_json *json = as_json_object();
    as_json_set_num(json, "low", low);
    as_json_set_num(json, "high", high);
    return json;
}

static void set_estimate(struct as_json *json, const struct estimate_lane *lane)
{
    as_json_set_take(json, "calls", range_json(lane->calls_low, lane->calls_high));
    as_json_set_num(json, "requests_high", lane->requests_high);
    as_json_set_take(json, "tokens", range_json(lane->tokens_low, lane->tokens_high));
    as_json_set_take(json, "cost_usd", range_json(lane->usd_low, lane->usd_high));
    as_json_set_num(json, "time_s", lane->seconds);
}

static struct as_json *lane_json(const struct plan_lane *lane)
{
    const struct estimate_past *past = &lane->facts.past;
    struct as_json *json = as_json_object();
    as_json_set_str(json, "model", lane->model->spec.name);
    as_json_set_str(json, "role", lane->role);
    set_estimate(json, &lane->estimate);
    as_json_set_int(json, "reused", lane->facts.reused);
    as_json_set_int(json, "reusable", lane->reusable);
    as_json_set_int(json, "output_tokens", lane->model->output_tokens);
    as_json_set_bool(json, "output_assumed", lane->model->is_assumed);
    as_json_set_int(json, "concurrency", lane->model->spec.concurrency);
    as_json_set_take(json, "past_run", past->run ? as_json_new_int(past->run) : NULL);
    as_json_set_num(json, "latency_ms", past->run ? past->latency_ms : NAN);
    return json;
}

/* Lanes of one account wait for each other at its rates. */
static double account_seconds(const struct plan *plan, const struct model_spec *spec)
{
    double calls = 0, tokens = 0;
    for (size_t i = 0; i < plan->lane_count; i++) {
        const struct plan_lane *lane = &plan->lanes[i];
        if (strcmp(lane->model->spec.provider, spec->provider) != 0)
            continue;
        calls += lane->estimate.calls_low;
        tokens += lane->estimate.tokens_low;
    }
    double by_calls = spec->account.rpm ? calls * 60 / spec->account.rpm : 0;
    double by_tokens = spec->account.tpm ? tokens * 60 / spec->account.tpm : 0;
    return fmax(by_calls, by_tokens);
}

/* What the group itself keeps to: so many calls in flight, and a pause between calls. */
static double group_seconds(const struct plan *plan)
{
    const struct call_rules *calls = &plan->spec->pins->calls;
    double busy_s = 0;
    for (size_t i = 0; i < plan->lane_count; i++)
        busy_s += plan->lanes[i].estimate.calls_low * plan->lanes[i].facts.past.latency_ms / 1000;
    double by_count = calls->max_concurrent ? busy_s / calls->max_concurrent : 0;
    return fmax(by_count, plan->total.calls_low * calls->delay_ms / 1000);
}

static struct as_json *plan_json(struct plan *plan)
{
    const struct pins *pins = plan->spec->pins;
    struct estimate_lane estimates[LANES_MAX];
    struct as_json *json = as_json_object(), *lanes = as_json_array(), *total = as_json_object();
    int64_t rows = case_count_of(plan) * (int64_t)pins->samples * (int64_t)pins->member_count;
    for (size_t i = 0; i < plan->lane_count; i++) {
        estimates[i] = plan->lanes[i].estimate;
        as_json_push_take(lanes, lane_json(&plan->lanes[i]));
    }
    plan->total = estimate_sum(estimates, plan->lane_count);
    for (size_t i = 0; i < plan->lane_count && !isnan(plan->total.seconds); i++)
        plan->total.seconds =
            fmax(plan->total.seconds, account_seconds(plan, &plan->lanes[i].model->spec));
    if (!isnan(plan->total.seconds))
        plan->total.seconds = fmax(plan->total.seconds, group_seconds(plan));
    set_estimate(total, &plan->total);
    as_json_set_str(json, "eval", pins->eval_name);
    as_json_set_str(json, "dataset", pins->dataset_name);
    as_json_set_int(json, "dataset_version", pins->dataset_version);
    as_json_set_int(json, "cases", case_count_of(plan));
    as_json_set_take(json, "selection", selection_rules_to_json(&pins->selection));
    as_json_set_take(json, "call_rules", call_rules_to_json(&pins->calls));
    as_json_set_int(json, "samples", pins->samples);
    as_json_set_int(json, "rows", rows);
    as_json_set_take(json, "models", lanes);
    as_json_set_take(json, "total", total);
    as_json_set_str(json, "journal", journal_policy_name(pins->journal.policy));
    as_json_set_take(json, "detectable", detectable_json(plan));
    as_json_set_take(json, "early_stop", looks_plan_json(plan->spec->pins, case_count_of(plan)));
    as_json_set_take(json, "budget",
                     budget_rules_is_set(&pins->budget) ? budget_json(plan, rows) : NULL);
    return json;
}

int plan_make(struct store *store, const struct plan_spec *spec, struct as_json **ret_plan,
              struct as_err *err)
{
    struct plan plan = {.spec = spec};
    int rc = read_cases(store, &plan);
    if (!rc)
        rc = read_past(store, &plan);
    if (!rc)
        rc = add_lanes(store, &plan);
    if (rc)
        as_err_set(err, rc, "%s", store_error(store));
    else
        *ret_plan = plan_json(&plan);
    plan_done(&plan);
    return rc;
}
