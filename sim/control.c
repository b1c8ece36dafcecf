/* A table of routes, and one small function for each. These requests count as none and meet no
 * fault: a test must be able to ask for the counters while everything else is failing. */
#include "sim/control.h"

#include "lib/json.h"

struct control {
    const struct handler_request *request;
    struct handler_options *options;
    struct counters *counters;
    struct handler_reply *reply;
};

static void reply_done(struct control *control)
{
    as_buf_adds(&control->reply->body, "{\"ok\":true}");
}

static void reply_error(struct control *control, int status, const char *message)
{
    control->reply->status = status;
    as_buf_adds(&control->reply->body, "{\"error\":{\"message\":");
    as_json_write_quoted(as_str_from(message), &control->reply->body);
    as_buf_adds(&control->reply->body, "}}");
}

static void show_stats(struct control *control)
{
    struct as_json *stats AS_CLEANUP_JSON = counters_json(control->counters);
    as_json_write(stats, &control->reply->body);
}

static void reset(struct control *control)
{
    counters_reset(control->counters);
    reply_done(control);
}

static void note_crash(struct control *control)
{
    counters_note_crash(control->counters, control->request->now_ms);
    reply_done(control);
}

static void add_fault(struct control *control)
{
    struct as_json *body AS_CLEANUP_JSON = NULL;
    struct as_err err = {0};
    struct fault fault;
    const char *kind = NULL;
    if (!as_json_parse(control->request->body.ptr, control->request->body.len, &body, &err))
        kind = as_json_get_cstr(body, "kind");
    if (!kind) {
        reply_error(control, 400, err.code ? err.msg : "a fault needs a \"kind\"");
        return;
    }
    if (fault_make(kind, as_json_get_num(body, "rate", 1), as_json_get_int(body, "param", -1),
                   &fault, &err)) {
        reply_error(control, 400, err.msg);
        return;
    }
    int rc = fault_set_add(&control->options->faults, &fault);
    AS_ASSERT(!rc); /* one a kind, and there are fewer kinds than places */
    reply_done(control);
}

static void clear_faults(struct control *control)
{
    control->options->faults.count = 0;
    reply_done(control);
}

static void make_models_faulty(struct control *control)
{
    control->options->faults.are_models_well = false;
    reply_done(control);
}

static void make_models_well(struct control *control)
{
    control->options->faults.are_models_well = true;
    reply_done(control);
}

static void set_seed(struct control *control)
{
    struct as_json *body AS_CLEANUP_JSON = NULL;
    int64_t seed = -1;
    if (!as_json_parse(control->request->body.ptr, control->request->body.len, &body, NULL))
        seed = as_json_get_int(body, "seed", -1);
    if (seed < 0) {
        reply_error(control, 400, "a seed is a whole number: {\"seed\": 17}");
        return;
    }
    control->options->seed = (uint64_t)seed;
    reply_done(control);
}

static int change_of(const struct as_json *body, struct model *ret_model, int64_t *ret_percent)
{
    const char *name = as_json_get_cstr(body, "model");
    *ret_percent = as_json_get_int(body, "percent", -1);
    return !name || *ret_percent < 0 || *ret_percent > 100 ||
           model_find(as_str_from(name), ret_model);
}

static void change_quality(struct control *control)
{
    struct as_json *body AS_CLEANUP_JSON = NULL;
    struct model model;
    int64_t percent;
    if (as_json_parse(control->request->body.ptr, control->request->body.len, &body, NULL) ||
        change_of(body, &model, &percent))
        reply_error(control, 400,
                    "a change names a model and how often it is right from now on: "
                    "{\"model\": \"sim-q90\", \"percent\": 85}");
    else if (model_changes_add(&control->options->changes, &model, (unsigned)percent))
        reply_error(control, 400, "too many models are changed: DELETE /_sim/quality");
    else
        reply_done(control);
}

static void restore_quality(struct control *control)
{
    control->options->changes.count = 0;
    reply_done(control);
}

_Static_assert(FAULT_KINDS <= FAULTS_MAX, "a set has a place for each kind of fault");

static const struct {
    const char *method;
    const char *path;
    void (*answer)(struct control *control);
} routes[] = {
    {"GET", "/_sim/stats", show_stats},
    {"POST", "/_sim/reset", reset},
    {"POST", "/_sim/crash", note_crash},
    {"POST", "/_sim/fault", add_fault},
    {"DELETE", "/_sim/fault", clear_faults},
    {"POST", "/_sim/model-faults", make_models_faulty},
    {"DELETE", "/_sim/model-faults", make_models_well},
    {"POST", "/_sim/seed", set_seed},
    {"POST", "/_sim/quality", change_quality},
    {"DELETE", "/_sim/quality", restore_quality},
};

void control_answer(const struct handler_request *request, struct handler_options *options,
                    struct counters *counters, struct handler_reply *reply)
{
    struct control control = {request, options, counters, reply};
    bool is_path = false;
    for (size_t i = 0; i < AS_COUNT(routes); i++) {
        if (!as_str_eq(request->path, routes[i].path))
            continue;
        is_path = true;
        if (as_str_eq(request->method, routes[i].method)) {
            routes[i].answer(&control);
            return;
        }
    }
    reply_error(&control, is_path ? 405 : 404, is_path ? "wrong method" : "no such path");
}
