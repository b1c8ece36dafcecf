/* Texts as sequences of numbers: what is equal has the same number, counted from 1 in order of
 * appearance. The numbers lie in userdata on the Lua stack and live as long as they are there. All
 * of it may raise. */
#ifndef WORKER_TOKENS_H
#define WORKER_TOKENS_H

#include "lib/buf.h"

#include <lua.h>
#include <stdint.h>

struct token_list {
    uint32_t *numbers;
    size_t count;
};

/* The words that have a number; texts with the same vocabulary share their numbers. */
struct vocabulary {
    int table; /* stack index of a table that is empty at first */
    uint32_t count;
};

/* Memory that goes with the stack slot, zeroed. [-0, +1] */
void *tokens_push_memory(lua_State *L, size_t count, size_t size);

/* Of a text in which one blank stands between any two words (worker/words.h). [-0, +0] */
size_t tokens_count_words(struct as_str words);
/* Writes tokens_count_words numbers. [-0, +0] */
void tokens_number_words(lua_State *L, struct vocabulary *known, struct as_str words,
                         uint32_t *ret_numbers);

/* The characters of a text as code points; a byte that is not UTF-8 is one of its own. [-0, +1] */
struct token_list tokens_push_characters(lua_State *L, struct as_str text);

/* Replaces code points by numbers; those that only other has become 0. Returns how many different
 * ones list has. [-0, +1] */
uint32_t tokens_number_characters(lua_State *L, struct token_list list, struct token_list other);

#endif
