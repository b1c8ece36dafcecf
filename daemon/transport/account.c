/* Reservations along a request's life. The queue goes by what brings a row to its end: the judge's
 * calls first, then retries, then the cases in their order with their members side by side. So at
 * the cap little is paid for that nothing can be made of, and a large call is not passed by smaller
 * ones for ever. */
#include "daemon/transport/account.h"

#include <stdlib.h>

static bool goes_before(const struct request *a, const struct request *b)
{
    const struct journal_key *x = &a->key, *y = &b->key;
    if (x->role != y->role)
        return x->role == EXCHANGE_JUDGE;
    if (!a->attempts != !b->attempts)
        return a->attempts > 0;
    if (x->case_seq != y->case_seq)
        return x->case_seq < y->case_seq;
    return x->sample < y->sample;
}

/* From the end: they come nearly in order. */
static void enqueue(struct request_list *waiting, struct request *request)
{
    struct request *after = waiting->tail;
    while (after && goes_before(request, after))
        after = after->prev;
    request_insert(waiting, request, after);
}

enum budget_answer account_admit(struct request *request)
{
    struct transport_account *account = request->account;
    if (!account || request->is_reserved)
        return BUDGET_OK;
    const struct request *first = account->waiting.head;
    enum budget_answer answer = BUDGET_WAIT;
    if (!first || goes_before(request, first) || account->budget.is_exhausted)
        answer = budget_reserve(&account->budget, &request->claim);
    request->is_reserved = answer == BUDGET_OK;
    if (answer == BUDGET_WAIT) {
        request_set_state(request, REQUEST_WAITING);
        enqueue(&account->waiting, request);
    }
    return answer;
}

void account_close_attempt(struct request *request, const struct exchange *exchange)
{
    static const struct budget_amount unbilled = {.requests = 1};
    if (!request->is_reserved)
        return;
    struct budget *budget = &request->account->budget;
    enum budget_fate fate = budget_fate_of(exchange->outcome, exchange->http_status);
    request->is_reserved = fate == BUDGET_ANSWERED;
    switch (fate) {
    case BUDGET_NOT_MADE: budget_release(budget, &request->claim); return;
    case BUDGET_UNBILLED: budget_settle(budget, &request->claim, &unbilled); return;
    case BUDGET_UNKNOWN: budget_keep(budget, &request->claim); return;
    case BUDGET_ANSWERED: return;
    }
}

void account_drop(struct request *request)
{
    if (!request->is_reserved)
        return;
    bool may_be_made = request->state == REQUEST_IN_FLIGHT || request->state == REQUEST_KEEPING;
    struct budget *budget = &request->account->budget;
    request->is_reserved = false;
    if (may_be_made)
        budget_keep(budget, &request->claim);
    else
        budget_release(budget, &request->claim);
}

static struct request *next_of(struct transport_account *account, enum budget_answer *ret_answer)
{
    struct request *request = account->waiting.head;
    if (!request)
        return NULL;
    enum budget_answer answer = budget_reserve(&account->budget, &request->claim);
    if (answer == BUDGET_WAIT)
        return NULL;
    request->is_reserved = answer == BUDGET_OK;
    request_unlink(&account->waiting, request);
    *ret_answer = answer;
    return request;
}

struct request *account_next_served(struct transport_account *accounts,
                                    enum budget_answer *ret_answer)
{
    struct request *request = NULL;
    for (; accounts && !request; accounts = accounts->next)
        request = next_of(accounts, ret_answer);
    return request;
}

struct transport_account *account_new(struct transport_account **list, struct loop_timer *turn,
                                      const struct budget_amount *caps)
{
    struct transport_account *account = as_xcalloc(1, sizeof(*account));
    account->turn = turn;
    account->budget.caps = *caps;
    account->list = list;
    account->next = *list;
    *list = account;
    return account;
}

void transport_account_close(struct transport_account *account)
{
    if (!account)
        return;
    AS_ASSERT(!account->waiting.head);
    struct transport_account **at = account->list;
    while (*at != account)
        at = &(*at)->next;
    *at = account->next;
    free(account);
}

struct budget *transport_account_budget(struct transport_account *account)
{
    return &account->budget;
}

void transport_account_settle(struct transport_account *account, const struct budget_claim *claim,
                              const struct budget_amount *actual)
{
    if (actual)
        budget_settle(&account->budget, claim, actual);
    else
        budget_keep(&account->budget, claim);
    if (account->waiting.head && !loop_timer_is_active(account->turn))
        loop_timer_start(account->turn, 0);
}
