/* The facts about a Lua source that `plugin check` judges: which names are global, which parameters
 * are read, which texts its examples hold.
 *
 * One pass over the grammar, with the scopes of local names and without a tree. Pure. */
#ifndef CTL_LUASCAN_H
#define CTL_LUASCAN_H

#include "lib/buf.h"

#include <stdbool.h>

enum luascan_kind {
    LUASCAN_GLOBAL_SET,
    LUASCAN_GLOBAL_USED,
    LUASCAN_PARAM_READ,     /* p.NAME, where p may be the table of parameters */
    LUASCAN_OWN_PARAM_READ, /* the same in score, ask or grade, where it is */
};

struct luascan_fact {
    enum luascan_kind kind;
    struct as_str name; /* borrowed from the source */
    int line;
};

struct luascan {
    struct as_buf facts;  /* of struct luascan_fact, in the order of the source */
    bool hands_params_on; /* the whole table goes where its reads cannot be seen */
    bool has_empty_example, has_odd_example; /* a text of no bytes; one that is not UTF-8 */
    bool is_whole; /* false: what is no Lua, or is nested too deep, ended the pass */
};

struct luascan luascan_run(struct as_str source);
void luascan_done(struct luascan *scan);

#endif
