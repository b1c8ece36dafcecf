/* Bodies: several texts packed into one BLOB, compressed when long. What is written at once and
 * read at once lies together, so that one zstd frame serves all of it and texts that repeat each
 * other (a case and its messages) cost almost nothing.
 *
 * A BLOB is one byte that names the codec (0 plain, 1 zstd) and the payload. Fields come back as
 * they went in: any bytes, absent stays absent, and a NUL follows each, outside its length. Sizes
 * are bounded both ways; damage is found by zstd's checksum and by the lengths. One struct codec
 * per connection: it owns the zstd contexts and the scratch memory. */
#ifndef DAEMON_STORE_CODEC_H
#define DAEMON_STORE_CODEC_H

#include "lib/arena.h"
#include "lib/buf.h"

#define CODEC_MAX_BYTES (64u << 20) /* of one body, before compression */

struct codec;

struct codec *codec_new(void);
void codec_free(struct codec *codec);

/* Writing: begin, put each field, seal. The sealed BLOB is valid until the next codec_begin.
 * AS_ELIMIT: over CODEC_MAX_BYTES. */
void codec_begin(struct codec *codec);
void codec_put(struct codec *codec, struct as_str field);
int codec_seal(struct codec *codec, struct as_str *ret_blob) AS_MUST_USE;

/* Reading: the payload is copied into the arena and *ret_reader walks it; AS_ECORRUPT. After the
 * last field as_reader_is_done tells whether all of it was sound. */
int codec_open(struct codec *codec, struct as_str blob, struct as_arena *arena,
               struct as_reader *ret_reader) AS_MUST_USE;
struct as_str codec_get(struct as_reader *reader);

#endif
