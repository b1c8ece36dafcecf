/* row.*: pages of rows, and everything about one case. */
#include "daemon/control/handlers.h"
#include "daemon/store/score_sets.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct named_run { /* a group with the names of its members and metrics */
    struct group_record group;
    struct as_json *pins;
    const struct as_json *members, *metrics;
};

static const char *member_name(const struct named_run *run, uint32_t member)
{
    return as_json_get_cstr(as_json_at(run->members, member), "name");
}

static const char *metric_name(const struct named_run *run, uint32_t metric)
{
    return as_json_get_cstr(as_json_at(run->metrics, metric), "metric");
}

static int index_of(const struct as_json *list, const char *key, const char *name)
{
    for (size_t i = 0; i < as_json_len(list); i++) {
        const char *own = as_json_get_cstr(as_json_at(list, i), key);
        if (own && !strcmp(own, name))
            return (int)i;
    }
    return -1;
}

static int open_run(struct store *store, struct control_query *query, struct named_run *ret_run)
{
    int64_t id = as_json_get_int(query->call->params, "run", 0);
    int rc = store_group_get(store, id, &query->arena, &ret_run->group);
    const char *pins = rc ? NULL : ret_run->group.pins_json;
    if (rc)
        control_store_failed(store, query, rc, as_arena_printf(&query->arena, "run %" PRId64, id));
    else if (as_json_parse(pins, strlen(pins), &ret_run->pins, &query->err))
        query->rc = rc = AS_ECORRUPT;
    if (rc)
        return rc;
    ret_run->members = as_json_get(ret_run->pins, "members");
    ret_run->metrics = as_json_get(ret_run->pins, "metrics");
    return 0;
}

/* ---- list ---- */

static int parse_after(const char *text, struct row_key *ret_key)
{
    int used = 0;
    int got = sscanf(text, "%" SCNd64 ".%" SCNu32 ".%" SCNu32 "%n", &ret_key->case_seq,
                     &ret_key->sample, &ret_key->member, &used);
    return got == 3 && !text[used] ? 0 : AS_EINVAL;
}

static int read_filter(const struct control_query *query, const struct named_run *run,
                       struct row_filter *ret_filter, struct row_key *after, struct as_err *err)
{
    const struct as_json *params = query->call->params;
    const char *status = as_json_get_cstr(params, "status"),
               *model = as_json_get_cstr(params, "model");
    const char *metric = as_json_get_cstr(params, "metric"),
               *from = as_json_get_cstr(params, "after");
    bool is_scored = metric || as_json_has(params, "min") || as_json_has(params, "max");
    enum row_status wanted = ROW_OK;
    *ret_filter = (struct row_filter){.group_id = run->group.id,
                                      .status = -1,
                                      .member = -1,
                                      .metric = -1,
                                      .score_min = as_json_get_num(params, "min", 0),
                                      .score_max = as_json_get_num(params, "max", 1),
                                      .limit = control_limit(query->call)};
    if (status && row_status_from(status, &wanted))
        return as_err_set(err, AS_EINVAL, "no row status is called '%s'", status);
    ret_filter->status = status ? (int)wanted : -1;
    ret_filter->member = model ? index_of(run->members, "name", model) : -1;
    if (model && ret_filter->member < 0)
        return as_err_set(err, AS_EINVAL, "model '%s' is no member of run %" PRId64, model,
                          run->group.id);
    if (is_scored)
        ret_filter->metric = metric ? index_of(run->metrics, "metric", metric)
                                    : (int)as_json_get_int(run->pins, "primary", 0);
    if (metric && ret_filter->metric < 0)
        return as_err_set(err, AS_EINVAL, "'%s' is no metric of run %" PRId64, metric,
                          run->group.id);
    if (from && parse_after(from, after))
        return as_err_set(err, AS_EINVAL, "after: '%s' is not the `next` of a page", from);
    ret_filter->after = from ? after : NULL;
    return 0;
}

static struct as_json *brief_json(const struct named_run *run, const struct row_listing *row)
{
    struct as_json *json = as_json_object(), *scores = as_json_object();
    as_json_set_take(json, "case", as_json_new_str(row->case_id));
    as_json_set_str(json, "model", member_name(run, row->row.key.member));
    as_json_set_int(json, "sample", row->row.key.sample);
    as_json_set_str(json, "status", row_status_name(row->row.status));
    as_json_set_take(json, "error", as_json_new_str(row->row.error));
    as_json_set_num(json, "latency_ms", row->row.latency_ms);
    for (size_t i = 0; i < row->score_count; i++)
        as_json_set_num(scores, metric_name(run, row->scores[i].metric),
                        row->scores[i].is_na ? NAN : row->scores[i].score);
    as_json_set_take(json, "scores", scores);
    return json;
}

