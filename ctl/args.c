/* From words to a command, its parameters and its options, over getopt_long. */
#include "ctl/command.h"

#include "lib/nearest.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX_BYTES 128
#define PATH_WORDS_MAX 3 /* "daemon limits set" */

enum { OPT_SOCKET = 1000, OPT_JSON, OPT_COLOR, OPT_HELP, OPT_VERSION, OPT_DUMP };

/* The first EVERYWHERE_COUNT may also stand after the command. */
static const struct option global_options[] = {
    {"socket", required_argument, NULL, OPT_SOCKET},
    {"json", no_argument, NULL, OPT_JSON},
    {"color", required_argument, NULL, OPT_COLOR},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {"dump", required_argument, NULL, OPT_DUMP},
    {NULL, 0, NULL, 0},
};
#define EVERYWHERE_COUNT 4

/* ---- finding the command ---- */

static void join_words(int argc, char **argv, int count, char words[WORDS_MAX_BYTES])
{
    words[0] = '\0';
    for (int i = 0; i < count && i < argc; i++) {
        size_t used = strlen(words);
        snprintf(words + used, WORDS_MAX_BYTES - used, "%s%s", i ? " " : "", argv[i]);
    }
}

static const struct command *find_path(const char *path)
{
    const struct command *command;
    for (size_t i = 0; (command = command_at(i)); i++)
        if (!strcmp(command->path, path))
            return command;
    return NULL;
}

static int unknown_command(int argc, char **argv, struct as_err *err)
{
    char words[WORDS_MAX_BYTES];
    struct as_nearest nearest = {0};
    const struct command *command;
    for (int count = PATH_WORDS_MAX; count >= 1; count--) {
        join_words(argc, argv, count, words);
        for (size_t i = 0; (command = command_at(i)); i++)
            as_nearest_offer(&nearest, words, command->path);
    }
    join_words(argc, argv, argc > 1 && argv[1][0] != '-' ? 2 : 1, words);
    if (nearest.best)
        return as_err_set(err, AS_EUSAGE, "unknown command '%s': did you mean '%s'?", words,
                          nearest.best);
    return as_err_set(err, AS_EUSAGE, "unknown command '%s': see `assayctl help`", words);
}

int command_find(int argc, char **argv, const struct command **ret_command, int *ret_words,
                 struct as_err *err)
{
    char words[WORDS_MAX_BYTES];
    for (int count = PATH_WORDS_MAX; count >= 1; count--) {
        join_words(argc, argv, count, words);
        const struct command *command = argc >= count ? find_path(words) : NULL;
        if (command) {
            *ret_command = command;
            *ret_words = count;
            return 0;
        }
    }
    return unknown_command(argc, argv, err);
}

/* ---- options ---- */

static int take_everywhere(int opt, struct ctl *ctl, bool *ret_wants_help, struct as_err *err)
{
    static const char *const modes[] = {"auto", "always", "never"};
    if (opt == OPT_SOCKET)
        ctl->socket_path = optarg;
    else if (opt == OPT_JSON)
        ctl->is_json = true;
    else if (opt == OPT_HELP)
        *ret_wants_help = true;
    for (int mode = COLOR_AUTO; opt == OPT_COLOR; mode++) {
        if (mode > COLOR_NEVER)
            return as_err_set(err, AS_EUSAGE, "--color is auto, always or never, not '%s'", optarg);
        if (strcmp(optarg, modes[mode]))
            continue;
        ctl->color = (enum color_mode)mode;
        break;
    }
    return 0;
}

/* What getopt could not take: argv[optind - 1] is the word. */
static int bad_option(int opt, char **argv, const struct option *options, struct as_err *err)
{
    const char *word = argv[optind - 1];
    if (opt == ':')
        return as_err_set(err, AS_EUSAGE, "%s needs a value", word);
    if (strncmp(word, "--", 2))
        return as_err_set(err, AS_EUSAGE, "unknown option '-%c'", optopt ? optopt : '?');
    char name[WORDS_MAX_BYTES];
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
    struct as_nearest nearest = {0};
    for (const struct option *option = options; option->name; option++) {
        if (!strcmp(option->name, name))
            return as_err_set(err, AS_EUSAGE, "--%s takes no value", name);
        as_nearest_offer(&nearest, name, option->name);
    }
    if (nearest.best)
        return as_err_set(err, AS_EUSAGE, "unknown option '--%s': did you mean '--%s'?", name,
                          nearest.best);
    return as_err_set(err, AS_EUSAGE, "unknown option '--%s': see --help", name);
}

int args_parse_globals(int argc, char **argv, struct ctl *ctl, struct globals *ret_globals,
                       struct as_err *err)
{
    struct globals globals = {0};
    int opt, rc = 0;
    opterr = 0;
    optind = 1;
    while (!rc && (opt = getopt_long(argc, argv, "+:h", global_options, NULL)) != -1) {
        if (opt == OPT_VERSION)
            globals.wants_version = true;
        else if (opt == OPT_DUMP)
            globals.dump = optarg;
        else if (opt == '?' || opt == ':')
            rc = bad_option(opt, argv, global_options, err);
        else
            rc = take_everywhere(opt == 'h' ? OPT_HELP : opt, ctl, &globals.wants_help, err);
    }
    globals.used = optind;
    if (!rc)
        *ret_globals = globals;
    return rc;
}

/* ---- values ---- */

static const struct proto_param *param_of(const struct command *command, const char *name)
{
    const struct proto_method *method = name ? proto_find(command->method) : NULL;
    const struct proto_param *param = method ? method->params : NULL;
    while (param && param->name && strcmp(param->name, name))
        param++;
    AS_ASSERT(!name || (param && param->name)); /* the two tables agree */
    return param;
}

