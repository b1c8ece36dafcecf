/* Loading a plugin: compile, run once, check what it returned, and read what the daemon must know
 * of it. */
#ifndef WORKER_MANIFEST_H
#define WORKER_MANIFEST_H

#include "lib/job.h"

#include <lua.h>

/* What the worker itself remembers of the plugin; the returned table is in the registry. */
struct plugin {
    enum plugin_kind kind;
    double scale_min, scale_max; /* 0 and 1 unless a rubric says otherwise */
};

struct load {
    struct as_str chunk_name, source;
    struct plugin plugin;         /* set by the body, as is the manifest */
    struct job_manifest manifest; /* its texts are the Lua state's */
    char doc[JOB_DOC_MAX_BYTES];
};

/* The body for state_run; its argument is a struct load. Raises with the reason when the plugin is
 * not acceptable. */
int manifest_load(lua_State *L);

/* The body for state_run: lets go of the plugin's examples, which are run once and may be large. */
int manifest_drop_examples(lua_State *L);

/* The table that the plugin's file returned. [-0, +1] */
void manifest_push_plugin(lua_State *L);

#endif
