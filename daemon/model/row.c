/* Words for the statuses of a row and the states of a group, as they stand in reports, in the
 * control protocol and in the command line. The numbers behind them are kept in the database:
 * members are only ever added at the end. */
#include "daemon/model/row.h"

#include <string.h>

static const char *const status_names[ROW_STATUS_COUNT] = {
    [ROW_OK] = "ok",
    [ROW_MODEL_ERROR] = "model_error",
    [ROW_TIMEOUT] = "timeout",
    [ROW_REFUSED] = "refused",
    [ROW_JUDGE_ERROR] = "judge_error",
    [ROW_SCORER_ERROR] = "scorer_error",
    [ROW_SKIPPED] = "skipped",
    [ROW_CANCELLED] = "cancelled",
};

static const char *const state_names[GROUP_STATE_COUNT] = {
    [GROUP_PENDING] = "pending",       [GROUP_RUNNING] = "running",
    [GROUP_FINISHING] = "finishing",   [GROUP_DONE] = "done",
    [GROUP_FAILED] = "failed",         [GROUP_CANCELLED] = "cancelled",
    [GROUP_CANCELLING] = "cancelling", [GROUP_PAUSED] = "paused",
    [GROUP_FAULTED] = "faulted",       [GROUP_HELD] = "held",
};

const char *row_status_name(enum row_status status)
{
    return status < ROW_STATUS_COUNT ? status_names[status] : "unknown";
}

int row_status_from(const char *name, enum row_status *ret_status)
{
    for (unsigned i = 0; i < ROW_STATUS_COUNT; i++) {
        if (!strcmp(status_names[i], name)) {
            *ret_status = (enum row_status)i;
            return 0;
        }
    }
    return AS_EINVAL;
}

bool row_status_is_models_fault(enum row_status status)
{
    return status == ROW_MODEL_ERROR || status == ROW_TIMEOUT || status == ROW_REFUSED;
}

bool row_status_is_our_fault(enum row_status status)
{
    return status == ROW_SCORER_ERROR || status == ROW_JUDGE_ERROR;
}

bool row_status_has_scores(enum row_status status)
{
    return status == ROW_OK || row_status_is_our_fault(status);
}

const char *group_state_name(enum group_state state)
{
    return state < GROUP_STATE_COUNT ? state_names[state] : "unknown";
}

bool group_state_is_final(enum group_state state)
{
    return state == GROUP_DONE || state == GROUP_FAILED || state == GROUP_CANCELLED;
}
