/* The run's object is taken apart: what it was made of, what came out, and what that means. */
#include "daemon/report/dossier.h"

#include "lib/seal.h"

#define KEYS_MAX 12

static struct as_json *part_of(const struct as_json *run, const char *const keys[KEYS_MAX])
{
    struct as_json *part = as_json_object();
    for (size_t i = 0; i < KEYS_MAX && keys[i]; i++)
        as_json_set_take(part, keys[i], as_json_share(as_json_get(run, keys[i])));
    return part;
}

static struct as_json *made_json(const struct dossier_sources *sources)
{
    struct as_json *json = as_json_object();
    as_json_set_int(json, "format", DOSSIER_FORMAT);
    as_json_set_str(json, "assay_version", sources->version);
    as_json_set_int(json, "made_ms", sources->made_ms);
    return json;
}

struct as_json *dossier_of(const struct dossier_sources *sources)
{
    static const char *const run_keys[KEYS_MAX] = {
        "run", "eval",         "state",   "outcome",    "headline", "error",
        "tag", "requested_by", "samples", "created_ms", "ended_ms", "unknown_fate"};
    static const char *const verdict_keys[KEYS_MAX] = {
        "outcome", "verdicts", "recommendations", "best_of", "warnings", "looks", "stopped"};
    static const char *const statistics_keys[KEYS_MAX] = {"primary", "members", "comparisons",
                                                          "tags", "tags_left_out"};
    struct as_json *body = as_json_object();
    as_json_set_take(body, "made", made_json(sources));
    as_json_set_take(body, "run", part_of(sources->run, run_keys));
    as_json_set_take(body, "dataset", as_json_share(as_json_get(sources->run, "dataset")));
    as_json_set_take(body, "pins", as_json_share(as_json_get(sources->run, "pinned")));
    as_json_set_take(body, "verdict", part_of(sources->run, verdict_keys));
    as_json_set_take(body, "statistics", part_of(sources->run, statistics_keys));
    as_json_set_take(body, "overrides", as_json_share(as_json_get(sources->run, "overrides")));
    as_json_set_take(body, "promotions", sources->promotions_take);
    as_json_set_take(body, "audit", sources->audit_take);
    as_json_set_take(body, "journal", sources->journal_take);
    return as_seal("dossier", body);
}
