/* The comparison of a replay with its original: both groups' rows are walked side by side in the
 * order of their keys, a bounded number in each turn of a reading connection; then the results'
 * texts, byte by byte, and where these are not the same, part by part: an older assayd's result
 * lacks what was added since, and is equal in what it has. What is compared of a row is all that
 * was derived; when that was done is not. */
#include "daemon/engine/replay.h"

#include "daemon/engine/group.h"
#include "daemon/engine/replay_result.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_ROWS 128u
#define PAGES_PER_TURN 16
#define EXCERPT_BYTES 160u

struct side { /* a group's rows, page by page */
    struct group_record record;
    struct row_listing *rows;
    size_t count, at;
    struct row_key last; /* of the page before; case_seq -1 = none */
    bool is_over;
    struct as_arena arena; /* of the page */
};

struct check {
    struct engine *engine;
    int64_t run;
    replay_checked_fn done;
    void *ctx;
    struct pins *pins;
    struct side was, is; /* the original, the replay */
    bool is_begun, is_over;
    int64_t rows, rows_different;
    size_t noted; /* of the row at hand */
    struct as_json *differences, *result_differences, *result_new;
    int rc;
    struct as_err err;
    struct as_arena arena;
};

/* ---- one row ---- */

static const struct row_field {
    const char *name;
    size_t offset;
} text_fields[] = {
    {"error_class", offsetof(struct row_record, error_class)},
    {"error", offsetof(struct row_record, error)},
    {"text", offsetof(struct row_record, text)},
    {"tool_calls", offsetof(struct row_record, tool_calls_json)},
    {"finish_reason", offsetof(struct row_record, finish_reason)},
    {"model_id", offsetof(struct row_record, model_id)},
};

static const struct row_field number_fields[] = {
    {"latency_ms", offsetof(struct row_record, latency_ms)},
    {"cost_usd", offsetof(struct row_record, cost_usd)},
    {"judge_cost_usd", offsetof(struct row_record, judge_cost_usd)},
};

static const struct row_field count_fields[] = {
    {"input_tokens", offsetof(struct row_record, input_tokens)},
    {"output_tokens", offsetof(struct row_record, output_tokens)},
    {"cached_tokens", offsetof(struct row_record, cached_tokens)},
    {"reasoning_tokens", offsetof(struct row_record, reasoning_tokens)},
};

static const char *member_name(const struct check *check, uint32_t member)
{
    return member < check->pins->member_count ? check->pins->members[member].spec.name : "?";
}

/* Takes was and is. */
static void note(struct check *check, const struct row_listing *row, const char *field,
                 struct as_json *was, struct as_json *is)
{
    struct as_json *json = as_json_object();
    as_json_set_take(json, "case", as_json_new_str(row->case_id));
    as_json_set_str(json, "model", member_name(check, row->row.key.member));
    as_json_set_int(json, "sample", row->row.key.sample);
    as_json_set_str(json, "field", field);
    as_json_set_take(json, "was", was);
    as_json_set_take(json, "is", is);
    check->noted++;
    if (as_json_len(check->differences) < REPLAY_LIST_MAX)
        as_json_push_take(check->differences, json);
    else
        as_json_free(json);
}

static struct as_json *excerpt(struct as_str text)
{
    size_t len = text.len < EXCERPT_BYTES ? text.len : EXCERPT_BYTES;
    return text.ptr ? as_json_new_str((struct as_str){text.ptr, len}) : NULL;
}

static bool same_text(struct as_str a, struct as_str b)
{
    return !a.ptr == !b.ptr && a.len == b.len && (!a.len || !memcmp(a.ptr, b.ptr, a.len));
}

static bool same_number(double a, double b)
{
    return (isnan(a) && isnan(b)) || (a <= b && a >= b);
}

static void compare_texts(struct check *check, const struct row_listing *was,
                          const struct row_listing *is)
{
    for (size_t i = 0; i < AS_COUNT(text_fields); i++) {
        size_t offset = text_fields[i].offset;
        struct as_str a = *(const struct as_str *)((const char *)&was->row + offset);
        struct as_str b = *(const struct as_str *)((const char *)&is->row + offset);
        if (!same_text(a, b))
            note(check, was, text_fields[i].name, excerpt(a), excerpt(b));
    }
}

