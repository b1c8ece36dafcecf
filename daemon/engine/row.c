/* A row's journey: performs the actions of model/fsm and turns every answer into the next event.
 * All ways lead through step(). */
#include "daemon/engine/row.h"

#include "daemon/engine/journal_replay.h"
#include "daemon/transport/transport.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JUDGE_SALT 0x4A554447u /* the judge's seeds differ from the scorers' */

static void step(struct row *row, enum row_event event);

static struct pin_model *member_of(const struct row *row)
{
    return &row->group->pins->members[row->record.key.member];
}

void row_release_when_over(struct row *row)
{
    if (row->jobs_out || row->fsm.state != ROW_AT_END)
        return;
    struct group *group = row->group;
    row_settle(row, NULL, NULL);
    case_page_unref(row->page);
    as_arena_done(&row->arena);
    group_row_ended(group, row);
}

/* Called first in every callback. False: the daemon is stopping or the group has failed, and the
 * row goes unrecorded. */
static bool came_back(struct row *row)
{
    row->jobs_out--;
    bool goes_on = !row->group->engine->is_stopping && !group_has_stopped(row->group);
    if (!goes_on)
        row->fsm.state = ROW_AT_END;
    return goes_on;
}

static void plugin_failed(struct row *row, size_t at, const char *plugin,
                          const struct job_reply *reply)
{
    row_set_failure(row, at, job_status_name(reply->status), reply->reason);
    row->failures[at].plugin = plugin;
    step(row, ROW_EV_PLUGIN_FAILED);
}

static void submit(struct row *row, const struct plugin_version *version, const struct job_row *job,
                   sandbox_row_fn done, void *ctx)
{
    row->jobs_out++;
    sandbox_submit(row->group->engine->on.sandbox, version->sandbox_id, job, done, ctx);
}

/* ---- request: the provider's worker builds it ---- */

static void on_built(void *ctx, const struct job_reply *reply)
{
    struct row *row = ctx;
    bool is_judge = row->fsm.state == ROW_AT_JUDGE_REQUEST;
    if (came_back(row)) {
        row->built = reply;
        if (reply->status != JOB_OK && is_judge)
            plugin_failed(row, row_failure_of_rubric(row), row->group->pins->judge.spec.plugin,
                          reply);
        else if (reply->status != JOB_OK)
            plugin_failed(row, ROW_FAILURE_OF_CALL, member_of(row)->spec.plugin, reply);
        else
            step(row, ROW_EV_BUILT);
        row->built = NULL;
    }
    row_release_when_over(row);
}

/* The eval's system message goes before the case's own messages: both are JSON arrays as text. */
static struct as_str messages_of(struct row *row)
{
    struct as_str own = row->item->messages_json;
    const char *prefix = row->group->system_prefix;
    if (!prefix)
        return own;
    bool is_empty = own.len <= 2;
    char *text = as_arena_printf(&row->arena, "%s%s%.*s", prefix, is_empty ? "" : ",",
                                 (int)(own.len - 1), own.ptr + 1);
    return as_str_from(text);
}

static void do_request(struct row *row)
{
    const struct pin_model *model = member_of(row);
    char opts[48];
    snprintf(opts, sizeof(opts), "{\"sample\":%u}", row->record.key.sample);
    struct job_row job = {
        .kind = JOB_REQUEST,
        .seed = row_seed(row, row->record.key.sample),
        .model_json = as_str_from(model->spec.worker_json),
        .messages_json = messages_of(row),
        .opts_json = as_str_from(opts),
    };
    submit(row, model->provider, &job, on_built, row);
}

static void do_judge_request(struct row *row)
{
    const struct pin_model *judge = &row->group->pins->judge;
    struct as_str schema = row->schema_json;
    char *opts =
        schema.ptr ? as_arena_printf(&row->arena, "{\"schema\":%.*s}", (int)schema.len, schema.ptr)
                   : NULL;
    struct job_row job = {
        .kind = JOB_REQUEST,
        .seed = row_seed(row, JUDGE_SALT + row->fsm.judge_turn),
        .model_json = as_str_from(judge->spec.worker_json),
        .messages_json = row->question_json,
        .opts_json = as_str_from(opts ? opts : "{}"),
    };
    submit(row, judge->provider, &job, on_built, row);
}

/* ---- send: transport, with the journal first ---- */

