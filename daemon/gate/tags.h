/* Tags in the gate: the paired comparison within each, with the tests' p-values adjusted for how
 * many there are, and the two checks over them. A case may carry several tags, so that the tests
 * are not independent: Holm's adjustment does not ask for that. Inside daemon/gate only. */
#ifndef DAEMON_GATE_TAGS_H
#define DAEMON_GATE_TAGS_H

#include "daemon/gate/check.h"

/* Fills the verdict's tags; the pairs are there. */
void gate_compare_tags(const struct gate_context *context);

/* require_tag: observed is the fewest compared cases of a tag against what is asked for, limit
 * that. */
void gate_check_require_tag(const struct gate_context *context, struct gate_check *check);
/* tags: observed is the smallest adjusted p of a loss beyond the margin; below the limit it
 * fails. */
void gate_check_tags(const struct gate_context *context, struct gate_check *check);

#endif
