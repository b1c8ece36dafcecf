/* One walk of a scorer version over the stored outputs of a run group: private to daemon/engine.
 *
 * Rows are read in pages, scored side by side in the sandbox, and, when a score set is given, added
 * to it; meanwhile the next page is read. No more than three pages are in memory, whatever the size
 * of the group. No model is called, and nothing of the group is written. Belongs to the loop. */
#ifndef DAEMON_ENGINE_RESCORE_PASS_H
#define DAEMON_ENGINE_RESCORE_PASS_H

#include "daemon/engine/group.h"
#include "daemon/store/score_sets.h"

#define PASS_PAGE_ROWS 128
#define PASS_WINDOW 64 /* rows in the sandbox: one of its batches at work, one waiting */

struct pass;

/* A row and what the version says of it; scored is NULL for a row without an output. */
typedef void (*pass_row_fn)(void *ctx, const struct row_listing *row,
                            const struct set_score *scored);
/* Fires once, on a later turn, when nothing of the pass is under way any more; frees the pass. */
typedef void (*pass_end_fn)(void *ctx, int rc, const struct as_err *err);

struct pass_options {
    struct engine *engine;
    const struct plugin_version *version; /* outlives the pass, and so do the pins */
    const struct pins *pins;
    int64_t group_id, dataset_id;
    uint32_t metric;            /* of the pins: whose parameters and seeds the scorer gets */
    int64_t set_id;             /* 0: nothing is kept */
    pass_row_fn on_row;         /* every row of the group, in the order of the keys */
    void (*on_step)(void *ctx); /* pass_rows_done has grown; inside answers of the sandbox */
    pass_end_fn on_end;
    void *ctx;
};

struct pass *pass_start(const struct pass_options *options);
void pass_cancel(struct pass *pass);             /* it ends with AS_ECANCELED */
int64_t pass_rows_done(const struct pass *pass); /* gone through, with an output or without */

#endif
