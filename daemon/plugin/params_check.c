/* A walk over what is given, for names, then one over what is declared, for values. Lua has one
 * table where JSON has arrays and objects: what is empty is both. */
#include "daemon/plugin/params_check.h"

#include "lib/json.h"
#include "lib/nearest.h"

#include <math.h>
#include <string.h>

struct params_walk {
    const struct plugin_version *version;
    const struct as_json *declared, *given;
    struct as_nearest nearest; /* to the unknown name */
    const char *unknown;
    struct as_err *err;
    int rc;
};

/* ---- names ---- */

static void offer_name(void *ctx, const char *name, struct as_json *declaration)
{
    struct params_walk *walk = ctx;
    (void)declaration;
    as_nearest_offer(&walk->nearest, walk->unknown, name);
}

static void list_name(void *ctx, const char *name, struct as_json *declaration)
{
    struct as_buf *names = ctx;
    (void)declaration;
    as_buf_addf(names, "%s%s", names->len ? ", " : "", name);
}

/* The name is the eval's own, whatever bytes it is made of. */
static int refuse_name(struct params_walk *walk, const char *name)
{
    struct as_buf safe = {0}, names = {0};
    walk->unknown = name;
    as_json_each(walk->declared, offer_name, walk);
    as_json_each(walk->declared, list_name, &names);
    as_buf_add_utf8_safe(&safe, name, strlen(name));
    if (walk->nearest.best)
        as_err_set(walk->err, AS_EINVAL, "unknown parameter '%.80s': did you mean '%s'?",
                   as_buf_str(&safe).ptr, walk->nearest.best);
    else
        as_err_set(walk->err, AS_EINVAL, "unknown parameter '%.80s': %s has %.500s",
                   as_buf_str(&safe).ptr, walk->version->selector, names.len ? names.ptr : "none");
    as_buf_done(&safe);
    as_buf_done(&names);
    return AS_EINVAL;
}

static void check_name(void *ctx, const char *name, struct as_json *value)
{
    struct params_walk *walk = ctx;
    (void)value;
    if (!walk->rc && !as_json_has(walk->declared, name))
        walk->rc = refuse_name(walk, name);
}

/* ---- values ---- */

static void count_present(void *ctx, const char *key, struct as_json *value)
{
    (void)key;
    *(size_t *)ctx += value != NULL;
}

static bool is_empty(const struct as_json *value)
{
    size_t present = 0;
    if (as_json_type_of(value) == AS_JSON_ARRAY)
        return !as_json_len(value);
    as_json_each(value, count_present, &present);
    return as_json_type_of(value) == AS_JSON_OBJECT && !present;
}

static bool is_whole(double number)
{
    return number == floor(number);
}

static bool fits_type(const struct as_json *value, const char *type)
{
    enum as_json_type got = as_json_type_of(value);
    if (!strcmp(type, "any"))
        return true;
    if (!strcmp(type, "number"))
        return as_json_is_number(value);
    if (!strcmp(type, "integer"))
        return as_json_is_number(value) && is_whole(as_json_num(value, 0));
    bool is_table = !strcmp(type, "array") || !strcmp(type, "object");
    return !strcmp(type, as_json_type_name(got)) || (is_table && is_empty(value));
}

/* As Lua's rawequal: 1 is 1.0, and no two tables are one. */
static bool is_equal(const struct as_json *a, const struct as_json *b)
{
    enum as_json_type type = as_json_type_of(a);
    if (as_json_is_number(a) && as_json_is_number(b))
        return as_json_num(a, 0) == as_json_num(b, 0);
    if (type != as_json_type_of(b))
        return false;
    if (type == AS_JSON_BOOL)
        return as_json_bool(a, false) == as_json_bool(b, false);
    struct as_str one = as_json_str(a), other = as_json_str(b);
    return type == AS_JSON_STRING && one.len == other.len && !memcmp(one.ptr, other.ptr, one.len);
}

static bool fits_enum(const struct as_json *value, const struct as_json *allowed)
{
    bool is_found = !allowed;
    for (size_t i = 0; i < as_json_len(allowed) && !is_found; i++)
        is_found = is_equal(value, as_json_at(allowed, i));
    return is_found;
}

static int refuse_value(struct as_err *err, const char *name, const struct as_json *allowed)
{
    struct as_buf text = {0};
    as_json_write(allowed, &text);
    as_err_set(err, AS_EINVAL, "parameter '%s' must be one of %.512s", name, text.ptr);
    as_buf_done(&text);
    return AS_EINVAL;
}

static void check_value(void *ctx, const char *name, struct as_json *declaration)
{
    struct params_walk *walk = ctx;
    const struct as_json *value = as_json_get(walk->given, name);
    const struct as_json *allowed = as_json_get(declaration, "enum");
    const char *type = as_json_get_cstr(declaration, "type");
    if (walk->rc)
        return;
    if (!value && as_json_get_bool(declaration, "required", false))
        walk->rc =
            as_err_set(walk->err, AS_EINVAL, "parameter '%s' of %s is missing: it must be given",
                       name, walk->version->selector);
    else if (value && type && !fits_type(value, type))
        walk->rc = as_err_set(walk->err, AS_EINVAL, "parameter '%s' must be of type %s, got %s",
                              name, type, as_json_type_name(as_json_type_of(value)));
    else if (value && !fits_enum(value, allowed))
        walk->rc = refuse_value(walk->err, name, allowed);
}

int plugin_params_check(const struct plugin_version *version, const char *params_json,
                        struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *declared = NULL;
    AS_CLEANUP_JSON struct as_json *given = NULL;
    const char *text = version->params_json ? version->params_json : "{}";
    if (as_json_parse(text, strlen(text), &declared, NULL))
        return as_err_set(err, AS_EPLUGIN, "the parameters that %s declares cannot be read",
                          version->selector);
    if (as_json_parse(params_json, strlen(params_json), &given, err))
        return AS_EINVAL;
    struct params_walk walk = {
        .version = version, .declared = declared, .given = given, .err = err};
    as_json_each(given, check_name, &walk);
    as_json_each(declared, check_value, &walk);
    return walk.rc;
}
