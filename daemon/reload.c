/* Reads first, all of it; only when nothing is wrong is anything swapped, in one turn of the loop.
 * Runs under way keep their pins: a new configuration is for what begins after it. */
#include "daemon/reload.h"

#include "daemon/eval_news.h"

#include "daemon/engine/events.h"
#include "lib/log.h"

#include <string.h>

struct changes {
    const struct reload_scope *scope;
    struct as_json *applied, *needs_restart, *evals;
};

static void add_key(void *ctx, const char *key, bool needs_restart)
{
    struct changes *changes = ctx;
    bool is_overridden = changes->scope->is_log_level_given && !strcmp(key, "log.level");
    as_json_push_take(needs_restart || is_overridden ? changes->needs_restart : changes->applied,
                      as_json_new_str(as_str_from(key)));
}

static void add_eval(struct as_json *evals, const char *name, const char *change)
{
    struct as_json *eval = as_json_object();
    as_json_set_str(eval, "eval", name);
    as_json_set_str(eval, "change", change);
    as_json_push_take(evals, eval);
}

static void compare_evals(const struct eval_set *from, const struct eval_set *to,
                          struct as_json *evals)
{
    for (size_t i = 0; i < to->eval_count; i++) {
        const struct eval_def *before = eval_set_find(from, to->evals[i].name);
        if (!before)
            add_eval(evals, to->evals[i].name, "added");
        else if (strcmp(before->source, to->evals[i].source) != 0)
            add_eval(evals, to->evals[i].name, "changed");
    }
    for (size_t i = 0; i < from->eval_count; i++)
        if (!eval_set_find(to, from->evals[i].name))
            add_eval(evals, from->evals[i].name, "removed");
}

static void put_in_force(const struct reload_scope *scope, struct control_reading *reading)
{
    struct control_app *control = scope->control;
    control_server_set_roles(control->server, reading->config->roles, reading->config->role_count);
    engine_set_config(control->engine, reading->config);
    inboxes_set_config(control->inboxes, reading->config);
    scheduler_set_evals(control->scheduler, reading->evals);
    summaries_set_evals(control->summaries, reading->evals);
    notify_set(control->notify, reading->config, reading->evals);
    eval_news_tell(control->events, control->evals, reading->evals);
    if (!scope->is_log_level_given)
        as_log_set_level(reading->config->log_level);
    config_unref(control->config);
    control->config = config_ref(reading->config);
    eval_set_unref(control->evals);
    control->evals = eval_set_ref(reading->evals);
}

static void log_each(enum as_log_level level, const char *what, const struct as_json *texts)
{
    for (size_t i = 0; i < as_json_len(texts); i++)
        as_log(level, "%s%s", what, as_json_cstr(as_json_at(texts, i)));
}

static void log_outcome(const struct as_json *answer, const struct actor *actor)
{
    const struct as_json *problems = as_json_get(answer, "problems");
    log_each(AS_LOG_ERR, "", problems);
    if (as_json_len(problems)) {
        as_log_err("reload by %s: refused; configuration and evals stay as they were", actor->who);
        return;
    }
    as_log_info("reload by %s: configuration and evals are in force", actor->who);
    log_each(AS_LOG_INFO, "reloaded: ", as_json_get(answer, "applied"));
    log_each(AS_LOG_WARN, "it takes a restart to change ", as_json_get(answer, "needs_restart"));
}

static void audit(const struct reload_scope *scope, const struct as_json *answer,
                  const struct actor *actor)
{
    struct as_buf detail = {0};
    as_json_write_canonical(answer, &detail);
    struct audit_entry entry = {.who = actor->who,
                                .action = "daemon.reload",
                                .target = "assayd",
                                .why = actor->why,
                                .detail_json = as_buf_str(&detail).ptr};
    audit_note(scope->control->db, &entry);
    as_buf_done(&detail);
}

static void emit(const struct reload_scope *scope, bool is_good)
{
    struct event event = {
        .kind = is_good ? EVENT_CONFIG_RELOADED : EVENT_CONFIG_REFUSED,
        .text = is_good ? "the configuration was reloaded"
                        : "the configuration was not reloaded: it has problems, and the one before "
                          "stays in force",
    };
    events_emit(scope->control->events, &event);
}

/* What differs is told before keys that need a restart get their old values back. */
static void compare(const struct reload_scope *scope, struct control_reading *reading,
                    struct changes *changes)
{
    config_diff(scope->control->config, reading->config, add_key, changes);
    config_keep(reading->config, scope->started);
    control_read_evals(scope->control, reading);
    if (!as_json_len(reading->problems))
        compare_evals(scope->control->evals, reading->evals, changes->evals);
}

struct as_json *reload_run(const struct reload_scope *scope, const struct actor *actor)
{
    struct control_reading reading;
    struct changes changes = {scope, as_json_array(), as_json_array(), as_json_array()};
    struct as_json *answer = as_json_object();
    control_read_config(scope->control, &reading);
    if (reading.config)
        compare(scope, &reading, &changes);
    bool is_good = !as_json_len(reading.problems);
    as_json_set_bool(answer, "ok", is_good);
    as_json_set_take(answer, "problems", as_json_share(reading.problems));
    as_json_set_take(answer, "applied", is_good ? as_json_share(changes.applied) : as_json_array());
    as_json_set_take(answer, "needs_restart",
                     is_good ? as_json_share(changes.needs_restart) : as_json_array());
    as_json_set_take(answer, "evals", as_json_share(changes.evals));
    if (is_good)
        put_in_force(scope, &reading);
    log_outcome(answer, actor);
    audit(scope, answer, actor);
    emit(scope, is_good);
    as_json_free(changes.applied);
    as_json_free(changes.needs_restart);
    as_json_free(changes.evals);
    control_reading_done(&reading);
    return answer;
}
