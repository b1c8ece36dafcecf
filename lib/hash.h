/* SHA-256 by libcrypto: content hashes of datasets, plugins and requests. */
#ifndef LIB_HASH_H
#define LIB_HASH_H

#include "lib/buf.h"

#include <stdint.h>

#define AS_SHA256_BYTES 32
#define AS_SHA256_HEX_BYTES 65 /* with the NUL */

struct as_sha256 {
    uint8_t bytes[AS_SHA256_BYTES];
};

struct as_hasher; /* incremental */

struct as_sha256 as_sha256_of(const void *data, size_t len);
struct as_hasher *as_hasher_new(void);
void as_hasher_add(struct as_hasher *hasher, const void *data, size_t len);
/* Adds a length first, so that ("ab","c") and ("a","bc") differ. An absent string differs from an
 * empty one. */
void as_hasher_add_field(struct as_hasher *hasher, struct as_str field);
struct as_sha256 as_hasher_finish_free(struct as_hasher *hasher);

/* RFC 2104. */
struct as_sha256 as_hmac_sha256(struct as_str key, struct as_str text);

void as_sha256_hex(const struct as_sha256 *hash, char ret_hex[AS_SHA256_HEX_BYTES]);
int as_sha256_from_hex(const char *hex, struct as_sha256 *ret_hash) AS_MUST_USE;
bool as_sha256_eq(const struct as_sha256 *a, const struct as_sha256 *b);

#endif
