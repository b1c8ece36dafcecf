/* An entry's detail is the limits that it set: {"concurrency", "rpm", "tpm"}, 0 for none, or
 * {"reset": true}. The newest entry of each provider is what holds. */
#include "daemon/engine/live_limits.h"

#include "lib/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TARGET_PREFIX "provider "

struct loading {
    struct transport *transport;
    void (*done)(void *ctx);
    void *ctx;
    struct audit_entry *entries;
    size_t count;
    struct as_arena arena;
};

void live_limits_target(const char *provider, char ret_target[LIVE_LIMITS_TARGET_BYTES])
{
    snprintf(ret_target, LIVE_LIMITS_TARGET_BYTES, TARGET_PREFIX "%s", provider);
}

void live_limits_set(struct db *db, struct transport *transport, const char *provider,
                     const struct model_limits *limits, const struct actor *actor)
{
    AS_CLEANUP_JSON struct as_json *detail = as_json_object();
    struct as_buf text = {0};
    char target[LIVE_LIMITS_TARGET_BYTES];
    transport_limits_set(transport, provider, limits);
    if (limits) {
        as_json_set_int(detail, "concurrency", limits->concurrency);
        as_json_set_int(detail, "rpm", limits->rpm);
        as_json_set_int(detail, "tpm", limits->tpm);
    } else {
        as_json_set_bool(detail, "reset", true);
    }
    as_json_write(detail, &text);
    live_limits_target(provider, target);
    audit_note(db, &(struct audit_entry){.who = actor->who,
                                         .action = LIVE_LIMITS_ACTION,
                                         .target = target,
                                         .why = actor->why,
                                         .detail_json = as_buf_str(&text).ptr});
    as_buf_done(&text);
}

static void apply(struct transport *transport, const struct audit_entry *entry)
{
    AS_CLEANUP_JSON struct as_json *detail = NULL;
    size_t prefix = strlen(TARGET_PREFIX);
    if (strncmp(entry->target, TARGET_PREFIX, prefix) || !entry->detail_json ||
        as_json_parse(entry->detail_json, strlen(entry->detail_json), &detail, NULL) ||
        as_json_get_bool(detail, "reset", false))
        return;
    struct model_limits limits = {
        .concurrency = (uint32_t)as_json_get_int(detail, "concurrency", 0),
        .rpm = (uint32_t)as_json_get_int(detail, "rpm", 0),
        .tpm = (uint32_t)as_json_get_int(detail, "tpm", 0),
    };
    transport_limits_set(transport, entry->target + prefix, &limits);
    as_log_info("limits of %s as %s set them: concurrency=%u rpm=%u tpm=%u", entry->target,
                entry->who, limits.concurrency, limits.rpm, limits.tpm);
}

static void load_work(struct store *store, void *ctx)
{
    struct loading *loading = ctx;
    if (store_audit_latest(store, LIVE_LIMITS_ACTION, &loading->arena, &loading->entries,
                           &loading->count))
        as_log_err("the limits that were set live could not be read: %s", store_error(store));
}

static void load_done(void *ctx)
{
    struct loading *loading = ctx;
    for (size_t i = 0; i < loading->count; i++)
        apply(loading->transport, &loading->entries[i]);
    loading->done(loading->ctx);
    as_arena_done(&loading->arena);
    free(loading);
}

void live_limits_load(struct db *db, struct transport *transport, void (*done)(void *ctx),
                      void *ctx)
{
    struct loading *loading = as_xcalloc(1, sizeof(*loading));
    loading->transport = transport;
    loading->done = done;
    loading->ctx = ctx;
    db_read(db, load_work, load_done, loading);
}
