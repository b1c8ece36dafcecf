/* A row's scores as bytes. The numbers and labels, which listings and statistics want by the
 * thousand, are packed plainly into one column of the row; reasons and details, which are long and
 * read one row at a time, go into its body. Both walk the scores in the same order. */
#ifndef DAEMON_STORE_SCORES_H
#define DAEMON_STORE_SCORES_H

#include "daemon/model/row.h"
#include "daemon/store/codec.h"

void scores_pack(const struct score_record *scores, size_t count, struct as_buf *out);
void scores_put_texts(const struct score_record *scores, size_t count, struct codec *codec);
bool scores_have_texts(const struct score_record *scores, size_t count);

/* One after the other from a packed column; labels are borrowed from it. False at the end or on
 * damage, which as_reader_is_done tells apart. */
bool scores_next(struct as_reader *packed, struct score_record *ret_score);
void scores_get_texts(struct score_record *scores, size_t count, struct as_reader *body);

#endif
