/* Taking rows out of a group. Every statement has the same five parameters in front, which say
 * which rows are meant. */
#include "daemon/store/requeue.h"

#include "daemon/model/fsm.h"
#include "daemon/store/looks.h"
#include "daemon/store/sql.h"
#include "lib/json.h"

#include <string.h>

#define MEANT                                                                \
    "r.group_id = ?1 AND (?2 >> r.status) & 1 AND (?3 < 0 OR r.member = ?3)" \
    " AND (?4 < 0 OR r.case_seq = ?4) AND (?5 < 0 OR r.sample = ?5)"
#define SAME_ROW                                                                  \
    "e.group_id = r.group_id AND e.case_seq = r.case_seq AND e.sample = r.sample" \
    " AND e.member = r.member"

#define MODEL_FAILED (1u << ROW_MODEL_ERROR | 1u << ROW_TIMEOUT | 1u << ROW_REFUSED)
#define JUDGE_FAILED (1u << ROW_JUDGE_ERROR)

static struct sql *put_filter(struct sql *sql, const struct requeue_filter *filter,
                              unsigned statuses)
{
    sql_put_int(sql, filter->group_id);
    sql_put_int(sql, statuses);
    sql_put_int(sql, filter->member);
    sql_put_int(sql, filter->case_seq);
    sql_put_int(sql, filter->sample);
    return sql;
}

static int count_rows(struct store *store, const struct requeue_filter *filter,
                      struct requeue_result *result)
{
    SQL_CLEANUP struct sql *sql =
        put_filter(sql_use(store, "SELECT r.status, count(*), min(r.case_seq) FROM run_row AS r"
                                  " WHERE " MEANT " GROUP BY r.status"),
                   filter, filter->statuses);
    int rc;
    result->first_seq = INT64_MAX;
    while ((rc = sql_step(sql)) > 0) {
        int64_t first = sql_int(sql, 2);
        result->counts[sql_int(sql, 0)] = sql_int(sql, 1);
        result->rows += sql_int(sql, 1);
        result->first_seq = first < result->first_seq ? first : result->first_seq;
    }
    return rc ? rc : result->rows ? 0 : AS_ENOENT;
}

static int supersede(struct store *store, const struct requeue_filter *filter, unsigned statuses,
                     int64_t role)
{
    struct sql *sql = put_filter(
        sql_use(store, "INSERT OR REPLACE INTO superseded (group_id, case_seq, sample, member,"
                       " role, body_id)"
                       " SELECT e.group_id, e.case_seq, e.sample, e.member, e.role, max(e.body_id)"
                       " FROM run_row AS r JOIN exchange AS e ON " SAME_ROW " AND e.role = ?6"
                       " WHERE " MEANT " GROUP BY e.case_seq, e.sample, e.member"),
        filter, filter->statuses & statuses);
    sql_put_int(sql, role);
    return sql_run(sql);
}

static int take_rows(struct store *store, const struct requeue_filter *filter)
{
    int rc =
        sql_run(put_filter(sql_use(store, "DELETE FROM row_body WHERE id IN"
                                          " (SELECT r.body_id FROM run_row AS r WHERE " MEANT ")"),
                           filter, filter->statuses));
    return rc ? rc
              : sql_run(put_filter(sql_use(store, "DELETE FROM run_row AS r WHERE " MEANT), filter,
                                   filter->statuses));
}

/* Nothing to do for a group that has not ended. */
static int open_again(struct store *store, const struct group_record *group)
{
    enum group_state state = group->state;
    if (!group_state_is_final(state))
        return 0;
    int rc = group_step(&state, GROUP_EV_REOPEN);
    if (rc)
        return rc;
    struct sql *sql = sql_use(store, "UPDATE run_group SET state = ?, outcome = NULL,"
                                     " result = NULL, error = NULL, ended_ms = 0 WHERE id = ?");
    sql_put_int(sql, state);
    sql_put_int(sql, group->id);
    return sql_run(sql);
}

/* ---- the entry ---- */

/* What the gate had said, without its evidence. */
static struct as_json *verdicts_brief(const struct as_json *result)
{
    struct as_json *list = as_json_array();
    const struct as_json *verdicts = as_json_get(result, "verdicts");
    for (size_t i = 0; i < as_json_len(verdicts); i++) {
        const struct as_json *verdict = as_json_at(verdicts, i);
        struct as_json *brief = as_json_object();
        as_json_set_str(brief, "candidate", as_json_get_cstr(verdict, "candidate"));
        as_json_set_str(brief, "outcome", as_json_get_cstr(verdict, "outcome"));
        as_json_set_str(brief, "sentence", as_json_get_cstr(verdict, "sentence"));
        as_json_push_take(list, brief);
    }
    return list;
}

static struct as_json *ending_json(const struct group_record *group)
{
    struct as_json *json = as_json_object();
    AS_CLEANUP_JSON struct as_json *result = NULL;
    const char *text = group->result_json;
    if (text && as_json_parse(text, strlen(text), &result, NULL))
        result = NULL;
    as_json_set_str(json, "state", group_state_name(group->state));
    as_json_set_str(json, "outcome", group->outcome);
    as_json_set_str(json, "headline", as_json_get_cstr(result, "headline"));
    as_json_set_int(json, "ended_ms", group->ended_ms);
    as_json_set_take(json, "verdicts", verdicts_brief(result));
    return json;
}

static int note(struct store *store, const struct group_record *group,
                const struct requeue_result *result, const struct audit_entry *entry)
{
    AS_CLEANUP_JSON struct as_json *detail = as_json_object();
    struct as_json *statuses = as_json_object();
    struct as_buf text = {0};
    char target[AUDIT_TARGET_BYTES];
    as_json_set_int(detail, "rows", result->rows);
    for (unsigned i = 0; i < ROW_STATUS_COUNT; i++)
        if (result->counts[i])
            as_json_set_int(statuses, row_status_name((enum row_status)i), result->counts[i]);
    as_json_set_take(detail, "statuses", statuses);
    if (group_state_is_final(group->state))
        as_json_set_take(detail, "before", ending_json(group));
    as_json_write(detail, &text);
    audit_target_of_run(group->id, target);
    struct audit_entry whole = *entry;
    whole.target = target;
    whole.detail_json = text.ptr;
    int rc = store_audit_add(store, &whole);
    as_buf_done(&text);
    return rc;
}

static int requeue(struct store *store, const struct requeue_filter *filter,
                   const struct audit_entry *entry, struct as_arena *arena,
                   struct requeue_result *result)
{
    struct group_record group;
    int rc = store_group_get(store, filter->group_id, arena, &group);
    if (!rc)
        rc = count_rows(store, filter, result);
    if (!rc)
        rc = supersede(store, filter, MODEL_FAILED, 0);
    if (!rc)
        rc = supersede(store, filter, JUDGE_FAILED, 1);
    if (!rc)
        rc = take_rows(store, filter);
    if (!rc)
        rc = store_looks_keep(store, filter->group_id);
    if (!rc)
        rc = open_again(store, &group);
    return rc ? rc : note(store, &group, result, entry);
}

int store_rows_requeue(struct store *store, const struct requeue_filter *filter,
                       const struct audit_entry *entry, struct requeue_result *ret_result)
{
    struct requeue_result result = {0};
    struct as_arena arena = {0};
    int rc = sql_begin(store);
    if (!rc)
        rc = requeue(store, filter, entry, &arena, &result);
    rc = sql_end(store, rc);
    if (!rc)
        *ret_result = result;
    as_arena_done(&arena);
    return rc;
}
