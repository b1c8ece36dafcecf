/* A growing byte buffer, a borrowed byte string, and the reader and writer of our binary frames.
 *
 * struct as_buf owns its bytes: {0} is a valid empty buffer, as_buf_done releases it. Its content
 * is always followed by a NUL that len does not count, so text can be passed to C string functions.
 * Growth aborts when memory is out: what a peer sends must be bounded before it is appended.
 * struct as_str borrows bytes that somebody else keeps alive; it may hold NULs and any encoding.
 * struct as_reader reads little-endian fields from bytes that a peer made: it never reads past the
 * end; after the first short read is_bad is set and all later reads give zeros, so one check at the
 * end is enough. */
#ifndef LIB_BUF_H
#define LIB_BUF_H

#include "lib/err.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct as_str {
    const char *ptr; /* may be NULL: absent, as against empty */
    size_t len;
};

#define AS_STR(literal) ((struct as_str){"" literal, sizeof(literal) - 1})
struct as_str as_str_from(const char *text); /* text may be NULL */
bool as_str_eq(struct as_str a, const char *text);
int as_str_compare(struct as_str a, struct as_str b); /* by bytes: < 0, 0 or > 0 */

struct as_buf {
    char *ptr;
    size_t len;
    size_t cap;
};

void as_buf_done(struct as_buf *buf);
void as_buf_wipe(struct as_buf *buf);  /* overwrites its bytes, then as_buf_done: for keys */
void as_buf_reset(struct as_buf *buf); /* empties, keeps the memory */
char *as_buf_take(struct as_buf *buf); /* caller frees; the buffer is empty afterwards */
struct as_str as_buf_str(const struct as_buf *buf);
char *as_buf_reserve(struct as_buf *buf, size_t extra); /* room for more; the end */
void as_buf_consume(struct as_buf *buf, size_t count);  /* drops the first count bytes */

void as_buf_add(struct as_buf *buf, const void *data, size_t len);
void as_buf_adds(struct as_buf *buf, const char *text);
void as_buf_addc(struct as_buf *buf, char c);
void as_buf_addf(struct as_buf *buf, const char *fmt, ...) AS_PRINTF(2, 3);

/* Frame writer. A byte string is a u32 length and the bytes; UINT32_MAX as length stands for
 * absent. */
void as_put_u8(struct as_buf *buf, uint8_t v);
void as_put_u16(struct as_buf *buf, uint16_t v);
void as_put_u32(struct as_buf *buf, uint32_t v);
void as_put_u64(struct as_buf *buf, uint64_t v);
void as_put_f64(struct as_buf *buf, double v);
void as_put_str(struct as_buf *buf, struct as_str v);
void as_set_u32(struct as_buf *buf, size_t offset, uint32_t v); /* a length put earlier */

struct as_reader {
    const uint8_t *ptr;
    size_t left;
    bool is_bad;
};

struct as_reader as_reader_of(const void *data, size_t len);
uint8_t as_get_u8(struct as_reader *in);
uint16_t as_get_u16(struct as_reader *in);
uint32_t as_get_u32(struct as_reader *in);
uint64_t as_get_u64(struct as_reader *in);
double as_get_f64(struct as_reader *in);
/* Borrows from the frame. A string longer than max_len marks the reader bad. */
struct as_str as_get_str(struct as_reader *in, size_t max_len);
/* True when everything was read, to the last byte, and nothing was short. */
bool as_reader_is_done(const struct as_reader *in);

/* True when the bytes are valid UTF-8 (no surrogates, no overlong forms). */
bool as_utf8_is_valid(const char *data, size_t len);
/* The length of the first character of data, which must not be empty, and its code point; 0: a bad
 * byte. */
size_t as_utf8_next(const char *data, size_t len, uint32_t *ret_point);
/* How many bytes of text fit into max_bytes without cutting a character. */
size_t as_utf8_fit(const char *text, size_t len, size_t max_bytes);
/* As snprintf, but that what does not fit is left out in whole characters. size > 0. */
void as_utf8_format(char *ret_text, size_t size, const char *fmt, ...) AS_PRINTF(3, 4);
void as_utf8_vformat(char *ret_text, size_t size, const char *fmt, va_list args) AS_PRINTF(3, 0);
/* What does something to a terminal or to the order of the text around it, instead of being shown:
 * C0 (newline and tab too), DEL, C1, line separators, bidirectional controls. */
bool as_utf8_is_control(uint32_t point);
/* Appends data as valid UTF-8 that is safe on a terminal: U+FFFD stands for each bad byte and each
 * control character except newline and tab. */
void as_buf_add_utf8_safe(struct as_buf *buf, const char *data, size_t len);

#endif
