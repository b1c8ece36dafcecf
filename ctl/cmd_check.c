/* check, plugin check and plugin test: what they find is the exit code. */
#include "ctl/lint.h"
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

/* Good, or good but for warnings, or refused. */
static int check_plugin(struct ctl *ctl, const struct args *args, const char *name,
                        const struct as_buf *source, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *report = NULL;
    struct as_json *params = as_json_object();
    as_json_set_str(params, "name", name);
    as_json_set_take(params, "source", as_json_new_str(as_buf_str(source)));
    int rc = ctl_call(ctl, args->command->method, params, &report, err);
    if (rc)
        return rc;
    bool is_loaded = as_json_get_cstr(report, "name"), is_good;
    struct as_json *warnings =
        is_loaded ? lint_plugin(as_buf_str(source), report) : as_json_array();
    is_good = as_json_get_bool(report, "ok", false) &&
              !(args_has(args, "strict") && as_json_len(warnings));
    as_json_set_take(report, "warnings", warnings);
    ctl_show(ctl, args->command, report);
    return is_good ? 0 : EXIT_BAD_INPUT;
}

int command_plugin_check(struct ctl *ctl, struct args *args, struct as_err *err)
{
    const char *path = args->rest[0], *slash = strrchr(path, '/');
    struct as_buf text = {0};
    int rc = read_file(path, &text, err);
    if (!rc && !as_utf8_is_valid(as_buf_str(&text).ptr, text.len))
        rc = as_err_set(err, AS_EINVAL, "%s is no UTF-8 text: plugins are text", path);
    if (!rc)
        rc = check_plugin(ctl, args, slash ? slash + 1 : path, &text, err);
    as_buf_done(&text);
    return rc;
}
