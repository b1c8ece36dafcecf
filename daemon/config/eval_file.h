/* One eval file: its keys, and its references to models and to its own metrics, checked. */
#ifndef DAEMON_CONFIG_EVAL_FILE_H
#define DAEMON_CONFIG_EVAL_FILE_H

#include "daemon/config/config.h"
#include "daemon/config/problems.h"

/* Reads problems->path into *ret_eval, whose strings live in arena. False when problems were
 * noted. */
bool eval_file_load(const struct config *config, struct as_arena *arena, struct problems *problems,
                    struct eval_def *ret_eval);

#endif
