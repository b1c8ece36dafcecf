/* The limiter's arithmetic. What the numbers below are chosen for: 20,000 calls against a server
 * that allows 100 a second end within 1.15 x of the ideal time with under 1 % of them refused, and
 * 1,000 calls at once against one that allows them are under way after a tenth of a second. The
 * cube is CUBIC's (RFC 9438) in shape: flat near the last known limit, steep far from it. */
#include "daemon/transport/limiter.h"

#include <math.h>
#include <stddef.h>

#define WINDOW_START 16.0
#define WINDOW_MAX 100000.0
#define SLOW_START_STEP 0.5
#define WINDOW_CUT 0.9           /* by a lone refusal */
#define WINDOW_CUT_EXHAUSTED 0.5 /* by an exhausted account */
#define WINDOW_NEAR_TOP 0.97     /* up to here it grows by one a call, from here by one a window */
#define RAMP_MIN_MS 20u
#define RAMP_MAX_MS 250u
#define STEP_MS 100u /* after slow start: one more by the clock, where answers are slow */

#define RATE_MIN 0.05 /* three calls a minute: that the account is well again has to be noticed */
#define RATE_CUT 0.95
#define RATE_CUT_MOST 0.5
#define RATE_CUT_MIN_MS 200u /* a burst of refusals is one cut */
#define RATE_SEARCH 0.4      /* growth a tempo: e^0.4 is half as much again */
#define RATE_HOLD 0.05       /* growth after HOLD tempos */
#define HOLD 20.0
#define TEMPO_MAX_S 60.0
#define RATE_SLOW 5.0 /* a tempo */
#define BURST_S 0.05  /* a late timer may be made up for, so far */

#define LATEST 0xFFu         /* the latest 8 calls, all refused: the account is exhausted */
#define OFTEN_OF_64 5        /* of the latest 64: there is a limit, though not exhausted */
#define NOISE_MAX_OF_64 38   /* more than that are no noise */
#define NOISE_CALLS 1000u    /* so many calls long such refusals cut nothing */
#define CYCLE_MIN_MS 1000u   /* what a rate is reckoned over at least */
#define CYCLE_MAX_MS 10000.0 /* a tempo; what is older counts half */
#define IDLE_MS 1000u
#define OWN_PAUSE_MAX_MS 30000u /* what nobody asked for */

void limiter_init(struct limiter *limiter, uint64_t now_ms)
{
    *limiter = (struct limiter){
        .phase = LIMITER_FREE,
        .is_slow_start = true,
        .window = WINDOW_START,
        .ramp_at_ms = now_ms,
        .ramp_ms = RAMP_MIN_MS,
        .calls = {1, now_ms},
        .tokens = {0, now_ms},
        .tempo_s = 1,
        .cycle_at_ms = now_ms,
        .took_at_ms = now_ms,
    };
}

void limiter_init_fixed(struct limiter *limiter, uint64_t now_ms)
{
    limiter_init(limiter, now_ms);
    limiter->is_slow_start = false;
    limiter->window = WINDOW_MAX;
}

static uint64_t at_most(uint64_t value, uint64_t most)
{
    return value < most ? value : most;
}

static double window_cap(const struct limiter *limiter)
{
    return limiter->limits.concurrency ? limiter->limits.concurrency : WINDOW_MAX;
}

static void window_set(struct limiter *limiter, double window)
{
    double cap = window_cap(limiter);
    limiter->window = window < 1 ? 1 : window > cap ? cap : window;
}

void limiter_set(struct limiter *limiter, const struct model_limits *limits)
{
    bool has_more = !limits->concurrency || (limiter->limits.concurrency &&
                                             limits->concurrency > limiter->limits.concurrency);
    if (limits->tpm && !limiter->limits.tpm)
        limiter->tokens.credit = 0;
    if (limiter->calls.credit < 0) /* what went before there was a pace */
        limiter->calls.credit = 0;
    limiter->limits = *limits;
    limiter->is_slow_start = limiter->is_slow_start || has_more;
    window_set(limiter, limiter->window);
}

double limiter_rate(const struct limiter *limiter)
{
    double given = limiter->limits.rpm / 60.0;
    double learned = limiter->phase == LIMITER_FREE ? 0 : limiter->rate;
    if (given <= 0 || learned <= 0)
        return given > 0 ? given : learned;
    return given < learned ? given : learned;
}

