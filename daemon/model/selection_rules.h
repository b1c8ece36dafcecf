/* Which cases of a dataset version a run group takes: the terms of --where, how many of the cases
 * that meet them, and how those are drawn.
 *
 * Plain data: run.start says it in words, a run group pins it, engine/selection goes by it. Strings
 * belong to whoever filled it in: an arena. */
#ifndef DAEMON_MODEL_SELECTION_RULES_H
#define DAEMON_MODEL_SELECTION_RULES_H

#include "lib/arena.h"
#include "lib/json.h"

#define SELECTION_TERMS_MAX 16
#define SELECTION_METADATA "metadata." /* begins a key that is the caller's own */

enum selection_sample {
    SELECTION_HEAD,      /* "head": the first of the file */
    SELECTION_RANDOM,    /* "random": drawn by the seed */
    SELECTION_STRATIFIED /* "stratified:KEY": drawn so that each value of KEY keeps its share */
};

struct selection_term { /* tag=billing */
    const char *key, *value;
};

struct selection_rules {
    struct selection_term terms[SELECTION_TERMS_MAX]; /* a case has to meet all of them */
    size_t term_count;
    enum selection_sample sample;
    const char *stratum_key; /* of SELECTION_STRATIFIED */
    uint64_t seed;
    bool has_seed;     /* it was said, and not left at 0 */
    int64_t max_cases; /* 0 = all that meet the terms */
    int64_t of;        /* cases of the dataset version; 0 = not known yet */
};

/* "tag=billing,split=test". NULL: no terms. AS_EINVAL with a sentence that names the remedy. */
int selection_parse_where(const char *text, struct as_arena *arena, struct selection_rules *rules,
                          struct as_err *err) AS_MUST_USE;
/* "head", "random", "stratified:split". NULL: head. AS_EINVAL. */
int selection_parse_sample(const char *text, struct as_arena *arena, struct selection_rules *rules,
                           struct as_err *err) AS_MUST_USE;
/* Do they go together? AS_EINVAL: sampling without a number of cases, a seed without sampling. */
int selection_check(const struct selection_rules *rules, struct as_err *err) AS_MUST_USE;
/* Are cases chosen by what they are, or by chance, instead of being the first ones? */
bool selection_is_chosen(const struct selection_rules *rules);
/* The copy's strings are in the arena. */
void selection_copy(const struct selection_rules *from, struct as_arena *arena,
                    struct selection_rules *ret_rules);

/* "tag=billing, drawn at random by seed 7"; "the first" when that is all. */
void selection_say(const struct selection_rules *rules, struct as_buf *out);

/* {where: "tag=billing,split=test" or null, sample: "head", seed or null, max_cases or null, of,
 * sentence: "tag=billing, drawn at random by seed 7"}. NULL when every case is taken. */
struct as_json *selection_rules_to_json(const struct selection_rules *rules);
/* NULL, as groups of before have it, is every case. AS_EINVAL. */
int selection_rules_from_json(const struct as_json *json, struct as_arena *arena,
                              struct selection_rules *ret_rules) AS_MUST_USE;

#endif
