/* run.flips: a page of the cases that two members disagree about, each with what both said.
 *
 * The order is that of all flips of the comparison, so every page reads the numbers of the whole
 * group again, and the texts of its own cases alone. */
#include "daemon/control/handlers.h"
#include "daemon/dataset/derive.h"
#include "daemon/engine/run_sides.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Of the flips of a page, as JSON: an answer must fit a line of the protocol. One is always there.
 */
#define PAGE_BYTES (640u << 10)
#define FLIP_MAX_BYTES (PROTO_LINE_MAX_BYTES - (32u << 10)) /* room for the head is left */

struct flip_view {
    struct store *store;
    struct control_query *query;
    struct run_sides sides;
    size_t baseline, candidate; /* members of sides.a and sides.b */
    struct flip_list list;
    bool with_cases;
};

static const char *member_name(const struct run_side *side, size_t member)
{
    return side->report.spec.member_names[member];
}

/* ---- what is compared ---- */

static int one_couple(const struct run_sides *sides, struct as_err *err)
{
    if (sides->couple_count == 1)
        return 0;
    if (!sides->couple_count)
        return as_err_set(err, AS_EINVAL,
                          "run %" PRId64 " has no member besides '%s': nothing can have flipped",
                          sides->a->group.id, member_name(sides->a, 0));
    struct as_buf names = {0};
    for (size_t i = 0; i < sides->couple_count; i++)
        as_buf_addf(&names, "%s'%s'", i ? ", " : "",
                    member_name(sides->b, sides->couples[i].candidate));
    int rc = as_err_set(err, AS_EINVAL, "flips are of one candidate: --candidate takes one of %s",
                        names.ptr);
    as_buf_done(&names);
    return rc;
}

static int choose(struct flip_view *view, struct as_err *err)
{
    struct sides_request request = sides_request_of(view->query->call->params);
    int rc = run_sides_open(view->store, &request, &view->sides, err);
    if (!rc)
        rc = run_sides_choose(&view->sides, &request, err);
    if (!rc)
        rc = one_couple(&view->sides, err);
    if (rc)
        return rc;
    view->baseline = view->sides.couples[0].baseline;
    view->candidate = view->sides.couples[0].candidate;
    return 0;
}

static int load(struct flip_view *view, struct as_err *err)
{
    const struct flip_spec spec = {
        .baseline = run_side_source(view->sides.a, view->baseline),
        .candidate = run_side_source(view->sides.b, view->candidate),
        .rules = &view->sides.a->pins->gate,
    };
    int rc = flips_load(view->store, &spec, &view->query->arena, &view->list);
    return rc ? as_err_set(err, rc, "cannot read the scores: %s", store_error(view->store)) : 0;
}

/* ---- one flip ---- */

static const struct score_record *score_of(const struct row_listing *row, size_t metric)
{
    for (size_t i = 0; row && i < row->score_count; i++)
        if (row->scores[i].metric == metric)
            return &row->scores[i];
    return NULL;
}

/* The member's first sample that stands on the same side of the threshold as the case. */
static const struct row_listing *telling_row(const struct flip_source *source, bool is_right,
                                             const struct gate_rules *rules,
                                             const struct row_listing *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct score_record *score = score_of(&rows[i], source->metric);
        bool is_zero =
            rules->policy == GATE_POLICY_ZERO && row_status_is_models_fault(rows[i].row.status);
        bool counts = score ? !score->is_na : is_zero;
        bool passes = counts && score && score->score >= rules->pass_threshold;
        if (rows[i].row.key.member == source->member && counts && passes == is_right)
            return &rows[i];
    }
    return NULL;
}

static struct as_json *side_json(struct control_query *query, const struct flip_side *side,
                                 const struct gate_rules *rules, const struct row_listing *row,
                                 size_t metric)
{
    struct as_json *json = as_json_object();
    const struct score_record *score = score_of(row, metric);
    as_json_set_num(json, "score", flip_side_score(side, rules));
    as_json_set_int(json, "samples", flip_side_samples(side, rules));
    as_json_set_int(json, "agreeing", flip_side_agreeing(side, rules));
    if (!row)
        return json;
    as_json_set_int(json, "sample", row->row.key.sample);
    as_json_set_str(json, "status", row_status_name(row->row.status));
    as_json_set_take(json, "error", as_json_new_str(row->row.error));
    as_json_set_take(json, "label", score ? as_json_new_str(score->label) : NULL);
    as_json_set_take(json, "reason", score ? control_shown_text(query, score->reason) : NULL);
    as_json_set_take(json, "text", control_shown_text(query, row->row.text));
    return json;
}

