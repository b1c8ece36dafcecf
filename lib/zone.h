/* Time zones by their IANA names ("Europe/Berlin"), from the system's tzdata: which offset from UTC
 * holds when. Each zone is a value of its own, read from its file once; nothing of the process
 * (TZ, tzset) is read or changed.
 *
 * Times are seconds since 1970-01-01 UTC; "wall" seconds are the same count of a clock on the wall
 * (lib/civil.h). */
#ifndef LIB_ZONE_H
#define LIB_ZONE_H

#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>

#define AS_ZONE_NAME_MAX_BYTES 64
#define AS_ZONE_ABBREVIATION_BYTES 16
#define AS_ZONE_FOLDER "/usr/share/zoneinfo"

struct as_zone;

/* The zone of this name; "UTC" is known even without tzdata. AS_ENOENT: there is no such zone (err
 * says where it was looked for); AS_ECORRUPT: its file is no TZif of version 2 or later. */
int as_zone_open(const char *name, struct as_zone **ret_zone, struct as_err *err) AS_MUST_USE;
/* The same from the bytes of such a file (RFC 8536), which may be anything. */
int as_zone_parse(const char *name, const void *data, size_t size, struct as_zone **ret_zone,
                  struct as_err *err) AS_MUST_USE;
void as_zone_free(struct as_zone *zone);
const char *as_zone_name(const struct as_zone *zone);

/* A time during which the clock was not changed: begin <= t < end. */
struct as_zone_span {
    int64_t begin_s, end_s; /* INT64_MIN, INT64_MAX: there is no change on that side */
    int32_t offset_s;       /* wall = UTC + offset */
    bool is_dst;
    char abbreviation[AS_ZONE_ABBREVIATION_BYTES]; /* "CEST" */
};
struct as_zone_span as_zone_span_at(const struct as_zone *zone, int64_t utc_s);

/* What a wall clock's reading means. */
enum as_wall_kind {
    AS_WALL_ONCE,
    AS_WALL_TWICE, /* the clock is set back over it: ret is the first time */
    AS_WALL_NEVER  /* the clock is set forward over it: ret is the moment of the jump */
};
enum as_wall_kind as_zone_utc_of_wall(const struct as_zone *zone, int64_t wall_s,
                                      int64_t *ret_utc_s);

#endif
