/* Objects of which every key is known: a table with one rule a key, and the checks that rules name.
 *
 * A key that the table does not have is an error, never something to skip: a misspelt "expected"
 * would make every answer of a run look unscored. null counts as absent. Each check returns 0, or
 * AS_EINVAL and a sentence that begins with the label. */
#ifndef DAEMON_DATASET_KEYS_H
#define DAEMON_DATASET_KEYS_H

#include "lib/err.h"
#include "lib/json.h"

typedef int (*key_check_fn)(const struct as_json *value, const char *label, struct as_err *err);

/* A table ends with a rule without a key. */
struct key_rule {
    const char *key, *label; /* label: what errors call the value, such as "recorded.text" */
    key_check_fn check;
};

/* The first member that breaks its rule or has none; of a key without a rule the sentence names the
 * nearest one that has. */
int keys_check(const struct as_json *object, const struct key_rule *rules,
               struct as_err *err) AS_MUST_USE;
bool keys_has(const struct key_rule *rules, const char *key);

int key_check_any(const struct as_json *value, const char *label, struct as_err *err);
int key_check_bool(const struct as_json *value, const char *label, struct as_err *err);
int key_check_string(const struct as_json *value, const char *label, struct as_err *err);
/* A string that stands in tables and sentences: short, and without control characters. */
int key_check_name(const struct as_json *value, const char *label, struct as_err *err);
int key_check_strings(const struct as_json *value, const char *label, struct as_err *err);
int key_check_amount(const struct as_json *value, const char *label, struct as_err *err);
int key_check_array(const struct as_json *value, const char *label, struct as_err *err);
int key_check_object(const struct as_json *value, const char *label, struct as_err *err);
/* "label must be what, got ..." unless it is right. */
int key_expect(bool is_right, const struct as_json *value, const char *label, const char *what,
               struct as_err *err);

#endif
