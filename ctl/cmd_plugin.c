/* plugin ls, diff and new: the whole list of its pages, what two versions differ in, and a file to
 * begin with. */
#include "ctl/print.h"
#include "ctl/run_commands.h"
#include "ctl/skeleton.h"
#include "ctl/textdiff.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 4096
#define PLUGINS_PER_PAGE 500

/* ---- plugin ls ---- */

static void push_all(struct as_json *array, const struct as_json *more)
{
    for (size_t i = 0; i < as_json_len(more); i++)
        as_json_push_take(array, as_json_share(as_json_at(more, i)));
}

/* The page after `next`, which is replaced by its own: NULL when it was the last. */
static int add_page(struct ctl *ctl, const char *kind, struct as_json *all, struct as_json **next,
                    struct as_err *err)
{
    static const char *const parts[] = {"plugins", "refused", "loading"};
    AS_CLEANUP_JSON struct as_json *page = NULL, *params = as_json_object();
    if (kind)
        as_json_set_str(params, "kind", kind);
    as_json_set_int(params, "limit", PLUGINS_PER_PAGE);
    as_json_set_take(params, "after", as_json_share(*next));
    int rc = ctl_call(ctl, "plugin.list", as_json_share(params), &page, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < AS_COUNT(parts); i++)
        push_all(as_json_get(all, parts[i]), as_json_get(page, parts[i]));
    struct as_json *key = as_json_get(page, "next");
    if (key && as_str_eq(as_json_str(key), as_json_get_cstr_or(params, "after", "")))
        return as_err_set(err, AS_EPROTO, "plugin.list: assayd gave the same page twice");
    as_json_free(*next);
    *next = as_json_share(key);
    return 0;
}

int ctl_list_plugins(struct ctl *ctl, const char *kind, struct as_json **ret_list,
                     struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *all = as_json_object(), *next = NULL;
    as_json_set_take(all, "plugins", as_json_array());
    as_json_set_take(all, "refused", as_json_array());
    as_json_set_take(all, "loading", as_json_array());
    int rc = add_page(ctl, kind, all, &next, err);
    while (!rc && next)
        rc = add_page(ctl, kind, all, &next, err);
    if (!rc)
        *ret_list = as_json_share(all);
    return rc;
}

int command_plugin_list(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *list = NULL;
    int rc = ctl_list_plugins(ctl, as_json_get_cstr(args->params, "kind"), &list, err);
    if (!rc)
        ctl_show(ctl, args->command, list);
    return rc;
}

static int show_plugin(struct ctl *ctl, const char *selector, const char *kind,
                       struct as_json **ret_plugin, struct as_err *err)
{
    struct as_json *params = as_json_object();
    as_json_set_str(params, "selector", selector);
    if (kind)
        as_json_set_str(params, "kind", kind);
    return ctl_call(ctl, "plugin.show", params, ret_plugin, err);
}

/* ---- plugin diff ---- */

static bool is_equal(const struct as_json *a, const struct as_json *b)
{
    struct as_buf one = {0}, other = {0};
    as_json_write_canonical(a, &one);
    as_json_write_canonical(b, &other);
    bool is_same = one.len == other.len && !memcmp(one.ptr, other.ptr, one.len);
    as_buf_done(&one);
    as_buf_done(&other);
    return is_same;
}

static void add_change(struct as_json *changes, const char *field, struct as_json *before,
                       struct as_json *after)
{
    if (is_equal(before, after))
        return;
    struct as_json *change = as_json_object();
    as_json_set_str(change, "field", field);
    as_json_set_take(change, "before", as_json_share(before));
    as_json_set_take(change, "after", as_json_share(after));
    as_json_push_take(changes, change);
}

struct member_diff {
    const char *field;
    struct as_json *changes;
    const struct as_json *other;
    bool is_other_before; /* then only members that the other side lacks count */
};

