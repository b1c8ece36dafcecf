/* A walk over an object's members that stops at the first one that is wrong, and the small checks
 * of single values. */
#include "daemon/dataset/keys.h"

#include "daemon/dataset/import.h"
#include "lib/nearest.h"

#include <string.h>

int key_expect(bool is_right, const struct as_json *value, const char *label, const char *what,
               struct as_err *err)
{
    if (is_right)
        return 0;
    return as_err_set(err, AS_EINVAL, "%s must be %s, got %s", label, what,
                      as_json_type_name(as_json_type_of(value)));
}

int key_check_any(const struct as_json *value, const char *label, struct as_err *err)
{
    (void)value;
    (void)label;
    (void)err;
    return 0;
}

int key_check_bool(const struct as_json *value, const char *label, struct as_err *err)
{
    return key_expect(as_json_type_of(value) == AS_JSON_BOOL, value, label, "true or false", err);
}

int key_check_string(const struct as_json *value, const char *label, struct as_err *err)
{
    return key_expect(as_json_cstr(value), value, label, "a string", err);
}

int key_check_name(const struct as_json *value, const char *label, struct as_err *err)
{
    struct as_str name = as_json_str(value);
    int rc = key_check_string(value, label, err);
    if (!rc && name.len > DATASET_ID_MAX_BYTES)
        rc = as_err_set(err, AS_EINVAL, "%s must have at most %u bytes, got %zu", label,
                        DATASET_ID_MAX_BYTES, name.len);
    for (size_t i = 0; !rc && i < name.len; i++)
        if ((unsigned char)name.ptr[i] < ' ' || name.ptr[i] == 0x7f)
            rc = as_err_set(err, AS_EINVAL, "%s must not hold control characters", label);
    return rc;
}

int key_check_object(const struct as_json *value, const char *label, struct as_err *err)
{
    return key_expect(as_json_type_of(value) == AS_JSON_OBJECT, value, label, "an object", err);
}

int key_check_array(const struct as_json *value, const char *label, struct as_err *err)
{
    return key_expect(as_json_type_of(value) == AS_JSON_ARRAY, value, label, "an array", err);
}

int key_check_amount(const struct as_json *value, const char *label, struct as_err *err)
{
    int rc = key_expect(as_json_is_number(value), value, label, "a number", err);
    if (!rc && as_json_num(value, 0) < 0)
        rc = as_err_set(err, AS_EINVAL, "%s must not be negative", label);
    return rc;
}

int key_check_strings(const struct as_json *value, const char *label, struct as_err *err)
{
    int rc = key_check_array(value, label, err);
    for (size_t i = 0; !rc && i < as_json_len(value); i++)
        rc = key_expect(as_json_cstr(as_json_at(value, i)), as_json_at(value, i), label,
                        "an array of strings", err);
    return rc;
}

static const struct key_rule *find_rule(const struct key_rule *rules, const char *key)
{
    while (rules->key && strcmp(rules->key, key))
        rules++;
    return rules->key ? rules : NULL;
}

bool keys_has(const struct key_rule *rules, const char *key)
{
    return find_rule(rules, key) != NULL;
}

static int refuse_key(const struct key_rule *rules, const char *key, struct as_err *err)
{
    struct as_nearest nearest = {0};
    for (const struct key_rule *rule = rules; rule->key; rule++)
        as_nearest_offer(&nearest, key, rule->key);
    if (nearest.best)
        return as_err_set(err, AS_EINVAL, "unknown key '%.64s': did you mean '%s'?", key,
                          nearest.best);
    return as_err_set(err, AS_EINVAL, "unknown key '%.64s': data of your own goes under metadata",
                      key);
}

struct key_walk {
    const struct key_rule *rules;
    struct as_err *err;
    int rc; /* of the first member that is wrong */
};

static void check_member(void *ctx, const char *key, struct as_json *value)
{
    struct key_walk *walk = ctx;
    if (walk->rc)
        return;
    const struct key_rule *rule = find_rule(walk->rules, key);
    if (!rule)
        walk->rc = refuse_key(walk->rules, key, walk->err);
    else if (value)
        walk->rc = rule->check(value, rule->label, walk->err);
}

int keys_check(const struct as_json *object, const struct key_rule *rules, struct as_err *err)
{
    struct key_walk walk = {rules, err, 0};
    as_json_each(object, check_member, &walk);
    return walk.rc;
}
