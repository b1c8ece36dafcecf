/* dossier: a run's decision as one file; and whether such a file holds, which needs no daemon. */
#include "ctl/dossier_check.h"
#include "ctl/print.h"
#include "ctl/run_commands.h"
#include "ctl/whole_file.h"
#include "lib/seal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX_BYTES (64u << 20)

enum { EXIT_NOT_SOUND = 3 };

int command_dossier(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *sealed = NULL;
    struct whole_file file;
    struct as_buf text = {0};
    int rc = ctl_call(ctl, args->command->method, args_take_params(args), &sealed, err);
    if (!rc)
        rc = whole_file_open(args_value(args, "output"), &file, err);
    if (rc)
        return rc;
    as_seal_write(sealed, &text);
    fwrite(text.ptr, 1, text.len, file.stream); /* whole_file_close sees what failed */
    as_buf_done(&text);
    rc = whole_file_close(&file, 0, err);
    if (!rc && args_value(args, "output") && !ctl->is_json)
        print_dossier_written(ctl, args_value(args, "output"), sealed);
    return rc;
}

static int read_file(const char *path, struct as_buf *text, struct as_err *err)
{
    FILE *stream = fopen(path, "r");
    size_t count = 1;
    if (!stream)
        return as_err_set(err, AS_EINVAL, "%s: %s", path, strerror(errno));
    while (count && text->len <= FILE_MAX_BYTES) {
        char *end = as_buf_reserve(text, 65536);
        count = fread(end, 1, 65536, stream);
        text->len += count;
    }
    int rc = ferror(stream) ? as_err_set(err, AS_EINVAL, "%s: %s", path, strerror(errno)) : 0;
    fclose(stream);
    if (!rc && text->len > FILE_MAX_BYTES)
        rc = as_err_set(err, AS_EINVAL, "%s is too large for a dossier: at most %u MiB", path,
                        FILE_MAX_BYTES >> 20);
    return rc;
}

static void compare(const struct as_json *ours, const struct as_json *theirs, const char *key,
                    struct as_json *problems)
{
    struct as_buf a = {0}, b = {0}, sentence = {0};
    as_json_write_canonical(as_json_get(as_json_get(ours, "journal"), key), &a);
    as_json_write_canonical(as_json_get(as_json_get(theirs, "journal"), key), &b);
    if (strcmp(a.ptr, b.ptr) != 0) {
        as_buf_addf(&sentence, "journal.%s is %s here and %s in the daemon's database", key, a.ptr,
                    b.ptr);
        as_json_push_take(problems, as_json_new_str(as_buf_str(&sentence)));
    }
    as_buf_done(&a);
    as_buf_done(&b);
    as_buf_done(&sentence);
}

/* The journal's end and the stored result, as the daemon has them now. */
static int check_daemon(struct ctl *ctl, const struct as_json *sealed, struct as_json *report,
                        struct as_err *err)
{
    static const char *const keys[] = {"exchanges", "hash", "result_sha256"};
    AS_CLEANUP_JSON struct as_json *now = NULL;
    const struct as_json *ours = as_json_get(sealed, "dossier"), *theirs;
    struct as_json *params = as_json_object(), *problems = as_json_get(report, "problems");
    as_json_set_int(params, "run", as_json_get_int(report, "run", 0));
    int rc = ctl_call(ctl, "run.dossier", params, &now, err);
    if (rc)
        return rc;
    theirs = as_json_get(now, "dossier");
    for (size_t i = 0; i < AS_COUNT(keys); i++)
        compare(ours, theirs, keys[i], problems);
    as_json_set_bool(report, "daemon", true);
    as_json_set_bool(report, "holds", !as_json_len(problems));
    return 0;
}

int command_dossier_verify(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *report = NULL, *sealed = NULL;
    struct as_buf text = {0};
    int rc = read_file(args->rest[0], &text, err);
    if (!rc) {
        report = dossier_check(as_buf_str(&text), &sealed);
        as_json_set_str(report, "file", args->rest[0]);
        as_json_set_bool(report, "daemon", false);
        if (as_json_get_int(report, "run", 0) > 0 && args_has(args, "daemon"))
            rc = check_daemon(ctl, sealed, report, err);
    }
    as_buf_done(&text);
    if (rc)
        return rc;
    ctl_show(ctl, args->command, report);
    return as_json_get_bool(report, "holds", false) ? 0 : EXIT_NOT_SOUND;
}
