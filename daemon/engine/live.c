/* From rows to calls, and to counts of where rows are. */
#include "daemon/engine/live.h"

#include "daemon/engine/row.h"

#include <stdlib.h>

#define HTTP_TOO_MANY 429

/* ---- calls ---- */

static int descending(int64_t a, int64_t b)
{
    return (a < b) - (a > b);
}

/* Of those that are as old, what is on the wire first, then in the order of the cases. */
static int compare_calls(const void *a, const void *b)
{
    const struct live_call *x = a, *y = b;
    int order = descending(x->call.age_ms, y->call.age_ms);
    if (!order)
        order = descending(x->call.attempt_age_ms, y->call.attempt_age_ms);
    return order ? order : descending(y->case_seq, x->case_seq);
}

static bool is_at_judge(const struct row *row)
{
    return row->fsm.state == ROW_AT_JUDGE_SEND;
}

static const struct transport *transport_of(const struct row *row)
{
    return row->group->engine->on.transport;
}

int engine_calls(const struct engine *engine, int64_t run, struct as_arena *arena,
                 struct live_call **ret_calls, size_t *ret_count)
{
    const struct group *group = engine_find_group(engine, run);
    if (!group)
        return AS_ENOENT;
    struct live_call *calls = as_arena_alloc(arena, (group->active + 1) * sizeof(*calls));
    size_t count = 0;
    for (const struct row *row = group->rows; row; row = row->next) {
        struct transport_call call;
        if (!row->transport_id || !transport_call_of(transport_of(row), row->transport_id, &call))
            continue;
        calls[count++] = (struct live_call){
            .case_id = row->item->id,
            .case_seq = row->item->seq,
            .model = group->pins->members[row->record.key.member].spec.name,
            .sample = row->record.key.sample,
            .is_judge = is_at_judge(row),
            .call = call,
        };
    }
    qsort(calls, count, sizeof(*calls), compare_calls);
    *ret_calls = calls;
    *ret_count = count;
    return 0;
}

/* ---- waits ---- */

static const struct pin_model *asked_model(const struct row *row, bool is_judge)
{
    const struct pins *pins = row->group->pins;
    return is_judge ? &pins->judge : &pins->members[row->record.key.member];
}

static void add_backoff(struct why_facts *facts, const struct transport_call *call,
                        const char *model)
{
    bool is_limit = call->last_status == HTTP_TOO_MANY;
    why_add(facts, is_limit ? WHY_LIMIT : WHY_BACKOFF, is_limit ? call->provider : model,
            call->age_ms, call->wait_ms);
}

static void add_call(struct why_facts *facts, const struct row *row)
{
    bool is_judge = is_at_judge(row);
    const char *model = asked_model(row, is_judge)->spec.name;
    struct transport_call call;
    if (!transport_call_of(transport_of(row), row->transport_id, &call))
        return;
    switch (call.where) {
    case TRANSPORT_AT_QUEUE: why_add(facts, WHY_QUEUE, model, call.age_ms, -1); return;
    case TRANSPORT_AT_LIMIT:
        why_add(facts, WHY_LIMIT, call.provider, call.age_ms, call.wait_ms);
        return;
    case TRANSPORT_AT_HOLD: why_add(facts, WHY_HELD, NULL, -1, -1); return;
    case TRANSPORT_AT_BUDGET: why_add(facts, WHY_BUDGET, NULL, -1, -1); return;
    case TRANSPORT_AT_JOURNAL: why_add(facts, WHY_STORE, NULL, -1, -1); return;
    case TRANSPORT_AT_BACKOFF: add_backoff(facts, &call, model); return;
    case TRANSPORT_AT_CONNECT:
    case TRANSPORT_AT_FIRST_BYTE:
    case TRANSPORT_AT_BODY:
        why_add(facts, is_judge ? WHY_JUDGE : WHY_MODEL, model, call.attempt_age_ms, -1);
        return;
    case TRANSPORT_WHERE_COUNT: return;
    }
}

static bool has_outcome(const struct row *row, uint32_t metric)
{
    for (size_t i = 0; i < row->score_count; i++)
        if (row->scores[i].metric == metric)
            return true;
    return row->failures[ROW_FAILURE_OF(metric)].error_class.ptr != NULL;
}

static void add_scorers(struct why_facts *facts, const struct row *row)
{
    for (uint32_t i = 0; i < row->fsm.scorers_total; i++)
        if (!has_outcome(row, i))
            why_add(facts, WHY_SCORER, row->group->pins->metrics[i].name, -1, -1);
}

static void add_row(struct why_facts *facts, const struct row *row)
{
    const struct pins *pins = row->group->pins;
    bool is_judge = row->fsm.state >= ROW_AT_JUDGE_REQUEST;
    switch (row->fsm.state) {
    case ROW_AT_REQUEST:
    case ROW_AT_PARSE:
    case ROW_AT_JUDGE_REQUEST:
    case ROW_AT_JUDGE_PARSE:
        why_add(facts, WHY_WORKER, asked_model(row, is_judge)->spec.plugin, -1, -1);
        return;
    case ROW_AT_SEND:
    case ROW_AT_JUDGE_SEND: add_call(facts, row); return;
    case ROW_AT_SCORE: add_scorers(facts, row); return;
    case ROW_AT_ASK:
    case ROW_AT_GRADE: why_add(facts, WHY_SCORER, pins->metrics[pins->rubric].name, -1, -1); return;
    case ROW_AT_START:
    case ROW_AT_COMMIT:
    case ROW_AT_END:
    case ROW_STATE_COUNT: break;
    }
    why_add(facts, WHY_STORE, NULL, -1, -1);
}

int engine_why(const struct engine *engine, int64_t run, struct why_facts *ret_facts)
{
    const struct group *group = engine_find_group(engine, run);
    if (!group)
        return AS_ENOENT;
    *ret_facts = (struct why_facts){.state = group->state, .error = group->error};
    for (const struct row *row = group->rows; row; row = row->next)
        add_row(ret_facts, row);
    if (group->is_reading && !group->active)
        why_add(ret_facts, WHY_CASES, NULL, -1, -1);
    why_sort(ret_facts);
    return 0;
}
