/* Cases come in the order of the file and are parsed only where the text has tags at all. Names are
 * interned in an open-addressed table, so that a million cases with the same three tags keep three
 * names; the pairs of tag and case are then counted out to one array a tag. */
#include "daemon/report/table_tags.h"

#include "lib/json.h"
#include "lib/rng.h"

#include <stdlib.h>
#include <string.h>

#define CASES_PER_READ 256
#define SLOTS_FIRST 256 /* a power of two, as all later sizes */

struct use { /* a case carries a tag */
    uint32_t tag, place;
};

struct tag_list {
    struct table *table;
    struct as_str *names; /* by tag, in order of first appearance */
    size_t count, cap;
    uint32_t *slots; /* 0: free, else a tag's number + 1 */
    size_t slot_count;
    struct as_buf uses; /* struct use */
};

static uint64_t hash_of(struct as_str name)
{
    uint64_t hash = name.len;
    for (size_t i = 0; i < name.len; i++)
        hash = as_rng_mix64(hash ^ (unsigned char)name.ptr[i]);
    return hash;
}

static uint32_t *slot_of(const struct tag_list *list, struct as_str name)
{
    size_t mask = list->slot_count - 1, at = hash_of(name) & mask;
    while (list->slots[at]) {
        struct as_str other = list->names[list->slots[at] - 1];
        if (other.len == name.len && !memcmp(other.ptr, name.ptr, name.len))
            break;
        at = (at + 1) & mask;
    }
    return &list->slots[at];
}

/* Keeps at least half of the slots free. */
static void grow(struct tag_list *list)
{
    if (list->count * 2 < list->slot_count)
        return;
    free(list->slots);
    list->slot_count = list->slot_count ? list->slot_count * 2 : SLOTS_FIRST;
    list->slots = as_xcalloc(list->slot_count, sizeof(*list->slots));
    list->cap = list->slot_count / 2;
    list->names = as_xrealloc(list->names, list->cap * sizeof(*list->names));
    for (size_t i = 0; i < list->count; i++)
        *slot_of(list, list->names[i]) = (uint32_t)i + 1;
}

static uint32_t number_of(struct tag_list *list, struct as_str name)
{
    grow(list);
    uint32_t *slot = slot_of(list, name);
    if (!*slot) {
        list->names[list->count++] = as_arena_dup(&list->table->arena, name);
        *slot = (uint32_t)list->count;
    }
    return *slot - 1;
}

/* A name that a C string cannot hold is no name. */
static bool is_usable(struct as_str name)
{
    return name.ptr && name.len && name.len <= TABLE_TAG_MAX_BYTES &&
           !memchr(name.ptr, '\0', name.len);
}

static void take_case(struct tag_list *list, const struct case_record *record)
{
    static const char key[] = "\"tags\"";
    AS_CLEANUP_JSON struct as_json *json = NULL;
    size_t place = list->table->position[record->seq];
    if (place >= list->table->case_count)
        return; /* not compared */
    if (!memmem(record->json.ptr, record->json.len, key, sizeof(key) - 1) ||
        as_json_parse(record->json.ptr, record->json.len, &json, NULL))
        return;
    const struct as_json *tags = as_json_get(json, "tags");
    for (size_t i = 0; i < as_json_len(tags); i++) {
        struct as_str name = as_json_str(as_json_at(tags, i));
        if (!is_usable(name))
            continue;
        struct use use = {number_of(list, name), (uint32_t)place};
        as_buf_add(&list->uses, &use, sizeof(use));
    }
}

static int read_cases(struct store *store, const struct report_spec *spec, struct tag_list *list)
{
    struct as_arena arena = {0};
    int rc = 0;
    for (int64_t seq = 0; seq < spec->case_count && !rc; seq += CASES_PER_READ) {
        int64_t left = spec->case_count - seq;
        uint32_t limit = (uint32_t)(left < CASES_PER_READ ? left : CASES_PER_READ);
        struct case_record *cases = NULL;
        size_t count = 0;
        rc = store_cases_page(store, spec->dataset_id, seq, limit, &arena, &cases, &count);
        for (size_t i = 0; i < count && !rc; i++)
            if (cases[i].seq < spec->case_count)
                take_case(list, &cases[i]);
        as_arena_reset(&arena);
    }
    as_arena_done(&arena);
    return rc;
}

static int compare_places(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static int compare_tags(const void *a, const void *b)
{
    return strcmp(((const struct gate_tag *)a)->name, ((const struct gate_tag *)b)->name);
}

/* A case that names its tag twice carries it once. */
static void put_in_order(struct gate_tag *tag)
{
    size_t kept = 0;
    qsort(tag->cases, tag->n_cases, sizeof(*tag->cases), compare_places);
    for (size_t i = 0; i < tag->n_cases; i++)
        if (!i || tag->cases[i] != tag->cases[kept - 1])
            tag->cases[kept++] = tag->cases[i];
    tag->n_cases = kept;
}

static void count_out(const struct tag_list *list)
{
    struct table *table = list->table;
    const struct use *uses = (const struct use *)(const void *)list->uses.ptr;
    size_t use_count = list->uses.len / sizeof(*uses);
    struct gate_tag *tags = as_arena_alloc(&table->arena, (list->count + 1) * sizeof(*tags));
    for (size_t i = 0; i < use_count; i++)
        tags[uses[i].tag].n_cases++;
    for (size_t t = 0; t < list->count; t++) {
        tags[t].name = list->names[t].ptr;
        tags[t].cases = as_arena_alloc(&table->arena, tags[t].n_cases * sizeof(uint32_t));
        tags[t].n_cases = 0;
    }
    for (size_t i = 0; i < use_count; i++)
        tags[uses[i].tag].cases[tags[uses[i].tag].n_cases++] = uses[i].place;
    for (size_t t = 0; t < list->count; t++)
        put_in_order(&tags[t]);
    qsort(tags, list->count, sizeof(*tags), compare_tags);
    table->tags = tags;
    table->tag_count = list->count;
}

int table_load_tags(struct store *store, const struct report_spec *spec, struct table *table)
{
    struct tag_list list = {.table = table};
    int rc = read_cases(store, spec, &list);
    if (!rc)
        count_out(&list);
    free(list.names);
    free(list.slots);
    as_buf_done(&list.uses);
    return rc;
}
