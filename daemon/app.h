/* assayd put together: the only file that knows all modules. main starts it and runs the loop; it
 * stops itself on SIGTERM. */
#ifndef DAEMON_APP_H
#define DAEMON_APP_H

#include "daemon/config/config.h"
#include "daemon/core/loop.h"

struct app;

struct app_options {
    struct config *config; /* a reference is taken */
    const char *worker_path;
    /* false: a build whose worker has no jail (sanitizers) may run; never in production */
    bool is_jail_required;
    bool is_log_level_given; /* on the command line: a reload does not change it */
};

/* Opens everything that can fail at once: state directory, database, worker. What needs the loop
 * (probe of the jail, plugins, runs to resume, control socket) follows when it runs; a failure
 * there stops the loop and shows in app_exit_code. */
int app_new(struct loop *loop, const struct app_options *options, struct app **ret_app,
            struct as_err *err) AS_MUST_USE;
int app_exit_code(const struct app *app); /* after the loop: 0 for an orderly stop */
void app_free(struct app *app);

#endif
