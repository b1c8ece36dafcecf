/* What the name of a model, as its API takes it, tells of it: whose family it is of, and whether
 * the name stays with one model. By the names in use; of a name that is not known nothing is said.
 * Pure. */
#ifndef DAEMON_MODEL_MODEL_ID_H
#define DAEMON_MODEL_MODEL_ID_H

#include <stdbool.h>

/* "GPT", "Claude" ...: the same text for all models that one vendor made and named so; NULL: not
 * known. */
const char *model_id_family(const char *id);

/* Is it a name that its vendor moves from model to model: one of a family that dates or numbers the
 * models behind its names, without a date or number; or one that says "latest"? */
bool model_id_is_floating(const char *id);

/* The same model, however much of a path ("openai/", "models/") stands before it? */
bool model_id_is_same(const char *a, const char *b);

#endif
