/* What the files of daemon/plugin share: the registry's lists and the steps between them.
 *
 * Private to daemon/plugin. registry.c drives scans and watches and answers questions; files.c
 * turns what a scan saw into versions in force and refusals; version.c makes and unmakes versions;
 * request.c serves inspections and adoptions.
 * A file holds one reference to the version that it has in force; a version without such a file is
 * retired, and goes when the last other reference is given back. on_change and the callbacks of
 * scans fire from one timer, on a later turn. */
#ifndef DAEMON_PLUGIN_REGISTRY_OWN_H
#define DAEMON_PLUGIN_REGISTRY_OWN_H

#include "daemon/core/watch.h"
#include "daemon/plugin/registry.h"
#include "daemon/plugin/scan.h"
#include "daemon/plugin/selector.h"
#include "daemon/plugin/trial.h"

#define GONE_GRACE_MS 50     /* an editor or a deployment may remove a file just to put it back */
#define RESCAN_DELAY_MS 1000 /* after a failure that may pass by itself */

/* New bytes between their file and a version. Two files with the same bytes share one. In the order
 * of making, which within one scan is the order of paths: of two files that claim the same version,
 * the first by path gets it, every time. */
struct candidate {
    struct candidate *next;
    struct registry *registry;
    uint64_t scan_number;
    struct as_sha256 hash;
    struct as_str source; /* owned */
    struct trial *trial;
};

struct plugin_file {
    struct plugin_file *next;
    char *path;
    struct scan_signature signature;
    struct as_sha256 hash; /* of the bytes judged last, when is_judged */
    bool is_judged;
    bool is_seen; /* by the scan being applied */
    /* Refused because another version is in the way: judged again when that goes. */
    bool is_conflict;
    uint64_t gone_since_ms;         /* 0: it is there */
    struct candidate *candidate;    /* its bytes are on trial; NULL otherwise */
    struct plugin_version *version; /* in force, one reference; NULL when there is none */
    char *refusal;                  /* why not its bytes; NULL: they are, or nobody knows yet */
    int64_t refused_since_ms;
};

struct watched_folder {
    struct watched_folder *next;
    char *path;
    struct watch *watch;
    bool is_seen, is_top;
};

struct scan_waiter {
    struct scan_waiter *next;
    uint64_t scan_number; /* fires when this scan was applied and nothing is on trial */
    void (*done)(void *ctx);
    void *ctx;
};

struct scan_job;       /* a scan under way: registry.c */
struct plugin_request; /* an inspection or adoption under way: request.c */

struct registry {
    struct loop *loop;
    struct sandbox *sandbox;
    char **directories; /* NULL-terminated */
    registry_change_fn on_change;
    event_emit_fn on_event;
    void *ctx;
    struct plugin_version **versions; /* live and retired, unordered */
    size_t version_count, version_cap;
    struct plugin_file *files;
    struct candidate *candidates;
    struct watched_folder *folders;
    struct plugin_request *requests;
    struct scan_waiter *waiters;
    struct scan_job *scan; /* NULL: none under way */
    uint64_t scans_started, scans_applied;
    bool is_scan_wanted; /* again, when the one under way is done */
    bool is_changed;     /* on_change is due */
    bool is_ending;
    struct loop_timer *soon; /* fires what is due */
    struct loop_timer *rescan;
};

/* registry.c */
void registry_start_scan(struct registry *registry);
void registry_rescan_in(struct registry *registry, uint64_t delay_ms);
void registry_fire_soon(struct registry *registry);
void registry_note_change(struct registry *registry);
void registry_tell(struct registry *registry, enum event_kind kind, const char *path,
                   const char *text);

/* files.c */
void files_apply(struct registry *registry, const struct scan *scan);
void files_free_all(struct registry *registry);
/* A version went: who was refused because of it? */
void files_recheck_conflicts(struct registry *registry);

/* version.c. version_new_take takes sandbox_id and source.ptr; the reference is the caller's. */
struct plugin_version *version_new_take(struct registry *registry,
                                        const struct job_manifest *manifest,
                                        const struct as_sha256 *hash, struct as_str source,
                                        uint64_t sandbox_id);
struct plugin_version *version_by_hash(const struct registry *registry,
                                       const struct as_sha256 *hash);
/* A version of the same kind, name and number made of other bytes. */
struct plugin_version *version_in_the_way(const struct registry *registry,
                                          const struct job_manifest *manifest,
                                          const struct as_sha256 *hash);
/* "sha256:ab12cd34ef56" */
void version_short_hash(const struct as_sha256 *hash, char ret_text[32]);

/* request.c */
void requests_fire_ready(struct registry *registry);
void requests_end_all(struct registry *registry); /* everybody gets an answer, now */

#endif
