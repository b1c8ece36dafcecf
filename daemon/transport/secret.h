/* What a key looks like when somebody repeats it: plain, in JSON, percent-encoded, in hexadecimal,
 * in base64 wherever it begins there. What comes back from a server is searched for all of them.
 * Belongs to one key; wiped from memory with it. */
#ifndef DAEMON_TRANSPORT_SECRET_H
#define DAEMON_TRANSPORT_SECRET_H

#include "lib/buf.h"

#define SECRET_FORMS_MAX 12
/* A shorter key, or a shorter form of one, is not looked for: it would be found by chance. */
#define SECRET_MIN_BYTES 8

struct secret {
    struct as_buf forms[SECRET_FORMS_MAX];
    size_t count;
};

void secret_init(struct secret *secret, struct as_str key);
void secret_done(struct secret *secret);
/* Overwrites each occurrence of each form with asterisks; the length stays. */
void secret_mask(const struct secret *secret, struct as_buf *text);

#endif
