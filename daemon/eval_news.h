/* Eval files that come to be refused, and those that are so no longer, as events. A nightly eval
 * whose file has a mistake starts nothing and fails nothing: without a word nobody would know.
 * Called by whoever puts evals in force, on the loop. */
#ifndef DAEMON_EVAL_NEWS_H
#define DAEMON_EVAL_NEWS_H

#include "daemon/config/config.h"
#include "daemon/engine/events.h"

/* What is met at the start, with no evals before, is no news: it is in the lists. */
void eval_news_tell(struct events *events, const struct eval_set *before,
                    const struct eval_set *after);

#endif
