/* Each inbox does one thing at a time: it looks at its folder (on the pool), and when files are
 * ready it takes a batch of them in, and looks again. While files wait for their quiet time a timer
 * looks again; events of the folder only make it look sooner. */
#include "daemon/inbox/inbox.h"

#include "daemon/core/watch.h"
#include "daemon/inbox/batch.h"
#include "daemon/inbox/tell.h"
#include "daemon/plugin/params_check.h"
#include "lib/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS 5000     /* after a failure */
#define OPEN_LOOK_MS 1000 /* while somebody writes a file: that he closes it makes no event */
#define BATCH_BYTES_MAX (256ll << 20)

struct seen_file {
    struct folder_file file;
    uint64_t since_ms; /* monotonic: the first look that saw it like this */
    char *trouble;     /* why it stays until it changes; NULL: it only waits */
};

struct inbox {
    struct inbox *next;
    struct inboxes *all;
    struct inbox_rules rules; /* its texts are our own */
    struct watch *watch;      /* NULL: the inbox is not wanted any more */
    struct loop_timer *timer;
    struct folder_listing listing; /* of the look that is under way */
    struct as_err look_err;
    int look_rc;
    bool is_looking;
    bool is_dirty; /* look again afterwards */
    struct batch *batch;
    struct as_sha256 redactor; /* of the last batch */
    struct seen_file *seen;    /* by name */
    size_t seen_count;
    char *trouble;
    struct inbox_counts counts;
};

struct inboxes {
    struct inboxes_options options;
    struct inbox *list;
};

static void look(struct inbox *inbox);

/* ---- life ---- */

static void free_seen(struct seen_file *seen, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(seen[i].file.name);
        free(seen[i].trouble);
    }
    free(seen);
}

static void free_inbox(struct inbox *inbox)
{
    loop_timer_free(inbox->timer);
    folder_listing_done(&inbox->listing);
    free_seen(inbox->seen, inbox->seen_count);
    free((char *)inbox->rules.dataset);
    free((char *)inbox->rules.dir);
    free((char *)inbox->rules.redact);
    free((char *)inbox->rules.params_json);
    free(inbox->trouble);
    free(inbox);
}

static bool is_busy(const struct inbox *inbox)
{
    return inbox->is_looking || inbox->batch;
}

/* Those that are not wanted any more, as soon as nothing of theirs is under way. */
static void drop_unwanted(struct inboxes *inboxes)
{
    struct inbox **at = &inboxes->list;
    while (*at) {
        struct inbox *inbox = *at;
        if (inbox->watch || is_busy(inbox)) {
            at = &inbox->next;
            continue;
        }
        *at = inbox->next;
        free_inbox(inbox);
    }
}

static void unwant(struct inbox *inbox)
{
    watch_free(inbox->watch);
    inbox->watch = NULL;
    loop_timer_stop(inbox->timer);
    if (inbox->batch)
        batch_cancel(inbox->batch);
}

static void on_change(void *ctx)
{
    look(ctx);
}

/* ---- what a batch came to ---- */

/* Told when it begins or changes, and when it is over. text NULL: there is none. */
static void set_trouble(struct inbox *inbox, const char *text)
{
    if (text ? inbox->trouble && !strcmp(text, inbox->trouble) : !inbox->trouble)
        return;
    tell_failed(inbox->all->options.events, inbox->rules.dataset, text);
    if (text)
        as_log_warn("inbox %s: %s; it is tried again", inbox->rules.dataset, text);
    else
        as_log_info("inbox %s: works again", inbox->rules.dataset);
    free(inbox->trouble);
    inbox->trouble = text ? as_xstrdup(text) : NULL;
}

static void log_taken(const struct inbox *inbox, const struct batch_file *entry)
{
    const struct inbox_file *record = &entry->record;
    const char *dataset = inbox->rules.dataset;
    if (entry->is_known)
        as_log_info("inbox %s: %s was taken in before: it is only moved", dataset, record->name);
    else if (record->bad)
        as_log_warn("inbox %s: %s: %" PRId64 " cases taken in, %" PRId64 " known, %" PRId64
                    " bad lines, the first: %.*s",
                    dataset, record->name, record->good, record->known, record->bad,
                    (int)strcspn(record->why, "\n"), record->why);
    else
        as_log_info("inbox %s: %s: %" PRId64 " cases taken in, %" PRId64 " known", dataset,
                    record->name, record->good, record->known);
}

