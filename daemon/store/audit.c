/* The audit log, and the changes of a group that go into one transaction with their entry. */
#include "daemon/store/audit.h"

#include "daemon/store/case_list.h"
#include "daemon/store/sql.h"

#include <inttypes.h>
#include <stdio.h>

void audit_target_of_run(int64_t run, char ret_target[AUDIT_TARGET_BYTES])
{
    snprintf(ret_target, AUDIT_TARGET_BYTES, "run %" PRId64, run);
}

int store_audit_add(struct store *store, const struct audit_entry *entry)
{
    struct sql *sql = sql_use(store, "INSERT INTO audit (at_ms, who, action, target, why, detail)"
                                     " VALUES (?, ?, ?, ?, ?, ?)");
    sql_put_int(sql, entry->at_ms);
    sql_put_text(sql, as_str_from(entry->who));
    sql_put_text(sql, as_str_from(entry->action));
    sql_put_text(sql, as_str_from(entry->target));
    sql_put_text(sql, as_str_from(entry->why));
    sql_put_text(sql, as_str_from(entry->detail_json));
    return sql_run(sql);
}

static struct audit_entry entry_of(struct sql *sql, struct as_arena *arena)
{
    return (struct audit_entry){
        .id = sql_int(sql, 0),
        .at_ms = sql_int(sql, 1),
        .who = sql_cstr_dup(sql, 2, arena),
        .action = sql_cstr_dup(sql, 3, arena),
        .target = sql_cstr_dup(sql, 4, arena),
        .why = sql_cstr_dup(sql, 5, arena),
        .detail_json = sql_cstr_dup(sql, 6, arena),
    };
}

static void reverse(struct audit_entry *entries, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct audit_entry swapped = entries[i];
        entries[i] = entries[count - 1 - i];
        entries[count - 1 - i] = swapped;
    }
}

int store_audit_latest(struct store *store, const char *action, struct as_arena *arena,
                       struct audit_entry **ret_entries, size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql =
        sql_use(store, "SELECT id, at_ms, who, action, target, why, detail FROM audit"
                       " WHERE id IN (SELECT max(id) FROM audit WHERE action = ? GROUP BY target)"
                       " ORDER BY id");
    sql_put_text(sql, as_str_from(action));
    struct as_buf entries = {0};
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct audit_entry entry = entry_of(sql, arena);
        as_buf_add(&entries, &entry, sizeof(entry));
    }
    if (!rc)
        *ret_entries = sql_give_array(&entries, sizeof(**ret_entries), arena, ret_count);
    as_buf_done(&entries);
    return rc;
}

int store_audit_page(struct store *store, const char *target, int64_t before_id, uint32_t limit,
                     struct as_arena *arena, struct audit_entry **ret_entries, size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql =
        target ? sql_use(store, "SELECT id, at_ms, who, action, target, why, detail FROM audit"
                                " WHERE id < ?1 AND target = ?3 ORDER BY id DESC LIMIT ?2")
               : sql_use(store, "SELECT id, at_ms, who, action, target, why, detail FROM audit"
                                " WHERE id < ?1 ORDER BY id DESC LIMIT ?2");
    sql_put_int(sql, before_id ? before_id : INT64_MAX);
    sql_put_int(sql, limit);
    if (target)
        sql_put_text(sql, as_str_from(target));
    struct as_buf entries = {0};
    int rc;
    while ((rc = sql_step(sql)) > 0) {
        struct audit_entry entry = entry_of(sql, arena);
        as_buf_add(&entries, &entry, sizeof(entry));
    }
    if (!rc) {
        *ret_entries = sql_give_array(&entries, sizeof(**ret_entries), arena, ret_count);
        reverse(*ret_entries, *ret_count);
    }
    as_buf_done(&entries);
    return rc;
}

int store_group_start(struct store *store, const struct group_birth *birth, int64_t *ret_id)
{
    struct group_record listed = *birth->group;
    int64_t id = 0;
    int rc = sql_begin(store);
    if (!rc && birth->case_seqs)
        rc = case_list_create(store, listed.dataset_id, birth->case_seqs, listed.case_count,
                              &listed.dataset_id);
    if (!rc)
        rc = store_group_create(store, &listed, &id);
    if (!rc && birth->slot)
        rc = store_schedule_start(store, birth->slot, id, listed.created_ms);
    if (!rc) {
        char target[AUDIT_TARGET_BYTES];
        struct audit_entry placed = *birth->entry;
        audit_target_of_run(id, target);
        placed.target = target;
        rc = store_audit_add(store, &placed);
    }
    if (!rc && birth->event) {
        struct event started = *birth->event;
        started.run = id;
        rc = store_event_add(store, &started);
    }
    rc = sql_end(store, rc);
    if (!rc)
        *ret_id = id;
    return rc;
}

int store_group_change_state(struct store *store, int64_t id, enum group_state state,
                             const struct audit_entry *entry)
{
    int rc = sql_begin(store);
    if (!rc)
        rc = store_group_set_state(store, id, state);
    if (!rc)
        rc = store_audit_add(store, entry);
    return sql_end(store, rc);
}
