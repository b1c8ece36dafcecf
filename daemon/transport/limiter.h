/* How much one provider account may be asked of: calls in flight, calls a minute, tokens a minute.
 *
 * A pure state machine: time goes in as an argument (loop clock, milliseconds), there is no I/O and
 * no allocation. dispatch.c drives it. Two governors stand side by side:
 * - the window, calls in flight: at the start it grows by half a call for each that is accepted,
 *   and doubles by the clock while all of it is on the wire (an answer takes seconds, a refusal
 *   milliseconds); it is cut by a refusal (HTTP 429), once for all that were in flight then, and
 *   then grows by one a round. Only what is used grows. A 5xx cuts nothing.
 * - the pace, calls a second: none until the account turns out to be exhausted, or `rpm` is given.
 *   Then it is what was accepted, grows fast until the first refusal, is cut a little by each, and
 *   comes back along a cube that is flat where the refusal was, so that a limit is seldom touched.
 *   Calls leave evenly: a window alone would swing around a limit of calls a second.
 * An account is exhausted when the latest eight calls were all refused: then all of it waits for as
 * long as the server asks. A lone refusal makes only its own request wait. */
#ifndef DAEMON_TRANSPORT_LIMITER_H
#define DAEMON_TRANSPORT_LIMITER_H

#include "daemon/model/spec.h"

#define LIMITER_PAUSE_MS 500u        /* of an exhausted account that was not told how long */
#define LIMITER_PAUSE_MAX_MS 120000u /* whoever asks for more is tried again after this */
#define LIMITER_FORGET_MS 600000u    /* what was learned holds so long after the last call */
#define LIMITER_FULL UINT64_MAX      /* no time helps: a call has to end first */

/* Tokens of a period, filled evenly; may be in debt. */
struct limiter_bucket {
    double credit;
    uint64_t at_ms;
};

enum limiter_phase {
    LIMITER_FREE,   /* no pace was learned */
    LIMITER_SEARCH, /* the pace grows fast: by half in a second */
    LIMITER_HOLD    /* the pace has met its limit and feels its way */
};

struct limiter {
    struct model_limits limits;
    enum limiter_phase phase;
    uint32_t in_flight, unsent; /* passes that are held; those of them that are not on the wire */
    uint64_t took_at_ms;        /* the last one was taken */
    uint64_t refusals;          /* in all, for people */
    uint64_t history;           /* the latest 64 calls that ended, a bit each, 1 = refused */

    /* the window */
    bool is_slow_start;
    double window, window_top; /* calls in flight; as many were there when it was last cut */
    uint64_t ramp_at_ms;       /* it grew by the clock */
    uint64_t ramp_ms;          /* slow start: from one doubling to the next */
    uint64_t epoch;            /* cuts: a refusal of a call from before the last one is no news */

    /* the pace */
    double rate;               /* calls a second */
    double rate_low, rate_top; /* after the last cut, and at the refusal that led to it */
    double grown; /* 1: as many calls have waited for the pace since as lead to the top */
    uint64_t cut_at_ms;
    double cut_over, cut_refused; /* calls that ended since; those of them that were refused */
    double rate_base;             /* the pace when it was learned, */
    int base_refused;             /* and how many of 64 calls were refused then */
    uint32_t calls_in_noise;      /* so many more calls long refusals do not cut it */
    double tempo_s;               /* seconds in which the account's limits fill again: 1 to 60 */
    bool is_pace_waited_for;      /* the next call had to wait for it */
    struct limiter_bucket calls, tokens;

    /* pauses */
    uint64_t paused_until_ms;
    uint64_t pause_ms; /* the last one of an exhausted account */
    bool is_cut_due;   /* when it is over the pace is learned */

    /* since the last pause, or since the account was last idle */
    uint64_t cycle_at_ms;
    double cycle_sent, cycle_refused;
};

/* What a call holds from limiter_take until it is given back. */
struct limiter_pass {
    uint64_t epoch, tokens;
    bool is_held, is_sent, is_window_bound;
};

void limiter_init(struct limiter *limiter, uint64_t now_ms);
/* Keeps to rpm and tpm and learns nothing: for one model within its account. */
void limiter_init_fixed(struct limiter *limiter, uint64_t now_ms);
void limiter_set(struct limiter *limiter, const struct model_limits *limits);

/* 0: a call may go now. Else ask again after so many milliseconds, or LIMITER_FULL. */
uint64_t limiter_wait_ms(struct limiter *limiter, uint64_t now_ms);
/* How long nothing at all may be sent, not even what has its pass; 0: something may. */
uint64_t limiter_paused_ms(const struct limiter *limiter, uint64_t now_ms);
/* After a wait of 0. tokens: what the call will use at most, as far as one can tell. */
void limiter_take(struct limiter *limiter, uint64_t tokens, uint64_t now_ms,
                  struct limiter_pass *ret_pass);
/* The call is on the wire. */
void limiter_note_sent(struct limiter *limiter, struct limiter_pass *pass);
/* The pass was not needed: as if it had never been taken. Nothing when it is not held, as with the
 * other two. */
void limiter_return(struct limiter *limiter, struct limiter_pass *pass);
/* The call is over and was not refused: it was answered, failed, or was given up. */
void limiter_give(struct limiter *limiter, struct limiter_pass *pass);
/* The call is over with a 429. retry_after_ms: what the server asks for; 0 = nothing. */
void limiter_refuse(struct limiter *limiter, struct limiter_pass *pass, uint64_t retry_after_ms,
                    uint64_t now_ms);

/* The refusals turned out to be no matter of limits (no money left, say): nothing is to be learned
 * from them. */
void limiter_forgive(struct limiter *limiter);

/* A connection took so long to make: how soon a refusal can be known. */
void limiter_note_connect(struct limiter *limiter, uint64_t took_ms);
/* The server says that nothing is left until then (in so many ms). */
void limiter_pause(struct limiter *limiter, uint64_t for_ms, uint64_t now_ms);
/* A call that was reckoned with `reckoned` tokens used `used`. */
void limiter_settle(struct limiter *limiter, uint64_t reckoned, uint64_t used);

/* Calls a second at present; 0 = as many as there are. */
double limiter_rate(const struct limiter *limiter);
uint32_t limiter_window(const struct limiter *limiter);

#endif
