/* The bytes of the messages between daemon and worker.
 *
 * A row and a reply carry only the fields of their kind, in one fixed order; absent strings stay
 * absent. The decoders read everything first and judge at the end: the reader remembers a short
 * read, so one check covers them all. What a worker sends is checked as if its script had written
 * the bytes itself. */
#include "lib/job.h"

#include <math.h>
#include <string.h>

#define FRAME_LENGTH_BYTES 4
#define METHOD_MAX_BYTES 16u
#define HEADER_NAME_MAX_BYTES 64u

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Between 1 and max_len bytes, each alphanumeric or one of extra. */
static bool is_made_of(struct as_str text, size_t max_len, const char *extra)
{
    if (!text.ptr || !text.len || text.len > max_len)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!is_alnum(text.ptr[i]) && (!text.ptr[i] || !strchr(extra, text.ptr[i])))
            return false;
    return true;
}

bool job_name_is_valid(struct as_str name)
{
    return is_made_of(name, JOB_NAME_MAX_BYTES, "._-");
}

bool job_word_is_listed(struct as_str word, const char *words)
{
    while (*words) {
        size_t len = strcspn(words, " ");
        if (word.ptr && word.len == len && !memcmp(word.ptr, words, len))
            return true;
        words += len + (words[len] == ' ');
    }
    return false;
}

bool job_method_is_valid(struct as_str method)
{
    for (size_t i = 0; i < method.len; i++)
        if (method.ptr[i] < 'A' || method.ptr[i] > 'Z')
            return false;
    return method.ptr && method.len && method.len <= METHOD_MAX_BYTES;
}

bool job_path_is_valid(struct as_str path)
{
    if (!path.ptr || !path.len || path.len > JOB_PATH_MAX_BYTES || path.ptr[0] != '/')
        return false;
    for (size_t i = 0; i < path.len; i++)
        /* With char signed or not: bytes above 0x7F are refused. */
        if (path.ptr[i] <= ' ' || path.ptr[i] > '~')
            return false;
    return path.len < 2 || path.ptr[1] != '/';
}

bool job_header_is_valid(struct job_header header)
{
    struct as_str value = header.value;
    if (!is_made_of(header.name, HEADER_NAME_MAX_BYTES, "!#$%&'*+-.^_`|~") || !value.ptr ||
        value.len > JOB_HEADER_VALUE_MAX_BYTES)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if ((c < ' ' && c != '\t') || c == 0x7F)
            return false;
    }
    return true;
}

static bool is_utf8(struct as_str text)
{
    return !text.ptr || as_utf8_is_valid(text.ptr, text.len);
}

static bool is_unit_or_nan(double v)
{
    return isnan(v) || (v >= 0 && v <= 1);
}

/* Frames */

static size_t frame_begin(struct as_buf *out, enum job_frame type)
{
    size_t mark = out->len;
    as_put_u32(out, 0);
    as_put_u8(out, (uint8_t)type);
    return mark;
}

static void frame_end(struct as_buf *out, size_t mark)
{
    as_set_u32(out, mark, (uint32_t)(out->len - mark - FRAME_LENGTH_BYTES));
}

int job_frame_next(const char *data, size_t len, size_t max_bytes, enum job_frame *ret_type,
                   struct as_str *ret_payload, size_t *ret_used)
{
    struct as_reader in = as_reader_of(data, len);
    uint32_t body = as_get_u32(&in);
    if (in.is_bad)
        return 0;
    if (body < 1 || max_bytes < FRAME_LENGTH_BYTES || body > max_bytes - FRAME_LENGTH_BYTES)
        return AS_EPROTO;
    uint8_t type = as_get_u8(&in);
    if (in.is_bad)
        return 0;
    if (type < JOB_FRAME_LOAD || type > JOB_FRAME_REPLY)
        return AS_EPROTO;
    if (in.left < body - 1)
        return 0;
    *ret_type = (enum job_frame)type;
    *ret_payload = (struct as_str){(const char *)in.ptr, body - 1};
    *ret_used = FRAME_LENGTH_BYTES + body;
    return 1;
}

/* LOAD */

void job_put_load(struct as_buf *out, struct as_str chunk_name, struct as_str source)
{
    size_t mark = frame_begin(out, JOB_FRAME_LOAD);
    as_put_str(out, chunk_name);
    as_put_str(out, source);
    frame_end(out, mark);
}

