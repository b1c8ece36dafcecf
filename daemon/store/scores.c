/* A packed score: u16 metric, u8 flags, f64 score, label. The flags are bit 0 = not applicable,
 * bits 1-2 = pass + 1. */
#include "daemon/store/scores.h"

#define FLAG_NA 1u
#define PASS_SHIFT 1
#define LABEL_MAX_BYTES (1u << 20)

void scores_pack(const struct score_record *scores, size_t count, struct as_buf *out)
{
    for (size_t i = 0; i < count; i++) {
        AS_ASSERT(scores[i].metric <= UINT16_MAX && scores[i].pass >= -1 && scores[i].pass <= 1);
        as_put_u16(out, (uint16_t)scores[i].metric);
        as_put_u8(out, (uint8_t)((unsigned)(scores[i].pass + 1) << PASS_SHIFT |
                                 (scores[i].is_na ? FLAG_NA : 0)));
        as_put_f64(out, scores[i].score);
        as_put_str(out, scores[i].label);
    }
}

bool scores_next(struct as_reader *packed, struct score_record *ret_score)
{
    if (!packed->left)
        return false;
    struct score_record score = {.metric = as_get_u16(packed)};
    unsigned flags = as_get_u8(packed);
    score.is_na = flags & FLAG_NA;
    score.pass = (int8_t)((int)(flags >> PASS_SHIFT & 3) - 1);
    score.score = as_get_f64(packed);
    score.label = as_get_str(packed, LABEL_MAX_BYTES);
    if (packed->is_bad)
        return false;
    *ret_score = score;
    return true;
}

bool scores_have_texts(const struct score_record *scores, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (scores[i].reason.ptr || scores[i].details_json.ptr)
            return true;
    return false;
}

void scores_put_texts(const struct score_record *scores, size_t count, struct codec *codec)
{
    for (size_t i = 0; i < count; i++) {
        codec_put(codec, scores[i].reason);
        codec_put(codec, scores[i].details_json);
    }
}

void scores_get_texts(struct score_record *scores, size_t count, struct as_reader *body)
{
    for (size_t i = 0; i < count; i++) {
        scores[i].reason = codec_get(body);
        scores[i].details_json = codec_get(body);
    }
}
