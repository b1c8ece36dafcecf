/* A group goes in two parts: first its record and its score sets, in one transaction, so that
 * nobody sees half a group; then its rows, exchanges and their bodies, some cases at a time, so
 * that the commits of running groups come in between. A crash leaves a note, and the next prune
 * goes on from there. The freed pages are used again; the file does not shrink. */
#include "daemon/store/journal.h"

#include "daemon/store/baselines.h"
#include "daemon/store/case_list.h"
#include "daemon/store/sql.h"

#define CASES_PER_STEP 64

/* Neither tagged, nor what an eval is measured against, nor what a model was promoted by. kind is
 * BASELINE_RUN's parameter. */
#define IS_FREE(kind)                                                           \
    " tag IS NULL AND id NOT IN (SELECT run FROM baseline_pin WHERE id IN"      \
    "  (SELECT max(id) FROM baseline_pin WHERE kind = " kind " GROUP BY eval))" \
    " AND id NOT IN (SELECT run FROM promotion WHERE is_demotion = 0)"

int store_prune_list(struct store *store, const struct prune_filter *filter, struct as_arena *arena,
                     int64_t **ret_ids, size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql = sql_use(
        store,
        "SELECT id FROM (SELECT id, state, tag, ended_ms,"
        "  row_number() OVER (PARTITION BY eval_name ORDER BY id DESC) AS age FROM run_group)"
        " WHERE state IN (?1, ?2, ?3) AND ended_ms > 0 AND ended_ms < ?4 AND age > ?5"
        " AND" IS_FREE("?6") " ORDER BY id");
    sql_put_int(sql, GROUP_DONE);
    sql_put_int(sql, GROUP_FAILED);
    sql_put_int(sql, GROUP_CANCELLED);
    sql_put_int(sql, filter->ended_before_ms);
    sql_put_int(sql, filter->keep_last);
    sql_put_int(sql, BASELINE_RUN);
    struct as_buf ids = {0};
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        int64_t id = sql_int(sql, 0);
        as_buf_add(&ids, &id, sizeof(id));
    }
    if (!rc)
        *ret_ids = sql_give_array(&ids, sizeof(**ret_ids), arena, ret_count);
    as_buf_done(&ids);
    return rc;
}

/* For statements with the group's number as their only parameter. */
static int run_for(struct sql *sql, int64_t group_id)
{
    sql_put_int(sql, group_id);
    return sql_run(sql);
}

static int forget_sets(struct store *store, int64_t id)
{
    int rc = run_for(sql_use(store, "DELETE FROM set_score_body WHERE id IN (SELECT s.body_id"
                                    " FROM set_score AS s JOIN score_set AS t ON t.id = s.set_id"
                                    " WHERE t.group_id = ?)"),
                     id);
    if (!rc)
        rc = run_for(sql_use(store, "DELETE FROM set_score WHERE set_id IN"
                                    " (SELECT id FROM score_set WHERE group_id = ?)"),
                     id);
    return rc ? rc : run_for(sql_use(store, "DELETE FROM score_set WHERE group_id = ?"), id);
}

static int forget_group(struct store *store, int64_t id)
{
    struct sql *sql = sql_use(store, "INSERT INTO pruning (group_id, case_count, next_seq)"
                                     " SELECT id, case_count, 0 FROM run_group"
                                     " WHERE id = ?1 AND state IN (?2, ?3, ?4) AND" IS_FREE("?5"));
    sql_put_int(sql, id);
    sql_put_int(sql, GROUP_DONE);
    sql_put_int(sql, GROUP_FAILED);
    sql_put_int(sql, GROUP_CANCELLED);
    sql_put_int(sql, BASELINE_RUN);
    int rc = sql_run(sql);
    if (!rc && !sqlite3_changes(store->db))
        return as_err_set(&store->error, AS_ESTATE, "run %lld has not ended, or is kept",
                          (long long)id);
    if (!rc)
        rc = forget_sets(store, id);
    if (!rc)
        rc = run_for(sql_use(store, "DELETE FROM run_summary WHERE run = ?"), id);
    if (!rc)
        rc = run_for(sql_use(store, "DELETE FROM run_group WHERE id = ?"), id);
    return rc ? rc : case_lists_drop_unused(store);
}

