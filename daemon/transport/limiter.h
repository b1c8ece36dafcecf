/* How much one provider account may be asked of: calls in flight, calls a minute, tokens a minute.
 *
 * A pure state machine: time goes in as an argument (loop clock, milliseconds), there is no I/O and
 * no allocation. account.c drives it. Two governors stand side by side:
 * - the window, calls in flight: at the start it grows by half a call for each that is accepted,
 *   and doubles by the clock while all of it is on the wire (an answer takes seconds, a refusal
 *   milliseconds); it is cut by a refusal (HTTP 429), once for all that were in flight then, and
 *   then grows by one a round. Only what is used grows. A 5xx cuts nothing.
 * - the pace, calls a second: none until the account turns out to be exhausted, or `rpm` is given.
 *   Then it is what was accepted, grows fast until the first refusal, is cut a little by each, and
 *   comes back along a cube that is flat where the refusal was, so that a limit is seldom touched.
 *   Calls leave evenly: a window alone would swing around a limit of calls a second.
 * An account is exhausted when most of the latest calls were refused: then all of it waits for as
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
    LIMITER_SEARCH, /* the pace grows fast, by half a second */
    LIMITER_HOLD    /* the pace has met its limit and feels its way */
};

struct limiter {
    struct model_limits limits;
    enum limiter_phase phase;
    bool is_slow_start;
    double window, window_top;  /* calls in flight; what it was at its last cut */
    uint32_t in_flight, unsent; /* passes that are held; those of them that are not on the wire */
    uint64_t ramp_at_ms,
        ramp_ms;               /* the last growth by the clock; slow start: from one to the next */
    double rate;               /* calls a second */
    double rate_low, rate_top; /* after and before the last cut */
    double rate_base;          /* when it was learned */
    double grown;              /* calls that had to wait for the pace, since the last cut */
    int base_refused;          /* of 64 calls, then */
    uint32_t calls_in_noise;   /* so many more calls long refusals do not cut the pace */
    bool is_pace_waited_for;
    struct limiter_bucket calls, tokens;
    uint64_t paused_until_ms, pause_ms; /* pause_ms: the last one of an exhausted account */
    double
        tempo_s; /* how long the account's limits take to fill again: the last such pause, 1..60 */
    bool is_cut_due; /* the pace is learned when the pause is over */
    uint64_t cut_at_ms;
    double cut_over, cut_refused; /* calls that ended since, and those of them that were refused */
    /* since the last pause, or since the account was last idle */
    uint64_t cycle_at_ms;
    double cycle_sent, cycle_refused;
    uint64_t epoch;   /* cuts of the window: a refusal of a call from before is no news */
    uint64_t history; /* the latest calls, a bit each, 1 = refused */
    uint64_t took_at_ms;
    uint64_t refusals; /* in all, for people */
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
