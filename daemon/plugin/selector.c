/* Version numbers and selectors. Numbers are read digit by digit: no sign, no blank, no leading
 * zero, at most nine digits. */
#include "daemon/plugin/selector.h"

#include <string.h>

#define NUMBER_MAX_DIGITS 9

/* One to three numbers with dots between, up to the end of text. */
static int parse_numbers(const char *text, struct plugin_number *ret_number, uint32_t *ret_count)
{
    struct plugin_number number = {{0}};
    uint32_t count = 0;
    for (;; text++) {
        size_t digits = strspn(text, "0123456789");
        if (count == 3 || !digits || digits > NUMBER_MAX_DIGITS || (digits > 1 && *text == '0'))
            return AS_EINVAL;
        for (size_t i = 0; i < digits; i++)
            number.part[count] = number.part[count] * 10 + (uint32_t)(text[i] - '0');
        count++;
        text += digits;
        if (*text != '.')
            break;
    }
    if (*text)
        return AS_EINVAL;
    *ret_number = number;
    *ret_count = count;
    return 0;
}

int plugin_number_parse(const char *text, struct plugin_number *ret_number)
{
    struct plugin_number number;
    uint32_t count;
    if (parse_numbers(text, &number, &count) || count != 3)
        return AS_EINVAL;
    *ret_number = number;
    return 0;
}

int plugin_number_compare(const struct plugin_number *a, const struct plugin_number *b)
{
    for (unsigned i = 0; i < 3; i++)
        if (a->part[i] != b->part[i])
            return a->part[i] < b->part[i] ? -1 : 1;
    return 0;
}

static int parse_hash(const char *hex, struct selector *selector)
{
    size_t digits = strspn(hex, "0123456789abcdef");
    if (hex[digits] || digits < SELECTOR_HASH_MIN_DIGITS || digits >= sizeof(selector->hash_prefix))
        return AS_EINVAL;
    memcpy(selector->hash_prefix, hex, digits + 1);
    return 0;
}

int selector_parse(const char *text, struct selector *ret_selector, struct as_err *err)
{
    struct selector selector = {.part_count = 0};
    size_t name_len = strcspn(text, "@");
    const char *rest = text[name_len] ? text + name_len + 1 : NULL;
    int rc = job_name_is_valid((struct as_str){text, name_len}) ? 0 : AS_EINVAL;
    if (!rc)
        memcpy(selector.name, text, name_len);
    if (!rc && rest && !strncmp(rest, "sha256:", 7))
        rc = parse_hash(rest + 7, &selector);
    else if (!rc && rest)
        rc = parse_numbers(rest, &selector.number, &selector.part_count);
    if (rc)
        return as_err_set(err, rc,
                          "'%s' names no plugin version: write NAME, NAME@1, NAME@1.2.0 or "
                          "NAME@sha256: and at least %u hex digits",
                          text, SELECTOR_HASH_MIN_DIGITS);
    *ret_selector = selector;
    return 0;
}

bool selector_takes_number(const struct selector *selector, const struct plugin_number *number)
{
    for (uint32_t i = 0; i < selector->part_count; i++)
        if (selector->number.part[i] != number->part[i])
            return false;
    return true;
}

bool selector_takes_hash(const struct selector *selector, const struct as_sha256 *hash)
{
    char hex[AS_SHA256_HEX_BYTES];
    as_sha256_hex(hash, hex);
    return !strncmp(hex, selector->hash_prefix, strlen(selector->hash_prefix));
}
