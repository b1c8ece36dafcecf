/* SHA-256 by libcrypto. The digest is fetched once: EVP_sha256() alone costs a look-up a call in
 * OpenSSL 3. Fetching is guarded, for hashes are taken on the loop and on pool threads alike; it is
 * never freed, since it is used to the end. */
#include "lib/hash.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct as_hasher {
    EVP_MD_CTX *ctx;
};

static EVP_MD *sha256_md;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void fetch_md(void)
{
    sha256_md = EVP_MD_fetch(NULL, "SHA256", NULL);
    AS_ASSERT(sha256_md);
}

struct as_sha256 as_sha256_of(const void *data, size_t len)
{
    struct as_hasher *hasher = as_hasher_new();
    as_hasher_add(hasher, data, len);
    return as_hasher_finish_free(hasher);
}

struct as_hasher *as_hasher_new(void)
{
    pthread_once(&sha256_once, fetch_md);
    struct as_hasher *hasher = as_xcalloc(1, sizeof(*hasher));
    hasher->ctx = EVP_MD_CTX_new();
    AS_ASSERT(hasher->ctx && EVP_DigestInit_ex(hasher->ctx, sha256_md, NULL) == 1);
    return hasher;
}

void as_hasher_add(struct as_hasher *hasher, const void *data, size_t len)
{
    int ok = EVP_DigestUpdate(hasher->ctx, data, len);
    AS_ASSERT(ok == 1);
}

void as_hasher_add_field(struct as_hasher *hasher, struct as_str field)
{
    uint64_t len = field.ptr ? field.len : UINT64_MAX;
    uint8_t head[8];
    for (unsigned i = 0; i < 8; i++)
        head[i] = (uint8_t)(len >> (8 * i));
    as_hasher_add(hasher, head, sizeof(head));
    if (field.ptr)
        as_hasher_add(hasher, field.ptr, field.len);
}

struct as_sha256 as_hasher_finish_free(struct as_hasher *hasher)
{
    struct as_sha256 hash;
    unsigned len = 0;
    int ok = EVP_DigestFinal_ex(hasher->ctx, hash.bytes, &len);
    AS_ASSERT(ok == 1 && len == AS_SHA256_BYTES);
    EVP_MD_CTX_free(hasher->ctx);
    free(hasher);
    return hash;
}

void as_sha256_hex(const struct as_sha256 *hash, char ret_hex[AS_SHA256_HEX_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < AS_SHA256_BYTES; i++) {
        ret_hex[2 * i] = digits[hash->bytes[i] >> 4];
        ret_hex[2 * i + 1] = digits[hash->bytes[i] & 15];
    }
    ret_hex[2 * AS_SHA256_BYTES] = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int as_sha256_from_hex(const char *hex, struct as_sha256 *ret_hash)
{
    struct as_sha256 hash;
    if (strlen(hex) != 2 * AS_SHA256_BYTES)
        return AS_EINVAL;
    for (size_t i = 0; i < AS_SHA256_BYTES; i++) {
        int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return AS_EINVAL;
        hash.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *ret_hash = hash;
    return 0;
}

bool as_sha256_eq(const struct as_sha256 *a, const struct as_sha256 *b)
{
    return !memcmp(a->bytes, b->bytes, AS_SHA256_BYTES);
}

#define HMAC_BLOCK_BYTES 64

static struct as_sha256 hmac_half(const uint8_t key[HMAC_BLOCK_BYTES], uint8_t pad,
                                  struct as_str text)
{
    uint8_t block[HMAC_BLOCK_BYTES];
    for (size_t i = 0; i < sizeof(block); i++)
        block[i] = key[i] ^ pad;
    struct as_hasher *hasher = as_hasher_new();
    as_hasher_add(hasher, block, sizeof(block));
    as_hasher_add(hasher, text.ptr, text.len);
    explicit_bzero(block, sizeof(block));
    return as_hasher_finish_free(hasher);
}

struct as_sha256 as_hmac_sha256(struct as_str key, struct as_str text)
{
    uint8_t padded[HMAC_BLOCK_BYTES] = {0};
    if (key.len > sizeof(padded)) {
        struct as_sha256 shorter = as_sha256_of(key.ptr, key.len);
        memcpy(padded, shorter.bytes, sizeof(shorter.bytes));
    } else if (key.len) {
        memcpy(padded, key.ptr, key.len);
    }
    struct as_sha256 inner = hmac_half(padded, 0x36, text);
    struct as_sha256 outer =
        hmac_half(padded, 0x5c, (struct as_str){(const char *)inner.bytes, sizeof(inner.bytes)});
    explicit_bzero(padded, sizeof(padded));
    return outer;
}