int job_get_load(struct as_str payload, struct as_str *ret_chunk_name, struct as_str *ret_source)
{
    struct as_reader in = as_reader_of(payload.ptr, payload.len);
    struct as_str name = as_get_str(&in, JOB_PATH_MAX_BYTES);
    struct as_str source = as_get_str(&in, JOB_SOURCE_MAX_BYTES);
    if (!as_reader_is_done(&in) || !name.ptr || !source.ptr)
        return AS_EPROTO;
    *ret_chunk_name = name;
    *ret_source = source;
    return 0;
}

/* LOADED */

static void put_manifest(struct as_buf *out, const struct job_manifest *m)
{
    as_put_u8(out, (uint8_t)m->kind);
    as_put_str(out, m->name);
    as_put_str(out, m->version);
    as_put_str(out, m->doc);
    as_put_str(out, m->params_json);
    as_put_str(out, m->requires_json);
    as_put_str(out, m->criteria_json);
    as_put_str(out, m->auth_header);
    as_put_str(out, m->auth_prefix);
    as_put_f64(out, m->scale_min);
    as_put_f64(out, m->scale_max);
    as_put_f64(out, m->pass);
    as_put_u32(out, m->example_count);
}

static bool auth_is_valid(struct as_str header, struct as_str prefix)
{
    struct as_str value = prefix.ptr ? prefix : AS_STR("");
    return header.ptr ? job_header_is_valid((struct job_header){header, value}) : !prefix.ptr;
}

static bool manifest_is_valid(const struct job_manifest *m, uint8_t kind)
{
    bool has_scale =
        isfinite(m->scale_min) && isfinite(m->scale_max) && m->scale_min < m->scale_max;
    bool no_scale = isnan(m->scale_min) && isnan(m->scale_max);
    return kind < PLUGIN_KIND_COUNT && job_name_is_valid(m->name) &&
           is_made_of(m->version, JOB_NAME_MAX_BYTES, ".-+") && is_utf8(m->doc) &&
           m->params_json.ptr && is_utf8(m->params_json) && m->requires_json.ptr &&
           is_utf8(m->requires_json) && is_utf8(m->criteria_json) &&
           auth_is_valid(m->auth_header, m->auth_prefix) && (has_scale || no_scale) &&
           is_unit_or_nan(m->pass);
}

static int get_manifest(struct as_reader *in, struct job_manifest *ret_manifest)
{
    uint8_t kind = as_get_u8(in);
    struct job_manifest m = {
        .kind = (enum plugin_kind)kind,
        .name = as_get_str(in, JOB_NAME_MAX_BYTES),
    };
    m.version = as_get_str(in, JOB_NAME_MAX_BYTES);
    m.doc = as_get_str(in, JOB_DOC_MAX_BYTES);
    m.params_json = as_get_str(in, JOB_SOURCE_MAX_BYTES);
    m.requires_json = as_get_str(in, JOB_DETAILS_MAX_BYTES);
    m.criteria_json = as_get_str(in, JOB_SOURCE_MAX_BYTES);
    m.auth_header = as_get_str(in, HEADER_NAME_MAX_BYTES);
    m.auth_prefix = as_get_str(in, JOB_NAME_MAX_BYTES);
    m.scale_min = as_get_f64(in);
    m.scale_max = as_get_f64(in);
    m.pass = as_get_f64(in);
    m.example_count = as_get_u32(in);
    if (in->is_bad || !manifest_is_valid(&m, kind))
        return AS_EPROTO;
    *ret_manifest = m;
    return 0;
}

void job_put_loaded(struct as_buf *out, const struct job_loaded *loaded)
{
    size_t mark = frame_begin(out, JOB_FRAME_LOADED);
    as_put_u8(out, (uint8_t)loaded->status);
    as_put_str(out, loaded->reason);
    if (loaded->status == JOB_OK)
        put_manifest(out, &loaded->manifest);
    frame_end(out, mark);
}

int job_get_loaded(struct as_str payload, struct job_loaded *ret_loaded)
{
    struct as_reader in = as_reader_of(payload.ptr, payload.len);
    struct job_loaded loaded = {.status = (enum job_status)as_get_u8(&in)};
    bool is_known = loaded.status == JOB_OK || loaded.status == JOB_LOAD_ERROR ||
                    loaded.status == JOB_MEMORY || loaded.status == JOB_TIMEOUT;
    loaded.reason = as_get_str(&in, JOB_REASON_MAX_BYTES);
    if (in.is_bad || !is_known || !is_utf8(loaded.reason))
        return AS_EPROTO;
    if (loaded.status == JOB_OK && get_manifest(&in, &loaded.manifest))
        return AS_EPROTO;
    if (!as_reader_is_done(&in))
        return AS_EPROTO;
    *ret_loaded = loaded;
    return 0;
}

