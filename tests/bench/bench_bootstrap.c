/* How long the bootstrap of a paired comparison takes, in seconds of CPU of one thread.
 *
 * bench_bootstrap PAIRS REPLICATES FILE
 *
 * Pass/fail pairs of which one in ten differs; the differences are written to FILE as doubles, so
 * that another program can do the same work. Prints the seconds and the percentile interval. The
 * time covers all that stats_boot_mean does: replicates, their order, and the BCa interval with its
 * jackknife. */
#include "daemon/stats/resample.h"
#include "lib/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LOSS_RATE 0.06
#define WIN_RATE 0.04

static double *make_differences(size_t n)
{
    double *diffs = as_xcalloc(n + 1, sizeof(*diffs));
    struct as_rng rng = as_rng_stream(1, 0);
    for (size_t i = 0; i < n; i++) {
        double draw = as_rng_unit(&rng);
        diffs[i] = draw < LOSS_RATE ? -1 : draw < LOSS_RATE + WIN_RATE ? 1 : 0;
    }
    return diffs;
}

static int write_differences(const char *path, const double *diffs, size_t n)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        return AS_ENOENT;
    size_t written = fwrite(diffs, sizeof(*diffs), n, file);
    return fclose(file) == 0 && written == n ? 0 : AS_EIO;
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    size_t n = argc == 4 ? strtoul(argv[1], NULL, 10) : 0;
    size_t replicates = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
    if (!n || !replicates) {
        fprintf(stderr, "usage: bench_bootstrap PAIRS REPLICATES FILE\n");
        return as_err_exit_code(AS_EUSAGE);
    }
    AS_CLEANUP_FREE double *diffs = make_differences(n);
    int rc = write_differences(argv[3], diffs, n);
    if (rc) {
        fprintf(stderr, "%s: %s\n", argv[3], as_err_text(rc));
        return as_err_exit_code(rc);
    }
    struct stats_sample sample = stats_sample_plain(diffs, n);
    double before = cpu_seconds();
    struct stats_boot boot = stats_boot_mean(&sample, 1, replicates);
    double seconds = cpu_seconds() - before;
    printf("%.4f %.5f %.5f\n", seconds, boot.percentile.low, boot.percentile.high);
    return 0;
}
