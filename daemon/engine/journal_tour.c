/* Only the groups' numbers are held for the whole tour; each group's record and pins for as long as
 * it is looked at. */
#include "daemon/engine/journal_tour.h"

#include "daemon/engine/group.h"

#include <inttypes.h>
#include <stdlib.h>

struct tour {
    struct engine *engine;
    tour_step_fn step;
    tour_end_fn end;
    void *ctx;
    int64_t only; /* 0 = all */
    struct as_buf ids;
    size_t at;
    struct tour_group group; /* pins NULL: the next one has to be read */
    int rc;
    struct as_err err;
    struct as_arena arena;
};

static void add_id(void *ctx, int64_t group_id, const char *pins_json)
{
    (void)pins_json;
    as_buf_add(ctx, &group_id, sizeof(group_id));
}

static void leave_group(struct tour *tour)
{
    pins_free(tour->group.pins);
    tour->group = (struct tour_group){0};
    as_arena_reset(&tour->arena);
}

/* A group that was pruned meanwhile is passed over, unless it was the one that was asked for. */
static int enter_group(struct store *store, struct tour *tour)
{
    int64_t id = ((const int64_t *)(const void *)tour->ids.ptr)[tour->at];
    int rc = store_group_get(store, id, &tour->arena, &tour->group.record);
    if (rc == AS_ENOENT && !tour->only)
        return 0;
    if (rc == AS_ENOENT)
        return as_err_set(&tour->err, rc, "run %" PRId64 " is not there", id);
    return rc ? rc : pins_from_json(tour->group.record.pins_json, &tour->group.pins, &tour->err);
}

static void step_work(struct store *store, void *ctx)
{
    struct tour *tour = ctx;
    bool is_first = !tour->group.pins;
    if (is_first)
        tour->rc = enter_group(store, tour);
    int rc = tour->rc || !tour->group.pins
                 ? tour->rc
                 : tour->step(store, tour->ctx, &tour->group, is_first, &tour->err);
    if (rc <= 0) {
        leave_group(tour);
        tour->at++;
    }
    tour->rc = rc < 0 ? rc : 0;
    if (tour->rc && !tour->err.code)
        as_err_set(&tour->err, rc, "%s", store_error(store));
}

static void tour_over(struct tour *tour)
{
    tour->engine->pending_starts--;
    leave_group(tour);
    tour->end(tour->ctx, tour->rc, &tour->err);
    as_buf_done(&tour->ids);
    as_arena_done(&tour->arena);
    free(tour);
}

static void step_done(void *ctx)
{
    struct tour *tour = ctx;
    if (!tour->rc && tour->engine->is_stopping)
        tour->rc = as_err_set(&tour->err, AS_ECANCELED, "assayd is stopping");
    if (tour->rc || tour->at >= tour->ids.len / sizeof(int64_t))
        tour_over(tour);
    else
        db_read(tour->engine->on.db, step_work, step_done, tour);
}

static void list_work(struct store *store, void *ctx)
{
    struct tour *tour = ctx;
    if (tour->only)
        add_id(&tour->ids, tour->only, NULL);
    else
        tour->rc = store_pins_each(store, add_id, &tour->ids);
    if (tour->rc)
        as_err_set(&tour->err, tour->rc, "%s", store_error(store));
}

void tour_start(struct engine *engine, int64_t run, tour_step_fn step, tour_end_fn end, void *ctx)
{
    struct tour *tour = as_xcalloc(1, sizeof(*tour));
    tour->engine = engine;
    tour->only = run;
    tour->step = step;
    tour->end = end;
    tour->ctx = ctx;
    engine->pending_starts++;
    db_read(engine->on.db, list_work, step_done, tour);
}
