/* The methods of the protocol, fifth part: what happens, and who is told of it. */
#include "lib/proto_own.h"

#define EVENT                                                                                     \
    "{id, at_ms, kind, over, eval, subject, run, text, detail}: over is true when what the kind " \
    "tells of holds no longer; subject is the candidate, the model, the schedule or the file "    \
    "that it is about; detail is an object for programs, by kind"
#define FILTER                                         \
    TEXT("eval", "only of this eval", NAME_MAX_BYTES), \
        TEXT("kind", "only of this kind: gate_fail, say", NAME_MAX_BYTES)

#define DELIVERY                                                                                   \
    "{id, event, eval, rule, state: due, delivered, failed or dropped, tries, made_ms, ended_ms, " \
    "outcome}"

const struct proto_method proto_event_methods[] = {
    {
        .name = "event.list",
        .role = PROTO_OBSERVER,
        .doc = "What happened: runs, the gate's word, budgets, schedules, plugins, the "
               "configuration. The newest hundred thousand are kept.",
        .params = {FILTER, LIMIT, COUNT("before", "only events with a lower id", INT64_MAX)},
        .result = "{events: [" EVENT "], next?}: the last of them, the oldest first",
        .errors = "bad_input, io",
    },
    {
        .name = "event.watch",
        .role = PROTO_OBSERVER,
        .doc = "Sends this connection every event from now on, or from one on.",
        .params = {FILTER, LIMIT_OF("after",
                                    "those with a higher id; 0 begins with the oldest that is kept",
                                    INT64_MAX)},
        .result = "{last}: the id of the newest event, or 0",
        .errors = "bad_input",
        .notices = "`event`, shaped as in event.list, in the order of ids. A further call on the "
                   "connection takes the place of this one",
    },
    {
        .name = "notify.list",
        .role = PROTO_OBSERVER,
        .doc = "Who is told of what, which conditions were told of last, and the deliveries.",
        .params = {TEXT("eval", "only of this eval, and of assay.yaml", NAME_MAX_BYTES), LIMIT,
                   COUNT("before", "only deliveries with a lower id", INT64_MAX)},
        .result =
            "{rules: [{eval, rule, on: [kind], to, secret, timeout_ms, retries}], conditions: "
            "[{eval, subject, condition, state: bad or good, kind, since_ms, since_run, run, "
            "times}], deliveries: [" DELIVERY "], next?}: eval is null for a rule of assay.yaml; "
            "of a webhook's address `to` has the host alone; times counts how often a condition "
            "was met since it came to be as it is; the deliveries are the last of them, the oldest "
            "first",
        .errors = "not_found, io",
    },
    {
        .name = "notify.test",
        .role = PROTO_OPERATOR,
        .doc = "Sends an event of kind test to every rule of an eval and of assay.yaml, and waits "
               "for what comes back. Each is tried once.",
        .params = {NEED_TEXT("eval", "the eval's name", NAME_MAX_BYTES)},
        .result = "{event, deliveries: [" DELIVERY "]}",
        .errors = "not_found, cancelled, io",
    },
    {.name = NULL},
};
