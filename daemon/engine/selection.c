/* A case's rank is a hash of its id and the seed, and a draw takes the lowest ranks. A stratified
 * draw gives each stratum its share by largest remainder; a random one is that with one stratum. */
#include "daemon/engine/selection.h"

#include "lib/hash.h"
#include "lib/nearest.h"
#include "lib/rng.h"

#include <stdlib.h>
#include <string.h>

struct pick {
    const char *stratum; /* in the arena */
    uint64_t rank;
    int64_t seq;
};

struct term_facts { /* for the sentence when nothing is left */
    int64_t met;
    struct as_nearest nearest;
};

struct selector {
    const struct selection_rules *rules;
    struct pick *picks;
    size_t count, cap;
    struct term_facts facts[SELECTION_TERMS_MAX];
    struct as_arena arena;
};

void selection_done(struct selection *selection)
{
    free(selection->seqs);
    *selection = (struct selection){0};
}

static int compare_seqs(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

bool selection_has(const struct selection *selection, int64_t seq)
{
    if (!selection->seqs)
        return seq >= 0 && seq < selection->count;
    return bsearch(&seq, selection->seqs, (size_t)selection->count, sizeof(seq), compare_seqs);
}

struct selector *selector_new(const struct selection_rules *rules)
{
    struct selector *selector = as_xcalloc(1, sizeof(*selector));
    selector->rules = rules;
    return selector;
}

void selector_free(struct selector *selector)
{
    if (!selector)
        return;
    free(selector->picks);
    as_arena_done(&selector->arena);
    free(selector);
}

bool selector_needs_json(const struct selector *selector)
{
    return selector->rules->term_count || selector->rules->stratum_key;
}

/* ---- what a case has ---- */

/* NULL: it has none. A number or a truth of the metadata is its JSON text. */
static const char *value_of(struct selector *selector, const struct as_json *item, const char *key)
{
    size_t prefix = strlen(SELECTION_METADATA);
    if (!strcmp(key, "critical"))
        return as_json_get_bool(item, key, false) ? "true" : "false";
    const struct as_json *value = strncmp(key, SELECTION_METADATA, prefix) != 0
                                      ? as_json_get(item, key)
                                      : as_json_get(as_json_get(item, "metadata"), key + prefix);
    if (!value || as_json_cstr(value))
        return as_json_cstr(value);
    struct as_buf text = {0};
    as_json_write(value, &text);
    const char *kept = as_arena_strdup(&selector->arena, text.ptr);
    as_buf_done(&text);
    return kept;
}

static void offer(struct selector *selector, size_t term, const char *value)
{
    struct as_nearest *nearest = &selector->facts[term].nearest;
    as_nearest_offer(nearest, selector->rules->terms[term].value, value);
    if (nearest->best == value)
        nearest->best = as_arena_strdup(&selector->arena, value);
}

static bool meets_term(struct selector *selector, const struct as_json *item, size_t at)
{
    const struct selection_term *term = &selector->rules->terms[at];
    const struct as_json *tags = as_json_get(item, "tags");
    bool is_met = false, is_tag = !strcmp(term->key, "tag");
    size_t count = is_tag ? as_json_len(tags) : 1;
    for (size_t i = 0; i < count && !is_met; i++) {
        const char *value =
            is_tag ? as_json_cstr(as_json_at(tags, i)) : value_of(selector, item, term->key);
        is_met = value && !strcmp(value, term->value);
        if (value && !is_met && !selector->facts[at].met)
            offer(selector, at, value);
    }
    selector->facts[at].met += is_met;
    return is_met;
}

static bool meets_all(struct selector *selector, const struct as_json *item)
{
    bool is_met = true;
    for (size_t i = 0; i < selector->rules->term_count; i++)
        is_met = meets_term(selector, item, i) && is_met;
    return is_met;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All tags of a case, in order of their bytes: the set is its stratum. */
static const char *tags_of(struct selector *selector, const struct as_json *item)
{
    const struct as_json *tags = as_json_get(item, "tags");
    size_t count = as_json_len(tags);
    const char **texts = as_xcalloc(count + 1, sizeof(*texts));
    struct as_buf joined = {0};
    for (size_t i = 0; i < count; i++)
        texts[i] = as_json_cstr(as_json_at(tags, i));
    qsort(texts, count, sizeof(*texts), compare_texts);
    for (size_t i = 0; i < count; i++)
        as_buf_addf(&joined, "%s%s", i ? "," : "", texts[i]);
    const char *kept = as_arena_strdup(&selector->arena, joined.ptr);
    as_buf_done(&joined);
    free(texts);
    return kept;
}

/* Cases without the key are a stratum of their own. */
static const char *stratum_of(struct selector *selector, const struct as_json *item)
{
    const char *key = selector->rules->stratum_key, *value = NULL;
    if (key)
        value = strcmp(key, "tag") != 0 ? value_of(selector, item, key) : tags_of(selector, item);
    return value ? as_arena_strdup(&selector->arena, value) : "";
}

static uint64_t rank_of(const struct selector *selector, struct as_str id)
{
    struct as_sha256 hash = as_sha256_of(id.ptr, id.len);
    struct as_reader in = as_reader_of(hash.bytes, sizeof(hash.bytes));
    return as_rng_mix64(as_get_u64(&in) ^ as_rng_mix64(selector->rules->seed + 1));
}

void selector_add(struct selector *selector, const struct case_record *record)
{
    AS_CLEANUP_JSON struct as_json *item = NULL;
    if (selector_needs_json(selector) &&
        as_json_parse(record->json.ptr, record->json.len, &item, NULL))
        return; /* a case that is no JSON meets no term; it cannot be imported either */
    if (!meets_all(selector, item))
        return;
    if (selector->count == selector->cap) {
        selector->cap = selector->cap ? 2 * selector->cap : 256;
        selector->picks = as_xrealloc(selector->picks, selector->cap * sizeof(*selector->picks));
    }
    selector->picks[selector->count++] = (struct pick){
        stratum_of(selector, item),
        selector->rules->sample == SELECTION_HEAD ? 0 : rank_of(selector, record->id),
        record->seq,
    };
}

/* ---- the draw ---- */

/* One stratum after the other, each in the order of its draw. */
static int compare_picks(const void *a, const void *b)
{
    const struct pick *x = a, *y = b;
    int order = strcmp(x->stratum, y->stratum);
    if (order)
        return order;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

struct share {
    size_t from, size; /* among the picks */
    int64_t taken, remainder;
};

/* What is left over goes to the largest remainders, then to the larger stratum, then to the first
 * name. */
static int compare_shares(const void *a, const void *b)
{
    const struct share *x = a, *y = b;
    if (x->remainder != y->remainder)
        return x->remainder > y->remainder ? -1 : 1;
    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return (x->from > y->from) - (x->from < y->from);
}

/* Shares of `wanted` of all picks, which are in order. */
static struct share *shares_of(const struct selector *selector, int64_t wanted, size_t *ret_count)
{
    struct share *shares = as_xcalloc(selector->count, sizeof(*shares));
    size_t count = 0;
    int64_t all = (int64_t)selector->count, left = wanted;
    for (size_t i = 0; i < selector->count; i++) {
        if (!i || strcmp(selector->picks[i].stratum, selector->picks[i - 1].stratum) != 0)
            shares[count++].from = i;
        shares[count - 1].size++;
    }
    for (size_t i = 0; i < count; i++) {
        shares[i].taken = wanted * (int64_t)shares[i].size / all;
        shares[i].remainder = wanted * (int64_t)shares[i].size % all;
        left -= shares[i].taken;
    }
    qsort(shares, count, sizeof(*shares), compare_shares);
    for (size_t i = 0; left > 0; i++, left--)
        shares[i].taken++;
    *ret_count = count;
    return shares;
}

static void draw(struct selector *selector, struct selection *selection)
{
    size_t count = 0, taken = 0;
    qsort(selector->picks, selector->count, sizeof(*selector->picks), compare_picks);
    struct share *shares = shares_of(selector, selection->count, &count);
    for (size_t i = 0; i < count; i++)
        for (int64_t at = 0; at < shares[i].taken; at++)
            selection->seqs[taken++] = selector->picks[shares[i].from + (size_t)at].seq;
    free(shares);
    qsort(selection->seqs, taken, sizeof(*selection->seqs), compare_seqs);
}

static int say_none(const struct selector *selector, const char *dataset, struct as_err *err)
{
    const struct selection_rules *rules = selector->rules;
    for (size_t i = 0; i < rules->term_count; i++) {
        const struct term_facts *facts = &selector->facts[i];
        const struct selection_term *term = &rules->terms[i];
        if (!facts->met && facts->nearest.best)
            return as_err_set(err, AS_EINVAL,
                              "no case of dataset '%s' has %s=%s: did you mean %s=%s?", dataset,
                              term->key, term->value, term->key, facts->nearest.best);
        if (!facts->met)
            return as_err_set(err, AS_EINVAL,
                              "no case of dataset '%s' has %s=%s: `assayctl dataset show %s` shows "
                              "what they have",
                              dataset, term->key, term->value, dataset);
    }
    return as_err_set(err, AS_EINVAL,
                      "no case of dataset '%s' meets every term of where: leave one of them out",
                      dataset);
}

int selector_choose(struct selector *selector, const char *dataset, struct selection *ret_selection,
                    struct as_err *err)
{
    int64_t all = (int64_t)selector->count, limit = selector->rules->max_cases;
    struct selection selection = {.count = limit && limit < all ? limit : all};
    if (!all)
        return say_none(selector, dataset, err);
    selection.seqs = as_xcalloc((size_t)selection.count, sizeof(*selection.seqs));
    if (selector->rules->sample == SELECTION_HEAD)
        for (int64_t i = 0; i < selection.count; i++)
            selection.seqs[i] = selector->picks[i].seq;
    else
        draw(selector, &selection);
    *ret_selection = selection;
    return 0;
}
