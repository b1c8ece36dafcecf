/* Sums of each group, added up by model, role, outcome and whether the exchange was reused. */
#include "daemon/engine/journal_care.h"

#include "daemon/engine/journal_tour.h"
#include "daemon/store/journal.h"

#include <stdlib.h>
#include <string.h>

struct line { /* what is alike over all groups */
    char *model;
    uint32_t role, outcome;
    int64_t exchanges, reused, raw_bytes, stored_bytes;
    struct line *next;
};

struct stats {
    care_done_fn done;
    void *ctx;
    const struct tour_group *group; /* for the length of a step */
    struct line *lines;
    struct line all, prunable;
    int64_t runs, prunable_runs, unsized, oldest_ms, newest_ms;
    int64_t cutoff_ms;
};

static const char *model_of(const struct pins *pins, const struct journal_sum *sum)
{
    if (sum->role)
        return pins->judge.spec.name ? pins->judge.spec.name : "?";
    return sum->member < pins->member_count ? pins->members[sum->member].spec.name : "?";
}

static struct line *line_for(struct stats *stats, const char *model, const struct journal_sum *sum)
{
    struct line *line = stats->lines;
    while (line && (line->role != sum->role || line->outcome != sum->outcome ||
                    strcmp(line->model, model) != 0))
        line = line->next;
    if (line)
        return line;
    line = as_xcalloc(1, sizeof(*line));
    line->model = as_xstrdup(model);
    line->role = sum->role;
    line->outcome = sum->outcome;
    line->next = stats->lines;
    stats->lines = line;
    return line;
}

static void add(struct line *line, const struct journal_sum *sum)
{
    line->exchanges += sum->exchanges;
    line->reused += sum->is_reused ? sum->exchanges : 0;
    line->raw_bytes += sum->raw_bytes;
    line->stored_bytes += sum->stored_bytes;
}

static bool is_prunable(const struct stats *stats, const struct group_record *group)
{
    return group_state_is_final(group->state) && !group->tag && group->ended_ms &&
           group->ended_ms < stats->cutoff_ms;
}

static void take_sum(void *ctx, const struct journal_sum *sum)
{
    struct stats *stats = ctx;
    add(line_for(stats, model_of(stats->group->pins, sum), sum), sum);
    add(&stats->all, sum);
    if (is_prunable(stats, &stats->group->record))
        add(&stats->prunable, sum);
    stats->unsized += sum->unsized;
    if (!stats->oldest_ms || sum->oldest_ms < stats->oldest_ms)
        stats->oldest_ms = sum->oldest_ms;
    if (sum->newest_ms > stats->newest_ms)
        stats->newest_ms = sum->newest_ms;
}

static int step(struct store *store, void *ctx, const struct tour_group *group, bool is_first,
                struct as_err *err)
{
    struct stats *stats = ctx;
    (void)is_first, (void)err;
    stats->group = group;
    stats->runs++;
    stats->prunable_runs += is_prunable(stats, &group->record);
    return store_journal_sums(store, group->record.id, take_sum, stats);
}

static void set_line(struct as_json *json, const struct line *line)
{
    as_json_set_int(json, "exchanges", line->exchanges);
    as_json_set_int(json, "reused", line->reused);
    as_json_set_int(json, "raw_bytes", line->raw_bytes);
    as_json_set_int(json, "stored_bytes", line->stored_bytes);
}

static void set_time(struct as_json *json, const char *key, int64_t ms)
{
    as_json_set_take(json, key, ms ? as_json_new_int(ms) : NULL);
}

static struct as_json *result_of(const struct stats *stats)
{
    struct as_json *json = as_json_object(), *models = as_json_array(), *prunable;
    as_json_set_int(json, "runs", stats->runs);
    set_line(json, &stats->all);
    as_json_set_int(json, "unsized", stats->unsized);
    set_time(json, "oldest_ms", stats->oldest_ms);
    set_time(json, "newest_ms", stats->newest_ms);
    for (const struct line *line = stats->lines; line; line = line->next) {
        struct as_json *item = as_json_object();
        as_json_set_str(item, "model", line->model);
        as_json_set_str(item, "role", line->role ? "judge" : "model");
        as_json_set_str(item, "outcome",
                        line->outcome < EXCHANGE_OUTCOME_COUNT
                            ? exchange_outcome_name((enum exchange_outcome)line->outcome)
                            : "?");
        set_line(item, line);
        as_json_push_take(models, item);
    }
    as_json_set_take(json, "models", models);
    prunable = as_json_object();
    as_json_set_int(prunable, "runs", stats->prunable_runs);
    set_line(prunable, &stats->prunable);
    as_json_set_take(json, "prunable", prunable);
    return json;
}

static void on_end(void *ctx, int rc, const struct as_err *err)
{
    struct stats *stats = ctx;
    stats->done(stats->ctx, rc ? NULL : result_of(stats), rc ? err : NULL);
    for (struct line *line = stats->lines, *next; line; line = next) {
        next = line->next;
        free(line->model);
        free(line);
    }
    free(stats);
}

void engine_journal_stats(struct engine *engine, care_done_fn done, void *ctx)
{
    struct stats *stats = as_xcalloc(1, sizeof(*stats));
    stats->done = done;
    stats->ctx = ctx;
    stats->cutoff_ms = clock_wall_ms() - PRUNE_AGE_MS;
    tour_start(engine, 0, step, on_end, stats);
}
