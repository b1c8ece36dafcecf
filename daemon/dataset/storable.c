/* A walk over the whole case. Depth: a line within the parser's limit may have got deeper when its
 * keys were moved under metadata, or when text that is JSON was decoded. Numbers: the parser turns
 * an integer beyond 64 bits into the largest one that it has. */
#include "daemon/dataset/storable.h"

struct storable_walk {
    unsigned depth; /* of arrays and objects around the value */
    int rc;
    struct as_err *err;
};

static int check_number(const struct as_json *value, struct as_err *err)
{
    int64_t whole = as_json_type_of(value) == AS_JSON_INT ? as_json_int(value, 0) : 0;
    if (whole == INT64_MAX || whole == INT64_MIN)
        return as_err_set(err, AS_EINVAL, "an integer has more than 63 bits: write it as a string");
    return 0;
}

static void check_value(struct storable_walk *walk, const struct as_json *value);

static void check_member(void *ctx, const char *key, struct as_json *value)
{
    (void)key;
    check_value(ctx, value);
}

static void check_nested(struct storable_walk *walk, const struct as_json *value)
{
    if (walk->depth == AS_JSON_MAX_DEPTH) {
        walk->rc =
            as_err_set(walk->err, AS_EINVAL, "as a case the line would nest deeper than %d levels",
                       AS_JSON_MAX_DEPTH);
        return;
    }
    walk->depth++;
    as_json_each(value, check_member, walk);
    bool is_array = as_json_type_of(value) == AS_JSON_ARRAY;
    for (size_t i = 0; is_array && i < as_json_len(value); i++)
        check_value(walk, as_json_at(value, i));
    walk->depth--;
}

static void check_value(struct storable_walk *walk, const struct as_json *value)
{
    enum as_json_type type = as_json_type_of(value);
    if (walk->rc)
        return;
    if (type == AS_JSON_OBJECT || type == AS_JSON_ARRAY)
        check_nested(walk, value);
    else
        walk->rc = check_number(value, walk->err);
}

int storable_check(const struct as_json *value, struct as_err *err)
{
    struct storable_walk walk = {.err = err};
    check_value(&walk, value);
    return walk.rc;
}
