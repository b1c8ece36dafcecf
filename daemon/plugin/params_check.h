/* The parameters that an eval gives, against those that a plugin version declares: told before a
 * run pays for calls.
 *
 * The worker checks them too, row by row (worker/params.c), because it trusts no daemon; the rules
 * are the same, but that an unknown name is told even when its value is null, which the worker
 * never sees. */
#ifndef DAEMON_PLUGIN_PARAMS_CHECK_H
#define DAEMON_PLUGIN_PARAMS_CHECK_H

#include "daemon/plugin/registry.h"

/* params_json is a JSON object. AS_EINVAL: err (may be NULL) says of the first parameter that is
 * wrong that it is unknown (and which was probably meant), of a wrong type, none of the allowed
 * values, or missing. AS_EPLUGIN: what the version declares cannot be read. */
int plugin_params_check(const struct plugin_version *version, const char *params_json,
                        struct as_err *err) AS_MUST_USE;

#endif
