/* For zsh: _describe for the words of a command, _arguments for what follows them. */
#include "ctl/completion.h"

#include <string.h>

static const char opening[] =
    "#compdef assayctl\n"
    "# Completion of assayctl for zsh: printed by `assayctl --dump completion-zsh`.\n"
    "\n"
    "_assayctl_paths=(\n";

static const char middle[] =
    ")\n"
    "\n"
    "_assayctl_everywhere=(\n"
    "  '--json[one line of JSON]'\n"
    "  '--socket=[of assayd]:PATH:_files'\n"
    "  '--color=[when to use colours]:WHEN:(auto always never)'\n"
    "  '(-h --help)'{-h,--help}'[what the command does, its options, an example]'\n"
    ")\n"
    "\n"
    "_assayctl() {\n"
    "  local entry found='' said='' rest\n"
    "  local -i at named=1\n"
    "  local -a next\n"
    "  for ((at = 2; at < CURRENT; at++)); do\n"
    "    case $words[at] in\n"
    "      --socket|--color) ((++at)) ;;\n"
    "      -*|help) ;;\n"
    "      *)\n"
    "        said+=\"$words[at] \"\n"
    "        for entry in $_assayctl_paths; do\n"
    "          [[ $said == \"${entry%%:*} \" ]] && found=${entry%%:*} && named=$at\n"
    "        done\n"
    "        ;;\n"
    "    esac\n"
    "  done\n"
    "  for entry in $_assayctl_paths; do\n"
    "    [[ ${entry%%:*} == ${said}?* ]] || continue\n"
    "    rest=${entry#$said}\n"
    "    if [[ ${rest%%:*} == *' '* ]]; then\n"
    "      next+=(\"${rest%% *}:${rest%% *} ...\")\n"
    "    else\n"
    "      next+=(\"$rest\")\n"
    "    fi\n"
    "  done\n"
    "  if [[ $words[CURRENT] != -* ]] && (($#next)); then\n"
    "    _describe command next\n"
    "    [[ -n $found ]] || return\n"
    "  fi\n"
    "  words=(assayctl \"${(@)words[named + 1,-1]}\")\n"
    "  ((CURRENT -= named - 1))\n"
    "  case $found in\n"
    "    '')\n"
    "      _arguments -S $_assayctl_everywhere '--version[the version]'\n"
    "      ;;\n";

/* Within a spec of _arguments a colon ends a message, and a bracket an explanation. */
static void put_text(FILE *stream, const char *text)
{
    for (; *text; text++) {
        if (strchr("[]:\\", *text))
            fputc('\\', stream);
        if (*text == '\'')
            fputs(COMPLETION_SH_QUOTE, stream);
        else
            fputc(*text, stream);
    }
}

static void put_option(FILE *stream, const struct command_option *option)
{
    const char *value = option->value ? option->value : "";
    bool may_lack = *value == '['; /* "[=AGE]" */
    fprintf(stream, " \\\n        '--%s%s[", option->name, may_lack ? "=-" : *value ? "=" : "");
    put_text(stream, option->doc);
    fputc(']', stream);
    if (may_lack)
        fprintf(stream, "::%.*s: ", (int)strcspn(value + 2, "]"), value + 2);
    else if (*value)
        fprintf(stream, ":%s:%s", value, completion_is_file(value) ? "_files" : " ");
    fputc('\'', stream);
}

static void put_arg(FILE *stream, const struct command *command, const struct command_arg *arg)
{
    const char *kind = arg->is_many ? "*" : arg->is_optional ? ":" : "";
    const char *values = " ";
    if (completion_is_file(arg->label))
        values = "_files";
    else if (arg == command->args && completion_takes_run(command))
        values = "(last)";
    fprintf(stream, " \\\n        '%s:%s:%s'", kind, arg->label, values);
}

static void put_command(FILE *stream, const struct command *command)
{
    fprintf(stream, "    '%s')\n      _arguments -S $_assayctl_everywhere", command->path);
    for (const struct command_option *option = command->options; option->name; option++)
        put_option(stream, option);
    for (const struct command_arg *arg = command->args; arg->label; arg++)
        put_arg(stream, command, arg);
    fputs("\n      ;;\n", stream);
}

void completion_zsh(FILE *stream)
{
    const struct command *command;
    fputs(opening, stream);
    for (size_t i = 0; (command = command_at(i)); i++) {
        fprintf(stream, "  '%s:", command->path);
        completion_put_quoted(stream, command->doc, COMPLETION_SH_QUOTE);
        fputs("'\n", stream);
    }
    fputs(middle, stream);
    for (size_t i = 0; (command = command_at(i)); i++)
        put_command(stream, command);
    fputs("  esac\n}\n\n_assayctl \"$@\"\n", stream);
}
