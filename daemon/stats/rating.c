/* Maximum likelihood by the minorise-maximise steps of Hunter (2004), which climb every time and
 * end in the one maximum when the models are strongly connected. */
#include "daemon/stats/rating.h"

#include <math.h>
#include <stdbool.h>

#define STEPS_MAX 200000
#define CONVERGED 1e-15
#define ELO_BASE 1000
#define ELO_PER_TENFOLD 400

static bool is_connected(const double *wins, size_t n)
{
    bool reaches[STATS_RATING_MODELS_MAX][STATS_RATING_MODELS_MAX];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            reaches[i][j] = i == j || wins[i * n + j] > 0;
    for (size_t via = 0; via < n; via++)
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                reaches[i][j] |= reaches[i][via] && reaches[via][j];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (!reaches[i][j])
                return false;
    return true;
}

static double improved(const double *wins, size_t n, const double *strength, size_t i)
{
    double won = 0;
    double expected = 0;
    for (size_t j = 0; j < n; j++) {
        if (j == i)
            continue;
        double games = wins[i * n + j] + wins[j * n + i];
        won += wins[i * n + j];
        expected += games / (strength[i] + strength[j]);
    }
    return won / expected;
}

/* One step for every model; returns the largest relative change. */
static double step(const double *wins, size_t n, size_t base, double *strength)
{
    double largest = 0;
    double next[STATS_RATING_MODELS_MAX];
    for (size_t i = 0; i < n; i++)
        next[i] = improved(wins, n, strength, i);
    for (size_t i = 0; i < n; i++) {
        double scaled = next[i] / next[base];
        largest = fmax(largest, fabs(scaled / strength[i] - 1));
        strength[i] = scaled;
    }
    return largest;
}

int stats_rate_models(const double *wins, size_t n, size_t base, struct stats_rating *ret_ratings)
{
    if (n > STATS_RATING_MODELS_MAX)
        return AS_ELIMIT;
    if (base >= n)
        return AS_EINVAL;
    if (!is_connected(wins, n))
        return AS_ESTATE;
    double strength[STATS_RATING_MODELS_MAX];
    for (size_t i = 0; i < n; i++)
        strength[i] = 1;
    for (int i = 0; n > 1 && i < STEPS_MAX; i++)
        if (step(wins, n, base, strength) < CONVERGED)
            break;
    for (size_t i = 0; i < n; i++) {
        ret_ratings[i].beta = log(strength[i]);
        ret_ratings[i].elo = ELO_BASE + ELO_PER_TENFOLD / M_LN10 * ret_ratings[i].beta;
    }
    return 0;
}
