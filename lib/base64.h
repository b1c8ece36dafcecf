/* Base64 (RFC 4648, with padding): how bytes of files travel in a line of JSON. */
#ifndef LIB_BASE64_H
#define LIB_BASE64_H

#include "lib/buf.h"

void as_base64_encode(struct as_str bytes, struct as_buf *out);

/* Appends the bytes. AS_EINVAL for a foreign character, a wrong length or stray bits at the end;
 * out is then as it was. */
int as_base64_decode(struct as_str text, struct as_buf *out) AS_MUST_USE;

#endif
