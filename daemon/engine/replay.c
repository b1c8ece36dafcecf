/* How a replay comes to be: the original's pins with another journal rule, its plugins adopted, a
 * group of its own. */
#include "daemon/engine/replay.h"

#include "daemon/engine/adopt.h"
#include "daemon/engine/group.h"

#include <inttypes.h>
#include <stdlib.h>

struct replay {
    struct engine *engine;
    int64_t of_run;
    const char *requested_by, *why;
    engine_started_fn done;
    void *ctx;
    struct group_record record; /* the original's, then the replay's */
    struct adopt adopt;         /* its rc and err are those of the whole */
    struct look_progress looks;
    struct as_buf pins_text;
    struct as_arena arena;
};

static void replay_over(struct replay *replay)
{
    const struct adopt *adopt = &replay->adopt;
    replay->engine->pending_starts--;
    replay->done(replay->ctx, adopt->rc ? 0 : replay->record.id, adopt->rc ? &adopt->err : NULL);
    adopt_done(&replay->adopt);
    as_buf_done(&replay->pins_text);
    as_arena_done(&replay->arena);
    free(replay);
}

static void create_work(struct store *store, void *ctx)
{
    struct replay *replay = ctx;
    struct adopt *adopt = &replay->adopt;
    struct audit_entry entry = {.at_ms = replay->record.created_ms,
                                .who = replay->requested_by,
                                .action = "run.replay",
                                .why = replay->why};
    adopt->rc =
        store_group_start(store, &(struct group_birth){.group = &replay->record, .entry = &entry},
                          &replay->record.id);
    if (!adopt->rc)
        adopt->rc = looks_load(store, replay->record.id, adopt->pins, &replay->looks);
    if (adopt->rc)
        as_err_set(&adopt->err, adopt->rc, "cannot store the replay: %s", store_error(store));
}

static void create_done(void *ctx)
{
    struct replay *replay = ctx;
    struct engine *engine = replay->engine;
    if (!replay->adopt.rc && !engine->is_stopping) {
        struct group *group = group_new(&replay->record, &replay->adopt.pins);
        group->looks = replay->looks;
        engine_add_group(engine, group);
    }
    replay_over(replay);
}

static void on_adopted(void *ctx)
{
    struct replay *replay = ctx;
    struct adopt *adopt = &replay->adopt;
    if (!adopt->rc && replay->engine->is_stopping)
        adopt->rc = as_err_set(&adopt->err, AS_ECANCELED, "assayd is stopping");
    if (adopt->rc) {
        replay_over(replay);
        return;
    }
    adopt->pins->journal =
        (struct journal_rules){.policy = JOURNAL_REPLAY, .of_run = replay->of_run};
    AS_CLEANUP_JSON struct as_json *json = pins_to_json(adopt->pins);
    as_json_write(json, &replay->pins_text);
    replay->record = (struct group_record){
        .eval_name = replay->record.eval_name,
        .state = GROUP_RUNNING,
        .dataset_id = replay->record.dataset_id,
        .case_count = replay->record.case_count,
        .member_count = replay->record.member_count,
        .sample_count = replay->record.sample_count,
        .pins_json = replay->pins_text.ptr,
        .requested_by = replay->requested_by,
        .created_ms = clock_wall_ms(),
    };
    db_write(replay->engine->on.db, create_work, create_done, replay);
}

static int check_original(struct replay *replay)
{
    struct adopt *adopt = &replay->adopt;
    if (replay->record.state != GROUP_DONE)
        return as_err_set(&adopt->err, AS_ESTATE,
                          "run %" PRId64
                          " is %s: only one that is done has all that a replay needs",
                          replay->of_run, group_state_name(replay->record.state));
    if (adopt->pins->journal.of_run)
        return as_err_set(&adopt->err, AS_ESTATE,
                          "run %" PRId64 " is a replay itself: replay run %" PRId64, replay->of_run,
                          adopt->pins->journal.of_run);
    return 0;
}

static void load_work(struct store *store, void *ctx)
{
    struct replay *replay = ctx;
    struct adopt *adopt = &replay->adopt;
    adopt->rc = store_group_get(store, replay->of_run, &replay->arena, &replay->record);
    if (adopt->rc == AS_ENOENT)
        as_err_set(&adopt->err, AS_ENOENT, "run %" PRId64 " is not there", replay->of_run);
    else if (adopt->rc)
        as_err_set(&adopt->err, adopt->rc, "%s", store_error(store));
    if (!adopt->rc && !adopt_load(adopt, store, replay->record.pins_json))
        adopt->rc = check_original(replay);
}

static void load_done(void *ctx)
{
    struct replay *replay = ctx;
    if (replay->adopt.rc)
        replay_over(replay);
    else
        adopt_start(&replay->adopt, replay->engine->on.registry, on_adopted, replay);
}

void engine_replay(struct engine *engine, const struct replay_request *request,
                   engine_started_fn done, void *ctx)
{
    struct replay *replay = as_xcalloc(1, sizeof(*replay));
    replay->engine = engine;
    replay->of_run = request->run;
    replay->requested_by = as_arena_strdup(&replay->arena, request->requested_by);
    replay->why = as_arena_strdup(&replay->arena, request->why);
    replay->done = done;
    replay->ctx = ctx;
    engine->pending_starts++;
    db_read(engine->on.db, load_work, load_done, replay);
}
