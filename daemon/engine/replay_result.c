/* Goes down to the values that differ. Lists are compared place by place but for two kinds that may
 * grow: lists of things with a name, where each is looked for by it, and warnings. */
#include "daemon/engine/replay_result.h"

#include <string.h>

struct pair {
    struct replay_result *result;
    const char *at;
    const struct as_json *other;
};

static void compare_values(struct replay_result *result, const char *at, const struct as_json *was,
                           const struct as_json *is);

static bool same_json(const struct as_json *a, const struct as_json *b)
{
    struct as_buf x = {0}, y = {0};
    as_json_write(a, &x);
    as_json_write(b, &y);
    bool is_same = as_str_eq(as_buf_str(&x), y.len ? y.ptr : "");
    as_buf_done(&x);
    as_buf_done(&y);
    return is_same;
}

static void note_difference(struct replay_result *result, const char *at, const struct as_json *was,
                            const struct as_json *is)
{
    struct as_json *json = as_json_object();
    as_json_set_str(json, "at", at);
    as_json_set_take(json, "was", as_json_share((struct as_json *)was));
    as_json_set_take(json, "is", as_json_share((struct as_json *)is));
    as_json_push_take(result->differences, json);
}

/* "comparisons[3].p_holm" is "comparisons[].p_holm": what is new is so in all of a list. */
static void note_added(struct replay_result *result, const char *at)
{
    struct as_buf part = {0};
    for (const char *c = at; *c; c++) {
        as_buf_addc(&part, *c);
        if (*c == '[')
            c += strspn(c + 1, "0123456789");
    }
    bool is_known = as_json_len(result->added) >= REPLAY_LIST_MAX;
    for (size_t i = 0; i < as_json_len(result->added) && !is_known; i++)
        is_known = !strcmp(as_json_cstr(as_json_at(result->added, i)), part.ptr);
    if (!is_known)
        as_json_push_take(result->added, as_json_new_str(as_buf_str(&part)));
    as_buf_done(&part);
}

static const char *at_member(const struct pair *pair, const char *key)
{
    return as_arena_printf(&pair->result->arena, "%s%s%s", pair->at, *pair->at ? "." : "", key);
}

static const char *at_place(struct replay_result *result, const char *at, size_t place)
{
    return as_arena_printf(&result->arena, "%s[%zu]", at, place);
}

/* ---- objects ---- */

static void compare_member(void *ctx, const char *key, struct as_json *value)
{
    const struct pair *pair = ctx;
    compare_values(pair->result, at_member(pair, key), value, as_json_get(pair->other, key));
}

static void note_added_member(void *ctx, const char *key, struct as_json *value)
{
    const struct pair *pair = ctx;
    (void)value;
    if (!as_json_has(pair->other, key))
        note_added(pair->result, at_member(pair, key));
}

/* ---- lists that may grow ---- */

static const struct as_json *find_named(const struct as_json *list, const char *name)
{
    for (size_t i = 0; i < as_json_len(list); i++)
        if (!strcmp(as_json_get_cstr_or(as_json_at(list, i), "name", ""), name))
            return as_json_at(list, i);
    return NULL;
}

static void compare_named(struct replay_result *result, const char *at, const struct as_json *was,
                          const struct as_json *is)
{
    for (size_t i = 0; i < as_json_len(was); i++) {
        const struct as_json *item = as_json_at(was, i);
        const char *name = as_json_get_cstr_or(item, "name", "");
        compare_values(result, at_place(result, at, i), item, find_named(is, name));
    }
    for (size_t i = 0; i < as_json_len(is); i++) {
        const char *name = as_json_get_cstr_or(as_json_at(is, i), "name", "");
        if (!find_named(was, name))
            note_added(result, as_arena_printf(&result->arena, "%s.%s", at, name));
    }
}

static bool has_text(const struct as_json *list, const struct as_json *text)
{
    for (size_t i = 0; i < as_json_len(list); i++)
        if (same_json(as_json_at(list, i), text))
            return true;
    return false;
}

static void compare_warnings(struct replay_result *result, const char *at,
                             const struct as_json *was, const struct as_json *is)
{
    for (size_t i = 0; i < as_json_len(was); i++)
        if (!has_text(is, as_json_at(was, i)))
            note_difference(result, at_place(result, at, i), as_json_at(was, i), NULL);
    for (size_t i = 0; i < as_json_len(is); i++)
        if (!has_text(was, as_json_at(is, i)))
            note_added(result, at);
}

/* ---- values ---- */

static void compare_lists(struct replay_result *result, const char *at, const struct as_json *was,
                          const struct as_json *is)
{
    size_t count = as_json_len(was);
    if (count && as_json_get_cstr(as_json_at(was, 0), "name"))
        compare_named(result, at, was, is);
    else if (!strcmp(at, "warnings"))
        compare_warnings(result, at, was, is);
    else if (count != as_json_len(is))
        note_difference(result, at, was, is);
    else
        for (size_t i = 0; i < count; i++)
            compare_values(result, at_place(result, at, i), as_json_at(was, i), as_json_at(is, i));
}

static void compare_values(struct replay_result *result, const char *at, const struct as_json *was,
                           const struct as_json *is)
{
    enum as_json_type type = as_json_type_of(was);
    bool is_alike = type == as_json_type_of(is);
    if (as_json_len(result->differences) >= REPLAY_LIST_MAX || same_json(was, is))
        return;
    if (is_alike && type == AS_JSON_OBJECT) {
        struct pair old = {result, at, is}, new = {result, at, was};
        as_json_each(was, compare_member, &old);
        as_json_each(is, note_added_member, &new);
    } else if (is_alike && type == AS_JSON_ARRAY) {
        compare_lists(result, at, was, is);
    } else {
        note_difference(result, at, was, is);
    }
}

void replay_result_compare(struct replay_result *result, const struct as_json *was,
                           const struct as_json *is)
{
    compare_values(result, "", was, is);
    as_arena_done(&result->arena);
}
