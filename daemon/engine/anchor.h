/* What an eval's anchor says of the judge (report/cause.h makes the cause of a drift of it).
 *
 * An anchor is an eval of recorded answers with the same rubric and judge, its own schedule and its
 * own pinned run: nothing but the judge can change there. Of its runs the first that was judged
 * during the eval's run or after it speaks, and until there is one the newest before it, which can
 * tell that the judge has drifted but not that it holds. Runs that were not judged anew, or by
 * another judge, are passed over. Its reference must be as old as the
 * eval's, or at most drift.max_gap younger. Else the word has the reason, and what to do. Reads the
 * store, on a pool thread. */
#ifndef DAEMON_ENGINE_ANCHOR_H
#define DAEMON_ENGINE_ANCHOR_H

#include "daemon/model/eval.h"
#include "daemon/report/cause.h"
#include "daemon/store/store.h"

struct anchor_question {
    const struct eval_def *eval; /* as it is in force; NULL: it is not there any more */
    int64_t run, reference;      /* of the eval; reference 0: none */
    const char *metric;
};

/* Texts lie in the arena. Only the store's failures are errors. */
int anchor_ask(struct store *store, const struct anchor_question *question, struct as_arena *arena,
               struct judge_word *ret_word, struct as_err *err) AS_MUST_USE;

#endif
