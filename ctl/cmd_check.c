/* check, plugin check and plugin test: what they find is the exit code. */
#include "ctl/run_commands.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define EXIT_BAD_INPUT 65
#define FILE_MAX_BYTES (1u << 20) /* more than the daemon takes of a plugin */

static int call_and_judge(struct ctl *ctl, const struct command *command,
                          struct as_json *params_take, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *result = NULL;
    int rc = ctl_call(ctl, command->method, params_take, &result, err);
    if (rc)
        return rc;
    ctl_show(ctl, command, result);
    return as_json_get_bool(result, "ok", false) ? 0 : EXIT_BAD_INPUT;
}

int command_check(struct ctl *ctl, struct args *args, struct as_err *err)
{
    return call_and_judge(ctl, args->command, args_take_params(args), err);
}

int command_plugin_test(struct ctl *ctl, struct args *args, struct as_err *err)
{
    return call_and_judge(ctl, args->command, args_take_params(args), err);
}

static int read_file(const char *path, struct as_buf *ret_text, struct as_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : 1;
    while (got > 0 && ret_text->len <= FILE_MAX_BYTES) {
        got = read(fd, as_buf_reserve(ret_text, 65536), 65536);
        ret_text->len += got > 0 ? (size_t)got : 0;
    }
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (got < 0)
        return as_err_set(err, AS_EINVAL, "cannot read %s: %s", path, strerror(why));
    if (ret_text->len > FILE_MAX_BYTES)
        return as_err_set(err, AS_EINVAL, "%s is too large for a plugin", path);
    return 0;
}

int command_plugin_check(struct ctl *ctl, struct args *args, struct as_err *err)
{
    const char *path = args->rest[0], *slash = strrchr(path, '/');
    struct as_buf text = {0};
    int rc = read_file(path, &text, err);
    if (!rc && !as_utf8_is_valid(as_buf_str(&text).ptr, text.len))
        rc = as_err_set(err, AS_EINVAL, "%s is no UTF-8 text: plugins are text", path);
    if (!rc) {
        struct as_json *params = as_json_object();
        as_json_set_str(params, "name", slash ? slash + 1 : path);
        as_json_set_take(params, "source", as_json_new_str(as_buf_str(&text)));
        rc = call_and_judge(ctl, args->command, params, err);
    }
    as_buf_done(&text);
    return rc;
}
