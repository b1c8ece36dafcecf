/* JSON from anywhere, as lib/json.h reads it: the socket, datasets, recorded answers, pins. A text
 * that is accepted has a canonical form, and that form is its own canonical form. */
#include "tests/fuzz/fuzz.h"

#include "lib/json.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct as_json *value = NULL, *again = NULL;
    struct as_buf first = {0}, second = {0};
    struct as_err err = {0};
    if (as_json_parse((const char *)data, len, &value, &err)) {
        AS_ASSERT(err.msg[0]);
        return 0;
    }
    as_json_write_canonical(value, &first);
    AS_ASSERT(!as_json_parse(first.ptr, first.len, &again, &err));
    as_json_write_canonical(again, &second);
    AS_ASSERT(first.len == second.len && !memcmp(first.ptr, second.ptr, first.len));
    as_json_free(value);
    as_json_free(again);
    as_buf_done(&first);
    as_buf_done(&second);
    return 0;
}
