/* docs/control-protocol.md from the table: what cannot be said in a table stands in the opening.
 * The codes of errors are not written down a second time: each is put on a line and read back, as a
 * client would. */
#include "lib/proto.h"

#include <inttypes.h>
#include <string.h>

static const char opening[] =
    "# The control protocol of assayd\n"
    "\n"
    "*Printed from lib/proto_daemon.c and lib/proto_run.c by `scripts/docs`; edit the tables, not "
    "this file.*\n"
    "\n"
    "A Unix stream socket (`socket` in the configuration) that speaks JSON-RPC 2.0: one message a\n"
    "line, 1 MiB a line at most. Parameters are objects; batches are not taken, and every request\n"
    "needs an `id`. Try it without assayctl:\n"
    "\n"
    "```\n"
    "$ echo '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"daemon.status\"}' |\n"
    "    socat -t 5 - UNIX-CONNECT:/run/assay/assayd.sock\n"
    "```\n"
    "\n"
    "**Roles.** The kernel tells the daemon who called (SO_PEERCRED); `roles` in the\n"
    "configuration maps users and groups to observer (read), operator (run, cancel, import) or\n"
    "admin. A role may do what the ones before it may. A caller without the role gets `denied`.\n"
    "\n"
    "**Order and limits.** Answers to several open calls may come in any order; go by `id`. A\n"
    "connection may have 32 calls open and a user 64 connections. A peer that does not read is\n"
    "dropped when 8 MiB wait for it; a line that is too long is answered and ends the connection.\n"
    "\n"
    "**Values.** `*_ms` is Unix time or a duration in milliseconds, `*_usd` dollars; null stands\n"
    "for what is not known or does not apply, never 0. Long lists come in pages: when `next` is\n"
    "there, pass it as `before` or `after` for the next page.\n"
    "\n"
    "**Errors.** `error.message` is a sentence for people; `error.data.name` says which error:\n"
    "\n"
    "| data.name | code | meaning | exit code of assayctl |\n"
    "|---|---|---|---|\n";

static void write_error_row(struct as_buf *out, int code)
{
    struct as_err err = {.code = code};
    struct as_buf line = {0};
    struct proto_message message;
    proto_write_error(&line, NULL, &err);
    int rc = proto_parse(as_buf_str(&line), &message, NULL);
    AS_ASSERT(rc == 0);
    as_buf_addf(out, "| `%s` | %" PRId64 " | %s | %d |\n", as_err_wire(code),
                as_json_get_int(message.error, "code", 0), as_err_text(code),
                as_err_exit_code(code));
    proto_message_done(&message);
    as_buf_done(&line);
}

static void write_bounds(struct as_buf *out, const struct proto_param *param)
{
    static const char *const units[] = {[PROTO_STRING] = " bytes", [PROTO_STRINGS] = " items"};
    bool is_counted = param->type == PROTO_STRING || param->type == PROTO_STRINGS;
    if (!param->max)
        return;
    if (param->max == INT64_MAX)
        as_buf_addf(out, ", at least %" PRId64, param->min);
    else
        as_buf_addf(out, ", %" PRId64 " to %" PRId64 "%s", param->min, param->max,
                    is_counted ? units[param->type] : "");
}

static void write_method(struct as_buf *out, const struct proto_method *method)
{
    as_buf_addf(out, "\n### %s\n\n%s Role: %s.\n", method->name, method->doc,
                proto_role_name(method->role));
    if (method->params[0].name)
        as_buf_adds(out, "\n| parameter | type | |\n|---|---|---|\n");
    for (const struct proto_param *param = method->params; param->name; param++) {
        as_buf_addf(out, "| `%s`%s | %s", param->name, param->is_required ? "" : " (optional)",
                    proto_type_name(param->type));
        write_bounds(out, param);
        as_buf_addf(out, " | %s |\n", param->doc);
    }
    as_buf_addf(out, "\nResult: %s.\n", method->result);
    if (method->notices)
        as_buf_addf(out, "\nNotifications: %s.\n", method->notices);
    if (method->errors)
        as_buf_addf(out, "\nErrors: %s.\n", method->errors);
}

void proto_write_docs(struct as_buf *out)
{
    as_buf_adds(out, opening);
#define X(sym, value, wire, text, exit_code) write_error_row(out, sym);
    AS_ERR_TABLE(X)
#undef X
    const char *family = "";
    for (const struct proto_method *method = NULL; (method = proto_next(method));) {
        size_t family_len = strcspn(method->name, ".");
        if (strncmp(family, method->name, family_len + 1))
            as_buf_addf(out, "\n## %.*s\n", (int)family_len, method->name);
        family = method->name;
        write_method(out, method);
    }
}
