/* For fish: a line for each word of a command and for each option, with the condition under which
 * it is offered. */
#include "ctl/completion.h"

#include <string.h>

#define QUOTE "\\'"

static const char opening[] =
    "# Completion of assayctl for fish: printed by `assayctl --dump completion-fish`.\n"
    "\n"
    "# The words so far that are no options, nor values of those that may stand anywhere.\n"
    "function __assayctl_said\n"
    "    set -l skips 0\n"
    "    for word in (commandline -opc)[2..-1]\n"
    "        if test $skips = 1\n"
    "            set skips 0\n"
    "            continue\n"
    "        end\n"
    "        switch $word\n"
    "            case --socket --color\n"
    "                set skips 1\n"
    "            case '-*' help\n"
    "            case '*'\n"
    "                echo $word\n"
    "        end\n"
    "    end\n"
    "end\n"
    "\n"
    "# Nothing but these words was said: another one of a command may follow.\n"
    "function __assayctl_at\n"
    "    test (string join -- ' ' (__assayctl_said) | string collect -a) = \"$argv\"\n"
    "end\n"
    "\n"
    "# The command begins with these words.\n"
    "function __assayctl_is\n"
    "    string match -q -- \"$argv *\" (string join -- ' ' (__assayctl_said) '')\n"
    "end\n"
    "\n"
    "complete -c assayctl -f\n"
    "complete -c assayctl -l json -d 'one line of JSON'\n"
    "complete -c assayctl -l socket -r -F -d 'of assayd'\n"
    "complete -c assayctl -l color -x -a 'auto always never' -d 'when to use colours'\n"
    "complete -c assayctl -s h -l help -d 'what the command does'\n"
    "complete -c assayctl -n __assayctl_at -l version -d 'the version'\n";

static void put_doc(FILE *stream, const char *doc)
{
    fputs(" -d '", stream);
    completion_put_quoted(stream, doc, QUOTE);
    fputs("'\n", stream);
}

/* Each word of the path, after the words before it; only the last has the command's text. */
static void put_path(FILE *stream, const char *path, const char *doc)
{
    for (const char *word = path; *word;) {
        size_t len = strcspn(word, " ");
        int before = word == path ? 0 : (int)(word - path - 1);
        fprintf(stream, "complete -c assayctl -n '__assayctl_at%s%.*s' -a %.*s", before ? " " : "",
                before, path, (int)len, word);
        if (word[len])
            fputc('\n', stream);
        else
            put_doc(stream, doc);
        word += len + (word[len] == ' ');
    }
}

static void put_option(FILE *stream, const char *path, const struct command_option *option)
{
    const char *value = completion_is_file(option->value) ? " -r -F"
                        : completion_takes_word(option)   ? " -x"
                                                          : "";
    fprintf(stream, "complete -c assayctl -n '__assayctl_is %s' -l %s%s", path, option->name,
            value);
    put_doc(stream, option->doc);
}

void completion_fish(FILE *stream)
{
    const struct command *command;
    fputs(opening, stream);
    for (size_t i = 0; (command = command_at(i)); i++) {
        put_path(stream, command->path, command->doc);
        if (completion_takes_run(command))
            fprintf(stream, "complete -c assayctl -n '__assayctl_at %s' -a last\n", command->path);
        if (completion_has_file(command))
            fprintf(stream, "complete -c assayctl -n '__assayctl_is %s' -F\n", command->path);
        const struct command_option *option = command->options;
        for (; option->name; option++)
            put_option(stream, command->path, option);
    }
}