static void list_work(struct store *store, struct control_query *query)
{
    struct named_run run = {0};
    struct row_filter filter;
    struct row_key after = {0};
    struct row_listing *rows = NULL;
    size_t count = 0;
    if (open_run(store, query, &run))
        return;
    query->rc = read_filter(query, &run, &filter, &after, &query->err);
    int rc = query->rc ? 0 : store_rows_page(store, &filter, &query->arena, &rows, &count);
    if (rc)
        control_store_failed(store, query, rc, "the rows");
    if (!query->rc) {
        struct as_json *list = as_json_array();
        for (size_t i = 0; i < count; i++)
            as_json_push_take(list, brief_json(&run, &rows[i]));
        query->result = as_json_object();
        as_json_set_take(query->result, "rows", list);
        if (count == filter.limit) {
            const struct row_key *last = &rows[count - 1].row.key;
            as_json_set_str(query->result, "next",
                            as_arena_printf(&query->arena, "%" PRId64 ".%u.%u", last->case_seq,
                                            last->sample, last->member));
        }
    }
    as_json_free(run.pins);
}

void handle_row_list(void *ctx, struct control_call *call)
{
    control_read(ctx, call, list_work, NULL);
}

/* ---- show ---- */

/* As JSON where it is JSON and short, else as text. */
static struct as_json *shown_body(struct control_query *query, struct as_str body)
{
    struct as_json *json = NULL;
    if (body.ptr && body.len <= CONTROL_TEXT_SHOWN_BYTES &&
        !as_json_parse(body.ptr, body.len, &json, NULL))
        return json;
    return control_shown_text(query, body);
}

static struct as_json *attempt_json(const struct exchange_record *exchange)
{
    struct as_json *json = as_json_object();
    const char *outcome = exchange_outcome_name((enum exchange_outcome)exchange->outcome);
    as_json_set_str(json, "role", exchange->role ? "judge" : "model");
    as_json_set_int(json, "attempt", exchange->attempt);
    as_json_set_str(json, "outcome", outcome);
    as_json_set_take(json, "http_status",
                     exchange->http_status ? as_json_new_int(exchange->http_status) : NULL);
    as_json_set_int(json, "sent_ms", exchange->sent_ms);
    as_json_set_num(json, "total_ms", (double)exchange->total_us / 1000);
    as_json_set_num(json, "first_byte_ms", (double)exchange->first_byte_us / 1000);
    as_json_set_take(json, "error", exchange->error.len ? as_json_new_str(exchange->error) : NULL);
    return json;
}

static struct as_json *score_json(struct control_query *query, const struct named_run *run,
                                  const struct score_record *score)
{
    struct as_json *json = as_json_object(), *details = NULL;
    const struct as_json *pin = as_json_at(run->metrics, score->metric);
    as_json_set_str(json, "metric", metric_name(run, score->metric));
    as_json_set_take(json, "selector", as_json_share(as_json_get(pin, "selector")));
    as_json_set_take(json, "hash", as_json_share(as_json_get(pin, "hash")));
    as_json_set_num(json, "score", score->is_na ? NAN : score->score);
    as_json_set_take(json, "pass", score->pass < 0 ? NULL : as_json_new_bool(score->pass > 0));
    as_json_set_take(json, "label", as_json_new_str(score->label));
    as_json_set_take(json, "reason", control_shown_text(query, score->reason));
    as_json_set_bool(json, "na", score->is_na);
    struct as_str text = score->details_json;
    if (text.ptr && !as_json_parse(text.ptr, text.len, &details, NULL))
        as_json_set_take(json, "details", details);
    return json;
}

/* The judge's last question and its raw reply, out of the journal. */
static struct as_json *judge_json(struct control_query *query,
                                  const struct exchange_record *exchanges, size_t count)
{
    const struct exchange_record *last = NULL;
    for (size_t i = 0; i < count; i++)
        if (exchanges[i].role)
            last = &exchanges[i];
    if (!last)
        return NULL;
    struct as_json *json = as_json_object();
    as_json_set_take(json, "question", shown_body(query, last->request_body));
    as_json_set_take(json, "reply", shown_body(query, last->response_body));
    return json;
}

