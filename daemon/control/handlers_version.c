/* plugin.versions, plugin.show, plugin.test: versions of one plugin, wherever they are.
 *
 * A version is known to the registry, or to the pins of a kept run group, or to both. One that only
 * pins know of is brought back from its stored source for the length of the answer. */
#include "daemon/control/plugin_json.h"
#include "daemon/engine/uses.h"
#include "daemon/plugin/selector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- plugin.versions ---- */

static struct as_json *use_json(const struct plugin_use *use)
{
    struct as_json *json = as_json_object();
    char selector[2 * JOB_NAME_MAX_BYTES + 2];
    snprintf(selector, sizeof(selector), "%s@%s", use->name, use->version);
    as_json_set_str(json, "kind", plugin_kind_name(use->kind));
    as_json_set_str(json, "name", use->name);
    as_json_set_str(json, "version", use->version);
    as_json_set_str(json, "selector", selector);
    control_set_hash(json, "hash", &use->hash);
    as_json_set_str(json, "state", "retired");
    as_json_set_take(json, "reason", NULL);
    as_json_set_take(json, "path", NULL);
    as_json_set_take(json, "since_ms", NULL);
    as_json_set_int(json, "runs", use->runs);
    as_json_set_take(json, "last_run", use->last_run ? as_json_new_int(use->last_run) : NULL);
    as_json_set_int(json, "score_sets", use->sets);
    return json;
}

static void read_uses(struct store *store, struct control_query *query)
{
    const char *name = as_json_get_cstr(query->call->params, "name"),
               *kind = as_json_get_cstr(query->call->params, "kind");
    struct plugin_use *uses = NULL;
    size_t count = 0;
    int rc = uses_read(store, &query->arena, &uses, &count);
    if (rc) {
        control_store_failed(store, query, rc, "what uses the plugins");
        return;
    }
    query->result = as_json_array();
    for (size_t i = 0; i < count; i++)
        if (!strcmp(uses[i].name, name) && (!kind || !strcmp(plugin_kind_name(uses[i].kind), kind)))
            as_json_push_take(query->result, use_json(&uses[i]));
}

/* The entry of the version that is the registry's too: what the registry knows of it goes before
 * what the pins say. */
static struct as_json *entry_of(struct as_json *entries, const struct plugin_version *version)
{
    char hex[AS_SHA256_HEX_BYTES];
    as_sha256_hex(&version->hash, hex);
    for (size_t i = 0; i < as_json_len(entries); i++)
        if (!strcmp(as_json_get_cstr_or(as_json_at(entries, i), "hash", ""), hex))
            return as_json_at(entries, i);
    struct as_json *entry = as_json_object();
    as_json_set_int(entry, "runs", 0);
    as_json_set_take(entry, "last_run", NULL);
    as_json_set_int(entry, "score_sets", 0);
    as_json_push_take(entries, entry);
    return entry;
}

static void set_member(void *ctx, const char *key, struct as_json *value)
{
    as_json_set_take(ctx, key, as_json_share(value));
}

static void merge_version(void *ctx, const struct plugin_version *version)
{
    struct control_query *query = ctx;
    const char *kind = as_json_get_cstr(query->call->params, "kind");
    bool is_meant = !strcmp(version->name, as_json_get_cstr_or(query->call->params, "name", "")) &&
                    (!kind || !strcmp(plugin_kind_name(version->kind), kind));
    if (!is_meant)
        return;
    AS_CLEANUP_JSON struct as_json *known = plugin_json(query->app, version);
    as_json_each(known, set_member, entry_of(query->result, version));
}

/* By kind, then the highest number first. */
static int compare_entries(const void *a, const void *b)
{
    const struct as_json *one = *(struct as_json *const *)a, *other = *(struct as_json *const *)b;
    int order =
        strcmp(as_json_get_cstr_or(one, "kind", ""), as_json_get_cstr_or(other, "kind", ""));
    if (!order)
        order = strverscmp(as_json_get_cstr_or(other, "version", ""),
                           as_json_get_cstr_or(one, "version", ""));
    return order ? order
                 : strcmp(as_json_get_cstr_or(one, "hash", ""),
                          as_json_get_cstr_or(other, "hash", ""));
}