static void compare_numbers(struct check *check, const struct row_listing *was,
                            const struct row_listing *is)
{
    for (size_t i = 0; i < AS_COUNT(number_fields); i++) {
        size_t offset = number_fields[i].offset;
        double a = *(const double *)((const char *)&was->row + offset);
        double b = *(const double *)((const char *)&is->row + offset);
        if (!same_number(a, b))
            note(check, was, number_fields[i].name, as_json_new_num(a), as_json_new_num(b));
    }
    for (size_t i = 0; i < AS_COUNT(count_fields); i++) {
        size_t offset = count_fields[i].offset;
        int64_t a = *(const int64_t *)((const char *)&was->row + offset);
        int64_t b = *(const int64_t *)((const char *)&is->row + offset);
        if (a != b)
            note(check, was, count_fields[i].name, as_json_new_int(a), as_json_new_int(b));
    }
    if (was->row.attempts != is->row.attempts)
        note(check, was, "attempts", as_json_new_int(was->row.attempts),
             as_json_new_int(is->row.attempts));
}

static const struct score_record *score_of(const struct row_listing *row, uint32_t metric)
{
    for (size_t i = 0; i < row->score_count; i++)
        if (row->scores[i].metric == metric)
            return &row->scores[i];
    return NULL;
}

static bool same_score(const struct score_record *a, const struct score_record *b)
{
    if (!a || !b)
        return a == b;
    return a->is_na == b->is_na && same_number(a->score, b->score) && a->pass == b->pass &&
           same_text(a->label, b->label) && same_text(a->reason, b->reason) &&
           same_text(a->details_json, b->details_json);
}

static struct as_json *score_json(const struct score_record *score)
{
    if (!score)
        return NULL;
    struct as_json *json = as_json_object();
    as_json_set_take(json, "score", score->is_na ? NULL : as_json_new_num(score->score));
    as_json_set_take(json, "label", excerpt(score->label));
    as_json_set_take(json, "reason", excerpt(score->reason));
    return json;
}

static void compare_scores(struct check *check, const struct row_listing *was,
                           const struct row_listing *is)
{
    for (uint32_t m = 0; m < check->pins->metric_count; m++) {
        const struct score_record *a = score_of(was, m), *b = score_of(is, m);
        if (!same_score(a, b))
            note(check, was, check->pins->metrics[m].name, score_json(a), score_json(b));
    }
}

static void compare_rows(struct check *check, const struct row_listing *was,
                         const struct row_listing *is)
{
    const char *status_was = row_status_name(was->row.status),
               *status_is = row_status_name(is->row.status);
    if (strcmp(status_was, status_is) != 0)
        note(check, was, "status", as_json_new_str(as_str_from(status_was)),
             as_json_new_str(as_str_from(status_is)));
    compare_texts(check, was, is);
    compare_numbers(check, was, is);
    compare_scores(check, was, is);
}

/* ---- all rows ---- */

static int refill(struct store *store, struct side *side)
{
    if (side->is_over || side->at < side->count)
        return 0;
    as_arena_reset(&side->arena);
    struct row_filter filter = {
        .group_id = side->record.id,
        .status = -1,
        .member = -1,
        .metric = -1,
        .after = &side->last,
        .limit = PAGE_ROWS,
        .with_text = true,
    };
    side->at = side->count = 0;
    int rc = store_rows_page(store, &filter, &side->arena, &side->rows, &side->count);
    side->is_over = !rc && !side->count;
    if (side->count)
        side->last = side->rows[side->count - 1].row.key;
    return rc;
}

static int order_of(const struct row_key *a, const struct row_key *b)
{
    if (a->case_seq != b->case_seq)
        return a->case_seq < b->case_seq ? -1 : 1;
    if (a->sample != b->sample)
        return a->sample < b->sample ? -1 : 1;
    return (a->member > b->member) - (a->member < b->member);
}

/* Both sides stand at their next row, or are over. */
static void compare_next(struct check *check)
{
    struct side *was = &check->was, *is = &check->is;
    int order = was->is_over  ? 1
                : is->is_over ? -1
                              : order_of(&was->rows[was->at].row.key, &is->rows[is->at].row.key);
    check->rows++;
    check->noted = 0;
    if (order < 0)
        note(check, &was->rows[was->at], "row", as_json_new_bool(true), as_json_new_bool(false));
    else if (order > 0)
        note(check, &is->rows[is->at], "row", as_json_new_bool(false), as_json_new_bool(true));
    else
        compare_rows(check, &was->rows[was->at], &is->rows[is->at]);
    check->rows_different += check->noted > 0;
    was->at += order <= 0;
    is->at += order >= 0;
}

/* ---- the results ---- */

static bool results_are_equal(struct check *check)
{
    const char *was = check->was.record.result_json, *is = check->is.record.result_json;
    AS_CLEANUP_JSON struct as_json *before = NULL, *after = NULL;
    if (!was || !is)
        return was == is;
    if (!strcmp(was, is))
        return true;
    if (as_json_parse(was, strlen(was), &before, NULL) ||
        as_json_parse(is, strlen(is), &after, NULL))
        return false;
    struct replay_result result = {check->result_differences, check->result_new, {0}};
    replay_result_compare(&result, before, after);
    return !as_json_len(check->result_differences);
}

