/* Faults on demand: what kind, how often, and which request is hit.
 *
 * A fault hits a request when hash(seed, request, attempt, fault) falls below its rate: the same
 * run meets the same faults, and a repeated request is a new attempt that normally succeeds. Rate 1
 * hits always. Of several faults the first that hits is taken. Sets come from the command line and
 * from POST /_sim/fault. */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include "lib/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define FAULTS_MAX 24

/* X(enum, name, default parameter, what it does; the parameter) */
#define FAULT_TABLE(X)                                                                             \
    X(FAULT_429, "429", 1, "429 with Retry-After; seconds")                                        \
    X(FAULT_QUOTA, "quota", 0, "429 because no money is left")                                     \
    X(FAULT_500, "500", 0, "500 in the vendor's error shape")                                      \
    X(FAULT_529, "529", 0, "529 overloaded in the vendor's error shape")                           \
    X(FAULT_BROKEN_JSON, "broken-json", 0,                                                         \
      "200 whose body stops half way, Content-Length to match")                                    \
    X(FAULT_TRUNCATED, "truncated", 0, "half the body that Content-Length promises, then close")   \
    X(FAULT_RESET, "reset", 0, "connection reset before the answer")                               \
    X(FAULT_STALL_HEAD, "stall-head", 0, "never answers")                                          \
    X(FAULT_STALL_BODY, "stall-body", 0, "half the body, then silence")                            \
    X(FAULT_DRIP, "drip", 200, "half the body, then a byte at a time; milliseconds between them")  \
    X(FAULT_RATE, "rate", 100,                                                                     \
      "429 with Retry-After: 1 to what is above so many requests a second, a tenth of a second's " \
      "at once; requests a second")                                                                \
    X(FAULT_WRONG_TYPE, "wrong-type", 0, "200 with an HTML page")                                  \
    X(FAULT_HUGE, "huge", 64, "a valid answer of that size; megabytes")                            \
    X(FAULT_SLOW, "slow", 1000, "the answer after a pause; milliseconds")                          \
    X(FAULT_REDIRECT, "redirect", 0,                                                               \
      "307 to the same path of another port of 127.0.0.1; the port, 0: here")                      \
    X(FAULT_ECHO_KEY, "echo-key", 0, "401 that repeats the request's key in header and body")

/* clang-format off */
enum fault_kind {
    FAULT_NONE,
#define X(sym, name, param, text) sym,
    FAULT_TABLE(X)
#undef X
    FAULT_KINDS
};
/* clang-format on */

struct fault {
    enum fault_kind kind;
    double rate; /* 0 to 1 */
    uint32_t param;
};

struct fault_set {
    struct fault items[FAULTS_MAX];
    size_t count;
    bool are_models_well; /* the faults that models have of their own are off */
};

const char *fault_name(enum fault_kind kind); /* "none" for FAULT_NONE */
const char *fault_help(enum fault_kind kind);
/* AS_EINVAL for an unknown name, a rate outside 0..1, or a parameter that is too large. A param
 * below 0 stands for the default. */
int fault_make(const char *kind, double rate, int64_t param, struct fault *ret_fault,
               struct as_err *err) AS_MUST_USE;
/* "KIND:RATE[:PARAM]"; a bare "KIND" has rate 1. */
int fault_parse(const char *spec, struct fault *ret_fault, struct as_err *err) AS_MUST_USE;

/* Replaces a fault of the same kind; AS_ELIMIT when the set is full. */
int fault_set_add(struct fault_set *set, const struct fault *fault) AS_MUST_USE;
/* The fault that hits, or NULL. */
const struct fault *fault_set_pick(const struct fault_set *set, uint64_t seed, uint64_t request,
                                   uint32_t attempt);

#endif
