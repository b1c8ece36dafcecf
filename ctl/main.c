/* assayctl: options, a command, one call or a few, an exit code.
 *
 * The environment is read by main ($ASSAY_SOCKET) and out_init ($NO_COLOR, $TERM). */
#include "ctl/command.h"
#include "ctl/dump.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

/* The parameters that name a run take the number of the newest for "last". */
static int resolve_last(struct ctl *ctl, struct as_json *params, struct as_err *err)
{
    static const char *const keys[] = {"run", "other"};
    bool is_asked = false;
    for (size_t i = 0; i < AS_COUNT(keys); i++)
        is_asked = is_asked || as_json_get_cstr(params, keys[i]);
    if (!is_asked)
        return 0;
    struct as_json *query = as_json_object(), *list = NULL;
    as_json_set_int(query, "limit", 1);
    int rc = client_call(ctl->client, "run.list", query, &list, err);
    if (rc)
        return rc;
    int64_t last = as_json_get_int(as_json_at(as_json_get(list, "runs"), 0), "run", 0);
    as_json_free(list);
    if (!last)
        return as_err_set(err, AS_ENOENT, "there is no run yet: see `assayctl run start --help`");
    for (size_t i = 0; i < AS_COUNT(keys); i++)
        if (as_json_get_cstr(params, keys[i]))
            as_json_set_int(params, keys[i], last);
    return 0;
}

int ctl_connect(struct ctl *ctl, struct as_err *err)
{
    return ctl->client ? 0 : client_open(ctl->socket_path, &ctl->client, err);
}

int ctl_call(struct ctl *ctl, const char *method, struct as_json *params_take,
             struct as_json **ret_result, struct as_err *err)
{
    int rc = ctl_connect(ctl, err);
    if (!rc)
        rc = resolve_last(ctl, params_take, err);
    if (rc) {
        as_json_free(params_take);
        return rc;
    }
    return client_call(ctl->client, method, params_take, ret_result, err);
}

void ctl_show(struct ctl *ctl, const struct command *command, const struct as_json *result)
{
    if (ctl->is_json)
        out_json(&ctl->out, result);
    else
        command->print(ctl, result);
}

static int call_and_print(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *result = NULL;
    int rc = ctl_call(ctl, args->command->method, args_take_params(args), &result, err);
    if (!rc)
        ctl_show(ctl, args->command, result);
    return rc;
}

static void init_outputs(struct ctl *ctl)
{
    out_init(&ctl->out, stdout, ctl->color);
    out_init(&ctl->messages, stderr, ctl->color);
}

/* The words after "help", or after --help: all, a family, a command. */
static int show_help(const struct output *out, int argc, char **argv, struct as_err *err)
{
    const struct command *command = NULL;
    int words;
    if (!argc) {
        help_program(out);
        return 0;
    }
    if (argc == 1 && help_family(out, argv[0]))
        return 0;
    int rc = command_find(argc, argv, &command, &words, err);
    if (!rc)
        help_command(out, command);
    return rc;
}

/* A family without its second word ("run"), or words that are no command. */
static int no_command(struct ctl *ctl, int argc, char **argv, struct as_err *err)
{
    bool wants_help = argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));
    if (wants_help && help_family(&ctl->out, argv[0]))
        return 0;
    if ((argc == 1 || argv[1][0] == '-') && help_family(&ctl->messages, argv[0]))
        return as_err_set(err, AS_EUSAGE, "'%s' needs a second word: one of the above", argv[0]);
    return AS_EUSAGE; /* and the sentence of command_find */
}

static int run_command(struct ctl *ctl, int argc, char **argv, struct as_err *err)
{
    const struct command *command = NULL;
    struct args args = {0};
    int words;
    if (command_find(argc, argv, &command, &words, err))
        return no_command(ctl, argc, argv, err);
    int rc = args_parse(&args, command, argc - words + 1, argv + words - 1, ctl, err);
    init_outputs(ctl);
    if (rc)
        as_err_prefix(err, "%s", command->path);
    else if (args.wants_help)
        help_command(&ctl->out, command);
    else
        rc = command->run ? command->run(ctl, &args, err) : call_and_print(ctl, &args, err);
    args_done(&args);
    return rc;
}

/* An exit code, or a negative AS_E* with err set. */
static int run_program(struct ctl *ctl, int argc, char **argv, struct as_err *err)
{
    struct globals globals;
    int rc = args_parse_globals(argc, argv, ctl, &globals, err);
    init_outputs(ctl);
    if (rc)
        return rc;
    argc -= globals.used;
    argv += globals.used;
    if (globals.dump)
        return dump_write(globals.dump, stdout, err);
    if (globals.wants_version) {
        out_print(&ctl->out, "assayctl " ASSAY_VERSION "\n");
        return 0;
    }
    if (argc && !strcmp(argv[0], "help")) {
        globals.wants_help = true;
        argc--;
        argv++;
    }
    if (globals.wants_help)
        return show_help(&ctl->out, argc, argv, err);
    if (argc)
        return run_command(ctl, argc, argv, err);
    help_program(&ctl->messages);
    return as_err_set(err, AS_EUSAGE, "no command was given");
}

int main(int argc, char **argv)
{
    const char *socket_path = getenv("ASSAY_SOCKET");
    struct ctl ctl = {.socket_path = CTL_DEFAULT_SOCKET};
    struct as_err err = {0};
    if (socket_path && *socket_path)
        ctl.socket_path = socket_path;
    const char *locale = setlocale(LC_CTYPE, ""); /* for widths; numbers stay as they are */
    if (!locale || !strcmp(locale, "C") || !strcmp(locale, "POSIX"))
        setlocale(LC_CTYPE, "C.UTF-8"); /* what is printed is UTF-8 in any case */
    int rc = run_program(&ctl, argc, argv, &err);
    if (rc < 0) {
        fflush(stdout);
        out_styled(&ctl.messages, STYLE_BAD, "assayctl: ");
        out_print(&ctl.messages, "%s\n", err.msg);
        rc = as_err_exit_code(rc);
    }
    client_close(ctl.client);
    if (fflush(stdout) && !rc)
        rc = as_err_exit_code(AS_EIO);
    return rc;
}
