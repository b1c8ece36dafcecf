/* All commands, family by family. The order is that of `assayctl help` and of the man page. A new
 * command is an entry of commands_FAMILY.c; a new family is a file, and a line here. */
#include "ctl/commands.h"

static const struct command *const families[] = {
    commands_daemon,    commands_plugin,   commands_eval,    commands_run,
    commands_result,    commands_schedule, commands_event,   commands_baseline,
    commands_promotion, commands_inbox,    commands_journal,
};

const struct command *command_at(size_t index)
{
    for (size_t family = 0; family < AS_COUNT(families); family++)
        for (const struct command *command = families[family]; command->path; command++)
            if (index-- == 0)
                return command;
    return NULL;
}
