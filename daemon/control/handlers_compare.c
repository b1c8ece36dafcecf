/* run.compare: members of one run group or of two, on a reader of the database. */
#include "daemon/control/handlers.h"
#include "daemon/engine/compare_runs.h"

static void compare_work(struct store *store, struct control_query *query)
{
    const struct as_json *params = query->call->params;
    struct compare_request request = {
        .sides = sides_request_of(params),
        .report = as_json_get(params, "report"),
    };
    query->rc = compare_runs(store, &request, &query->result, &query->err);
}

void handle_run_compare(void *ctx, struct control_call *call)
{
    control_read(ctx, call, compare_work, NULL);
}
