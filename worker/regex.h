/* A bounded matcher of regular expressions: PCRE2, without its compiler to machine code, and with
 * all of its memory in the Lua heap, so that the next row starts without it.
 *
 * An operation (the matches of one pattern in one text) has a budget of steps, which depends on the
 * two alone: a pattern that goes back over and over is given up at the same point on every machine,
 * and long before the row's deadline. Nothing here raises or knows Lua. */
#ifndef WORKER_REGEX_H
#define WORKER_REGEX_H

#include "lib/buf.h"
#include "worker/arena.h"

#define REGEX_PATTERN_MAX_BYTES 8192u
#define REGEX_STEPS_MAX 2000000u
#define REGEX_HEAP_MAX_KB 16384u /* for the places that a match may have to go back to */
#define REGEX_WHY_BYTES 256u

enum regex_flag {
    REGEX_IGNORE_CASE = 1 << 0,
    REGEX_MULTILINE = 1 << 1,  /* ^ and $ also at line ends */
    REGEX_DOT_ALL = 1 << 2,    /* . also a line end */
    REGEX_EXTENDED = 1 << 3,   /* white space and # comments in the pattern are left out */
    REGEX_JAVASCRIPT = 1 << 4, /* $ is the very end, \u00e9, []: what JSON Schema means */
};

struct regex_engine; /* the contexts and the budget */
struct regex;        /* one compiled pattern, with room for one match; freed before its engine */

/* In memory of the caller, of regex_engine_bytes. The arena outlives it. False: no memory. */
size_t regex_engine_bytes(void);
bool regex_engine_init(struct regex_engine *engine, struct arena *arena) AS_MUST_USE;
/* What the patterns hold at the moment. */
size_t regex_engine_used(const struct regex_engine *engine);
/* The sentence for the last NULL or REGEX_FAILED. */
const char *regex_engine_why(const struct regex_engine *engine);

/* The pattern must be UTF-8. NULL: it is wrong, or there is no memory. */
struct regex *regex_new(struct regex_engine *engine, struct as_str pattern, unsigned flags);
void regex_free(struct regex *regex);

/* Begins an operation. */
void regex_refill(struct regex_engine *engine);

enum regex_result { REGEX_NONE, REGEX_FOUND, REGEX_FAILED };

/* The first match in text, which is valid UTF-8, from a byte on; never an empty one right there
 * when skip_empty is set. */
enum regex_result regex_match(struct regex *regex, struct as_str text, size_t from,
                              bool skip_empty);

/* After REGEX_FOUND: the groups, of which 0 is the whole match. False: it took no part. */
size_t regex_group_count(const struct regex *regex);
bool regex_group(const struct regex *regex, size_t group, size_t *ret_start, size_t *ret_end);

#endif
