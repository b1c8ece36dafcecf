/* The ids of cases: given, or made from the content, so that the same line gets the same id in
 * every import. */
#include "daemon/dataset/formats.h"
#include "daemon/dataset/keys.h"
#include "daemon/dataset/storable.h"

#include <stdio.h>

#define HASHED_ID_DIGITS 16

void format_set_hashed_id(struct as_json *made, struct as_str text)
{
    struct as_sha256 hash = as_sha256_of(text.ptr, text.len);
    char hex[AS_SHA256_HEX_BYTES];
    as_sha256_hex(&hash, hex);
    as_json_set_take(made, "id", as_json_new_str((struct as_str){hex, HASHED_ID_DIGITS}));
}

static void set_id_of_line(struct as_json *made, const struct as_json *line)
{
    struct as_buf text = {0};
    as_json_write_canonical(line, &text);
    format_set_hashed_id(made, as_buf_str(&text));
    as_buf_done(&text);
}

static int set_id_of_number(struct as_json *made, const struct as_json *number, struct as_err *err)
{
    char digits[24];
    int rc = storable_check(number, err);
    if (rc)
        return rc;
    snprintf(digits, sizeof(digits), "%lld", (long long)as_json_int(number, 0));
    as_json_set_str(made, "id", digits);
    return 0;
}

int format_set_id(struct as_json *made, const struct as_json *line, struct as_err *err)
{
    const struct as_json *given = as_json_get(line, "id");
    if (!given) {
        set_id_of_line(made, line);
        return 0;
    }
    if (as_json_type_of(given) == AS_JSON_INT)
        return set_id_of_number(made, given, err);
    int rc = key_check_name(given, "id", err);
    if (!rc && !as_json_str(given).len)
        rc = as_err_set(err, AS_EINVAL, "id must not be empty");
    if (!rc)
        as_json_set_take(made, "id", as_json_new_str(as_json_str(given)));
    return rc;
}
