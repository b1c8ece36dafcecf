/* The sources of a key, tried in order. Buffers that held more than the key asked for are wiped.
 * A value is what stands in the file but for white space around it; a control character inside
 * would break the header that carries it, so it is refused. */
#include "daemon/config/config.h"
#include "daemon/config/file.h"
#include "daemon/config/names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define SECRET_FILE_MAX_BYTES (64u << 10)

static struct as_str trim(struct as_str text)
{
    while (text.len && isspace((unsigned char)text.ptr[text.len - 1]))
        text.len--;
    while (text.len && isspace((unsigned char)text.ptr[0]))
        text = (struct as_str){text.ptr + 1, text.len - 1};
    return text;
}

static int accept_value(struct as_str value, const char *name, const char *from,
                        struct as_buf *ret_value, struct as_err *err)
{
    value = trim(value);
    if (value.len == 0)
        return as_err_set(err, AS_EINVAL, "the key %s is empty in %s", name, from);
    for (size_t i = 0; i < value.len; i++)
        if (iscntrl((unsigned char)value.ptr[i]))
            return as_err_set(err, AS_EINVAL,
                              "the key %s in %s holds a line break or control character", name,
                              from);
    as_buf_add(ret_value, value.ptr, value.len);
    return 0;
}

/* DIR/NAME. systemd's own folder is private by itself, and shows the files in it as 0440 where
 * it shares them by an ACL. */
static int from_folder(const char *dir, const char *name, bool must_be_private,
                       struct as_buf *ret_value, struct as_err *err)
{
    struct as_arena arena = {0};
    struct as_buf text = {0};
    const char *path = as_arena_printf(&arena, "%s/%s", dir, name);
    int rc = file_read(path, SECRET_FILE_MAX_BYTES, must_be_private, &text, err);
    if (rc < 0)
        as_err_prefix(err, "the key file %s", path);
    else
        rc = accept_value(as_buf_str(&text), name, path, ret_value, err);
    as_buf_wipe(&text);
    as_arena_done(&arena);
    return rc;
}

/* Finds NAME=value, also behind "export "; quotes around the value are taken off. */
static bool find_line(struct as_str text, const char *name, struct as_str *ret_value)
{
    size_t name_len = strlen(name);
    while (text.len) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t used = end ? (size_t)(end - text.ptr) + 1 : text.len;
        struct as_str line = trim((struct as_str){text.ptr, used});
        text = (struct as_str){text.ptr + used, text.len - used};
        if (line.len > 7 && !memcmp(line.ptr, "export ", 7))
            line = trim((struct as_str){line.ptr + 7, line.len - 7});
        if (line.len <= name_len || memcmp(line.ptr, name, name_len) != 0 ||
            line.ptr[name_len] != '=')
            continue;
        struct as_str value =
            trim((struct as_str){line.ptr + name_len + 1, line.len - name_len - 1});
        bool is_quoted = value.len >= 2 && strchr("'\"", value.ptr[0]) &&
                         value.ptr[0] == value.ptr[value.len - 1];
        *ret_value = is_quoted ? (struct as_str){value.ptr + 1, value.len - 2} : value;
        return true;
    }
    return false;
}

static int from_env_file(const char *path, const char *name, struct as_buf *ret_value,
                         struct as_err *err)
{
    struct as_buf text = {0};
    struct as_str value;
    int rc = file_read(path, SECRET_FILE_MAX_BYTES, true, &text, err);
    if (rc < 0)
        as_err_prefix(err, "the key file %s", path);
    else if (!find_line(as_buf_str(&text), name, &value))
        rc = AS_ENOENT;
    else
        rc = accept_value(value, name, path, ret_value, err);
    as_buf_wipe(&text);
    return rc;
}

static int not_found(const struct secret_sources *sources, const char *name, struct as_err *err)
{
    struct as_buf looked = {0};
    if (sources->credentials_dir)
        as_buf_addf(&looked, "%s/%s, ", sources->credentials_dir, name);
    else
        as_buf_adds(&looked, "$CREDENTIALS_DIRECTORY (not set), ");
    if (sources->keys_dir)
        as_buf_addf(&looked, "%s/%s, ", sources->keys_dir, name);
    if (sources->env_file)
        as_buf_addf(&looked, "a line %s= in %s, ", name, sources->env_file);
    as_buf_adds(&looked, sources->use_environment
                             ? "the environment"
                             : "but not the environment (secrets.environment: false)");
    int rc = as_err_set(err, AS_ENOENT,
                        "no key named %s; looked in %s. Provide it in one of these, for example: "
                        "export %s=...",
                        name, looked.ptr, name);
    as_buf_done(&looked);
    return rc;
}

int secret_read(const struct secret_sources *sources, const char *name, struct as_buf *ret_value,
                struct as_err *err)
{
    int rc = AS_ENOENT;
    if (!name_is_secret(name))
        return as_err_set(err, AS_EINVAL, "a key's name is made of letters, digits and _");
    if (sources->credentials_dir)
        rc = from_folder(sources->credentials_dir, name, false, ret_value, err);
    if (rc == AS_ENOENT && sources->keys_dir)
        rc = from_folder(sources->keys_dir, name, true, ret_value, err);
    if (rc == AS_ENOENT && sources->env_file)
        rc = from_env_file(sources->env_file, name, ret_value, err);
    const char *variable = sources->use_environment ? getenv(name) : NULL;
    if (rc == AS_ENOENT && variable)
        rc = accept_value(as_str_from(variable), name, "the environment", ret_value, err);
    return rc == AS_ENOENT ? not_found(sources, name, err) : rc;
}
