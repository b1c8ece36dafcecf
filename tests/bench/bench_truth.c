/* How often the gate is right about simulated models whose true difference is known
 * (tests/bench/simulated.h), through daemon/gate and the planned looks of daemon/stats.
 *
 * bench_truth tables [REPETITIONS]       the tables of docs/statistics.md, on stdout
 * bench_truth row WHAT LOSS PASS FAIL UNDECIDED   three counts as a row of such a table
 * bench_truth error WHAT COUNT OF NOMINAL    a count of errors beside the error that is permitted
 *
 * Rates have Clopper-Pearson intervals at 95 %. Exit 1 when a rate of wrong verdicts is above the
 * nominal one: when its whole interval is. The tables have some fifty such rates, and at the margin
 * the nominal rate is what is expected; so there the interval that decides is one of 99.9 %. */
#include "daemon/gate/gate.h"
#include "daemon/stats/dist.h"
#include "daemon/stats/multiple.h"
#include "daemon/stats/seq.h"
#include "tests/bench/simulated.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARGIN 0.02
#define RIGHT 0.9
#define RIGHT_HIGH 0.98
#define REPETITIONS 10000
#define REPETITIONS_MAX 1000000
#define SEED 20240501
#define N_MAX 5000
#define CLUSTER_SIZE 5
#define TABLE_TAIL 0.0005

static const size_t sizes[] = {200, 1000, 5000};
static const double losses[] = {0, 0.01, 0.02, 0.04};

struct tally {
    size_t pass, fail, undecided;
    double cases_used; /* the sum of it */
};

struct bench {
    size_t repetitions;
    size_t broken; /* rates above the nominal */
    struct stats_case *cases;
};

/* ---- rates ---- */

static void print_rate(size_t count, size_t n)
{
    struct stats_interval ci = stats_clopper_pearson((double)count, (double)n);
    printf("%.1f (%.1f to %.1f)", 100 * (double)count / (double)n, 100 * ci.low, 100 * ci.high);
}

/* tail: of one side of the interval. */
static bool is_above(size_t count, size_t n, double nominal, double tail)
{
    return count && stats_beta_quantile(tail, (double)count, (double)(n - count) + 1) > nominal;
}

static size_t total_of(const struct tally *tally)
{
    return tally->pass + tally->fail + tally->undecided;
}

static void print_tally(const struct tally *tally)
{
    const size_t counts[] = {tally->pass, tally->fail, tally->undecided};
    for (size_t i = 0; i < AS_COUNT(counts); i++) {
        printf(" ");
        print_rate(counts[i], total_of(tally));
        printf(" |");
    }
}

/* A pass is wrong when the loss reaches the margin, a fail when it does not exceed it. */
static void note_errors(struct bench *bench, double loss, const struct tally *tally)
{
    size_t n = total_of(tally);
    bench->broken += loss >= MARGIN && is_above(tally->pass, n, STATS_TAIL, TABLE_TAIL);
    bench->broken += loss <= MARGIN && is_above(tally->fail, n, STATS_TAIL, TABLE_TAIL);
}

/* ---- one repetition ---- */

static void count_outcome(struct tally *tally, enum gate_outcome outcome)
{
    tally->pass += outcome == GATE_PASS;
    tally->fail += outcome == GATE_FAIL;
    tally->undecided += outcome == GATE_INCONCLUSIVE;
}

static struct gate_verdict verdict_on(const struct bench *bench, size_t n,
                                      const struct gate_rules *rules)
{
    struct gate_input input = {.cases = bench->cases, .n = n};
    struct gate_verdict verdict;
    int rc = gate_evaluate(rules, &input, &verdict);
    AS_ASSERT(!rc);
    gate_verdict_done(&verdict);
    return verdict;
}

/* Looks until one decides; counts the cases that it took. */
static void count_looks(struct bench *bench, size_t looks, size_t n, struct tally *tally)
{
    const struct stats_look_plan plan = {.looks = looks, .n_max = n, .margin = MARGIN};
    struct stats_pairs pairs;
    int rc = stats_pairs_init(&pairs, bench->cases, n, STATS_POLICY_ZERO);
    AS_ASSERT(!rc);
    struct stats_look look = {.decision = STATS_DECISION_CONTINUE};
    for (size_t k = 1; look.decision == STATS_DECISION_CONTINUE; k++)
        look = stats_look_at(&plan, k, pairs.diff);
    tally->pass += look.decision == STATS_DECISION_PASS;
    tally->fail += look.decision == STATS_DECISION_FAIL;
    tally->undecided += look.decision == STATS_DECISION_INCONCLUSIVE;
    tally->cases_used += (double)look.n;
    stats_pairs_done(&pairs);
}

