/* json-c behind our names: the only file that includes it. A tree of ours is a tree of json-c's,
 * cast; what is added is strictness (find_lenient), texts that are valid UTF-8 whatever came in,
 * numbers in their shortest form, and the canonical text that content hashes are taken over. */
#include "lib/json.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct json_object *jc(const struct as_json *value)
{
    return (struct json_object *)(uintptr_t)value;
}

static struct as_json *aj(struct json_object *object)
{
    return (struct as_json *)object;
}

/* Of a text of one line the line is not named: it is most likely one of a file, whose number the
 * caller knows. */
static int parse_failed(struct as_err *err, const char *text, size_t len, size_t at,
                        const char *why)
{
    size_t line = 1, column = 1;
    for (size_t i = 0; i < at; i++) {
        column = text[i] == '\n' ? 1 : column + 1;
        line += text[i] == '\n';
    }
    if (!memchr(text, '\n', len))
        return as_err_set(err, AS_EINVAL, "not valid JSON at column %zu: %s", column, why);
    return as_err_set(err, AS_EINVAL, "not valid JSON at line %zu, column %zu: %s", line, column,
                      why);
}

/* For whom json-c's "null expected" says nothing. */
static const char *reason_of(enum json_tokener_error error)
{
    static const char no_word[] = "only true, false and null stand without quotes";
    static const char *const reasons[json_tokener_error_size] = {
        [json_tokener_continue] = "the text ends too early",
        [json_tokener_error_parse_eof] = "the text ends too early",
        [json_tokener_error_parse_null] = no_word,
        [json_tokener_error_parse_boolean] = no_word,
        [json_tokener_error_parse_number] = "this is no number",
        [json_tokener_error_parse_array] = "expected ',' or ']'",
        [json_tokener_error_parse_object_key_name] = "expected a key in double quotes",
        [json_tokener_error_parse_object_key_sep] = "expected ':' after the key",
        [json_tokener_error_parse_object_value_sep] = "expected ',' or '}'",
        [json_tokener_error_parse_string] = "no such escape in a text",
    };
    bool is_told = error < json_tokener_error_size && reasons[error];
    return is_told ? reasons[error] : json_tokener_error_desc(error);
}

/* A number that a double cannot hold would be read as infinity, and no JSON says that again. */
static bool is_beyond_double(const char *number, size_t len)
{
    if (!memchr(number, 'e', len) && !memchr(number, 'E', len) && !memchr(number, '.', len))
        return false; /* an integer, which ends at its own limits */
    char *text = as_xmemdup(number, len);
    bool is_beyond = isinf(strtod(text, NULL));
    free(text);
    return is_beyond;
}

/* json-c's strict mode still takes 'quoted' strings, NaN and Infinity, and numbers that it cannot
 * hold; and a value in the innermost array counts for it as a level of its own. Returns why, and
 * the position of the first such thing; NULL when there is none. */
static const char *find_lenient(const char *text, size_t len, size_t *ret_at)
{
    bool is_in_string = false;
    int depth = 0;
    size_t i = 0, step;
    for (; i < len; i += step) {
        char c = text[i];
        step = is_in_string && c == '\\' ? 2 : 1;
        is_in_string ^= c == '"';
        if (is_in_string)
            continue;
        *ret_at = i;
        if (c == '\'' || c == 'N' || c == 'I')
            return "unexpected character";
        depth += (c == '[' || c == '{') - (c == ']' || c == '}');
        if (depth > AS_JSON_MAX_DEPTH)
            return "nesting too deep";
        if (c >= '0' && c <= '9') {
            while (i + step < len && text[i + step] && strchr("0123456789+-.eE", text[i + step]))
                step++;
            if (is_beyond_double(text + i, step))
                return "the number is too large: write it as a string";
        }
    }
    return NULL;
}

/* json-c's own check lets overlong forms pass. */
static size_t first_bad_byte(const char *text, size_t len)
{
    size_t at = 0, step;
    uint32_t point;
    if (as_utf8_is_valid(text, len))
        return len;
    while (at < len && (step = as_utf8_next(text + at, len - at, &point)))
        at += step;
    return at;
}

