/* The plugins that are live: files of the watched folders, turned into versions by a jailed worker.
 *
 * A file becomes a version when its worker has loaded it and its own examples pass. Versions are
 * told apart by the SHA-256 of their bytes. The same name and version with other bytes is refused;
 * a file that fails leaves the last good version of that file in force. Who wants to use a version
 * holds a reference: a run group that pinned one keeps it, whatever happens to the file. Used by
 * engine (resolve, adopt) and control (list, check). It never runs Lua and knows nothing of
 * runs. */
#ifndef DAEMON_PLUGIN_REGISTRY_H
#define DAEMON_PLUGIN_REGISTRY_H

#include "daemon/core/loop.h"
#include "daemon/model/event.h"
#include "daemon/sandbox/sandbox.h"
#include "lib/hash.h"
#include "lib/job.h"

struct registry;

enum plugin_state {
    PLUGIN_LIVE,    /* loaded, examples pass, its file is there */
    PLUGIN_RETIRED, /* its file is gone or has other bytes now; kept while referred to */
};

/* One accepted version. Immutable but for state, refs and path. Strings are owned by it. */
struct plugin_version {
    enum plugin_kind kind;
    char *name;
    char *version;         /* "1.2.0" */
    char *selector;        /* "exact_match@1.2.0" */
    struct as_sha256 hash; /* of source */
    char *source;
    size_t source_len;
    char *doc, *params_json, *requires_json;
    char *criteria_json;               /* rubrics; NULL otherwise */
    char *auth_header, *auth_prefix;   /* providers; NULL otherwise */
    double scale_min, scale_max, pass; /* NaN where not declared */
    uint32_t example_count;
    char *path;       /* file it came from; NULL when adopted from the store */
    int64_t since_ms; /* wall clock when it went live */
    enum plugin_state state;
    uint64_t sandbox_id; /* for sandbox_submit */
    unsigned refs;       /* registry's own included */
    struct registry *registry;
};
struct plugin_version *plugin_version_ref(struct plugin_version *version);
void plugin_version_unref(struct plugin_version *version); /* the last one closes its workers */

/* A file that is not in force, and why. */
struct plugin_refusal {
    const char *path;
    const char *reason; /* names the line */
    int64_t since_ms;
};

typedef void (*registry_change_fn)(void *ctx);

struct registry_options {
    /* Each is watched, with its sub-folders one level deep; NULL-terminated. */
    const char *const *directories;
    /* A version went live or was retired, or a file was refused; may be NULL. */
    registry_change_fn on_change;
    event_emit_fn on_event; /* what became of a file, as an event, at once; may be NULL */
    void *ctx;
};

int registry_new(struct loop *loop, struct sandbox *sandbox, const struct registry_options *options,
                 struct registry **ret_registry, struct as_err *err) AS_MUST_USE;
void registry_free(struct registry *registry); /* all references must have been given back */

/* Scans now; done (may be NULL) fires when every file seen by this scan is live or refused. */
void registry_scan(struct registry *registry, void (*done)(void *ctx), void *ctx);

/* selector: name, name@1, name@1.2, name@1.2.0 or name@sha256:HEX (a prefix of 8 or more digits
 * will do). On success *ret_version is a new reference. AS_ENOENT: err names the nearest names.
 * Only live versions are found by name; by hash retired ones too. */
int registry_find(struct registry *registry, enum plugin_kind kind, const char *selector,
                  struct plugin_version **ret_version, struct as_err *err) AS_MUST_USE;

/* How one example ended. */
struct plugin_example {
    const char *reason; /* NULL: it passed */
    uint32_t row_us;    /* as the worker says */
};

/* Looks at a source without installing it: load, manifest, examples. */
struct plugin_report {
    const struct job_loaded *loaded; /* its reason when it does not load */
    uint32_t examples_run, examples_failed;
    const char *first_failure;             /* NULL when all pass */
    const struct plugin_example *examples; /* as many as were run, in their order */
};
typedef void (*registry_inspect_fn)(void *ctx, const struct plugin_report *report);
void registry_inspect(struct registry *registry, const char *chunk_name, struct as_str source,
                      registry_inspect_fn done, void *ctx);

/* Brings a source back that a group pinned (the same bytes that are live or retired give that
 * version). done gets a new reference or NULL with a reason. Examples are not run again. */
typedef void (*registry_adopt_fn)(void *ctx, struct plugin_version *version, const char *reason);
void registry_adopt(struct registry *registry, const char *chunk_name, struct as_str source,
                    registry_adopt_fn done, void *ctx);

/* Listing, for control: versions ordered by kind, name, version; then refusals ordered by path.
 * Borrowed for the call. */
typedef void (*registry_version_fn)(void *ctx, const struct plugin_version *version);
typedef void (*registry_refusal_fn)(void *ctx, const struct plugin_refusal *refusal);
void registry_each(struct registry *registry, registry_version_fn fn, void *ctx);
/* That order, as strcmp; it looks at kind, name, version and hash. */
int plugin_version_compare(const struct plugin_version *a, const struct plugin_version *b);
void registry_each_refusal(struct registry *registry, registry_refusal_fn fn, void *ctx);
/* Files whose new bytes are on trial, ordered by path. */
typedef void (*registry_path_fn)(void *ctx, const char *path);
void registry_each_loading(struct registry *registry, registry_path_fn fn, void *ctx);

#endif