static struct as_json *answer_of(struct check *check)
{
    struct as_json *json = as_json_object();
    bool is_done = check->is.record.state == GROUP_DONE;
    bool is_result_equal = is_done && results_are_equal(check);
    as_json_set_int(json, "run", check->run);
    as_json_set_int(json, "of_run", check->was.record.id);
    as_json_set_str(json, "eval", check->was.record.eval_name);
    as_json_set_str(json, "state", group_state_name(check->is.record.state));
    as_json_set_str(json, "error", check->is.record.error);
    as_json_set_bool(json, "equal", is_result_equal && !check->rows_different);
    as_json_set_int(json, "rows", check->rows);
    as_json_set_int(json, "rows_different", check->rows_different);
    as_json_set_take(json, "differences", as_json_share(check->differences));
    as_json_set_bool(json, "result_equal", is_result_equal);
    as_json_set_take(json, "result_differences", as_json_share(check->result_differences));
    as_json_set_take(json, "result_new", as_json_share(check->result_new));
    as_json_set_str(json, "outcome_was", check->was.record.outcome);
    as_json_set_str(json, "outcome_is", check->is.record.outcome);
    return json;
}

/* ---- turns ---- */

static int begin(struct store *store, struct check *check)
{
    check->is_begun = true;
    int rc = store_group_get(store, check->run, &check->arena, &check->is.record);
    if (rc == AS_ENOENT)
        return as_err_set(&check->err, rc, "run %" PRId64 " is not there", check->run);
    if (!rc)
        rc = pins_from_json(check->is.record.pins_json, &check->pins, &check->err);
    if (rc)
        return rc;
    int64_t of_run = check->pins->journal.of_run;
    if (!of_run)
        return as_err_set(&check->err, AS_ESTATE, "run %" PRId64 " is not a replay of another run",
                          check->run);
    if (!group_state_is_final(check->is.record.state))
        return as_err_set(&check->err, AS_ESTATE, "run %" PRId64 " is still %s", check->run,
                          group_state_name(check->is.record.state));
    rc = store_group_get(store, of_run, &check->arena, &check->was.record);
    if (rc == AS_ENOENT)
        return as_err_set(&check->err, rc,
                          "run %" PRId64 ", which it replays, is not there any more", of_run);
    check->was.last.case_seq = check->is.last.case_seq = -1;
    return rc;
}

static void check_work(struct store *store, void *ctx)
{
    struct check *check = ctx;
    if (!check->is_begun)
        check->rc = begin(store, check);
    bool has_rows = !check->rc && check->is.record.state == GROUP_DONE;
    for (size_t i = 0; has_rows && !check->rc && i < PAGE_ROWS * PAGES_PER_TURN; i++) {
        check->rc = refill(store, &check->was);
        if (!check->rc)
            check->rc = refill(store, &check->is);
        if (check->rc || (check->was.is_over && check->is.is_over))
            break;
        compare_next(check);
    }
    check->is_over = check->rc || !has_rows || (check->was.is_over && check->is.is_over);
    if (check->rc && !check->err.msg[0])
        as_err_set(&check->err, check->rc, "%s", store_error(store));
}

static void check_done(void *ctx)
{
    struct check *check = ctx;
    struct engine *engine = check->engine;
    if (!check->is_over && !engine->is_stopping) {
        db_read(engine->on.db, check_work, check_done, check);
        return;
    }
    if (!check->is_over)
        check->rc = as_err_set(&check->err, AS_ECANCELED, "assayd is stopping");
    engine->pending_starts--;
    check->done(check->ctx, check->rc ? NULL : answer_of(check), check->rc ? &check->err : NULL);
    as_json_free(check->differences);
    as_json_free(check->result_differences);
    as_json_free(check->result_new);
    pins_free(check->pins);
    as_arena_done(&check->was.arena);
    as_arena_done(&check->is.arena);
    as_arena_done(&check->arena);
    free(check);
}

void engine_replay_check(struct engine *engine, int64_t run, replay_checked_fn done, void *ctx)
{
    struct check *check = as_xcalloc(1, sizeof(*check));
    check->engine = engine;
    check->run = run;
    check->done = done;
    check->ctx = ctx;
    check->differences = as_json_array();
    check->result_differences = as_json_array();
    check->result_new = as_json_array();
    engine->pending_starts++;
    db_read(engine->on.db, check_work, check_done, check);
}
