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

void flip_describe(const struct flip *flip, const struct gate_rules *rules, const char *metric,
                   const char *baseline, const char *candidate, struct as_buf *out)
{
    as_buf_addf(out, "%s: %.4g for %s, %.4g for %s, %s", metric,
                flip_side_score(&flip->baseline, rules), baseline,
                flip_side_score(&flip->candidate, rules), candidate,
                flip->to == FLIP_TO_PASS ? "wrong to right" : "right to wrong");
}

/* A whole number, so that the order is one: "nearly equal" alone is not transitive. */
static int64_t difference_units(const struct flip *flip)
{
    return llround(fabs(flip->difference) / SAME_DIFFERENCE);
}

int flip_compare(const void *a, const void *b)
{
    const struct flip *one = a, *other = b;
    int64_t units = difference_units(one), others = difference_units(other);
    if (units != others)
        return units > others ? -1 : 1;
    if (one->agreement != other->agreement)
        return one->agreement > other->agreement ? -1 : 1;
    return as_str_compare(one->case_id, other->case_id);
}

/* ---- a whole comparison ---- */

struct side_target {
    struct flip_side *sides;
    const struct flip_source *source;
    const struct gate_rules *rules;
};

static void take_fact(void *ctx, const struct row_fact *fact)
{
    const struct side_target *target = ctx;
    if (fact->case_seq >= 0 && fact->case_seq < target->source->case_count)
        flip_side_add(&target->sides[fact->case_seq], target->rules, fact->status,
                      fact->values[target->source->metric].score);
}

int flip_sides_load(struct store *store, const struct flip_source *source,
                    const struct gate_rules *rules, struct as_arena *arena,
                    struct flip_side **ret_sides)
{
    struct flip_side *sides = as_arena_alloc(arena, (size_t)source->case_count * sizeof(*sides));
    struct side_target target = {sides, source, rules};
    int rc = store_facts_each(store, source->group_id, source->member, source->metric_count,
                              take_fact, &target);
    if (!rc)
        *ret_sides = sides;
    return rc;
}

struct named_case {
    struct as_str id;
    int64_t seq;
};

struct named_cases {
    struct named_case *cases;
    size_t count, most;
    struct as_arena *arena;
};

static void take_case(void *ctx, const struct case_record *record)
{
    struct named_cases *named = ctx;
    if (named->count < named->most)
        named->cases[named->count++] =
            (struct named_case){as_arena_dup(named->arena, record->id), record->seq};
}

static int name_cases(struct store *store, const struct flip_source *source, struct as_arena *arena,
                      struct named_cases *ret_named)
{
    size_t most = (size_t)source->case_count;
    struct named_cases named = {as_arena_alloc(arena, most * sizeof(*named.cases)), 0, most, arena};
    int rc =
        store_case_heads_each(store, source->dataset_id, source->case_count, take_case, &named);
    if (!rc && named.count != most)
        rc = AS_ECORRUPT;
    if (!rc)
        *ret_named = named;
    return rc;
}

static int compare_named(const void *a, const void *b)
{
    return as_str_compare(((const struct named_case *)a)->id, ((const struct named_case *)b)->id);
}

/* The flips among the cases of both sides, in the order of the baseline's; counts all of them. */
struct pairing {
    const struct flip_spec *spec;
    struct named_cases baseline, candidate; /* the candidate's by id */
    struct flip_side *baseline_sides, *candidate_sides;
    struct as_buf found;
    struct flip_list list;
};

static int load_pairing(struct store *store, struct as_arena *arena, struct pairing *pairing)
{
    const struct flip_spec *spec = pairing->spec;
    int rc = flip_sides_load(store, &spec->baseline, spec->rules, arena, &pairing->baseline_sides);
    if (!rc)
        rc =
            flip_sides_load(store, &spec->candidate, spec->rules, arena, &pairing->candidate_sides);
    if (!rc)
        rc = name_cases(store, &spec->baseline, arena, &pairing->baseline);
    if (!rc)
        rc = name_cases(store, &spec->candidate, arena, &pairing->candidate);
    if (!rc && pairing->candidate.count)
        qsort(pairing->candidate.cases, pairing->candidate.count, sizeof(struct named_case),
              compare_named);
    return rc;
}

static void pair_case(struct pairing *pairing, const struct named_case *named,
                      const struct named_case *other)
{
    struct flip_list *list = &pairing->list;
    struct flip flip = {
        .case_seq = named->seq,
        .candidate_seq = other->seq,
        .case_id = named->id,
        .baseline = pairing->baseline_sides[named->seq],
        .candidate = pairing->candidate_sides[other->seq],
    };
    bool has_rows = flip.baseline.rows || flip.candidate.rows;
    flip_between(&flip, pairing->spec->rules);
    list->not_compared += flip.to == FLIP_NOT_COMPARED && has_rows;
    list->compared += flip.to != FLIP_NOT_COMPARED;
    list->to_pass += flip.to == FLIP_TO_PASS;
    list->to_fail += flip.to == FLIP_TO_FAIL;
    if (flip.to == FLIP_TO_PASS || flip.to == FLIP_TO_FAIL)
        as_buf_add(&pairing->found, &flip, sizeof(flip));
}

/* What only one side has is not compared. */
static void pair_cases(struct pairing *pairing)
{
    size_t paired = 0;
    for (size_t i = 0; i < pairing->baseline.count; i++) {
        const struct named_case *named = &pairing->baseline.cases[i];
        const struct named_case *other =
            bsearch(named, pairing->candidate.cases, pairing->candidate.count, sizeof(*named),
                    compare_named);
        paired += other != NULL;
        pairing->list.not_compared += !other;
        if (other)
            pair_case(pairing, named, other);
    }
    pairing->list.not_compared += (int64_t)(pairing->candidate.count - paired);
}

int flips_load(struct store *store, const struct flip_spec *spec, struct as_arena *arena,
               struct flip_list *ret_list)
{
    struct pairing pairing = {.spec = spec};
    int rc = load_pairing(store, arena, &pairing);
    if (rc)
        return rc;
    pair_cases(&pairing);
    struct flip_list list = pairing.list;
    list.count = pairing.found.len / sizeof(*list.flips);
    list.flips = as_arena_alloc(arena, pairing.found.len);
    if (list.count) {
        memcpy(list.flips, pairing.found.ptr, pairing.found.len);
        qsort(list.flips, list.count, sizeof(*list.flips), flip_compare);
    }
    as_buf_done(&pairing.found);
    *ret_list = list;
    return 0;
}