/* Parts that rows and replies share. */

static void put_output(struct as_buf *out, const struct job_output *o)
{
    as_put_str(out, o->text.ptr ? o->text : AS_STR(""));
    as_put_str(out, o->tool_calls_json);
    as_put_str(out, o->finish_reason.ptr ? o->finish_reason : AS_STR(""));
    as_put_str(out, o->model_id);
    as_put_u64(out, (uint64_t)o->input_tokens);
    as_put_u64(out, (uint64_t)o->output_tokens);
    as_put_u64(out, (uint64_t)o->cached_tokens);
    as_put_u64(out, (uint64_t)o->reasoning_tokens);
    as_put_f64(out, o->latency_ms);
    as_put_f64(out, o->cost_usd);
}

static struct job_output get_output(struct as_reader *in)
{
    struct job_output o = {.text = as_get_str(in, JOB_BODY_MAX_BYTES)};
    o.tool_calls_json = as_get_str(in, JOB_BODY_MAX_BYTES);
    o.finish_reason = as_get_str(in, JOB_NAME_MAX_BYTES);
    o.model_id = as_get_str(in, JOB_MODEL_ID_MAX_BYTES);
    o.input_tokens = (int64_t)as_get_u64(in);
    o.output_tokens = (int64_t)as_get_u64(in);
    o.cached_tokens = (int64_t)as_get_u64(in);
    o.reasoning_tokens = (int64_t)as_get_u64(in);
    o.latency_ms = as_get_f64(in);
    o.cost_usd = as_get_f64(in);
    return o;
}

/* What a script may claim that a model answered; latency and cost are not its to say. */
static bool parsed_output_is_valid(const struct job_output *o)
{
    return o->text.ptr && is_utf8(o->tool_calls_json) && is_utf8(o->model_id) &&
           o->finish_reason.ptr &&
           (!o->finish_reason.len || job_word_is_listed(o->finish_reason, JOB_FINISH_REASONS)) &&
           o->input_tokens >= -1 && o->output_tokens >= -1 && o->cached_tokens >= -1 &&
           o->reasoning_tokens >= -1 && isnan(o->latency_ms) && isnan(o->cost_usd);
}

static void put_headers(struct as_buf *out, const struct job_header *headers, uint32_t count)
{
    AS_ASSERT(count <= JOB_HEADERS_MAX);
    as_put_u32(out, count);
    for (uint32_t i = 0; i < count; i++) {
        as_put_str(out, headers[i].name);
        as_put_str(out, headers[i].value);
    }
}

static void get_headers(struct as_reader *in, struct job_header *headers, uint32_t *ret_count)
{
    uint32_t count = as_get_u32(in);
    if (count > JOB_HEADERS_MAX)
        in->is_bad = true;
    for (uint32_t i = 0; !in->is_bad && i < count; i++) {
        /* From the wire any length will do; what a reply says is checked further. */
        headers[i].name = as_get_str(in, JOB_BODY_MAX_BYTES);
        headers[i].value = as_get_str(in, JOB_BODY_MAX_BYTES);
        if (!headers[i].name.ptr || !headers[i].value.ptr)
            in->is_bad = true;
    }
    *ret_count = in->is_bad ? 0 : count;
}

/* BATCH */

size_t job_batch_begin(struct as_buf *out)
{
    size_t mark = frame_begin(out, JOB_FRAME_BATCH);
    as_put_u32(out, 0);
    return mark;
}

void job_batch_add(struct as_buf *out, const struct job_row *row)
{
    as_put_u8(out, (uint8_t)row->kind);
    as_put_u64(out, row->seed);
    switch (row->kind) {
    case JOB_EXAMPLE: as_put_u32(out, row->example_index); break;
    case JOB_REQUEST:
        as_put_str(out, row->model_json);
        as_put_str(out, row->messages_json);
        as_put_str(out, row->opts_json);
        break;
    case JOB_PARSE:
        as_put_str(out, row->model_json);
        as_put_u32(out, (uint32_t)row->http.status);
        put_headers(out, row->http.headers, row->http.header_count);
        as_put_str(out, row->http.body);
        break;
    case JOB_SCORE:
    case JOB_ASK:
    case JOB_GRADE:
        as_put_str(out, row->case_json);
        as_put_str(out, row->params_json);
        put_output(out, &row->output);
        break;
    case JOB_REDACT:
        as_put_str(out, row->case_json);
        as_put_str(out, row->params_json);
        break;
    case JOB_KIND_COUNT: AS_ASSERT(!"a row has a kind");
    }
}