/* Of the last attempt. A timeout's too: without it a model that hangs would look quick. */
static void take_latency(struct row *row)
{
    row->record.latency_ms = (double)row->exchange->total_us / 1000.0;
}

static void on_sent(void *ctx, const struct transport_reply *reply)
{
    struct row *row = ctx;
    bool is_judge = row->fsm.state == ROW_AT_JUDGE_SEND;
    row->transport_id = 0;
    row_take_reply(row, is_judge ? EXCHANGE_JUDGE : EXCHANGE_MODEL, reply);
    if (!came_back(row)) {
        row_release_when_over(row);
        return;
    }
    row_note_spending(row, is_judge, reply);
    row->tokens_reckoned = reply->tokens;
    row->exchange = reply->exchange;
    if (!is_judge)
        row->record.attempts += reply->attempts;
    if (reply->rc == AS_ECANCELED) {
        step(row, ROW_EV_CANCEL);
    } else if (reply->rc == AS_ELIMIT) {
        row_note_over_budget(row);
        step(row, ROW_EV_OVER_BUDGET);
    } else if (reply->rc) {
        group_fault(row->group, writer_error(row->group->engine->on.writer));
        row->fsm.state = ROW_AT_END;
    } else if (reply->exchange->outcome == EXCHANGE_REPLY) {
        step(row, ROW_EV_REPLIED);
    } else {
        bool is_timeout = reply->exchange->outcome == EXCHANGE_TIMEOUT;
        if (is_timeout && !is_judge)
            take_latency(row);
        row_set_failure(row, is_judge ? row_failure_of_rubric(row) : ROW_FAILURE_OF_CALL,
                        exchange_outcome_name(reply->exchange->outcome), reply->exchange->error);
        step(row, is_timeout ? ROW_EV_TIMED_OUT : ROW_EV_NO_REPLY);
    }
    row->exchange = NULL;
    row_release_when_over(row);
}

/* By policy replay: the journal is all there is, and what it lacks ends the group. */
static void on_replayed(void *ctx, int rc, const struct exchange *exchange, const char *why)
{
    struct row *row = ctx;
    struct transport_reply reply = {.rc = rc,
                                    .exchange = rc ? NULL : exchange,
                                    .is_from_journal = true,
                                    .attempts = exchange ? exchange->attempt : 0};
    if (rc == AS_ELIMIT)
        row_recall_over_budget(row, why);
    if (!rc || rc == AS_ELIMIT) {
        on_sent(row, &reply);
        return;
    }
    if (came_back(row)) {
        char text[AS_ERR_MSG_MAX];
        snprintf(text, sizeof(text), "replay: case '%.*s' of %s: %s; nothing was called",
                 (int)row->item->id.len, row->item->id.ptr, member_of(row)->spec.name, why);
        group_give_up(row->group, text);
        row->fsm.state = ROW_AT_END;
    }
    row_release_when_over(row);
}

static void on_found(void *ctx, const struct exchange *found)
{
    on_replayed(ctx, found ? 0 : AS_ENOENT, found, "the journal has no good answer to its request");
}

/* No transport is asked, so nothing can be called. */
static void replay(struct row *row, const struct journal_key *key)
{
    const struct engine_options *on = &row->group->engine->on;
    int64_t of_run = row->group->pins->journal.of_run;
    if (of_run)
        journal_replay(on->db, key, of_run, on_replayed, row);
    else
        on->journal->find(on->journal->ctx, key, on_found, row);
}

static struct journal_key key_of(const struct row *row, enum exchange_role role, struct as_str url)
{
    const struct row_key *at = &row->record.key;
    const struct journal_rules *rules = &row->group->pins->journal;
    return (struct journal_key){
        .group_id = row->group->id,
        .case_seq = at->case_seq,
        .member = at->member,
        .sample = at->sample,
        .role = role,
        .turn = role == EXCHANGE_JUDGE ? row->fsm.judge_turn : 0,
        .identity = transport_identity(row->built->method, url, row->built->body, at->sample),
        .is_shared = rules->policy != JOURNAL_LIVE && !rules->of_run,
        .shared_since_ms = rules->max_age_ms ? clock_wall_ms() - rules->max_age_ms : 0,
        .shared_nth = role == EXCHANGE_MODEL ? pins_twins_before(row->group->pins, at->member) : 0,
    };
}