int as_json_parse(const char *text, size_t len, struct as_json **ret_value, struct as_err *err)
{
    if (len > INT32_MAX - 1)
        return as_err_set(err, AS_ELIMIT, "JSON text of %zu bytes is too long", len);
    size_t at = first_bad_byte(text, len);
    const char *problem = at < len ? "the text is not valid UTF-8" : find_lenient(text, len, &at);
    if (problem)
        return parse_failed(err, text, len, at, problem);
    struct json_tokener *tok = json_tokener_new_ex(AS_JSON_MAX_DEPTH + 1);
    AS_ASSERT(tok);
    json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
    struct json_object *root = json_tokener_parse_ex(tok, text, (int)len);
    enum json_tokener_error why = json_tokener_get_error(tok);
    size_t used = json_tokener_get_parse_end(tok);
    if (why == json_tokener_continue) { /* a bare number ends only at the next byte: give it one */
        root = json_tokener_parse_ex(tok, " ", 1);
        why = json_tokener_get_error(tok);
        used = len;
    }
    json_tokener_free(tok);
    while (why == json_tokener_success && used < len && strchr(" \t\r\n", text[used]) && text[used])
        used++;
    if (why == json_tokener_success && used == len) {
        *ret_value = aj(root);
        return 0;
    }
    if (why == json_tokener_success) {
        json_object_put(root);
        return parse_failed(err, text, len, used, "more bytes after the value");
    }
    return parse_failed(err, text, len, used < len ? used : len, reason_of(why));
}

void as_json_free(struct as_json *value)
{
    json_object_put(jc(value));
}

void as_json_free_ptr(void *ptr_to_value)
{
    as_json_free(*(struct as_json **)ptr_to_value);
}

struct as_json *as_json_share(struct as_json *value)
{
    return aj(json_object_get(jc(value)));
}

enum as_json_type as_json_type_of(const struct as_json *value)
{
    switch (json_object_get_type(jc(value))) {
    case json_type_boolean: return AS_JSON_BOOL;
    case json_type_int: return AS_JSON_INT;
    case json_type_double: return AS_JSON_DOUBLE;
    case json_type_string: return AS_JSON_STRING;
    case json_type_array: return AS_JSON_ARRAY;
    case json_type_object: return AS_JSON_OBJECT;
    case json_type_null: return AS_JSON_NULL;
    }
    return AS_JSON_NULL;
}

const char *as_json_type_name(enum as_json_type type)
{
    static const char *const names[] = {
        [AS_JSON_NULL] = "null",     [AS_JSON_BOOL] = "boolean",  [AS_JSON_INT] = "integer",
        [AS_JSON_DOUBLE] = "number", [AS_JSON_STRING] = "string", [AS_JSON_ARRAY] = "array",
        [AS_JSON_OBJECT] = "object",
    };
    return names[type];
}

struct as_json *as_json_get(const struct as_json *object, const char *key)
{
    struct json_object *value = NULL;
    if (json_object_is_type(jc(object), json_type_object))
        json_object_object_get_ex(jc(object), key, &value);
    return aj(value);
}

bool as_json_has(const struct as_json *object, const char *key)
{
    return json_object_is_type(jc(object), json_type_object) &&
           json_object_object_get_ex(jc(object), key, NULL);
}

struct as_str as_json_str(const struct as_json *value)
{
    if (!json_object_is_type(jc(value), json_type_string))
        return (struct as_str){NULL, 0};
    return (struct as_str){json_object_get_string(jc(value)),
                           (size_t)json_object_get_string_len(jc(value))};
}

const char *as_json_cstr(const struct as_json *value)
{
    return as_json_str(value).ptr;
}

struct as_str as_json_get_str(const struct as_json *object, const char *key)
{
    return as_json_str(as_json_get(object, key));
}

