/* plugin.*: what is live, what was refused, and looking at a file without installing it.
 *
 * plugin.list is one long list in three parts; `next` is the key of the last entry of a page, so
 * that a page goes on where the one before ended, whatever has come and gone meanwhile. */
#include "daemon/control/plugin_json.h"
#include "daemon/plugin/selector.h"

#include <stdio.h>
#include <string.h>

/* ---- plugin.list ---- */

#define LIST_MAX_BYTES (900u << 10) /* of a page, so that it fits a line with room to spare */
#define ENTRY_BYTES 700u            /* of an entry beside its texts */
#define ESCAPED_MAX 6u              /* bytes that one may become on the wire: \u0001 */

enum list_part { LIST_VERSIONS, LIST_REFUSED, LIST_LOADING, LIST_PART_COUNT };

static const char *const part_words[LIST_PART_COUNT] = {
    [LIST_VERSIONS] = "version",
    [LIST_REFUSED] = "refused",
    [LIST_LOADING] = "loading",
};

/* A page: what comes after a key, in the order of the parts and of the registry in each. */
struct listing {
    const struct control_app *app;
    const char *kind;                    /* NULL = any */
    enum list_part after_part;           /* the key: its part, ... */
    const char *after_path;              /* ... and the path there; NULL: the part is not begun */
    struct plugin_version after_version; /* the same for LIST_VERSIONS; name NULL: not begun */
    char after_name[JOB_NAME_MAX_BYTES + 1], after_number[JOB_NAME_MAX_BYTES + 1];
    struct as_json *arrays[LIST_PART_COUNT];
    uint32_t room; /* entries that fit still */
    size_t room_bytes;
    bool is_full;
    struct as_buf last; /* the key of the last entry */
};

static int bad_key(const char *after, struct as_err *err)
{
    return as_err_set(err, AS_EINVAL, "after: '%.100s' is not the `next` of a page", after);
}

/* "version scorer exact_match 1.2.0 HEX", "refused PATH", "loading PATH". */
static int parse_key(struct listing *listing, const char *after, struct as_err *err)
{
    size_t word = strcspn(after, " ");
    int part = 0;
    while (part < LIST_PART_COUNT &&
           (strlen(part_words[part]) != word || memcmp(part_words[part], after, word)))
        part++;
    if (part == LIST_PART_COUNT || !after[word])
        return bad_key(after, err);
    listing->after_part = (enum list_part)part;
    if (part != LIST_VERSIONS) {
        listing->after_path = after + word + 1;
        return 0;
    }
    char kind[17], hex[AS_SHA256_HEX_BYTES];
    struct plugin_version *version = &listing->after_version;
    struct plugin_number number;
    _Static_assert(JOB_NAME_MAX_BYTES >= 64 && AS_SHA256_HEX_BYTES == 65, "the widths below");
    if (sscanf(after + word, " %16s %64s %64s %64s", kind, listing->after_name,
               listing->after_number, hex) != 4 ||
        plugin_kind_from(kind, &version->kind) || as_sha256_from_hex(hex, &version->hash) ||
        plugin_number_parse(listing->after_number, &number))
        return bad_key(after, err);
    version->name = listing->after_name;
    version->version = listing->after_number;
    return 0;
}

/* Does the page have this one? The first that it has no room for ends it. */
static bool takes(struct listing *listing, enum list_part part, bool is_after, size_t text_bytes)
{
    size_t bytes = ENTRY_BYTES + ESCAPED_MAX * text_bytes;
    bool is_due = part > listing->after_part || (part == listing->after_part && is_after);
    if (!is_due || listing->is_full)
        return false;
    listing->is_full = !listing->room || bytes > listing->room_bytes;
    if (listing->is_full)
        return false;
    listing->room--;
    listing->room_bytes -= bytes;
    as_buf_reset(&listing->last);
    as_buf_addf(&listing->last, "%s ", part_words[part]);
    return true;
}

static void list_version(void *ctx, const struct plugin_version *version)
{
    struct listing *listing = ctx;
    const struct plugin_version *after = &listing->after_version;
    bool is_after = !after->name || plugin_version_compare(version, after) > 0;
    size_t path_bytes = version->path ? strlen(version->path) : 0;
    if ((listing->kind && strcmp(listing->kind, plugin_kind_name(version->kind))) ||
        !takes(listing, LIST_VERSIONS, is_after, path_bytes + JOB_REASON_MAX_BYTES / 4))
        return;
    char hex[AS_SHA256_HEX_BYTES];
    as_sha256_hex(&version->hash, hex);
    as_buf_addf(&listing->last, "%s %s %s %s", plugin_kind_name(version->kind), version->name,
                version->version, hex);
    as_json_push_take(listing->arrays[LIST_VERSIONS], plugin_json(listing->app, version));
}