static void send_to(struct row *row, const struct pin_model *model, enum exchange_role role)
{
    const struct job_reply *built = row->built;
    const struct group *group = row->group;
    struct as_buf url = {0};
    as_buf_adds(&url, model->spec.base_url);
    as_buf_add(&url, built->path.ptr, built->path.len);
    struct transport_request request = {
        .lane = model->lane,
        .priority = group->pins->is_scheduled ? TRANSPORT_SCHEDULED : TRANSPORT_ON_DEMAND,
        .journal = key_of(row, role, as_buf_str(&url)),
        .method = built->method,
        .url = as_buf_str(&url),
        .body = built->body,
        .headers = built->headers,
        .header_count = built->header_count,
        .skip_find = !group->is_resumed && group->pins->journal.policy == JOURNAL_LIVE,
        .classify = row_classify,
    };
    row_claim(row, role, &request);
    row->jobs_out++;
    if (group->pins->journal.policy == JOURNAL_REPLAY)
        replay(row, &request.journal);
    else
        row->transport_id = transport_send(group->engine->on.transport, &request, on_sent, row);
    as_buf_done(&url);
}

/* ---- parse: the provider's worker reads the reply ---- */

/* NULL when the reply had nothing to read it from. */
static const struct job_output *usage_of(const struct job_reply *reply)
{
    return reply->status == JOB_OK && !reply->error_class.ptr ? &reply->output : NULL;
}

static void on_parsed(void *ctx, const struct job_reply *reply)
{
    struct row *row = ctx;
    if (!came_back(row)) {
        row_release_when_over(row);
        return;
    }
    const struct pin_model *model = member_of(row);
    row_settle(row, model, usage_of(reply));
    row_tell_usage(row, model, usage_of(reply));
    if (reply->status != JOB_OK) {
        plugin_failed(row, ROW_FAILURE_OF_CALL, model->spec.plugin, reply);
    } else if (reply->error_class.ptr) {
        char *error_class = as_arena_printf(&row->arena, "%.*s", (int)reply->error_class.len,
                                            reply->error_class.ptr);
        row_set_failure(row, ROW_FAILURE_OF_CALL, error_class, reply->reason);
        step(row, ROW_EV_API_ERROR);
    } else {
        row_take_output(row, &reply->output, &row->output);
        row->output.latency_ms = row->record.latency_ms;
        row->output.cost_usd = row_cost_usd(&model->spec.prices, &row->output);
        row->record.cost_usd = row->output.cost_usd;
        row_note_saving(row, row->output.cost_usd);
        bool is_refusal = as_str_eq(row->output.finish_reason, "refusal");
        if (is_refusal)
            row_set_failure(row, ROW_FAILURE_OF_CALL, "refusal", row->output.text);
        step(row, is_refusal ? ROW_EV_REFUSED : ROW_EV_OUTPUT);
    }
    row_release_when_over(row);
}

static void on_judge_parsed(void *ctx, const struct job_reply *reply)
{
    struct row *row = ctx;
    if (!came_back(row)) {
        row_release_when_over(row);
        return;
    }
    const struct pin_model *judge = &row->group->pins->judge;
    row_settle(row, judge, usage_of(reply));
    row_tell_usage(row, judge, usage_of(reply));
    if (reply->status != JOB_OK) {
        plugin_failed(row, row_failure_of_rubric(row), judge->spec.plugin, reply);
    } else if (reply->error_class.ptr) {
        row_set_failure(row, row_failure_of_rubric(row), "judge", reply->reason);
        step(row, ROW_EV_API_ERROR);
    } else {
        row_take_output(row, &reply->output, &row->judge_output);
        double usd = row_cost_usd(&judge->spec.prices, &row->judge_output);
        row->record.judge_cost_usd = row->judge_before_usd + usd;
        row_note_saving(row, usd);
        bool is_refusal = as_str_eq(row->judge_output.finish_reason, "refusal");
        if (is_refusal)
            row_set_failure(row, row_failure_of_rubric(row), "judge_refused",
                            row->judge_output.text);
        step(row, is_refusal ? ROW_EV_REFUSED : ROW_EV_OUTPUT);
    }
    row_release_when_over(row);
}

static void parse_with(struct row *row, const struct pin_model *model, sandbox_row_fn done)
{
    struct job_row job;
    row_fill_parse_job(model, row->exchange, &job);
    submit(row, model->provider, &job, done, row);
}