void job_batch_end(struct as_buf *out, size_t mark, uint32_t row_count)
{
    AS_ASSERT(row_count >= 1 && row_count <= JOB_BATCH_MAX_ROWS);
    as_set_u32(out, mark + FRAME_LENGTH_BYTES + 1, row_count);
    frame_end(out, mark);
}

int job_get_batch(struct as_str payload, struct as_reader *ret_rows, uint32_t *ret_count)
{
    struct as_reader in = as_reader_of(payload.ptr, payload.len);
    uint32_t count = as_get_u32(&in);
    if (in.is_bad || count < 1 || count > JOB_BATCH_MAX_ROWS)
        return AS_EPROTO;
    *ret_rows = in;
    *ret_count = count;
    return 0;
}

int job_get_row(struct as_reader *rows, struct job_row *ret_row)
{
    uint8_t kind = as_get_u8(rows);
    struct job_row row = {.kind = (enum job_kind)kind, .seed = as_get_u64(rows)};
    if (rows->is_bad || kind >= JOB_KIND_COUNT)
        return AS_EPROTO;
    switch (row.kind) {
    case JOB_EXAMPLE: row.example_index = as_get_u32(rows); break;
    case JOB_REQUEST:
        row.model_json = as_get_str(rows, JOB_BODY_MAX_BYTES);
        row.messages_json = as_get_str(rows, JOB_BODY_MAX_BYTES);
        row.opts_json = as_get_str(rows, JOB_BODY_MAX_BYTES);
        break;
    case JOB_PARSE:
        row.model_json = as_get_str(rows, JOB_BODY_MAX_BYTES);
        row.http.status = (int)as_get_u32(rows);
        get_headers(rows, row.http.headers, &row.http.header_count);
        row.http.body = as_get_str(rows, JOB_BODY_MAX_BYTES);
        break;
    case JOB_SCORE:
    case JOB_ASK:
    case JOB_GRADE:
        row.case_json = as_get_str(rows, JOB_BODY_MAX_BYTES);
        row.params_json = as_get_str(rows, JOB_BODY_MAX_BYTES);
        row.output = get_output(rows);
        break;
    case JOB_REDACT:
        row.case_json = as_get_str(rows, JOB_BODY_MAX_BYTES);
        row.params_json = as_get_str(rows, JOB_BODY_MAX_BYTES);
        break;
    case JOB_KIND_COUNT: break;
    }
    if (rows->is_bad)
        return AS_EPROTO;
    *ret_row = row;
    return 0;
}

/* REPLY */

static void put_judgement(struct as_buf *out, const struct job_reply *r)
{
    as_put_u8(out, r->is_na);
    if (r->is_na)
        return;
    if (r->kind == JOB_REDACT) {
        as_put_str(out, r->case_json);
        return;
    }
    if (r->kind == JOB_ASK) {
        as_put_str(out, r->messages_json);
        as_put_str(out, r->schema_json);
        return;
    }
    as_put_f64(out, r->score);
    as_put_u8(out, (uint8_t)(r->pass + 1));
    as_put_str(out, r->label);
    as_put_str(out, r->details_json);
}

static void put_answer(struct as_buf *out, const struct job_reply *r)
{
    switch (r->kind) {
    case JOB_REQUEST:
        as_put_str(out, r->method);
        as_put_str(out, r->path);
        put_headers(out, r->headers, r->header_count);
        as_put_str(out, r->body);
        break;
    case JOB_PARSE:
        as_put_str(out, r->error_class);
        if (!r->error_class.ptr)
            put_output(out, &r->output);
        break;
    case JOB_SCORE:
    case JOB_ASK:
    case JOB_REDACT:
    case JOB_GRADE: put_judgement(out, r); break;
    case JOB_EXAMPLE:
    case JOB_KIND_COUNT: break;
    }
}

