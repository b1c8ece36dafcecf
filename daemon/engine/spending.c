/* Claims out of pins, books out of the store, and books as JSON. */
#include "daemon/engine/spending.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct budget_amount caps_of(const struct budget_rules *rules)
{
    struct budget_amount caps = {BUDGET_NO_CAP, BUDGET_NO_CAP, BUDGET_NO_CAP};
    if (rules->max_requests)
        caps.requests = rules->max_requests;
    if (rules->max_tokens)
        caps.tokens = rules->max_tokens;
    if (!isnan(rules->max_cost_usd)) /* down to a whole nano-dollar */
        caps.usd_nano = (int64_t)(rules->max_cost_usd * BUDGET_NANO_PER_USD + 1e-6);
    return caps;
}

static const struct pin_model *model_of(const struct pins *pins, uint32_t member,
                                        enum exchange_role role)
{
    return role == EXCHANGE_JUDGE ? &pins->judge : &pins->members[member];
}

struct budget_claim spending_claim(const struct pins *pins, uint32_t member,
                                   enum exchange_role role, uint64_t body_bytes)
{
    const struct pin_model *model = model_of(pins, member, role);
    return (struct budget_claim){
        .book = role == EXCHANGE_JUDGE ? BUDGET_JUDGE
                : member               ? BUDGET_CANDIDATES
                                       : BUDGET_BASELINE,
        .worst = budget_worst(body_bytes, model->output_tokens, &model->spec.prices),
    };
}

/* ---- before a group starts ---- */

static int check_model(const struct pins *pins, uint32_t member, enum exchange_role role,
                       struct as_err *err)
{
    const struct pin_model *model = model_of(pins, member, role);
    const struct model_spec *spec = &model->spec;
    struct budget budget = {.caps = caps_of(&pins->budget)};
    struct budget_claim claim = spending_claim(pins, member, role, 0);
    struct as_buf text = {0};
    if (pins_is_recorded(model))
        return 0;
    if (!isnan(pins->budget.max_cost_usd) &&
        (isnan(spec->prices.input) || isnan(spec->prices.output)))
        return as_err_set(
            err, AS_EINVAL,
            "max_cost_usd: model '%s' has no price, so its calls cannot be kept under "
            "it: give it price: {input: ..., output: ...}, or cap max_requests or "
            "max_tokens",
            spec->name);
    if (budget_reserve(&budget, &claim) == BUDGET_OK)
        return 0;
    budget_explain(&budget, &claim, &text);
    as_err_set(err, AS_EINVAL,
               "the budget does not cover one call of '%s' with up to %lld output tokens (%s): %s",
               spec->name, (long long)model->output_tokens, as_buf_str(&text).ptr,
               model->is_assumed
                   ? "set max_tokens among its params, or a lower budget.output_tokens"
                   : "set a lower max_tokens among its params, or a higher cap");
    as_buf_done(&text);
    return AS_EINVAL;
}

int spending_check(const struct pins *pins, struct as_err *err)
{
    int rc = 0;
    bool is_free = pins->journal.policy == JOURNAL_REPLAY; /* it cannot call */
    if (!budget_rules_is_set(&pins->budget) || is_free)
        return 0;
    for (uint32_t i = 0; i < pins->member_count && !rc; i++)
        rc = check_model(pins, i, EXCHANGE_MODEL, err);
    if (!rc && pins->rubric != PINS_NO_RUBRIC)
        rc = check_model(pins, 0, EXCHANGE_JUDGE, err);
    return rc;
}

/* ---- the books of earlier lives ---- */

struct loading {
    const struct pins *pins;
    struct budget *budget;
    struct as_buf doubts;
};

static void add_doubt(struct loading *loading, const struct call_fact *fact,
                      const struct budget_claim *claim)
{
    struct spending_doubt doubt = {fact->row, fact->role, fact->turn, fact->sent_ms, *claim};
    as_buf_add(&loading->doubts, &doubt, sizeof(doubt));
}

static void book_call(void *ctx, const struct call_fact *fact)
{
    static const struct budget_amount unbilled = {.requests = 1};
    struct loading *loading = ctx;
    const struct pins *pins = loading->pins;
    bool is_known = fact->row.member < pins->member_count;
    struct budget_claim claim =
        spending_claim(pins, is_known ? fact->row.member : 0, (enum exchange_role)fact->role,
                       (uint64_t)fact->request_bytes);
    struct budget_amount actual = {1, fact->tokens, fact->usd_nano};
    enum budget_fate fate =
        fact->is_lost ? BUDGET_UNKNOWN
                      : budget_fate_of((enum exchange_outcome)fact->outcome, fact->http_status);
    switch (fate) {
    case BUDGET_NOT_MADE: return;
    case BUDGET_UNBILLED: budget_restore(loading->budget, &claim, &unbilled); return;
    case BUDGET_UNKNOWN: budget_restore(loading->budget, &claim, NULL); return;
    case BUDGET_ANSWERED: break;
    }
    budget_restore(loading->budget, &claim, fact->has_usage ? &actual : NULL);
    if (!fact->has_usage)
        add_doubt(loading, fact, &claim);
}

