/* Three places, each holds a page or none: ahead (read, waiting), current (in the sandbox), and
 * writing (on its way into the score set). pass_step moves pages on until nothing can move. */
#include "daemon/engine/rescore_pass.h"

#include "daemon/engine/row.h"

#include <stdlib.h>

struct pass_item { /* ctx of a row's job */
    struct pass_page *page;
    struct row_listing *row;
    struct as_str case_json;
    struct set_score scored;
};

struct pass_page {
    struct pass *pass;
    struct as_arena arena;
    struct row_listing *rows;
    struct pass_item *items; /* of the rows with an output */
    struct set_score *scores;
    size_t row_count, item_count;
    size_t submitted, answered; /* of the items */
};

struct pass {
    struct pass_options options;
    struct pass_page *reading, *ahead, *current, *writing;
    int64_t rows_left_behind; /* of the pages before the current one */
    struct row_key last;      /* of the last page that was read */
    bool has_last, is_at_end;
    int read_rc, write_rc;
    struct as_err read_err, write_err;
    int rc; /* the first failure: no page moves on from then on */
    struct as_err err;
};

static void pass_step(struct pass *pass);

static void page_free(struct pass_page *page)
{
    as_arena_done(&page->arena);
    free(page);
}

static void fail(struct pass *pass, int rc, const struct as_err *err)
{
    if (pass->rc)
        return;
    pass->rc = rc;
    pass->err = *err;
}

/* ---- read ---- */

/* A scorer or the judge may have failed the row of a good answer. */
static bool has_output(const struct row_record *row)
{
    return row->status == ROW_OK ||
           (row_status_is_our_fault(row->status) && (row->text.ptr || row->tool_calls_json.ptr));
}

/* The samples and members of a case share its text. */
static int read_cases(struct store *store, struct pass_page *page, int64_t dataset_id)
{
    struct as_str json = {NULL, 0};
    int64_t seq = -1;
    page->items = as_arena_alloc(&page->arena, page->row_count * sizeof(*page->items));
    for (size_t i = 0; i < page->row_count; i++) {
        struct row_listing *row = &page->rows[i];
        struct case_record item;
        if (!has_output(&row->row))
            continue;
        if (row->row.key.case_seq != seq) {
            int rc = store_case_find(store, dataset_id, row->case_id.ptr ? row->case_id.ptr : "",
                                     &page->arena, &item);
            if (rc)
                return rc;
            json = item.json;
            seq = row->row.key.case_seq;
        }
        page->items[page->item_count++] =
            (struct pass_item){.page = page, .row = row, .case_json = json};
    }
    return 0;
}

static void read_work(struct store *store, void *ctx)
{
    struct pass *pass = ctx;
    struct pass_page *page = pass->reading;
    struct row_filter filter = {
        .group_id = pass->options.group_id,
        .status = -1,
        .member = -1,
        .metric = -1,
        .after = pass->has_last ? &pass->last : NULL,
        .limit = PASS_PAGE_ROWS,
        .with_text = true,
    };
    pass->read_rc = store_rows_page(store, &filter, &page->arena, &page->rows, &page->row_count);
    if (!pass->read_rc)
        pass->read_rc = read_cases(store, page, pass->options.dataset_id);
    if (pass->read_rc)
        as_err_set(&pass->read_err, pass->read_rc, "the stored outputs cannot be read: %s",
                   store_error(store));
}

static void read_done(void *ctx)
{
    struct pass *pass = ctx;
    struct pass_page *page = pass->reading;
    pass->reading = NULL;
    pass->is_at_end = page->row_count < PASS_PAGE_ROWS;
    if (page->row_count) {
        pass->last = page->rows[page->row_count - 1].row.key;
        pass->has_last = true;
    }
    pass->ahead = page;
    if (pass->read_rc)
        fail(pass, pass->read_rc, &pass->read_err);
    pass_step(pass);
}

static void start_reading(struct pass *pass)
{
    pass->reading = as_xcalloc(1, sizeof(*pass->reading));
    pass->reading->pass = pass;
    db_read(pass->options.engine->on.db, read_work, read_done, pass);
}

/* ---- score ---- */

static void submit_next(struct pass_page *page);

static void on_scored(void *ctx, const struct job_reply *reply)
{
    struct pass_item *item = ctx;
    struct pass_page *page = item->page;
    bool is_ok = reply->status == JOB_OK;
    item->scored = (struct set_score){
        .row = item->row->row.key,
        .error_class = as_str_from(is_ok ? NULL : job_status_name(reply->status)),
        .score = {.metric = page->pass->options.metric,
                  .is_na = is_ok && reply->is_na,
                  .score = is_ok ? reply->score : 0,
                  .pass = is_ok ? reply->pass : -1,
                  .reason = as_arena_dup(&page->arena, reply->reason)},
    };
    if (is_ok) {
        item->scored.score.label = as_arena_dup(&page->arena, reply->label);
        item->scored.score.details_json = as_arena_dup(&page->arena, reply->details_json);
    }
    page->answered++;
    submit_next(page);
    page->pass->options.on_step(page->pass->options.ctx);
    if (page->answered == page->submitted)
        pass_step(page->pass);
}