static struct as_json *row_json(struct control_query *query, const struct named_run *run,
                                const struct row_listing *row,
                                const struct exchange_record *exchanges, size_t count)
{
    struct as_json *json = as_json_object(), *attempts = as_json_array(), *scores = as_json_array();
    const struct row_record *record = &row->row;
    struct as_json *request = NULL;
    as_json_set_str(json, "model", member_name(run, record->key.member));
    as_json_set_int(json, "sample", record->key.sample);
    as_json_set_str(json, "status", row_status_name(record->status));
    as_json_set_take(json, "error_class", as_json_new_str(record->error_class));
    as_json_set_take(json, "error", as_json_new_str(record->error));
    as_json_set_take(json, "text", control_shown_text(query, record->text));
    as_json_set_take(json, "tool_calls",
                     record->tool_calls_json.ptr ? shown_body(query, record->tool_calls_json)
                                                 : NULL);
    as_json_set_take(json, "finish_reason", as_json_new_str(record->finish_reason));
    as_json_set_take(json, "model_id", as_json_new_str(record->model_id));
    as_json_set_num(json, "latency_ms", record->latency_ms);
    as_json_set_take(json, "input_tokens",
                     record->input_tokens < 0 ? NULL : as_json_new_int(record->input_tokens));
    as_json_set_take(json, "output_tokens",
                     record->output_tokens < 0 ? NULL : as_json_new_int(record->output_tokens));
    as_json_set_num(json, "cost_usd", record->cost_usd);
    for (size_t i = 0; i < count; i++) {
        as_json_push_take(attempts, attempt_json(&exchanges[i]));
        if (!exchanges[i].role && !request)
            request = shown_body(query, exchanges[i].request_body);
    }
    for (size_t i = 0; i < row->score_count; i++)
        as_json_push_take(scores, score_json(query, run, &row->scores[i]));
    as_json_set_take(json, "attempts", attempts);
    as_json_set_take(json, "scores", scores);
    as_json_set_take(json, "rescored", as_json_array());
    as_json_set_take(json, "request", request);
    as_json_set_take(json, "judge", judge_json(query, exchanges, count));
    return json;
}

/* What a score set says of a row, as a score of the row's own is told, but whose and of which set.
 */
static struct as_json *set_score_json(struct control_query *query, const struct named_run *run,
                                      const struct score_set *set, const struct set_score *scored)
{
    struct as_json *json = score_json(query, run, &scored->score);
    as_json_set_int(json, "set", set->id);
    as_json_set_str(json, "selector", set->selector);
    control_set_hash(json, "hash", &set->hash);
    as_json_set_take(json, "error_class", as_json_new_str(scored->error_class));
    if (scored->error_class.ptr)
        as_json_set_take(json, "score", NULL);
    return json;
}

static bool is_same_row(const struct row_key *a, const struct row_key *b)
{
    return a->case_seq == b->case_seq && a->sample == b->sample && a->member == b->member;
}

/* Adds to the rows, of which list holds one object each, what the group's score sets say of them.
 */
static int add_rescored(struct store *store, struct control_query *query,
                        const struct named_run *run, const struct row_listing *rows, size_t count,
                        struct as_json *list)
{
    struct score_set *sets = NULL;
    size_t set_count = 0;
    int rc = store_sets_of_group(store, run->group.id, &query->arena, &sets, &set_count);
    for (size_t s = 0; s < set_count && !rc && count; s++) {
        struct set_score *scores = NULL;
        size_t score_count = 0;
        rc = store_set_scores_of_case(store, &sets[s], rows[0].row.key.case_seq, &query->arena,
                                      &scores, &score_count);
        for (size_t i = 0, row = 0; i < score_count && !rc; i++) { /* both in the order of keys */
            while (row < count && !is_same_row(&rows[row].row.key, &scores[i].row))
                row++;
            if (row < count)
                as_json_push_take(as_json_get(as_json_at(list, row), "rescored"),
                                  set_score_json(query, run, &sets[s], &scores[i]));
        }
    }
    return rc;
}

static int show_rows(struct store *store, struct control_query *query, const struct named_run *run,
                     const struct case_record *item, struct as_json *list)
{
    struct row_listing *rows = NULL;
    size_t count = 0;
    int rc = store_rows_of_case(store, run->group.id, item->seq, &query->arena, &rows, &count);
    for (size_t i = 0; i < count && !rc; i++) {
        struct exchange_record *exchanges = NULL;
        size_t exchange_count = 0;
        rc = store_exchanges_of_row(store, &rows[i].row.key, &query->arena, &exchanges,
                                    &exchange_count);
        if (!rc)
            as_json_push_take(list, row_json(query, run, &rows[i], exchanges, exchange_count));
    }
    return rc ? rc : add_rescored(store, query, run, rows, count, list);
}

static void show_work(struct store *store, struct control_query *query)
{
    struct named_run run = {0};
    struct case_record item;
    const char *case_id = as_json_get_cstr(query->call->params, "case");
    if (open_run(store, query, &run))
        return;
    char *what = as_arena_printf(&query->arena, "case '%s' of run %" PRId64, case_id, run.group.id);
    struct as_json *list = as_json_array(), *shown = as_json_object();
    query->result = as_json_object();
    as_json_set_int(query->result, "run", run.group.id);
    as_json_set_take(query->result, "case", shown);
    as_json_set_take(query->result, "rows", list);
    int rc = store_case_find(store, run.group.dataset_id, case_id, &query->arena, &item);
    if (!rc && item.seq >= run.group.case_count)
        rc = AS_ENOENT;
    if (!rc) {
        as_json_set_take(shown, "id", as_json_new_str(item.id));
        as_json_set_take(shown, "json", shown_body(query, item.json));
        rc = show_rows(store, query, &run, &item, list);
    }
    if (rc)
        control_store_failed(store, query, rc, what);
    as_json_free(run.pins);
}

void handle_row_show(void *ctx, struct control_call *call)
{
    control_read(ctx, call, show_work, NULL);
}
