/* The error codes that every module returns, and the sentence that goes with one at a border.
 *
 * A function that can fail returns 0 or one of the negative AS_E* codes of the table below; the
 * table also gives each code its wire name (control protocol, journal) and assayctl's exit code.
 * Inside a module the code is enough. Where an error leaves for a person (control reply, log line,
 * assayd --check) a struct as_err carries one sentence that names what was wrong and what to do
 * about it. */
#ifndef LIB_ERR_H
#define LIB_ERR_H

#include <stdbool.h>
#include <stddef.h>

#define AS_MUST_USE __attribute__((warn_unused_result))
#define AS_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define AS_COUNT(array) (sizeof(array) / sizeof((array)[0])) /* of an array, not of a pointer */

/* X(enum, value, wire name, text, exit code of assayctl) */
#define AS_ERR_TABLE(X)                                             \
    X(AS_EINVAL, -1, "bad_input", "bad input", 65)                  \
    X(AS_ENOENT, -2, "not_found", "not found", 65)                  \
    X(AS_EEXIST, -3, "exists", "already exists", 65)                \
    X(AS_EDENIED, -4, "denied", "permission denied", 7)             \
    X(AS_ELIMIT, -5, "limit", "a limit was reached", 65)            \
    X(AS_EIO, -6, "io", "input/output error", 3)                    \
    X(AS_ENOMEM, -7, "no_memory", "out of memory", 3)               \
    X(AS_ECANCELED, -8, "cancelled", "cancelled", 3)                \
    X(AS_ETIMEOUT, -9, "timeout", "deadline passed", 4)             \
    X(AS_ECONN, -10, "connection", "connection failed", 6)          \
    X(AS_EPROTO, -11, "protocol", "the peer broke the protocol", 3) \
    X(AS_ESTATE, -12, "state", "not possible in this state", 65)    \
    X(AS_EBUSY, -13, "busy", "busy", 3)                             \
    X(AS_EPLUGIN, -14, "plugin", "the plugin failed", 65)           \
    X(AS_ECORRUPT, -15, "corrupt", "stored data is damaged", 3)     \
    X(AS_EUSAGE, -16, "usage", "wrong usage", 64)                   \
    X(AS_EMETHOD, -17, "unknown_method", "no such method", 64)

enum as_errno {
    AS_OK = 0,
#define X(sym, value, wire, text, code) sym = value,
    AS_ERR_TABLE(X)
#undef X
};

#define AS_ERR_MSG_MAX 1024

/* One sentence for people. Zero-initialise before use. */
struct as_err {
    int code;
    char msg[AS_ERR_MSG_MAX];
};

/* Fills *err (may be NULL) and returns code, so that `return as_err_set(...)` reads well. */
int as_err_set(struct as_err *err, int code, const char *fmt, ...) AS_PRINTF(3, 4);

/* Puts "prefix: " before the sentence that is there. Returns err->code. */
int as_err_prefix(struct as_err *err, const char *fmt, ...) AS_PRINTF(2, 3);

const char *as_err_text(int code);           /* "not found"; never NULL */
const char *as_err_wire(int code);           /* "not_found"; "ok" for 0 */
int as_err_exit_code(int code);              /* of assayctl; 0 for 0, 3 for an unknown code */
int as_err_from_wire(const char *wire_name); /* 0 for "ok" or an unknown name */
int as_err_from_errno(int os_errno);         /* the nearest code of the table, never 0 */

/* An assertion about our own code, on in release builds too. Input, peers, files, plugins and
 * providers must never be able to trigger it. */
#define AS_ASSERT(cond) ((cond) ? (void)0 : as_assert_fail(#cond, __FILE__, __LINE__))
__attribute__((noreturn)) void as_assert_fail(const char *expr, const char *file, int line);

/* Ends the program; each program has its own. */
__attribute__((noreturn)) void as_out_of_memory(void);

/* Allocation that aborts when memory is out: for small sizes that no peer chooses. Runs resume from
 * the store. as_xmemdup adds a NUL. */
void *as_xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *as_xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *as_xrealloc(void *ptr, size_t size) __attribute__((returns_nonnull));
char *as_xstrdup(const char *text) __attribute__((malloc, returns_nonnull));
char *as_xmemdup(const void *data, size_t len) __attribute__((malloc, returns_nonnull));
void as_free_ptr(void *ptr_to_ptr); /* for AS_CLEANUP_FREE */
#define AS_CLEANUP_FREE __attribute__((cleanup(as_free_ptr)))

#endif
