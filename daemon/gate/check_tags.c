/* The checks over tags. Both name the tags that decide, a few of them in full, and take as evidence
 * what a person would look at: cases that were lost within a tag, or that carry a tag and could not
 * be compared. */
#include "daemon/gate/sentence.h"
#include "daemon/gate/tags.h"
#include "daemon/stats/dist.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAMED_MAX 3

/* "a (..), b (..) and 2 more" */
struct listing {
    struct as_buf text;
    size_t count;
};

/* Begins an entry; false: enough are named. */
static bool list_tag(struct listing *listing, const char *name)
{
    if (listing->count++ >= NAMED_MAX)
        return false;
    as_buf_addf(&listing->text, "%s%s", listing->count > 1 ? ", " : "", gate_shown(name).text);
    return true;
}

static const char *listed(struct listing *listing)
{
    if (listing->count > NAMED_MAX)
        as_buf_addf(&listing->text, " and %zu more", listing->count - NAMED_MAX);
    return as_buf_str(&listing->text).ptr;
}

static int compare_name(const void *name, const void *tag)
{
    return strcmp(name, ((const struct gate_tag *)tag)->name);
}

/* NULL: no case carries it. */
static const struct gate_tag *find_tag(const struct gate_input *input, const char *name)
{
    return input->n_tags
               ? bsearch(name, input->tags, input->n_tags, sizeof(*input->tags), compare_name)
               : NULL;
}

static const struct gate_tag_result *result_of(const struct gate_context *c, const char *name)
{
    const struct gate_tag *tag = find_tag(c->input, name);
    return tag ? &c->verdict->tags[tag - c->input->tags] : NULL;
}

static size_t pairs_of(const struct gate_context *c, const char *name)
{
    const struct gate_tag_result *result = result_of(c, name);
    return result ? result->paired.n : 0;
}

static void advise(struct gate_check *check, size_t have, int64_t want, const char *name)
{
    double more = (double)(want - (int64_t)have);
    if (check->more >= more) /* false while more is NaN */
        return;
    check->more = more;
    as_utf8_format(check->advice, sizeof(check->advice),
                   "%.0f more compared case%s with the tag '%s' %s needed", more,
                   more == 1 ? "" : "s", gate_shown(name).text, more == 1 ? "is" : "are");
}

/* ---- require_tag ---- */

/* Cases that carry the tag and are no pair. */
static void mark_unpaired(const struct gate_context *c, const char *name, bool *is_marked)
{
    const struct gate_tag *tag = find_tag(c->input, name);
    size_t pair = 0;
    for (size_t i = 0; tag && i < tag->n_cases; i++) {
        while (pair < c->pairs->n && c->pairs->case_index[pair] < tag->cases[i])
            pair++;
        bool is_paired = pair < c->pairs->n && c->pairs->case_index[pair] == tag->cases[i];
        is_marked[tag->cases[i]] |= !is_paired;
    }
}

static void weigh_need(const struct gate_context *c, const struct gate_need *need,
                       struct gate_check *check, struct listing *listing, bool *is_marked)
{
    size_t have = pairs_of(c, need->tag);
    double spare = (double)have - (double)need->cases;
    if (list_tag(listing, need->tag))
        as_buf_addf(&listing->text, " (%zu of %lld)", have, (long long)need->cases);
    if (isnan(check->observed) || spare < check->observed - check->limit) {
        check->observed = (double)have;
        check->limit = (double)need->cases;
    }
    if (spare < 0) {
        advise(check, have, need->cases, need->tag);
        mark_unpaired(c, need->tag, is_marked);
    }
}

void gate_check_require_tag(const struct gate_context *context, struct gate_check *check)
{
    const struct gate_rules *rules = context->rules;
    AS_CLEANUP_FREE bool *is_marked = as_xcalloc(context->input->n + 1, sizeof(*is_marked));
    struct listing enough = {0}, few = {0};
    for (size_t i = 0; i < rules->need_count; i++) {
        const struct gate_need *need = &rules->needs[i];
        bool is_few = (int64_t)pairs_of(context, need->tag) < need->cases;
        weigh_need(context, need, check, is_few ? &few : &enough, is_marked);
    }
    if (few.count)
        gate_say(check, GATE_INCONCLUSIVE, "too few compared cases carry %s: %s",
                 few.count == 1 ? "a tag that is asked for" : "tags that are asked for",
                 listed(&few));
    else if (enough.count)
        gate_say(check, GATE_PASS, "enough compared cases carry each tag that is asked for: %s",
                 listed(&enough));
    for (size_t i = 0; i < context->input->n; i++)
        if (is_marked[i])
            gate_add_evidence(check, i);
    as_buf_done(&enough.text);
    as_buf_done(&few.text);
}

/* ---- tags ---- */

struct tally {
    struct listing failed, few;
    size_t n_tested;
    const char *worst_name; /* of those tested, the least likely to be within the margin */
    const struct gate_tag_result *worst;
    uint8_t *mark; /* by case: the outcome of its tags that its loss is evidence for */
};

/* FAIL goes before INCONCLUSIVE. */
static void mark_cases(const struct gate_context *c, const char *name, enum gate_outcome outcome,
                       uint8_t *mark)
{
    const struct gate_tag *tag = find_tag(c->input, name);
    for (size_t i = 0; tag && i < tag->n_cases; i++)
        if (mark[tag->cases[i]] != GATE_FAIL)
            mark[tag->cases[i]] = (uint8_t)outcome;
}