/* A file that stays is not tried again before it changes; one that has changed is another one. */
static void keep_back(struct inbox *inbox, const struct batch_file *entry)
{
    as_log_warn("inbox %s: %s; it stays there until it changes", inbox->rules.dataset,
                entry->err.msg);
    tell_kept_back(inbox->all->options.events, &entry->record, entry->err.msg);
    for (size_t i = 0; i < inbox->seen_count; i++)
        if (!inbox->seen[i].trouble && folder_file_is_same(&inbox->seen[i].file, &entry->file))
            inbox->seen[i].trouble = as_xstrdup(entry->err.msg);
}

/* taken_ms is that of files that were noted, whether they could be moved or not. */
static void count_file(struct inbox_counts *counts, const struct inbox_file *record)
{
    if (!record->taken_ms)
        return;
    counts->refused += record->is_refused;
    counts->taken += !record->is_refused;
    counts->good += record->good;
    counts->known += record->known;
    counts->dropped += record->dropped;
    counts->bad += record->bad;
}

static void on_batch_done(void *ctx, const struct batch_result *result)
{
    struct inbox *inbox = ctx;
    bool is_failure = result->rc && result->rc != AS_ENOENT;
    inbox->batch = NULL;
    for (size_t i = 0; i < result->count; i++) {
        const struct batch_file *entry = &result->files[i];
        count_file(&inbox->counts, &entry->record);
        if (entry->rc && entry->rc != AS_ENOENT)
            keep_back(inbox, entry);
        else if (!entry->rc && !result->rc)
            log_taken(inbox, entry);
    }
    if (result->version)
        as_log_info("inbox %s: version %u", inbox->rules.dataset, result->version);
    events_poke(inbox->all->options.events);
    if (!inbox->watch) {
        drop_unwanted(inbox->all);
        return;
    }
    set_trouble(inbox, is_failure ? result->err.msg : NULL);
    if (is_failure)
        loop_timer_start(inbox->timer, RETRY_MS);
    else
        look(inbox);
}

/* ---- looking ---- */

/* The files that lie there, with what is known of those that have not changed. */
static void merge_seen(struct inbox *inbox)
{
    struct folder_listing *listing = &inbox->listing;
    struct seen_file *merged = as_xcalloc(listing->count + 1, sizeof(*merged));
    for (size_t i = 0, old = 0; i < listing->count; i++) {
        struct seen_file *now = &merged[i];
        now->file = folder_file_copy(&listing->files[i]);
        now->since_ms = loop_now_ms(inbox->all->options.loop);
        while (old < inbox->seen_count && strcmp(inbox->seen[old].file.name, now->file.name) < 0)
            old++;
        if (old == inbox->seen_count || !folder_file_is_same(&inbox->seen[old].file, &now->file))
            continue;
        now->since_ms = inbox->seen[old].since_ms;
        now->trouble = inbox->seen[old].trouble;
        inbox->seen[old].trouble = NULL;
    }
    free_seen(inbox->seen, inbox->seen_count);
    inbox->seen = merged;
    inbox->seen_count = listing->count;
    folder_listing_done(listing);
}

/* So long until it may be taken; 0: now. */
static uint64_t wait_of(const struct inbox *inbox, const struct seen_file *seen)
{
    uint64_t age_ms = loop_now_ms(inbox->all->options.loop) - seen->since_ms;
    uint64_t quiet_ms = (uint64_t)inbox->rules.quiet_ms;
    if (age_ms < quiet_ms)
        return quiet_ms - age_ms;
    return seen->file.is_open ? OPEN_LOOK_MS : 0;
}

/* The files that are ready, as many as one batch takes; and when the next one may be (0: none). */
static size_t choose(const struct inbox *inbox, const struct folder_file **ret_files,
                     uint64_t *ret_wait_ms)
{
    size_t count = 0;
    int64_t bytes = 0;
    uint64_t wait_ms = 0;
    for (size_t i = 0; i < inbox->seen_count && count < BATCH_FILES_MAX; i++) {
        const struct seen_file *seen = &inbox->seen[i];
        uint64_t wait = seen->trouble ? 0 : wait_of(inbox, seen);
        if (wait && (!wait_ms || wait < wait_ms))
            wait_ms = wait;
        if (seen->trouble || wait || (count && bytes + seen->file.bytes > BATCH_BYTES_MAX))
            continue;
        ret_files[count++] = &seen->file;
        bytes += seen->file.bytes;
    }
    *ret_wait_ms = wait_ms;
    return count;
}

