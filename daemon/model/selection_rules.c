/* The words of a selection, and the rules in a group's pins. */
#include "daemon/model/selection_rules.h"

#include <stdlib.h>
#include <string.h>

#define STRATIFIED "stratified:"
#define KEYS "tag, split, stratum, cluster, critical or " SELECTION_METADATA "NAME"

static bool is_key(const char *key)
{
    static const char *const keys[] = {"tag", "split", "stratum", "cluster", "critical"};
    for (size_t i = 0; i < AS_COUNT(keys); i++)
        if (!strcmp(keys[i], key))
            return true;
    size_t prefix = strlen(SELECTION_METADATA);
    return !strncmp(key, SELECTION_METADATA, prefix) && key[prefix];
}

/* A case has many tags, and one of everything else. */
static int check_term(const struct selection_rules *rules, const struct selection_term *term,
                      struct as_err *err)
{
    if (!is_key(term->key))
        return as_err_set(err, AS_EINVAL, "where: '%s' is not " KEYS, term->key);
    if (!*term->value)
        return as_err_set(err, AS_EINVAL, "where: %s has no value: %s=VALUE", term->key, term->key);
    for (size_t i = 0; i < rules->term_count && strcmp(term->key, "tag"); i++)
        if (!strcmp(rules->terms[i].key, term->key))
            return as_err_set(
                err, AS_EINVAL,
                "where: %s stands twice, and a case has one: leave one of the two out", term->key);
    if (!strcmp(term->key, "critical") && strcmp(term->value, "true") &&
        strcmp(term->value, "false"))
        return as_err_set(err, AS_EINVAL, "where: critical is true or false, not '%s'",
                          term->value);
    return 0;
}

int selection_parse_where(const char *text, struct as_arena *arena, struct selection_rules *rules,
                          struct as_err *err)
{
    char *rest = text ? as_arena_strdup(arena, text) : NULL, *word;
    rules->term_count = 0;
    while ((word = strsep(&rest, ","))) {
        char *equals = strchr(word, '=');
        if (!equals)
            return as_err_set(err, AS_EINVAL, "where: '%s' is not KEY=VALUE; KEY is " KEYS, word);
        if (rules->term_count == SELECTION_TERMS_MAX)
            return as_err_set(err, AS_EINVAL, "where: more than %d terms", SELECTION_TERMS_MAX);
        *equals = '\0';
        struct selection_term term = {word, equals + 1};
        int rc = check_term(rules, &term, err);
        if (rc)
            return rc;
        rules->terms[rules->term_count++] = term;
    }
    return 0;
}

int selection_parse_sample(const char *text, struct as_arena *arena, struct selection_rules *rules,
                           struct as_err *err)
{
    size_t prefix = strlen(STRATIFIED);
    rules->stratum_key = NULL;
    if (!text || !strcmp(text, "head")) {
        rules->sample = SELECTION_HEAD;
    } else if (!strcmp(text, "random")) {
        rules->sample = SELECTION_RANDOM;
    } else if (!strncmp(text, STRATIFIED, prefix) && is_key(text + prefix)) {
        rules->sample = SELECTION_STRATIFIED;
        rules->stratum_key = as_arena_strdup(arena, text + prefix);
    } else {
        return as_err_set(err, AS_EINVAL,
                          "sample: '%s' is not head, random or stratified:KEY; KEY is " KEYS, text);
    }
    return 0;
}

int selection_check(const struct selection_rules *rules, struct as_err *err)
{
    if (rules->sample != SELECTION_HEAD && !rules->max_cases)
        return as_err_set(err, AS_EINVAL,
                          "sample: how many cases are to be drawn is not said: add --max-cases N");
    if (rules->sample == SELECTION_HEAD && rules->has_seed)
        return as_err_set(err, AS_EINVAL,
                          "seed: the first cases need no chance: add --sample random or "
                          "--sample stratified:KEY, or leave the seed out");
    return 0;
}

bool selection_is_chosen(const struct selection_rules *rules)
{
    return rules->term_count || rules->sample != SELECTION_HEAD;
}

void selection_copy(const struct selection_rules *from, struct as_arena *arena,
                    struct selection_rules *ret_rules)
{
    *ret_rules = *from;
    ret_rules->stratum_key = as_arena_strdup(arena, from->stratum_key);
    for (size_t i = 0; i < from->term_count; i++)
        ret_rules->terms[i] = (struct selection_term){as_arena_strdup(arena, from->terms[i].key),
                                                      as_arena_strdup(arena, from->terms[i].value)};
}

void selection_say(const struct selection_rules *rules, struct as_buf *out)
{
    for (size_t i = 0; i < rules->term_count; i++)
        as_buf_addf(out, "%s%s=%s", i ? ", " : "", rules->terms[i].key, rules->terms[i].value);
    if (rules->term_count && (rules->sample != SELECTION_HEAD || rules->max_cases))
        as_buf_adds(out, ", ");
    if (rules->sample == SELECTION_HEAD && rules->max_cases)
        as_buf_adds(out, "the first");
    else if (rules->sample == SELECTION_RANDOM)
        as_buf_addf(out, "drawn at random by seed %llu", (unsigned long long)rules->seed);
    else if (rules->sample == SELECTION_STRATIFIED)
        as_buf_addf(out, "drawn by shares of %s and seed %llu", rules->stratum_key,
                    (unsigned long long)rules->seed);
}

static void set_where(struct as_json *json, const struct selection_rules *rules)
{
    struct as_buf text = {0};
    for (size_t i = 0; i < rules->term_count; i++)
        as_buf_addf(&text, "%s%s=%s", i ? "," : "", rules->terms[i].key, rules->terms[i].value);
    as_json_set_str(json, "where", text.ptr);
    as_buf_done(&text);
}

static void set_sample(struct as_json *json, const struct selection_rules *rules)
{
    static const char *const names[] = {"head", "random", STRATIFIED};
    struct as_buf text = {0};
    as_buf_addf(&text, "%s%s", names[rules->sample], rules->stratum_key ? rules->stratum_key : "");
    as_json_set_str(json, "sample", text.ptr);
    as_buf_done(&text);
}

struct as_json *selection_rules_to_json(const struct selection_rules *rules)
{
    bool is_cut = rules->max_cases && (!rules->of || rules->max_cases < rules->of);
    if (!selection_is_chosen(rules) && !is_cut)
        return NULL;
    struct as_json *json = as_json_object();
    struct as_buf sentence = {0};
    set_where(json, rules);
    set_sample(json, rules);
    as_json_set_take(json, "seed",
                     rules->sample == SELECTION_HEAD ? NULL
                                                     : as_json_new_int((int64_t)rules->seed));
    as_json_set_take(json, "max_cases",
                     rules->max_cases ? as_json_new_int(rules->max_cases) : NULL);
    as_json_set_int(json, "of", rules->of);
    selection_say(rules, &sentence);
    as_json_set_str(json, "sentence", sentence.ptr);
    as_buf_done(&sentence);
    return json;
}

int selection_rules_from_json(const struct as_json *json, struct as_arena *arena,
                              struct selection_rules *ret_rules)
{
    struct selection_rules rules = {
        .seed = (uint64_t)as_json_get_int(json, "seed", 0),
        .max_cases = as_json_get_int(json, "max_cases", 0),
        .of = as_json_get_int(json, "of", 0),
    };
    int rc = selection_parse_where(as_json_get_cstr(json, "where"), arena, &rules, NULL);
    if (!rc)
        rc = selection_parse_sample(as_json_get_cstr(json, "sample"), arena, &rules, NULL);
    if (!rc)
        *ret_rules = rules;
    return rc;
}
