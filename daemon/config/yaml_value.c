/* The YAML 1.2 core schema: which plain scalars are null, booleans and numbers; and nodes as
 * JSON. All else is a text: YAML 1.1's yes, no, on, off, 1:30 and 1_000 are texts here, as a
 * user of JSON expects. */
#include "daemon/config/yaml_doc.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_word_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (!strcmp(text, *words))
            return true;
    return false;
}

static size_t digits_of(const char *text, const char *digits)
{
    return strspn(text, digits);
}

/* [-+]?[0-9]+ in base 10, 0o[0-7]+, 0x[0-9a-fA-F]+; 0 when text is none of these. */
static int base_of_integer(const char *text)
{
    bool is_prefixed = text[0] == '0' && (text[1] == 'o' || text[1] == 'x');
    const char *digits = is_prefixed ? text + 2 : text + (text[0] == '-' || text[0] == '+');
    int base = !is_prefixed ? 10 : text[1] == 'o' ? 8 : 16;
    const char *set = base == 8 ? "01234567" : base == 10 ? "0123456789" : "0123456789abcdefABCDEF";
    size_t len = digits_of(digits, set);
    return len > 0 && digits[len] == '\0' ? base : 0;
}

/* [-+]? ( \.[0-9]+ | [0-9]+(\.[0-9]*)? ) ([eE][-+]?[0-9]+)? */
static bool is_float(const char *text)
{
    text += text[0] == '-' || text[0] == '+';
    size_t whole = digits_of(text, "0123456789"), fraction = 0;
    text += whole;
    if (*text == '.') {
        fraction = digits_of(++text, "0123456789");
        text += fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (*text == 'e' || *text == 'E') {
        text += 1 + (text[1] == '-' || text[1] == '+');
        size_t exponent = digits_of(text, "0123456789");
        if (exponent == 0)
            return false;
        text += exponent;
    }
    return *text == '\0';
}

static bool is_infinite_or_nan(const char *text)
{
    static const char *const words[] = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN", NULL};
    return is_word_of(text + (text[0] == '-' || text[0] == '+'), words);
}

static int integer_value(const char *text, int base, struct yaml_value *ret_value,
                         const char **ret_why)
{
    errno = 0;
    long long v = strtoll(base == 10 ? text : text + 2, NULL, base);
    if (errno == ERANGE) {
        *ret_why = "a whole number beyond 64 bits: quote it if it is a text";
        return AS_EINVAL;
    }
    *ret_value = (struct yaml_value){.type = YAML_IS_INT, .integer = v, .number = (double)v};
    return 0;
}

static int plain_value(const char *text, struct yaml_value *ret_value, const char **ret_why)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    int base = base_of_integer(text);
    if (base)
        return integer_value(text, base, ret_value, ret_why);
    if (is_infinite_or_nan(text) || (is_float(text) && !isfinite(strtod(text, NULL)))) {
        *ret_why = "not a finite number: quote it if it is a text";
        return AS_EINVAL;
    }
    if (is_float(text))
        *ret_value = (struct yaml_value){.type = YAML_IS_FLOAT, .number = strtod(text, NULL)};
    else if (is_word_of(text, nulls))
        *ret_value = (struct yaml_value){.type = YAML_IS_NULL};
    else if (is_word_of(text, trues) || is_word_of(text, falses))
        *ret_value = (struct yaml_value){.type = YAML_IS_BOOL, .boolean = is_word_of(text, trues)};
    else
        *ret_value = (struct yaml_value){.type = YAML_IS_STRING};
    return 0;
}

static enum yaml_type type_of_kind(enum yaml_kind kind)
{
    static const enum yaml_type types[] = {
        [YAML_TEXT] = YAML_IS_STRING,
        [YAML_LIST] = YAML_IS_LIST,
        [YAML_MAP] = YAML_IS_MAP,
    };
    return types[kind];
}

int yaml_node_value(const struct yaml_node *node, struct yaml_value *ret_value,
                    const char **ret_why)
{
    if (node->kind == YAML_TEXT && node->is_plain)
        return plain_value(node->text.ptr, ret_value, ret_why);
    *ret_value = (struct yaml_value){.type = type_of_kind(node->kind)};
    return 0;
}

static struct as_json *scalar_to_json(const struct yaml_node *node, const struct yaml_value *value)
{
    switch (value->type) {
    case YAML_IS_NULL: return NULL;
    case YAML_IS_BOOL: return as_json_new_bool(value->boolean);
    case YAML_IS_INT: return as_json_new_int(value->integer);
    case YAML_IS_FLOAT: return as_json_new_num(value->number);
    case YAML_IS_STRING:
    case YAML_IS_LIST:
    case YAML_IS_MAP: break;
    }
    return as_json_new_str(node->text);
}

int yaml_node_to_json(const struct yaml_node *node, struct as_json **ret_json,
                      const struct yaml_node **ret_bad, const char **ret_why)
{
    struct yaml_value value;
    int rc = yaml_node_value(node, &value, ret_why);
    if (rc < 0) {
        *ret_bad = node;
        return rc;
    }
    if (node->kind == YAML_TEXT) {
        *ret_json = scalar_to_json(node, &value);
        return 0;
    }
    struct as_json *json = node->kind == YAML_LIST ? as_json_array() : as_json_object();
    for (const struct yaml_node *member = node->first; member; member = member->next) {
        struct as_json *child = NULL;
        rc = yaml_node_to_json(member, &child, ret_bad, ret_why);
        if (rc < 0) {
            as_json_free(json);
            return rc;
        }
        if (node->kind == YAML_LIST)
            as_json_push_take(json, child);
        else
            as_json_set_take(json, member->key->text.ptr, child);
    }
    *ret_json = json;
    return 0;
}
