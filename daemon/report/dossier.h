/* A run's decision dossier: one document that says what was decided, by what evidence, and who
 * overrode it, sealed by hashes (lib/seal.h). What is in which part is in docs/control-protocol.md
 * under run.dossier. Pure: what it is made of comes in as JSON. */
#ifndef DAEMON_REPORT_DOSSIER_H
#define DAEMON_REPORT_DOSSIER_H

#include "lib/json.h"

#define DOSSIER_FORMAT 1

struct dossier_sources {
    const struct as_json *run;       /* as run.show gives it, of one that has ended */
    struct as_json *promotions_take; /* those that have to do with the run */
    struct as_json *audit_take;      /* entries on the run, the oldest first */
    struct as_json *journal_take;    /* {exchanges, hash, result_sha256} */
    const char *version;             /* of assayd */
    int64_t made_ms;
};

struct as_json *dossier_of(const struct dossier_sources *sources);

#endif
