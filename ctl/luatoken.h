/* Lua 5.4 source as a row of tokens, for `plugin check`. It knows words, not meaning; comments and
 * blanks are passed over. What is no token of Lua ends the row: the worker's compiler says why. */
#ifndef CTL_LUATOKEN_H
#define CTL_LUATOKEN_H

#include "lib/buf.h"

#include <stdbool.h>

enum luatoken_type {
    LUATOKEN_END,
    LUATOKEN_NAME,
    LUATOKEN_KEYWORD,
    LUATOKEN_STRING,
    LUATOKEN_NUMBER,
    LUATOKEN_SIGN
};

struct luatoken {
    enum luatoken_type type;
    struct as_str text; /* as it stands there; of a string what is between its quotes */
    int line;           /* from 1 */
    bool is_not_utf8;   /* the value of a string */
};

struct luatokens {
    const char *at, *end;
    int line;
};

struct luatokens luatokens_of(struct as_str source); /* borrowed */
struct luatoken luatokens_next(struct luatokens *tokens);
bool luatoken_is(const struct luatoken *token, const char *sign_or_keyword);

#endif