static void diff_member(void *ctx, const char *key, struct as_json *value)
{
    const struct member_diff *diff = ctx;
    struct as_buf name = {0};
    as_buf_addf(&name, "%s.%s", diff->field, key);
    if (!diff->is_other_before)
        add_change(diff->changes, name.ptr, value, as_json_get(diff->other, key));
    else if (!as_json_has(diff->other, key))
        add_change(diff->changes, name.ptr, NULL, value);
    as_buf_done(&name);
}

/* What the two declare differently; objects member by member. */
static struct as_json *manifest_changes(const struct as_json *a, const struct as_json *b)
{
    static const char *const fields[] = {"kind",     "name", "version", "doc",      "params",
                                         "requires", "pass", "scale",   "criteria", "examples"};
    struct as_json *changes = as_json_array();
    for (size_t i = 0; i < AS_COUNT(fields); i++) {
        struct as_json *before = as_json_get(a, fields[i]), *after = as_json_get(b, fields[i]);
        bool has_members =
            as_json_type_of(before) == AS_JSON_OBJECT && as_json_type_of(after) == AS_JSON_OBJECT;
        struct member_diff left = {fields[i], changes, after, false},
                           right = {fields[i], changes, before, true};
        if (has_members) {
            as_json_each(before, diff_member, &left);
            as_json_each(after, diff_member, &right);
        } else {
            add_change(changes, fields[i], before, after);
        }
    }
    return changes;
}

static struct as_json *which(const struct as_json *plugin)
{
    static const char *const keys[] = {"kind", "selector", "hash", "state"};
    struct as_json *json = as_json_object();
    for (size_t i = 0; i < AS_COUNT(keys); i++)
        as_json_set_take(json, keys[i], as_json_share(as_json_get(plugin, keys[i])));
    return json;
}

static struct as_json *diff_json(const struct as_json *a, const struct as_json *b)
{
    struct as_json *json = as_json_object();
    struct as_buf text = {0};
    bool differs =
        textdiff_unified(as_json_get_str(a, "source"), as_json_get_str(b, "source"), &text);
    as_json_set_take(json, "before", which(a));
    as_json_set_take(json, "after", which(b));
    as_json_set_bool(json, "same", !differs);
    as_json_set_take(json, "manifest", manifest_changes(a, b));
    as_json_set_take(json, "source", as_json_new_str(as_buf_str(&text)));
    as_buf_done(&text);
    return json;
}

int command_plugin_diff(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *a = NULL, *b = NULL, *json = NULL;
    const char *kind = as_json_get_cstr(args->params, "kind");
    int rc = show_plugin(ctl, as_json_get_cstr(args->params, "selector"), kind, &a, err);
    if (!rc)
        rc = show_plugin(ctl, args->rest[0], kind, &b, err);
    if (rc)
        return rc;
    json = diff_json(a, b);
    ctl_show(ctl, args->command, json);
    return 0;
}

/* ---- plugin new ---- */

/* "1.4.0" for a plugin whose highest known version is 1.3.2. */
static int next_version(struct ctl *ctl, const char *kind, const char *name, char *out, size_t size,
                        struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *result = NULL;
    struct as_json *params = as_json_object();
    as_json_set_str(params, "name", name);
    as_json_set_str(params, "kind", kind);
    int rc = ctl_call(ctl, "plugin.versions", params, &result, err);
    if (rc)
        return rc;
    const char *highest =
        str_or(as_json_at(as_json_get(result, "versions"), 0), "version", SKELETON_VERSION);
    char *minor = NULL;
    unsigned long major = strtoul(highest, &minor, 10);
    snprintf(out, size, "%lu.%lu.0", major, *minor == '.' ? strtoul(minor + 1, NULL, 10) + 1 : 1);
    return 0;
}

/* The daemon says whether the copy is what it is meant to be: a text may hold a name in more places
 * than one. */
