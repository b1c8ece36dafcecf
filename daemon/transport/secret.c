/* The forms of a key. A byte of base64 holds bits of two bytes of the text, so a key inside a
 * longer text has three looks there, by where it begins; the characters at its ends that hold
 * foreign bits are left out. */
#include "daemon/transport/secret.h"

#include "lib/base64.h"
#include "lib/json.h"

#include <ctype.h>
#include <string.h>

static bool is_known(const struct secret *secret, struct as_str form)
{
    for (size_t i = 0; i < secret->count; i++)
        if (secret->forms[i].len == form.len && !memcmp(secret->forms[i].ptr, form.ptr, form.len))
            return true;
    return false;
}

static void add_take(struct secret *secret, struct as_buf *form)
{
    if (form->len < SECRET_MIN_BYTES || is_known(secret, as_buf_str(form))) {
        as_buf_wipe(form);
        return;
    }
    AS_ASSERT(secret->count < SECRET_FORMS_MAX);
    secret->forms[secret->count++] = *form;
    *form = (struct as_buf){0};
}

/* As the inside of a JSON string; "/" may stand there as "\/". */
static void add_json(struct secret *secret, struct as_str key, bool escapes_slash)
{
    struct as_buf quoted = {0}, form = {0};
    as_json_write_quoted(key, &quoted);
    for (size_t i = 1; i + 1 < quoted.len; i++) {
        if (quoted.ptr[i] == '/' && escapes_slash)
            as_buf_addc(&form, '\\');
        as_buf_addc(&form, quoted.ptr[i]);
    }
    as_buf_wipe(&quoted);
    add_take(secret, &form);
}

/* prefix "%": percent-encoded, and what needs it not stays; prefix "": hexadecimal. */
static void add_hex(struct secret *secret, struct as_str key, const char *prefix,
                    const char *digits)
{
    struct as_buf form = {0};
    for (size_t i = 0; i < key.len; i++) {
        unsigned char byte = (unsigned char)key.ptr[i];
        if (*prefix && (isalnum(byte) || strchr("-._~", byte))) {
            as_buf_addc(&form, key.ptr[i]);
            continue;
        }
        as_buf_adds(&form, prefix);
        as_buf_addc(&form, digits[byte >> 4]);
        as_buf_addc(&form, digits[byte & 15]);
    }
    add_take(secret, &form);
}

/* As it stands in base64 after `before` bytes (modulo 3) of something else. */
static void add_base64(struct secret *secret, struct as_str key, size_t before)
{
    static const size_t foreign[] = {0, 2, 3}; /* characters that hold bits of what is before */
    struct as_buf text = {0}, form = {0};
    as_buf_add(&text, "\0\0", before);
    as_buf_add(&text, key.ptr, key.len);
    as_base64_encode(as_buf_str(&text), &form);
    form.len = text.len * 8 / 6; /* without the character that holds bits of what follows */
    if (form.len > foreign[before])
        as_buf_consume(&form, foreign[before]);
    as_buf_wipe(&text);
    add_take(secret, &form);
}

void secret_init(struct secret *secret, struct as_str key)
{
    *secret = (struct secret){0};
    struct as_buf plain = {0};
    as_buf_add(&plain, key.ptr, key.len);
    add_take(secret, &plain);
    add_json(secret, key, false);
    add_json(secret, key, true);
    add_hex(secret, key, "%", "0123456789ABCDEF");
    add_hex(secret, key, "%", "0123456789abcdef");
    add_hex(secret, key, "", "0123456789abcdef");
    add_hex(secret, key, "", "0123456789ABCDEF");
    for (size_t before = 0; before < 3; before++)
        add_base64(secret, key, before);
}

void secret_done(struct secret *secret)
{
    for (size_t i = 0; i < secret->count; i++)
        as_buf_wipe(&secret->forms[i]);
    secret->count = 0;
}

static void mask_form(struct as_buf *text, const struct as_buf *form)
{
    char *at = text->ptr, *end = text->ptr + text->len, *found;
    while (at && (found = memmem(at, (size_t)(end - at), form->ptr, form->len))) {
        memset(found, '*', form->len);
        at = found + form->len;
    }
}

void secret_mask(const struct secret *secret, struct as_buf *text)
{
    for (size_t i = 0; i < secret->count; i++)
        mask_form(text, &secret->forms[i]);
}
