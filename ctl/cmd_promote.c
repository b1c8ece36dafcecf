/* promote: the exit code is the gate's where the gate was against it. */
#include "ctl/run_commands.h"

#include <string.h>

enum { EXIT_GATE_FAILED = 2, EXIT_UNDECIDED = 5 };

int command_promote(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *result = NULL;
    if (!args_has(args, "run"))
        return as_err_set(err, AS_EUSAGE, "--run is needed: by which run's evidence?");
    int rc = ctl_call(ctl, args->command->method, args_take_params(args), &result, err);
    if (rc)
        return rc;
    ctl_show(ctl, args->command, result);
    const char *outcome = as_json_get_cstr_or(result, "outcome", "");
    if (as_json_get_bool(result, "promoted", false))
        return 0;
    if (!strcmp(outcome, "fail"))
        return EXIT_GATE_FAILED;
    return strcmp(outcome, "undecided") ? as_err_exit_code(AS_ESTATE) : EXIT_UNDECIDED;
}
