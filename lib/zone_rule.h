/* Inside lib/zone: the rule for all years after a file's last listed change, as its footer gives
 * it: "CET-1CEST,M3.5.0,M10.5.0/3" (POSIX.1 TZ with RFC 8536's longer hours). */
#ifndef LIB_ZONE_RULE_H
#define LIB_ZONE_RULE_H

#include "lib/buf.h"
#include "lib/zone.h"

struct zone_day { /* when in a year the clock is changed */
    char
        kind; /* 'M': weekday of a week of a month; 'J': day 1 to 365, no leap day; 'n': 0 to 365 */
    int month, week, day;
    int32_t time_s; /* of the wall clock before the change; may be negative or beyond a day */
};

struct zone_period {
    int32_t offset_s;
    char abbreviation[AS_ZONE_ABBREVIATION_BYTES];
};

struct zone_rule {
    struct zone_period standard, summer;
    bool has_summer;
    struct zone_day to_summer, to_standard;
};

int zone_rule_parse(struct as_str text, struct zone_rule *ret_rule) AS_MUST_USE; /* AS_EINVAL */
/* The span by the rule alone. */
struct as_zone_span zone_rule_span_at(const struct zone_rule *rule, int64_t utc_s);

#endif