int spending_load(struct store *store, int64_t group_id, const struct pins *pins,
                  struct spending *ret_spending)
{
    *ret_spending = (struct spending){.budget = {.caps = caps_of(&pins->budget)}};
    if (!budget_rules_is_set(&pins->budget))
        return 0;
    struct loading loading = {.pins = pins, .budget = &ret_spending->budget};
    int rc = store_calls_each(store, group_id, book_call, &loading);
    ret_spending->doubt_count = loading.doubts.len / sizeof(struct spending_doubt);
    ret_spending->doubts = (struct spending_doubt *)(void *)as_buf_take(&loading.doubts);
    return rc;
}

void spending_open(struct spending *spending, const struct pins *pins, struct transport *transport)
{
    if (!budget_rules_is_set(&pins->budget))
        return;
    spending->budget.caps = caps_of(&pins->budget);
    spending->account = transport_account_open(transport, &spending->budget.caps);
    *transport_account_budget(spending->account) = spending->budget;
}

void spending_done(struct spending *spending)
{
    transport_account_close(spending->account);
    free(spending->doubts);
    *spending = (struct spending){0};
}

bool spending_take_doubt(struct spending *spending, const struct spending_doubt *reply,
                         struct budget_claim *ret_claim)
{
    for (size_t i = 0; i < spending->doubt_count; i++) {
        struct spending_doubt *doubt = &spending->doubts[i];
        bool is_it = !memcmp(&doubt->row, &reply->row, sizeof(reply->row)) &&
                     doubt->role == reply->role && doubt->turn == reply->turn &&
                     doubt->sent_ms == reply->sent_ms;
        if (!is_it)
            continue;
        *ret_claim = doubt->claim;
        *doubt = spending->doubts[--spending->doubt_count];
        return true;
    }
    return false;
}

const struct budget *spending_budget(const struct spending *spending)
{
    return spending->account ? transport_account_budget(spending->account) : NULL;
}

/* ---- for people ---- */

static double usd_of(const struct pins *pins, int64_t nano)
{
    bool is_priced = true;
    for (size_t i = 0; i < pins->member_count; i++)
        is_priced = is_priced && (pins_is_recorded(&pins->members[i]) ||
                                  !isnan(pins->members[i].spec.prices.output));
    if (pins->rubric != PINS_NO_RUBRIC)
        is_priced = is_priced && !isnan(pins->judge.spec.prices.output);
    return is_priced ? (double)nano / BUDGET_NANO_PER_USD : NAN;
}

static struct as_json *amount_json(const struct pins *pins, const struct budget_amount *amount)
{
    struct as_json *json = as_json_object();
    as_json_set_int(json, "requests", amount->requests);
    as_json_set_int(json, "tokens", amount->tokens);
    as_json_set_num(json, "cost_usd", usd_of(pins, amount->usd_nano));
    return json;
}

static struct as_json *book_json(const struct pins *pins, const char *name,
                                 const struct budget_book *book)
{
    struct as_json *json = as_json_object();
    as_json_set_str(json, "book", name);
    as_json_set_take(json, "spent", amount_json(pins, &book->spent));
    as_json_set_take(json, "reserved", amount_json(pins, &book->reserved));
    as_json_set_take(json, "unknown", amount_json(pins, &book->unknown));
    as_json_set_int(json, "overruns", book->overruns);
    return json;
}

/* Models whose replies are bounded by the budget's word alone. */
static struct as_json *assumed_json(const struct pins *pins)
{
    struct as_json *names = as_json_array();
    for (size_t i = 0; i < pins->member_count; i++)
        if (pins->members[i].is_assumed && !pins_is_recorded(&pins->members[i]))
            as_json_push_take(names, as_json_new_str(as_str_from(pins->members[i].spec.name)));
    if (pins->rubric != PINS_NO_RUBRIC && pins->judge.is_assumed)
        as_json_push_take(names, as_json_new_str(as_str_from(pins->judge.spec.name)));
    return names;
}

struct as_json *spending_to_json(const struct pins *pins, const struct budget *budget)
{
    if (!budget_rules_is_set(&pins->budget))
        return NULL;
    struct as_json *json = as_json_object(), *books = as_json_array();
    struct budget_book total = {.spent = budget_spent(budget), .reserved = budget_reserved(budget)};
    for (int i = 0; i < BUDGET_BOOK_COUNT; i++) {
        const struct budget_book *book = &budget->books[i];
        total.unknown.requests += book->unknown.requests;
        total.unknown.tokens += book->unknown.tokens;
        total.unknown.usd_nano += book->unknown.usd_nano;
        total.overruns += book->overruns;
        as_json_push_take(books, book_json(pins, budget_book_name((enum budget_book_id)i), book));
    }
    as_json_set_take(json, "caps", budget_rules_to_json(&pins->budget));
    as_json_set_take(json, "books", books);
    as_json_set_take(json, "total", book_json(pins, "total", &total));
    as_json_set_take(json, "assumed", assumed_json(pins));
    return json;
}