uint32_t limiter_window(const struct limiter *limiter)
{
    return (uint32_t)limiter->window;
}

/* ---- the cycle: how much is accepted in how much time ---- */

static void cycle_begin(struct limiter *limiter, uint64_t now_ms)
{
    limiter->cycle_at_ms = now_ms;
    limiter->cycle_sent = limiter->unsent;
    limiter->cycle_refused = 0;
}

static void cycle_age(struct limiter *limiter, uint64_t now_ms)
{
    uint64_t age_ms = now_ms - limiter->cycle_at_ms;
    if ((double)age_ms < CYCLE_MAX_MS * limiter->tempo_s)
        return;
    limiter->cycle_at_ms = now_ms - age_ms / 2;
    limiter->cycle_sent /= 2;
    limiter->cycle_refused /= 2;
}

/* Calls a second that were accepted from the cycle's beginning until then. */
static double cycle_rate(const struct limiter *limiter, uint64_t until_ms)
{
    double accepted = limiter->cycle_sent - limiter->cycle_refused - limiter->unsent;
    uint64_t elapsed_ms = until_ms - limiter->cycle_at_ms;
    return (accepted > 1 ? accepted : 1) * 1000.0 / (double)(elapsed_ms ? elapsed_ms : 1);
}

/* ---- the pace ---- */

/* top: the pace at which it was refused. */
static void pace_from(struct limiter *limiter, enum limiter_phase phase, double rate, double top,
                      uint64_t now_ms)
{
    limiter->phase = phase;
    limiter->rate = limiter->rate_low = fmax(rate, RATE_MIN);
    limiter->rate_top = top;
    limiter->grown = 0;
    limiter->cut_at_ms = now_ms;
    limiter->cut_over = limiter->cut_refused = 0;
}

static int refused_of_64(const struct limiter *limiter)
{
    return __builtin_popcountll(limiter->history);
}

/* Below it the pace grows by calls, above by seconds. */
static double slow_rate(const struct limiter *limiter)
{
    return RATE_SLOW / limiter->tempo_s;
}

/* A call had to wait for the pace: only then is there a reason to quicken it. */
static void pace_grow(struct limiter *limiter)
{
    double rate = fmax(limiter->rate, slow_rate(limiter));
    double tempos = 1 / (rate * limiter->tempo_s); /* that this call took */
    limiter->grown += tempos / HOLD;
    if (limiter->phase == LIMITER_SEARCH)
        limiter->rate += limiter->rate * RATE_SEARCH * tempos;
    else if (limiter->grown < 1)
        limiter->rate = limiter->rate_top -
                        (limiter->rate_top - limiter->rate_low) * pow(1 - limiter->grown, 3);
    else
        limiter->rate = limiter->rate_top * (1 + RATE_HOLD * pow(limiter->grown - 1, 3));
}

static void pace_learned(struct limiter *limiter, enum limiter_phase phase, double rate, double top,
                         uint64_t now_ms)
{
    pace_from(limiter, phase, rate, top, now_ms);
    limiter->calls = (struct limiter_bucket){1, now_ms};
    limiter->rate_base = rate;
    limiter->base_refused = refused_of_64(limiter);
    limiter->is_slow_start = true; /* the pace holds the reins now */
}

/* At half the pace as many are refused as before: slowing down is no cure for them (a provider
 * short of capacity, a fault). */
static bool is_noise(const struct limiter *limiter)
{
    int before = limiter->base_refused, now = refused_of_64(limiter);
    return before && before <= NOISE_MAX_OF_64 && now * 4 >= before * 3;
}

/* A lone refusal at this pace: a little slower, or as much as was refused since the last cut. Where
 * nothing is accepted even at a slow pace, it is not known where the limit is. */
