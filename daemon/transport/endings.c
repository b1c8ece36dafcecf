/* How a request's attempts are kept in the journal, and how it ends. */
#include "daemon/transport/retry.h"
#include "daemon/transport/transport_own.h"

void request_release_if_over(struct request *request)
{
    if (request->state != REQUEST_DONE || request->journal_debts)
        return;
    if (request->transport)
        request_table_remove(&request->transport->requests, request->id);
    request_free(request);
}

void request_deliver(struct request *request, const struct transport_reply *reply)
{
    request_set_state(request, REQUEST_DONE);
    request->done(request->ctx, reply);
}

void attempt_return(struct attempt *attempt)
{
    struct transport *transport = attempt->request->transport;
    attempt_give(transport ? &transport->attempts : NULL, attempt);
}

static void deliver_final(struct request *request, const struct attempt *attempt, int rc)
{
    const struct exchange *exchange = &attempt->exchange;
    struct transport_reply reply = {
        .rc = rc,
        .exchange = rc ? NULL : exchange,
        .attempts = request->attempts,
        .tokens = request->pass.tokens,
    };
    if (rc)
        account_drop(request);
    reply.is_reserved = request->is_reserved;
    request->is_reserved = false;
    bool is_given_up = exchange->outcome != EXCHANGE_REPLY || retry_is_worth_it(exchange, NULL);
    request->lane->stats.failed += is_given_up;
    request_deliver(request, &reply);
}

static void on_final_kept(void *ctx, int rc)
{
    struct attempt *attempt = ctx;
    struct request *request = attempt->request;
    request->journal_debts--;
    if (request->state == REQUEST_KEEPING)
        deliver_final(request, attempt, rc ? rc : request->journal_rc);
    attempt_return(attempt);
    request_release_if_over(request);
}

void keep_final(struct request *request, struct attempt *attempt)
{
    const struct journal *journal = request->transport->journal;
    request_set_state(request, REQUEST_KEEPING);
    request->journal_debts++;
    if (journal)
        journal->append(journal->ctx, &request->key, &attempt->exchange, on_final_kept, attempt);
    else
        on_final_kept(attempt, 0);
}

static void on_failed_kept(void *ctx, int rc)
{
    struct attempt *attempt = ctx;
    struct request *request = attempt->request;
    request->journal_debts--;
    if (rc && !request->journal_rc)
        request->journal_rc = rc;
    attempt_return(attempt);
    request_release_if_over(request);
}

void keep_failed(struct request *request, struct attempt *attempt)
{
    const struct journal *journal = request->transport->journal;
    request->journal_debts++;
    if (journal)
        journal->append(journal->ctx, &request->key, &attempt->exchange, on_failed_kept, attempt);
    else
        on_failed_kept(attempt, 0);
}
