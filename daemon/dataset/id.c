/* The ids of cases: given, or made from the content, so that the same line gets the same id in
 * every import. */
#include "daemon/dataset/formats.h"

#include <stdio.h>

#define HASHED_ID_DIGITS 16

static int check_id(struct as_str id, struct as_err *err)
{
    if (!id.len || id.len > DATASET_ID_MAX_BYTES)
        return as_err_set(err, AS_EINVAL, "id must have 1 to %u bytes, got %zu",
                          DATASET_ID_MAX_BYTES, id.len);
    for (size_t i = 0; i < id.len; i++)
        if ((unsigned char)id.ptr[i] < ' ' || id.ptr[i] == 0x7f)
            return as_err_set(err, AS_EINVAL, "id must not hold control characters");
    return 0;
}

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

int format_set_id(struct as_json *made, const struct as_json *line, struct as_err *err)
{
    const struct as_json *given = as_json_get(line, "id");
    char digits[24];
    struct as_str id = as_json_str(given);
    if (!given) {
        set_id_of_line(made, line);
        return 0;
    }
    if (as_json_type_of(given) == AS_JSON_INT) {
        snprintf(digits, sizeof(digits), "%lld", (long long)as_json_int(given, 0));
        id = as_str_from(digits);
    }
    if (!id.ptr)
        return as_err_set(err, AS_EINVAL, "id must be a string, got %s",
                          as_json_type_name(as_json_type_of(given)));
    int rc = check_id(id, err);
    if (!rc)
        as_json_set_take(made, "id", as_json_new_str(id));
    return rc;
}
