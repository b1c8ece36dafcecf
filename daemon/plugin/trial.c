/* A trial has two phases: loading, then all examples at once (the sandbox batches them). What the
 * worker said at load is copied, because the examples are answered later. A trial freed before it
 * is done lives on, silently, until the sandbox has answered what it was asked: callbacks cannot be
 * taken back. */
#include "daemon/plugin/trial.h"

#include "lib/arena.h"

#include <stdio.h>
#include <stdlib.h>

struct example {
    struct trial *trial;
    uint32_t index;
};

struct trial {
    struct sandbox *sandbox;
    struct as_arena arena;
    uint64_t sandbox_id; /* 0: taken */
    struct job_loaded loaded;
    bool with_examples, is_loaded, is_done, is_abandoned;
    uint32_t examples_left;
    struct plugin_example *outcomes; /* of the examples, in the arena */
    uint32_t first_failed;           /* index, when result.examples_failed */
    struct trial_result result;
    trial_fn done;
    void *ctx;
};

static void really_free(struct trial *trial)
{
    if (trial->sandbox_id)
        sandbox_close(trial->sandbox, trial->sandbox_id);
    as_arena_done(&trial->arena);
    free(trial);
}

static void finish(struct trial *trial)
{
    trial->is_done = true;
    trial->result.loaded = &trial->loaded;
    if (trial->is_abandoned)
        really_free(trial);
    else
        trial->done(trial->ctx);
}

/* What went wrong: a Lua error says it itself, the other statuses are named. */
static const char *reason_of(struct as_arena *arena, const struct job_reply *reply)
{
    bool is_plain = reply->status == JOB_SCRIPT_ERROR;
    struct as_str why = reply->reason.ptr ? reply->reason : AS_STR("");
    return as_arena_printf(arena, "%s%s%.*s", is_plain ? "" : job_status_name(reply->status),
                           is_plain ? "" : ": ", (int)why.len, why.ptr);
}

static void note_failure(struct trial *trial, uint32_t index)
{
    bool is_first = !trial->result.examples_failed++ || index < trial->first_failed;
    if (!is_first)
        return;
    trial->first_failed = index;
    trial->result.first_failure =
        as_arena_printf(&trial->arena, "example %u: %s", index + 1, trial->outcomes[index].reason);
}

static void on_example(void *ctx, const struct job_reply *reply)
{
    struct example *example = ctx;
    struct trial *trial = example->trial;
    struct plugin_example *outcome = &trial->outcomes[example->index];
    outcome->row_us = reply->row_us;
    if (reply->status != JOB_OK) {
        outcome->reason = reason_of(&trial->arena, reply);
        note_failure(trial, example->index);
    }
    if (!--trial->examples_left)
        finish(trial);
}

static void run_examples(struct trial *trial)
{
    uint32_t count = trial->loaded.manifest.example_count;
    struct example *examples = as_arena_alloc(&trial->arena, count * sizeof(*examples));
    trial->outcomes = as_arena_alloc(&trial->arena, count * sizeof(*trial->outcomes));
    trial->result.examples = trial->outcomes;
    trial->examples_left = trial->result.examples_run = count;
    for (uint32_t i = 0; i < count; i++) {
        struct job_row row = {.kind = JOB_EXAMPLE, .example_index = i};
        examples[i] = (struct example){trial, i};
        sandbox_submit(trial->sandbox, trial->sandbox_id, &row, on_example, &examples[i]);
    }
}

static struct job_loaded copy_loaded(struct as_arena *arena, const struct job_loaded *loaded)
{
    struct job_loaded copy = *loaded;
    struct job_manifest *m = &copy.manifest;
    struct as_str *const texts[] = {&copy.reason,      &m->name,        &m->version,
                                    &m->doc,           &m->params_json, &m->requires_json,
                                    &m->criteria_json, &m->auth_header, &m->auth_prefix};
    for (size_t i = 0; i < AS_COUNT(texts); i++)
        *texts[i] = as_arena_dup(arena, *texts[i]);
    return copy;
}

static void on_loaded(void *ctx, const struct job_loaded *loaded)
{
    struct trial *trial = ctx;
    trial->loaded = copy_loaded(&trial->arena, loaded);
    trial->is_loaded = true;
    bool has_examples = loaded->status == JOB_OK && loaded->manifest.example_count;
    uint32_t count = loaded->manifest.example_count;
    if (trial->is_abandoned || !trial->with_examples || !has_examples) {
        finish(trial);
    } else if (count > TRIAL_MAX_EXAMPLES) {
        trial->result.examples_failed = count;
        trial->result.first_failure = as_arena_printf(
            &trial->arena, "%u examples are too many: at most %u", count, TRIAL_MAX_EXAMPLES);
        finish(trial);
    } else {
        run_examples(trial);
    }
}

struct trial *trial_start(struct sandbox *sandbox, const char *chunk_name, struct as_str source,
                          bool with_examples, trial_fn done, void *ctx)
{
    struct trial *trial = as_xcalloc(1, sizeof(*trial));
    trial->sandbox = sandbox;
    trial->with_examples = with_examples;
    trial->done = done;
    trial->ctx = ctx;
    trial->sandbox_id = sandbox_open(sandbox, chunk_name, source, on_loaded, trial);
    return trial;
}

const struct job_loaded *trial_loaded(const struct trial *trial)
{
    return trial->is_loaded ? &trial->loaded : NULL;
}

const struct trial_result *trial_result(const struct trial *trial)
{
    return trial->is_done ? &trial->result : NULL;
}

uint64_t trial_take_id(struct trial *trial)
{
    AS_ASSERT(trial->is_done && trial->loaded.status == JOB_OK && trial->sandbox_id);
    uint64_t id = trial->sandbox_id;
    trial->sandbox_id = 0;
    return id;
}

void trial_free(struct trial *trial)
{
    if (!trial)
        return;
    trial->is_abandoned = true;
    if (trial->is_done)
        really_free(trial);
}