static void tally_tested(struct tally *tally, const char *name,
                         const struct gate_tag_result *result)
{
    const struct stats_paired *paired = &result->paired;
    tally->n_tested++;
    if (!tally->worst || result->p_worse_holm < tally->worst->p_worse_holm ||
        (result->p_worse_holm == tally->worst->p_worse_holm &&
         paired->diff < tally->worst->paired.diff)) {
        tally->worst = result;
        tally->worst_name = name;
    }
    if (result->outcome == GATE_FAIL && list_tag(&tally->failed, name))
        as_buf_addf(&tally->failed.text, " (%s points, %s%% CI %s to %s, n=%zu, Holm %s)",
                    gate_points(paired->diff).text, gate_level(paired).text,
                    gate_points(paired->ci_low).text, gate_points(paired->ci_high).text, paired->n,
                    gate_p(result->p_worse_holm).text);
}

static void list_untested(struct listing *few, const char *name, size_t n, int64_t min_n)
{
    if (!list_tag(few, name))
        return;
    if ((int64_t)n < min_n)
        as_buf_addf(&few->text, " (%zu of %lld)", n, (long long)min_n);
    else
        as_buf_adds(&few->text, " (all of one cluster)");
}

static void tally_tag(const struct gate_context *c, struct gate_check *check, const char *name,
                      struct tally *tally)
{
    const struct gate_tag_result *result = result_of(c, name);
    enum gate_outcome outcome = result ? result->outcome : GATE_INCONCLUSIVE;
    size_t n = result ? result->paired.n : 0;
    int64_t min_n = c->rules->tags.min_n;
    if (outcome == GATE_SKIP)
        return;
    if (outcome != GATE_INCONCLUSIVE)
        tally_tested(tally, name, result);
    else
        list_untested(&tally->few, name, n, min_n);
    if ((int64_t)n < min_n)
        advise(check, n, min_n, name);
    if (outcome != GATE_PASS)
        mark_cases(c, name, outcome, tally->mark);
}

static void tell_passed(struct gate_check *check, const struct tally *tally, const char *margin)
{
    const struct stats_paired *paired = &tally->worst->paired;
    gate_say(check, GATE_PASS,
             "none of %zu tag%s is shown to be worse by more than %s points; the nearest to it is "
             "%s: difference %s points, %s%% CI %s to %s, n=%zu, Holm %s",
             tally->n_tested, tally->n_tested == 1 ? "" : "s", margin,
             gate_shown(tally->worst_name).text, gate_points(paired->diff).text,
             gate_level(paired).text, gate_points(paired->ci_low).text,
             gate_points(paired->ci_high).text, paired->n, gate_p(tally->worst->p_worse_holm).text);
}

static void tell_tags(const struct gate_context *c, struct gate_check *check, struct tally *tally)
{
    struct gate_number margin = gate_points(c->rules->tags.margin);
    size_t few = tally->few.count;
    if (tally->failed.count)
        gate_say(check, GATE_FAIL,
                 "worse by more than %s points in %zu of %zu tag%s tested: %s%s%s", margin.text,
                 tally->failed.count, tally->n_tested, tally->n_tested == 1 ? "" : "s",
                 listed(&tally->failed), few ? "; too few pairs for a test: " : "",
                 few ? listed(&tally->few) : "");
    else if (few && tally->n_tested)
        gate_say(check, GATE_INCONCLUSIVE,
                 "too few pairs for a test in %zu tag%s: %s; none of the other %zu is shown to be "
                 "worse by more than %s points",
                 few, few == 1 ? "" : "s", listed(&tally->few), tally->n_tested, margin.text);
    else if (few)
        gate_say(check, GATE_INCONCLUSIVE, "too few pairs for a test in %zu tag%s: %s", few,
                 few == 1 ? "" : "s", listed(&tally->few));
    else if (tally->n_tested)
        tell_passed(check, tally, margin.text);
    else
        gate_say(check, GATE_INCONCLUSIVE, "no case carries a tag");
}

void gate_check_tags(const struct gate_context *context, struct gate_check *check)
{
    const struct gate_tag_rules *rules = &context->rules->tags;
    const struct gate_input *input = context->input;
    if (isnan(rules->margin))
        return;
    AS_CLEANUP_FREE uint8_t *mark = as_xcalloc(input->n + 1, sizeof(*mark));
    memset(mark, GATE_SKIP, input->n);
    struct tally tally = {.mark = mark};
    for (size_t i = 0; i < input->n_tags; i++)
        tally_tag(context, check, input->tags[i].name, &tally);
    for (size_t i = 0; i < rules->only_count; i++)
        if (!find_tag(input, rules->only[i]))
            tally_tag(context, check, rules->only[i], &tally);
    tell_tags(context, check, &tally);
    check->observed = tally.worst ? tally.worst->p_worse_holm : NAN;
    check->limit = STATS_TAIL;
    for (size_t i = 0; i < context->pairs->n; i++) {
        uint32_t case_index = context->pairs->case_index[i];
        if (context->pairs->diff[i] < 0 && mark[case_index] == check->outcome &&
            check->outcome != GATE_PASS)
            gate_add_evidence(check, case_index);
    }
    as_buf_done(&tally.failed.text);
    as_buf_done(&tally.few.text);
}