static void pace_cut(struct limiter *limiter, uint64_t now_ms)
{
    if (now_ms - limiter->cut_at_ms < RATE_CUT_MIN_MS && limiter->phase == LIMITER_HOLD)
        return;
    if (limiter->calls_in_noise)
        return;
    double left = 1 - limiter->cut_refused / limiter->cut_over;
    double top = limiter->rate, rate = top * fmax(fmin(left, RATE_CUT), RATE_CUT_MOST);
    bool is_lost = left <= 0 && rate < slow_rate(limiter);
    enum limiter_phase phase = is_lost ? LIMITER_SEARCH : LIMITER_HOLD;
    if (rate >= limiter->rate_base / 2) {
        pace_from(limiter, phase, rate, top, now_ms);
    } else if (is_noise(limiter)) {
        pace_from(limiter, LIMITER_HOLD, limiter->rate_base, limiter->rate_base, now_ms);
        limiter->calls_in_noise = NOISE_CALLS;
    } else {
        pace_learned(limiter, phase, rate, top, now_ms);
    }
}

/* At the end of the pause, when every refusal of the burst has been counted: what was accepted
 * lasted for the pause as well. A second time, what the pause says is known better: Retry-After
 * comes in whole seconds, half a second too long on average. */
static void learn_pace(struct limiter *limiter, uint64_t now_ms)
{
    bool is_first = limiter->phase == LIMITER_FREE;
    uint64_t spare_ms = is_first ? 0 : limiter->pause_ms < 1000 ? limiter->pause_ms / 2 : 500;
    double top = limiter->rate, rate = cycle_rate(limiter, limiter->paused_until_ms - spare_ms);
    if (!is_first)
        rate = fmax(fmin(rate, limiter->rate * RATE_CUT), limiter->rate * RATE_CUT_MOST);
    bool is_any_accepted = limiter->cycle_sent - limiter->unsent > limiter->cycle_refused;
    bool is_known = !is_first && (is_any_accepted || rate >= slow_rate(limiter));
    pace_learned(limiter, is_known ? LIMITER_HOLD : LIMITER_SEARCH, rate, top, now_ms);
    limiter->is_cut_due = false;
    cycle_begin(limiter, now_ms);
}

/* ---- buckets ---- */

static void bucket_fill(struct limiter_bucket *bucket, double per_s, double most, uint64_t now_ms)
{
    if (now_ms > bucket->at_ms)
        bucket->credit += per_s * (double)(now_ms - bucket->at_ms) / 1000.0;
    bucket->at_ms = now_ms;
    if (bucket->credit > most)
        bucket->credit = most;
}

static uint64_t ms_until(double missing, double per_s)
{
    double ms = ceil(missing * 1000.0 / per_s);
    return ms < 1 ? 1 : ms > LIMITER_PAUSE_MAX_MS ? LIMITER_PAUSE_MAX_MS : (uint64_t)ms;
}

static double burst_of(double rate)
{
    return rate * BURST_S > 1 ? rate * BURST_S : 1;
}

static uint64_t wait_for_pace(struct limiter *limiter, uint64_t now_ms)
{
    double rate = limiter_rate(limiter), tokens_per_s = (double)limiter->limits.tpm / 60.0;
    if (rate > 0) {
        bucket_fill(&limiter->calls, rate, burst_of(rate), now_ms);
        limiter->is_pace_waited_for |= limiter->calls.credit < 1 - 1e-9;
        if (limiter->calls.credit < 1 - 1e-9)
            return ms_until(1 - limiter->calls.credit, rate);
    }
    if (tokens_per_s > 0) {
        bucket_fill(&limiter->tokens, tokens_per_s, tokens_per_s, now_ms);
        if (limiter->tokens.credit < 0)
            return ms_until(-limiter->tokens.credit, tokens_per_s);
    }
    return 0;
}

/* ---- the window ---- */

static uint64_t wait_for_window(struct limiter *limiter, uint64_t now_ms)
{
    if (limiter->in_flight < limiter_window(limiter))
        return 0;
    if (limiter->window >= window_cap(limiter))
        return LIMITER_FULL;
    uint64_t since_ms = now_ms - limiter->ramp_at_ms;
    uint64_t step_ms = limiter->is_slow_start ? limiter->ramp_ms : STEP_MS;
    if (since_ms < step_ms)
        return step_ms - since_ms;
    if (limiter->unsent * 2 > limiter->in_flight)
        return step_ms; /* nobody can have refused them yet */
    limiter->ramp_at_ms = now_ms;
    window_set(limiter, limiter->is_slow_start ? limiter->window * 2 : limiter->window + 1);
    return limiter->in_flight < limiter_window(limiter) ? 0 : LIMITER_FULL;
}