/* Files that another version of the redactor failed with are tried again. */
static void forget_troubles(struct inbox *inbox)
{
    for (size_t i = 0; i < inbox->seen_count; i++) {
        free(inbox->seen[i].trouble);
        inbox->seen[i].trouble = NULL;
    }
}

/* False: one is wanted and is not there, and nothing may be taken in. */
static bool find_redactor(struct inbox *inbox, struct plugin_version **ret_redactor)
{
    struct as_err err = {0};
    *ret_redactor = NULL;
    if (!inbox->rules.redact)
        return true;
    if (registry_find(inbox->all->options.registry, PLUGIN_REDACTOR, inbox->rules.redact,
                      ret_redactor, &err)) {
        set_trouble(inbox, err.msg);
        return false;
    }
    if (plugin_params_check(*ret_redactor, inbox->rules.params_json, &err)) {
        set_trouble(inbox, err.msg);
        plugin_version_unref(*ret_redactor);
        return false;
    }
    if (!as_sha256_eq(&inbox->redactor, &(*ret_redactor)->hash))
        forget_troubles(inbox);
    inbox->redactor = (*ret_redactor)->hash;
    return true;
}

static size_t count_kept_back(const struct inbox *inbox)
{
    size_t count = 0;
    for (size_t i = 0; i < inbox->seen_count; i++)
        count += inbox->seen[i].trouble != NULL;
    return count;
}

/* Trouble is over when a batch came to its end, or when there is nothing to take in. */
static void take_in(struct inbox *inbox)
{
    struct plugin_version *redactor;
    if (!find_redactor(inbox, &redactor)) {
        loop_timer_start(inbox->timer, RETRY_MS);
        return;
    }
    const struct folder_file *files[BATCH_FILES_MAX];
    uint64_t wait_ms = 0;
    size_t count = choose(inbox, files, &wait_ms);
    if (!count && wait_ms)
        loop_timer_start(inbox->timer, wait_ms);
    if (!count) {
        set_trouble(inbox, NULL);
        plugin_version_unref(redactor);
        return;
    }
    struct batch_options options = {
        .loop = inbox->all->options.loop,
        .db = inbox->all->options.db,
        .rules = &inbox->rules,
        .sandbox = inbox->all->options.sandbox,
        .redactor = redactor,
        .kept_back = count_kept_back(inbox),
        .now_ms = clock_wall_ms(),
        .done = on_batch_done,
        .ctx = inbox,
    };
    inbox->batch = batch_start(&options, files, count);
}

static void look_work(void *ctx)
{
    struct inbox *inbox = ctx;
    inbox->look_rc = folder_list(inbox->rules.dir, &inbox->listing, &inbox->look_err);
}

static void look_done(void *ctx)
{
    struct inbox *inbox = ctx;
    bool is_dirty = inbox->is_dirty;
    inbox->is_looking = inbox->is_dirty = false;
    if (!inbox->watch) {
        drop_unwanted(inbox->all);
        return;
    }
    if (inbox->look_rc) {
        set_trouble(inbox, inbox->look_err.msg);
        loop_timer_start(inbox->timer, RETRY_MS);
        return;
    }
    merge_seen(inbox);
    if (is_dirty)
        look(inbox);
    else
        take_in(inbox);
}

/* After a batch it looks anyway. */
static void look(struct inbox *inbox)
{
    inbox->is_dirty = inbox->is_looking;
    if (is_busy(inbox) || !inbox->watch)
        return;
    inbox->is_looking = true;
    loop_work(inbox->all->options.loop, look_work, look_done, inbox);
}

/* ---- the set ---- */

struct inboxes *inboxes_new(const struct inboxes_options *options)
{
    struct inboxes *inboxes = as_xcalloc(1, sizeof(*inboxes));
    inboxes->options = *options;
    return inboxes;
}

static bool is_of(const struct inbox *inbox, const struct inbox_rules *rules)
{
    return inbox->watch && !strcmp(inbox->rules.dataset, rules->dataset) &&
           !strcmp(inbox->rules.dir, rules->dir) &&
           !strcmp(inbox->rules.params_json, rules->params_json) &&
           !strcmp(inbox->rules.redact ? inbox->rules.redact : "",
                   rules->redact ? rules->redact : "");
}