void job_put_reply(struct as_buf *out, const struct job_reply *reply)
{
    size_t mark = frame_begin(out, JOB_FRAME_REPLY);
    as_put_u32(out, reply->index);
    as_put_u8(out, (uint8_t)reply->kind);
    as_put_u8(out, (uint8_t)reply->status);
    as_put_u32(out, reply->memory_kb);
    as_put_u32(out, reply->row_us);
    as_put_str(out, reply->reason);
    if (reply->status == JOB_OK)
        put_answer(out, reply);
    frame_end(out, mark);
}

static bool get_score(struct as_reader *in, struct job_reply *r)
{
    r->score = as_get_f64(in);
    uint8_t pass = as_get_u8(in);
    r->pass = (int8_t)(pass - 1);
    r->label = as_get_str(in, JOB_LABEL_MAX_BYTES);
    r->details_json = as_get_str(in, JOB_DETAILS_MAX_BYTES);
    return r->score >= 0 && r->score <= 1 && pass <= 2 && is_utf8(r->label) &&
           is_utf8(r->details_json);
}

static bool get_judgement(struct as_reader *in, struct job_reply *r)
{
    uint8_t is_na = as_get_u8(in);
    r->is_na = is_na;
    if (is_na)
        return is_na == 1;
    if (r->kind == JOB_REDACT) {
        r->case_json = as_get_str(in, JOB_BODY_MAX_BYTES);
        return r->case_json.ptr && is_utf8(r->case_json);
    }
    if (r->kind != JOB_ASK)
        return get_score(in, r);
    r->messages_json = as_get_str(in, JOB_BODY_MAX_BYTES);
    r->schema_json = as_get_str(in, JOB_BODY_MAX_BYTES);
    return r->messages_json.ptr && is_utf8(r->messages_json) && is_utf8(r->schema_json);
}

static bool get_request(struct as_reader *in, struct job_reply *r)
{
    r->method = as_get_str(in, METHOD_MAX_BYTES);
    r->path = as_get_str(in, JOB_PATH_MAX_BYTES);
    get_headers(in, r->headers, &r->header_count);
    r->body = as_get_str(in, JOB_BODY_MAX_BYTES);
    for (uint32_t i = 0; i < r->header_count; i++)
        if (!job_header_is_valid(r->headers[i]))
            return false;
    return job_method_is_valid(r->method) && job_path_is_valid(r->path) && r->body.ptr;
}

static bool get_parsed(struct as_reader *in, struct job_reply *r)
{
    r->error_class = as_get_str(in, JOB_NAME_MAX_BYTES);
    if (r->error_class.ptr)
        return job_word_is_listed(r->error_class, JOB_ERROR_CLASSES);
    r->output = get_output(in);
    return parsed_output_is_valid(&r->output);
}

static bool get_answer(struct as_reader *in, struct job_reply *r)
{
    switch (r->kind) {
    case JOB_REQUEST: return get_request(in, r);
    case JOB_PARSE: return get_parsed(in, r);
    case JOB_SCORE:
    case JOB_ASK:
    case JOB_REDACT:
    case JOB_GRADE: return get_judgement(in, r);
    case JOB_EXAMPLE: return true;
    case JOB_KIND_COUNT: break;
    }
    return false;
}

static bool is_status_of_a_row(enum job_status status)
{
    return status <= JOB_OUTPUT_TOO_LARGE || status == JOB_TIMEOUT;
}

int job_get_reply(struct as_str payload, struct job_reply *ret_reply)
{
    struct as_reader in = as_reader_of(payload.ptr, payload.len);
    struct job_reply r = {.index = as_get_u32(&in), .pass = -1};
    uint8_t kind = as_get_u8(&in);
    r.kind = (enum job_kind)kind;
    r.status = (enum job_status)as_get_u8(&in);
    r.memory_kb = as_get_u32(&in);
    r.row_us = as_get_u32(&in);
    bool is_graded = kind == JOB_GRADE && r.status == JOB_OK;
    r.reason = as_get_str(&in, is_graded ? JOB_REASONING_MAX_BYTES : JOB_REASON_MAX_BYTES);
    if (in.is_bad || kind >= JOB_KIND_COUNT || !is_status_of_a_row(r.status) ||
        !is_utf8(r.reason) || r.index >= JOB_BATCH_MAX_ROWS)
        return AS_EPROTO;
    if (r.status == JOB_OK && !get_answer(&in, &r))
        return AS_EPROTO;
    if (!as_reader_is_done(&in))
        return AS_EPROTO;
    *ret_reply = r;
    return 0;
}