const char *as_json_get_cstr(const struct as_json *object, const char *key)
{
    return as_json_cstr(as_json_get(object, key));
}

const char *as_json_get_cstr_or(const struct as_json *object, const char *key, const char *fallback)
{
    const char *text = as_json_get_cstr(object, key);
    return text ? text : fallback;
}

bool as_json_is_number(const struct as_json *value)
{
    enum as_json_type type = as_json_type_of(value);
    return type == AS_JSON_INT || type == AS_JSON_DOUBLE;
}

double as_json_num(const struct as_json *value, double fallback)
{
    return as_json_is_number(value) ? json_object_get_double(jc(value)) : fallback;
}

int64_t as_json_int(const struct as_json *value, int64_t fallback)
{
    return as_json_is_number(value) ? json_object_get_int64(jc(value)) : fallback;
}

bool as_json_bool(const struct as_json *value, bool fallback)
{
    return as_json_type_of(value) == AS_JSON_BOOL ? json_object_get_boolean(jc(value)) : fallback;
}

int64_t as_json_get_int(const struct as_json *object, const char *key, int64_t fallback)
{
    return as_json_int(as_json_get(object, key), fallback);
}

double as_json_get_num(const struct as_json *object, const char *key, double fallback)
{
    return as_json_num(as_json_get(object, key), fallback);
}

bool as_json_get_bool(const struct as_json *object, const char *key, bool fallback)
{
    return as_json_bool(as_json_get(object, key), fallback);
}

size_t as_json_len(const struct as_json *array_or_object)
{
    enum as_json_type type = as_json_type_of(array_or_object);
    if (type == AS_JSON_ARRAY)
        return json_object_array_length(jc(array_or_object));
    return type == AS_JSON_OBJECT ? (size_t)json_object_object_length(jc(array_or_object)) : 0;
}

struct as_json *as_json_at(const struct as_json *array, size_t index)
{
    bool is_array = as_json_type_of(array) == AS_JSON_ARRAY; /* json-c asserts it */
    if (!is_array || index >= as_json_len(array))
        return NULL;
    return aj(json_object_array_get_idx(jc(array), index));
}

void as_json_each(const struct as_json *object, as_json_member_fn fn, void *ctx)
{
    if (as_json_type_of(object) != AS_JSON_OBJECT)
        return;
    json_object_object_foreach(jc(object), key, value) fn(ctx, key, aj(value));
}

struct as_json *as_json_object(void)
{
    return aj(json_object_new_object());
}

struct as_json *as_json_array(void)
{
    return aj(json_object_new_array());
}

/* Replaces bad sequences only: control characters are legal in a JSON string, escaped. */
static void add_utf8_repaired(struct as_buf *out, struct as_str text)
{
    size_t start = 0;
    for (size_t i = 0; i < text.len;) {
        size_t n = 1;
        while (n <= 4 && i + n <= text.len && !as_utf8_is_valid(text.ptr + i, n))
            n++;
        if (n <= 4 && i + n <= text.len) {
            i += n;
            continue;
        }
        as_buf_add(out, text.ptr + start, i - start);
        as_buf_adds(out, "\xEF\xBF\xBD");
        start = ++i;
    }
    as_buf_add(out, text.ptr + start, text.len - start);
}

struct as_json *as_json_new_str(struct as_str text)
{
    if (!text.ptr)
        return NULL;
    if (as_utf8_is_valid(text.ptr, text.len))
        return aj(json_object_new_string_len(text.ptr, (int)text.len));
    struct as_buf safe = {0};
    add_utf8_repaired(&safe, text);
    struct json_object *value = json_object_new_string_len(safe.ptr, (int)safe.len);
    as_buf_done(&safe);
    return aj(value);
}

struct as_json *as_json_new_int(int64_t v)
{
    return aj(json_object_new_int64(v));
}

/* The shortest of %.15g, %.16g, %.17g that reads back the same. */
static void format_number(double v, char text[32])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, 32, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            return;
    }
}

