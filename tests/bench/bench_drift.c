/* How soon a model that got worse is told, and how often one that did not: series of runs with a
 * known truth through the paired comparison and the rules of daemon/report/drift.h.
 *
 * Four fifths of the cases are easy (98 % right), the others hard (58 %): 90 % in all. A run
 * answers all of them anew. The numbers are the same on every machine. */
#include "daemon/report/drift.h"
#include "lib/arena.h"
#include "lib/rng.h"

#include <stdio.h>
#include <stdlib.h>

#define SEED 20
#define NEVER SIZE_MAX
#define WEEKS 200
#define PROMISED_RATE .001 /* drifts a run, of a model that is the same */
#define AFTER_MAX 60       /* runs that a loss is waited for */

struct world {
    size_t cases, runs, series;
    size_t change_at; /* the run, the reference being 0; NEVER */
    double drop;
};

static double right_of(const struct world *world, size_t item, size_t run)
{
    double right = item % 5 ? .98 : .58;
    return right - (run >= world->change_at ? world->drop : 0);
}

static void answer(const struct world *world, size_t run, struct as_rng *rng, bool is_reference,
                   struct stats_case *cases)
{
    for (size_t i = 0; i < world->cases; i++) {
        struct stats_score score = {as_rng_unit(rng) < right_of(world, i, run), STATS_SCORED};
        if (is_reference)
            cases[i] = (struct stats_case){score, score, STATS_NO_CLUSTER, STATS_NO_STRATUM};
        cases[i].candidate = score;
    }
}

static struct drift_point point_of(const struct world *world, const struct stats_case *cases,
                                   size_t run)
{
    struct stats_pairs pairs;
    if (stats_pairs_init(&pairs, cases, world->cases, STATS_POLICY_ZERO))
        abort(); /* scores are 0 or 1 */
    struct stats_paired paired = stats_paired_of(&pairs, 0);
    stats_pairs_done(&pairs);
    return (struct drift_point){(int64_t)run + 1, paired.diff, paired.ci_low, paired.ci_high,
                                paired.p};
}

/* How often a drift began; *ret_first: the first run at or after the change that was drifting. */
static size_t watch(const struct world *world, uint64_t number, size_t *ret_first)
{
    struct as_rng rng = as_rng_stream(SEED, number);
    struct stats_case *cases = as_xcalloc(world->cases, sizeof(*cases));
    struct drift_point *points = as_xcalloc(world->runs, sizeof(*points));
    bool was_drifting = false;
    size_t begun = 0;
    *ret_first = NEVER;
    answer(world, 0, &rng, true, cases);
    points[0] = (struct drift_point){.run = 1, .p = 1};
    for (size_t run = 1; run < world->runs; run++) {
        answer(world, run, &rng, false, cases);
        points[run] = point_of(world, cases, run);
        bool is_drifting = drift_of(points, run + 1).is_drifting;
        begun += is_drifting && !was_drifting;
        if (is_drifting && *ret_first == NEVER && run >= world->change_at)
            *ret_first = run;
        was_drifting = is_drifting;
    }
    free(points);
    free(cases);
    return begun;
}

/* Whether no more than the promised share of runs began a drift. */
static bool print_unchanged(size_t cases, size_t series)
{
    struct world world = {cases, WEEKS * 7, series, NEVER, 0};
    size_t events = 0, silent = 0, most = 0, first;
    for (size_t i = 0; i < series; i++) {
        size_t begun = watch(&world, i, &first);
        events += begun;
        silent += !begun;
        most = begun > most ? begun : most;
    }
    double runs = (double)(series * world.runs);
    printf("| %zu | %zu of %zu | %zu | %zu | %.2f |\n", cases, silent, series, events, most,
           1000 * (double)events / runs);
    return (double)events <= PROMISED_RATE * runs;
}

static void print_changed(size_t cases, size_t series, size_t change_at)
{
    struct world world = {cases, change_at + AFTER_MAX, series, change_at, .05};
    size_t at_once = 0, in_week = 0, in_month = 0, first;
    for (size_t i = 0; i < series; i++) {
        (void)watch(&world, i, &first);
        size_t later = first == NEVER ? NEVER : first - change_at;
        at_once += later == 0;
        in_week += later < 7;
        in_month += later < 30;
    }
    printf("| %zu | run %zu on | %zu | %zu | %zu |\n", cases, change_at, 100 * at_once / series,
           100 * in_week / series, 100 * in_month / series);
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {200, 400, 1000, 2000};
    size_t series = argc > 1 ? strtoul(argv[1], NULL, 10) : 100;
    if (!series) {
        fprintf(stderr, "usage: bench_drift [SERIES]\n");
        return 64;
    }
    bool is_kept = true;
    printf("A model that does not change, over %d weeks of a run a day:\n\n"
           "| cases | references without any drift | drifts in all | most of one reference | in "
           "1,000 runs |\n|--:|--:|--:|--:|--:|\n",
           WEEKS);
    for (size_t i = 0; i < AS_COUNT(sizes); i++)
        is_kept = print_unchanged(sizes[i], series) && is_kept;
    printf("\nOne that is 5 points worse from a run on, and in how many %% of the series that is "
           "told:\n\n"
           "| cases | worse from | by that run | within 7 runs | within 30 runs |\n"
           "|--:|---|--:|--:|--:|\n");
    for (size_t i = 0; i < AS_COUNT(sizes); i++)
        print_changed(sizes[i], series, 4);
    for (size_t i = 0; i < AS_COUNT(sizes); i++)
        print_changed(sizes[i], series, 30);
    if (!is_kept)
        fprintf(stderr, "more than one run in 1,000 began a drift of a model that is the same\n");
    return !is_kept;
}
