/* TZif (RFC 8536): a list of changes, the periods between them, and a rule for the time after the
 * last one. Version 1's 32-bit part is passed over. A file is data from outside: every count is
 * held against the bytes that are there. */
#include "lib/zone.h"

#include "lib/zone_rule.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX_BYTES (1u << 20)
#define HEADER_BYTES 44
#define TYPE_BYTES 6
#define COUNT_MAX 65536u /* of each list: keeps their sum from overflowing */

struct zone_type {
    struct zone_period period;
    bool is_dst;
};

struct as_zone {
    char name[AS_ZONE_NAME_MAX_BYTES];
    size_t change_count;
    int64_t *changes; /* rising */
    uint8_t *types;   /* which period begins there */
    size_t type_count;
    struct zone_type *periods; /* 0 holds before the first change */
    struct zone_rule rule;
    bool has_rule;
};

/* ---- reading ---- */

struct tzif_counts {
    uint32_t is_ut, is_standard, leaps, changes, types, chars;
};

static uint64_t big_endian(const uint8_t *bytes, size_t count)
{
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

static bool read_header(const uint8_t *data, size_t size, struct tzif_counts *counts)
{
    if (size < HEADER_BYTES || memcmp(data, "TZif", 4) != 0 || data[4] < '2')
        return false;
    uint32_t numbers[6];
    for (size_t i = 0; i < 6; i++) {
        numbers[i] = (uint32_t)big_endian(data + 20 + 4 * i, 4);
        if (numbers[i] > COUNT_MAX)
            return false;
    }
    *counts = (struct tzif_counts){numbers[0], numbers[1], numbers[2],
                                   numbers[3], numbers[4], numbers[5]};
    return true;
}

static size_t block_bytes(const struct tzif_counts *counts, size_t time_bytes)
{
    return counts->changes * (time_bytes + 1) + counts->types * TYPE_BYTES + counts->chars +
           counts->leaps * (time_bytes + 4) + counts->is_standard + counts->is_ut;
}

static bool read_changes(struct as_zone *zone, const uint8_t *block)
{
    const uint8_t *types = block + zone->change_count * 8;
    zone->changes = as_xcalloc(zone->change_count, sizeof(*zone->changes));
    zone->types = as_xcalloc(zone->change_count, sizeof(*zone->types));
    for (size_t i = 0; i < zone->change_count; i++) {
        zone->changes[i] = (int64_t)big_endian(block + i * 8, 8);
        zone->types[i] = types[i];
        if (types[i] >= zone->type_count || (i && zone->changes[i] <= zone->changes[i - 1]))
            return false;
    }
    return true;
}

static bool read_types(struct as_zone *zone, const uint8_t *types, const char *names, size_t chars)
{
    zone->periods = as_xcalloc(zone->type_count, sizeof(*zone->periods));
    for (size_t i = 0; i < zone->type_count; i++) {
        const uint8_t *type = types + i * TYPE_BYTES;
        struct zone_type *made = &zone->periods[i];
        size_t name = type[5];
        if (name >= chars || !memchr(names + name, '\0', chars - name))
            return false;
        made->period.offset_s = (int32_t)(uint32_t)big_endian(type, 4);
        made->is_dst = type[4] != 0;
        snprintf(made->period.abbreviation, sizeof(made->period.abbreviation), "%s", names + name);
        if (made->period.offset_s < -2 * 86400 || made->period.offset_s > 2 * 86400)
            return false;
    }
    return true;
}

/* "\nCET-1CEST,M3.5.0,M10.5.0/3\n"; an empty one says that the last period goes on. */
static bool read_footer(struct as_zone *zone, const char *footer, size_t size)
{
    const char *end = size ? memchr(footer + 1, '\n', size - 1) : NULL;
    if (!end || *footer != '\n')
        return false;
    struct as_str text = {footer + 1, (size_t)(end - footer - 1)};
    if (!text.len)
        return true;
    zone->has_rule = true;
    return zone_rule_parse(text, &zone->rule) == 0;
}

static bool read_zone(struct as_zone *zone, const uint8_t *data, size_t size)
{
    struct tzif_counts counts;
    if (!read_header(data, size, &counts) || size - HEADER_BYTES < block_bytes(&counts, 4))
        return false;
    size_t first = HEADER_BYTES + block_bytes(&counts, 4);
    data += first;
    size -= first;
    if (!read_header(data, size, &counts) || size - HEADER_BYTES < block_bytes(&counts, 8) ||
        !counts.types)
        return false;
    const uint8_t *block = data + HEADER_BYTES;
    const uint8_t *types = block + (size_t)counts.changes * 9;
    const char *names = (const char *)(types + (size_t)counts.types * TYPE_BYTES);
    const char *footer = (const char *)block + block_bytes(&counts, 8);
    zone->change_count = counts.changes;
    zone->type_count = counts.types;
    return read_changes(zone, block) && read_types(zone, types, names, counts.chars) &&
           read_footer(zone, footer, size - HEADER_BYTES - block_bytes(&counts, 8));
}

int as_zone_parse(const char *name, const void *data, size_t size, struct as_zone **ret_zone,
                  struct as_err *err)
{
    struct as_zone *zone = as_xcalloc(1, sizeof(*zone));
    snprintf(zone->name, sizeof(zone->name), "%s", name);
    if (!read_zone(zone, data, size)) {
        as_zone_free(zone);
        return as_err_set(err, AS_ECORRUPT,
                          "time zone %s: its file is damaged, or no TZif of version 2 or later",
                          name);
    }
    *ret_zone = zone;
    return 0;
}

static struct as_zone *utc(void)
{
    struct as_zone *zone = as_xcalloc(1, sizeof(*zone));
    zone->has_rule = true;
    strcpy(zone->name, "UTC");
    strcpy(zone->rule.standard.abbreviation, "UTC");
    return zone;
}

/* Names stay below the folder: no "..", nothing absolute. */
static bool is_name(const char *name)
{
    size_t len = strlen(name);
    if (!len || len >= AS_ZONE_NAME_MAX_BYTES || name[0] == '/' || name[len - 1] == '/')
        return false;
    for (size_t i = 0; i < len; i++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-_/", name[i]))
            return false;
    return true;
}

int as_zone_open(const char *name, struct as_zone **ret_zone, struct as_err *err)
{
    if (!strcmp(name, "UTC")) {
        *ret_zone = utc();
        return 0;
    }
    char path[sizeof(AS_ZONE_FOLDER) + AS_ZONE_NAME_MAX_BYTES + 1];
    FILE *file = NULL;
    if (is_name(name)) {
        snprintf(path, sizeof(path), "%s/%s", AS_ZONE_FOLDER, name);
        file = fopen(path, "re");
    }
    if (!file)
        return as_err_set(err, AS_ENOENT,
                          "there is no time zone \"%s\" in %s; names are like Europe/Berlin or UTC "
                          "(package tzdata has them)",
                          name, AS_ZONE_FOLDER);
    uint8_t *data = as_xmalloc(FILE_MAX_BYTES);
    size_t size = fread(data, 1, FILE_MAX_BYTES, file);
    fclose(file);
    int rc = as_zone_parse(name, data, size, ret_zone, err);
    free(data);
    return rc;
}

void as_zone_free(struct as_zone *zone)
{
    if (!zone)
        return;
    free(zone->changes);
    free(zone->types);
    free(zone->periods);
    free(zone);
}

const char *as_zone_name(const struct as_zone *zone)
{
    return zone->name;
}

/* ---- asking ---- */

/* How many changes lie at or before the moment. */
static size_t changes_before(const struct as_zone *zone, int64_t utc_s)
{
    size_t low = 0, high = zone->change_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (zone->changes[mid] <= utc_s)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

struct as_zone_span as_zone_span_at(const struct as_zone *zone, int64_t utc_s)
{
    size_t before = changes_before(zone, utc_s);
    if (before == zone->change_count && zone->has_rule) {
        struct as_zone_span span = zone_rule_span_at(&zone->rule, utc_s);
        if (before && span.begin_s < zone->changes[before - 1])
            span.begin_s =
                zone->changes[before - 1]; /* the rule is not asked about earlier times */
        return span;
    }
    const struct zone_type *type = &zone->periods[before ? zone->types[before - 1] : 0];
    struct as_zone_span span = {
        .begin_s = before ? zone->changes[before - 1] : INT64_MIN,
        .end_s = before < zone->change_count ? zone->changes[before] : INT64_MAX,
        .offset_s = type->period.offset_s,
        .is_dst = type->is_dst,
    };
    memcpy(span.abbreviation, type->period.abbreviation, sizeof(span.abbreviation));
    return span;
}

/* Offsets are less than two days: the reading lies within the spans around it. */
#define AROUND_S (2 * 86400)

enum as_wall_kind as_zone_utc_of_wall(const struct as_zone *zone, int64_t wall_s,
                                      int64_t *ret_utc_s)
{
    int64_t from = wall_s - AROUND_S, found = 0, jump = 0;
    int times = 0;
    bool has_jump = false;
    for (;;) {
        struct as_zone_span span = as_zone_span_at(zone, from);
        int64_t here = wall_s - span.offset_s;
        if (here >= span.begin_s && here < span.end_s && !times++)
            found = here;
        if (here < span.begin_s && !has_jump) {
            has_jump = true;
            jump = span.begin_s;
        }
        if (span.end_s > wall_s + AROUND_S)
            break;
        from = span.end_s;
    }
    *ret_utc_s = times ? found : jump;
    return times == 0 ? AS_WALL_NEVER : times == 1 ? AS_WALL_ONCE : AS_WALL_TWICE;
}
