/* The commands of assayctl as a table, and what reads it: the parser, the help and the man page.
 *
 * A command calls one method of lib/proto. Its arguments and options name the method's parameters,
 * whose types decide how words become values; options without a parameter are the client's own.
 * What needs more than call and print has a run function. */
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

#include "ctl/client.h"
#include "ctl/output.h"

#define CTL_DEFAULT_SOCKET "/run/assay/assayd.sock"
#define COMMAND_ARGS_MAX 3
#define COMMAND_OPTIONS_MAX 28

/* What is the same for every command of this process. */
struct ctl {
    const char *socket_path;
    bool is_json;
    enum color_mode color;
    struct output out;      /* stdout */
    struct output messages; /* stderr: errors, progress */
    struct client *client;  /* NULL until the first call */
};

struct command_arg {
    const char *label; /* NULL ends the list */
    const char *param; /* NULL: the client's own, one at most; it is in args.rest */
    bool is_many;      /* takes all that is left */
    bool is_optional;  /* the last of them */
};

struct command_option {
    const char *name;  /* without dashes; NULL ends the list */
    const char *value; /* what follows it; NULL: it stands alone; "[=X]": may stand alone */
    const char *param; /* NULL: the client's own */
    const char *doc;
};

struct args;

struct command {
    const char *path; /* "run start"; NULL ends a family's table */
    const char *method;
    const char *doc;
    struct command_arg args[COMMAND_ARGS_MAX + 1];
    struct command_option options[COMMAND_OPTIONS_MAX + 1];
    const char *help;    /* more to know; NULL = nothing */
    const char *example; /* one or more lines */
    void (*print)(struct ctl *ctl, const struct as_json *result);
    /* NULL: call the method and print. Returns an exit code, or a negative AS_E* with err set. */
    int (*run)(struct ctl *ctl, struct args *args, struct as_err *err);
};

/* In the order of help; NULL after the last. */
const struct command *command_at(size_t index);

/* The words of the command line after the command's own. */
struct args {
    const struct command *command;
    struct as_json *params;                  /* object; what goes to the method */
    const char *values[COMMAND_OPTIONS_MAX]; /* by option; "" for one that stands alone */
    char **rest;                             /* of the argument that has no parameter */
    size_t rest_count;
    bool wants_help;
};

/* What stands before the command: the program's own options. */
struct globals {
    int used;         /* words of argv that were read, the program's name included */
    const char *dump; /* print what is made from the tables: dump.h */
    bool wants_help, wants_version;
};
int args_parse_globals(int argc, char **argv, struct ctl *ctl, struct globals *ret_globals,
                       struct as_err *err) AS_MUST_USE;

/* The words after the command; --socket, --json and --color are taken here too. argv[0] is passed
 * over. args starts as zeros and is released by args_done whatever the outcome. AS_EUSAGE. */
int args_parse(struct args *args, const struct command *command, int argc, char **argv,
               struct ctl *ctl, struct as_err *err) AS_MUST_USE;
void args_done(struct args *args);
const char *args_value(const struct args *args, const char *option); /* NULL: not given */
bool args_has(const struct args *args, const char *option);
struct as_json *args_take_params(struct args *args); /* for one call */

/* The command that the words begin with, and how many of them are its name. AS_EUSAGE names the
 * nearest command, or the commands of the family that was named alone. */
int command_find(int argc, char **argv, const struct command **ret_command, int *ret_words,
                 struct as_err *err) AS_MUST_USE;

void help_program(const struct output *out);
void help_command(const struct output *out, const struct command *command);
/* Every command of a family ("run"); false when there is no such family. */
bool help_family(const struct output *out, const char *family);
void help_man_page(FILE *stream);

/* Connects if need be: for what has to be set up on the connection before a call. */
int ctl_connect(struct ctl *ctl, struct as_err *err) AS_MUST_USE;
/* Connects if need be. "last" as `run` or `other` becomes the newest run's
 * number first. */
int ctl_call(struct ctl *ctl, const char *method, struct as_json *params_take,
             struct as_json **ret_result, struct as_err *err) AS_MUST_USE;
/* The result, as JSON or by the command's print. */
void ctl_show(struct ctl *ctl, const struct command *command, const struct as_json *result);

#endif