/* What a member made of the flip's case. */
static int add_side(struct flip_view *view, const struct flip *flip, bool is_candidate,
                    struct as_json *json)
{
    const struct gate_rules *rules = &view->sides.a->pins->gate;
    const struct run_side *side = is_candidate ? view->sides.b : view->sides.a;
    const struct flip_source source =
        run_side_source(side, is_candidate ? view->candidate : view->baseline);
    struct row_listing *rows = NULL;
    struct as_arena arena = {0};
    size_t count = 0;
    int rc = store_rows_of_case(view->store, source.group_id,
                                is_candidate ? flip->candidate_seq : flip->case_seq, &arena, &rows,
                                &count);
    if (!rc) {
        bool is_right = (flip->to == FLIP_TO_PASS) == is_candidate;
        const struct row_listing *row = telling_row(&source, is_right, rules, rows, count);
        as_json_set_take(json, is_candidate ? "candidate" : "baseline",
                         side_json(view->query, is_candidate ? &flip->candidate : &flip->baseline,
                                   rules, row, source.metric));
    }
    as_arena_done(&arena);
    return rc;
}

static void add_label(const struct flip_view *view, const struct run_side *side, size_t member,
                      struct as_buf *out)
{
    as_buf_adds(out, member_name(side, member));
    if (run_sides_are_apart(&view->sides))
        as_buf_addf(out, " of run %" PRId64, side->group.id);
}

static struct as_json *derived_case(const struct flip_view *view, const struct flip *flip,
                                    struct as_json *item)
{
    const struct run_sides *sides = &view->sides;
    const struct pins *pins = sides->b->pins;
    struct as_buf why = {0}, baseline = {0}, candidate = {0};
    add_label(view, sides->a, view->baseline, &baseline);
    add_label(view, sides->b, view->candidate, &candidate);
    flip_describe(flip, &sides->a->pins->gate, pins->metrics[sides->b->metric].name, baseline.ptr,
                  candidate.ptr, &why);
    const struct dataset_origin origin = {sides->b->group.id, pins->dataset_name,
                                          pins->dataset_version, why.ptr};
    struct as_json *made = dataset_derive_case(item, &origin);
    as_buf_done(&why);
    as_buf_done(&baseline);
    as_buf_done(&candidate);
    return made;
}

/* tags, critical and, where it is asked for, the case as a dataset takes it. */
static int add_case(struct flip_view *view, const struct flip *flip, struct as_json *json)
{
    struct as_arena arena = {0};
    struct case_record *record = NULL;
    struct as_json *item = NULL;
    size_t count = 0;
    int rc = store_cases_page(view->store, view->sides.a->group.dataset_id, flip->case_seq, 1,
                              &arena, &record, &count);
    if (!rc && (!count || as_json_parse(record->json.ptr, record->json.len, &item, NULL)))
        rc = AS_ECORRUPT;
    if (!rc) {
        struct as_json *tags = as_json_get(item, "tags");
        as_json_set_bool(json, "critical", record->is_critical);
        as_json_set_take(json, "tags", tags ? as_json_share(tags) : as_json_array());
        if (view->with_cases)
            as_json_set_take(json, "json", derived_case(view, flip, item));
    }
    as_json_free(item);
    as_arena_done(&arena);
    return rc;
}

static int make_flip(struct flip_view *view, const struct flip *flip, struct as_json **ret_json)
{
    struct as_json *json = as_json_object();
    as_json_set_take(json, "case", as_json_new_str(flip->case_id));
    as_json_set_str(json, "to", flip->to == FLIP_TO_PASS ? "pass" : "fail");
    as_json_set_num(json, "difference", flip->difference);
    as_json_set_num(json, "agreement", flip->agreement);
    int rc = add_case(view, flip, json);
    if (!rc)
        rc = add_side(view, flip, false, json);
    if (!rc)
        rc = add_side(view, flip, true, json);
    if (rc)
        as_json_free(json);
    else
        *ret_json = json;
    return rc;
}

/* ---- the page ---- */

/* Leaves those that flipped that way. */
static int keep_wanted(struct flip_view *view, struct as_err *err)
{
    const char *to = as_json_get_cstr(view->query->call->params, "to");
    size_t kept = 0;
    if (!to)
        return 0;
    if (strcmp(to, "pass") && strcmp(to, "fail"))
        return as_err_set(err, AS_EINVAL, "to must be pass or fail, not '%s'", to);
    enum flip_to wanted = strcmp(to, "pass") ? FLIP_TO_FAIL : FLIP_TO_PASS;
    for (size_t i = 0; i < view->list.count; i++)
        if (view->list.flips[i].to == wanted)
            view->list.flips[kept++] = view->list.flips[i];
    view->list.count = kept;
    return 0;
}

