/* The comparison within each tag. The pairs of a tag are found through a table from case to pair,
 * made once: the whole takes time in proportion to the tagged cases, however many tags there are.
 */
#include "daemon/gate/tags.h"

#include "daemon/gate/sentence.h"
#include "daemon/stats/multiple.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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
    struct stats_paired paired = stats_paired_of(&inside, NAN);
    stats_pairs_done(&inside);
    return paired;
}

static void adjust(struct gate_tag_result *tags, size_t n_tags)
{
    AS_CLEANUP_FREE double *p = as_xcalloc(n_tags + 1, sizeof(*p));
    for (size_t i = 0; i < n_tags; i++)
        p[i] = tags[i].paired.n >= GATE_TAG_PAIRS_MIN ? tags[i].paired.p : NAN;
    stats_holm(p, n_tags, p);
    for (size_t i = 0; i < n_tags; i++)
        tags[i].p_holm = p[i];
}

void gate_compare_tags(const struct gate_context *context)
{
    const struct gate_input *input = context->input;
    struct gate_tag_result *tags = as_xcalloc(input->n_tags + 1, sizeof(*tags));
    AS_CLEANUP_FREE uint32_t *pair_of = pairs_by_case(context);
    struct stats_numbering numbering;
    stats_numbering_init(&numbering, context->pairs->n_clusters);
    for (size_t i = 0; i < input->n_tags; i++)
        tags[i] = (struct gate_tag_result){
            .paired = compare_tag(context, &input->tags[i], pair_of, &numbering),
            .outcome = GATE_SKIP,
        };
    stats_numbering_done(&numbering);
    adjust(tags, input->n_tags);
    context->verdict->tags = tags;
}

void gate_write_tag_sentence(const struct gate_tag_result *result, char *ret_text, size_t size)
{
    struct as_buf out = {0};
    if (result->paired.n < GATE_TAG_PAIRS_MIN)
        as_buf_addf(&out, "too few for a test within the tag (n=%zu pairs, %d are needed): ",
                    result->paired.n, GATE_TAG_PAIRS_MIN);
    gate_write_finding(&out, &result->paired);
    snprintf(ret_text, size, "%s", out.ptr);
    as_buf_done(&out);
}
