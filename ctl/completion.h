/* Completions for shells, written from the table of commands. */
#ifndef CTL_COMPLETION_H
#define CTL_COMPLETION_H

#include "ctl/command.h"

#include <stdio.h>

void completion_bash(FILE *stream);
void completion_zsh(FILE *stream);
void completion_fish(FILE *stream);

/* What the three have in common. */
bool completion_is_file(const char *label);
/* Its first argument is a run, for which `last` may stand. */
bool completion_takes_run(const struct command *command);
bool completion_has_file(const struct command *command);
/* A value follows the option as a word of its own; not so one that may be left out. */
bool completion_takes_word(const struct command_option *option);
/* For a text in single quotes: quote is what a single quote becomes. */
void completion_put_quoted(FILE *stream, const char *text, const char *quote);
#define COMPLETION_SH_QUOTE "'\\''"

#endif
