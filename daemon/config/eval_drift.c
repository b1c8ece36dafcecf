/* drift: {anchor: EVAL, max_gap: 7d}. The anchor is another file, which may be read later than this
 * one: it is looked at when all of them are there. */
#include "daemon/config/eval_drift.h"

#include "daemon/model/recording.h"
#include "lib/duration.h"

#include <string.h>

const struct field eval_drift_fields[] = {
    FIELD("anchor", STRING, offsetof(struct eval_drift, anchor), .is_required = true,
          .is_valid = name_is_metric, .must_be = "an eval's name: letters, digits and ._-"),
    FIELD("max_gap", CUSTOM, offsetof(struct eval_drift, max_gap_ms),
          .fallback = EVAL_DRIFT_MAX_GAP, .decode = field_decode_duration,
          .must_be = AS_DURATION_MUST_BE),
    FIELDS_END,
};

/* The first of its members that is called; NULL: the answers are all recorded. */
static const char *called_member(const struct eval_def *eval)
{
    if (!recording_of(eval->baseline))
        return eval->baseline;
    for (size_t i = 0; i < eval->candidate_count; i++)
        if (!recording_of(eval->candidates[i]))
            return eval->candidates[i];
    return NULL;
}

void eval_drift_check(struct field_ctx *ctx, const struct yaml_node *root, struct eval_def *eval)
{
    const struct yaml_node *node = yaml_map_get(yaml_map_get(root, "drift"), "anchor");
    if (!node || !eval->drift.anchor)
        return;
    eval->drift.place = field_place(ctx, node, "drift.anchor");
    const char *why = NULL;
    if (!strcmp(eval->drift.anchor, eval->name))
        why = "an eval cannot be its own anchor: name one of recorded answers";
    else if (!eval->has_rubric)
        why = "no judge scores anything here, so none can drift: leave it out";
    else if (eval->baseline && !called_member(eval))
        why = "the answers here are recorded, so all that can drift is the judge: leave it out";
    if (why)
        problems_add(ctx->problems, node->place, "drift.anchor", "%s", why);
}

static const char *say_unknown(const struct eval_set *set, const struct eval_def *eval,
                               struct as_arena *arena)
{
    const char **names = as_arena_alloc(arena, (set->eval_count + 1) * sizeof(*names));
    struct as_buf hint = {0};
    for (size_t i = 0; i < set->eval_count; i++)
        names[i] = set->evals[i].name;
    const char *why = as_arena_printf(
        arena, "no eval named '%.60s'%s", eval->drift.anchor,
        name_hint((struct name_list){names, set->eval_count}, eval->drift.anchor, &hint));
    as_buf_done(&hint);
    return why;
}

/* What keeps the anchor's judge from speaking for the eval's; NULL: nothing. */
static const char *say_unfit(const struct eval_def *eval, const struct eval_def *anchor,
                             struct as_arena *arena)
{
    const char *called = called_member(anchor), *path = anchor->path;
    if (called)
        return as_arena_printf(arena,
                               "eval '%s' calls '%.60s', and only recorded answers stay as they "
                               "are: give %s `baseline: recorded` and no model as a candidate",
                               anchor->name, called, path);
    if (!anchor->has_rubric)
        return as_arena_printf(arena, "no judge scores eval '%s': give %s this eval's rubric",
                               anchor->name, path);
    if (strcmp(anchor->judge, eval->judge) != 0)
        return as_arena_printf(arena,
                               "eval '%s' is judged by '%.60s', this one by '%.60s': name one "
                               "judge in both files",
                               anchor->name, anchor->judge, eval->judge);
    if (strcmp(anchor->rubric.selector, eval->rubric.selector) != 0)
        return as_arena_printf(arena,
                               "eval '%s' has the rubric '%.60s', this one '%.60s': use one in "
                               "both files",
                               anchor->name, anchor->rubric.selector, eval->rubric.selector);
    if (strcmp(anchor->rubric.params_json, eval->rubric.params_json) != 0)
        return as_arena_printf(arena,
                               "eval '%s' gives the rubric other params: give it the same in both "
                               "files",
                               anchor->name);
    if (anchor->journal.policy != JOURNAL_LIVE)
        return as_arena_printf(arena,
                               "eval '%s' has `journal: %s`, so old replies stand in for the judge "
                               "and a drift of it cannot show: take `journal` out of %s",
                               anchor->name, journal_policy_name(anchor->journal.policy), path);
    return NULL;
}

bool eval_drift_is_wrong(const struct eval_set *set, const struct eval_def *eval,
                         struct as_arena *arena, const char **ret_reason)
{
    if (!eval->drift.anchor)
        return false;
    const struct eval_def *anchor = eval_set_find(set, eval->drift.anchor);
    if (!anchor && eval_set_refusal(set, eval->drift.anchor))
        return false;
    const char *why = anchor ? say_unfit(eval, anchor, arena) : say_unknown(set, eval, arena);
    if (why)
        *ret_reason = as_arena_printf(arena, "%s: %s", eval->drift.place, why);
    return why != NULL;
}
