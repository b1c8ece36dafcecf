/* A model's answer to a chat: its words, why it stopped, and what it cost in tokens. Pure: the same
 * chat, model and seed give the same answer. */
#ifndef SIM_SOLVER_H
#define SIM_SOLVER_H

#include "sim/model.h"
#include "sim/wire.h"

/* Fills text (emptied first) with the answer's words and *ret_answer, which borrows them. The id is
 * left at 0. */
void solver_answer(const struct model *model, const struct wire_chat *chat, uint64_t seed,
                   struct as_buf *text, struct wire_answer *ret_answer);

#endif