/* The same looks with the plain interval of 95 % each time, as one peeks. */
static void count_peeks(struct bench *bench, size_t looks, size_t n, struct tally *tally)
{
    const struct stats_look_plan plan = {.looks = looks, .n_max = n, .margin = MARGIN};
    struct gate_rules rules;
    gate_rules_init(&rules);
    rules.margin = MARGIN;
    enum gate_outcome outcome = GATE_INCONCLUSIVE;
    size_t seen = 0;
    for (size_t k = 1; k <= looks && outcome == GATE_INCONCLUSIVE; k++) {
        seen = stats_look_size(&plan, k);
        outcome = verdict_on(bench, seen, &rules).outcome;
    }
    count_outcome(tally, outcome);
    tally->cases_used += (double)seen;
}

/* ---- tables ---- */

static struct tally tally_gate(struct bench *bench, const struct simulated *truth, size_t n,
                               const struct gate_rules *rules)
{
    struct tally tally = {0};
    for (size_t i = 0; i < bench->repetitions; i++) {
        simulated_draw(truth, SEED, i, n, bench->cases);
        count_outcome(&tally, verdict_on(bench, n, rules).outcome);
    }
    return tally;
}

static void print_known_truth(struct bench *bench)
{
    struct gate_rules rules;
    gate_rules_init(&rules);
    rules.margin = MARGIN;
    printf("| cases | true loss, points | pass %% | fail %% | undecided %% "
           "|\n|---|---|---|---|---|\n");
    for (size_t s = 0; s < AS_COUNT(sizes); s++)
        for (size_t l = 0; l < AS_COUNT(losses); l++) {
            const struct simulated truth = {.right = RIGHT, .loss = losses[l]};
            struct tally tally = tally_gate(bench, &truth, sizes[s], &rules);
            printf("| %zu | %.0f |", sizes[s], 100 * losses[l]);
            print_tally(&tally);
            printf("\n");
            note_errors(bench, losses[l], &tally);
        }
}

struct looking {
    const char *name;
    size_t looks;
    void (*count)(struct bench *bench, size_t looks, size_t n, struct tally *tally);
};

static void print_looks(struct bench *bench)
{
    static const struct looking ways[] = {
        {"2", 2, count_looks},
        {"3", 3, count_looks},
        {"5", 5, count_looks},
        {"none, and 5 peeks", 5, count_peeks},
    };
    printf("| planned looks | cases at most | true loss, points | pass %% | fail %% | undecided %% "
           "| cases used on average |\n|---|---|---|---|---|---|---|\n");
    for (size_t w = 0; w < AS_COUNT(ways); w++)
        for (size_t l = 0; l < AS_COUNT(losses); l++) {
            const struct simulated truth = {.right = RIGHT, .loss = losses[l]};
            struct tally tally = {0};
            for (size_t i = 0; i < bench->repetitions; i++) {
                simulated_draw(&truth, SEED, i, N_MAX, bench->cases);
                ways[w].count(bench, ways[w].looks, N_MAX, &tally);
            }
            printf("| %s | %d | %.0f |", ways[w].name, N_MAX, 100 * losses[l]);
            print_tally(&tally);
            printf(" %.0f |\n", tally.cases_used / (double)bench->repetitions);
            if (ways[w].count == count_looks)
                note_errors(bench, losses[l], &tally);
        }
}

struct shape {
    const char *name;
    struct simulated truth;
    bool ignores_clusters; /* for comparison: what leaving them out would cost */
};

static const struct shape shapes[] = {
    {"pass/fail", {.right = RIGHT}, false},
    {"graded", {.right = RIGHT, .is_graded = true}, false},
    {"pass/fail, clusters of 5", {.right = RIGHT, .cluster_size = CLUSTER_SIZE}, false},
    {"graded, clusters of 5",
     {.right = RIGHT, .is_graded = true, .cluster_size = CLUSTER_SIZE},
     false},
    {"pass/fail, clusters of 5 that the cases do not name",
     {.right = RIGHT, .cluster_size = CLUSTER_SIZE},
     true},
};

