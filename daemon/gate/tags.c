/* The comparison within each tag. The pairs of a tag are found through a table from case to pair,
 * made once: the whole takes time in proportion to the tagged cases, however many tags there are.
 *
 * A tag fails when a loss beyond the margin is shown, as a stratum does: with the few pairs that a
 * tag has, the proof of the contrary would be asked in vain. After planned looks it is judged once,
 * at 95 % as without them: at a look's strict limits a tag that has clearly lost would pass. */
#include "daemon/gate/tags.h"

#include "daemon/gate/sentence.h"
#include "daemon/stats/dist.h"
#include "daemon/stats/multiple.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NO_PAIR UINT32_MAX

static uint32_t *pairs_by_case(const struct gate_context *c)
{
    uint32_t *pair_of = as_xcalloc(c->input->n + 1, sizeof(*pair_of));
    for (size_t i = 0; i < c->input->n; i++)
        pair_of[i] = NO_PAIR;
    for (size_t i = 0; i < c->pairs->n; i++)
        pair_of[c->pairs->case_index[i]] = (uint32_t)i;
    return pair_of;
}

static struct stats_paired compare_tag(const struct gate_context *c, const struct gate_tag *tag,
                                       const uint32_t *pair_of, struct stats_numbering *numbering)
{
    AS_CLEANUP_FREE uint32_t *which = as_xcalloc(tag->n_cases + 1, sizeof(*which));
    size_t n = 0;
    for (size_t i = 0; i < tag->n_cases; i++)
        if (pair_of[tag->cases[i]] != NO_PAIR)
            which[n++] = pair_of[tag->cases[i]];
    struct stats_pairs inside;
    stats_pairs_init_some(&inside, c->pairs, which, n, numbering);
    struct stats_paired paired = stats_paired_of(&inside, c->rules->tags.margin);
    stats_pairs_done(&inside);
    return paired;
}

static bool is_asked(const struct gate_tag_rules *rules, const char *name)
{
    for (size_t i = 0; i < rules->only_count; i++)
        if (!strcmp(rules->only[i], name))
            return true;
    return !rules->only_count;
}

/* Of a loss of the margin or less: as paired.p_ni, seen from the other side. */
static double p_worse(const struct stats_paired *paired)
{
    return stats_t_upper(-(paired->adj_center + paired->margin) / paired->adj_se, paired->df);
}

static void adjust(const struct gate_context *c, struct gate_tag_result *tags)
{
    size_t n = c->input->n_tags;
    AS_CLEANUP_FREE double *p = as_xcalloc(2 * n + 1, sizeof(*p));
    double *worse = p + n;
    for (size_t i = 0; i < n; i++) {
        bool is_tested = is_asked(&c->rules->tags, c->input->tags[i].name) &&
                         (int64_t)tags[i].paired.n >= c->rules->tags.min_n;
        p[i] = is_tested ? tags[i].paired.p : NAN;
        worse[i] = is_tested ? p_worse(&tags[i].paired) : NAN;
    }
    stats_holm(p, n, p);
    stats_holm(worse, n, worse);
    for (size_t i = 0; i < n; i++) {
        tags[i].p_holm = p[i];
        tags[i].p_worse_holm = worse[i];
    }
}

static enum gate_outcome decide(const struct gate_tag_rules *rules, const char *name,
                                const struct gate_tag_result *result)
{
    if (isnan(rules->margin) || !is_asked(rules, name))
        return GATE_SKIP;
    if (isnan(result->p_worse_holm))
        return GATE_INCONCLUSIVE;
    return result->p_worse_holm < result->paired.tail ? GATE_FAIL : GATE_PASS;
}

void gate_compare_tags(const struct gate_context *context)
{
    const struct gate_input *input = context->input;
    struct gate_tag_result *tags = as_xcalloc(input->n_tags + 1, sizeof(*tags));
    AS_CLEANUP_FREE uint32_t *pair_of = pairs_by_case(context);
    struct stats_numbering numbering;
    stats_numbering_init(&numbering, context->pairs->n_clusters);
    for (size_t i = 0; i < input->n_tags; i++)
        tags[i].paired = compare_tag(context, &input->tags[i], pair_of, &numbering);
    stats_numbering_done(&numbering);
    adjust(context, tags);
    for (size_t i = 0; i < input->n_tags; i++)
        tags[i].outcome = decide(&context->rules->tags, input->tags[i].name, &tags[i]);
    context->verdict->tags = tags;
}

void gate_write_tag_sentence(const struct gate_rules *rules, const struct gate_tag_result *result,
                             char *ret_text, size_t size)
{
    struct as_buf out = {0};
    struct gate_number margin = gate_points(rules->tags.margin);
    if ((int64_t)result->paired.n < rules->tags.min_n)
        as_buf_addf(&out, "too few for a test within the tag (n=%zu pairs, %lld are needed): ",
                    result->paired.n, (long long)rules->tags.min_n);
    else if (result->outcome == GATE_FAIL)
        as_buf_addf(&out, "worse by more than %s points (Holm %s): ", margin.text,
                    gate_p(result->p_worse_holm).text);
    else if (result->outcome == GATE_PASS)
        as_buf_addf(&out, "not shown to be worse by more than %s points (Holm %s): ", margin.text,
                    gate_p(result->p_worse_holm).text);
    gate_write_finding(&out, &result->paired);
    as_utf8_format(ret_text, size, "%s", out.ptr);
    as_buf_done(&out);
}
