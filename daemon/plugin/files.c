/* From files to versions. A scan says what lies in the folders; here each file is judged by the
 * hash of its bytes: bytes that are a version already are that version at once, new bytes go on
 * trial, and whatever fails leaves the file's last good version in force and a refusal beside it. A
 * file that is gone keeps its version for a moment, because a rename or an atomic replacement looks
 * like that in between. */
#include "daemon/plugin/registry_own.h"

#include "lib/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REASON_BYTES 1024

/* Refusals */

static void clear_refusal(struct registry *r, struct plugin_file *file)
{
    if (!file->refusal)
        return;
    free(file->refusal);
    file->refusal = NULL;
    file->is_conflict = false;
    registry_note_change(r);
}

static void refuse_file(struct registry *r, struct plugin_file *file, const char *reason)
{
    if (file->refusal && !strcmp(file->refusal, reason))
        return;
    clear_refusal(r, file);
    file->refusal = as_xstrdup(reason);
    file->refused_since_ms = clock_wall_ms();
    as_log_warn("plugin refused path=%s in_force=%s reason=\"%s\"", file->path,
                file->version ? file->version->selector : "none", reason);
    registry_tell(r, EVENT_PLUGIN_REFUSED, file->path, reason);
    registry_note_change(r);
}

/* Versions in force */

static struct plugin_file *file_with_version(struct registry *r, const struct plugin_version *v)
{
    struct plugin_file *file = r->files;
    while (file && file->version != v)
        file = file->next;
    return file;
}

static void set_path(struct plugin_version *v, const char *path)
{
    free(v->path);
    v->path = as_xstrdup(path);
}

static void tell_version(struct registry *r, enum event_kind kind, const struct plugin_version *v)
{
    char text[512];
    snprintf(text, sizeof(text), "%s %s is %s", plugin_kind_name(v->kind), v->selector,
             kind == EVENT_PLUGIN_LIVE ? "live" : "retired");
    registry_tell(r, kind, v->path, text);
}

/* The file lets go of its version, which is retired unless another file has the same bytes. */
static void release_version(struct registry *r, struct plugin_file *file)
{
    struct plugin_version *v = file->version;
    char hash[32];
    if (!v)
        return;
    file->version = NULL;
    const struct plugin_file *other = file_with_version(r, v);
    if (other) {
        set_path(v, other->path);
    } else {
        v->state = PLUGIN_RETIRED;
        version_short_hash(&v->hash, hash);
        if (!r->is_ending)
            as_log_info("plugin retired plugin=%s kind=%s hash=%s pinned_by=%u", v->selector,
                        plugin_kind_name(v->kind), hash, v->refs - 1);
        tell_version(r, EVENT_PLUGIN_RETIRED, v);
    }
    registry_note_change(r);
    plugin_version_unref(v);
}

static void accept_version(struct registry *r, struct plugin_file *file, struct plugin_version *v)
{
    char hash[32];
    clear_refusal(r, file);
    if (file->version == v)
        return;
    struct plugin_version *mine = plugin_version_ref(v);
    release_version(r, file);
    file->version = mine;
    if (v->state == PLUGIN_LIVE)
        return;
    v->state = PLUGIN_LIVE;
    v->since_ms = clock_wall_ms();
    set_path(v, file->path);
    version_short_hash(&v->hash, hash);
    as_log_info("plugin live plugin=%s kind=%s hash=%s path=%s", v->selector,
                plugin_kind_name(v->kind), hash, file->path);
    tell_version(r, EVENT_PLUGIN_LIVE, v);
    registry_note_change(r);
}

/* Candidates */

static void candidate_free(struct candidate *c)
{
    struct candidate **at = &c->registry->candidates;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    trial_free(c->trial);
    free((char *)c->source.ptr);
    free(c);
}

/* The file no longer waits for its candidate; a candidate that nobody waits for is given up. */
static void drop_candidate(struct registry *r, struct plugin_file *file)
{
    struct candidate *c = file->candidate;
    file->candidate = NULL;
    if (!c)
        return;
    for (const struct plugin_file *other = r->files; other; other = other->next)
        if (other->candidate == c)
            return;
    candidate_free(c);
}

