/* JSON for protocol, datasets, configuration values, reports and the simulator: a thin face over
 * json-c.
 *
 * A document is a tree with one owner: as_json_free on the root frees it all. Values handed to
 * as_json_set or as_json_push are owned by the tree from then on. Getters borrow. The parser is
 * strict: valid UTF-8, depth at most AS_JSON_MAX_DEPTH, no trailing bytes, no comments, no NaN; a
 * key that stands twice keeps its last value. Not for the daemon's hot path: frames between daemon
 * and worker are binary (lib/job.h). */
#ifndef LIB_JSON_H
#define LIB_JSON_H

#include "lib/buf.h"
#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>

#define AS_JSON_MAX_DEPTH 64

struct as_json; /* opaque; the JSON null is a C NULL, as in json-c */

enum as_json_type {
    AS_JSON_NULL,
    AS_JSON_BOOL,
    AS_JSON_INT,
    AS_JSON_DOUBLE,
    AS_JSON_STRING,
    AS_JSON_ARRAY,
    AS_JSON_OBJECT
};

/* Parses exactly one value. On failure *ret_value is untouched and err (may be NULL) says where. */
int as_json_parse(const char *text, size_t len, struct as_json **ret_value,
                  struct as_err *err) AS_MUST_USE;
void as_json_free(struct as_json *value);
void as_json_free_ptr(void *ptr_to_value); /* for AS_CLEANUP_JSON */
#define AS_CLEANUP_JSON __attribute__((cleanup(as_json_free_ptr)))
struct as_json *as_json_share(struct as_json *value); /* a second owner; free both */

enum as_json_type as_json_type_of(const struct as_json *value);
const char *as_json_type_name(enum as_json_type type);

/* Object members. get returns NULL when the object is NULL, no object, or has no such key. A number
 * may be an integer, and the other way round. */
struct as_json *as_json_get(const struct as_json *object, const char *key);
bool as_json_has(const struct as_json *object, const char *key);
struct as_str as_json_str(const struct as_json *value); /* .ptr NULL unless it is a string */
const char *as_json_cstr(const struct as_json *value);  /* NULL unless a string; may hold NULs */
struct as_str as_json_get_str(const struct as_json *object, const char *key);
const char *as_json_get_cstr(const struct as_json *object, const char *key);
const char *as_json_get_cstr_or(const struct as_json *object, const char *key,
                                const char *fallback);
int64_t as_json_get_int(const struct as_json *object, const char *key, int64_t fallback);
double as_json_get_num(const struct as_json *object, const char *key, double fallback);
bool as_json_get_bool(const struct as_json *object, const char *key, bool fallback);
double as_json_num(const struct as_json *value, double fallback);
int64_t as_json_int(const struct as_json *value, int64_t fallback);
bool as_json_bool(const struct as_json *value, bool fallback);
bool as_json_is_number(const struct as_json *value);

size_t as_json_len(const struct as_json *array_or_object); /* 0 for anything else */
struct as_json *as_json_at(const struct as_json *array, size_t index);

typedef void (*as_json_member_fn)(void *ctx, const char *key, struct as_json *value);
/* In order of insertion. */
void as_json_each(const struct as_json *object, as_json_member_fn fn, void *ctx);

/* Builders. set and push take the value. set_* on an existing key replaces it. A NULL text gives
 * null, and so do NaN and the infinities; bad UTF-8 is replaced by U+FFFD. */
struct as_json *as_json_object(void);
struct as_json *as_json_array(void);
struct as_json *as_json_new_str(struct as_str text);
struct as_json *as_json_new_int(int64_t v);
struct as_json *as_json_new_num(double v);
struct as_json *as_json_new_bool(bool v);
void as_json_set_take(struct as_json *object, const char *key, struct as_json *value);
void as_json_set_str(struct as_json *object, const char *key, const char *text);
void as_json_set_int(struct as_json *object, const char *key, int64_t v);
void as_json_set_num(struct as_json *object, const char *key, double v);
void as_json_set_bool(struct as_json *object, const char *key, bool v);
void as_json_push_take(struct as_json *array, struct as_json *value);

/* Text. The compact form is one line. The canonical form has its keys sorted as bytes at every
 * level and the shortest number that reads back the same: equal values give equal bytes, which is
 * what content hashes are taken over. */
void as_json_write(const struct as_json *value, struct as_buf *out);
size_t as_json_bytes(const struct as_json *value); /* of the compact form */
void as_json_write_pretty(const struct as_json *value, struct as_buf *out);
void as_json_write_canonical(const struct as_json *value, struct as_buf *out);
/* A quoted JSON string for these bytes (bad UTF-8 replaced), for the few places that stream. */
void as_json_write_quoted(struct as_str text, struct as_buf *out);

#endif
