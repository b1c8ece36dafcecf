/* A dataset version in the making: bytes of dataset files go through the importer into a staged
 * dataset of the store, which becomes a version in the end or goes. What dataset.import_*,
 * dataset.from_run and the inboxes have in common.
 *
 * All but new and free runs on the writing connection's pool thread, one call after the other. The
 * first failure of the store stays in rc and err, and nothing more is done after it. */
#ifndef DAEMON_ENGINE_STAGING_H
#define DAEMON_ENGINE_STAGING_H

#include "daemon/store/store.h"
#include "lib/json.h"

struct staging;

struct staging *staging_new(const char *name);
void staging_own_cases(
    struct staging *staging);               /* before any bytes: no other format is looked for */
void staging_free(struct staging *staging); /* the staged cases stay: abort or finish before */

/* 0, or what the store failed with; err may be NULL. */
int staging_failure(const struct staging *staging, struct as_err *err);
void staging_begin(struct staging *staging, struct store *store);
/* The next bytes of the file; what is whole of them is stored, in one transaction. */
void staging_feed(struct staging *staging, struct store *store, const char *file,
                  struct as_str bytes);
/* The same in two steps, for who looks at each line: their cases wait in memory until they are
 * stored, all in one transaction. */
void staging_parse(struct staging *staging, const char *file, struct as_str bytes);
void staging_store(struct staging *staging, struct store *store);
void staging_abort(struct staging *staging, struct store *store);
/* {dataset or null, is_new, newest, good, bad, bad_lines}: dataset is null when nothing was kept;
 * then all of it is gone. is_strict: one bad line keeps all of it out. */
struct as_json *staging_finish(struct staging *staging, struct store *store, bool is_strict);
/* The other end, for who makes the version himself: what store_dataset_finish needs. AS_EINVAL: not
 * one good line. */
struct staging_seal {
    int64_t id;
    struct as_sha256 hash;
    const char *format;
};
int staging_seal(struct staging *staging, struct store *store,
                 struct staging_seal *ret_seal) AS_MUST_USE;
int64_t staging_id(const struct staging *staging); /* once it is begun */
/* So far. */
uint64_t staging_good(const struct staging *staging);
uint64_t staging_bad(const struct staging *staging);

/* A dataset version as the answers show it. */
struct as_json *staging_dataset_json(const struct dataset_info *info);
/* Letters, digits, '-', '_' and '.', which is not the first. AS_EINVAL. */
int staging_check_name(const char *name, struct as_err *err) AS_MUST_USE;

#endif
