/* How often the cause of a drift is told rightly, by the size and make of the anchor: nights of an
 * eval and of its anchor with a known truth, through the paired comparison and the rules of
 * daemon/report/drift.h and cause.h.
 *
 * A model is right on 90 % of the eval's cases, and answers anew each night. The anchor's answers
 * are a share of right ones, and stay. A judge says of an answer what it is, but for a share of
 * slips, which are drawn for each question anew. Something changes before the eighth night, and
 * stays so for a week; the anchor is judged after the eval. The numbers are the same on every
 * machine. */
#include "daemon/report/cause.h"
#include "lib/arena.h"
#include "lib/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SEED 21
#define NIGHTS 14
#define CHANGE_AT 7 /* the night, the reference being 0 */
#define CASES 400
#define RIGHT .9
#define PROMISED_RATE .05    /* of the drifts that are the judge's: told as the model's ... */
#define PROMISED_ANCHORS 200 /* ... by so many answers */

struct judge {
    double slips_on_right, slips_on_wrong; /* the chance to say the opposite */
};

struct change {
    const char *what;
    double drop; /* of the model */
    struct judge judge;
};

struct world {
    const struct change *change;
    double slips; /* of the judge before the change, and beside it */
    size_t anchors;
    double good; /* share of the anchor's answers that are right */
};

static bool says_right(const struct world *world, size_t night, bool is_right, struct as_rng *rng)
{
    double slips = world->slips;
    if (night >= CHANGE_AT)
        slips +=
            is_right ? world->change->judge.slips_on_right : world->change->judge.slips_on_wrong;
    return (as_rng_unit(rng) < slips) != is_right;
}

/* A night's scores, beside those of the reference. */
struct night {
    struct stats_case *cases;
    size_t count;
};

static void note(const struct night *night, size_t item, bool is_reference, bool score)
{
    struct stats_score value = {score, STATS_SCORED};
    if (is_reference)
        night->cases[item] = (struct stats_case){value, value, STATS_NO_CLUSTER, STATS_NO_STRATUM};
    night->cases[item].candidate = value;
}

static void run_eval(const struct world *world, size_t at, struct as_rng *rng,
                     const struct night *night)
{
    double right = RIGHT - (at >= CHANGE_AT ? world->change->drop : 0);
    for (size_t i = 0; i < night->count; i++)
        note(night, i, !at, says_right(world, at, as_rng_unit(rng) < right, rng));
}

static void run_anchor(const struct world *world, size_t at, struct as_rng *rng,
                       const struct night *night)
{
    for (size_t i = 0; i < night->count; i++) {
        bool is_right = (double)i < world->good * (double)night->count;
        note(night, i, !at, says_right(world, at, is_right, rng));
    }
}

static struct drift_point point_of(const struct night *night, size_t at,
                                   struct judge_moves *ret_moves)
{
    struct stats_pairs pairs;
    if (stats_pairs_init(&pairs, night->cases, night->count, STATS_POLICY_ZERO))
        abort(); /* scores are 0 or 1 */
    struct stats_paired paired = stats_paired_of(&pairs, 0);
    stats_pairs_done(&pairs);
    *ret_moves =
        (struct judge_moves){(int64_t)night->count, (int64_t)paired.wins, (int64_t)paired.losses};
    return at ? (struct drift_point){(int64_t)at + 1, paired.diff, paired.ci_low, paired.ci_high,
                                     paired.p}
              : (struct drift_point){.run = 1, .p = 1};
}

static double mean_of(const struct night *night)
{
    double sum = 0;
    for (size_t i = 0; i < night->count; i++)
        sum += night->cases[i].candidate.value;
    return sum / (double)night->count;
}

struct nights {
    struct drift_point eval[NIGHTS], anchor[NIGHTS];
    struct judge_moves moves[NIGHTS];
    double eval_mean, anchor_mean; /* of the references */
};

