/* Events, and the end of a group together with those that tell of it. */
#include "daemon/store/events.h"

#include "daemon/store/sql.h"

#define EVENT_COLUMNS "id, at_ms, kind, is_over, eval, subject, run, text, detail"

static int add(struct store *store, const struct event *event)
{
    struct sql *sql = sql_use(store, "INSERT INTO event (at_ms, kind, is_over, eval, subject, run,"
                                     " text, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    sql_put_int(sql, event->at_ms);
    sql_put_text(sql, as_str_from(event_kind_name(event->kind)));
    sql_put_int(sql, event->is_over);
    sql_put_text(sql, as_str_from(event->eval));
    sql_put_text(sql, as_str_from(event->subject));
    sql_put_int(sql, event->run);
    sql_put_text(sql, as_str_from(event->text));
    sql_put_text(sql, as_str_from(event->detail_json));
    return sql_run(sql);
}

int store_event_add(struct store *store, const struct event *event)
{
    int rc = add(store, event);
    if (rc)
        return rc;
    struct sql *sql = sql_use(store, "DELETE FROM event WHERE id <= ?");
    sql_put_int(sql, sqlite3_last_insert_rowid(store->db) - EVENTS_KEPT);
    return sql_run(sql);
}

int store_events_add(struct store *store, const struct event *events, size_t count)
{
    int rc = sql_begin(store);
    for (size_t i = 0; i < count && !rc; i++)
        rc = store_event_add(store, &events[i]);
    return sql_end(store, rc);
}

int store_event_last(struct store *store, int64_t *ret_id)
{
    SQL_CLEANUP struct sql *sql = sql_use(store, "SELECT ifnull(max(id), 0) FROM event");
    int rc = sql_step(sql);
    if (rc > 0)
        *ret_id = sql_int(sql, 0);
    return rc < 0 ? rc : 0;
}

bool event_read(struct sql *sql, int first, struct as_arena *arena, struct event *ret_event)
{
    enum event_kind kind;
    if (event_kind_from(sql_cstr_dup(sql, first + 2, arena), &kind))
        return false;
    *ret_event = (struct event){
        .id = sql_int(sql, first),
        .at_ms = sql_int(sql, first + 1),
        .kind = kind,
        .is_over = sql_int(sql, first + 3) != 0,
        .eval = sql_cstr_dup(sql, first + 4, arena),
        .subject = sql_cstr_dup(sql, first + 5, arena),
        .run = sql_int(sql, first + 6),
        .text = sql_cstr_dup(sql, first + 7, arena),
        .detail_json = sql_cstr_dup(sql, first + 8, arena),
    };
    return true;
}

/* Those of a kind that nobody knows do not count: a page of them alone would look like the end. */
static struct sql *page_query(struct store *store, bool is_newest)
{
#define PAGE_WHERE                          \
    " FROM event WHERE id > ?1 AND id < ?2" \
    " AND (?3 IS NULL OR eval = ?3) AND (?4 IS NULL OR kind = ?4)"
    return is_newest ? sql_use(store, "SELECT " EVENT_COLUMNS " FROM (SELECT *" PAGE_WHERE
                                      " ORDER BY id DESC LIMIT ?5) ORDER BY id")
                     : sql_use(store, "SELECT " EVENT_COLUMNS PAGE_WHERE " ORDER BY id");
#undef PAGE_WHERE
}

int store_events_page(struct store *store, const struct event_filter *filter, bool is_newest,
                      uint32_t limit, struct as_arena *arena, struct event **ret_events,
                      size_t *ret_count)
{
    SQL_CLEANUP struct sql *sql = page_query(store, is_newest);
    sql_put_int(sql, filter->after_id);
    sql_put_int(sql, filter->before_id ? filter->before_id : INT64_MAX);
    sql_put_text(sql, as_str_from(filter->eval));
    sql_put_text(sql, as_str_from(filter->kind));
    if (is_newest)
        sql_put_int(sql, limit);
    struct as_buf events = {0};
    int rc = 0;
    while (events.len < limit * sizeof(struct event) && (rc = sql_step(sql)) > 0) {
        struct event event;
        if (event_read(sql, 0, arena, &event))
            as_buf_add(&events, &event, sizeof(event));
    }
    if (rc >= 0)
        *ret_events = sql_give_array(&events, sizeof(**ret_events), arena, ret_count);
    as_buf_done(&events);
    return rc < 0 ? rc : 0;
}

int store_group_end(struct store *store, const struct group_end *end)
{
    int rc = sql_begin(store);
    if (!rc)
        rc = store_group_finish(store, end->id, end->state, end->outcome, end->result_json,
                                end->error, end->now_ms);
    for (size_t i = 0; i < end->event_count && !rc; i++)
        rc = store_event_add(store, &end->events[i]);
    return sql_end(store, rc);
}
