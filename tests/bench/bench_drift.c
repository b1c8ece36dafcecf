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
#define AFTER_MAX 60 /* runs that a loss is waited for */

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

static void print_unchanged(size_t cases, size_t series)
{
    struct world world = {cases, WEEKS * 7, series, NEVER, 0};
    size_t events = 0, silent = 0, most = 0, first;
    for (size_t i = 0; i < series; i++) {
        size_t begun = watch(&world, i, &first);
        events += begun;
        silent += !begun;
        most = begun > most ? begun : most;
    }
    printf(
        "%6zu cases: %zu of %zu series silent, %zu events in all, %zu at most; one in %.0f runs\n",
        cases, silent, series, events, most,
        events ? (double)(series * world.runs) / (double)events : 0);
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
    printf("%6zu cases, worse from run %zu on: told by that run %3zu %%, within 7 runs %3zu %%, "
           "within 30 runs %3zu %%\n",
           cases, change_at, 100 * at_once / series, 100 * in_week / series,
           100 * in_month / series);
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {200, 400, 1000, 2000};
    size_t series = argc > 1 ? strtoul(argv[1], NULL, 10) : 100;
    if (!series) {
        fprintf(stderr, "usage: bench_drift [SERIES]\n");
        return 64;
    }
    printf("no change, a run a day for %d weeks\n", WEEKS);
    print_unchanged(200, series);
    print_unchanged(1000, series);
    printf("5 points worse\n");
    for (size_t i = 0; i < AS_COUNT(sizes); i++)
        print_changed(sizes[i], series, 4);
    for (size_t i = 0; i < AS_COUNT(sizes); i++)
        print_changed(sizes[i], series, 30);
    return 0;
}
