/* Answers that stand in the cases themselves, for members that are not called
 * (model/recording.h). Private to daemon/engine. */
#ifndef DAEMON_ENGINE_RECORDINGS_H
#define DAEMON_ENGINE_RECORDINGS_H

#include "daemon/engine/selection.h"
#include "daemon/store/store.h"
#include "lib/json.h"

/* The case's answer of that name ("" is what production answered), as an object of its own. NULL:
 * the case has none. */
struct as_json *recordings_answer(const struct case_record *item, const char *name);

/* Has any of the selected cases an answer for this member? A model that is called needs
 * none. AS_EINVAL with the dataset's own names; the store's failure. On a pool thread: reads on
 * until it meets the first. */
int recordings_check(struct store *store, const struct dataset_info *dataset,
                     const struct selection *selection, const char *member,
                     struct as_err *err) AS_MUST_USE;

#endif
