/* CSV (RFC 4180) and JSON lines: one record a row, for spreadsheets and programs. CSV has the
 * numbers; JSON lines have the texts as well. Rows of a run that was overridden say so, each. A
 * text of a CSV field that a spreadsheet would take for a formula gets an apostrophe before it;
 * JSON lines have every text as it is. */
#include "daemon/report/render_own.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* NULL: none. */
static struct as_json *overrides_of(const struct render *render)
{
    return as_json_get(render->run, "overrides");
}

/* ---- CSV ---- */

static bool is_formula(struct as_str text)
{
    return text.len && text.ptr[0] && strchr("=+-@\t\r", text.ptr[0]);
}

static void add_field(struct as_buf *out, struct as_str text)
{
    const char *guard = is_formula(text) ? "'" : "";
    bool is_quoted = false;
    for (size_t i = 0; i < text.len; i++)
        is_quoted = is_quoted || strchr(",\"\r\n", text.ptr[i]);
    as_buf_addf(out, "%s%s", is_quoted ? "\"" : "", guard);
    if (!is_quoted) {
        as_buf_add(out, text.ptr, text.len);
        return;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            as_buf_addc(out, '"');
        as_buf_addc(out, text.ptr[i]);
    }
    as_buf_addc(out, '"');
}

static void add_cell(struct as_buf *out, struct as_str text)
{
    as_buf_addc(out, ',');
    add_field(out, text);
}

static void add_number(struct as_buf *out, double value)
{
    AS_CLEANUP_JSON struct as_json *number = as_json_new_num(value);
    as_buf_addc(out, ',');
    if (number) /* in its shortest form */
        as_json_write(number, out);
}

static void add_count(struct as_buf *out, int64_t count)
{
    as_buf_addc(out, ',');
    if (count >= 0)
        as_buf_addf(out, "%" PRId64, count);
}

static void csv_head(const struct render *render)
{
    as_buf_adds(render->out, "run,case,model,sample,status,error_class,latency_ms,input_tokens,"
                             "output_tokens,cost_usd,judge_cost_usd");
    for (size_t m = 0; m < render_metric_count(render->run); m++) {
        struct as_buf name = {0};
        as_buf_addf(&name, "score:%s", render_metric_name(render->run, (uint32_t)m));
        add_cell(render->out, as_buf_str(&name));
        as_buf_done(&name);
    }
    as_buf_adds(render->out, overrides_of(render) ? ",overrides\r\n" : "\r\n");
}

static void add_overrides(struct as_buf *out, const struct as_json *overrides)
{
    struct as_buf text = {0};
    for (size_t i = 0; i < as_json_len(overrides); i++)
        as_buf_addf(&text, "%s%s", i ? "; " : "", as_json_cstr(as_json_at(overrides, i)));
    add_cell(out, as_buf_str(&text));
    as_buf_done(&text);
}

static double score_of(const struct row_listing *row, uint32_t metric)
{
    for (size_t i = 0; i < row->score_count; i++)
        if (row->scores[i].metric == metric && !row->scores[i].is_na)
            return row->scores[i].score;
    return NAN;
}

static void csv_case(const struct render *render, const struct render_case *shown)
{
    struct as_buf *out = render->out;
    for (size_t i = 0; i < shown->row_count; i++) {
        const struct row_record *row = &shown->rows[i].row;
        as_buf_addf(out, "%" PRId64, as_json_get_int(render->run, "run", 0));
        add_cell(out, shown->record->id);
        add_cell(out, as_str_from(render_member_name(render->run, row->key.member)));
        add_count(out, row->key.sample);
        add_cell(out, as_str_from(row_status_name(row->status)));
        add_cell(out, row->error_class);
        add_number(out, row->latency_ms);
        add_count(out, row->input_tokens);
        add_count(out, row->output_tokens);
        add_number(out, row->cost_usd);
        add_number(out, row->judge_cost_usd);
        for (size_t m = 0; m < render_metric_count(render->run); m++)
            add_number(out, score_of(&shown->rows[i], (uint32_t)m));
        if (overrides_of(render))
            add_overrides(out, overrides_of(render));
        as_buf_adds(out, "\r\n");
    }
}

const struct render_format render_csv = {.name = "csv", .head = csv_head, .each_case = csv_case};

/* ---- JSON lines ---- */

static void jsonl_head(const struct render *render)
{
    (void)render; /* each line stands for itself */
}

static void set_str(struct as_json *json, const char *key, struct as_str text)
{
    as_json_set_take(json, key, as_json_new_str(text));
}

static void set_count(struct as_json *json, const char *key, int64_t count)
{
    as_json_set_take(json, key, count < 0 ? NULL : as_json_new_int(count));
}

static void set_parsed(struct as_json *json, const char *key, struct as_str text)
{
    struct as_json *value = NULL;
    if (text.ptr && as_json_parse(text.ptr, text.len, &value, NULL))
        value = NULL;
    as_json_set_take(json, key, value);
}

static struct as_json *score_json(const struct render *render, const struct score_record *score)
{
    struct as_json *json = as_json_object();
    as_json_set_str(json, "metric", render_metric_name(render->run, score->metric));
    as_json_set_num(json, "score", score->is_na ? NAN : score->score);
    as_json_set_take(json, "pass", score->pass < 0 ? NULL : as_json_new_bool(score->pass > 0));
    as_json_set_bool(json, "na", score->is_na);
    set_str(json, "label", score->label);
    set_str(json, "reason", score->reason);
    set_parsed(json, "details", score->details_json);
    return json;
}

static struct as_json *row_json(const struct render *render, const struct render_case *shown,
                                const struct row_listing *listing)
{
    const struct row_record *row = &listing->row;
    struct as_json *json = as_json_object(), *scores = as_json_array();
    as_json_set_int(json, "run", as_json_get_int(render->run, "run", 0));
    set_str(json, "case", shown->record->id);
    as_json_set_str(json, "model", render_member_name(render->run, row->key.member));
    as_json_set_int(json, "sample", row->key.sample);
    as_json_set_str(json, "status", row_status_name(row->status));
    set_str(json, "error_class", row->error_class);
    set_str(json, "error", row->error);
    set_str(json, "text", row->text);
    set_parsed(json, "tool_calls", row->tool_calls_json);
    set_str(json, "finish_reason", row->finish_reason);
    set_str(json, "model_id", row->model_id);
    as_json_set_num(json, "latency_ms", row->latency_ms);
    set_count(json, "input_tokens", row->input_tokens);
    set_count(json, "output_tokens", row->output_tokens);
    as_json_set_num(json, "cost_usd", row->cost_usd);
    as_json_set_num(json, "judge_cost_usd", row->judge_cost_usd);
    for (size_t i = 0; i < listing->score_count; i++)
        as_json_push_take(scores, score_json(render, &listing->scores[i]));
    as_json_set_take(json, "scores", scores);
    if (overrides_of(render))
        as_json_set_take(json, "overrides", as_json_share(overrides_of(render)));
    return json;
}

static void jsonl_case(const struct render *render, const struct render_case *shown)
{
    for (size_t i = 0; i < shown->row_count; i++) {
        AS_CLEANUP_JSON struct as_json *json = row_json(render, shown, &shown->rows[i]);
        as_json_write(json, render->out);
        as_buf_addc(render->out, '\n');
    }
}

const struct render_format render_jsonl = {
    .name = "jsonl", .head = jsonl_head, .each_case = jsonl_case};