/* Why this trial gives no version; false when it does. */
static bool find_fault(const struct candidate *c, const struct trial_result *result,
                       char reason[REASON_BYTES], bool *ret_is_conflict)
{
    const struct job_loaded *loaded = result->loaded;
    struct plugin_number number;
    *ret_is_conflict = false;
    if (loaded->status != JOB_OK) {
        bool is_plain = loaded->status == JOB_LOAD_ERROR;
        snprintf(reason, REASON_BYTES, "%s%s%.*s", is_plain ? "" : job_status_name(loaded->status),
                 is_plain ? "" : ": ", (int)loaded->reason.len,
                 loaded->reason.ptr ? loaded->reason.ptr : "");
        return true;
    }
    if (plugin_number_parse(loaded->manifest.version.ptr, &number)) {
        snprintf(reason, REASON_BYTES, "version '%s' is not MAJOR.MINOR.PATCH in numbers",
                 loaded->manifest.version.ptr);
        return true;
    }
    const struct plugin_version *other =
        version_in_the_way(c->registry, &loaded->manifest, &c->hash);
    if (other) {
        char hash[32];
        version_short_hash(&other->hash, hash);
        snprintf(reason, REASON_BYTES, "%s exists with other bytes (%s%s%s): bump the version",
                 other->selector, hash, other->path ? ", " : "", other->path ? other->path : "");
        *ret_is_conflict = true;
        return true;
    }
    if (result->examples_failed)
        snprintf(reason, REASON_BYTES, "%u of its %u examples failed; %s", result->examples_failed,
                 loaded->manifest.example_count, result->first_failure);
    return result->examples_failed;
}

static void judge(struct candidate *c)
{
    struct registry *r = c->registry;
    const struct trial_result *result = trial_result(c->trial);
    char reason[REASON_BYTES];
    bool is_conflict = false;
    struct plugin_version *v = version_by_hash(r, &c->hash);
    if (v) {
        plugin_version_ref(v); /* adopted meanwhile */
    } else if (!find_fault(c, result, reason, &is_conflict)) {
        v = version_new_take(r, &result->loaded->manifest, &c->hash, c->source,
                             trial_take_id(c->trial));
        c->source = (struct as_str){0};
    }
    for (struct plugin_file *file = r->files; file; file = file->next) {
        if (file->candidate != c)
            continue;
        file->candidate = NULL;
        if (v) {
            accept_version(r, file, v);
        } else {
            refuse_file(r, file, reason);
            file->is_conflict = is_conflict;
        }
    }
    plugin_version_unref(v);
}

/* An earlier candidate of the same scan may be about to claim the same version. */
static bool must_wait_for(const struct candidate *c, const struct candidate *earlier)
{
    const struct job_loaded *mine = trial_loaded(c->trial), *its = trial_loaded(earlier->trial);
    if (c->scan_number != earlier->scan_number || trial_result(earlier->trial) ||
        mine->status != JOB_OK)
        return false;
    if (!its || its->status != JOB_OK)
        return !its;
    return mine->manifest.kind == its->manifest.kind &&
           as_str_eq(mine->manifest.name, its->manifest.name.ptr) &&
           as_str_eq(mine->manifest.version, its->manifest.version.ptr);
}

static bool is_ready(const struct candidate *c)
{
    if (!trial_result(c->trial))
        return false;
    const struct candidate *earlier = c->registry->candidates;
    while (earlier != c && !must_wait_for(c, earlier))
        earlier = earlier->next;
    return earlier == c;
}

static void on_trial_done(void *ctx)
{
    struct registry *r = ((struct candidate *)ctx)->registry;
    for (struct candidate *c = r->candidates, *next; c; c = next) {
        next = c->next;
        if (!is_ready(c))
            continue;
        judge(c);
        candidate_free(c);
    }
    registry_fire_soon(r);
}

static struct candidate *candidate_of(struct registry *r, const struct scan_file *seen)
{
    struct candidate *c = r->candidates;
    while (c && !as_sha256_eq(&c->hash, &seen->hash))
        c = c->next;
    if (c)
        return c;
    struct candidate **end = &r->candidates;
    while (*end)
        end = &(*end)->next;
    *end = c = as_xcalloc(1, sizeof(*c));
    *c = (struct candidate){.registry = r, .scan_number = r->scans_applied, .hash = seen->hash};
    c->source = (struct as_str){as_xmemdup(seen->bytes.ptr, seen->bytes.len), seen->bytes.len};
    const char *slash = strrchr(seen->path, '/');
    const char *name = slash ? slash + 1 : seen->path;
    c->trial = trial_start(r->sandbox, name, c->source, true, on_trial_done, c);
    return c;
}

