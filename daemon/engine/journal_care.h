/* Care for the journal: journal.stats, journal.verify and journal.prune.
 *
 * All of it is done in small pieces of work off the loop, with bounded memory. done fires once, on
 * a later turn: with the result, or with NULL and the reason. Belongs to the loop's thread. */
#ifndef DAEMON_ENGINE_JOURNAL_CARE_H
#define DAEMON_ENGINE_JOURNAL_CARE_H

#include "daemon/engine/engine.h"

#define VERIFY_FINDINGS_MAX 100        /* that an answer names */
#define PRUNE_AGE_MS (30ll * 86400000) /* what stats calls prunable */

typedef void (*care_done_fn)(void *ctx, struct as_json *result_take, const struct as_err *err);

void engine_journal_stats(struct engine *engine, care_done_fn done, void *ctx);
/* run 0: all. */
void engine_journal_verify(struct engine *engine, int64_t run, care_done_fn done, void *ctx);

struct prune_request {
    int64_t older_than_ms; /* since their end; 0 = of any age */
    uint32_t keep_last;    /* of each eval */
    bool is_dry_run;
    const char *who, *why; /* why may be NULL */
};
/* Takes finished groups without a tag out of the store, each as a whole: record, rows, exchanges,
 * score sets, and plugin sources that nothing else needs. Datasets stay. */
void engine_journal_prune(struct engine *engine, const struct prune_request *request,
                          care_done_fn done, void *ctx);

#endif
