/* A case may be taken from run to run, so its origins are a list. What somebody else keeps under
 * that name in the metadata stays, as the first of it. */
#include "daemon/dataset/derive.h"

#include <string.h>

#define ORIGINS "from_runs"
#define INBOX "inbox"

struct derivation {
    struct as_json *made;
    bool has_input;
};

static void keep_member(void *ctx, const char *key, struct as_json *value)
{
    struct derivation *derivation = ctx;
    if (strcmp(key, "messages") || !derivation->has_input)
        as_json_set_take(derivation->made, key, as_json_share(value));
}

static struct as_json *origins_of(const struct as_json *metadata)
{
    struct as_json *known = as_json_get(metadata, ORIGINS);
    if (as_json_type_of(known) == AS_JSON_ARRAY)
        return as_json_share(known);
    struct as_json *list = as_json_array();
    if (known)
        as_json_push_take(list, as_json_share(known));
    return list;
}

static struct as_json *origin_json(const struct dataset_origin *origin)
{
    struct as_json *json = as_json_object();
    struct as_buf dataset = {0};
    as_buf_addf(&dataset, "%s@%u", origin->dataset, origin->version);
    as_json_set_int(json, "run", origin->run);
    as_json_set_take(json, "dataset", as_json_new_str(as_buf_str(&dataset)));
    as_json_set_str(json, "why", origin->why);
    as_buf_done(&dataset);
    return json;
}

struct as_json *dataset_derive_case(struct as_json *item, const struct dataset_origin *origin)
{
    struct derivation derivation = {as_json_object(), as_json_get(item, "input") != NULL};
    as_json_each(item, keep_member, &derivation);
    if (!origin)
        return derivation.made;
    struct as_json *metadata = as_json_get(item, "metadata");
    metadata = metadata ? as_json_share(metadata) : as_json_object();
    struct as_json *origins = origins_of(metadata);
    as_json_push_take(origins, origin_json(origin));
    as_json_set_take(metadata, ORIGINS, origins);
    as_json_set_take(derivation.made, "metadata", metadata);
    return derivation.made;
}

struct as_json *dataset_derive_taken(struct as_json *item, const char *file, int64_t taken_ms)
{
    struct as_json *made = dataset_derive_case(item, NULL);
    struct as_json *known = as_json_get(item, "metadata"), *inbox = as_json_object();
    struct as_json *metadata = known ? as_json_share(known) : as_json_object();
    as_json_set_str(inbox, "file", file);
    as_json_set_int(inbox, "taken_ms", taken_ms);
    as_json_set_take(metadata, INBOX, inbox);
    as_json_set_take(made, "metadata", metadata);
    return made;
}

int64_t dataset_taken_ms(const struct as_json *item)
{
    return as_json_get_int(as_json_get(as_json_get(item, "metadata"), INBOX), "taken_ms", 0);
}
