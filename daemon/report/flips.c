/* From rows to sides, from two sides to a flip, and all flips of a comparison in their order. Only
 * the numbers of a group are read here, never its texts; the ids of cases that flipped come last.
 */
#include "daemon/report/flips.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAME_DIFFERENCE 1e-9 /* means of samples are sums of binary fractions */

void flip_side_add(struct flip_side *side, const struct gate_rules *rules, enum row_status status,
                   double score)
{
    side->rows++;
    side->failed += row_status_is_models_fault(status);
    if (!row_status_has_scores(status) || isnan(score))
        return;
    side->sum += score;
    side->scored++;
    side->passing += score >= rules->pass_threshold;
}

uint32_t flip_side_samples(const struct flip_side *side, const struct gate_rules *rules)
{
    return side->scored + (rules->policy == GATE_POLICY_ZERO ? side->failed : 0);
}

double flip_side_score(const struct flip_side *side, const struct gate_rules *rules)
{
    uint32_t samples = flip_side_samples(side, rules);
    return samples ? side->sum / samples : NAN;
}

static bool is_right(const struct flip_side *side, const struct gate_rules *rules)
{
    return flip_side_score(side, rules) >= rules->pass_threshold;
}

uint32_t flip_side_agreeing(const struct flip_side *side, const struct gate_rules *rules)
{
    return is_right(side, rules) ? side->passing : flip_side_samples(side, rules) - side->passing;
}

static double agreement_of(const struct flip_side *side, const struct gate_rules *rules)
{
    return (double)flip_side_agreeing(side, rules) / flip_side_samples(side, rules);
}

void flip_between(struct flip *flip, const struct gate_rules *rules)
{
    double before = flip_side_score(&flip->baseline, rules);
    double after = flip_side_score(&flip->candidate, rules);
    bool was_right = before >= rules->pass_threshold, is_right_now = after >= rules->pass_threshold;
    flip->difference = flip->agreement = 0;
    if (isnan(before) || isnan(after)) {
        flip->to = FLIP_NOT_COMPARED;
    } else if (was_right == is_right_now) {
        flip->to = FLIP_NONE;
    } else {
        flip->to = is_right_now ? FLIP_TO_PASS : FLIP_TO_FAIL;
        flip->difference = after - before;
        flip->agreement =
            fmin(agreement_of(&flip->baseline, rules), agreement_of(&flip->candidate, rules));
    }
}

/* A whole number, so that the order is one: "nearly equal" alone is not transitive. */
static int64_t difference_units(const struct flip *flip)
{
    return llround(fabs(flip->difference) / SAME_DIFFERENCE);
}

static int compare_ids(struct as_str a, struct as_str b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared ? memcmp(a.ptr, b.ptr, shared) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

int flip_compare(const void *a, const void *b)
{
    const struct flip *one = a, *other = b;
    int64_t units = difference_units(one), others = difference_units(other);
    if (units != others)
        return units > others ? -1 : 1;
    if (one->agreement != other->agreement)
        return one->agreement > other->agreement ? -1 : 1;
    return compare_ids(one->case_id, other->case_id);
}

/* ---- a whole comparison ---- */

struct side_target {
    struct flip_side *sides;
    int64_t case_count;
    size_t metric;
    const struct gate_rules *rules;
};

static void take_fact(void *ctx, const struct row_fact *fact)
{
    const struct side_target *target = ctx;
    if (fact->case_seq >= 0 && fact->case_seq < target->case_count)
        flip_side_add(&target->sides[fact->case_seq], target->rules, fact->status,
                      fact->values[target->metric].score);
}

int flip_sides_load(struct store *store, const struct flip_source *source, int64_t case_count,
                    const struct gate_rules *rules, struct as_arena *arena,
                    struct flip_side **ret_sides)
{
    struct flip_side *sides = as_arena_alloc(arena, (size_t)case_count * sizeof(*sides));
    struct side_target target = {sides, case_count, source->metric, rules};
    int rc = store_facts_each(store, source->group_id, source->member, source->metric_count,
                              take_fact, &target);
    if (!rc)
        *ret_sides = sides;
    return rc;
}

static void count_case(struct flip_list *list, const struct flip *flip)
{
    bool has_rows = flip->baseline.rows || flip->candidate.rows;
    list->not_compared += flip->to == FLIP_NOT_COMPARED && has_rows;
    list->compared += flip->to != FLIP_NOT_COMPARED;
    list->to_pass += flip->to == FLIP_TO_PASS;
    list->to_fail += flip->to == FLIP_TO_FAIL;
}

struct id_target {
    struct flip_list *list;
    struct as_arena *arena;
    size_t next; /* both lists are in the order of case_seq */
};

static void take_id(void *ctx, const struct case_record *record)
{
    struct id_target *target = ctx;
    struct flip *flip = &target->list->flips[target->next];
    if (target->next == target->list->count || record->seq != flip->case_seq)
        return;
    flip->case_id = as_arena_dup(target->arena, record->id);
    target->next++;
}

static void find_flips(const struct flip_side *baseline, const struct flip_side *candidate,
                       const struct flip_spec *spec, struct as_buf *found, struct flip_list *list)
{
    for (int64_t seq = 0; seq < spec->case_count; seq++) {
        struct flip flip = {
            .case_seq = seq, .baseline = baseline[seq], .candidate = candidate[seq]};
        flip_between(&flip, spec->rules);
        count_case(list, &flip);
        if (flip.to == FLIP_TO_PASS || flip.to == FLIP_TO_FAIL)
            as_buf_add(found, &flip, sizeof(flip));
    }
}

int flips_load(struct store *store, const struct flip_spec *spec, struct as_arena *arena,
               struct flip_list *ret_list)
{
    struct flip_side *baseline = NULL, *candidate = NULL;
    struct flip_list list = {0};
    struct as_buf found = {0};
    int rc =
        flip_sides_load(store, &spec->baseline, spec->case_count, spec->rules, arena, &baseline);
    if (!rc)
        rc = flip_sides_load(store, &spec->candidate, spec->case_count, spec->rules, arena,
                             &candidate);
    if (rc)
        return rc;
    find_flips(baseline, candidate, spec, &found, &list);
    list.count = found.len / sizeof(*list.flips);
    list.flips = as_arena_alloc(arena, found.len);
    if (found.len)
        memcpy(list.flips, found.ptr, found.len);
    as_buf_done(&found);
    struct id_target target = {&list, arena, 0};
    rc = store_case_heads_each(store, spec->dataset_id, spec->case_count, take_id, &target);
    if (!rc && target.next != list.count)
        rc = AS_ECORRUPT;
    if (rc)
        return rc;
    if (list.count)
        qsort(list.flips, list.count, sizeof(*list.flips), flip_compare);
    *ret_list = list;
    return 0;
}