static struct as_json *sorted(const struct as_json *entries)
{
    size_t count = as_json_len(entries);
    struct as_json *array = as_json_array(),
                   **all = as_xcalloc(count + 1, sizeof(struct as_json *));
    for (size_t i = 0; i < count; i++)
        all[i] = as_json_share(as_json_at(entries, i));
    qsort(all, count, sizeof(struct as_json *), compare_entries);
    for (size_t i = 0; i < count; i++)
        as_json_push_take(array, all[i]);
    free(all);
    return array;
}

static void finish_versions(struct control_query *query)
{
    const char *name = as_json_get_cstr_or(query->call->params, "name", "");
    registry_each(query->app->registry, merge_version, query);
    if (!as_json_len(query->result)) {
        query->rc = plugin_say_not_found(query->app, name, &query->err);
        return;
    }
    struct as_json *json = as_json_object();
    as_json_set_take(json, "versions", sorted(query->result));
    as_json_free(query->result);
    query->result = json;
}

void handle_plugin_versions(void *ctx, struct control_call *call)
{
    struct as_err err = {0};
    enum plugin_kind kind;
    if (plugin_kind_of_call(call, &kind, &err))
        control_fail(call, &err);
    else
        control_read(ctx, call, read_uses, finish_versions);
}

/* ---- plugin.show ---- */

/* A version that only the store may know. */
struct lookup {
    struct control_app *app;
    struct control_call *call;
    struct selector wanted; /* without a name: "sha256:HEX" alone */
    enum plugin_kind kind;  /* PLUGIN_KIND_COUNT: any */
    struct plugin_use found;
    struct as_str source; /* .ptr NULL: nothing was found */
    struct as_err err;    /* the answer in that case */
    struct as_arena arena;
};

static void lookup_free(struct lookup *lookup)
{
    as_arena_done(&lookup->arena);
    free(lookup);
}

static bool is_meant(const struct lookup *lookup, const struct plugin_use *use)
{
    const struct selector *wanted = &lookup->wanted;
    struct plugin_number number;
    if (lookup->kind != PLUGIN_KIND_COUNT && lookup->kind != use->kind)
        return false;
    if (wanted->name[0] && strcmp(wanted->name, use->name))
        return false;
    if (wanted->hash_prefix[0])
        return selector_takes_hash(wanted, &use->hash);
    return !plugin_number_parse(use->version, &number) && selector_takes_number(wanted, &number);
}

/* The highest of those that are meant. */
static void look_through(struct lookup *lookup, const struct plugin_use *uses, size_t count)
{
    const struct plugin_use *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (is_meant(lookup, &uses[i]) && (!best || strverscmp(uses[i].version, best->version) > 0))
            best = &uses[i];
    if (best)
        lookup->found = *best;
}

static void work_lookup(struct store *store, void *ctx)
{
    struct lookup *lookup = ctx;
    struct plugin_use *uses = NULL;
    const char *label;
    size_t count = 0;
    int rc = uses_read(store, &lookup->arena, &uses, &count);
    if (!rc)
        look_through(lookup, uses, count);
    if (!rc && lookup->found.name)
        rc = store_source_get(store, &lookup->found.hash, &lookup->arena, &label, &lookup->source);
    if (rc)
        as_err_set(&lookup->err, rc, "the stored plugins: %s", store_error(store));
}

/* What is left to say of a source that its worker does not load any more. */
static struct as_json *unloaded_json(const struct lookup *lookup, const char *reason)
{
    struct as_json *json = use_json(&lookup->found);
    as_json_set_str(json, "reason", reason);
    as_json_set_take(json, "source", as_json_new_str(lookup->source));
    return json;
}

static void on_adopted(void *ctx, struct plugin_version *version, const char *reason)
{
    struct lookup *lookup = ctx;
    struct as_json *json =
        version ? plugin_whole_json(lookup->app, version) : unloaded_json(lookup, reason);
    if (version && !version->path)
        as_json_set_take(json, "since_ms", NULL); /* it is here for this answer alone */
    control_reply(lookup->call, json);
    plugin_version_unref(version);
    lookup_free(lookup);
}

static void on_looked_up(void *ctx)
{
    struct lookup *lookup = ctx;
    if (lookup->source.ptr) {
        registry_adopt(lookup->app->registry, lookup->found.name, lookup->source, on_adopted,
                       lookup);
        return;
    }
    control_fail(lookup->call, &lookup->err);
    lookup_free(lookup);
}

