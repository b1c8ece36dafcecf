/* A row's scores, in the order of the metrics, whichever scorer was done first. */
#include "daemon/engine/row.h"

static void add_score(struct row *row, const struct score_record *score)
{
    size_t at = row->score_count++;
    for (; at && row->scores[at - 1].metric > score->metric; at--)
        row->scores[at] = row->scores[at - 1];
    row->scores[at] = *score;
}

void row_take_score(struct row *row, uint32_t metric, const struct job_reply *reply)
{
    struct score_record score = {
        .metric = metric,
        .is_na = reply->is_na,
        .score = reply->score,
        .pass = reply->pass,
        .label = as_arena_dup(&row->arena, reply->label),
        .reason = as_arena_dup(&row->arena, reply->reason),
        .details_json = as_arena_dup(&row->arena, reply->details_json),
    };
    add_score(row, &score);
    const struct pins *pins = row->group->pins;
    bool is_pass =
        !reply->is_na &&
        (reply->pass == 1 || (reply->pass < 0 && reply->score >= pins->gate.pass_threshold));
    if (pins->metrics[metric].is_required && !is_pass)
        row->fsm.is_judge_skipped = row->is_required_unmet = true;
}

void row_score_skipped_judge(struct row *row)
{
    struct score_record score = {
        .metric = (uint32_t)row->group->pins->rubric,
        .pass = 0,
        .label = AS_STR("required_failed"),
        .reason = AS_STR("the judge was not asked: a required scorer did not pass"),
    };
    add_score(row, &score);
}
