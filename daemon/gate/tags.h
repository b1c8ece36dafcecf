/* Tags in the gate: the paired comparison within each, with the tests' p-values adjusted for how
 * many there are. A case may carry several tags, so that the tests are not independent: Holm's
 * adjustment does not ask for that. Inside daemon/gate only. */
#ifndef DAEMON_GATE_TAGS_H
#define DAEMON_GATE_TAGS_H

#include "daemon/gate/check.h"

/* Fills the verdict's tags; the pairs are there. */
void gate_compare_tags(const struct gate_context *context);

#endif
