/* The names that daemon and worker have in common: of kinds and of outcomes. */
#include "lib/job.h"

#include <string.h>

static const char *const status_names[JOB_STATUS_COUNT] = {
    [JOB_OK] = "ok",
    [JOB_SCRIPT_ERROR] = "script_error",
    [JOB_BAD_RESULT] = "bad_result",
    [JOB_MEMORY] = "memory",
    [JOB_OUTPUT_TOO_LARGE] = "output_too_large",
    [JOB_TIMEOUT] = "timeout",
    [JOB_CRASH] = "crash",
    [JOB_DENIED] = "denied",
    [JOB_LOAD_ERROR] = "load_error",
    [JOB_QUARANTINED] = "quarantined",
};

static const char *const plugin_names[PLUGIN_KIND_COUNT] = {
    [PLUGIN_SCORER] = "scorer",
    [PLUGIN_RUBRIC] = "rubric",
    [PLUGIN_PROVIDER] = "provider",
    [PLUGIN_REDACTOR] = "redactor",
};

static const char *const kind_names[JOB_KIND_COUNT] = {
    [JOB_EXAMPLE] = "example", [JOB_REQUEST] = "request", [JOB_PARSE] = "parse",
    [JOB_SCORE] = "score",     [JOB_ASK] = "ask",         [JOB_GRADE] = "grade",
    [JOB_REDACT] = "redact",
};

const char *job_status_name(enum job_status status)
{
    return (unsigned)status < JOB_STATUS_COUNT ? status_names[status] : "unknown";
}

const char *plugin_kind_name(enum plugin_kind kind)
{
    return (unsigned)kind < PLUGIN_KIND_COUNT ? plugin_names[kind] : "unknown";
}

int plugin_kind_from(const char *name, enum plugin_kind *ret_kind)
{
    for (unsigned i = 0; i < PLUGIN_KIND_COUNT; i++) {
        if (!strcmp(name, plugin_names[i])) {
            *ret_kind = (enum plugin_kind)i;
            return 0;
        }
    }
    return AS_EINVAL;
}

const char *job_kind_name(enum job_kind kind)
{
    return (unsigned)kind < JOB_KIND_COUNT ? kind_names[kind] : "unknown";
}
