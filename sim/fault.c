/* The table of faults, their spelling, and the draw. A draw is a hash, not a random number, so that
 * it depends neither on the order in which requests come nor on how many there are; each fault
 * mixes in its own kind, so that two faults of the same rate do not hit the same requests. */
#include "sim/fault.h"

#include "lib/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARAM_MAX 3600000
#define HUGE_MAX_MB 512

/* clang-format off */
static const struct {
    const char *name;
    uint32_t param;
    const char *help;
} kinds[FAULT_KINDS] = {
    [FAULT_NONE] = {"none", 0, ""},
#define X(sym, name, param, text) [sym] = {name, param, text},
    FAULT_TABLE(X)
#undef X
};
/* clang-format on */

const char *fault_name(enum fault_kind kind)
{
    return kinds[kind].name;
}

const char *fault_help(enum fault_kind kind)
{
    return kinds[kind].help;
}

int fault_make(const char *kind, double rate, int64_t param, struct fault *ret_fault,
               struct as_err *err)
{
    enum fault_kind found = FAULT_NONE + 1;
    while (found < FAULT_KINDS && strcmp(kinds[found].name, kind))
        found++;
    if (found == FAULT_KINDS)
        return as_err_set(err, AS_EINVAL, "there is no fault \"%s\"; assay-sim --help lists them",
                          kind);
    if (!(rate >= 0 && rate <= 1))
        return as_err_set(err, AS_EINVAL, "the rate of fault \"%s\" must be from 0 to 1", kind);
    int64_t limit = found == FAULT_HUGE ? HUGE_MAX_MB : PARAM_MAX;
    if (param > limit)
        return as_err_set(err, AS_EINVAL, "the parameter of fault \"%s\" is above %d", kind,
                          (int)limit);
    *ret_fault = (struct fault){found, rate, param < 0 ? kinds[found].param : (uint32_t)param};
    return 0;
}

static bool take_number(const char **at, double *ret_number)
{
    char *end;
    *ret_number = strtod(*at, &end);
    bool is_number = end > *at && (*end == ':' || *end == '\0');
    *at = *end == ':' ? end + 1 : end;
    return is_number;
}

int fault_parse(const char *spec, struct fault *ret_fault, struct as_err *err)
{
    char kind[32];
    size_t len = strcspn(spec, ":");
    snprintf(kind, sizeof(kind), "%.*s", (int)(len < sizeof(kind) ? len : sizeof(kind) - 1), spec);
    const char *at = spec[len] ? spec + len + 1 : spec + len;
    double rate = 1, param = -1;
    bool is_good = !spec[len] || (take_number(&at, &rate) && (!*at || take_number(&at, &param)));
    if (!is_good || *at || (param < 0 && param != -1))
        return as_err_set(err, AS_EINVAL, "\"%s\" is no fault: write KIND:RATE or KIND:RATE:PARAM",
                          spec);
    return fault_make(kind, rate, param > PARAM_MAX ? PARAM_MAX + 1 : (int64_t)param, ret_fault,
                      err);
}

int fault_set_add(struct fault_set *set, const struct fault *fault)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->items[i].kind == fault->kind) {
            set->items[i] = *fault;
            return 0;
        }
    }
    if (set->count == FAULTS_MAX)
        return AS_ELIMIT;
    set->items[set->count++] = *fault;
    return 0;
}

const struct fault *fault_set_pick(const struct fault_set *set, uint64_t seed, uint64_t request,
                                   uint32_t attempt)
{
    for (size_t i = 0; i < set->count; i++) {
        uint64_t stream = (uint64_t)attempt * FAULT_KINDS + set->items[i].kind;
        struct as_rng rng = as_rng_stream(as_rng_mix64(seed) ^ request, stream);
        if (as_rng_unit(&rng) < set->items[i].rate)
            return &set->items[i];
    }
    return NULL;
}
