/* Which cases of a dataset version a run group takes, by the rules of model/selection_rules.
 *
 * Pure: it is given every case once, in the order of the dataset, and answers with positions. A
 * draw depends on the seed and on the cases' ids alone: the same seed gives the same cases, in
 * whatever order a file has them and however often it is asked. It is used on a pool thread when a
 * group is started or planned; what it chose is stored with the group and never made again. */
#ifndef DAEMON_ENGINE_SELECTION_H
#define DAEMON_ENGINE_SELECTION_H

#include "daemon/model/row.h"
#include "daemon/model/selection_rules.h"

struct selection {
    int64_t *seqs; /* positions, rising; NULL: the first count cases. Freed by selection_done */
    int64_t count;
};
void selection_done(struct selection *selection);
bool selection_has(const struct selection *selection, int64_t seq);

struct selector;

/* The rules are borrowed until the selector is freed. */
struct selector *selector_new(const struct selection_rules *rules);
/* Must cases come with their JSON, or are their heads enough? */
bool selector_needs_json(const struct selector *selector);
void selector_add(struct selector *selector, const struct case_record *record);
/* AS_EINVAL: no case meets the terms; the sentence says which of them, and what may be meant.
 * dataset is its name there. */
int selector_choose(struct selector *selector, const char *dataset, struct selection *ret_selection,
                    struct as_err *err) AS_MUST_USE;
void selector_free(struct selector *selector);

#endif
