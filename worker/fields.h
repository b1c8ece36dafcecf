/* Raw reads from the tables that a script returned: no metamethod runs, nothing is converted.
 *
 * All of them may raise an error that names the field as "WHAT.NAME". Texts are borrowed from the
 * table, which must stay reachable. Table arguments are absolute stack indices; the stack is left
 * as it was unless said otherwise. */
#ifndef WORKER_FIELDS_H
#define WORKER_FIELDS_H

#include "lib/buf.h"

#include <lua.h>
#include <stdbool.h>

/* Refuses a key that is no string or not among the words of known ("score pass label"). */
void fields_check_known(lua_State *L, int table, const char *what, const char *known);

/* The value; returns its Lua type. [-0, +1] */
int field_push(lua_State *L, int table, const char *name);
bool field_is_set(lua_State *L, int table, const char *name);

/* The string, or absent when the field is nil. */
struct as_str field_text(lua_State *L, int table, const char *what, const char *name);
struct as_str field_required_text(lua_State *L, int table, const char *what, const char *name);
/* False: the field is nil. */
bool field_number(lua_State *L, int table, const char *what, const char *name, double *ret_number);
bool field_boolean(lua_State *L, int table, const char *what, const char *name, bool *ret_boolean);
/* True: [-0, +1] the table. False: [-0, +0] the field is nil. */
bool field_table(lua_State *L, int table, const char *what, const char *name);

/* The table at the top of the stack has only the keys 1..n; returns n. */
lua_Integer field_array_length(lua_State *L, int table, const char *what);

#endif
