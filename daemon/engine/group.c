/* A live group: its feed of cases through a bounded window, its tallies, and how it ends. */
#include "daemon/engine/group.h"
#include "daemon/engine/row.h"
#include "daemon/store/looks.h"

#include "lib/log.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct page_read {
    struct group *group;
    struct case_page *page;
    uint32_t limit; /* cases */
    int64_t next;   /* where the page after it begins */
    int rc;
    char error[AS_ERR_MSG_MAX];
};

struct case_page *case_page_ref(struct case_page *page)
{
    page->refs++;
    return page;
}

void case_page_unref(struct case_page *page)
{
    if (!page || --page->refs)
        return;
    as_arena_done(&page->arena);
    free(page);
}

/* What came before says nothing of what comes. */
static void restart_pace(struct group *group)
{
    pace_restart(&group->pace, loop_now_ms(group->engine->on.loop), group->tally.done);
}

/* ---- ending ---- */

static void read_ahead(struct group *group);

/* Only when no row is under way: the rows that the store does not have are those to be done. */
static void rewind_feed(struct group *group)
{
    group->has_rewind = false;
    group->is_resumed = true;
    group_looks_begin(group);
    group->read_at = group->rewind_at;
    read_ahead(group);
}

static void maybe_over(struct group *group)
{
    bool is_exhausted =
        !group->page && !group->ahead && !group->is_reading && group->read_at >= group->feed_end;
    if (group->active || group->is_reading || group->is_looking || group->is_ending ||
        group->requeues)
        return;
    if (group->is_given_up && !group->engine->is_stopping) {
        group->is_ending = true;
        group_finish(group);
        return;
    }
    if (group->is_wanted && !group->engine->is_stopping) {
        group_revive_now(group);
        return;
    }
    if (group_has_stopped(group) || group->engine->is_stopping) {
        engine_group_ended(group);
        return;
    }
    if (group->state == GROUP_RUNNING && is_exhausted && group->has_rewind) {
        rewind_feed(group);
        return;
    }
    if (group->state == GROUP_RUNNING && is_exhausted && group_looks_go_on(group)) {
        read_ahead(group);
        return;
    }
    if (group->state == GROUP_CANCELLING || (group->state == GROUP_RUNNING && is_exhausted)) {
        int rc = group_step(&group->state, GROUP_EV_ALL_ROWS_DONE);
        AS_ASSERT(rc == 0);
        group_finish(group);
    }
}

/* What is held has to come to its end when the group does. */
void group_apply_hold(const struct group *group)
{
    bool is_going_on = group->state == GROUP_RUNNING || group->state == GROUP_PAUSED;
    bool is_new_held = group->state == GROUP_PAUSED ||
                       (is_going_on && group->engine->drain != ENGINE_DRAINS_NOTHING);
    bool is_all_held = group->state == GROUP_HELD || group->state == GROUP_FAULTED ||
                       (is_going_on && group->engine->drain == ENGINE_DRAINS_CALLS);
    enum transport_hold what = is_all_held   ? TRANSPORT_HOLD_ALL
                               : is_new_held ? TRANSPORT_HOLD_NEW
                                             : TRANSPORT_HOLD_NONE;
    transport_hold(group->engine->on.transport, group->id, what);
}

bool group_has_stopped(const struct group *group)
{
    return group->state == GROUP_FAULTED || group->state == GROUP_FAILED;
}

/* What is in flight comes back still, and is kept if the store can; nothing further is sent. */
void group_fault(struct group *group, const char *why)
{
    if (group_has_stopped(group))
        return;
    snprintf(group->error, sizeof(group->error),
             "%.900s; when that is mended, `assayctl run resume %lld` goes on", why,
             (long long)group->id);
    as_log_err("group=%lld stands still: %s", (long long)group->id, group->error);
    int rc = group_step(&group->state, GROUP_EV_FAULT);
    AS_ASSERT(rc == 0);
    group_apply_hold(group);
    engine_group_faulted(group);
}

void group_give_up(struct group *group, const char *why)
{
    if (group_has_stopped(group))
        return;
    snprintf(group->error, sizeof(group->error), "%s", why);
    as_log_err("group=%lld failed: %s", (long long)group->id, why);
    int rc = group_step(&group->state, GROUP_EV_GIVE_UP);
    AS_ASSERT(rc == 0);
    group->is_given_up = true;
}