static void do_parse(struct row *row)
{
    take_latency(row);
    if (!row->record.attempts)
        row->record.attempts = row->exchange->attempt;
    parse_with(row, member_of(row), on_parsed);
}

/* ---- score: every scorer, side by side ---- */

/* Its score is missing; the others are not. A judge that is asked only if it passes is not asked.
 */
static void scorer_failed(struct row *row, uint32_t metric, const struct job_reply *reply)
{
    const struct pin_metric *pin = &row->group->pins->metrics[metric];
    if (pin->is_required)
        row->fsm.is_judge_skipped = true;
    plugin_failed(row, ROW_FAILURE_OF(metric), pin->name, reply);
}

static void on_scored(void *ctx, const struct job_reply *reply)
{
    struct row_metric_job *job = ctx;
    struct row *row = job->row;
    if (came_back(row) && row->fsm.state == ROW_AT_SCORE) { /* else the row was cancelled */
        if (reply->status != JOB_OK) {
            scorer_failed(row, job->metric, reply);
        } else {
            row_take_score(row, job->metric, reply);
            step(row, ROW_EV_SCORED);
        }
    }
    row_release_when_over(row);
}

static void do_score(struct row *row)
{
    const struct pins *pins = row->group->pins;
    for (uint32_t i = 0; i < row->fsm.scorers_total; i++) {
        row->metric_jobs[i] = (struct row_metric_job){row, i};
        struct job_row job = {
            .kind = JOB_SCORE,
            .seed = row_seed(row, i),
            .case_json = row->item->json,
            .params_json = as_str_from(pins->metrics[i].params_json),
            .output = row->output,
        };
        submit(row, pins->metrics[i].version, &job, on_scored, &row->metric_jobs[i]);
    }
}

/* ---- the rubric: question and grade ---- */

static const struct pin_metric *rubric_of(const struct row *row)
{
    return &row->group->pins->metrics[row->group->pins->rubric];
}

static void on_asked(void *ctx, const struct job_reply *reply)
{
    struct row *row = ctx;
    if (came_back(row)) {
        if (reply->status != JOB_OK) {
            plugin_failed(row, row_failure_of_rubric(row), rubric_of(row)->name, reply);
        } else if (reply->is_na) {
            row_take_score(row, (uint32_t)row->group->pins->rubric, reply);
            step(row, ROW_EV_NO_QUESTION);
        } else {
            row->question_json = as_arena_dup(&row->arena, reply->messages_json);
            row->schema_json = as_arena_dup(&row->arena, reply->schema_json);
            step(row, ROW_EV_QUESTION);
        }
    }
    row_release_when_over(row);
}

static void on_graded(void *ctx, const struct job_reply *reply)
{
    struct row *row = ctx;
    if (came_back(row)) {
        if (reply->status != JOB_OK) {
            plugin_failed(row, row_failure_of_rubric(row), rubric_of(row)->name, reply);
        } else if (reply->is_na) {
            row_set_failure(row, row_failure_of_rubric(row), "unreadable_grade", reply->reason);
            step(row, ROW_EV_UNREADABLE);
        } else {
            row->failures[row_failure_of_rubric(row)] =
                (struct row_failure){0}; /* of the first turn */
            row_take_score(row, (uint32_t)row->group->pins->rubric, reply);
            step(row, ROW_EV_GRADED);
        }
    }
    row_release_when_over(row);
}

static void submit_rubric(struct row *row, enum job_kind kind, const struct job_output *output,
                          sandbox_row_fn done)
{
    struct job_row job = {
        .kind = kind,
        .seed = row_seed(row, JUDGE_SALT),
        .case_json = row->item->json,
        .params_json = as_str_from(rubric_of(row)->params_json),
        .output = *output,
    };
    submit(row, rubric_of(row)->version, &job, done, row);
}

/* ---- commit ---- */

static void on_committed(void *ctx, int rc)
{
    struct row *row = ctx;
    if (came_back(row)) {
        if (rc) {
            group_fault(row->group, writer_error(row->group->engine->on.writer));
            row->fsm.state = ROW_AT_END;
        } else {
            step(row, ROW_EV_COMMITTED);
        }
    }
    row_release_when_over(row);
}

