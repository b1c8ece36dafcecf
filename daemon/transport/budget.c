/* The books. Amounts are added with saturation: a worst case beyond any number is still one that
 * does not fit. */
#include "daemon/transport/budget.h"

#include "lib/err.h"

#include <math.h>

#define TOKENS_PER_PRICE 1e6

const char *budget_book_name(enum budget_book_id id)
{
    static const char *const names[BUDGET_BOOK_COUNT] = {"baseline", "candidates", "judge"};
    return names[id];
}

static int64_t plus(int64_t a, int64_t b)
{
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static void add(struct budget_amount *to, const struct budget_amount *amount)
{
    to->requests = plus(to->requests, amount->requests);
    to->tokens = plus(to->tokens, amount->tokens);
    to->usd_nano = plus(to->usd_nano, amount->usd_nano);
}

static void take(struct budget_amount *from, const struct budget_amount *amount)
{
    AS_ASSERT(from->requests >= amount->requests && from->tokens >= amount->tokens &&
              from->usd_nano >= amount->usd_nano);
    from->requests -= amount->requests;
    from->tokens -= amount->tokens;
    from->usd_nano -= amount->usd_nano;
}

static bool fits(const struct budget_amount *amount, const struct budget_amount *caps)
{
    return amount->requests <= caps->requests && amount->tokens <= caps->tokens &&
           amount->usd_nano <= caps->usd_nano;
}

/* Rounded up; the tiny part is what a sum of doubles may be too high by. */
static int64_t nano_of(double usd)
{
    double nano = ceil(usd * BUDGET_NANO_PER_USD - 1e-6);
    return nano < 9e18 ? (int64_t)nano : INT64_MAX;
}

static double known(double price)
{
    return isnan(price) ? 0 : price;
}

struct budget_amount budget_worst(uint64_t body_bytes, int64_t output_tokens,
                                  const struct model_prices *prices)
{
    int64_t input_tokens = (int64_t)body_bytes + BUDGET_ADDED_TOKENS;
    double input_price = fmax(known(prices->input), known(prices->cached_input));
    double usd =
        ((double)input_tokens * input_price + (double)output_tokens * known(prices->output)) /
        TOKENS_PER_PRICE;
    return (struct budget_amount){1, plus(input_tokens, output_tokens), nano_of(usd)};
}

struct budget_amount budget_actual(int64_t tokens, double usd)
{
    return (struct budget_amount){1, tokens, nano_of(known(usd))};
}

struct budget_amount budget_spent(const struct budget *budget)
{
    struct budget_amount sum = {0};
    for (int i = 0; i < BUDGET_BOOK_COUNT; i++)
        add(&sum, &budget->books[i].spent);
    return sum;
}

struct budget_amount budget_reserved(const struct budget *budget)
{
    struct budget_amount sum = {0};
    for (int i = 0; i < BUDGET_BOOK_COUNT; i++)
        add(&sum, &budget->books[i].reserved);
    return sum;
}

enum budget_answer budget_reserve(struct budget *budget, const struct budget_claim *claim)
{
    struct budget_amount sum = budget_spent(budget), reserved = budget_reserved(budget);
    add(&sum, &claim->worst);
    if (budget->is_exhausted || !fits(&sum, &budget->caps)) {
        budget->is_exhausted = true;
        return BUDGET_EXHAUSTED;
    }
    add(&sum, &reserved);
    if (!fits(&sum, &budget->caps))
        return BUDGET_WAIT;
    add(&budget->books[claim->book].reserved, &claim->worst);
    return BUDGET_OK;
}

void budget_release(struct budget *budget, const struct budget_claim *claim)
{
    take(&budget->books[claim->book].reserved, &claim->worst);
}

void budget_settle(struct budget *budget, const struct budget_claim *claim,
                   const struct budget_amount *actual)
{
    budget_release(budget, claim);
    budget_restore(budget, claim, actual);
}

void budget_keep(struct budget *budget, const struct budget_claim *claim)
{
    budget_release(budget, claim);
    budget_restore(budget, claim, NULL);
}

void budget_restore(struct budget *budget, const struct budget_claim *claim,
                    const struct budget_amount *actual)
{
    struct budget_book *book = &budget->books[claim->book];
    add(&book->spent, actual ? actual : &claim->worst);
    if (!actual)
        add(&book->unknown, &claim->worst);
    else
        book->overruns += !fits(actual, &claim->worst);
}

void budget_correct(struct budget *budget, const struct budget_claim *claim,
                    const struct budget_amount *actual)
{
    struct budget_book *book = &budget->books[claim->book];
    take(&book->spent, &claim->worst);
    take(&book->unknown, &claim->worst);
    budget_restore(budget, claim, actual);
}

void budget_explain(const struct budget *budget, const struct budget_claim *claim,
                    struct as_buf *ret_text)
{
    struct budget_amount spent = budget_spent(budget), sum = spent;
    const struct budget_amount *caps = &budget->caps, *worst = &claim->worst;
    add(&sum, worst);
    if (sum.usd_nano > caps->usd_nano)
        as_buf_addf(ret_text, "$%.4f of $%.4f is spent, and this call may cost $%.4f",
                    (double)spent.usd_nano / BUDGET_NANO_PER_USD,
                    (double)caps->usd_nano / BUDGET_NANO_PER_USD,
                    (double)worst->usd_nano / BUDGET_NANO_PER_USD);
    else if (sum.tokens > caps->tokens)
        as_buf_addf(ret_text, "%lld of %lld tokens are spent, and this call may take %lld",
                    (long long)spent.tokens, (long long)caps->tokens, (long long)worst->tokens);
    else if (sum.requests > caps->requests)
        as_buf_addf(ret_text, "%lld of %lld requests were made", (long long)spent.requests,
                    (long long)caps->requests);
    else
        as_buf_adds(ret_text, "an earlier call did not fit any more");
}

enum budget_fate budget_fate_of(enum exchange_outcome outcome, int http_status)
{
    switch (outcome) {
    case EXCHANGE_CONNECT_FAILED: return BUDGET_NOT_MADE;
    case EXCHANGE_REPLY:
        return http_status >= 200 && http_status < 300 ? BUDGET_ANSWERED : BUDGET_UNBILLED;
    case EXCHANGE_TIMEOUT:
    case EXCHANGE_BROKEN:
    case EXCHANGE_TOO_LARGE:
    case EXCHANGE_OUTCOME_COUNT: break;
    }
    return BUDGET_UNKNOWN;
}
