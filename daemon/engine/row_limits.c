/* What transport cannot know of a reply, because only the provider's plugin reads it: what kind of
 * error it is, before another attempt is made, and how many tokens it used. */
#include "daemon/engine/row.h"

#include <stdlib.h>

struct classifying {
    struct row *row;
    uint64_t request_id;
};

void row_fill_parse_job(const struct pin_model *model, const struct exchange *exchange,
                        struct job_row *ret_job)
{
    *ret_job = (struct job_row){
        .kind = JOB_PARSE,
        .model_json = as_str_from(model->spec.worker_json),
        .http = {.status = exchange->http_status, .body = exchange->response_body},
    };
    ret_job->http.header_count =
        transport_headers_split(exchange->response_headers, ret_job->http.headers);
}

static void on_classified(void *ctx, const struct job_reply *reply)
{
    struct classifying *classifying = ctx;
    struct row *row = classifying->row;
    struct as_buf error_class = {0};
    bool is_told = reply->status == JOB_OK && reply->error_class.ptr;
    if (is_told)
        as_buf_add(&error_class, reply->error_class.ptr, reply->error_class.len);
    transport_classified(row->group->engine->on.transport, classifying->request_id,
                         is_told ? as_buf_str(&error_class).ptr : NULL);
    as_buf_done(&error_class);
    free(classifying);
    row->jobs_out--;
    row_release_when_over(row);
}

void row_classify(void *ctx, uint64_t request_id, const struct exchange *exchange)
{
    struct row *row = ctx;
    const struct pins *pins = row->group->pins;
    bool is_judge = row->fsm.state == ROW_AT_JUDGE_SEND;
    const struct pin_model *model =
        is_judge ? &pins->judge : &pins->members[row->record.key.member];
    struct classifying *classifying = as_xmalloc(sizeof(*classifying));
    *classifying = (struct classifying){row, request_id};
    struct job_row job;
    row_fill_parse_job(model, exchange, &job);
    row->jobs_out++;
    sandbox_submit(row->group->engine->on.sandbox, model->provider->sandbox_id, &job, on_classified,
                   classifying);
}

void row_tell_usage(struct row *row, const struct pin_model *model, const struct job_output *output)
{
    uint64_t reckoned = row->tokens_reckoned;
    row->tokens_reckoned = 0;
    if (!reckoned || !output || output->input_tokens < 0 || output->output_tokens < 0)
        return;
    transport_used(row->group->engine->on.transport, model->lane, reckoned,
                   (uint64_t)(output->input_tokens + output->output_tokens));
}
