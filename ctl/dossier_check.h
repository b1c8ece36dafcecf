/* Does a dossier hold? Its hashes, and whether what it says follows from what it shows. Pure, and
 * without a daemon. */
#ifndef CTL_DOSSIER_CHECK_H
#define CTL_DOSSIER_CHECK_H

#include "lib/json.h"

/* {holds, problems: [sentence], run, eval, outcome, made_ms, assay_version, sha256}: what it cannot
 * tell is null. *ret_sealed: what was read, to be freed; NULL when it is no dossier. */
struct as_json *dossier_check(struct as_str text, struct as_json **ret_sealed);

#endif