static void window_cut(struct limiter *limiter, double factor)
{
    double used = limiter->in_flight + 1.0;
    limiter->window_top = limiter->window < used ? limiter->window : used;
    window_set(limiter, limiter->window_top * factor);
    limiter->epoch++;
}

/* A call was accepted while the window was in use. */
static void window_grow(struct limiter *limiter)
{
    bool is_far = limiter->window < limiter->window_top * WINDOW_NEAR_TOP;
    double step = limiter->is_slow_start ? SLOW_START_STEP : is_far ? 1 : 1 / limiter->window;
    window_set(limiter, limiter->window + step);
}

/* ---- passes ---- */

static void forget_if_old(struct limiter *limiter, uint64_t now_ms)
{
    bool is_new = limiter->phase == LIMITER_FREE && !limiter->epoch;
    if (is_new || limiter->in_flight || now_ms - limiter->took_at_ms < LIMITER_FORGET_MS)
        return;
    struct limiter fresh;
    limiter_init(&fresh, now_ms);
    fresh.limits = limiter->limits;
    fresh.tokens = limiter->tokens;
    fresh.refusals = limiter->refusals;
    window_set(&fresh, fresh.window);
    *limiter = fresh;
}

uint64_t limiter_paused_ms(const struct limiter *limiter, uint64_t now_ms)
{
    return now_ms < limiter->paused_until_ms ? limiter->paused_until_ms - now_ms : 0;
}

uint64_t limiter_wait_ms(struct limiter *limiter, uint64_t now_ms)
{
    uint64_t paused_ms = limiter_paused_ms(limiter, now_ms);
    if (paused_ms)
        return paused_ms;
    forget_if_old(limiter, now_ms);
    if (limiter->is_cut_due)
        learn_pace(limiter, now_ms);
    uint64_t wait_ms = wait_for_pace(limiter, now_ms);
    return wait_ms ? wait_ms : wait_for_window(limiter, now_ms);
}

void limiter_take(struct limiter *limiter, uint64_t tokens, uint64_t now_ms,
                  struct limiter_pass *ret_pass)
{
    double rate = limiter_rate(limiter);
    bool is_paced = limiter->is_pace_waited_for;
    if (!limiter->in_flight && now_ms - limiter->took_at_ms > IDLE_MS)
        cycle_begin(limiter, now_ms);
    cycle_age(limiter, now_ms);
    limiter->took_at_ms = now_ms;
    limiter->is_pace_waited_for = false;
    limiter->in_flight++;
    limiter->cycle_sent++;
    limiter->calls.credit -= 1;
    limiter->tokens.credit -= (double)tokens;
    bool is_full = limiter->in_flight >= limiter_window(limiter);
    if (is_paced && limiter->rate <= rate && limiter->phase != LIMITER_FREE)
        pace_grow(limiter);
    limiter->unsent++;
    *ret_pass = (struct limiter_pass){limiter->epoch, tokens, .is_held = true,
                                      .is_window_bound = is_full && !is_paced};
}

void limiter_note_sent(struct limiter *limiter, struct limiter_pass *pass)
{
    if (!pass->is_held || pass->is_sent)
        return;
    pass->is_sent = true;
    limiter->unsent--;
}

void limiter_return(struct limiter *limiter, struct limiter_pass *pass)
{
    if (!pass->is_held)
        return;
    limiter_note_sent(limiter, pass);
    pass->is_held = false;
    limiter->in_flight--;
    limiter->cycle_sent -= limiter->cycle_sent >= 1 ? 1 : 0;
    limiter->calls.credit += 1;
    limiter->tokens.credit += (double)pass->tokens;
    pass->tokens = 0;
}

static void note_outcome(struct limiter *limiter, struct limiter_pass *pass, bool is_refused)
{
    limiter_note_sent(limiter, pass);
    pass->is_held = false;
    limiter->in_flight--;
    limiter->history = limiter->history << 1 | is_refused;
    limiter->cycle_refused += is_refused;
    limiter->cut_over++;
    limiter->cut_refused += is_refused;
    limiter->refusals += is_refused;
    limiter->calls_in_noise -= limiter->calls_in_noise ? 1 : 0;
}

