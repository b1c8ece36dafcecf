/* --help, `assayctl help` and the man page, from the table of commands. */
#include "ctl/command.h"

#include <string.h>

static const char synopsis[] =
    "assayctl [--socket PATH] [--json] [--color auto|always|never] COMMAND";

/* Options and exit codes that hold for every command: name, text. */
static const char *const global_rows[][2] = {
    {"--socket PATH", "assayd's; else $ASSAY_SOCKET, else " CTL_DEFAULT_SOCKET},
    {"--json", "one line of JSON, as docs/control-protocol.md describes it"},
    {"--color WHEN", "auto (on a terminal, unless $NO_COLOR), always or never"},
    {"--help", "after a command: what it does, its options, an example"},
    {"--version", "the version"},
};

static const char *const exit_rows[][2] = {
    {"0", "done, and the gate passed where one was asked for"},
    {"2", "the gate failed"},
    {"3", "the run failed or was cancelled; or assayd could not do it"},
    {"4", "gave up waiting"},
    {"5", "the gate is undecided"},
    {"6", "assayd is not reachable"},
    {"7", "denied"},
    {"64", "wrong usage"},
    {"65", "bad input"},
};

/* "--limit N", "--cache[=AGE]", "--wait" */
static void add_option_name(struct as_buf *name, const struct command_option *option)
{
    const char *value = option->value ? option->value : "";
    as_buf_addf(name, "--%s%s%s", option->name, *value && *value != '[' ? " " : "", value);
}

/* "row ls RUN [options]" */
static void write_usage(struct as_buf *text, const struct command *command, const char *options)
{
    as_buf_adds(text, command->path);
    for (const struct command_arg *arg = command->args; arg->label; arg++)
        as_buf_addf(text, arg->is_optional ? " [%s]" : " %s%s", arg->label,
                    arg->is_many ? "..." : "");
    if (command->options[0].name)
        as_buf_adds(text, options);
}

static void print_short(const struct output *out, const struct command *command)
{
    struct as_buf usage = {0};
    write_usage(&usage, command, "");
    out_print(out, "  %-27s %s\n", usage.ptr, command->doc);
    as_buf_done(&usage);
}

void help_program(const struct output *out)
{
    const struct command *command;
    out_print(out, "May this model replace that one, on our own traffic? Ask assayd.\n\n");
    out_styled(out, STYLE_BOLD, "Usage: ");
    out_print(out, "%s\n\n", synopsis);
    out_styled(out, STYLE_BOLD, "Commands\n");
    for (size_t i = 0; (command = command_at(i)); i++)
        print_short(out, command);
    out_styled(out, STYLE_BOLD, "\nOptions\n");
    for (size_t i = 0; i < AS_COUNT(global_rows); i++)
        out_print(out, "  %-16s %s\n", global_rows[i][0], global_rows[i][1]);
    out_styled(out, STYLE_BOLD, "\nExit codes\n");
    for (size_t i = 0; i < AS_COUNT(exit_rows); i++)
        out_print(out, "  %-3s %s\n", exit_rows[i][0], exit_rows[i][1]);
    out_print(out, "\nTry: assayctl run start EVAL --wait\n");
}

bool help_family(const struct output *out, const char *family)
{
    size_t len = strlen(family);
    bool is_there = false;
    const struct command *command;
    for (size_t i = 0; (command = command_at(i)); i++) {
        if (strncmp(command->path, family, len) || command->path[len] != ' ')
            continue;
        print_short(out, command);
        is_there = true;
    }
    return is_there;
}

/* The lines of an example, each after a prompt. */
static void print_example(const struct output *out, const char *lines)
{
    while (*lines) {
        int len = (int)strcspn(lines, "\n");
        out_print(out, "  $ %.*s\n", len, lines);
        lines += len + (lines[len] == '\n');
    }
}

void help_command(const struct output *out, const struct command *command)
{
    struct as_buf usage = {0};
    write_usage(&usage, command, " [options]");
    out_print(out, "%s\n\n", command->doc);
    out_styled(out, STYLE_BOLD, "Usage: ");
    out_print(out, "assayctl %s\n", usage.ptr);
    as_buf_done(&usage);
    out_styled(out, STYLE_BOLD, "\nOptions\n");
    for (const struct command_option *option = command->options; option->name; option++) {
        struct as_buf name = {0};
        add_option_name(&name, option);
        out_print(out, "  %-20s %s\n", name.ptr, option->doc);
        as_buf_done(&name);
    }
    out_print(out, "  and --json, --socket PATH, --color WHEN: see assayctl --help\n");
    if (command->help)
        out_print(out, "\n%s\n", command->help);
    out_styled(out, STYLE_BOLD, "\nExample\n");
    print_example(out, command->example);
}

/* ---- the man page ---- */

/* Text for roff: a backslash, a dash and a leading dot or quote mean themselves. */
static void write_roff(FILE *stream, const char *text)
{
    bool at_start = true;
    for (; *text; text++) {
        if (at_start && (*text == '.' || *text == '\''))
            fputs("\\&", stream);
        if (*text == '\\')
            fputs("\\e", stream);
        else if (*text == '-')
            fputs("\\-", stream);
        else
            fputc(*text, stream);
        at_start = *text == '\n';
    }
}

static void write_section(FILE *stream, const char *title)
{
    fprintf(stream, ".SH %s\n", title);
}

static void write_item(FILE *stream, const char *head, const char *body)
{
    fputs(".TP\n.B ", stream);
    write_roff(stream, head);
    fputc('\n', stream);
    write_roff(stream, body);
    fputc('\n', stream);
}

static void write_man_command(FILE *stream, const struct command *command)
{
    struct as_buf usage = {0};
    write_usage(&usage, command, " [options]");
    fputs(".SS ", stream);
    write_roff(stream, usage.ptr);
    fputc('\n', stream);
    write_roff(stream, command->doc);
    fputc('\n', stream);
    as_buf_done(&usage);
    for (const struct command_option *option = command->options; option->name; option++) {
        struct as_buf name = {0};
        add_option_name(&name, option);
        write_item(stream, name.ptr, option->doc);
        as_buf_done(&name);
    }
    if (command->help) {
        fputs(".PP\n", stream);
        write_roff(stream, command->help);
        fputc('\n', stream);
    }
    fputs(".PP\n.nf\n", stream);
    write_roff(stream, command->example);
    fputs("\n.fi\n", stream);
}

void help_man_page(FILE *stream)
{
    const struct command *command;
    fputs(".TH ASSAYCTL 1 \"2026-11-21\" \"assay " ASSAY_VERSION "\"\n", stream);
    write_section(stream, "NAME");
    write_roff(stream, "assayctl - start, watch and read the evals of assayd\n");
    write_section(stream, "SYNOPSIS");
    write_roff(stream, synopsis);
    fputc('\n', stream);
    write_section(stream, "OPTIONS");
    for (size_t i = 0; i < AS_COUNT(global_rows); i++)
        write_item(stream, global_rows[i][0], global_rows[i][1]);
    write_section(stream, "COMMANDS");
    for (size_t i = 0; (command = command_at(i)); i++)
        write_man_command(stream, command);
    write_section(stream, "EXIT STATUS");
    for (size_t i = 0; i < AS_COUNT(exit_rows); i++)
        write_item(stream, exit_rows[i][0], exit_rows[i][1]);
}
