/* What is probably a mistake in a plugin that loads: names and parameters that lead nowhere, and
 * examples that are missing.
 *
 * It reads the source by itself, in assayctl and not in the daemon, which interprets nothing that a
 * plugin's author wrote. Pure. It rather keeps silent than warns of what is right: where a
 * parameter table is handed on as a whole, nobody can say which parameters are read. */
#ifndef CTL_LINT_H
#define CTL_LINT_H

#include "lib/json.h"

/* report: the answer of plugin.check for this source, of a plugin that loads. Returns an array of
 * {line, warning}, by line; line is null for what concerns the whole file. */
struct as_json *lint_plugin(struct as_str source, const struct as_json *report);

#endif
