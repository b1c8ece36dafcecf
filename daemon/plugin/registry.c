/* The registry: scans driven by watches, questions answered from the list of versions.
 *
 * At most one scan is under way; what changes meanwhile asks for another. The folders that a scan
 * found are watched from then on, and a folder that was not watched before is scanned once more,
 * because it may have changed in between. */
#include "daemon/plugin/registry_own.h"

#include "lib/nearest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scan_job {
    struct scan scan;
    struct registry *registry; /* NULL when it was freed meanwhile */
};

/* What is due to callers */

void registry_fire_soon(struct registry *r)
{
    if (!r->is_ending && !loop_timer_is_active(r->soon))
        loop_timer_start(r->soon, 0);
}

void registry_note_change(struct registry *r)
{
    r->is_changed = true;
    registry_fire_soon(r);
}

void registry_tell(struct registry *r, enum event_kind kind, const char *path, const char *text)
{
    struct event event = {.kind = kind, .subject = path, .text = text};
    if (r->on_event && !r->is_ending)
        r->on_event(r->ctx, &event);
}

static struct scan_waiter *take_due_waiter(struct registry *r)
{
    if (r->candidates)
        return NULL;
    for (struct scan_waiter **at = &r->waiters; *at; at = &(*at)->next) {
        struct scan_waiter *waiter = *at;
        if (waiter->scan_number > r->scans_applied)
            continue;
        *at = waiter->next;
        return waiter;
    }
    return NULL;
}

static void on_soon(void *ctx)
{
    struct registry *r = ctx;
    struct scan_waiter *waiter;
    if (r->is_changed && r->on_change) {
        r->is_changed = false;
        r->on_change(r->ctx);
    }
    requests_fire_ready(r);
    while ((waiter = take_due_waiter(r))) {
        waiter->done(waiter->ctx);
        free(waiter);
    }
}

/* Watches */

static void on_folder_changed(void *ctx)
{
    registry_start_scan(ctx);
}

static struct watched_folder *folder_of(struct registry *r, const char *path)
{
    struct watched_folder *folder = r->folders;
    while (folder && strcmp(folder->path, path))
        folder = folder->next;
    return folder;
}

static void watch_folder(struct registry *r, const char *path, bool is_top)
{
    struct watched_folder *folder = as_xcalloc(1, sizeof(*folder));
    *folder = (struct watched_folder){
        .next = r->folders, .path = as_xstrdup(path), .is_seen = true, .is_top = is_top};
    folder->watch = watch_new(r->loop, path, on_folder_changed, r);
    r->folders = folder;
}

static void unwatch_folder(struct registry *r, struct watched_folder *folder)
{
    struct watched_folder **at = &r->folders;
    while (*at != folder)
        at = &(*at)->next;
    *at = folder->next;
    watch_free(folder->watch);
    free(folder->path);
    free(folder);
}

static void watch_folders_of(struct registry *r, const struct scan *scan)
{
    bool has_new = false;
    for (struct watched_folder *folder = r->folders; folder; folder = folder->next)
        folder->is_seen = folder->is_top;
    for (size_t i = 0; i < scan->folder_count; i++) {
        struct watched_folder *folder = folder_of(r, scan->folders[i].path);
        if (folder) {
            folder->is_seen = true;
        } else {
            watch_folder(r, scan->folders[i].path, false);
            has_new = true;
        }
    }
    for (struct watched_folder *folder = r->folders, *next; folder; folder = next) {
        next = folder->next;
        if (!folder->is_seen)
            unwatch_folder(r, folder);
    }
    r->is_scan_wanted |= has_new;
}

/* Scans */

static int compare_known(const void *a, const void *b)
{
    return strcmp(((const struct scan_known *)a)->path, ((const struct scan_known *)b)->path);
}

static void tell_what_is_known(const struct registry *r, struct scan *scan)
{
    size_t count = 0;
    for (const struct plugin_file *file = r->files; file; file = file->next)
        count++;
    struct scan_known *known = as_arena_alloc(&scan->arena, (count + 1) * sizeof(*known));
    scan->known = known;
    scan->known_count = count;
    for (const struct plugin_file *file = r->files; file; file = file->next, known++)
        *known = (struct scan_known){as_arena_strdup(&scan->arena, file->path), file->signature};
    qsort(scan->known, count, sizeof(*known), compare_known);
}

