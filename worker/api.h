/* What a script sees: the trimmed standard library and the `assay` library.
 *
 * Every function here may raise a Lua error (a longjmp): callers hold no malloc and no open thing.
 * Stack effects are given as [-popped, +pushed]. All of it is linear in its input, or n log n where
 * it sorts, or refuses what is too long; a script's own patterns and loops are bounded by the
 * deadline. JSON is written and
 * tables are ordered raw: no metamethod of a script runs. */
#ifndef WORKER_API_H
#define WORKER_API_H

#include "lib/buf.h"

#include <lua.h>
#include <stdbool.h>

/* Opens everything below and takes away what a plugin must not have. [-0, +0] */
void api_open(lua_State *L);

/* The parts of it. Those of assay set their field in the table at the top. [-0, +0] */
void api_open_base(lua_State *L);     /* tostring, setmetatable, format; no load, print ... */
void api_open_rng(lua_State *L);      /* math.random; rng, fence */
void api_open_json(lua_State *L);     /* json */
void api_open_text(lua_State *L);     /* text */
void api_open_likeness(lua_State *L); /* the rest of text, which must be there */
void api_open_num(lua_State *L);      /* num */
void api_open_regex(lua_State *L);    /* regex */

/* Of the parts that are written in Lua (references, schema, criteria), those that a plugin's source
 * names. After api_open. [-0, +0] */
void api_open_named_in(lua_State *L, struct as_str source);

/* An array of the table's keys: numbers by value, strings by bytes, then the rest. Returns their
 * number. [-0, +1] */
lua_Integer api_push_sorted_keys(lua_State *L, int table);

enum json_null {
    JSON_NULL_KEEP, /* as assay.json.null */
    JSON_NULL_DROP, /* an object's null member is absent; an array's stays */
};

/* Decodes exactly one JSON value. True: [-0, +1] the value. False: [-0, +1] a sentence with line
 * and column. */
bool api_json_decode(lua_State *L, struct as_str text, enum json_null nulls);

/* The value as JSON text with sorted keys. True: [-0, +1] the text. False: [-0, +1] why it cannot
 * be JSON. */
bool api_json_encode(lua_State *L, int value);

bool api_json_is_null(lua_State *L, int value); /* [-0, +0] */
void api_json_push_null(lua_State *L);          /* [-0, +1] */
void api_json_push_array_mark(lua_State *L);    /* [-0, +1] the metatable that marks an array */

/* [-0, +1] the value as text, without an address and without raising for any type. */
void api_push_text(lua_State *L, int value);

#endif
