/* A plugin's parameters: what it declares (params = {name = {type, doc, default, required, enum}}),
 * and what a job gives. Both functions run inside a body and may raise. */
#ifndef WORKER_PARAMS_H
#define WORKER_PARAMS_H

#include "lib/buf.h"

#include <lua.h>

/* Checks the declarations of the plugin at this index and keeps them in the registry. [-0, +0] */
void params_declare(lua_State *L, int plugin);

/* The parameters of one job: those given as a JSON object (absent: none), checked, the defaults
 * filled in. [-0, +1] */
void params_push(lua_State *L, struct as_str json);

/* The same for a table that is there already (an example's). Changes it. [-0, +0] */
void params_complete(lua_State *L, int given);

#endif
