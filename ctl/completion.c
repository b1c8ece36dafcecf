/* What shells are told: words that commands begin with, their options, and where a value is a file.
 * Names of evals or runs are not among it: a completion asks no daemon.
 *
 * Each script finds the command in the words that stand before the cursor, as command_find does;
 * what differs is how a shell is told what may follow. */
#include "ctl/completion.h"

#include <string.h>

bool completion_is_file(const char *label)
{
    return label && !strcmp(label, "FILE");
}

bool completion_takes_run(const struct command *command)
{
    return command->args[0].param && !strcmp(command->args[0].param, "run");
}

bool completion_has_file(const struct command *command)
{
    for (const struct command_arg *arg = command->args; arg->label; arg++)
        if (completion_is_file(arg->label))
            return true;
    return false;
}

bool completion_takes_word(const struct command_option *option)
{
    return option->value && *option->value != '[';
}

void completion_put_quoted(FILE *stream, const char *text, const char *quote)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs(quote, stream);
        else
            fputc(*text, stream);
    }
}

/* ---- bash ---- */

static const char bash_opening[] =
    "# Completion of assayctl for bash: printed by `assayctl --dump completion-bash`.\n"
    "_assayctl_paths=(\n";

static const char bash_closing[] =
    "    esac\n"
    "}\n"
    "\n"
    "_assayctl() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local at path='' said='' words='' options='' values='' files=''\n"
    "    COMPREPLY=()\n"
    "    for ((at = 1; at < COMP_CWORD; at++)); do\n"
    "        case ${COMP_WORDS[at]} in\n"
    "        --socket | --color) ((++at)) ;;\n"
    "        -* | help) ;;\n"
    "        *) said+=\"${COMP_WORDS[at]} \" ;;\n"
    "        esac\n"
    "    done\n"
    "    for at in \"${_assayctl_paths[@]}\"; do\n"
    "        if [[ $said == \"$at \"* ]] && ((${#at} > ${#path})); then\n"
    "            path=$at\n"
    "        elif [[ $at == \"$said\"* ]]; then\n"
    "            at=${at#\"$said\"}\n"
    "            [[ \"$words \" == *\" ${at%% *} \"* ]] || words+=\" ${at%% *}\"\n"
    "        fi\n"
    "    done\n"
    "    _assayctl_command \"$path\"\n"
    "    if [[ $before == --color ]]; then\n"
    "        COMPREPLY=($(compgen -W 'auto always never' -- \"$word\"))\n"
    "    elif [[ $before == --socket || \" $files \" == *\" $before \"* ]]; then\n"
    "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
    "    elif [[ \" $values \" == *\" $before \"* ]]; then\n"
    "        return\n"
    "    elif [[ $word == -* ]]; then\n"
    "        [ -n \"$said\" ] || options=--version\n"
    "        COMPREPLY=($(compgen -W \"$options --json --socket --color --help\" -- \"$word\"))\n"
    "    elif [[ \" $files \" == *' . '* ]]; then\n"
    "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
    "    else\n"
    "        COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
    "    fi\n"
    "}\n"
    "complete -o filenames -F _assayctl assayctl\n";

/* In `files` a dot stands for the command's own arguments. */
static void bash_command(FILE *stream, const struct command *command)
{
    const struct command_option *option;
    fprintf(stream, "    '%s')\n        options='", command->path);
    for (option = command->options; option->name; option++)
        fprintf(stream, " --%s", option->name);
    fputs("'\n        values='", stream);
    for (option = command->options; option->name; option++)
        if (completion_takes_word(option) && !completion_is_file(option->value))
            fprintf(stream, " --%s", option->name);
    fprintf(stream, "'\n        files='%s", completion_has_file(command) ? " ." : "");
    for (option = command->options; option->name; option++)
        if (completion_is_file(option->value))
            fprintf(stream, " --%s", option->name);
    fprintf(stream, "'\n%s        ;;\n",
            completion_takes_run(command) ? "        words+=' last'\n" : "");
}

void completion_bash(FILE *stream)
{
    const struct command *command;
    fputs(bash_opening, stream);
    for (size_t i = 0; (command = command_at(i)); i++)
        fprintf(stream, "    '%s'\n", command->path);
    fputs(")\n\n# Sets options, values (those that take one), files, and adds to words.\n"
          "_assayctl_command() {\n    case $1 in\n",
          stream);
    for (size_t i = 0; (command = command_at(i)); i++)
        bash_command(stream, command);
    fputs(bash_closing, stream);
}
