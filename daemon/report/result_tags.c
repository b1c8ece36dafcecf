/* The means within a tag are those of all its cases that have a score, as in the members' own part;
 * the comparisons are of its pairs. */
#include "daemon/report/result_tags.h"

#include "daemon/gate/gate.h"
#include "daemon/report/result_own.h"
#include "daemon/stats/mean.h"

#include <stdlib.h>
#include <string.h>

/* ---- which are shown ---- */

struct candidate_tag {
    size_t number; /* in the table, which has byte order */
    size_t n_cases;
    bool is_asked;
};

static int compare_rank(const void *a, const void *b)
{
    const struct candidate_tag *left = a, *right = b;
    if (left->is_asked != right->is_asked)
        return left->is_asked ? -1 : 1;
    if (left->n_cases != right->n_cases)
        return left->n_cases < right->n_cases ? 1 : -1;
    return (left->number > right->number) - (left->number < right->number);
}

/* By name: a gate that asks about all tags prefers none. */
static bool is_asked(const struct gate_rules *rules, const char *name)
{
    for (size_t i = 0; i < rules->tags.only_count; i++)
        if (!strcmp(rules->tags.only[i], name))
            return true;
    for (size_t i = 0; i < rules->need_count; i++)
        if (!strcmp(rules->needs[i].tag, name))
            return true;
    return false;
}

static int compare_numbers(const void *a, const void *b)
{
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    return (left > right) - (left < right);
}

static size_t shown_max(const struct report_spec *spec)
{
    size_t candidates = spec->member_count > 1 ? spec->member_count - 1 : 1;
    size_t fits = RESULT_TAG_COMPARISONS_MAX / candidates;
    return fits < RESULT_TAGS_MAX ? fits : RESULT_TAGS_MAX;
}

static void choose(struct result_tags *tags)
{
    const struct table *table = tags->table;
    size_t max = shown_max(tags->spec);
    AS_CLEANUP_FREE struct candidate_tag *order = as_xcalloc(table->tag_count + 1, sizeof(*order));
    for (size_t i = 0; i < table->tag_count; i++)
        order[i] = (struct candidate_tag){i, table->tags[i].n_cases,
                                          is_asked(tags->spec->gate, table->tags[i].name)};
    qsort(order, table->tag_count, sizeof(*order), compare_rank);
    tags->shown_count = table->tag_count < max ? table->tag_count : max;
    tags->shown = as_xcalloc(tags->shown_count + 1, sizeof(*tags->shown));
    for (size_t i = 0; i < tags->shown_count; i++)
        tags->shown[i] = order[i].number;
    qsort(tags->shown, tags->shown_count, sizeof(*tags->shown), compare_numbers);
}

/* ---- the members' means ---- */

/* Room for the largest tag's cases; numbering for all clusters of the table. */
struct scratch {
    double *values;
    uint32_t *clusters, *ids;
    struct stats_numbering numbering;
};

static struct stats_own_mean mean_of(const struct result_tags *tags, const struct gate_tag *tag,
                                     size_t member, struct scratch *scratch)
{
    size_t n = 0, n_ids = 0;
    for (size_t i = 0; i < tag->n_cases; i++) {
        size_t place = tag->cases[i];
        int32_t cluster = tags->table->clusters[place];
        struct stats_score score =
            table_score(tags->table, member, tags->spec->primary, place, GATE_POLICY_DROP);
        if (score.state != STATS_SCORED)
            continue;
        if (cluster >= 0)
            scratch->ids[n_ids++] = (uint32_t)cluster;
        scratch->values[n] = score.value;
        scratch->clusters[n++] = stats_numbering_get(&scratch->numbering, cluster);
    }
    struct stats_sample sample = {scratch->values, scratch->clusters, n, scratch->numbering.count};
    struct stats_own_mean mean = stats_own_mean_of(&sample);
    stats_numbering_reset(&scratch->numbering, scratch->ids, n_ids);
    return mean;
}