/* Together with the new state: a restart must not bring a cancelled group back to life. */
static void note_state(const struct group *group, const struct engine_order *order)
{
    static const char *const actions[GROUP_EVENT_COUNT] = {[GROUP_EV_CANCEL] = "run.cancel",
                                                           [GROUP_EV_PAUSE] = "run.pause",
                                                           [GROUP_EV_HOLD] = "run.pause",
                                                           [GROUP_EV_RESUME] = "run.resume"};
    char target[AUDIT_TARGET_BYTES];
    audit_target_of_run(group->id, target);
    struct audit_entry entry = {.who = order->actor.who,
                                .action = actions[order->event],
                                .target = target,
                                .why = order->actor.why,
                                .detail_json =
                                    order->event == GROUP_EV_HOLD ? "{\"hold\":true}" : NULL};
    audit_note_state(group->engine->on.db, group->id, group->state, &entry, order->stored,
                     order->ctx);
}

void group_cancel(struct group *group, const struct engine_order *order)
{
    const struct actor *actor = &order->actor;
    int rc = group_step(&group->state, GROUP_EV_CANCEL);
    AS_ASSERT(rc == 0);
    group_apply_hold(group);
    note_state(group, order);
    snprintf(group->error, sizeof(group->error), "cancelled by %s%s%.900s", actor->who,
             actor->why ? ": " : "", actor->why ? actor->why : "");
    for (struct row *row = group->rows; row; row = row->next)
        row_cancel(row);
    maybe_over(group);
}

void group_pause(struct group *group, const struct engine_order *order)
{
    const struct actor *actor = &order->actor;
    int rc = group_step(&group->state, order->event);
    AS_ASSERT(rc == 0);
    note_state(group, order);
    as_log_info("group=%lld %s by %s%s%s", (long long)group->id, group_state_name(group->state),
                actor->who, actor->why ? ": " : "", actor->why ? actor->why : "");
    restart_pace(group);
    group_apply_hold(group);
    group_feed(group);
}

/* ---- the feed ---- */

static int read_in_order(struct store *store, struct page_read *read)
{
    struct case_page *page = read->page;
    struct row_key *done = NULL;
    int rc = store_cases_page(store, read->group->dataset_id, page->from, read->limit, &page->arena,
                              &page->cases, &page->count);
    if (!rc && read->group->is_resumed)
        rc = store_rows_done(store, read->group->id, page->from, page->from + read->limit,
                             &page->arena, &done, &page->done_count);
    page->done = done;
    return rc;
}

static int compare_keys(const void *a, const void *b)
{
    const struct row_key *x = a, *y = b;
    if (x->case_seq != y->case_seq)
        return x->case_seq < y->case_seq ? -1 : 1;
    if (x->sample != y->sample)
        return x->sample < y->sample ? -1 : 1;
    return (x->member > y->member) - (x->member < y->member);
}

static int read_done_at(struct store *store, struct page_read *read, const int64_t *seqs)
{
    struct case_page *page = read->page;
    struct as_buf keys = {0};
    int rc = 0;
    for (uint32_t i = 0; i < read->limit && !rc; i++) {
        struct row_key *done = NULL;
        size_t count = 0;
        rc = store_rows_done(store, read->group->id, seqs[i], seqs[i] + 1, &page->arena, &done,
                             &count);
        if (count)
            as_buf_add(&keys, done, count * sizeof(*done));
    }
    page->done_count = keys.len / sizeof(struct row_key);
    if (page->done_count) {
        qsort(keys.ptr, page->done_count, sizeof(struct row_key), compare_keys);
        struct row_key *sorted = as_arena_alloc(&page->arena, keys.len);
        memcpy(sorted, keys.ptr, keys.len);
        page->done = sorted;
    }
    as_buf_done(&keys);
    return rc;
}

static int read_shuffled(struct store *store, struct page_read *read)
{
    struct case_page *page = read->page;
    int64_t seqs[ENGINE_PAGE_CASES];
    for (uint32_t i = 0; i < read->limit; i++)
        seqs[i] = case_order_seq(&read->group->order, page->from + i);
    int rc = store_cases_at(store, read->group->dataset_id, seqs, read->limit, &page->arena,
                            &page->cases, &page->count);
    return rc || !read->group->is_resumed ? rc : read_done_at(store, read, seqs);
}

/* Critical cases that the look which ended the group did not compare; none when there are no more.
 */
