/* Packing and compression of bodies. Level 1 of zstd halves long prompts and replies; higher levels
 * cost more than they save. Of short texts its coding tables are a good part, so they get the level
 * below, in under half the time. Each frame carries zstd's own checksum, since SQLite
 * has none over its pages. */
#include "daemon/store/codec.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define COMPRESS_OVER_BYTES 256 /* shorter texts gain less than the frame costs */
#define SHORT_BYTES 4096
#define ZSTD_LEVEL 1
#define ZSTD_SHORT_LEVEL (-1)
#define SCRATCH_KEEP_BYTES (1u << 20) /* one huge reply must not stay in memory for good */

enum codec_kind { CODEC_PLAIN, CODEC_ZSTD };

struct codec {
    ZSTD_CCtx *compressor;
    ZSTD_DCtx *decompressor;
    struct as_buf plain; /* codec byte, then the fields */
    struct as_buf packed;
    bool is_too_large;
};

static void set_parameter(struct codec *codec, ZSTD_cParameter parameter, int value)
{
    size_t rc = ZSTD_CCtx_setParameter(codec->compressor, parameter, value);
    AS_ASSERT(!ZSTD_isError(rc));
}

struct codec *codec_new(void)
{
    struct codec *codec = as_xcalloc(1, sizeof(*codec));
    codec->compressor = ZSTD_createCCtx();
    codec->decompressor = ZSTD_createDCtx();
    AS_ASSERT(codec->compressor && codec->decompressor);
    set_parameter(codec, ZSTD_c_checksumFlag, 1);
    return codec;
}

void codec_free(struct codec *codec)
{
    if (!codec)
        return;
    ZSTD_freeCCtx(codec->compressor);
    ZSTD_freeDCtx(codec->decompressor);
    as_buf_done(&codec->plain);
    as_buf_done(&codec->packed);
    free(codec);
}

static void empty(struct as_buf *buf)
{
    if (buf->cap > SCRATCH_KEEP_BYTES)
        as_buf_done(buf);
    as_buf_reset(buf);
}

void codec_begin(struct codec *codec)
{
    empty(&codec->plain);
    empty(&codec->packed);
    as_put_u8(&codec->plain, CODEC_PLAIN);
    codec->is_too_large = false;
}

void codec_put(struct codec *codec, struct as_str field)
{
    if (field.len > CODEC_MAX_BYTES - codec->plain.len) {
        codec->is_too_large = true;
        return;
    }
    as_put_str(&codec->plain, field);
    as_put_u8(&codec->plain, 0);
}

static bool compress(struct codec *codec, struct as_str payload)
{
    int level = payload.len < SHORT_BYTES ? ZSTD_SHORT_LEVEL : ZSTD_LEVEL;
    set_parameter(codec, ZSTD_c_compressionLevel, level);
    as_put_u8(&codec->packed, CODEC_ZSTD);
    size_t bound = ZSTD_compressBound(payload.len);
    char *end = as_buf_reserve(&codec->packed, bound);
    size_t len = ZSTD_compress2(codec->compressor, end, bound, payload.ptr, payload.len);
    if (ZSTD_isError(len) || len >= payload.len)
        return false;
    codec->packed.len += len;
    return true;
}

int codec_seal(struct codec *codec, struct as_str *ret_blob)
{
    struct as_str payload = {codec->plain.ptr + 1, codec->plain.len - 1};
    if (codec->is_too_large || payload.len > CODEC_MAX_BYTES)
        return AS_ELIMIT;
    bool is_packed = payload.len > COMPRESS_OVER_BYTES && compress(codec, payload);
    *ret_blob = as_buf_str(is_packed ? &codec->packed : &codec->plain);
    return 0;
}

static int decompress(struct codec *codec, struct as_str frame, struct as_arena *arena,
                      struct as_reader *ret_reader)
{
    unsigned long long size = ZSTD_getFrameContentSize(frame.ptr, frame.len);
    if (size > CODEC_MAX_BYTES) /* also both of zstd's error values */
        return AS_ECORRUPT;
    char *text = as_arena_alloc(arena, (size_t)size);
    size_t len = ZSTD_decompressDCtx(codec->decompressor, text, (size_t)size, frame.ptr, frame.len);
    if (ZSTD_isError(len) || len != size)
        return AS_ECORRUPT;
    *ret_reader = as_reader_of(text, len);
    return 0;
}

int codec_open(struct codec *codec, struct as_str blob, struct as_arena *arena,
               struct as_reader *ret_reader)
{
    if (!blob.len || blob.len - 1 > ZSTD_COMPRESSBOUND(CODEC_MAX_BYTES))
        return AS_ECORRUPT;
    struct as_str payload = {blob.ptr + 1, blob.len - 1};
    if (blob.ptr[0] == CODEC_ZSTD)
        return decompress(codec, payload, arena, ret_reader);
    if (blob.ptr[0] != CODEC_PLAIN)
        return AS_ECORRUPT;
    payload = as_arena_dup(arena, payload);
    *ret_reader = as_reader_of(payload.ptr, payload.len);
    return 0;
}

struct as_str codec_get(struct as_reader *reader)
{
    struct as_str field = as_get_str(reader, CODEC_MAX_BYTES);
    if (as_get_u8(reader))
        reader->is_bad = true;
    return field;
}
