/* Reads answers out of a case's `recorded`, which is kept apart, and out of `recordings`, which is
 * part of the case as scripts see it. */
#include "daemon/engine/recordings.h"

#include "daemon/model/recording.h"
#include "lib/buf.h"

#define PAGE_CASES 256
#define NAMES_SHOWN 12

struct as_json *recordings_answer(const struct case_record *item, const char *name)
{
    struct as_str text = *name ? item->json : item->recorded_json;
    struct as_json *json = NULL;
    if (!text.ptr || as_json_parse(text.ptr, text.len, &json, NULL))
        return NULL; /* what an import stored can be read: there is no recorded answer */
    if (!*name)
        return json;
    struct as_json *answer = as_json_share(as_json_get(as_json_get(json, "recordings"), name));
    as_json_free(json);
    return answer;
}

struct hunt {
    const char *name;
    bool is_found;
    struct as_buf names; /* of the first case that has recordings, as a sentence's end */
    size_t name_count;
};

static void note_name(void *ctx, const char *key, struct as_json *value)
{
    struct hunt *hunt = ctx;
    (void)value;
    if (hunt->name_count < NAMES_SHOWN)
        as_buf_addf(&hunt->names, "%s'%.64s'", hunt->name_count ? ", " : "", key);
    hunt->name_count++;
}

static void note_names(struct hunt *hunt, const struct case_record *item)
{
    AS_CLEANUP_JSON struct as_json *json = NULL;
    if (!as_json_parse(item->json.ptr, item->json.len, &json, NULL))
        as_json_each(as_json_get(json, "recordings"), note_name, hunt);
}

static void look_at(struct hunt *hunt, const struct case_record *item)
{
    AS_CLEANUP_JSON struct as_json *answer = recordings_answer(item, hunt->name);
    hunt->is_found = answer != NULL;
    if (!answer && *hunt->name && !hunt->name_count)
        note_names(hunt, item);
}

static int go_through(struct store *store, int64_t dataset_id, const struct selection *selection,
                      struct hunt *hunt)
{
    struct as_arena arena = {0};
    int64_t seq = 0;
    int rc = 0;
    for (size_t count = 1; !rc && count && !hunt->is_found; seq += (int64_t)count) {
        struct case_record *cases = NULL;
        rc = store_cases_page(store, dataset_id, seq, PAGE_CASES, &arena, &cases, &count);
        for (size_t i = 0; !rc && i < count && !hunt->is_found; i++)
            if (selection_has(selection, cases[i].seq))
                look_at(hunt, &cases[i]);
        as_arena_reset(&arena);
    }
    as_arena_done(&arena);
    return rc;
}

static int say_none(const struct dataset_info *dataset, const struct hunt *hunt, struct as_err *err)
{
    if (!*hunt->name)
        return as_err_set(err, AS_EINVAL, "no case of dataset '%s' has a recorded answer",
                          dataset->name);
    if (!hunt->name_count)
        return as_err_set(err, AS_EINVAL,
                          "no case of dataset '%s' has a recording '%s': give the cases "
                          "recordings: {\"%s\": ANSWER} and import them again",
                          dataset->name, hunt->name, hunt->name);
    return as_err_set(err, AS_EINVAL, "no case of dataset '%s' has a recording '%s'; it has %s%s",
                      dataset->name, hunt->name, hunt->names.ptr,
                      hunt->name_count > NAMES_SHOWN ? " and more" : "");
}

int recordings_check(struct store *store, const struct dataset_info *dataset,
                     const struct selection *selection, const char *member, struct as_err *err)
{
    struct hunt hunt = {.name = recording_of(member)};
    if (!hunt.name)
        return 0;
    int rc = go_through(store, dataset->id, selection, &hunt);
    if (rc)
        as_err_set(err, rc, "%s", store_error(store));
    else if (!hunt.is_found)
        rc = say_none(dataset, &hunt, err);
    as_buf_done(&hunt.names);
    return rc;
}
