/* run.report: a report in one of the formats of daemon/report, in pages. A page ends where it has
 * grown large enough, within a case if need be: the next one renders that case again and leaves out
 * what was sent. */
#include "daemon/control/handlers.h"
#include "daemon/control/report_flips.h"
#include "daemon/engine/compare_runs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Escaped as a JSON string it doubles at most: markup and JSON hold no raw control characters. */
#define PAGE_BYTES (256u << 10)
#define CASES_PER_READ 64

struct report_place {
    int64_t seq; /* the case to go on with; -1: the head; the tail is behind the last */
    size_t sent; /* bytes of it that earlier pages had */
    struct render_tally tally; /* of what stands before that case */
};

struct report_page {
    struct store *store;
    struct control_query *query;
    const struct group_record *group;
    struct render render;
    struct report_place place;
    bool is_full;
};

static int parse_place(const char *text, struct report_place *ret_place)
{
    int used = 0;
    int got =
        sscanf(text, "%" SCNd64 ".%zu.%zu.%zu.%zu%n", &ret_place->seq, &ret_place->sent,
               &ret_place->tally.bytes, &ret_place->tally.brief, &ret_place->tally.left_out, &used);
    return got == 5 && !text[used] && ret_place->seq >= -1 ? 0 : AS_EINVAL;
}

static const char *place_text(const struct report_place *place, struct as_arena *arena)
{
    return as_arena_printf(arena, "%" PRId64 ".%zu.%zu.%zu.%zu", place->seq, place->sent,
                           place->tally.bytes, place->tally.brief, place->tally.left_out);
}

/* What was rendered from `from` on is the piece at the page's place: takes away what was sent
 * before and what is too much, and moves the place. A piece that is cut is rendered again, so its
 * place keeps the tally of before. */
static void take_piece(struct report_page *page, size_t from, struct render_tally before)
{
    struct as_buf *out = page->render.out;
    size_t piece = out->len - from, sent = page->place.sent < piece ? page->place.sent : piece;
    if (sent) {
        memmove(out->ptr + from, out->ptr + from + sent, piece - sent);
        out->len -= sent;
    }
    page->is_full = out->len > PAGE_BYTES;
    if (page->is_full) {
        size_t cut = as_utf8_fit(out->ptr, out->len, PAGE_BYTES);
        page->place.sent = sent + cut - from;
        page->place.tally = before;
        out->len = cut;
    } else {
        page->place.seq++;
        page->place.sent = 0;
        page->place.tally.bytes += piece;
    }
}

static int add_case(struct report_page *page, const struct case_record *record)
{
    struct as_arena arena = {0};
    struct render_case shown = {.record = record};
    struct row_listing *rows = NULL;
    size_t from = page->render.out->len;
    struct render_tally before = page->place.tally;
    int rc = store_rows_of_case(page->store, page->group->id, record->seq, &arena, &rows,
                                &shown.row_count);
    shown.rows = rows;
    if (!rc && shown.row_count)
        render_case(&page->render, &shown);
    if (!rc)
        take_piece(page, from, before);
    as_arena_done(&arena);
    return rc;
}

/* The next cases; none are left when the place has passed the last. */
static int add_cases(struct report_page *page)
{
    struct as_arena arena = {0};
    struct case_record *cases = NULL;
    size_t count = 0;
    int rc = store_cases_page(page->store, page->group->dataset_id, page->place.seq, CASES_PER_READ,
                              &arena, &cases, &count);
    for (size_t i = 0; i < count && !rc && !page->is_full; i++)
        if (page->place.seq < page->group->case_count)
            rc = add_case(page, &cases[i]);
    if (!count)
        page->place.seq = page->group->case_count;
    as_arena_done(&arena);
    return rc;
}

static int add_head(struct report_page *page)
{
    int rc = 0;
    render_head(&page->render);
    if (render_format_has_flips(page->render.format))
        rc = report_flips(page->store, page->group, &page->render);
    render_body(&page->render);
    take_piece(page, 0, (struct render_tally){0});
    return rc;
}

static int fill_page(struct report_page *page)
{
    int rc = page->place.seq < 0 ? add_head(page) : 0;
    if (!render_format_has_cases(page->render.format))
        return rc;
    while (!rc && !page->is_full && page->place.seq < page->group->case_count)
        rc = add_cases(page);
    if (!rc && !page->is_full)
        render_tail(&page->render);
    return rc;
}

/* The earlier run that the call names is compared with this one, and what that says is a part of
 * the report; so is that they cannot be compared. */
static void set_compared(struct store *store, const struct as_json *params, struct as_json *shown)
{
    int64_t run = as_json_get_int(params, "run", 0);
    int64_t earlier = as_json_get_int(params, "with_run", 0);
    const struct compare_request request = {
        .report = as_json_get(params, "with_report"),
        .sides = {.run = earlier ? earlier : run, .other = earlier ? run : 0},
    };
    struct as_json *compared = NULL;
    struct as_err err = {0};
    if (!earlier && !request.report)
        return;
    if (compare_runs(store, &request, &compared, &err)) {
        compared = as_json_object();
        as_json_set_str(compared, "error", err.msg);
    }
    as_json_set_take(shown, "compared", compared);
}

static void report_work(struct store *store, struct control_query *query)
{
    const struct as_json *params = query->call->params;
    int64_t run = as_json_get_int(params, "run", 0);
    const char *name = as_json_get_cstr_or(params, "format", ""),
               *after = as_json_get_cstr(params, "after");
    struct group_record group;
    struct as_buf text = {0};
    struct report_page page = {.store = store, .query = query, .group = &group};
    page.render = (struct render){
        .format = render_format_find(name), .out = &text, .tally = &page.place.tally};
    page.place.seq = -1;
    if (!page.render.format)
        query->rc = as_err_set(&query->err, AS_EINVAL,
                               "no report format is called '%s': csv, html, jsonl, "
                               "junit or md",
                               name);
    else if (after && parse_place(after, &page.place))
        query->rc =
            as_err_set(&query->err, AS_EINVAL, "after: '%s' is not the `next` of a page", after);
    if (query->rc)
        return;
    int rc = store_group_get(store, run, &query->arena, &group);
    AS_CLEANUP_JSON struct as_json *shown = rc ? NULL : control_run_json(store, &group);
    if (!rc && page.place.seq < 0)
        set_compared(store, params, shown);
    page.render.run = shown;
    rc = rc ? rc : fill_page(&page);
    if (rc) {
        control_store_failed(store, query, rc, as_arena_printf(&query->arena, "run %" PRId64, run));
    } else {
        query->result = as_json_object();
        as_json_set_take(query->result, "text", as_json_new_str(as_buf_str(&text)));
        if (page.is_full)
            as_json_set_str(query->result, "next", place_text(&page.place, &query->arena));
    }
    as_buf_done(&text);
}

void handle_run_report(void *ctx, struct control_call *call)
{
    control_read(ctx, call, report_work, NULL);
}
