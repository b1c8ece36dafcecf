/* A requeue is one piece of work on the writing connection, which finds what is meant and takes it
 * out. A live group may not end before that is over, and then feeds those cases once more; one that
 * had ended is brought back as after a restart. */
#include "daemon/engine/requeue.h"

#include "daemon/engine/group.h"
#include "daemon/store/requeue.h"

#include <stdlib.h>
#include <string.h>

struct requeue {
    struct engine *engine;
    struct group *group; /* NULL: it is not live */
    struct requeue_request request;
    struct audit_entry entry;
    struct requeue_result result;
    engine_requeued_fn done;
    void *ctx;
    int rc;
    struct as_err err;
    struct as_arena arena; /* the request's texts, and what the work reads */
};

static void requeue_over(struct requeue *requeue)
{
    requeue->engine->pending_starts--;
    requeue->done(requeue->ctx, requeue->result.rows, requeue->rc ? &requeue->err : NULL);
    as_arena_done(&requeue->arena);
    free(requeue);
}

/* ---- on a pool thread ---- */

static int check_group(struct requeue *requeue, const struct group_record *record)
{
    long long run = (long long)record->id;
    bool is_ended = group_state_is_final(record->state);
    if (!requeue->group && !is_ended)
        return as_err_set(&requeue->err, AS_EBUSY,
                          "run %lld is %s, but not under way yet: try again in a moment; "
                          "assayd's log says if it cannot be",
                          run, group_state_name(record->state));
    if (record->state == GROUP_FAILED)
        return as_err_set(&requeue->err, AS_ESTATE,
                          "run %lld failed and cannot be opened again (%.600s): start another", run,
                          record->error ? record->error : "");
    if (requeue->request.case_id && record->state == GROUP_CANCELLED)
        return as_err_set(&requeue->err, AS_ESTATE,
                          "run %lld was cancelled: with one row all that is left of it would be "
                          "done; that is what `assayctl run requeue %lld` is for",
                          run, run);
    return 0;
}

static int find_member(struct requeue *requeue, const struct group_record *record, int *ret_member)
{
    const char *model = requeue->request.model;
    struct pins *pins = NULL;
    int rc = pins_from_json(record->pins_json, &pins, &requeue->err);
    if (rc)
        return rc;
    size_t at = 0;
    while (at < pins->member_count && strcmp(pins->members[at].spec.name, model))
        at++;
    if (at == pins->member_count)
        rc = as_err_set(&requeue->err, AS_ENOENT, "run %lld has no model '%s'",
                        (long long)record->id, model);
    else
        *ret_member = (int)at;
    pins_free(pins);
    return rc;
}

static int find_case(struct store *store, struct requeue *requeue,
                     const struct group_record *record, int64_t *ret_seq)
{
    struct case_record item;
    int rc = store_case_find(store, record->dataset_id, requeue->request.case_id, &requeue->arena,
                             &item);
    if (rc == AS_ENOENT || (!rc && item.seq >= record->case_count))
        return as_err_set(&requeue->err, AS_ENOENT, "run %lld has no case '%s'",
                          (long long)record->id, requeue->request.case_id);
    if (!rc)
        *ret_seq = item.seq;
    return rc ? as_err_set(&requeue->err, rc, "%s", store_error(store)) : 0;
}

static int find_filter(struct store *store, struct requeue *requeue,
                       struct requeue_filter *ret_filter)
{
    const struct requeue_request *request = &requeue->request;
    struct group_record record;
    struct requeue_filter filter = {request->run, request->statuses, -1, -1, request->sample};
    int rc = store_group_get(store, request->run, &requeue->arena, &record);
    if (rc)
        return as_err_set(&requeue->err, rc,
                          rc == AS_ENOENT ? "run %lld is not there" : "run %lld: %s",
                          (long long)request->run, store_error(store));
    rc = check_group(requeue, &record);
    if (!rc && request->model)
        rc = find_member(requeue, &record, &filter.member);
    if (!rc && request->case_id)
        rc = find_case(store, requeue, &record, &filter.case_seq);
    if (!rc)
        *ret_filter = filter;
    return rc;
}

static void requeue_work(struct store *store, void *ctx)
{
    struct requeue *requeue = ctx;
    struct requeue_filter filter;
    requeue->rc = find_filter(store, requeue, &filter);
    if (requeue->rc)
        return;
    requeue->rc = store_rows_requeue(store, &filter, &requeue->entry, &requeue->result);
    if (requeue->rc == AS_ENOENT)
        as_err_set(&requeue->err, AS_ENOENT,
                   "run %lld has no such row that failed: rows that are ok, or under way, stay",
                   (long long)filter.group_id);
    else if (requeue->rc)
        as_err_set(&requeue->err, requeue->rc, "%s", store_error(store));
}

/* ---- on the loop ---- */

static void on_brought_back(void *ctx, const struct as_err *err)
{
    struct requeue *requeue = ctx;
    if (err) {
        requeue->rc = err->code;
        requeue->err = *err;
        as_err_prefix(&requeue->err, "run %lld is open again, but cannot be taken up now",
                      (long long)requeue->request.run);
    }
    requeue_over(requeue);
}

static void requeue_done(void *ctx)
{
    struct requeue *requeue = ctx;
    struct group *group = requeue->group;
    if (group) {
        group->requeues--;
        if (!requeue->rc)
            group_requeued(group, requeue->result.rows, requeue->result.first_seq);
        group_feed(group);
    }
    if (requeue->rc || group || requeue->engine->is_stopping)
        requeue_over(requeue);
    else
        engine_resume_run(requeue->engine, requeue->request.run, on_brought_back, requeue);
}

static int check_live(const struct group *group, struct as_err *err)
{
    bool may_grow =
        group->state == GROUP_RUNNING || group->state == GROUP_PAUSED || group->state == GROUP_HELD;
    return may_grow
               ? 0
               : as_err_set(err, AS_ESTATE, "run %lld is %s: its rows cannot be done again now",
                            (long long)group->id, group_state_name(group->state));
}

static void refused_done(void *ctx)
{
    requeue_over(ctx);
}

static void no_work(struct store *store, void *ctx)
{
    (void)store, (void)ctx;
}

void engine_requeue(struct engine *engine, const struct requeue_request *request,
                    const char *action, const struct actor *actor, engine_requeued_fn done,
                    void *ctx)
{
    struct requeue *requeue = as_xcalloc(1, sizeof(*requeue));
    struct as_arena *arena = &requeue->arena;
    requeue->engine = engine;
    requeue->group = engine_find_group(engine, request->run);
    requeue->request = *request;
    requeue->request.model = as_arena_strdup(arena, request->model);
    requeue->request.case_id = as_arena_strdup(arena, request->case_id);
    requeue->entry = (struct audit_entry){.at_ms = clock_wall_ms(),
                                          .who = as_arena_strdup(arena, actor->who),
                                          .action = action,
                                          .why = as_arena_strdup(arena, actor->why)};
    requeue->done = done;
    requeue->ctx = ctx;
    engine->pending_starts++;
    requeue->rc = requeue->group ? check_live(requeue->group, &requeue->err) : 0;
    if (requeue->rc) {
        db_read(engine->on.db, no_work, refused_done, requeue);
        return;
    }
    if (requeue->group)
        requeue->group->requeues++;
    db_write(engine->on.db, requeue_work, requeue_done, requeue);
}