int store_prune_group(struct store *store, int64_t group_id, const struct audit_entry *entry)
{
    int rc = sql_begin(store);
    if (!rc)
        rc = forget_group(store, group_id);
    if (!rc)
        rc = store_audit_add(store, entry);
    return sql_end(store, rc);
}

/* ---- the rest ---- */

struct stretch { /* cases of a pruned group */
    int64_t group_id, case_count, from_seq, to_seq;
};

static int run_in(struct sql *sql, const struct stretch *stretch)
{
    sql_put_int(sql, stretch->group_id);
    sql_put_int(sql, stretch->from_seq);
    sql_put_int(sql, stretch->to_seq);
    return sql_run(sql);
}

#define IN_STRETCH " WHERE group_id = ? AND case_seq >= ? AND case_seq < ?"

static int drop_stretch(struct store *store, const struct stretch *stretch)
{
    int rc = run_in(sql_use(store, "DELETE FROM exchange_body WHERE id IN"
                                   " (SELECT body_id FROM exchange" IN_STRETCH ")"),
                    stretch);
    if (!rc)
        rc = run_in(sql_use(store, "DELETE FROM exchange" IN_STRETCH), stretch);
    if (!rc)
        rc = run_in(sql_use(store, "DELETE FROM row_body WHERE id IN"
                                   " (SELECT body_id FROM run_row" IN_STRETCH ")"),
                    stretch);
    if (!rc)
        rc = run_in(sql_use(store, "DELETE FROM run_row" IN_STRETCH), stretch);
    if (!rc)
        rc = run_in(sql_use(store, "DELETE FROM call_usage" IN_STRETCH), stretch);
    if (!rc)
        rc = run_in(sql_use(store, "DELETE FROM superseded" IN_STRETCH), stretch);
    return rc ? rc : run_in(sql_use(store, "DELETE FROM intent" IN_STRETCH), stretch);
}

static int end_pruning(struct store *store, int64_t id)
{
    int rc = run_for(sql_use(store, "DELETE FROM unknown_call WHERE group_id = ?"), id);
    if (!rc)
        rc = run_for(sql_use(store, "DELETE FROM journal_end WHERE group_id = ?"), id);
    if (!rc)
        rc = run_for(sql_use(store, "DELETE FROM look WHERE group_id = ?"), id);
    return rc ? rc : run_for(sql_use(store, "DELETE FROM pruning WHERE group_id = ?"), id);
}

static int take_piece(struct store *store, const struct stretch *stretch)
{
    int rc = drop_stretch(store, stretch);
    if (rc || stretch->to_seq >= stretch->case_count)
        return rc ? rc : end_pruning(store, stretch->group_id);
    struct sql *sql = sql_use(store, "UPDATE pruning SET next_seq = ? WHERE group_id = ?");
    sql_put_int(sql, stretch->to_seq);
    sql_put_int(sql, stretch->group_id);
    return sql_run(sql);
}

/* 1: there is one. */
static int next_stretch(struct store *store, struct stretch *ret_stretch)
{
    SQL_CLEANUP struct sql *sql = sql_use(
        store, "SELECT group_id, case_count, next_seq FROM pruning ORDER BY group_id LIMIT 1");
    int rc = sql_step(sql);
    if (rc > 0)
        *ret_stretch = (struct stretch){
            .group_id = sql_int(sql, 0),
            .case_count = sql_int(sql, 1),
            .from_seq = sql_int(sql, 2),
            .to_seq = sql_int(sql, 2) + CASES_PER_STEP,
        };
    return rc;
}

int store_prune_step(struct store *store, bool *ret_left)
{
    struct stretch stretch;
    int rc = next_stretch(store, &stretch);
    *ret_left = rc > 0;
    if (rc <= 0)
        return rc;
    rc = sql_begin(store);
    if (!rc)
        rc = take_piece(store, &stretch);
    return sql_end(store, rc);
}
