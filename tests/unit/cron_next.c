/* For scripts/check-cron: lines "CRON<tab>ZONE<tab>UTC SECONDS" on standard input, and for each the
 * next time in UTC seconds on standard output, "none", or "error: why". */
#include "lib/cron.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void answer(const char *line, const char *zone_name, const char *after)
{
    struct as_cron cron;
    struct as_zone *zone = NULL;
    struct as_cron_due due;
    struct as_err err = {0};
    if (as_cron_parse(line, &cron, &err) || as_zone_open(zone_name, &zone, &err))
        printf("error: %s\n", err.msg);
    else if (as_cron_next(&cron, zone, strtoll(after, NULL, 10), &due))
        puts("none");
    else
        printf("%" PRId64 "\n", due.utc_s);
    as_zone_free(zone);
}

int main(void)
{
    char text[512];
    while (fgets(text, sizeof(text), stdin)) {
        text[strcspn(text, "\n")] = '\0';
        char *zone = strchr(text, '\t'), *after = zone ? strchr(zone + 1, '\t') : NULL;
        if (!after)
            return 1;
        *zone++ = '\0';
        *after++ = '\0';
        answer(text, zone, after);
    }
    return 0;
}
