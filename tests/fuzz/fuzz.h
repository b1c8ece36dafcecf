/* What libFuzzer, and replay.c in other builds, call with every input; and how the targets that act
 * out a list of acts read it. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "lib/buf.h"

/* Returns 0; what is wrong aborts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A u16 length and as many bytes; what the input does not have is left out, so that no input is
 * wasted. Absent when the length is 0xFFFF. */
static inline struct as_str fuzz_bytes(struct as_reader *in)
{
    size_t len = as_get_u16(in);
    struct as_str bytes = {(const char *)in->ptr, len < in->left ? len : in->left};
    if (len == UINT16_MAX)
        return (struct as_str){NULL, 0};
    in->ptr += bytes.len;
    in->left -= bytes.len;
    return bytes;
}

#endif
