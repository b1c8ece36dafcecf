/* Texts are compared only until every candidate has one that differs, which in most runs is the
 * first case. */
#include "daemon/report/result_warnings.h"

#include "daemon/model/model_id.h"
#include "daemon/store/model_ids.h"

#include <stdlib.h>
#include <string.h>

#define ROWS_PER_READ 128

static void warn(struct as_json *result, struct as_buf *text)
{
    as_json_push_take(as_json_get(result, "warnings"), as_json_new_str(as_buf_str(text)));
    as_buf_reset(text);
}

/* ---- both sides the same ---- */

struct answers { /* of a candidate, against the baseline's */
    size_t compared;
    bool is_different;
};

struct walk {
    struct as_buf text, tool_calls; /* the baseline's, of the row's case and sample */
    struct row_key key;             /* of those; group_id 0: none */
    struct answers *by_member;
};

static bool is_equal(struct as_str a, const struct as_buf *b)
{
    return a.len == b->len && (!a.len || !memcmp(a.ptr, b->ptr, a.len));
}

static void take_row(struct walk *walk, const struct row_record *row)
{
    struct answers *answers = &walk->by_member[row->key.member];
    bool is_same_case = walk->key.group_id && walk->key.case_seq == row->key.case_seq &&
                        walk->key.sample == row->key.sample;
    if (row->status != ROW_OK)
        return;
    if (!row->key.member) {
        as_buf_reset(&walk->text);
        as_buf_reset(&walk->tool_calls);
        as_buf_add(&walk->text, row->text.ptr, row->text.len);
        as_buf_add(&walk->tool_calls, row->tool_calls_json.ptr, row->tool_calls_json.len);
        walk->key = row->key;
    } else if (is_same_case) {
        answers->compared++;
        if (!is_equal(row->text, &walk->text) || !is_equal(row->tool_calls_json, &walk->tool_calls))
            answers->is_different = true;
    }
}

static bool all_differ(const struct answers *by_member, size_t member_count)
{
    for (size_t i = 1; i < member_count; i++)
        if (!by_member[i].is_different)
            return false;
    return true;
}

static int compare_answers(struct store *store, const struct report_spec *spec,
                           struct answers *by_member)
{
    struct walk walk = {.by_member = by_member};
    struct row_filter filter = {
        .group_id = spec->group_id,
        .status = -1,
        .member = -1,
        .metric = -1,
        .limit = ROWS_PER_READ,
        .with_text = true,
    };
    struct as_arena arena = {0};
    struct row_key last;
    size_t count = ROWS_PER_READ;
    int rc = 0;
    while (!rc && count == ROWS_PER_READ && !all_differ(by_member, spec->member_count)) {
        struct row_listing *rows = NULL;
        as_arena_reset(&arena);
        rc = store_rows_page(store, &filter, &arena, &rows, &count);
        for (size_t i = 0; i < count && !rc; i++)
            if (rows[i].row.key.member < spec->member_count)
                take_row(&walk, &rows[i].row);
        if (!rc && count) {
            last = rows[count - 1].row.key;
            filter.after = &last;
        }
    }
    as_arena_done(&arena);
    as_buf_done(&walk.text);
    as_buf_done(&walk.tool_calls);
    return rc;
}

/* Pairs of the primary metric when all of them tie; 0 otherwise. */
static int64_t tied_pairs(const struct as_json *result, const char *candidate)
{
    const struct as_json *comparisons = as_json_get(result, "comparisons");
    const char *primary = as_json_get_cstr_or(result, "primary", "");
    for (size_t i = 0; i < as_json_len(comparisons); i++) {
        const struct as_json *pair = as_json_at(comparisons, i);
        if (strcmp(as_json_get_cstr_or(pair, "candidate", ""), candidate) ||
            strcmp(as_json_get_cstr_or(pair, "metric", ""), primary))
            continue;
        int64_t n = as_json_get_int(pair, "n_pairs", 0);
        return n == as_json_get_int(pair, "ties", -1) ? n : 0;
    }
    return 0;
}

static int warn_of_sameness(struct store *store, const struct report_spec *spec,
                            struct as_json *result)
{
    AS_CLEANUP_FREE struct answers *by_member =
        as_xcalloc(spec->member_count + 1, sizeof(*by_member));
    struct as_buf text = {0};
    int rc = compare_answers(store, spec, by_member);
    for (size_t i = 1; i < spec->member_count && !rc; i++) {
        const char *name = spec->member_names[i];
        int64_t tied = tied_pairs(result, name);
        bool is_same = by_member[i].compared && !by_member[i].is_different;
        if (is_same)
            as_buf_addf(&text,
                        "every one of the %zu answers of '%s' is the baseline's, word for word: "
                        "was it really run?",
                        by_member[i].compared, name);
        else if (tied && by_member[i].compared)
            as_buf_addf(&text,
                        "every one of the %lld pairs of '%s' and the baseline has the same score, "
                        "though their answers differ: does the metric tell them apart?",
                        (long long)tied, name);
        else if (tied)
            as_buf_addf(&text,
                        "every one of the %lld pairs of '%s' and the baseline has the same score: "
                        "was it really run?",
                        (long long)tied, name);
        if (text.len)
            warn(result, &text);
    }
    as_buf_done(&text);
    return rc;
}

