/* What a run group may spend and what it has spent: the books, and the rule that nothing is sent
 * whose worst case does not fit under every cap.
 *
 * Pure accounting: no clock, no I/O, no allocation. A call is reserved at its worst case before it
 * is sent; then it is settled at what it cost, released when it surely was not made, or kept at its
 * worst case when nobody knows. So spent + reserved never passes a cap, and neither does the bill,
 * as long as no reply costs more than its worst case; one that does is booked in full and counted.
 * Baseline, candidates and judge have a book each; the caps are for all together. Dollars are whole
 * nano-dollars, rounded up for each call. Used by transport (account.c) and by engine/spending.c.
 */
#ifndef DAEMON_TRANSPORT_BUDGET_H
#define DAEMON_TRANSPORT_BUDGET_H

#include "daemon/model/spec.h"
#include "daemon/transport/journal.h"

#define BUDGET_NO_CAP INT64_MAX
#define BUDGET_NANO_PER_USD 1e9
/* Tokens that a vendor may add around what we send, at most: its own prompt for tools, the marks
 * between messages. */
#define BUDGET_ADDED_TOKENS 512

enum budget_book_id { BUDGET_BASELINE, BUDGET_CANDIDATES, BUDGET_JUDGE, BUDGET_BOOK_COUNT };
const char *budget_book_name(enum budget_book_id id); /* "baseline", "candidates", "judge" */

/* Of calls, or the caps of a budget. tokens: input and output together. */
struct budget_amount {
    int64_t requests, tokens, usd_nano;
};

struct budget_book {
    struct budget_amount spent;    /* calls that are over; those of unknown fate at worst */
    struct budget_amount reserved; /* calls under way, at worst */
    struct budget_amount unknown;  /* the part of spent that is a worst case */
    int64_t overruns;              /* replies that cost more than was reserved for them */
};

struct budget {
    struct budget_amount caps; /* BUDGET_NO_CAP where there is none */
    struct budget_book books[BUDGET_BOOK_COUNT];
    bool is_exhausted; /* a call was turned away: from then on every one is */
};

struct budget_claim { /* one call: in whose book, and its worst case */
    enum budget_book_id book;
    struct budget_amount worst;
};

/* The worst case of a call with a body of so many bytes: no tokenizer makes more than one token of
 * a byte. A price that is not known counts as 0: who caps dollars sees to it that all are known. */
struct budget_amount budget_worst(uint64_t body_bytes, int64_t output_tokens,
                                  const struct model_prices *prices);
/* One call that took so many tokens; usd NaN counts as 0. */
struct budget_amount budget_actual(int64_t tokens, double usd);

enum budget_answer {
    BUDGET_OK,        /* reserved */
    BUDGET_WAIT,      /* it may fit when calls under way cost less than their worst case */
    BUDGET_EXHAUSTED, /* it cannot fit any more */
};
enum budget_answer budget_reserve(struct budget *budget, const struct budget_claim *claim);
/* The end of a reservation, one of the three. settle takes the claim even if actual is higher. */
void budget_release(struct budget *budget, const struct budget_claim *claim);
void budget_settle(struct budget *budget, const struct budget_claim *claim,
                   const struct budget_amount *actual);
void budget_keep(struct budget *budget, const struct budget_claim *claim);

/* Books a call of an earlier life, without asking: actual NULL = not known, so the worst case. */
void budget_restore(struct budget *budget, const struct budget_claim *claim,
                    const struct budget_amount *actual);
/* What such a call cost was not known, and now is. */
void budget_correct(struct budget *budget, const struct budget_claim *claim,
                    const struct budget_amount *actual);

struct budget_amount budget_spent(const struct budget *budget);    /* all books */
struct budget_amount budget_reserved(const struct budget *budget); /* all books */
/* "$0.9991 of $1.00 is spent, and this call may cost $0.0021": of the cap that it would break. */
void budget_explain(const struct budget *budget, const struct budget_claim *claim,
                    struct as_buf *ret_text);

/* What an attempt means for the bill. */
enum budget_fate {
    BUDGET_NOT_MADE, /* no connection: nothing was asked */
    BUDGET_UNBILLED, /* turned down by the server: a request, but no tokens */
    BUDGET_ANSWERED, /* the reply says what it cost, or should */
    BUDGET_UNKNOWN   /* sent, and the reply was lost */
};
enum budget_fate budget_fate_of(enum exchange_outcome outcome, int http_status);

#endif