/* The registry knows no such version, for the reason in err. */
static void look_in_store(struct control_app *app, struct control_call *call,
                          const struct as_err *err)
{
    const char *text = as_json_get_cstr_or(call->params, "selector", "");
    struct lookup *lookup = as_xcalloc(1, sizeof(*lookup));
    char named[JOB_NAME_MAX_BYTES + AS_SHA256_HEX_BYTES + 16];
    bool is_nameless = !strncmp(text, "sha256:", 7);
    snprintf(named, sizeof(named), "%s%s", is_nameless ? "any@" : "", text);
    lookup->app = app;
    lookup->call = call;
    lookup->err = *err;
    struct as_err bad = {0};
    int rc = selector_parse(named, &lookup->wanted, &bad);
    if (!rc)
        rc = plugin_kind_of_call(call, &lookup->kind, &bad);
    if (rc) {
        control_fail(call, &bad);
        lookup_free(lookup);
        return;
    }
    if (is_nameless)
        lookup->wanted.name[0] = '\0';
    db_read(app->db, work_lookup, on_looked_up, lookup);
}

void handle_plugin_show(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    struct plugin_version *version = NULL;
    struct as_err err = {0};
    bool is_nameless = !strncmp(as_json_get_cstr_or(call->params, "selector", ""), "sha256:", 7);
    int rc = is_nameless ? as_err_set(&err, AS_ENOENT, "no plugin version has these bytes")
                         : plugin_of_call(app, call, &version, &err);
    if (!rc)
        control_reply(call, plugin_whole_json(app, version));
    else if (rc == AS_ENOENT)
        look_in_store(app, call, &err);
    else
        control_fail(call, &err);
    plugin_version_unref(version);
}

/* ---- plugin.test ---- */

struct test {
    struct control_call *call;
    struct as_json *json; /* which version it is */
};

static int compare_us(const void *a, const void *b)
{
    const uint32_t *one = a, *other = b;
    return (*one > *other) - (*one < *other);
}

/* The nearest rank, of a few numbers that are sorted. */
static void set_quantile(struct as_json *json, const char *key, const uint32_t *us, size_t count,
                         unsigned percent)
{
    as_json_set_take(json, key,
                     count ? as_json_new_int(us[(count * percent + 99) / 100 - 1]) : NULL);
}

static struct as_json *examples_json(const struct plugin_report *report, uint32_t *us)
{
    struct as_json *examples = as_json_array();
    for (uint32_t i = 0; i < report->examples_run; i++) {
        const struct plugin_example *example = &report->examples[i];
        struct as_json *json = as_json_object();
        as_json_set_int(json, "example", i + 1);
        as_json_set_bool(json, "ok", !example->reason);
        as_json_set_str(json, "reason", example->reason);
        as_json_set_int(json, "us", example->row_us);
        as_json_push_take(examples, json);
        us[i] = example->row_us;
    }
    qsort(us, report->examples_run, sizeof(*us), compare_us);
    return examples;
}

static void on_tested(void *ctx, const struct plugin_report *report)
{
    struct test *test = ctx;
    bool is_loaded = report->loaded->status == JOB_OK;
    uint32_t count = report->examples_run, *us = as_xcalloc(count + 1, sizeof(*us));
    as_json_set_bool(test->json, "ok", is_loaded && !report->examples_failed);
    as_json_set_take(test->json, "reason",
                     is_loaded ? NULL : as_json_new_str(report->loaded->reason));
    as_json_set_take(test->json, "examples", examples_json(report, us));
    as_json_set_int(test->json, "failed", report->examples_failed);
    set_quantile(test->json, "p50_us", us, count, 50);
    set_quantile(test->json, "p99_us", us, count, 99);
    control_reply(test->call, test->json);
    free(us);
    free(test);
}

void handle_plugin_test(void *ctx, struct control_call *call)
{
    struct control_app *app = ctx;
    struct plugin_version *version = NULL;
    struct as_err err = {0};
    if (plugin_of_call(app, call, &version, &err)) {
        control_fail(call, &err);
        return;
    }
    struct test *test = as_xcalloc(1, sizeof(*test));
    test->call = call;
    test->json = as_json_object();
    as_json_set_str(test->json, "kind", plugin_kind_name(version->kind));
    as_json_set_str(test->json, "selector", version->selector);
    control_set_hash(test->json, "hash", &version->hash);
    registry_inspect(app->registry, version->selector,
                     (struct as_str){version->source, version->source_len}, on_tested, test);
    plugin_version_unref(version);
}
