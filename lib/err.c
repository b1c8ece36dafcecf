/* The error table and the abort-on-exhaustion allocators. The table is walked from the start every
 * time: it is short, and an error is no hot path. What aborts writes to stderr by itself, because
 * the log needs memory. */
#include "lib/err.h"

#include "lib/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct err_row {
    int code;
    const char *wire;
    const char *text;
    int exit_code;
};

static const struct err_row err_rows[] = {
#define X(sym, value, wire, text, exit_code) {sym, wire, text, exit_code},
    AS_ERR_TABLE(X)
#undef X
};

static const struct err_row *find_row(int code)
{
    for (size_t i = 0; i < AS_COUNT(err_rows); i++)
        if (err_rows[i].code == code)
            return &err_rows[i];
    return NULL;
}

int as_err_set(struct as_err *err, int code, const char *fmt, ...)
{
    if (err) {
        va_list args;
        va_start(args, fmt);
        err->code = code;
        as_utf8_vformat(err->msg, sizeof(err->msg), fmt, args);
        va_end(args);
    }
    return code;
}

int as_err_prefix(struct as_err *err, const char *fmt, ...)
{
    if (!err)
        return AS_EINVAL;
    char head[AS_ERR_MSG_MAX / 2];
    char tail[AS_ERR_MSG_MAX];
    va_list args;
    va_start(args, fmt);
    as_utf8_vformat(head, sizeof(head), fmt, args);
    va_end(args);
    memcpy(tail, err->msg, sizeof(tail));
    as_utf8_format(err->msg, sizeof(err->msg), "%s: %s", head, tail);
    return err->code;
}

const char *as_err_text(int code)
{
    const struct err_row *row = find_row(code);
    return row ? row->text : code == 0 ? "ok" : "unknown error";
}

const char *as_err_wire(int code)
{
    const struct err_row *row = find_row(code);
    return row ? row->wire : code == 0 ? "ok" : "unknown";
}

int as_err_exit_code(int code)
{
    const struct err_row *row = find_row(code);
    return row ? row->exit_code : code == 0 ? 0 : 3;
}

int as_err_from_wire(const char *wire_name)
{
    for (size_t i = 0; i < AS_COUNT(err_rows); i++)
        if (!strcmp(err_rows[i].wire, wire_name))
            return err_rows[i].code;
    return 0;
}

int as_err_from_errno(int os_errno)
{
    switch (os_errno) {
    case ENOENT: return AS_ENOENT;
    case EEXIST: return AS_EEXIST;
    case EACCES:
    case EPERM: return AS_EDENIED;
    case ENOMEM: return AS_ENOMEM;
    case ETIMEDOUT: return AS_ETIMEOUT;
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE: return AS_ECONN;
    case EINVAL: return AS_EINVAL;
    case ECANCELED: return AS_ECANCELED;
    default: return AS_EIO;
    }
}

void as_assert_fail(const char *expr, const char *file, int line)
{
    fprintf(stderr, "<2>assertion failed: %s at %s:%d: this is a bug in assay\n", expr, file, line);
    abort();
}

void as_out_of_memory(void)
{
    fputs("<2>out of memory\n", stderr);
    abort();
}