/* Files */

static struct plugin_file *file_of(struct registry *r, const char *path)
{
    for (struct plugin_file *file = r->files; file; file = file->next)
        if (!strcmp(file->path, path))
            return file;
    struct plugin_file *file = as_xcalloc(1, sizeof(*file));
    file->path = as_xstrdup(path);
    file->next = r->files;
    r->files = file;
    return file;
}

static void take_bytes(struct registry *r, struct plugin_file *file, const struct scan_file *seen)
{
    if (file->is_judged && as_sha256_eq(&file->hash, &seen->hash))
        return; /* touched, or rewritten as it was */
    file->hash = seen->hash;
    file->is_judged = true;
    drop_candidate(r, file);
    struct plugin_version *v = version_by_hash(r, &seen->hash);
    if (v)
        accept_version(r, file, v);
    else
        file->candidate = candidate_of(r, seen);
}

static void take_file(struct registry *r, const struct scan_file *seen)
{
    struct plugin_file *file = file_of(r, seen->path);
    file->is_seen = true;
    file->gone_since_ms = 0;
    if (seen->outcome == SCAN_SAME)
        return;
    file->signature = seen->signature;
    if (seen->outcome == SCAN_READ) {
        take_bytes(r, file, seen);
        return;
    }
    file->is_judged = false;
    drop_candidate(r, file);
    refuse_file(r, file, seen->reason);
    if (seen->is_transient) {
        file->signature = (struct scan_signature){0};
        registry_rescan_in(r, RESCAN_DELAY_MS);
    }
}

static void file_free(struct registry *r, struct plugin_file *file)
{
    struct plugin_file **at = &r->files;
    while (*at != file)
        at = &(*at)->next;
    *at = file->next;
    drop_candidate(r, file);
    release_version(r, file);
    clear_refusal(r, file);
    free(file->path);
    free(file);
}

/* In a folder that could not be listed, for another reason than that it is gone, nothing is known
 * to be gone. */
static bool is_in_doubt(const struct scan *scan, const char *path)
{
    for (size_t i = 0; i < scan->folder_count; i++) {
        const struct scan_folder *folder = &scan->folders[i];
        size_t len = strlen(folder->path);
        if (folder->os_errno && folder->os_errno != ENOENT && folder->os_errno != ENOTDIR &&
            !strncmp(path, folder->path, len) && path[len] == '/')
            return true;
    }
    return false;
}

static void take_absence(struct registry *r, struct plugin_file *file)
{
    uint64_t now_ms = loop_now_ms(r->loop);
    if (!file->gone_since_ms)
        file->gone_since_ms = now_ms ? now_ms : 1;
    uint64_t gone_ms = now_ms - file->gone_since_ms;
    if (gone_ms >= GONE_GRACE_MS)
        file_free(r, file);
    else
        registry_rescan_in(r, GONE_GRACE_MS - gone_ms);
}

void files_apply(struct registry *r, const struct scan *scan)
{
    for (struct plugin_file *file = r->files; file; file = file->next)
        file->is_seen = false;
    for (size_t i = 0; i < scan->file_count; i++)
        take_file(r, &scan->files[i]);
    for (struct plugin_file *file = r->files, *next; file; file = next) {
        next = file->next;
        if (!file->is_seen && !is_in_doubt(scan, file->path))
            take_absence(r, file);
    }
}

void files_recheck_conflicts(struct registry *r)
{
    bool has_any = false;
    for (struct plugin_file *file = r->files; file; file = file->next) {
        if (!file->is_conflict)
            continue;
        file->is_judged = file->is_conflict = false;
        file->signature = (struct scan_signature){0};
        has_any = true;
    }
    if (has_any)
        registry_start_scan(r);
}

void files_free_all(struct registry *r)
{
    while (r->files)
        file_free(r, r->files);
    AS_ASSERT(!r->candidates);
}
