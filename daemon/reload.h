/* The configuration and the evals, read again and put in force as a whole or not at all: for SIGHUP
 * and for daemon.reload alike. Called by app.c on the loop; blocks while it reads the files. */
#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

#include "daemon/control/handlers.h"

struct reload_scope {
    struct control_app *control; /* where they are put in force */
    struct config *started;      /* keys that need a restart keep its values */
    bool is_log_level_given;     /* on the command line, which goes first */
};

/* The answer of daemon.reload, to be freed; it is logged and audited as well. */
struct as_json *reload_run(const struct reload_scope *scope, const struct actor *actor);

#endif
