/* A cron line, and after its newline the bytes of a zone's file: the next time is after the
 * instant, whatever they are. */
#include "tests/fuzz/fuzz.h"

#include "lib/cron.h"

#include <string.h>

#define AFTER_S 1774746000 /* 2026-03-29 01:00 UTC, when Berlin's clocks are set forward */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const uint8_t *newline = memchr(data, '\n', len);
    size_t line_len = newline ? (size_t)(newline - data) : len;
    struct as_zone *zone = NULL;
    struct as_cron cron;
    struct as_err err = {0};
    char line[AS_CRON_MAX_BYTES + 8] = "";
    if (line_len && line_len < sizeof(line))
        memcpy(line, data, line_len);
    int rc = as_cron_parse(line, &cron, &err);
    if (!rc && newline)
        rc = as_zone_parse("fuzz", newline + 1, len - line_len - 1, &zone, &err);
    else if (!rc)
        rc = as_zone_open("UTC", &zone, &err);
    struct as_cron_due due;
    if (!rc && !as_cron_next(&cron, zone, AFTER_S, &due))
        AS_ASSERT(due.utc_s > AFTER_S);
    as_zone_free(zone);
    return 0;
}