/* ---- who answered ---- */

struct answered {
    struct returned_id *ids;
    size_t count;
    int64_t distinct;
};

static void set_returned(struct as_json *member, const struct answered *answered)
{
    struct as_json *list = as_json_array();
    for (size_t i = 0; i < answered->count; i++) {
        struct as_json *json = as_json_object();
        as_json_set_str(json, "id", answered->ids[i].id);
        as_json_set_int(json, "rows", answered->ids[i].rows);
        as_json_push_take(list, json);
    }
    as_json_set_take(member, "returned_ids", list);
    as_json_set_int(member, "returned_ids_left_out", answered->distinct - (int64_t)answered->count);
}

static void add_returned(struct as_buf *text, const struct answered *answered)
{
    for (size_t i = 0; i < answered->count; i++)
        as_buf_addf(text, "%s%s (%lld row%s)", i ? ", " : "", answered->ids[i].id,
                    (long long)answered->ids[i].rows, answered->ids[i].rows == 1 ? "" : "s");
    if (answered->distinct > (int64_t)answered->count)
        as_buf_addf(text, " and %lld more",
                    (long long)(answered->distinct - (int64_t)answered->count));
}

/* asked: NULL for recorded answers. True when something was said of the name. */
static bool warn_of_answerer(struct as_json *result, const char *name, const char *asked,
                             const struct answered *answered)
{
    struct as_buf text = {0};
    if (answered->distinct > 1) {
        as_buf_addf(&text, "'%s' is the answers of %lld models: ", name,
                    (long long)answered->distinct);
        add_returned(&text, answered);
        as_buf_addf(&text, "%s%s", asked ? "; it asked for " : "", asked ? asked : "");
    } else if (asked && answered->distinct && !model_id_is_same(asked, answered->ids[0].id)) {
        as_buf_addf(&text, "'%s' asked for %s and was answered by ", name, asked);
        add_returned(&text, answered);
        as_buf_addf(&text, ": %s may be another model tomorrow, name the one that answered", asked);
    }
    bool is_said = text.len > 0;
    if (is_said)
        warn(result, &text);
    as_buf_done(&text);
    return is_said;
}

static void add_name(struct as_buf *list, const char *name, const char *id)
{
    as_buf_addf(list, "%s'%s' (%s)", list->len ? ", " : "", name, id);
}

static int warn_of_names(struct store *store, const struct report_spec *spec,
                         struct as_json *result)
{
    struct as_arena arena = {0};
    struct as_buf floating = {0}, text = {0};
    int rc = 0;
    for (size_t i = 0; i < spec->member_count && !rc; i++) {
        struct answered answered = {0};
        const char *asked = spec->member_ids ? spec->member_ids[i] : NULL;
        rc = store_returned_ids(store, spec->group_id, (uint32_t)i, RESULT_IDS_MAX, &arena,
                                &answered.ids, &answered.count, &answered.distinct);
        if (rc)
            break;
        set_returned(as_json_at(as_json_get(result, "members"), i), &answered);
        bool is_said = warn_of_answerer(result, spec->member_names[i], asked, &answered);
        if (!is_said && model_id_is_floating(asked))
            add_name(&floating, spec->member_names[i], asked);
    }
    if (model_id_is_floating(spec->judge_id))
        add_name(&floating, spec->judge_name, spec->judge_id);
    if (floating.len && !rc) {
        as_buf_addf(&text,
                    "no date or version in the model id of %s: the same id may be another "
                    "model tomorrow",
                    floating.ptr);
        warn(result, &text);
    }
    as_buf_done(&floating);
    as_buf_done(&text);
    as_arena_done(&arena);
    return rc;
}

/* ---- the judge ---- */

static bool is_kin(const char *judge, const char *member)
{
    const char *family = model_id_family(judge), *other = model_id_family(member);
    if (!judge || !member)
        return false;
    return model_id_is_same(judge, member) || (family && other && !strcmp(family, other));
}

static void warn_of_judge(const struct report_spec *spec, struct as_json *result)
{
    struct as_buf kin = {0}, text = {0};
    const char *family = model_id_family(spec->judge_id);
    for (size_t i = 0; spec->member_ids && i < spec->member_count; i++)
        if (is_kin(spec->judge_id, spec->member_ids[i]))
            add_name(&kin, spec->member_names[i], spec->member_ids[i]);
    if (kin.len) {
        as_buf_addf(&text,
                    "the judge '%s' (%s) is of one family%s%s%s with %s: judges favour "
                    "answers of their own kind",
                    spec->judge_name, spec->judge_id, family ? ", " : "", family ? family : "",
                    family ? "," : "", kin.ptr);
        warn(result, &text);
    }
    as_buf_done(&kin);
    as_buf_done(&text);
}

int result_warn(struct store *store, const struct report_spec *spec, struct as_json *result,
                struct as_err *err)
{
    int rc = warn_of_sameness(store, spec, result);
    if (!rc)
        rc = warn_of_names(store, spec, result);
    if (rc)
        return as_err_set(err, rc, "cannot read the results: %s", store_error(store));
    warn_of_judge(spec, result);
    return 0;
}
