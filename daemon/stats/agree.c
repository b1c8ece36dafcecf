/* Kappa from the table of joint shares, alpha from the coincidence matrix. Tables are q x q in one
 * block, row = judge, column = human. */
#include "daemon/stats/agree.h"

#include "daemon/stats/mean.h"
#include "daemon/stats/num.h"
#include "lib/err.h"

#include <math.h>
#include <stdlib.h>

struct joint {
    size_t q;
    double *share;  /* q x q, adding up to 1 */
    double *row;    /* the judge's marginal */
    double *column; /* the human's */
};

static void joint_init(struct joint *joint, const struct stats_ratings *ratings)
{
    size_t q = ratings->n_categories;
    double *block = as_xcalloc(q * q + 2 * q + 1, sizeof(*block));
    *joint = (struct joint){q, block, block + q * q, block + q * q + q};
    double one = 1 / (double)ratings->n;
    for (size_t i = 0; i < ratings->n; i++) {
        joint->share[ratings->judge[i] * q + ratings->human[i]] += one;
        joint->row[ratings->judge[i]] += one;
        joint->column[ratings->human[i]] += one;
    }
}

static void joint_done(struct joint *joint)
{
    free(joint->share);
}

/* The weight of calling i what is j: 0/1, or the distance to the given power. */
static double weight(size_t i, size_t j, size_t q, int power)
{
    if (power == 0)
        return i != j;
    return pow(fabs((double)i - (double)j) / (double)(q - 1), power);
}

static double kappa_of(const struct joint *joint, int power)
{
    double observed = 0;
    double expected = 0;
    for (size_t i = 0; i < joint->q; i++)
        for (size_t j = 0; j < joint->q; j++) {
            double w = weight(i, j, joint->q, power);
            observed += w * joint->share[i * joint->q + j];
            expected += w * joint->row[i] * joint->column[j];
        }
    return stats_denoise(expected) > 0 ? 1 - observed / expected : NAN;
}

static double kappa_se_of(const struct joint *joint, double kappa, size_t n)
{
    double chance = 0;
    double diagonal = 0;
    double rest = 0;
    for (size_t i = 0; i < joint->q; i++) {
        chance += joint->row[i] * joint->column[i];
        for (size_t j = 0; j < joint->q; j++) {
            double share = joint->share[i * joint->q + j];
            if (i == j)
                diagonal += share * pow(1 - (joint->row[i] + joint->column[i]) * (1 - kappa), 2);
            else
                rest += share * pow(joint->column[i] + joint->row[j], 2);
        }
    }
    double variance = diagonal + pow(1 - kappa, 2) * rest - pow(kappa - chance * (1 - kappa), 2);
    return sqrt(fmax(variance, 0) / (double)n) / (1 - chance);
}

static double ac1_of(const struct joint *joint, double agree)
{
    double chance = 0;
    for (size_t i = 0; i < joint->q; i++) {
        double share = (joint->row[i] + joint->column[i]) / 2;
        chance += share * (1 - share);
    }
    chance /= (double)(joint->q - 1);
    return (agree - chance) / (1 - chance);
}

static double ratio(double part, double whole)
{
    return stats_denoise(whole) > 0 ? part / whole : NAN;
}

struct stats_agreement stats_agreement_of(const struct stats_ratings *ratings)
{
    struct stats_agreement result = {ratings->n, NAN, {NAN, NAN}, NAN, NAN,
                                     NAN,        NAN, NAN,        NAN, NAN};
    if (ratings->n == 0 || ratings->n_categories < 2)
        return result;
    struct joint joint;
    joint_init(&joint, ratings);
    size_t same = 0;
    for (size_t i = 0; i < ratings->n; i++)
        same += ratings->judge[i] == ratings->human[i];
    result.agree = (double)same / (double)ratings->n;
    result.ci = stats_wilson((double)same, (double)ratings->n);
    result.kappa = kappa_of(&joint, 0);
    result.kappa_se = isnan(result.kappa) ? NAN : kappa_se_of(&joint, result.kappa, ratings->n);
    result.kappa_linear = kappa_of(&joint, 1);
    result.kappa_quadratic = kappa_of(&joint, 2);
    result.ac1 = ac1_of(&joint, result.agree);
    if (joint.q == 2) {
        result.sensitivity = ratio(joint.share[3], joint.column[1]);
        result.specificity = ratio(joint.share[0], joint.column[0]);
    }
    joint_done(&joint);
    return result;
}