static int read_critical(struct store *store, struct page_read *read)
{
    const struct group *group = read->group;
    struct case_page *page = read->page;
    int64_t from = page->from, seqs[ENGINE_PAGE_CASES];
    int rc = 0;
    for (size_t found = 1; !rc && found && !page->count; from = read->next) {
        rc = store_critical_page(store, group->dataset_id, from, group->case_count, read->limit,
                                 &page->arena, &page->cases, &found);
        read->next = found && !rc ? page->cases[found - 1].seq + 1 : group->case_count;
        for (size_t i = 0; i < found && !rc; i++)
            if (case_order_place(&group->order, page->cases[i].seq) >= group->looks.cases) {
                seqs[page->count] = page->cases[i].seq;
                page->cases[page->count++] = page->cases[i];
            }
    }
    read->limit = (uint32_t)page->count;
    return rc || !group->is_resumed ? rc : read_done_at(store, read, seqs);
}

static void read_work(struct store *store, void *ctx)
{
    struct page_read *read = ctx;
    const struct group *group = read->group;
    read->rc = group->is_at_critical ? read_critical(store, read)
               : group->pins->looks  ? read_shuffled(store, read)
                                     : read_in_order(store, read);
    if (!read->rc && read->page->count < read->limit)
        read->rc = AS_ECORRUPT;
    if (read->rc)
        snprintf(read->error, sizeof(read->error), "cannot read cases %lld and up: %s",
                 (long long)read->page->from,
                 read->rc == AS_ECORRUPT
                     ? "some are missing from the database; restore it from a backup"
                     : store_error(store));
}

static void read_done(void *ctx)
{
    struct page_read *read = ctx;
    struct group *group = read->group;
    group->is_reading = false;
    group->read_at = read->next;
    if (read->rc) {
        case_page_unref(read->page);
        if (!group->engine->is_stopping)
            group_fault(group, read->error);
    } else {
        group->ahead = read->page;
    }
    free(read);
    group_feed(group);
}

static void read_ahead(struct group *group)
{
    if (group->is_reading || group->ahead || group->read_at >= group->feed_end)
        return;
    int64_t left = group->feed_end - group->read_at;
    struct page_read *read = as_xcalloc(1, sizeof(*read));
    read->group = group;
    read->limit = left < ENGINE_PAGE_CASES ? (uint32_t)left : ENGINE_PAGE_CASES;
    read->page = as_xcalloc(1, sizeof(*read->page));
    read->page->refs = 1;
    read->page->from = group->read_at;
    read->next = group->read_at + read->limit;
    group->is_reading = true;
    db_read(group->engine->on.db, read_work, read_done, read);
}

static bool is_done_before(const struct group *group, int64_t case_seq)
{
    struct row_key key = {group->id, case_seq, group->member_at, group->sample_at};
    const struct case_page *page = group->page;
    return page->done_count &&
           bsearch(&key, page->done, page->done_count, sizeof(key), compare_keys);
}

/* Members first, then samples, then cases: the members of a case are sent together, so that a slow
 * hour hits all alike. */
static void advance(struct group *group)
{
    if (++group->member_at < group->pins->member_count)
        return;
    group->member_at = 0;
    if (++group->sample_at < group->pins->samples)
        return;
    group->sample_at = 0;
    if (++group->page_at < group->page->count)
        return;
    group->page_at = 0;
    case_page_unref(group->page);
    group->page = NULL;
}

static bool has_page(struct group *group)
{
    if (!group->page) {
        group->page = group->ahead;
        group->ahead = NULL;
    }
    if (group->page && !group->page->count) { /* no critical case was left */
        case_page_unref(group->page);
        group->page = NULL;
    }
    read_ahead(group);
    return group->page != NULL;
}

void group_feed(struct group *group)
{
    const struct engine *engine = group->engine;
    while (group->state == GROUP_RUNNING && !engine->is_stopping &&
           engine->drain == ENGINE_DRAINS_NOTHING && group->active < group->window &&
           has_page(group)) {
        if (!is_done_before(group, group->page->cases[group->page_at].seq))
            row_start(group, group->page, group->page_at, group->member_at, group->sample_at);
        advance(group);
    }
    maybe_over(group);
}

static void add_cost(struct group *group, double usd)
{
    if (group->pins->journal.policy == JOURNAL_REPLAY)
        return;
    group->tally.has_unpriced = group->tally.has_unpriced || isnan(usd);
    group->tally.cost_usd += isnan(usd) ? 0 : usd;
}