static struct as_json *members_json(const struct result_tags *tags, const struct gate_tag *tag,
                                    struct scratch *scratch)
{
    struct as_json *list = as_json_array();
    for (size_t member = 0; member < tags->spec->member_count; member++) {
        struct stats_own_mean own = mean_of(tags, tag, member, scratch);
        struct as_json *json = as_json_object();
        as_json_set_str(json, "model", tags->spec->member_names[member]);
        as_json_set_int(json, "n", (int64_t)own.n);
        as_json_set_num(json, "mean", own.mean);
        as_json_set_take(json, "ci", result_interval(own.low, own.high));
        as_json_push_take(list, json);
    }
    return list;
}

static void add_tags(struct result_tags *tags)
{
    size_t n = tags->table->case_count;
    struct scratch scratch = {
        .values = as_xcalloc(n + 1, sizeof(*scratch.values)),
        .clusters = as_xcalloc(n + 1, sizeof(*scratch.clusters)),
        .ids = as_xcalloc(n + 1, sizeof(*scratch.ids)),
    };
    stats_numbering_init(&scratch.numbering, n);
    for (size_t i = 0; i < tags->shown_count; i++) {
        const struct gate_tag *tag = &tags->table->tags[tags->shown[i]];
        struct as_json *json = as_json_object();
        as_json_set_str(json, "tag", tag->name);
        as_json_set_int(json, "cases", (int64_t)tag->n_cases);
        as_json_set_take(json, "members", members_json(tags, tag, &scratch));
        as_json_set_take(json, "comparisons", as_json_array());
        as_json_push_take(tags->list, json);
    }
    stats_numbering_done(&scratch.numbering);
    free(scratch.values);
    free(scratch.clusters);
    free(scratch.ids);
}

/* ---- the whole ---- */

void result_tags_init(struct result_tags *tags, const struct table *table,
                      const struct report_spec *spec)
{
    *tags = (struct result_tags){.table = table, .spec = spec, .list = as_json_array()};
    choose(tags);
    add_tags(tags);
}

static struct as_json *comparison_json(const struct report_spec *spec, size_t candidate,
                                       const struct gate_tag_result *result)
{
    const struct stats_paired *paired = &result->paired;
    struct as_json *json = as_json_object();
    char sentence[GATE_TEXT_MAX];
    gate_write_tag_sentence(spec->gate, result, sentence, sizeof(sentence));
    as_json_set_str(json, "candidate", spec->member_names[candidate]);
    as_json_set_int(json, "n_pairs", (int64_t)paired->n);
    as_json_set_num(json, "diff", paired->diff);
    as_json_set_take(json, "ci", result_interval(paired->ci_low, paired->ci_high));
    as_json_set_num(json, "p", paired->p);
    as_json_set_num(json, "p_holm", result->p_holm);
    as_json_set_int(json, "wins", (int64_t)paired->wins);
    as_json_set_int(json, "losses", (int64_t)paired->losses);
    as_json_set_int(json, "ties", (int64_t)paired->ties);
    as_json_set_str(json, "outcome", gate_outcome_name(result->outcome));
    as_json_set_str(json, "sentence", sentence);
    return json;
}

void result_tags_add(struct result_tags *tags, size_t candidate, const struct gate_verdict *verdict)
{
    for (size_t i = 0; i < tags->shown_count; i++)
        as_json_push_take(as_json_get(as_json_at(tags->list, i), "comparisons"),
                          comparison_json(tags->spec, candidate, &verdict->tags[tags->shown[i]]));
}

void result_tags_finish(struct result_tags *tags, struct as_json *result)
{
    as_json_set_take(result, "tags", tags->list);
    as_json_set_int(result, "tags_left_out", (int64_t)(tags->table->tag_count - tags->shown_count));
    free(tags->shown);
}

void result_tags_drop(struct result_tags *tags)
{
    as_json_free(tags->list);
    free(tags->shown);
}
