/* Outputs: copied out of replies, read from recordings, priced. */
#include "daemon/engine/row.h"

#include "daemon/engine/recordings.h"
#include "daemon/model/recording.h"
#include "lib/rng.h"

#include <math.h>
#include <string.h>

#define TOKENS_PER_PRICE 1e6

void row_take_output(struct row *row, const struct job_output *from, struct job_output *ret_output)
{
    *ret_output = *from;
    ret_output->text = as_arena_dup(&row->arena, from->text);
    ret_output->tool_calls_json = as_arena_dup(&row->arena, from->tool_calls_json);
    ret_output->finish_reason = as_arena_dup(&row->arena, from->finish_reason);
    ret_output->model_id = as_arena_dup(&row->arena, from->model_id);
    ret_output->latency_ms = NAN;
    ret_output->cost_usd = NAN;
}

static struct as_str json_text(struct row *row, const struct as_json *value)
{
    if (!value)
        return (struct as_str){NULL, 0};
    struct as_buf text = {0};
    as_json_write_canonical(value, &text);
    struct as_str copy = as_arena_dup(&row->arena, as_buf_str(&text));
    as_buf_done(&text);
    return copy;
}

int row_output_from_recording(struct row *row)
{
    const char *member = row->group->pins->members[row->record.key.member].spec.name;
    AS_CLEANUP_JSON struct as_json *json = recordings_answer(row->item, recording_of(member));
    if (!json)
        return AS_ENOENT;
    struct as_str text = as_json_get_str(json, "text");
    row->output = (struct job_output){
        .text = as_arena_dup(&row->arena, text.ptr ? text : AS_STR("")),
        .tool_calls_json = json_text(row, as_json_get(json, "tool_calls")),
        .finish_reason = as_arena_dup(&row->arena, as_json_get_str(json, "finish_reason")),
        .model_id = as_arena_dup(&row->arena, as_json_get_str(json, "model")),
        .input_tokens = -1,
        .output_tokens = -1,
        .cached_tokens = -1,
        .reasoning_tokens = -1,
        .latency_ms = as_json_get_num(json, "latency_ms", NAN),
        .cost_usd = NAN,
    };
    return 0;
}

double row_cost_usd(const struct model_prices *prices, const struct job_output *output)
{
    if (output->input_tokens < 0 || output->output_tokens < 0)
        return NAN;
    double cached = output->cached_tokens > 0 && !isnan(prices->cached_input)
                        ? (double)output->cached_tokens
                        : 0;
    double fresh = (double)output->input_tokens - cached;
    double cached_cost = cached > 0 ? cached * prices->cached_input : 0;
    return (fresh * prices->input + cached_cost + (double)output->output_tokens * prices->output) /
           TOKENS_PER_PRICE;
}

uint64_t row_seed_of_case(struct as_str case_id, uint32_t salt)
{
    uint64_t seed = as_rng_mix64(salt + 1);
    for (size_t i = 0; i < case_id.len; i++)
        seed = as_rng_mix64(seed ^ (uint8_t)case_id.ptr[i]);
    return seed;
}

uint64_t row_seed(const struct row *row, uint32_t salt)
{
    return row_seed_of_case(row->item->id, salt);
}
