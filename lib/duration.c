/* A sum of counts with units; every count is bounded, so that the sum cannot overflow. */
#include "lib/duration.h"

#include <stdlib.h>
#include <string.h>

#define COUNT_MAX 10000000ull
#define PARTS_MAX 4

/* Seconds in the unit at *at, which is moved past it; 1 where none stands. */
static int64_t take_unit(const char **at)
{
    char unit = **at;
    *at += unit == 'd' || unit == 'h' || unit == 'm' || unit == 's';
    return unit == 'd' ? 86400 : unit == 'h' ? 3600 : unit == 'm' ? 60 : 1;
}

bool as_duration_has_unit(const char *text)
{
    size_t length = strlen(text);
    return length && strchr("dhms", text[length - 1]);
}

int as_duration_parse(const char *text, int64_t *ret_ms)
{
    int64_t total_s = 0;
    const char *at = text;
    for (int part = 0; part < PARTS_MAX && *at >= '0' && *at <= '9'; part++) {
        char *end;
        unsigned long long count = strtoull(at, &end, 10);
        if (count > COUNT_MAX)
            return AS_EINVAL;
        at = end;
        total_s += (int64_t)count * take_unit(&at);
    }
    if (!total_s || *at)
        return AS_EINVAL;
    *ret_ms = total_s * 1000;
    return 0;
}
