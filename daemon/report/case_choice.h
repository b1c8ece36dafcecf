/* Which cases of a run become a dataset of their own, in a word or two: `failed`, `flipped`, or
 * `score<0.5` with any of < <= > >=. Pure. */
#ifndef DAEMON_REPORT_CASE_CHOICE_H
#define DAEMON_REPORT_CASE_CHOICE_H

#include "daemon/report/flips.h"

enum case_choice_kind {
    CASE_CHOICE_FAILED, /* the score is below the pass threshold, or the model itself failed */
    CASE_CHOICE_FLIPPED,
    CASE_CHOICE_SCORE /* the score stands so to the bound; cases without one are not taken */
};

enum case_choice_op { CASE_CHOICE_LT, CASE_CHOICE_LE, CASE_CHOICE_GT, CASE_CHOICE_GE };

struct case_choice {
    enum case_choice_kind kind;
    enum case_choice_op op;
    double bound;
};

/* AS_EINVAL with what there is. */
int case_choice_parse(const char *text, struct case_choice *ret_choice,
                      struct as_err *err) AS_MUST_USE;

/* Is a member's side of a case one of those? Never by flipped, which takes two: flip_between. */
bool case_choice_takes(const struct case_choice *choice, const struct flip_side *side,
                       const struct gate_rules *rules);
/* Appends why it is: "exact_match: 0.25 for small, failed". */
void case_choice_describe(const struct case_choice *choice, const struct flip_side *side,
                          const struct gate_rules *rules, const char *metric, const char *model,
                          struct as_buf *out);

#endif
