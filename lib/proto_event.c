/* The methods of the protocol, fourth part: what happens, and who is told of it. */
#include "lib/proto_own.h"

#define EVENT                                                                                     \
    "{id, at_ms, kind, over, eval, subject, run, text, detail}: over is true when what the kind " \
    "tells of holds no longer; subject is the candidate, the model, the schedule or the file "    \
    "that it is about; detail is an object for programs, by kind"
#define FILTER                                         \
    TEXT("eval", "only of this eval", NAME_MAX_BYTES), \
        TEXT("kind", "only of this kind: gate_fail, say", NAME_MAX_BYTES)

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
    {.name = NULL},
};