static bool takes_path(struct listing *listing, enum list_part part, const char *path,
                       const char *reason)
{
    bool is_after = !listing->after_path || strcmp(path, listing->after_path) > 0;
    if (!takes(listing, part, is_after, strlen(path) + (reason ? strlen(reason) : 0)))
        return false;
    as_buf_adds(&listing->last, path);
    return true;
}

static void list_refusal(void *ctx, const struct plugin_refusal *refusal)
{
    struct listing *listing = ctx;
    if (!takes_path(listing, LIST_REFUSED, refusal->path, refusal->reason))
        return;
    struct as_json *json = as_json_object();
    as_json_set_str(json, "path", refusal->path);
    as_json_set_str(json, "reason", refusal->reason);
    as_json_set_int(json, "since_ms", refusal->since_ms);
    as_json_push_take(listing->arrays[LIST_REFUSED], json);
}

static void list_loading(void *ctx, const char *path)
{
    struct listing *listing = ctx;
    if (takes_path(listing, LIST_LOADING, path, NULL))
        as_json_push_take(listing->arrays[LIST_LOADING], as_json_new_str(as_str_from(path)));
}

static struct as_json *page_of(struct listing *listing)
{
    static const char *const keys[LIST_PART_COUNT] = {"plugins", "refused", "loading"};
    struct as_json *json = as_json_object();
    for (int part = 0; part < LIST_PART_COUNT; part++) {
        listing->arrays[part] = as_json_array();
        as_json_set_take(json, keys[part], listing->arrays[part]);
    }
    registry_each(listing->app->registry, list_version, listing);
    registry_each_refusal(listing->app->registry, list_refusal, listing);
    registry_each_loading(listing->app->registry, list_loading, listing);
    if (listing->is_full)
        as_json_set_take(json, "next", as_json_new_str(as_buf_str(&listing->last)));
    as_buf_done(&listing->last);
    return json;
}

void handle_plugin_list(void *ctx, struct control_call *call)
{
    struct as_err err = {0};
    enum plugin_kind kind = PLUGIN_SCORER;
    const char *after = as_json_get_cstr(call->params, "after");
    struct listing listing = {.app = ctx,
                              .kind = as_json_get_cstr(call->params, "kind"),
                              .room = control_limit(call),
                              .room_bytes = LIST_MAX_BYTES};
    int rc = plugin_kind_of_call(call, &kind, &err);
    if (!rc && after)
        rc = parse_key(&listing, after, &err);
    if (rc)
        control_fail(call, &err);
    else
        control_reply(call, page_of(&listing));
}

/* ---- plugin.check ---- */

static void on_inspected(void *ctx, const struct plugin_report *report)
{
    struct control_call *call = ctx;
    const struct job_manifest *manifest = &report->loaded->manifest;
    struct as_json *json = as_json_object();
    bool is_loaded = report->loaded->status == JOB_OK;
    as_json_set_bool(json, "ok", is_loaded && !report->examples_failed);
    if (!is_loaded)
        as_json_set_take(json, "reason", as_json_new_str(report->loaded->reason));
    else
        as_json_set_str(json, "reason", report->first_failure);
    as_json_set_str(json, "kind", is_loaded ? plugin_kind_name(manifest->kind) : NULL);
    as_json_set_take(json, "name", is_loaded ? as_json_new_str(manifest->name) : NULL);
    as_json_set_take(json, "version", is_loaded ? as_json_new_str(manifest->version) : NULL);
    as_json_set_take(json, "doc", is_loaded ? as_json_new_str(manifest->doc) : NULL);
    as_json_set_take(json, "params", is_loaded ? plugin_json_of_text(manifest->params_json) : NULL);
    as_json_set_int(json, "examples", report->examples_run);
    as_json_set_int(json, "examples_failed", report->examples_failed);
    control_reply(call, json);
}

void handle_plugin_check(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    struct as_str source = as_json_get_str(call->params, "source");
    if (source.len > JOB_SOURCE_MAX_BYTES) {
        struct as_err err = {0};
        as_err_set(&err, AS_ELIMIT, "the file has %zu bytes; a plugin has at most %u", source.len,
                   JOB_SOURCE_MAX_BYTES);
        control_fail(call, &err);
        return;
    }
    registry_inspect(app->registry, as_json_get_cstr(call->params, "name"), source, on_inspected,
                     call);
}
