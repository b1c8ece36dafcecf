/* The control protocol: one table of methods, read by the daemon to decode and permit, by assayctl
 * to call, and by the generator of docs/control-protocol.md.
 *
 * JSON-RPC 2.0 over a Unix stream socket, one message a line, PROTO_LINE_MAX_BYTES a line at most.
 * Requests go to the daemon, responses and notifications come from it; there are no batches and no
 * positional parameters. Error codes on the wire: -32700, -32600, -32601 and -32602 as JSON-RPC has
 * them, -32000 for the rest; which of ours it is stands in data.name, by the table of lib/err.h. */
#ifndef LIB_PROTO_H
#define LIB_PROTO_H

#include "lib/json.h"

#define PROTO_LINE_MAX_BYTES (1u << 20)
#define PROTO_CHUNK_MAX_BYTES (256u << 10) /* of a dataset file in one call, before base64 */
#define PROTO_ID_MAX_BYTES 128u            /* it is repeated in every answer */
#define PROTO_PARAMS_MAX 24

enum proto_role { PROTO_OBSERVER, PROTO_OPERATOR, PROTO_ADMIN };
const char *proto_role_name(enum proto_role role);

enum proto_type {
    PROTO_STRING,
    PROTO_INT,
    PROTO_NUMBER,
    PROTO_BOOL,
    PROTO_OBJECT,
    PROTO_STRINGS /* an array of strings */
};
const char *proto_type_name(enum proto_type type);

struct proto_param {
    const char *name; /* NULL ends the list */
    enum proto_type type;
    bool is_required;
    const char *doc;
    /* Bounds, max 0 = none: an integer's value, a string's bytes, the number of strings. */
    int64_t min, max;
};

struct proto_method {
    const char *name; /* "run.start" */
    enum proto_role role;
    const char *doc;
    struct proto_param params[PROTO_PARAMS_MAX + 1];
    const char *result;  /* the result object in words */
    const char *errors;  /* wire names, ", " between them, beside those that any call may get */
    const char *notices; /* notifications it leads to; NULL = none */
};

/* Every method, family by family: NULL gives the first, and NULL follows the last. */
const struct proto_method *proto_next(const struct proto_method *before);
const struct proto_method *proto_find(const char *name); /* NULL when there is none */
const char *proto_nearest(const char *name); /* the method named most like it; NULL: none is near */

/* Unknown, missing, wrongly typed or out-of-bounds parameters: AS_EINVAL with a sentence that names
 * the parameter and the remedy. A null value counts as not given. params may be NULL: none were
 * given. Strings that pass hold no NUL. */
int proto_check(const struct proto_method *method, const struct as_json *params,
                struct as_err *err) AS_MUST_USE;

/* A request, notification or response as it stands on a line. All but root borrow from the root. */
struct proto_message {
    struct as_json *root;
    struct as_json *id;     /* string or integer; NULL: a notification */
    const char *method;     /* NULL: a response */
    struct as_json *params; /* object or NULL */
    struct as_json *result;
    struct as_json *error; /* {code, message, data: {name}}; NULL: a result */
};

/* AS_EPROTO: not JSON. AS_EUSAGE: JSON, but no message of JSON-RPC 2.0. */
int proto_parse(struct as_str line, struct proto_message *ret_message,
                struct as_err *err) AS_MUST_USE;
void proto_message_done(struct proto_message *message);

/* Appends one line, newline included. *_take is taken; id is borrowed, NULL writes null. */
void proto_write_request(struct as_buf *out, int64_t id, const char *method,
                         struct as_json *params_take);
void proto_write_result(struct as_buf *out, const struct as_json *id, struct as_json *result_take);
void proto_write_error(struct as_buf *out, const struct as_json *id, const struct as_err *err);
void proto_write_notice(struct as_buf *out, const char *method, struct as_json *params_take);

/* The code, returned too, and the sentence of a response's error. One that says nothing we know is
 * AS_EPROTO. */
int proto_error_of(const struct proto_message *message, struct as_err *ret_err);

/* docs/control-protocol.md, whole. */
void proto_write_docs(struct as_buf *out);

#endif
