/* dataset.from_run: cases of a run that has ended become a dataset version. They are chosen on a
 * reader; then the writing connection copies them, a portion a turn, so that runs under way can
 * commit in between. */
#include "daemon/control/handlers.h"
#include "daemon/dataset/derive.h"
#include "daemon/engine/run_sides.h"
#include "daemon/engine/staging.h"
#include "daemon/report/case_choice.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PORTION_CASES 256u
#define PORTION_BYTES (4u << 20)

struct chosen {
    int64_t seq;
    const char *why;
};

struct from_run {
    struct control_app *app;
    struct control_call *call;
    struct as_arena arena;
    struct run_side side;
    struct case_choice choice;
    enum flip_to to;       /* FLIP_NONE: both ways */
    uint32_t first, last;  /* members that are looked at, last not included */
    bool is_recorded;      /* the answers of the only one become those that the cases record */
    int64_t unanswered;    /* cases that it has no answer to, which are left out */
    struct chosen *chosen; /* in the run's order of cases */
    size_t count, next;    /* next: the first that is not copied yet */
    struct staging *staging;
    bool is_begun, is_ended;
    struct dataset_info base; /* with add: what NAME has; id 0 when there is nothing */
    int64_t base_next;
    struct as_json *result;
    int rc;
    struct as_err err;
};

/* ---- choosing, on a reader ---- */

static int read_to(struct from_run *task, const char *to)
{
    bool is_pass = to && !strcmp(to, "pass"), is_fail = to && !strcmp(to, "fail");
    if (to && !is_pass && !is_fail)
        return as_err_set(&task->err, AS_EINVAL, "to must be pass or fail, not '%s'", to);
    if (to && task->choice.kind != CASE_CHOICE_FLIPPED)
        return as_err_set(&task->err, AS_EINVAL, "to goes with where flipped alone");
    task->to = is_pass ? FLIP_TO_PASS : is_fail ? FLIP_TO_FAIL : FLIP_NONE;
    return 0;
}

static int check_recorded(struct from_run *task, const char *model)
{
    task->is_recorded = as_json_get_bool(task->call->params, "recorded", false);
    if (task->is_recorded && !model)
        return as_err_set(&task->err, AS_EINVAL,
                          "recorded takes the answers of one member: name it with --model");
    return 0;
}

/* Without a name: every member, and of flips every candidate. */
static int choose_members(struct from_run *task, const char *model)
{
    bool is_flipped = task->choice.kind == CASE_CHOICE_FLIPPED;
    size_t member = 0;
    task->first = is_flipped;
    task->last = (uint32_t)task->side.pins->member_count;
    if (!model)
        return 0;
    int rc = run_side_find_member(&task->side, model, "--model", !is_flipped, &member, &task->err);
    if (rc)
        return rc;
    if (is_flipped && !member)
        return as_err_set(&task->err, AS_EINVAL,
                          "'%s' is the baseline: name a candidate, which may have flipped", model);
    task->first = (uint32_t)member;
    task->last = task->first + 1;
    return 0;
}

static int read_request(struct from_run *task, struct store *store)
{
    const struct as_json *params = task->call->params;
    int rc = case_choice_parse(as_json_get_cstr(params, "where"), &task->choice, &task->err);
    if (!rc)
        rc = read_to(task, as_json_get_cstr(params, "to"));
    if (!rc)
        rc = run_side_open(store, as_json_get_int(params, "run", 0), &task->arena, &task->side,
                           &task->err);
    if (!rc)
        rc = run_side_find_metric(&task->side, as_json_get_cstr(params, "metric"), &task->err);
    const char *model = as_json_get_cstr(params, "model");
    if (!rc)
        rc = check_recorded(task, model);
    return rc ? rc : choose_members(task, model);
}

/* Adds why the member's side of the case makes it one of those that are asked for. */
static void add_why(const struct from_run *task, const struct flip_side *baseline,
                    const struct flip_side *own, uint32_t member, struct as_buf *out)
{
    const struct pins *pins = task->side.pins;
    const char *metric = pins->metrics[task->side.metric].name;
    const char *name = pins->members[member].spec.name;
    struct as_buf why = {0};
    struct flip flip = {.baseline = *baseline, .candidate = *own};
    flip_between(&flip, &pins->gate);
    bool is_flip = flip.to == FLIP_TO_PASS || flip.to == FLIP_TO_FAIL;
    if (case_choice_takes(&task->choice, own, &pins->gate))
        case_choice_describe(&task->choice, own, &pins->gate, metric, name, &why);
    else if (task->choice.kind == CASE_CHOICE_FLIPPED && is_flip &&
             (task->to == FLIP_NONE || task->to == flip.to))
        flip_describe(&flip, &pins->gate, metric, pins->members[0].spec.name, name, &why);
    if (why.len)
        as_buf_addf(out, "%s%s", out->len ? "; " : "", why.ptr);
    as_buf_done(&why);
}

