/* Inspections and adoptions: a trial each, whose result goes to one asker instead of to a file. An
 * adoption of bytes that are a version already needs no trial: it is answered on the next turn,
 * like everything else. */
#include "daemon/plugin/registry_own.h"

#include <stdlib.h>

struct plugin_request {
    struct plugin_request *next;
    struct registry *registry;
    struct trial *trial;            /* NULL: the version was there already */
    struct plugin_version *version; /* a reference, when it was */
    struct as_sha256 hash;
    struct as_str source;          /* owned, for an adoption */
    registry_inspect_fn on_report; /* one of the two is set */
    registry_adopt_fn on_adopted;
    void *ctx;
};

static struct plugin_request *request_new(struct registry *r, void *ctx)
{
    struct plugin_request *request = as_xcalloc(1, sizeof(*request));
    request->next = r->requests;
    request->registry = r;
    request->ctx = ctx;
    r->requests = request;
    return request;
}

static void request_free(struct plugin_request *request)
{
    struct plugin_request **at = &request->registry->requests;
    while (*at != request)
        at = &(*at)->next;
    *at = request->next;
    trial_free(request->trial);
    plugin_version_unref(request->version);
    free((char *)request->source.ptr);
    free(request);
}

static void on_inspected(void *ctx)
{
    struct plugin_request *request = ctx;
    const struct trial_result *result = trial_result(request->trial);
    struct plugin_report report = {.loaded = result->loaded,
                                   .examples_run = result->examples_run,
                                   .examples_failed = result->examples_failed,
                                   .first_failure = result->first_failure,
                                   .examples = result->examples};
    request->on_report(request->ctx, &report);
    request_free(request);
}

void registry_inspect(struct registry *r, const char *chunk_name, struct as_str source,
                      registry_inspect_fn done, void *ctx)
{
    struct plugin_request *request = request_new(r, ctx);
    request->on_report = done;
    request->trial = trial_start(r->sandbox, chunk_name, source, true, on_inspected, request);
}

/* A group that pinned these bytes may have them even if the same name and number mean other bytes
 * by now: it finds them by hash, nobody else finds them by name. */
static void on_adoption_tried(void *ctx)
{
    struct plugin_request *request = ctx;
    struct registry *r = request->registry;
    const struct job_loaded *loaded = trial_result(request->trial)->loaded;
    struct plugin_version *v = version_by_hash(r, &request->hash);
    if (v) {
        plugin_version_ref(v); /* a file has brought it meanwhile */
    } else if (loaded->status == JOB_OK) {
        v = version_new_take(r, &loaded->manifest, &request->hash, request->source,
                             trial_take_id(request->trial));
        request->source = (struct as_str){0};
    }
    const char *why = loaded->reason.len ? loaded->reason.ptr : job_status_name(loaded->status);
    request->on_adopted(request->ctx, v, v ? NULL : why);
    request_free(request);
}

void registry_adopt(struct registry *r, const char *chunk_name, struct as_str source,
                    registry_adopt_fn done, void *ctx)
{
    struct plugin_request *request = request_new(r, ctx);
    request->on_adopted = done;
    request->hash = as_sha256_of(source.ptr, source.len);
    struct plugin_version *v = version_by_hash(r, &request->hash);
    if (v) {
        request->version = plugin_version_ref(v);
        registry_fire_soon(r);
        return;
    }
    request->source = (struct as_str){as_xmemdup(source.ptr, source.len), source.len};
    request->trial = trial_start(r->sandbox, chunk_name, source, false, on_adoption_tried, request);
}

void requests_fire_ready(struct registry *r)
{
    for (struct plugin_request *request = r->requests, *next; request; request = next) {
        if (request->version)
            request->on_adopted(request->ctx, plugin_version_ref(request->version), NULL);
        next = request->next;
        if (request->version)
            request_free(request);
    }
}

void requests_end_all(struct registry *r)
{
    static const char reason[] = "shutting down";
    struct job_loaded loaded = {.status = JOB_CRASH, .reason = {reason, sizeof(reason) - 1}};
    while (r->requests) {
        struct plugin_request *request = r->requests;
        if (request->on_adopted)
            request->on_adopted(request->ctx, NULL, reason);
        else
            request->on_report(request->ctx, &(struct plugin_report){.loaded = &loaded});
        request_free(request);
    }
}