static struct tally tally_equals(struct bench *bench, const struct shape *shape, size_t n)
{
    struct gate_rules rules;
    struct tally tally = {0};
    gate_rules_init(&rules);
    rules.require_superiority = true;
    for (size_t i = 0; i < bench->repetitions; i++) {
        simulated_draw(&shape->truth, SEED, i, n, bench->cases);
        for (size_t c = 0; shape->ignores_clusters && c < n; c++)
            bench->cases[c].cluster = STATS_NO_CLUSTER;
        count_outcome(&tally, verdict_on(bench, n, &rules).outcome);
    }
    return tally;
}

/* Two equal models, and a gate that asks for a better one: both other answers are wrong. */
static void print_equals(struct bench *bench)
{
    printf("| scores | cases | \"better\" %% | \"worse\" %% |\n|---|---|---|---|\n");
    for (size_t k = 0; k < AS_COUNT(shapes); k++)
        for (size_t s = 0; s < AS_COUNT(sizes); s++) {
            struct tally tally = tally_equals(bench, &shapes[k], sizes[s]);
            printf("| %s | %zu | ", shapes[k].name, sizes[s]);
            print_rate(tally.pass, total_of(&tally));
            printf(" | ");
            print_rate(tally.fail, total_of(&tally));
            printf(" |\n");
            if (shapes[k].ignores_clusters)
                continue;
            bench->broken += is_above(tally.pass, total_of(&tally), STATS_TAIL, TABLE_TAIL);
            bench->broken += is_above(tally.fail, total_of(&tally), STATS_TAIL, TABLE_TAIL);
        }
}

#define CANDIDATES_MAX 10
#define SEVERAL_CASES 1000

/* Whether some candidate is better at 5 %, each by its own p and all by Holm's. */
static void count_several(struct bench *bench, size_t candidates, uint64_t repetition,
                          size_t *by_own, size_t *by_holm)
{
    const struct simulated truth = {.right = RIGHT};
    struct gate_rules rules;
    double p[CANDIDATES_MAX], adjusted[CANDIDATES_MAX];
    bool is_higher[CANDIDATES_MAX], is_own = false, is_holm = false;
    gate_rules_init(&rules);
    simulated_draw(&truth, SEED, repetition, SEVERAL_CASES, bench->cases);
    for (size_t k = 0; k < candidates; k++) {
        simulated_draw_equal(&truth, SEED, repetition, k, SEVERAL_CASES, bench->cases);
        struct stats_paired compare = verdict_on(bench, SEVERAL_CASES, &rules).compare;
        p[k] = compare.p;
        is_higher[k] = compare.diff > 0;
    }
    stats_holm(p, candidates, adjusted);
    for (size_t k = 0; k < candidates; k++) {
        is_own = is_own || (is_higher[k] && p[k] < 2 * STATS_TAIL);
        is_holm = is_holm || (is_higher[k] && adjusted[k] < 2 * STATS_TAIL);
    }
    *by_own += is_own;
    *by_holm += is_holm;
}

static void print_several(struct bench *bench)
{
    static const size_t counts[] = {1, 3, 5, CANDIDATES_MAX};
    printf(
        "| candidates | some is \"better\" %%, each by its own p | by p_holm |\n|---|---|---|\n");
    for (size_t c = 0; c < AS_COUNT(counts); c++) {
        size_t by_own = 0, by_holm = 0;
        for (size_t i = 0; i < bench->repetitions; i++)
            count_several(bench, counts[c], i, &by_own, &by_holm);
        printf("| %zu | ", counts[c]);
        print_rate(by_own, bench->repetitions);
        printf(" | ");
        print_rate(by_holm, bench->repetitions);
        printf(" |\n");
        bench->broken += is_above(by_holm, bench->repetitions, STATS_TAIL, TABLE_TAIL);
    }
}

/* What the usual interval would say, mean -+ 1.96 standard errors, and what ours says. */
static void count_intervals(const struct bench *bench, size_t n, struct tally *usual,
                            struct tally *ours)
{
    struct stats_pairs pairs;
    int rc = stats_pairs_init(&pairs, bench->cases, n, STATS_POLICY_ZERO);
    AS_ASSERT(!rc);
    struct stats_paired paired = stats_paired_of(&pairs, MARGIN);
    struct stats_paired_t plain = stats_paired_t_of(&paired);
    usual->pass += plain.z_low > -MARGIN;
    usual->fail += plain.z_high < -MARGIN;
    ours->pass += paired.ni == STATS_NI_PASS;
    ours->fail += paired.ni == STATS_NI_FAIL;
    stats_pairs_done(&pairs);
}