static void choose_cases(struct from_run *task, struct flip_side *const *sides)
{
    struct as_buf list = {0};
    for (int64_t seq = 0; seq < task->side.group.case_count; seq++) {
        struct as_buf why = {0};
        for (uint32_t m = task->first; m < task->last; m++)
            add_why(task, &sides[0][seq], &sides[m][seq], m, &why);
        struct chosen chosen = {seq, why.len ? as_arena_strdup(&task->arena, why.ptr) : NULL};
        if (chosen.why)
            as_buf_add(&list, &chosen, sizeof(chosen));
        as_buf_done(&why);
    }
    task->count = list.len / sizeof(*task->chosen);
    task->chosen = (struct chosen *)(void *)as_buf_take(&list);
}

static int load_and_choose(struct from_run *task, struct store *store)
{
    struct flip_side *sides[PINS_MAX_MEMBERS] = {0};
    struct as_arena arena = {0};
    int rc = 0;
    for (uint32_t m = 0; m < task->last && !rc; m++) {
        struct flip_source source = run_side_source(&task->side, m);
        if (!m || m >= task->first)
            rc = flip_sides_load(store, &source, &task->side.pins->gate, &arena, &sides[m]);
    }
    if (rc)
        as_err_set(&task->err, rc, "cannot read the scores: %s", store_error(store));
    else
        choose_cases(task, sides);
    as_arena_done(&arena);
    return rc;
}

static int find_base(struct from_run *task, struct store *store)
{
    if (!as_json_get_bool(task->call->params, "add", false))
        return 0;
    int rc = store_dataset_find(store, as_json_get_cstr(task->call->params, "name"), &task->arena,
                                &task->base);
    if (rc == AS_ENOENT)
        task->base = (struct dataset_info){0};
    return rc && rc != AS_ENOENT ? as_err_set(&task->err, rc, "%s", store_error(store)) : 0;
}

static void choose_work(struct store *store, void *ctx)
{
    struct from_run *task = ctx;
    int rc = read_request(task, store);
    if (!rc)
        rc = load_and_choose(task, store);
    if (!rc && !task->count)
        rc = as_err_set(&task->err, AS_EINVAL,
                        "no case of run %" PRId64 " is one of those (where %s, by %s): nothing was "
                        "stored",
                        task->side.group.id, as_json_get_cstr(task->call->params, "where"),
                        task->side.pins->metrics[task->side.metric].name);
    task->rc = rc ? rc : find_base(task, store);
}

/* ---- copying, on the writing connection ---- */

static int unreadable(struct from_run *task, struct store *store, int rc)
{
    return as_err_set(&task->err, rc, "the cases of run %" PRId64 " cannot be read: %s",
                      task->side.group.id,
                      rc == AS_ENOENT ? "they have gone meanwhile" : store_error(store));
}

/* An output in the shape of a recorded one. */
static struct as_json *answer_json(const struct row_record *row)
{
    struct as_json *json = as_json_object(), *calls = NULL;
    struct as_str tools = row->tool_calls_json;
    as_json_set_take(json, "text", as_json_new_str(row->text.ptr ? row->text : AS_STR("")));
    if (tools.len && !as_json_parse(tools.ptr, tools.len, &calls, NULL))
        as_json_set_take(json, "tool_calls", calls);
    if (row->finish_reason.len)
        as_json_set_take(json, "finish_reason", as_json_new_str(row->finish_reason));
    if (row->model_id.len)
        as_json_set_take(json, "model", as_json_new_str(row->model_id));
    if (!isnan(row->latency_ms))
        as_json_set_num(json, "latency_ms", row->latency_ms);
    return json;
}

/* The member's first good answer to the case, as a case records it; *ret_json NULL: there is none.
 */
static int find_answer(struct from_run *task, struct store *store, int64_t seq,
                       struct as_arena *arena, struct as_json **ret_json)
{
    struct row_listing *rows = NULL;
    size_t count = 0, i = 0;
    int rc = store_rows_of_case(store, task->side.group.id, seq, arena, &rows, &count);
    while (!rc && i < count &&
           (rows[i].row.key.member != task->first || rows[i].row.status != ROW_OK))
        i++;
    *ret_json = rc || i == count ? NULL : answer_json(&rows[i].row);
    return rc;
}

/* The case as a line; origin NULL: as it is; answer NULL: with what it records itself. */
static int add_line(const struct case_record *record, const struct dataset_origin *origin,
                    struct as_json *answer, struct as_buf *lines)
{
    struct as_json *item = NULL;
    if (as_json_parse(record->json.ptr, record->json.len, &item, NULL))
        return AS_ECORRUPT;
    struct as_json *made = dataset_derive_case(item, origin);
    if (answer)
        as_json_set_take(made, "recorded", as_json_share(answer));
    as_json_write_canonical(made, lines);
    as_buf_addc(lines, '\n');
    as_json_free(made);
    as_json_free(item);
    return 0;
}

