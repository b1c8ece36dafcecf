/* Version numbers and selectors: which version does "exact_match@1.2" mean?
 *
 * Pure; used by the registry and by control. A version is MAJOR.MINOR.PATCH in numbers, compared as
 * numbers. A selector is a name, alone (the highest version) or followed by @1, @1.2, @1.2.0 (the
 * highest that starts so) or @sha256:HEX (those bytes). */
#ifndef DAEMON_PLUGIN_SELECTOR_H
#define DAEMON_PLUGIN_SELECTOR_H

#include "lib/hash.h"
#include "lib/job.h"

#define SELECTOR_HASH_MIN_DIGITS 8u

struct plugin_number {
    uint32_t part[3];
};

int plugin_number_parse(const char *text, struct plugin_number *ret_number) AS_MUST_USE;
/* Below, equal to or above 0, as strcmp. */
int plugin_number_compare(const struct plugin_number *a, const struct plugin_number *b);

struct selector {
    char name[JOB_NAME_MAX_BYTES + 1];
    uint32_t part_count; /* numbers given: 0 to 3 */
    struct plugin_number number;
    char hash_prefix[AS_SHA256_HEX_BYTES]; /* "" unless the selector names bytes */
};

/* AS_EINVAL: err (may be NULL) says what a selector looks like. */
int selector_parse(const char *text, struct selector *ret_selector, struct as_err *err) AS_MUST_USE;
bool selector_takes_number(const struct selector *selector, const struct plugin_number *number);
bool selector_takes_hash(const struct selector *selector, const struct as_sha256 *hash);

#endif
