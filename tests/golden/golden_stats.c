/* golden_stats FOLDER: our numbers against the golden ones of the folder (expected.json and data/).
 * Exit 0 when every number is produced and equal, 1 otherwise, 64 on wrong usage, 65 when
 * expected.json cannot be read. */
#include "tests/golden/golden.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER (with expected.json and data/)\n", argv[0]);
        return as_err_exit_code(AS_EUSAGE);
    }
    struct golden_counts counts;
    struct as_err err = {0};
    int rc = golden_report(argv[1], stdout, &counts, &err);
    if (rc < 0) {
        fprintf(stderr, "golden_stats: %s\n", err.msg);
        return as_err_exit_code(rc);
    }
    if (counts.near)
        printf("%zu numbers of another generator (bootstrap_mc) are within their own tolerance\n",
               counts.near);
    printf("%zu equal, %zu different, %zu not produced\n", counts.equal, counts.different,
           counts.not_produced);
    return counts.different || counts.not_produced ? EXIT_FAILURE : EXIT_SUCCESS;
}
