/* journal verify: its exit code is in the answer. */
#include "ctl/run_commands.h"

enum { EXIT_NOT_SOUND = 3 };

int command_journal_verify(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *result = NULL;
    int rc = ctl_call(ctl, args->command->method, args_take_params(args), &result, err);
    if (rc)
        return rc;
    ctl_show(ctl, args->command, result);
    return as_json_get_bool(result, "ok", false) ? 0 : EXIT_NOT_SOUND;
}