static void tell_directories(const struct registry *r, struct scan *scan)
{
    size_t count = 0;
    while (r->directories[count])
        count++;
    const char **copy = as_arena_alloc(&scan->arena, (count + 1) * sizeof(*copy));
    for (size_t i = 0; i < count; i++)
        copy[i] = as_arena_strdup(&scan->arena, r->directories[i]);
    scan->directories = copy;
}

static void work_scan(void *ctx)
{
    scan_run(&((struct scan_job *)ctx)->scan);
}

static void on_scan_done(void *ctx)
{
    struct scan_job *job = ctx;
    struct registry *r = job->registry;
    if (r) {
        r->scans_applied++;
        files_apply(r, &job->scan);
        watch_folders_of(r, &job->scan);
        r->scan = NULL;
        registry_fire_soon(r);
    }
    scan_done(&job->scan);
    free(job);
    if (r && r->is_scan_wanted)
        registry_start_scan(r);
}

void registry_start_scan(struct registry *r)
{
    r->is_scan_wanted = r->scan;
    if (r->scan || r->is_ending)
        return;
    struct scan_job *job = as_xcalloc(1, sizeof(*job));
    job->registry = r;
    job->scan.now_ms = clock_wall_ms();
    tell_directories(r, &job->scan);
    tell_what_is_known(r, &job->scan);
    r->scan = job;
    r->scans_started++;
    loop_work(r->loop, work_scan, on_scan_done, job);
}

static void on_rescan(void *ctx)
{
    registry_start_scan(ctx);
}

void registry_rescan_in(struct registry *r, uint64_t delay_ms)
{
    if (!loop_timer_is_active(r->rescan))
        loop_timer_start(r->rescan, delay_ms);
}

void registry_scan(struct registry *r, void (*done)(void *ctx), void *ctx)
{
    registry_start_scan(r);
    if (!done)
        return;
    struct scan_waiter *waiter = as_xcalloc(1, sizeof(*waiter)), **end = &r->waiters;
    *waiter = (struct scan_waiter){
        .scan_number = r->scans_started + r->is_scan_wanted, .done = done, .ctx = ctx};
    while (*end)
        end = &(*end)->next;
    *end = waiter;
}

/* Questions */

static int say_not_found(const struct registry *r, enum plugin_kind kind,
                         const struct selector *selector, struct as_err *err)
{
    struct as_nearest nearest = {0};
    char there[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < r->version_count; i++) {
        const struct plugin_version *v = r->versions[i];
        if (v->kind != kind || v->state != PLUGIN_LIVE)
            continue;
        as_nearest_offer(&nearest, selector->name, v->name);
        if (!strcmp(v->name, selector->name) && used < sizeof(there))
            used += (size_t)snprintf(there + used, sizeof(there) - used, "%s%s", used ? ", " : "",
                                     v->version);
    }
    if (used)
        return as_err_set(err, AS_ENOENT, "no such version of %s '%s'; there is %s",
                          plugin_kind_name(kind), selector->name, there);
    return as_err_set(err, AS_ENOENT, "no %s named '%s'%s%s%s", plugin_kind_name(kind),
                      selector->name, nearest.best ? ": did you mean '" : "",
                      nearest.best ? nearest.best : "", nearest.best ? "'?" : "");
}

/* By name only live versions; by hash any, but the digits must mean one version. */
static bool is_meant(const struct plugin_version *v, enum plugin_kind kind,
                     const struct selector *selector)
{
    struct plugin_number number;
    if (v->kind != kind || strcmp(v->name, selector->name))
        return false;
    if (*selector->hash_prefix)
        return selector_takes_hash(selector, &v->hash);
    return v->state == PLUGIN_LIVE && !plugin_number_parse(v->version, &number) &&
           selector_takes_number(selector, &number);
}

int registry_find(struct registry *r, enum plugin_kind kind, const char *text,
                  struct plugin_version **ret_version, struct as_err *err)
{
    struct selector selector;
    struct plugin_version *best = NULL;
    int rc = selector_parse(text, &selector, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < r->version_count; i++) {
        struct plugin_version *v = r->versions[i];
        if (!is_meant(v, kind, &selector))
            continue;
        if (best && *selector.hash_prefix)
            return as_err_set(err, AS_EINVAL, "'%s' fits more than one version: give more digits",
                              text);
        if (!best || plugin_version_compare(best, v) < 0)
            best = v;
    }
    if (!best)
        return say_not_found(r, kind, &selector, err);
    *ret_version = plugin_version_ref(best);
    return 0;
}

