/* Two structs of one table side by side: which keys differ, and which of them a running daemon
 * keeps. */
#include "daemon/config/field.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define KEY_MAX_BYTES 128 /* of our own tables */

static bool texts_differ(const char *a, const char *b)
{
    return !a || !b ? a != b : strcmp(a, b) != 0;
}

static bool lists_differ(const char *const *a, const char *const *b)
{
    if (!a || !b)
        return a != b;
    while (*a && *b && !strcmp(*a, *b))
        a++, b++;
    return *a || *b;
}

/* A number that is not there is NAN. */
static bool numbers_differ(double a, double b)
{
    return isnan(a) || isnan(b) ? isnan(a) != isnan(b) : a != b;
}

static bool differs(const struct field *field, const void *a, const void *b)
{
    switch (field->type) {
    case FIELD_STRING:
    case FIELD_PATH:
    case FIELD_PARAMS: return texts_differ(*(const char *const *)a, *(const char *const *)b);
    case FIELD_PATHS:
        return lists_differ(*(const char *const *const *)a, *(const char *const *const *)b);
    case FIELD_BOOL: return *(const bool *)a != *(const bool *)b;
    case FIELD_U32: return *(const uint32_t *)a != *(const uint32_t *)b;
    case FIELD_I64: return *(const int64_t *)a != *(const int64_t *)b;
    case FIELD_NUMBER: return numbers_differ(*(const double *)a, *(const double *)b);
    case FIELD_WORD: return *(const unsigned *)a != *(const unsigned *)b;
    case FIELD_CUSTOM: return field->differs && field->differs(a, b);
    case FIELD_SECTION: return false; /* its members are looked at */
    }
    return false;
}

static size_t size_of(enum field_type type)
{
    switch (type) {
    case FIELD_STRING:
    case FIELD_PATH:
    case FIELD_PARAMS:
    case FIELD_PATHS: return sizeof(void *);
    case FIELD_BOOL: return sizeof(bool);
    case FIELD_U32: return sizeof(uint32_t);
    case FIELD_I64: return sizeof(int64_t);
    case FIELD_NUMBER: return sizeof(double);
    case FIELD_WORD: return sizeof(unsigned);
    case FIELD_SECTION:
    case FIELD_CUSTOM: return 0;
    }
    return 0;
}

static void diff_below(const struct field *fields, const char *where, const char *from,
                       const char *to, field_diff_fn fn, void *ctx)
{
    for (const struct field *field = fields; field->key; field++) {
        char key[KEY_MAX_BYTES];
        snprintf(key, sizeof(key), "%s%s%s", where, where[0] ? "." : "", field->key);
        if (field->type == FIELD_SECTION)
            diff_below(field->section, key, from + field->offset, to + field->offset, fn, ctx);
        else if (differs(field, from + field->offset, to + field->offset))
            fn(ctx, key, field->needs_restart);
    }
}

void field_diff(const struct field *fields, const void *from, const void *to, field_diff_fn fn,
                void *ctx)
{
    diff_below(fields, "", from, to, fn, ctx);
}

void field_keep(const struct field *fields, const void *from, void *to)
{
    for (const struct field *field = fields; field->key; field++) {
        const char *source = (const char *)from + field->offset;
        char *dest = (char *)to + field->offset;
        if (field->type == FIELD_SECTION)
            field_keep(field->section, source, dest);
        else if (field->needs_restart)
            memcpy(dest, source, size_of(field->type));
    }
}
