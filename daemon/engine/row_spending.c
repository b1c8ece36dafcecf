/* What a row does to its bill and to its group's budget: claims before it sends, and what the reply
 * says afterwards that it cost. A reply whose cost nobody could read stays booked at its worst
 * case. */
#include "daemon/engine/row.h"

#include "lib/log.h"

#include <math.h>
#include <stdio.h>

bool row_is_over_budget(const struct row *row)
{
    const struct budget *budget = spending_budget(&row->group->spending);
    /* what an earlier life has paid for is still looked for in the journal */
    return budget && budget->is_exhausted && !row->group->is_resumed;
}

/* The sentence is that of the first call that did not fit: the others are stopped by it. */
void row_note_over_budget(struct row *row)
{
    struct group *group = row->group;
    if (!group->over_budget[0]) {
        struct as_buf text = {0};
        budget_explain(spending_budget(&group->spending), &row->claim, &text);
        snprintf(group->over_budget, sizeof(group->over_budget), "the budget is used up: %s",
                 as_buf_str(&text).ptr);
        as_buf_done(&text);
        as_log_info("group=%lld %s; no more calls are made", (long long)group->id,
                    group->over_budget);
    }
    row->failures[ROW_FAILURE_OF_CALL] = (struct row_failure){
        .error_class = AS_STR(ROW_OVER_BUDGET),
        .text = as_arena_dup(&row->arena, as_str_from(group->over_budget)),
    };
}

void row_recall_over_budget(struct row *row, const char *why)
{
    struct group *group = row->group;
    if (!group->over_budget[0])
        snprintf(group->over_budget, sizeof(group->over_budget), "%s", why);
}

/* What was sent and not turned down may be on the bill, whether or not it was answered. */
static bool may_be_billed(const struct transport_reply *reply)
{
    const struct exchange *exchange = reply->exchange;
    if (!exchange)
        return reply->rc != AS_ELIMIT;
    enum budget_fate fate = budget_fate_of(exchange->outcome, exchange->http_status);
    return fate == BUDGET_ANSWERED || fate == BUDGET_UNKNOWN;
}

/* Not known until the usage is read from the reply. */
void row_note_spending(struct row *row, bool is_judge, const struct transport_reply *reply)
{
    struct row_record *record = &row->record;
    row->judge_before_usd = record->judge_cost_usd;
    row->is_reused = reply->exchange && reply->exchange->paid_by;
    if (may_be_billed(reply))
        *(is_judge ? &record->judge_cost_usd : &record->cost_usd) = NAN;
}

/* An unpriced saving is none that could be told. */
void row_note_saving(struct row *row, double usd)
{
    if (row->is_reused && !isnan(usd))
        row->record.saved_usd += usd;
}

void row_claim(struct row *row, enum exchange_role role, struct transport_request *request)
{
    struct group *group = row->group;
    if (!group->spending.account)
        return;
    row->claim =
        spending_claim(group->pins, row->record.key.member, role, (uint64_t)request->body.len);
    request->account = group->spending.account;
    request->claim = row->claim;
    request->journal.request_bytes = (uint32_t)request->body.len;
}

void row_take_reply(struct row *row, enum exchange_role role, const struct transport_reply *reply)
{
    row->bill = (struct row_bill){.is_reserved = reply->is_reserved,
                                  .role = role,
                                  .turn = role == EXCHANGE_JUDGE ? row->fsm.judge_turn : 0,
                                  .sent_ms = reply->exchange ? reply->exchange->sent_ms : 0};
    if (!reply->is_from_journal)
        return;
    struct spending_doubt what = {
        .row = row->record.key, .role = role, .turn = row->bill.turn, .sent_ms = row->bill.sent_ms};
    row->bill.is_doubt = spending_take_doubt(&row->group->spending, &what, &row->claim);
}

static void keep_usage(const struct row *row, const struct row_bill *bill,
                       const struct budget_amount *actual)
{
    struct store_usage usage = {.row = row->record.key,
                                .role = bill->role,
                                .turn = bill->turn,
                                .sent_ms = bill->sent_ms,
                                .tokens = actual->tokens,
                                .usd_nano = actual->usd_nano};
    writer_add_usage(row->group->engine->on.writer, &usage);
}

void row_settle(struct row *row, const struct pin_model *model, const struct job_output *output)
{
    struct row_bill bill = row->bill;
    struct transport_account *account = row->group->spending.account;
    bool is_told = output && output->input_tokens >= 0 && output->output_tokens >= 0;
    row->bill = (struct row_bill){0};
    if (!bill.is_reserved && !bill.is_doubt)
        return;
    if (!is_told) {
        if (bill.is_reserved)
            transport_account_settle(account, &row->claim, NULL);
        return;
    }
    struct budget_amount actual = budget_actual(output->input_tokens + output->output_tokens,
                                                row_cost_usd(&model->spec.prices, output));
    if (bill.is_reserved)
        transport_account_settle(account, &row->claim, &actual);
    else
        budget_correct(transport_account_budget(account), &row->claim, &actual);
    keep_usage(row, &bill, &actual);
}
