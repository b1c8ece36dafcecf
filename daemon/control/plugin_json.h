/* A plugin version as the answers of plugin.* show it. Private to daemon/control. */
#ifndef DAEMON_CONTROL_PLUGIN_JSON_H
#define DAEMON_CONTROL_PLUGIN_JSON_H

#include "daemon/control/handlers.h"

/* What it is, its state, and what it has cost so far. */
struct as_json *plugin_json(const struct control_app *app, const struct plugin_version *version);
/* The same, and what it declares, and its source. */
struct as_json *plugin_whole_json(const struct control_app *app,
                                  const struct plugin_version *version);

/* The value of JSON that a worker wrote; null of what is none. */
struct as_json *plugin_json_of_text(struct as_str text);

/* Of the parameters `selector` and `kind`: a new reference. Without a kind the selector is looked
 * for in every kind. AS_ENOENT: err names what was probably meant. */
int plugin_of_call(struct control_app *app, const struct control_call *call,
                   struct plugin_version **ret_version, struct as_err *err) AS_MUST_USE;
/* Of the parameter `kind`; PLUGIN_KIND_COUNT when it was not given. */
int plugin_kind_of_call(const struct control_call *call, enum plugin_kind *ret_kind,
                        struct as_err *err) AS_MUST_USE;
/* AS_ENOENT, with what is live and named most like it. */
int plugin_say_not_found(struct control_app *app, const char *selector,
                         struct as_err *err) AS_MUST_USE;

#endif