/* A cost of NaN is not known. */
static void note_total(struct group *group, const struct row_record *record, bool is_call)
{
    struct engine_totals *totals = &group->engine->totals;
    double usd = (is_call ? record->cost_usd : 0) + record->judge_cost_usd;
    totals->rows[record->status]++;
    if (group->pins->journal.policy == JOURNAL_REPLAY)
        return;
    if (isnan(usd))
        totals->unpriced_rows++;
    else
        totals->spent_usd += fmax(usd - record->saved_usd, 0);
}

void group_row_ended(struct group *group, struct row *row)
{
    if (row->prev)
        row->prev->next = row->next;
    else
        group->rows = row->next;
    if (row->next)
        row->next->prev = row->prev;
    group->active--;
    bool is_recorded = !group->engine->is_stopping && !group_has_stopped(group);
    if (is_recorded) {
        bool is_call = !pins_is_recorded(&group->pins->members[row->record.key.member]);
        group->tally.done++;
        pace_note(&group->pace, loop_now_ms(group->engine->on.loop), group->tally.done);
        group->tally.ok += row->record.status == ROW_OK;
        group->tally.failed += row->record.status != ROW_OK && row->record.status != ROW_SKIPPED;
        add_cost(group, is_call ? row->record.cost_usd : 0);
        add_cost(group, row->record.judge_cost_usd);
        add_cost(group, -row->record.saved_usd);
        note_total(group, &row->record, is_call);
    }
    free(row);
    if (is_recorded)
        engine_group_changed(group);
    group_feed(group);
}

void group_requeued(struct group *group, int64_t rows, int64_t first_seq)
{
    int64_t place = group->pins->looks ? 0 : first_seq; /* shuffled, they may be anywhere */
    if (!group->has_rewind || place < group->rewind_at)
        group->rewind_at = place;
    group->has_rewind = true;
    group->tally.done -= rows;
    group->tally.failed = group->tally.failed > rows ? group->tally.failed - rows : 0;
    restart_pace(group);
}

/* ---- beginning ---- */

struct group *group_new(const struct group_record *record, struct pins **pins)
{
    struct group *group = as_xcalloc(1, sizeof(*group));
    group->id = record->id;
    group->dataset_id = record->dataset_id;
    group->case_count = record->case_count;
    group->pins = *pins;
    *pins = NULL;
    return group;
}

static size_t window_for(const struct pins *pins)
{
    size_t slots = pins->rubric != PINS_NO_RUBRIC ? pins->judge.spec.concurrency : 0;
    for (size_t i = 0; i < pins->member_count; i++)
        slots += pins->members[i].spec.concurrency;
    /* under a budget no more than the lanes can use: what is begun when it ends is paid in vain */
    size_t spare = budget_rules_is_set(&pins->budget) ? 0 : ENGINE_WINDOW_MIN;
    size_t window = 2 * slots + spare;
    return window > ENGINE_WINDOW_MAX ? ENGINE_WINDOW_MAX : window;
}

static char *system_prefix(const char *system)
{
    if (!system)
        return NULL;
    struct as_buf text = {0};
    as_buf_adds(&text, "[{\"role\":\"system\",\"content\":");
    as_json_write_quoted(as_str_from(system), &text);
    as_buf_addc(&text, '}');
    return as_buf_take(&text);
}

void group_begin(struct group *group)
{
    group->window = window_for(group->pins);
    group->system_prefix = system_prefix(group->pins->system);
    group_looks_begin(group);
    restart_pace(group);
    spending_open(&group->spending, group->pins, group->engine->on.transport);
    transport_throttle(group->engine->on.transport, group->id, group->pins->calls.max_concurrent,
                       group->pins->calls.delay_ms);
    if (group->state == GROUP_PENDING) {
        int rc = group_step(&group->state, GROUP_EV_START);
        AS_ASSERT(rc == 0);
    }
    as_log_info("group=%lld eval=%s %s: %lld cases, %zu members", (long long)group->id,
                group->pins->eval_name, group->is_resumed ? "resumes" : "starts",
                (long long)group->case_count, group->pins->member_count);
    if (group->state == GROUP_FINISHING)
        group_finish(group);
    else
        group_feed(group);
}

void group_free(struct group *group)
{
    AS_ASSERT(!group->active && !group->is_reading && !group->is_looking);
    case_page_unref(group->page);
    case_page_unref(group->ahead);
    spending_done(&group->spending);
    pins_free(group->pins);
    free(group->system_prefix);
    free(group);
}