static void do_commit(struct row *row)
{
    struct row_record *record = &row->record;
    record->status = row->fsm.status;
    if (row->is_required_unmet && row->fsm.has_rubric && row_status_has_scores(record->status))
        row_score_skipped_judge(row);
    row_tell_failures(row);
    record->ended_ms = clock_wall_ms();
    record->text = row->output.text;
    record->tool_calls_json = row->output.tool_calls_json;
    record->finish_reason = row->output.finish_reason;
    record->model_id = row->output.model_id;
    record->input_tokens = row->output.input_tokens;
    record->output_tokens = row->output.output_tokens;
    record->cached_tokens = row->output.cached_tokens;
    record->reasoning_tokens = row->output.reasoning_tokens;
    struct scored_row scored = {*record, row->scores,
                                row_status_has_scores(record->status) ? row->score_count : 0};
    troubles_note(&row->group->troubles, record);
    row->jobs_out++;
    writer_add_row(row->group->engine->on.writer, &scored, on_committed, row);
}

static void perform(struct row *row, enum row_action action)
{
    switch (action) {
    case ROW_DO_NOTHING: return;
    case ROW_DO_REQUEST: do_request(row); return;
    case ROW_DO_SEND: send_to(row, member_of(row), EXCHANGE_MODEL); return;
    case ROW_DO_PARSE: do_parse(row); return;
    case ROW_DO_SCORE: do_score(row); return;
    case ROW_DO_ASK: submit_rubric(row, JOB_ASK, &row->output, on_asked); return;
    case ROW_DO_JUDGE_REQUEST: do_judge_request(row); return;
    case ROW_DO_JUDGE_SEND: send_to(row, &row->group->pins->judge, EXCHANGE_JUDGE); return;
    case ROW_DO_JUDGE_PARSE: parse_with(row, &row->group->pins->judge, on_judge_parsed); return;
    case ROW_DO_GRADE: submit_rubric(row, JOB_GRADE, &row->judge_output, on_graded); return;
    case ROW_DO_COMMIT: do_commit(row); return;
    case ROW_DO_END: return; /* row_release_when_over sees it */
    }
}

static void step(struct row *row, enum row_event event)
{
    if (row->is_cancelled && event != ROW_EV_COMMITTED) {
        memset(row->failures, 0, sizeof(row->failures));
        row_set_failure(row, ROW_FAILURE_OF_CALL, "cancelled", AS_STR("the run was cancelled"));
        event = ROW_EV_CANCEL;
    }
    enum row_action action = ROW_DO_NOTHING;
    int rc = row_step(&row->fsm, event, &action);
    AS_ASSERT(rc == 0);
    perform(row, action);
}

static void begin(struct row *row)
{
    if (row_is_over_budget(row)) {
        row_note_over_budget(row);
        step(row, ROW_EV_OVER_BUDGET);
        return;
    }
    if (!pins_is_recorded(member_of(row)))
        step(row, ROW_EV_CALL);
    else if (row_output_from_recording(row))
        step(row, ROW_EV_NOT_RECORDED);
    else {
        row->record.latency_ms = row->output.latency_ms;
        step(row, ROW_EV_RECORDED);
    }
}

void row_start(struct group *group, struct case_page *page, size_t case_at, uint32_t member,
               uint32_t sample)
{
    struct row *row = as_xcalloc(1, sizeof(*row));
    row->group = group;
    row->page = case_page_ref(page);
    row->item = &page->cases[case_at];
    row->fsm.scorers_total = (uint32_t)pins_scorer_count(group->pins);
    row->fsm.has_rubric = group->pins->rubric != PINS_NO_RUBRIC;
    row->output = (struct job_output){.input_tokens = -1,
                                      .output_tokens = -1,
                                      .cached_tokens = -1,
                                      .reasoning_tokens = -1,
                                      .latency_ms = NAN,
                                      .cost_usd = NAN};
    row->record = (struct row_record){
        .key = {group->id, row->item->seq, member, sample},
        .latency_ms = NAN,
        .cost_usd = pins_is_recorded(&group->pins->members[member]) ? NAN : 0,
    };
    row->next = group->rows;
    if (group->rows)
        group->rows->prev = row;
    group->rows = row;
    group->active++;
    begin(row);
}

void row_cancel(struct row *row)
{
    row->is_cancelled = true;
    if (row->transport_id)
        transport_cancel(row->group->engine->on.transport, row->transport_id);
}