static void add_inbox(struct inboxes *inboxes, const struct inbox_rules *rules)
{
    struct inbox *inbox = as_xcalloc(1, sizeof(*inbox));
    inbox->all = inboxes;
    inbox->rules = *rules;
    inbox->rules.dataset = as_xstrdup(rules->dataset);
    inbox->rules.dir = as_xstrdup(rules->dir);
    inbox->rules.redact = rules->redact ? as_xstrdup(rules->redact) : NULL;
    inbox->rules.params_json = as_xstrdup(rules->params_json);
    inbox->timer = loop_timer_new(inboxes->options.loop, on_change, inbox);
    inbox->watch = watch_new(inboxes->options.loop, inbox->rules.dir, on_change, inbox);
    inbox->next = inboxes->list;
    inboxes->list = inbox;
    look(inbox);
}

static bool is_configured(const struct inbox *inbox, const struct config *config)
{
    for (size_t i = 0; i < config->inbox_count; i++)
        if (is_of(inbox, &config->inboxes[i]))
            return true;
    return false;
}

static void set_rules(struct inboxes *inboxes, const struct inbox_rules *rules)
{
    struct inbox *known = inboxes->list;
    while (known && !is_of(known, rules))
        known = known->next;
    if (!known) {
        add_inbox(inboxes, rules);
        return;
    }
    known->rules.keep_ms = rules->keep_ms;
    known->rules.max_cases = rules->max_cases;
    known->rules.quiet_ms = rules->quiet_ms;
    look(known);
}

void inboxes_set_config(struct inboxes *inboxes, const struct config *config)
{
    for (struct inbox *inbox = inboxes->list; inbox; inbox = inbox->next)
        if (inbox->watch && !is_configured(inbox, config))
            unwant(inbox);
    drop_unwanted(inboxes);
    for (size_t i = 0; i < config->inbox_count; i++)
        set_rules(inboxes, &config->inboxes[i]);
}

void inboxes_stop(struct inboxes *inboxes)
{
    for (struct inbox *inbox = inboxes->list; inbox; inbox = inbox->next)
        if (inbox->watch)
            unwant(inbox);
    drop_unwanted(inboxes);
}

bool inboxes_is_idle(const struct inboxes *inboxes)
{
    return !inboxes->list;
}

void inboxes_free(struct inboxes *inboxes)
{
    if (!inboxes)
        return;
    inboxes_stop(inboxes);
    AS_ASSERT(inboxes_is_idle(inboxes));
    free(inboxes);
}

/* ---- for listings ---- */

static const char *why_of(const struct inbox *inbox, const struct seen_file *seen)
{
    if (seen->trouble)
        return seen->trouble;
    if (seen->file.is_open)
        return "somebody has it open for writing";
    return wait_of(inbox, seen) ? "it changed a moment ago" : "it is being taken in, or is next";
}

void inboxes_each(const struct inboxes *inboxes, inbox_view_fn fn, void *ctx)
{
    for (const struct inbox *inbox = inboxes->list; inbox; inbox = inbox->next) {
        struct inbox_view view = {.rules = &inbox->rules,
                                  .is_taking = inbox->batch != NULL,
                                  .trouble = inbox->trouble,
                                  .waiting_count = inbox->seen_count,
                                  .counts = &inbox->counts};
        if (inbox->watch)
            fn(ctx, &view);
    }
}

void inboxes_each_waiting(const struct inboxes *inboxes, const char *dataset, size_t most,
                          inbox_waiting_fn fn, void *ctx)
{
    const struct inbox *inbox = inboxes->list;
    while (inbox && (!inbox->watch || strcmp(inbox->rules.dataset, dataset)))
        inbox = inbox->next;
    for (size_t i = 0; inbox && i < inbox->seen_count && i < most; i++) {
        const struct seen_file *seen = &inbox->seen[i];
        struct as_buf shown = {0};
        as_buf_add_utf8_safe(&shown, seen->file.name, strlen(seen->file.name));
        struct inbox_waiting file = {shown.ptr, seen->file.bytes, why_of(inbox, seen)};
        fn(ctx, &file);
        as_buf_done(&shown);
    }
}