struct coincidence {
    double *level; /* the different values, ascending */
    size_t q;
    double *pairs; /* q x q */
    double *count; /* of each level, its row sum */
    double n;      /* pairable ratings */
};

static size_t level_of(const struct coincidence *table, double value)
{
    size_t k = 0;
    while (table->level[k] < value)
        k++;
    return k;
}

static size_t sort_unique(double *values, size_t n)
{
    stats_sort(values, n);
    size_t unique = 0;
    for (size_t i = 0; i < n; i++)
        if (unique == 0 || values[i] != values[unique - 1])
            values[unique++] = values[i];
    return unique;
}

static size_t count_rated(const double *item, size_t n_raters)
{
    size_t rated = 0;
    for (size_t r = 0; r < n_raters; r++)
        rated += !isnan(item[r]);
    return rated;
}

/* Every ordered pair of ratings of one item, each item weighing as much as it has ratings. */
static void add_item(struct coincidence *table, const double *item, size_t n_raters)
{
    size_t rated = count_rated(item, n_raters);
    if (rated < 2)
        return;
    for (size_t a = 0; a < n_raters; a++)
        for (size_t b = 0; b < n_raters; b++) {
            if (a == b || isnan(item[a]) || isnan(item[b]))
                continue;
            size_t cell = level_of(table, item[a]) * table->q + level_of(table, item[b]);
            table->pairs[cell] += 1 / (double)(rated - 1);
        }
    table->n += (double)rated;
}

static void coincidence_init(struct coincidence *table, const double *values, size_t n_items,
                             size_t n_raters)
{
    *table = (struct coincidence){.level = as_xcalloc(n_items * n_raters + 1, sizeof(double))};
    size_t rated = 0;
    for (size_t i = 0; i < n_items * n_raters; i++)
        if (!isnan(values[i]))
            table->level[rated++] = values[i];
    table->q = sort_unique(table->level, rated);
    table->pairs = as_xcalloc(table->q * table->q + 1, sizeof(double));
    table->count = as_xcalloc(table->q + 1, sizeof(double));
    for (size_t i = 0; i < n_items; i++)
        add_item(table, values + i * n_raters, n_raters);
    for (size_t c = 0; c < table->q; c++)
        table->count[c] = stats_total(table->pairs + c * table->q, table->q);
}

static void coincidence_done(struct coincidence *table)
{
    free(table->level);
    free(table->pairs);
    free(table->count);
}

typedef double (*distance_fn)(const struct coincidence *table, size_t low, size_t high);

static double nominal_distance(const struct coincidence *table, size_t low, size_t high)
{
    (void)table;
    return low != high;
}

static double ordinal_distance(const struct coincidence *table, size_t low, size_t high)
{
    double between = stats_total(table->count + low, high - low + 1);
    return pow(between - (table->count[low] + table->count[high]) / 2, 2);
}

static double interval_distance(const struct coincidence *table, size_t low, size_t high)
{
    return pow(table->level[high] - table->level[low], 2);
}

static double alpha_of(const struct coincidence *table, distance_fn distance)
{
    double observed = 0;
    double expected = 0;
    for (size_t low = 0; low < table->q; low++)
        for (size_t high = low + 1; high < table->q; high++) {
            double apart = distance(table, low, high);
            observed += apart * table->pairs[low * table->q + high];
            expected += apart * table->count[low] * table->count[high];
        }
    return expected > 0 ? 1 - (table->n - 1) * observed / expected : NAN;
}

struct stats_alpha stats_alpha_of(const double *values, size_t n_items, size_t n_raters)
{
    struct coincidence table;
    coincidence_init(&table, values, n_items, n_raters);
    struct stats_alpha alpha = {
        .nominal = alpha_of(&table, nominal_distance),
        .ordinal = alpha_of(&table, ordinal_distance),
        .interval = alpha_of(&table, interval_distance),
    };
    coincidence_done(&table);
    return alpha;
}