static int check_copy(struct ctl *ctl, const char *name, const char *version,
                      const struct as_buf *source, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *report = NULL;
    struct as_json *params = as_json_object();
    as_json_set_str(params, "name", name);
    as_json_set_take(params, "source", as_json_new_str(as_buf_str(source)));
    int rc = ctl_call(ctl, "plugin.check", params, &report, err);
    if (rc)
        return rc;
    bool is_meant = as_json_get_bool(report, "ok", false) &&
                    !strcmp(str_or(report, "name", ""), name) &&
                    !strcmp(str_or(report, "version", ""), version);
    if (!is_meant)
        return as_err_set(err, AS_EINVAL, "the copy does not pass its check: %s",
                          str_or(report, "reason", "it has not the new name and version"));
    return 0;
}

static int copy_plugin(struct ctl *ctl, const char *from, const char *kind, const char *name,
                       struct as_buf *out, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *plugin = NULL;
    char version[JOB_NAME_MAX_BYTES] = SKELETON_VERSION;
    int rc = show_plugin(ctl, from, kind, &plugin, err);
    const char *old_name = str_or(plugin, "name", "");
    if (!rc && !strcmp(old_name, name))
        rc = next_version(ctl, kind, name, version, sizeof(version), err);
    if (rc)
        return rc;
    if (!skeleton_rename(as_json_get_str(plugin, "source"), old_name, str_or(plugin, "version", ""),
                         name, version, out))
        return as_err_set(
            err, AS_EINVAL,
            "the source of %s does not hold its name and version as plain texts: copy "
            "it by hand",
            from);
    return check_copy(ctl, name, version, out, err);
}

static int write_new_file(const char *path, const struct as_buf *text, struct as_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno == EEXIST)
        return as_err_set(err, AS_EEXIST, "%s is there already: nothing was written", path);
    if (fd < 0)
        return as_err_set(err, AS_EINVAL, "cannot write %s: %s", path, strerror(errno));
    size_t done = 0;
    int why = 0;
    while (done < text->len && !why) {
        ssize_t wrote = write(fd, text->ptr + done, text->len - done);
        done += wrote > 0 ? (size_t)wrote : 0;
        why = wrote < 0 && errno != EINTR ? errno : 0;
    }
    if (close(fd) && !why)
        why = errno;
    if (!why)
        return 0;
    unlink(path);
    return as_err_set(err, AS_EIO, "cannot write %s: %s", path, strerror(why));
}

int command_plugin_new(struct ctl *ctl, struct args *args, struct as_err *err)
{
    const char *word = as_json_get_cstr(args->params, "kind"), *name = args->rest[0],
               *from = args_value(args, "from"), *path = args_value(args, "output");
    enum plugin_kind kind;
    struct as_buf text = {0};
    char default_path[JOB_NAME_MAX_BYTES + 8];
    if (plugin_kind_from(word, &kind))
        return as_err_set(
            err, AS_EUSAGE,
            "no kind of plugin is called '%s': use scorer, rubric, provider or redactor", word);
    if (!job_name_is_valid(as_str_from(name)))
        return as_err_set(err, AS_EUSAGE,
                          "a plugin's name is 1 to %u of A-Z a-z 0-9 . _ -, not "
                          "'%s'",
                          JOB_NAME_MAX_BYTES, name);
    snprintf(default_path, sizeof(default_path), "%s.lua", name);
    path = path ? path : default_path;
    int rc = 0;
    if (from)
        rc = copy_plugin(ctl, from, word, name, &text, err);
    else
        skeleton_write(kind, name, &text);
    if (!rc)
        rc = write_new_file(path, &text, err);
    as_buf_done(&text);
    if (rc)
        return rc;
    AS_CLEANUP_JSON struct as_json *json = as_json_object();
    as_json_set_str(json, "path", path);
    as_json_set_str(json, "kind", word);
    as_json_set_str(json, "name", name);
    ctl_show(ctl, args->command, json);
    return 0;
}
