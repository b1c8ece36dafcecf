/* The tables of commands by family, and what several of them say. A family is an array of its own
 * that ends with a path of NULL; commands.c lists them all in the order of help. */
#ifndef CTL_COMMANDS_H
#define CTL_COMMANDS_H

#include "ctl/command.h"

extern const struct command commands_daemon[];
extern const struct command commands_plugin[];
extern const struct command commands_eval[];
extern const struct command commands_run[];
extern const struct command commands_result[];
extern const struct command commands_schedule[];
extern const struct command commands_event[];
extern const struct command commands_baseline[];
extern const struct command commands_promotion[];
extern const struct command commands_inbox[];
extern const struct command commands_journal[];

#define RUN_HELP "RUN is a run group's number, or the word last."
#define WHY_OPTION                                     \
    {                                                  \
        "why", "TEXT", "why", "why, for the audit log" \
    }
#define LOG_OPTIONS                                              \
    {"limit", "N", "limit", "so many; 50 when not given"},       \
    {                                                            \
        "before", "ID", "before", "only entries before this one" \
    }

#endif
