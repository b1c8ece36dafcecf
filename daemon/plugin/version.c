/* Versions: made once from a manifest and its source, then only counted. The registry's array
 * borrows them; the last unref takes a version out of it, closes its workers and frees it. */
#include "daemon/plugin/registry_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *dup_text(struct as_str text)
{
    return text.ptr ? as_xmemdup(text.ptr, text.len) : NULL;
}

static char *make_selector(const char *name, const char *version)
{
    size_t size = strlen(name) + strlen(version) + 2;
    char *selector = as_xmalloc(size);
    snprintf(selector, size, "%s@%s", name, version);
    return selector;
}

static void add_to(struct registry *r, struct plugin_version *v)
{
    if (r->version_count == r->version_cap) {
        r->version_cap = r->version_cap ? r->version_cap * 2 : 32;
        r->versions = as_xrealloc(r->versions, r->version_cap * sizeof(struct plugin_version *));
    }
    r->versions[r->version_count++] = v;
}

struct plugin_version *version_new_take(struct registry *r, const struct job_manifest *m,
                                        const struct as_sha256 *hash, struct as_str source,
                                        uint64_t sandbox_id)
{
    struct plugin_version *v = as_xcalloc(1, sizeof(*v));
    *v = (struct plugin_version){
        .kind = m->kind,
        .name = dup_text(m->name),
        .version = dup_text(m->version),
        .hash = *hash,
        .source = (char *)source.ptr,
        .source_len = source.len,
        .doc = dup_text(m->doc),
        .params_json = dup_text(m->params_json),
        .requires_json = dup_text(m->requires_json),
        .criteria_json = dup_text(m->criteria_json),
        .auth_header = dup_text(m->auth_header),
        .auth_prefix = dup_text(m->auth_prefix),
        .scale_min = m->scale_min,
        .scale_max = m->scale_max,
        .pass = m->pass,
        .example_count = m->example_count,
        .since_ms = clock_wall_ms(),
        .state = PLUGIN_RETIRED,
        .sandbox_id = sandbox_id,
        .refs = 1,
        .registry = r,
    };
    v->selector = make_selector(v->name, v->version);
    add_to(r, v);
    return v;
}

static void version_free(struct plugin_version *v)
{
    free(v->name);
    free(v->version);
    free(v->selector);
    free(v->source);
    free(v->doc);
    free(v->params_json);
    free(v->requires_json);
    free(v->criteria_json);
    free(v->auth_header);
    free(v->auth_prefix);
    free(v->path);
    free(v);
}

struct plugin_version *plugin_version_ref(struct plugin_version *v)
{
    v->refs++;
    return v;
}

void plugin_version_unref(struct plugin_version *v)
{
    if (!v || --v->refs)
        return;
    struct registry *r = v->registry;
    for (size_t i = 0; i < r->version_count; i++) {
        if (r->versions[i] == v) {
            r->versions[i] = r->versions[--r->version_count];
            break;
        }
    }
    sandbox_close(r->sandbox, v->sandbox_id);
    version_free(v);
    if (!r->is_ending)
        files_recheck_conflicts(r);
}

struct plugin_version *version_by_hash(const struct registry *r, const struct as_sha256 *hash)
{
    for (size_t i = 0; i < r->version_count; i++)
        if (as_sha256_eq(&r->versions[i]->hash, hash))
            return r->versions[i];
    return NULL;
}

struct plugin_version *version_in_the_way(const struct registry *r, const struct job_manifest *m,
                                          const struct as_sha256 *hash)
{
    for (size_t i = 0; i < r->version_count; i++) {
        struct plugin_version *v = r->versions[i];
        if (v->kind == m->kind && as_str_eq(m->name, v->name) &&
            as_str_eq(m->version, v->version) && !as_sha256_eq(&v->hash, hash))
            return v;
    }
    return NULL;
}

int plugin_version_compare(const struct plugin_version *a, const struct plugin_version *b)
{
    struct plugin_number number_a = {{0}}, number_b = {{0}};
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    int order = strcmp(a->name, b->name);
    if (order)
        return order;
    if (!plugin_number_parse(a->version, &number_a) && !plugin_number_parse(b->version, &number_b))
        order = plugin_number_compare(&number_a, &number_b);
    return order ? order : memcmp(a->hash.bytes, b->hash.bytes, sizeof(a->hash.bytes));
}

void version_short_hash(const struct as_sha256 *hash, char ret_text[32])
{
    char hex[AS_SHA256_HEX_BYTES];
    as_sha256_hex(hash, hex);
    snprintf(ret_text, 32, "sha256:%.12s", hex);
}