/* A loss of just the margin, with few disagreements. */
static void print_intervals(struct bench *bench)
{
    static const size_t few[] = {50, 200, 1000};
    const struct simulated truth = {.right = RIGHT_HIGH, .loss = MARGIN};
    printf(
        "| cases | wrong pass %%, usual interval | wrong fail %%, usual interval | wrong pass %%, "
        "ours | wrong fail %%, ours |\n|---|---|---|---|---|\n");
    for (size_t s = 0; s < AS_COUNT(few); s++) {
        struct tally usual = {0}, ours = {0};
        for (size_t i = 0; i < bench->repetitions; i++) {
            simulated_draw(&truth, SEED, i, few[s], bench->cases);
            count_intervals(bench, few[s], &usual, &ours);
        }
        const size_t counts[] = {usual.pass, usual.fail, ours.pass, ours.fail};
        printf("| %zu |", few[s]);
        for (size_t i = 0; i < AS_COUNT(counts); i++) {
            printf(" ");
            print_rate(counts[i], bench->repetitions);
            printf(" |");
        }
        printf("\n");
        ours.undecided = bench->repetitions - ours.pass - ours.fail;
        note_errors(bench, MARGIN, &ours);
    }
}

static int print_tables(size_t repetitions)
{
    AS_CLEANUP_FREE struct stats_case *cases = as_xcalloc(N_MAX, sizeof(*cases));
    struct bench bench = {.repetitions = repetitions, .cases = cases};
    printf("The gate at a margin of %.0f points, %zu repetitions a row:\n\n", 100 * MARGIN,
           repetitions);
    print_known_truth(&bench);
    printf("\nThe same margin with planned looks (`early_stop`):\n\n");
    print_looks(&bench);
    printf("\nTwo equal models, and a gate that asks whether the candidate is better:\n\n");
    print_equals(&bench);
    printf("\nA baseline that is right on %.0f %%, a candidate that loses just the margin, and two "
           "intervals:\n\n",
           100 * RIGHT_HIGH);
    print_intervals(&bench);
    printf("\nSeveral candidates, all as good as the baseline, %d cases:\n\n", SEVERAL_CASES);
    print_several(&bench);
    if (bench.broken)
        fprintf(stderr, "bench_truth: %zu rates of wrong verdicts are above %.1f %%\n",
                bench.broken, 100 * STATS_TAIL);
    return bench.broken ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- counts from elsewhere ---- */

static int print_row(char **argv)
{
    struct bench bench = {0};
    double loss = atof(argv[3]) / 100;
    struct tally tally = {.pass = strtoul(argv[4], NULL, 10),
                          .fail = strtoul(argv[5], NULL, 10),
                          .undecided = strtoul(argv[6], NULL, 10)};
    printf("| %s | %s |", argv[2], argv[3]);
    print_tally(&tally);
    printf("\n");
    note_errors(&bench, loss, &tally);
    return bench.broken ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int print_error(char **argv)
{
    size_t count = strtoul(argv[3], NULL, 10), n = strtoul(argv[4], NULL, 10);
    double nominal = atof(argv[5]);
    bool is_broken = is_above(count, n, nominal, STATS_TAIL);
    printf("| %s | %zu of %zu | ", argv[2], count, n);
    print_rate(count, n);
    printf(" | %.1f |%s\n", 100 * nominal, is_broken ? " **above the nominal**" : "");
    return is_broken ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    size_t repetitions = argc == 3 ? strtoul(argv[2], NULL, 10) : REPETITIONS;
    if (!strcmp(what, "tables") && argc <= 3 && repetitions && repetitions <= REPETITIONS_MAX)
        return print_tables(repetitions);
    if (!strcmp(what, "row") && argc == 7)
        return print_row(argv);
    if (!strcmp(what, "error") && argc == 6)
        return print_error(argv);
    fprintf(stderr, "usage: bench_truth tables [REPETITIONS] | row WHAT LOSS PASS FAIL UNDECIDED"
                    " | error WHAT COUNT OF NOMINAL\n");
    return as_err_exit_code(AS_EUSAGE);
}
