/* The hash of a value is that of its canonical text; the document's own is that of the whole
 * without it. A text is compared with the canonical form of what it says, so that spaces, order of
 * keys and spellings of numbers are bytes like all others. */
#include "lib/seal.h"

#include "lib/hash.h"

#include <string.h>

#define PARTS "parts"
#define HASH "sha256"

static void hash_of(const struct as_json *value, char ret_hex[AS_SHA256_HEX_BYTES])
{
    struct as_buf text = {0};
    as_json_write_canonical(value, &text);
    struct as_str all = as_buf_str(&text);
    struct as_sha256 hash = as_sha256_of(all.ptr, all.len);
    as_sha256_hex(&hash, ret_hex);
    as_buf_done(&text);
}

/* ---- sealing ---- */

/* As it will be read back: 1.0 is 1 then. */
static struct as_json *normalize(struct as_json *value_take)
{
    struct as_buf text = {0};
    struct as_json *read = NULL;
    as_json_write_canonical(value_take, &text);
    int rc = as_json_parse(text.ptr, text.len, &read, NULL);
    AS_ASSERT(rc == 0); /* we wrote it */
    as_buf_done(&text);
    as_json_free(value_take);
    return read;
}

static void add_part_hash(void *ctx, const char *part, struct as_json *value)
{
    char hex[AS_SHA256_HEX_BYTES];
    hash_of(value, hex);
    as_json_set_str(ctx, part, hex);
}

struct as_json *as_seal(const char *name, struct as_json *body_take)
{
    struct as_json *sealed = as_json_object(), *parts = as_json_object();
    struct as_json *body = normalize(body_take);
    char hex[AS_SHA256_HEX_BYTES];
    as_json_each(body, add_part_hash, parts);
    as_json_set_take(sealed, name, body);
    as_json_set_take(sealed, PARTS, parts);
    hash_of(sealed, hex);
    as_json_set_str(sealed, HASH, hex);
    return sealed;
}

void as_seal_write(const struct as_json *sealed, struct as_buf *out)
{
    as_json_write_canonical(sealed, out);
    as_buf_addc(out, '\n');
}

/* ---- checking ---- */

struct check {
    const struct as_json *body, *parts;
    struct as_json *problems;
};

static void complain(struct as_json *problems, const struct as_buf *sentence)
{
    as_json_push_take(problems, as_json_new_str(as_buf_str(sentence)));
}

static void say(struct as_json *problems, const char *format, const char *what)
{
    struct as_buf sentence = {0};
    const char *mark = strstr(format, "%s");
    as_buf_add(&sentence, format, (size_t)(mark - format));
    as_buf_adds(&sentence, what);
    as_buf_adds(&sentence, mark + 2);
    complain(problems, &sentence);
    as_buf_done(&sentence);
}

static void check_part(void *ctx, const char *part, struct as_json *value)
{
    const struct check *check = ctx;
    const char *stated = as_json_get_cstr(check->parts, part);
    char hex[AS_SHA256_HEX_BYTES];
    hash_of(value, hex);
    if (!stated)
        say(check->problems, "part '%s' has no hash: it was added, or its hash taken away", part);
    else if (strcmp(stated, hex) != 0)
        say(check->problems, "part '%s' was changed: it is not what its hash says", part);
}

static void check_is_there(void *ctx, const char *part, struct as_json *value)
{
    const struct check *check = ctx;
    (void)value;
    if (!as_json_has(check->body, part))
        say(check->problems, "part '%s' was taken out: only its hash is there", part);
}

static void copy_but_hash(void *ctx, const char *key, struct as_json *value)
{
    if (strcmp(key, HASH) != 0)
        as_json_set_take(ctx, key, as_json_share(value));
}

static void check_hash(const struct as_json *sealed, struct as_json *problems)
{
    AS_CLEANUP_JSON struct as_json *rest = as_json_object();
    char hex[AS_SHA256_HEX_BYTES];
    as_json_each(sealed, copy_but_hash, rest);
    hash_of(rest, hex);
    if (strcmp(as_json_get_cstr_or(sealed, HASH, ""), hex) != 0)
        say(problems,
            "the file is not what the SHA-256 at its end says: by what it holds, that is "
            "%s",
            hex);
}

static void check_form(const struct as_json *sealed, struct as_str text, struct as_json *problems)
{
    struct as_buf canonical = {0}, sentence = {0};
    size_t same = 0;
    as_seal_write(sealed, &canonical);
    while (same < text.len && same < canonical.len && text.ptr[same] == canonical.ptr[same])
        same++;
    if (same < text.len || same < canonical.len) {
        as_buf_addf(&sentence, "its text is not as it was written: byte %zu is the first other one",
                    same + 1);
        complain(problems, &sentence);
    }
    as_buf_done(&sentence);
    as_buf_done(&canonical);
}

void as_seal_check(struct as_str text, const char *name, struct as_json *problems,
                   struct as_json **ret_sealed)
{
    struct as_json *sealed = NULL;
    struct as_err err = {0};
    *ret_sealed = NULL;
    if (as_json_parse(text.ptr, text.len, &sealed, &err)) {
        say(problems, "it is no JSON any more: %s", err.msg);
        return;
    }
    struct check check = {as_json_get(sealed, name), as_json_get(sealed, PARTS), problems};
    if (as_json_type_of(check.body) != AS_JSON_OBJECT) {
        say(problems, "there is no '%s' in it", name);
        as_json_free(sealed);
        return;
    }
    check_hash(sealed, problems);
    as_json_each(check.body, check_part, &check);
    as_json_each(check.parts, check_is_there, &check);
    check_form(sealed, text, problems);
    *ret_sealed = sealed;
}
