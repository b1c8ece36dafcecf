/* What moved when a group's outputs were scored by another version: the counts, the first rows that
 * flipped or failed, and every new score for the report that asks what the verdict would have been.
 * Private to daemon/engine. Memory: 16 bytes a row, as the report's own table. */
#ifndef DAEMON_ENGINE_RESCORE_TALLY_H
#define DAEMON_ENGINE_RESCORE_TALLY_H

#include "daemon/engine/pins.h"
#include "daemon/report/result.h"
#include "daemon/store/score_sets.h"

struct tally;

/* list_max: so many rows are named in each list; all are counted. pins and version outlive it. */
struct tally *tally_new(const struct pins *pins, uint32_t metric,
                        const struct plugin_version *version, int64_t case_count,
                        uint32_t list_max);
void tally_free(struct tally *tally); /* accepts NULL */

/* scored NULL: the row has no output to score. */
void tally_add(struct tally *tally, const struct row_listing *row, const struct set_score *scored);
const struct report_swap *tally_swap(const struct tally *tally);

/* The answer, docs/control-protocol.md under run.rescore, but for run, eval and set. before and
 * after are the results of report_build without and with the swap. */
struct as_json *tally_to_json(const struct tally *tally, const struct as_json *before,
                              const struct as_json *after);
bool tally_flips_verdict(const struct as_json *before, const struct as_json *after);

#endif
