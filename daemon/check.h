/* `assayd --check`: a dry run of configuration, evals and plugins. */
#ifndef DAEMON_CHECK_H
#define DAEMON_CHECK_H

#include "daemon/config/config.h"

/* Prints every problem and, when there is none, what was found. Returns the exit code. */
int check_run(struct config *config, const char *worker_path);

#endif