void limiter_give(struct limiter *limiter, struct limiter_pass *pass)
{
    if (!pass->is_held)
        return;
    bool is_used = limiter->in_flight * 2 > limiter_window(limiter);
    note_outcome(limiter, pass, false);
    if (is_used)
        window_grow(limiter);
}

static void exhausted(struct limiter *limiter, const struct limiter_pass *pass,
                      uint64_t retry_after_ms, uint64_t now_ms)
{
    bool is_first = limiter->phase == LIMITER_FREE;
    bool is_any_accepted = limiter->cycle_sent - limiter->unsent > limiter->cycle_refused;
    double tempo_s = (double)retry_after_ms / 1000;
    if (!retry_after_ms && (is_any_accepted || !limiter->pause_ms))
        retry_after_ms = LIMITER_PAUSE_MS;
    else if (!retry_after_ms)
        retry_after_ms = at_most(limiter->pause_ms * 2, OWN_PAUSE_MAX_MS);
    limiter->pause_ms = at_most(retry_after_ms, LIMITER_PAUSE_MAX_MS);
    if (is_first || pass->is_window_bound)
        window_cut(limiter, WINDOW_CUT_EXHAUSTED);
    limiter->tempo_s = fmax(fmin(tempo_s, TEMPO_MAX_S), 1);
    limiter->is_cut_due = true;
    limiter->history = 0;
    limiter_pause(limiter, limiter->pause_ms, now_ms);
}

/* With a pace, the pace decides, and the window only where it was what held calls back. Many lone
 * refusals without a pace: there is a limit, and the window swings around it. */
static void refused_alone(struct limiter *limiter, const struct limiter_pass *pass, uint64_t now_ms)
{
    bool is_free = limiter->phase == LIMITER_FREE;
    bool is_news = pass->epoch == limiter->epoch;
    bool is_used = (limiter->in_flight + 1) * 2 > limiter_window(limiter);
    if (is_news && (is_free ? is_used : pass->is_window_bound)) {
        window_cut(limiter, WINDOW_CUT);
        limiter->is_slow_start = false;
    }
    if (!is_free)
        pace_cut(limiter, now_ms);
    else if (refused_of_64(limiter) >= OFTEN_OF_64 && now_ms - limiter->cycle_at_ms >= CYCLE_MIN_MS)
        pace_learned(limiter, LIMITER_HOLD, cycle_rate(limiter, now_ms) * RATE_CUT,
                     cycle_rate(limiter, now_ms), now_ms);
}

void limiter_refuse(struct limiter *limiter, struct limiter_pass *pass, uint64_t retry_after_ms,
                    uint64_t now_ms)
{
    if (!pass->is_held)
        return;
    note_outcome(limiter, pass, true);
    limiter->tokens.credit += (double)pass->tokens;
    pass->tokens = 0;
    if (now_ms < limiter->paused_until_ms && limiter->is_cut_due)
        return; /* of the same burst */
    if ((limiter->history & LATEST) == LATEST)
        exhausted(limiter, pass, retry_after_ms, now_ms);
    else
        refused_alone(limiter, pass, now_ms);
}

void limiter_forgive(struct limiter *limiter)
{
    limiter->history = 0;
    if (!limiter->is_cut_due)
        return;
    limiter->is_cut_due = false;
    limiter->paused_until_ms = 0;
}

void limiter_note_connect(struct limiter *limiter, uint64_t took_ms)
{
    uint64_t ramp_ms = at_most(2 * took_ms, RAMP_MAX_MS);
    limiter->ramp_ms = ramp_ms > RAMP_MIN_MS ? ramp_ms : RAMP_MIN_MS;
}

void limiter_pause(struct limiter *limiter, uint64_t for_ms, uint64_t now_ms)
{
    uint64_t until_ms = now_ms + at_most(for_ms, LIMITER_PAUSE_MAX_MS);
    if (until_ms > limiter->paused_until_ms)
        limiter->paused_until_ms = until_ms;
}

void limiter_settle(struct limiter *limiter, uint64_t reckoned, uint64_t used)
{
    limiter->tokens.credit += (double)reckoned - (double)used;
}