static int add_base(struct from_run *task, struct store *store, struct as_arena *arena,
                    struct as_buf *lines)
{
    struct case_record *cases = NULL;
    size_t count = 0;
    int rc = store_cases_page(store, task->base.id, task->base_next, PORTION_CASES, arena, &cases,
                              &count);
    if (!rc && !count)
        rc = AS_ENOENT;
    for (size_t i = 0; i < count && !rc && lines->len < PORTION_BYTES; i++) {
        rc = add_line(&cases[i], NULL, NULL, lines);
        task->base_next++;
    }
    return rc;
}

/* Whatever NAME has of that id stays as it is. */
static int add_chosen(struct from_run *task, struct store *store, struct as_arena *arena,
                      struct as_buf *lines)
{
    const struct chosen *chosen = &task->chosen[task->next];
    const struct pins *pins = task->side.pins;
    const struct dataset_origin origin = {task->side.group.id, pins->dataset_name,
                                          pins->dataset_version, chosen->why};
    struct case_record *record = NULL, known;
    size_t count = 0;
    int rc = store_cases_page(store, task->side.group.dataset_id, chosen->seq, 1, arena, &record,
                              &count);
    if (!rc && (!count || record->seq != chosen->seq))
        rc = AS_ENOENT;
    if (rc)
        return rc;
    task->next++;
    rc = task->base.id ? store_case_find(store, task->base.id, record->id.ptr, arena, &known)
                       : AS_ENOENT;
    if (rc != AS_ENOENT)
        return rc;
    AS_CLEANUP_JSON struct as_json *answer = NULL;
    rc = task->is_recorded ? find_answer(task, store, chosen->seq, arena, &answer) : 0;
    bool is_unanswered = task->is_recorded && !answer;
    task->unanswered += !rc && is_unanswered;
    return rc || is_unanswered ? rc : add_line(record, &origin, answer, lines);
}

static bool is_copied(const struct from_run *task)
{
    return task->base_next >= task->base.case_count && task->next == task->count;
}

static int copy_portion(struct from_run *task, struct store *store)
{
    struct as_arena arena = {0};
    struct as_buf lines = {0};
    int rc = 0;
    for (unsigned n = 0; n < PORTION_CASES && !rc && !is_copied(task) && lines.len < PORTION_BYTES;
         n++) {
        bool has_base = task->base_next < task->base.case_count;
        rc = has_base ? add_base(task, store, &arena, &lines)
                      : add_chosen(task, store, &arena, &lines);
    }
    if (!rc)
        staging_feed(task->staging, store, "the run", as_buf_str(&lines));
    as_buf_done(&lines);
    as_arena_done(&arena);
    return rc ? unreadable(task, store, rc) : staging_failure(task->staging, &task->err);
}

static int finish_copy(struct from_run *task, struct store *store)
{
    task->is_ended = true;
    task->result = staging_finish(task->staging, store, true);
    int rc = staging_failure(task->staging, &task->err);
    const struct as_json *bad = as_json_at(as_json_get(task->result, "bad_lines"), 0);
    if (!rc && !as_json_get(task->result, "dataset"))
        rc = as_err_set(&task->err, AS_EINVAL, "a case cannot be taken into a dataset: %s",
                        as_json_get_cstr_or(bad, "reason", "nothing of it can be read"));
    as_json_set_int(task->result, "run", task->side.group.id);
    as_json_set_int(task->result, "chosen", (int64_t)task->count);
    as_json_set_int(task->result, "unanswered", task->unanswered);
    return rc;
}

static void copy_work(struct store *store, void *ctx)
{
    struct from_run *task = ctx;
    if (!task->is_begun)
        staging_begin(task->staging, store);
    task->is_begun = true;
    task->rc = staging_failure(task->staging, &task->err);
    if (!task->rc)
        task->rc = copy_portion(task, store);
    if (task->rc)
        staging_abort(task->staging, store);
    else if (is_copied(task))
        task->rc = finish_copy(task, store);
}

/* ---- on the loop ---- */

static void answer(struct from_run *task)
{
    if (!task->rc && !task->is_ended)
        task->rc = as_err_set(&task->err, AS_ECANCELED, "assayd is stopping");
    if (task->rc)
        control_fail(task->call, &task->err);
    else
        control_reply(task->call, as_json_share(task->result));
    as_json_free(task->result);
    staging_free(task->staging);
    run_side_done(&task->side);
    as_arena_done(&task->arena);
    free(task->chosen);
    free(task);
}

static void copy_on(void *ctx)
{
    struct from_run *task = ctx;
    bool is_stopping = !task->app->server; /* what is staged goes at the next start */
    if (task->rc || task->is_ended || is_stopping)
        answer(task);
    else
        db_write(task->app->db, copy_work, copy_on, task);
}

void handle_dataset_from_run(void *ctx, struct control_call *call)
{
    const char *name = as_json_get_cstr(call->params, "name");
    struct as_err err = {0};
    if (staging_check_name(name, &err)) {
        control_fail(call, &err);
        return;
    }
    struct from_run *task = as_xcalloc(1, sizeof(*task));
    task->app = ctx;
    task->call = call;
    task->staging = staging_new(name);
    staging_own_cases(task->staging);
    db_read(task->app->db, choose_work, copy_on, task);
}
