/* The configuration: etc/assay.yaml and the eval files, read strictly into an immutable snapshot.
 *
 * Strict: an unknown key, a wrong type, a missing key, a value out of range, a duplicate key or
 * a name that resolves to nothing is an error with file, line, column and, where there is one,
 * the nearest valid name. Every error of all files is reported, not just the first. A snapshot
 * is shared by reference count and never changes; a reload makes a new one. Secrets are not in
 * it, only their names. */
#ifndef DAEMON_CONFIG_CONFIG_H
#define DAEMON_CONFIG_CONFIG_H

#include "daemon/model/eval.h"
#include "daemon/model/inbox_rules.h"
#include "daemon/model/spec.h"
#include "lib/arena.h"
#include "lib/err.h"
#include "lib/log.h"

enum role { ROLE_NONE, ROLE_OBSERVER, ROLE_OPERATOR, ROLE_ADMIN };
const char *role_name(enum role role);

#define ROLE_ANYONE UINT32_MAX /* id of a rule for every user ("*"); no real uid has this value */

struct role_rule { /* the highest role that any matching rule gives */
    enum role role;
    bool is_group;
    uint32_t id; /* uid or gid */
};

/* Where a key's value is looked for, in this order, by the key's name. */
struct secret_sources {
    const char *credentials_dir; /* $CREDENTIALS_DIRECTORY/NAME (systemd); NULL when unset */
    const char *keys_dir;        /* a file of mode 0600 named NAME; NULL when not configured */
    const char *env_file;        /* NAME=value lines, mode 0600; NULL when not configured */
    bool use_environment;        /* getenv(NAME) */
};

struct config {
    const char *path;
    const char *socket_path;
    const char *state_dir;          /* the database lives here */
    const char *promoted_dir;       /* what is promoted is told here, for others to read */
    const char *const *plugin_dirs; /* NULL-terminated: plugins and rubrics */
    const char *eval_dir;
    enum as_log_level log_level;
    bool log_content;
    /* CPU time of plugin code. */
    uint32_t row_deadline_ms, load_deadline_ms;
    uint32_t worker_idle_ms; /* wall: a worker without work ends after it */
    uint32_t drain_ms;       /* SIGTERM: rows under way have so long to end; 0 = none */
    const char *ca_file;     /* extra CA bundle for TLS; NULL = the system's */
    struct role_rule *roles;
    size_t role_count;
    struct secret_sources secrets;
    struct notify_rules notify; /* of every eval, and of what is of none */
    struct model_spec *models;
    size_t model_count;
    struct inbox_rules *inboxes;
    size_t inbox_count;
    struct config *started; /* of config_keep; NULL */
    unsigned refs;
    struct as_arena arena; /* everything above lives here */
};

/* The evals are a snapshot of their own: they are watched and reloaded like plugins. */
struct eval_refusal {
    const char *path;
    /* "etc/evals/x.yaml:7:3: unknown key 'candidate': did you mean 'candidates'?" */
    const char *reason;
};

struct eval_set {
    struct eval_def *evals; /* by name */
    size_t eval_count;
    struct eval_refusal *refusals;
    size_t refusal_count;
    unsigned refs;
    struct as_arena arena;
};

/* One line per problem is appended to ret_problems, "file:line:column: message\n". */
int config_load(const char *path, struct config **ret_config,
                struct as_buf *ret_problems) AS_MUST_USE;
struct config *config_ref(struct config *config);
void config_unref(struct config *config);
/* What a reload changes: each key whose value differs, models by their names ("models.gpt-x"), and
 * whether it takes a restart to take effect. key is borrowed for the call. */
typedef void (*config_diff_fn)(void *ctx, const char *key, bool needs_restart);
void config_diff(const struct config *from, const struct config *to, config_diff_fn fn, void *ctx);
/* Before it is published: where a restart is needed it has what the daemon was started with, which
 * it keeps a reference of, so that a snapshot in force always says what is in force. */
void config_keep(struct config *config, struct config *started);
/* NULL when unknown */
const struct model_spec *config_model(const struct config *config, const char *name);
/* What the provider script gets to see of a model: its name, id and params. */
const char *config_worker_json(struct as_arena *arena, const struct model_spec *spec);

/* Reads every *.yaml of config->eval_dir. A broken file is a refusal, the others load. Never
 * fails but for an unreadable folder. */
int eval_set_load(const struct config *config, struct eval_set **ret_set,
                  struct as_err *err) AS_MUST_USE;
struct eval_set *eval_set_ref(struct eval_set *set);
void eval_set_unref(struct eval_set *set);
/* NULL when unknown */
const struct eval_def *eval_set_find(const struct eval_set *set, const char *name);
/* Of the file that would have defined it; NULL when none was refused. */
const struct eval_refusal *eval_set_refusal(const struct eval_set *set, const char *name);

/* The value of a key, into *ret_value (caller: as_buf_wipe). AS_ENOENT: err says where it
 * was looked for and how to provide it; AS_EDENIED: a file whose mode lets others read it. */
int secret_read(const struct secret_sources *sources, const char *name, struct as_buf *ret_value,
                struct as_err *err) AS_MUST_USE;

/* The keys of the configuration and of an eval file, as items of a man page. */
void config_write_man(struct as_buf *out);
void eval_write_man(struct as_buf *out);

#endif