static enum drift_cause cause_at(const struct nights *nights, size_t at, const struct drift *drift)
{
    struct as_arena arena = {0};
    struct drift judge = drift_of(nights->anchor, at + 1);
    const struct judge_word word = {
        .is_judged = true,
        .anchor = "anchor",
        .mean = nights->anchor_mean,
        .moves = nights->moves[at],
        .churn = cause_churn(nights->moves + 1, at),
        .shift = cause_shift(nights->anchor, at + 1, &judge),
        .since_run = judge.is_drifting ? judge.since_run : 0,
    };
    const struct cause_subject subject = {.shift = cause_shift(nights->eval, at + 1, drift),
                                          .mean = nights->eval_mean};
    enum drift_cause kind = cause_of(&subject, &word, &arena).kind;
    as_arena_done(&arena);
    return kind;
}

#define NOT_TOLD (CAUSE_JUDGE + 1)

/* The cause that is told of the first drift since the change. */
static int watch(const struct world *world, uint64_t number)
{
    struct as_rng rng = as_rng_stream(SEED, number);
    struct stats_case cases[CASES], *anchors = as_xcalloc(world->anchors, sizeof(*anchors));
    const struct night eval = {cases, CASES}, anchor = {anchors, world->anchors};
    struct nights nights;
    struct judge_moves unused;
    int told = NOT_TOLD;
    for (size_t at = 0; at < NIGHTS && told == NOT_TOLD; at++) {
        run_eval(world, at, &rng, &eval);
        run_anchor(world, at, &rng, &anchor);
        if (!at) {
            nights.eval_mean = mean_of(&eval);
            nights.anchor_mean = mean_of(&anchor);
        }
        nights.eval[at] = point_of(&eval, at, &unused);
        nights.anchor[at] = point_of(&anchor, at, &nights.moves[at]);
        struct drift drift = drift_of(nights.eval, at + 1);
        if (at >= CHANGE_AT && drift.is_drifting)
            told = (int)cause_at(&nights, at, &drift);
    }
    free(anchors);
    return told;
}

/* Whether no more than the promised share of the judge's drifts was called the model's. */
static bool print_world(const struct world *world, size_t series)
{
    size_t counts[NOT_TOLD + 1] = {0};
    for (size_t i = 0; i < series; i++)
        counts[watch(world, i)]++;
    printf("| %s | %.0f %% | %zu, %.0f %% right | %zu | %zu | %zu | %zu |\n", world->change->what,
           100 * world->slips, world->anchors, 100 * world->good, series - counts[NOT_TOLD],
           counts[CAUSE_MODEL], counts[CAUSE_JUDGE], counts[CAUSE_UNKNOWN]);
    bool is_promised = !(world->change->drop > 0) && world->anchors >= PROMISED_ANCHORS;
    return !is_promised || (double)counts[CAUSE_MODEL] <= PROMISED_RATE * (double)series;
}

static bool print_change(const struct change *change, double slips, size_t series)
{
    static const size_t sizes[] = {50, 200, 500};
    static const double goods[] = {RIGHT, .5};
    bool is_kept = true;
    for (size_t g = 0; g < AS_COUNT(goods); g++)
        for (size_t n = 0; n < AS_COUNT(sizes); n++) {
            const struct world world = {change, slips, sizes[n], goods[g]};
            is_kept = print_world(&world, series) && is_kept;
        }
    return is_kept;
}

int main(int argc, char **argv)
{
    static const struct change changes[] = {
        {"the model is 10 points worse", .1, {0, 0}},
        {"the judge is stricter by 10 points", 0, {.11, 0}},
        {"the judge slips 15 % more often", 0, {.15, .15}},
    };
    static const double slips[] = {0, .03};
    size_t series = argc > 1 ? strtoul(argv[1], NULL, 10) : 100;
    if (!series) {
        fprintf(stderr, "usage: bench_cause [SERIES]\n");
        return 64;
    }
    bool is_kept = true;
    puts("| what changes | slips | anchor | told within a week | as the model's | as the judge's | "
         "as unknown |\n|---|--:|---|--:|--:|--:|--:|");
    for (size_t c = 0; c < AS_COUNT(changes); c++)
        for (size_t s = 0; s < AS_COUNT(slips); s++)
            is_kept = print_change(&changes[c], slips[s], series) && is_kept;
    if (!is_kept)
        fprintf(stderr, "more than 5 %% of the judge's drifts were told as the model's\n");
    return !is_kept;
}
