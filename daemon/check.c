/* Plugins are loaded as the daemon would load them, each by a worker, so that a name that leads
 * nowhere and a file that would be refused are told before anything runs. A key that is missing, or
 * a program that people are told by, is a warning: it may live on another machine than the one that
 * checks. */
#include "daemon/check.h"

#include "daemon/engine/names.h"
#include "lib/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void warn_of_missing_keys(const struct config *config)
{
    const char *told = "";
    for (size_t i = 0; i < config->model_count; i++) {
        const char *name = config->models[i].key_name;
        struct as_buf key = {0};
        struct as_err err = {0};
        if (name && strcmp(name, told) && secret_read(&config->secrets, name, &key, &err)) {
            fprintf(stderr, "%s: warning: %s\n", config->path, err.msg);
            told = name;
        }
        as_buf_wipe(&key);
    }
}

/* The program may be on another machine too; here it is missing where somebody mistyped it. */
static void warn_of_targets(const struct config *config, const char *path,
                            const struct notify_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct notify_target *to = &rules->rules[i].to;
        struct as_buf key = {0};
        struct as_err err = {0};
        if (to->argv && access(to->argv[0], X_OK))
            fprintf(stderr, "%s: warning: notify '%s': %s: %s\n", path, rules->rules[i].name,
                    to->argv[0], strerror(errno));
        if (to->secret && secret_read(&config->secrets, to->secret, &key, &err))
            fprintf(stderr, "%s: warning: notify '%s': %s\n", path, rules->rules[i].name, err.msg);
        as_buf_wipe(&key);
    }
}

static void on_scanned(void *ctx)
{
    loop_stop(ctx);
}

static void add_refusal(void *ctx, const struct plugin_refusal *refusal)
{
    as_buf_addf(ctx, "%s: %s\n", refusal->path, refusal->reason);
}

/* With every plugin live or refused. */
static void check_plugins(const struct config *config, const struct eval_set *evals,
                          struct loop *loop, struct sandbox *sandbox, struct as_buf *problems)
{
    struct registry_options options = {.directories = config->plugin_dirs};
    struct registry *registry = NULL;
    struct as_err err = {0};
    if (registry_new(loop, sandbox, &options, &registry, &err)) {
        as_buf_addf(problems, "%s\n", err.msg);
        return;
    }
    registry_scan(registry, on_scanned, loop);
    loop_run(loop);
    registry_each_refusal(registry, add_refusal, problems);
    names_check(config, evals, registry, problems);
    registry_free(registry);
}

static void check_in_sandbox(const struct config *config, const struct eval_set *evals,
                             const char *worker_path, struct as_buf *problems)
{
    struct sandbox_options options = {.worker_path = worker_path,
                                      .row_deadline_ms = config->row_deadline_ms,
                                      .load_deadline_ms = config->load_deadline_ms};
    struct loop *loop = NULL;
    struct sandbox *sandbox = NULL;
    struct as_err err = {0};
    int rc = loop_new(&loop);
    if (rc)
        as_err_set(&err, rc, "the event loop cannot be made");
    else
        rc = sandbox_new(loop, &options, &sandbox, &err);
    if (rc)
        as_buf_addf(problems, "%s\n", err.msg);
    else
        check_plugins(config, evals, loop, sandbox, problems);
    sandbox_free(sandbox);
    loop_free(loop);
}

int check_run(struct config *config, const char *worker_path)
{
    struct eval_set *evals = NULL;
    struct as_buf problems = {0};
    struct as_err err = {0};
    as_log_set_level(AS_LOG_ERR); /* what is to be told is told below */
    if (eval_set_load(config, &evals, &err)) {
        fprintf(stderr, "%s\n", err.msg);
        return as_err_exit_code(AS_EINVAL);
    }
    for (size_t i = 0; i < evals->refusal_count; i++)
        as_buf_addf(&problems, "%s\n", evals->refusals[i].reason);
    check_in_sandbox(config, evals, worker_path, &problems);
    warn_of_missing_keys(config);
    warn_of_targets(config, config->path, &config->notify);
    for (size_t i = 0; i < evals->eval_count; i++)
        warn_of_targets(config, evals->evals[i].path, &evals->evals[i].notify);
    fputs(as_buf_str(&problems).ptr, stderr);
    if (!problems.len)
        printf("%s: ok: %zu model%s, %zu eval%s\n", config->path, config->model_count,
               config->model_count == 1 ? "" : "s", evals->eval_count,
               evals->eval_count == 1 ? "" : "s");
    int code = problems.len ? as_err_exit_code(AS_EINVAL) : 0;
    eval_set_unref(evals);
    as_buf_done(&problems);
    return code;
}