static int compare_versions(const void *a, const void *b)
{
    return plugin_version_compare(*(struct plugin_version *const *)a,
                                  *(struct plugin_version *const *)b);
}

void registry_each(struct registry *r, registry_version_fn fn, void *ctx)
{
    size_t count = r->version_count;
    struct plugin_version **sorted = as_xcalloc(count + 1, sizeof(*sorted));
    for (size_t i = 0; i < count; i++)
        sorted[i] = r->versions[i];
    qsort(sorted, count, sizeof(*sorted), compare_versions);
    for (size_t i = 0; i < count; i++)
        fn(ctx, sorted[i]);
    free(sorted);
}

static int compare_refusals(const void *a, const void *b)
{
    const struct plugin_refusal *one = a, *other = b;
    return strcmp(one->path, other->path);
}

void registry_each_refusal(struct registry *r, registry_refusal_fn fn, void *ctx)
{
    size_t count = 0, cap = 0;
    for (const struct plugin_file *file = r->files; file; file = file->next)
        cap++;
    struct plugin_refusal *sorted = as_xcalloc(cap + 1, sizeof(*sorted));
    for (const struct plugin_file *file = r->files; file; file = file->next) {
        struct plugin_refusal refusal = {file->path, file->refusal, file->refused_since_ms};
        if (file->refusal)
            sorted[count++] = refusal;
    }
    qsort(sorted, count, sizeof(*sorted), compare_refusals);
    for (size_t i = 0; i < count; i++)
        fn(ctx, &sorted[i]);
    free(sorted);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void registry_each_loading(struct registry *r, registry_path_fn fn, void *ctx)
{
    size_t count = 0, cap = 0;
    for (const struct plugin_file *file = r->files; file; file = file->next)
        cap++;
    const char **sorted = as_xcalloc(cap + 1, sizeof(*sorted));
    for (const struct plugin_file *file = r->files; file; file = file->next)
        if (file->candidate)
            sorted[count++] = file->path;
    qsort(sorted, count, sizeof(*sorted), compare_paths);
    for (size_t i = 0; i < count; i++)
        fn(ctx, sorted[i]);
    free(sorted);
}

/* Life */

static char **copy_directories(const char *const *directories)
{
    size_t count = 0;
    while (directories[count])
        count++;
    char **copy = as_xcalloc(count + 1, sizeof(*copy));
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(directories[i]);
        copy[i] = as_xstrdup(directories[i]);
        while (len > 1 && copy[i][len - 1] == '/')
            copy[i][--len] = '\0';
    }
    return copy;
}

int registry_new(struct loop *loop, struct sandbox *sandbox, const struct registry_options *options,
                 struct registry **ret_registry, struct as_err *err)
{
    if (!options->directories || !options->directories[0])
        return as_err_set(err, AS_EINVAL, "no plugin directory is configured");
    struct registry *r = as_xcalloc(1, sizeof(*r));
    r->loop = loop;
    r->sandbox = sandbox;
    r->directories = copy_directories(options->directories);
    r->on_change = options->on_change;
    r->on_event = options->on_event;
    r->ctx = options->ctx;
    r->soon = loop_timer_new(loop, on_soon, r);
    r->rescan = loop_timer_new(loop, on_rescan, r);
    for (size_t i = 0; r->directories[i]; i++)
        if (!folder_of(r, r->directories[i]))
            watch_folder(r, r->directories[i], true);
    *ret_registry = r;
    return 0;
}

static void free_waiters(struct registry *r)
{
    while (r->waiters) {
        struct scan_waiter *waiter = r->waiters;
        r->waiters = waiter->next;
        free(waiter);
    }
}

void registry_free(struct registry *r)
{
    if (!r)
        return;
    r->is_ending = true;
    if (r->scan)
        r->scan->registry = NULL;
    requests_end_all(r);
    free_waiters(r);
    files_free_all(r);
    while (r->folders)
        unwatch_folder(r, r->folders);
    AS_ASSERT(!r->version_count);
    loop_timer_free(r->soon);
    loop_timer_free(r->rescan);
    for (size_t i = 0; r->directories[i]; i++)
        free(r->directories[i]);
    free(r->directories);
    free(r->versions);
    free(r);
}
