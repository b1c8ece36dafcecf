/* Means times counts. Nothing here is better than the past that it was given; what was not known
 * stays unknown and is not taken for zero. */
#include "daemon/engine/estimate.h"

#include "daemon/stats/dist.h"
#include "daemon/transport/budget.h"

#include <math.h>

static double least_tokens(const struct estimate_facts *facts)
{
    return facts->request_bytes / ESTIMATE_BYTES_PER_TOKEN;
}

static double past_tokens(const struct estimate_past *past)
{
    double both = past->input_tokens + past->output_tokens;
    return isnan(both) ? past->tokens : both;
}

/* At today's prices where the tokens are known, else at those of the past. */
static double past_usd(const struct estimate_past *past, const struct model_prices *prices)
{
    double usd = (past->input_tokens * prices->input + past->output_tokens * prices->output) / 1e6;
    return isnan(usd) ? past->usd : usd;
}

static double worst_usd(const struct budget_amount *worst, const struct model_prices *prices)
{
    bool is_priced = !isnan(prices->input) && !isnan(prices->output);
    return is_priced ? (double)worst->usd_nano / BUDGET_NANO_PER_USD : NAN;
}

static double at_rate(double count, uint32_t a_minute)
{
    return a_minute ? count * 60 / a_minute : 0;
}

/* By the narrowest of the limits; where models share an account, each takes it for its own. */
static double seconds_of(const struct estimate_lane *lane, const struct estimate_facts *facts)
{
    const struct model_spec *spec = facts->spec;
    const struct model_limits *account = &spec->account;
    uint32_t slots = spec->concurrency ? spec->concurrency : 1;
    if (account->concurrency && account->concurrency < slots)
        slots = account->concurrency;
    double seconds = lane->calls_low * facts->past.latency_ms / 1000 / slots;
    const double others[] = {
        at_rate(lane->calls_low, spec->rpm), at_rate(lane->calls_low, account->rpm),
        at_rate(lane->tokens_low, spec->tpm), at_rate(lane->tokens_low, account->tpm)};
    for (size_t i = 0; i < AS_COUNT(others) && !isnan(seconds); i++)
        seconds = others[i] > seconds ? others[i] : seconds;
    return seconds;
}

static void set_high(struct estimate_lane *lane, const struct estimate_facts *facts)
{
    double past_bytes = facts->past.request_bytes;
    double bytes = past_bytes > 0 ? past_bytes : facts->request_bytes;
    struct budget_amount worst =
        budget_worst((uint64_t)ceil(bytes), facts->output_tokens, &facts->spec->prices);
    lane->calls_high = (double)(facts->rows * facts->turns);
    lane->requests_high = lane->calls_high * facts->spec->max_attempts;
    lane->tokens_high = lane->calls_high * (double)worst.tokens;
    lane->usd_high = lane->calls_high * worst_usd(&worst, &facts->spec->prices);
}

struct estimate_lane estimate_lane_of(const struct estimate_facts *facts)
{
    struct estimate_lane lane = {0};
    const struct estimate_past *past = &facts->past;
    const struct model_prices *prices = &facts->spec->prices;
    double per_row =
        past->run && !isnan(past->calls_per_row) ? past->calls_per_row : facts->least_calls;
    double tokens = past->run ? past_tokens(past) : NAN;
    double usd = past->run ? past_usd(past, prices) : NAN;
    if (isnan(tokens))
        tokens = least_tokens(facts);
    if (isnan(usd))
        usd = least_tokens(facts) * prices->input / 1e6;
    lane.calls_low = ceil((double)(facts->rows - facts->reused) * per_row);
    lane.tokens_low = ceil(lane.calls_low * tokens);
    lane.usd_low = lane.calls_low > 0 ? lane.calls_low * usd : 0;
    lane.seconds = past->run ? seconds_of(&lane, facts) : NAN;
    set_high(&lane, facts);
    return lane;
}

struct estimate_lane estimate_sum(const struct estimate_lane *lanes, size_t count)
{
    struct estimate_lane sum = {0};
    for (size_t i = 0; i < count; i++) {
        sum.calls_low += lanes[i].calls_low;
        sum.calls_high += lanes[i].calls_high;
        sum.requests_high += lanes[i].requests_high;
        sum.tokens_low += lanes[i].tokens_low;
        sum.tokens_high += lanes[i].tokens_high;
        sum.usd_low += lanes[i].usd_low;
        sum.usd_high += lanes[i].usd_high;
        if (isnan(lanes[i].seconds) || lanes[i].seconds > sum.seconds)
            sum.seconds = isnan(sum.seconds) ? NAN : lanes[i].seconds;
    }
    return sum;
}

struct cap {
    const char *name;
    double cap, low, high;
};

static enum estimate_fit fit_of(const struct cap *cap)
{
    if (isnan(cap->high))
        return ESTIMATE_CANNOT_TELL;
    if (cap->low > cap->cap)
        return ESTIMATE_WILL_STOP;
    return cap->high > cap->cap ? ESTIMATE_MAY_STOP : ESTIMATE_FITS;
}

struct estimate_verdict estimate_against(const struct budget_rules *budget,
                                         const struct estimate_lane *total, int64_t rows)
{
    const struct cap caps[] = {
        {"max_cost_usd", budget->max_cost_usd, total->usd_low, total->usd_high},
        {"max_requests", budget->max_requests ? (double)budget->max_requests : NAN,
         total->calls_low, total->requests_high},
        {"max_tokens", budget->max_tokens ? (double)budget->max_tokens : NAN, total->tokens_low,
         total->tokens_high},
    };
    struct estimate_verdict verdict = {.fit = ESTIMATE_FITS};
    for (size_t i = 0; i < AS_COUNT(caps); i++) {
        enum estimate_fit fit = isnan(caps[i].cap) ? ESTIMATE_FITS : fit_of(&caps[i]);
        double all = fit == ESTIMATE_WILL_STOP ? caps[i].low : caps[i].high;
        int64_t row = fit == ESTIMATE_FITS || fit == ESTIMATE_CANNOT_TELL
                          ? 0
                          : (int64_t)floor((double)rows * caps[i].cap / all);
        bool is_first = fit > verdict.fit || (fit == verdict.fit && row < verdict.stops_at_row);
        if (is_first)
            verdict = (struct estimate_verdict){fit, caps[i].name, row};
    }
    return verdict;
}

double estimate_sigma(double ci_low, double ci_high, double confidence, double n)
{
    double z = stats_normal_quantile((1 + confidence) / 2);
    double sigma = (ci_high - ci_low) / 2 / z * sqrt(n);
    return sigma > 0 ? sigma : NAN;
}