static int first_of_page(const struct flip_view *view, size_t *ret_first, struct as_err *err)
{
    const char *after = as_json_get_cstr(view->query->call->params, "after");
    *ret_first = 0;
    for (size_t i = 0; after && i < view->list.count; i++) {
        if (as_str_eq(view->list.flips[i].case_id, after)) {
            *ret_first = i + 1;
            return 0;
        }
    }
    return after ? as_err_set(err, AS_EINVAL, "after: no flip of this list is case '%s'", after)
                 : 0;
}

/* A whole case may be larger than a line; without it the parts of a flip are cut. */
static int too_large(const struct flip_view *view, const struct flip *flip, size_t bytes,
                     struct as_err *err)
{
    return as_err_set(err, AS_ELIMIT,
                      "case '%.*s' has %zu bytes, more than an answer holds: `assayctl dataset "
                      "from-run %" PRId64 " NAME --where flipped` keeps it without sending it",
                      (int)flip->case_id.len, flip->case_id.ptr, bytes, view->sides.b->group.id);
}

static int read_flip(struct flip_view *view, const struct flip *flip, struct as_json **ret_json,
                     size_t *ret_bytes, struct as_err *err)
{
    struct as_json *json = NULL;
    int rc = make_flip(view, flip, &json);
    if (rc)
        return as_err_set(err, rc, "cannot read the flips: %s", store_error(view->store));
    *ret_bytes = as_json_bytes(json);
    if (*ret_bytes > FLIP_MAX_BYTES) {
        as_json_free(json);
        return too_large(view, flip, *ret_bytes, err);
    }
    *ret_json = json;
    return 0;
}

static int add_page(struct flip_view *view, size_t first, struct as_json *list, struct as_err *err)
{
    size_t bytes = 0, end = first, limit = control_limit(view->query->call);
    while (end < view->list.count && end - first < limit) {
        struct as_json *json = NULL;
        size_t own = 0;
        int rc = read_flip(view, &view->list.flips[end], &json, &own, err);
        if (rc)
            return rc;
        bytes += own;
        if (end > first && bytes > PAGE_BYTES) {
            as_json_free(json);
            break;
        }
        as_json_push_take(list, json);
        end++;
    }
    if (end > first && end < view->list.count)
        as_json_set_take(view->query->result, "next",
                         as_json_new_str(view->list.flips[end - 1].case_id));
    return 0;
}

static struct as_json *member_json(const struct run_side *side, size_t member)
{
    struct as_json *json = as_json_object();
    as_json_set_int(json, "run", side->group.id);
    as_json_set_str(json, "model", member_name(side, member));
    return json;
}

static void write_head(const struct flip_view *view, struct as_json *json)
{
    const struct run_sides *sides = &view->sides;
    const struct pins *pins = sides->a->pins;
    as_json_set_str(json, "eval", sides->a->group.eval_name);
    as_json_set_str(json, "metric", pins->metrics[sides->a->metric].name);
    as_json_set_num(json, "pass_threshold", pins->gate.pass_threshold);
    as_json_set_take(json, "baseline", member_json(sides->a, view->baseline));
    as_json_set_take(json, "candidate", member_json(sides->b, view->candidate));
    as_json_set_take(json, "forced", run_sides_json(sides, 0, sides->differences.matter_count));
    as_json_set_int(json, "compared", view->list.compared);
    as_json_set_int(json, "not_compared", view->list.not_compared);
    as_json_set_int(json, "to_pass", view->list.to_pass);
    as_json_set_int(json, "to_fail", view->list.to_fail);
}

static int answer_flips(struct flip_view *view, struct as_err *err)
{
    size_t first = 0;
    int rc = choose(view, err);
    if (!rc)
        rc = load(view, err);
    if (!rc)
        rc = keep_wanted(view, err);
    if (!rc)
        rc = first_of_page(view, &first, err);
    if (rc)
        return rc;
    struct as_json *list = as_json_array();
    view->query->result = as_json_object();
    write_head(view, view->query->result);
    as_json_set_take(view->query->result, "flips", list);
    return add_page(view, first, list, err);
}

static void flips_work(struct store *store, struct control_query *query)
{
    struct flip_view view = {.store = store, .query = query};
    view.with_cases = as_json_get_bool(query->call->params, "with_cases", false);
    run_sides_init(&view.sides);
    query->rc = answer_flips(&view, &query->err);
    run_sides_done(&view.sides);
}

void handle_run_flips(void *ctx, struct control_call *call)
{
    control_read(ctx, call, flips_work, NULL);
}