struct as_json *as_json_new_num(double v)
{
    if (!isfinite(v))
        return NULL;
    char text[32];
    format_number(v, text);
    return aj(json_object_new_double_s(v, text));
}

struct as_json *as_json_new_bool(bool v)
{
    return aj(json_object_new_boolean(v));
}

void as_json_set_take(struct as_json *object, const char *key, struct as_json *value)
{
    json_object_object_add(jc(object), key, jc(value));
}

void as_json_set_str(struct as_json *object, const char *key, const char *text)
{
    as_json_set_take(object, key, as_json_new_str(as_str_from(text)));
}

void as_json_set_int(struct as_json *object, const char *key, int64_t v)
{
    as_json_set_take(object, key, as_json_new_int(v));
}

void as_json_set_num(struct as_json *object, const char *key, double v)
{
    as_json_set_take(object, key, as_json_new_num(v));
}

void as_json_set_bool(struct as_json *object, const char *key, bool v)
{
    as_json_set_take(object, key, as_json_new_bool(v));
}

void as_json_push_take(struct as_json *array, struct as_json *value)
{
    json_object_array_add(jc(array), jc(value));
}

static void write_flags(const struct as_json *value, struct as_buf *out, int flags)
{
    size_t len = 0;
    const char *text = json_object_to_json_string_length(jc(value), flags, &len);
    as_buf_add(out, text, len);
}

void as_json_write(const struct as_json *value, struct as_buf *out)
{
    write_flags(value, out, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

size_t as_json_bytes(const struct as_json *value)
{
    struct as_buf text = {0};
    as_json_write(value, &text);
    size_t bytes = text.len;
    as_buf_done(&text);
    return bytes;
}

void as_json_write_pretty(const struct as_json *value, struct as_buf *out)
{
    write_flags(value, out,
                JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);
}

void as_json_write_quoted(struct as_str text, struct as_buf *out)
{
    struct as_json *value = as_json_new_str(text);
    as_json_write(value, out);
    as_json_free(value);
}

struct member_list {
    const char **keys;
    size_t count;
};

static void collect_key(void *ctx, const char *key, struct as_json *value)
{
    struct member_list *list = ctx;
    (void)value;
    list->keys[list->count++] = key;
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void write_canonical_object(const struct as_json *value, struct as_buf *out)
{
    struct member_list list = {as_xcalloc(as_json_len(value), sizeof(char *)), 0};
    as_json_each(value, collect_key, &list);
    qsort(list.keys, list.count, sizeof(char *), compare_keys);
    as_buf_addc(out, '{');
    for (size_t i = 0; i < list.count; i++) {
        if (i)
            as_buf_addc(out, ',');
        as_json_write_quoted(as_str_from(list.keys[i]), out);
        as_buf_addc(out, ':');
        as_json_write_canonical(as_json_get(value, list.keys[i]), out);
    }
    as_buf_addc(out, '}');
    free(list.keys);
}

static void write_canonical_number(const struct as_json *value, struct as_buf *out)
{
    double v = as_json_num(value, 0);
    char text[32];
    if (v == rint(v) && fabs(v) < 9007199254740992.0)
        snprintf(text, sizeof(text), "%.0f", v == 0 ? 0.0 : v);
    else
        format_number(v, text);
    as_buf_adds(out, text);
}

void as_json_write_canonical(const struct as_json *value, struct as_buf *out)
{
    switch (as_json_type_of(value)) {
    case AS_JSON_OBJECT: write_canonical_object(value, out); return;
    case AS_JSON_ARRAY:
        as_buf_addc(out, '[');
        for (size_t i = 0; i < as_json_len(value); i++) {
            if (i)
                as_buf_addc(out, ',');
            as_json_write_canonical(as_json_at(value, i), out);
        }
        as_buf_addc(out, ']');
        return;
    case AS_JSON_DOUBLE: write_canonical_number(value, out); return;
    case AS_JSON_NULL:
    case AS_JSON_BOOL:
    case AS_JSON_INT:
    case AS_JSON_STRING: as_json_write(value, out); return;
    }
}