/* As the run's own row gave it to its scorers. */
static struct job_output output_of(const struct row_record *row)
{
    return (struct job_output){
        .text = row->text.ptr ? row->text : AS_STR(""),
        .tool_calls_json = row->tool_calls_json,
        .finish_reason = row->finish_reason,
        .model_id = row->model_id,
        .input_tokens = row->input_tokens,
        .output_tokens = row->output_tokens,
        .cached_tokens = row->cached_tokens,
        .reasoning_tokens = row->reasoning_tokens,
        .latency_ms = row->latency_ms,
        .cost_usd = row->cost_usd,
    };
}

/* Nothing more once the pass has failed: then the page is left when what was submitted is back. */
static void submit_next(struct pass_page *page)
{
    const struct pass_options *options = &page->pass->options;
    const struct pin_metric *metric = &options->pins->metrics[options->metric];
    if (page->pass->rc || page->submitted == page->item_count)
        return;
    struct pass_item *item = &page->items[page->submitted++];
    struct job_row job = {
        .kind = JOB_SCORE,
        .seed = row_seed_of_case(item->row->case_id, options->metric),
        .case_json = item->case_json,
        .params_json = as_str_from(metric->params_json),
        .output = output_of(&item->row->row),
    };
    sandbox_submit(options->engine->on.sandbox, options->version->sandbox_id, &job, on_scored,
                   item);
}

/* ---- write ---- */

static void tell_rows(const struct pass_page *page)
{
    const struct pass_options *options = &page->pass->options;
    const struct pass_item *item = page->items;
    for (size_t i = 0; i < page->row_count; i++) {
        bool is_scored = has_output(&page->rows[i].row);
        options->on_row(options->ctx, &page->rows[i], is_scored ? &item->scored : NULL);
        item += is_scored;
    }
}

static void write_work(struct store *store, void *ctx)
{
    struct pass *pass = ctx;
    struct pass_page *page = pass->writing;
    page->scores = as_arena_alloc(&page->arena, page->item_count * sizeof(*page->scores));
    for (size_t i = 0; i < page->item_count; i++)
        page->scores[i] = page->items[i].scored;
    pass->write_rc = store_set_add(store, pass->options.set_id, page->scores, page->item_count);
    if (pass->write_rc)
        as_err_set(&pass->write_err, pass->write_rc, "the scores cannot be stored: %s",
                   store_error(store));
}

static void write_done(void *ctx)
{
    struct pass *pass = ctx;
    page_free(pass->writing);
    pass->writing = NULL;
    if (pass->write_rc)
        fail(pass, pass->write_rc, &pass->write_err);
    pass_step(pass);
}

static void start_writing(struct pass *pass)
{
    db_write(pass->options.engine->on.db, write_work, write_done, pass);
}

/* ---- from place to place ---- */

/* The page in the sandbox has all its answers. */
static void leave_sandbox(struct pass *pass)
{
    struct pass_page *page = pass->current;
    pass->current = NULL;
    pass->rows_left_behind += (int64_t)page->row_count;
    if (!pass->rc)
        tell_rows(page);
    if (pass->rc || !pass->options.set_id || !page->item_count) {
        page_free(page);
        return;
    }
    pass->writing = page;
    start_writing(pass);
}

static void enter_sandbox(struct pass *pass)
{
    pass->current = pass->ahead;
    pass->ahead = NULL;
    for (int i = 0; i < PASS_WINDOW; i++)
        submit_next(pass->current);
}

static void end(struct pass *pass)
{
    struct pass_options options = pass->options;
    int rc = pass->rc;
    struct as_err err = pass->err;
    free(pass);
    options.on_end(options.ctx, rc, rc ? &err : NULL);
}

static void pass_step(struct pass *pass)
{
    if (pass->rc && pass->ahead) {
        page_free(pass->ahead);
        pass->ahead = NULL;
    }
    while (
        (pass->current && pass->current->answered == pass->current->submitted && !pass->writing) ||
        (!pass->current && pass->ahead)) {
        if (pass->current)
            leave_sandbox(pass);
        else
            enter_sandbox(pass);
    }
    bool wants_more = !pass->rc && !pass->is_at_end;
    if (wants_more && !pass->reading && !pass->ahead)
        start_reading(pass);
    if (!pass->reading && !pass->ahead && !pass->current && !pass->writing)
        end(pass);
}

struct pass *pass_start(const struct pass_options *options)
{
    struct pass *pass = as_xcalloc(1, sizeof(*pass));
    pass->options = *options;
    start_reading(pass);
    return pass;
}

/* What is under way comes back by itself and ends the pass. */
void pass_cancel(struct pass *pass)
{
    struct as_err err;
    as_err_set(&err, AS_ECANCELED, "cancelled");
    fail(pass, AS_ECANCELED, &err);
}

int64_t pass_rows_done(const struct pass *pass)
{
    return pass->rows_left_behind + (pass->current ? (int64_t)pass->current->answered : 0);
}