static struct as_json *list_of(const char *words)
{
    struct as_json *list = as_json_array();
    while (*words) {
        size_t len = strcspn(words, ",");
        if (len)
            as_json_push_take(list, as_json_new_str((struct as_str){words, len}));
        words += len + (words[len] == ',');
    }
    return list;
}

/* word as the parameter's type wants it; label names it in the error. */
static int value_of(const struct proto_param *param, const char *label, const char *word,
                    struct as_json **ret_value, struct as_err *err)
{
    char *end = NULL;
    errno = 0;
    switch (param->type) {
    case PROTO_INT:
        if (!strcmp(word, "last") && (!strcmp(param->name, "run") || !strcmp(param->name, "other")))
            break; /* ctl_call finds out which one that is */
        long long integer = strtoll(word, &end, 10);
        if (errno || end == word || *end)
            return as_err_set(err, AS_EUSAGE, "%s must be an integer, not '%s'", label, word);
        *ret_value = as_json_new_int(integer);
        return 0;
    case PROTO_NUMBER:;
        double number = strtod(word, &end);
        if (errno || end == word || *end)
            return as_err_set(err, AS_EUSAGE, "%s must be a number, not '%s'", label, word);
        *ret_value = as_json_new_num(number);
        return 0;
    case PROTO_BOOL: *ret_value = as_json_new_bool(true); return 0;
    case PROTO_STRINGS: *ret_value = list_of(word); return 0;
    case PROTO_STRING:
    case PROTO_OBJECT: break;
    }
    *ret_value = as_json_new_str(as_str_from(word));
    return 0;
}

static int set_param(struct args *args, const char *param_name, const char *label, const char *word,
                     struct as_err *err)
{
    struct as_json *value = NULL;
    int rc = value_of(param_of(args->command, param_name), label, word, &value, err);
    if (!rc)
        as_json_set_take(args->params, param_name, value);
    return rc;
}

static int take_option(struct args *args, size_t index, struct as_err *err)
{
    const struct command_option *option = &args->command->options[index];
    char label[WORDS_MAX_BYTES];
    args->values[index] = optarg ? optarg : "";
    if (!option->param)
        return 0;
    snprintf(label, sizeof(label), "--%s", option->name);
    return set_param(args, option->param, label, args->values[index], err);
}

static int take_positionals(struct args *args, int argc, char **argv, struct as_err *err)
{
    for (const struct command_arg *arg = args->command->args; arg->label; arg++) {
        if (!argc && arg->is_optional)
            break;
        if (!argc)
            return as_err_set(err, AS_EUSAGE, "%s is missing: see `assayctl %s --help`", arg->label,
                              args->command->path);
        int taken = arg->is_many ? argc : 1;
        if (!arg->param) {
            args->rest = argv;
            args->rest_count = (size_t)taken;
        }
        int rc = arg->param ? set_param(args, arg->param, arg->label, argv[0], err) : 0;
        if (rc)
            return rc;
        argc -= taken;
        argv += taken;
    }
    if (argc)
        return as_err_set(
            err, AS_EUSAGE,
            "'%s' is one word too many (one value with spaces or * in it needs quotes): see "
            "`assayctl %s --help`",
            argv[0], args->command->path);
    return 0;
}

/* Options that stand for a parameter which the method cannot do without. */
static int check_needed(const struct args *args, struct as_err *err)
{
    for (size_t i = 0; args->command->options[i].name; i++) {
        const struct command_option *option = &args->command->options[i];
        const struct proto_param *param = param_of(args->command, option->param);
        if (param && param->is_required && !args->values[i])
            return as_err_set(err, AS_EUSAGE, "--%s is missing: see `assayctl %s --help`",
                              option->name, args->command->path);
    }
    return 0;
}

int args_parse(struct args *args, const struct command *command, int argc, char **argv,
               struct ctl *ctl, struct as_err *err)
{
    struct option options[EVERYWHERE_COUNT + COMMAND_OPTIONS_MAX + 1] = {0};
    memcpy(options, global_options, EVERYWHERE_COUNT * sizeof(options[0]));
    for (int i = 0; command->options[i].name; i++) {
        const char *value = command->options[i].value;
        int takes = !value ? no_argument : *value == '[' ? optional_argument : required_argument;
        options[EVERYWHERE_COUNT + i] = (struct option){command->options[i].name, takes, NULL, i};
    }
    *args = (struct args){.command = command, .params = as_json_object()};
    int opt, rc = 0;
    optind = 0; /* GNU: start anew */
    while (!rc && (opt = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        if (opt == '?' || opt == ':')
            rc = bad_option(opt, argv, options, err);
        else if (opt < COMMAND_OPTIONS_MAX)
            rc = take_option(args, (size_t)opt, err);
        else
            rc = take_everywhere(opt, ctl, &args->wants_help, err);
    }
    if (rc || args->wants_help)
        return rc;
    rc = take_positionals(args, argc - optind, argv + optind, err);
    return rc ? rc : check_needed(args, err);
}

void args_done(struct args *args)
{
    as_json_free(args->params);
    *args = (struct args){0};
}

const char *args_value(const struct args *args, const char *option)
{
    for (size_t i = 0; args->command->options[i].name; i++)
        if (!strcmp(args->command->options[i].name, option))
            return args->values[i];
    return NULL;
}

bool args_has(const struct args *args, const char *option)
{
    return args_value(args, option) != NULL;
}

struct as_json *args_take_params(struct args *args)
{
    struct as_json *params = args->params;
    args->params = NULL;
    return params;
}
