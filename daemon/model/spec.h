/* What the configuration says of a model and how to reach it: plain data, filled in and owned by
 * the config snapshot. */
#ifndef DAEMON_MODEL_SPEC_H
#define DAEMON_MODEL_SPEC_H

#include <stdbool.h>
#include <stdint.h>

struct model_prices { /* US dollars per million tokens; NaN = unpriced */
    double input, output, cached_input;
};

struct model_limits {               /* 0 = none */
    uint32_t concurrency, rpm, tpm; /* calls in flight; calls and tokens a minute */
};

struct model_spec {
    const char *name;        /* what evals call it */
    const char *provider;    /* the name of its block under providers: */
    const char *plugin;      /* selector of the provider plugin: "openai", "openai@1" */
    const char *place;       /* of plugin: "assay.yaml:50:13: providers.openai" */
    const char *base_url;    /* without a trailing slash */
    const char *id;          /* what the API calls it */
    const char *params_json; /* request parameters, canonical JSON object */
    const char *worker_json; /* canonical {id, name, params}: what the provider script sees */
    const char *key_name;    /* name of the secret; NULL when the API needs none */
    struct model_prices prices;
    struct model_limits account;    /* of the provider's account, for all its models together */
    uint32_t concurrency, rpm, tpm; /* of the model alone; concurrency is never 0 in a config's */
    uint32_t max_attempts;          /* of one request, the first included */
    /* Deadlines of one attempt. */
    uint32_t connect_ms, first_byte_ms, idle_ms, total_ms;
    uint32_t backoff_ms;     /* first wait; doubles, capped at 30 s, with jitter */
    uint32_t max_age_conn_s; /* an idle connection older than this is not used again */
    bool use_http2;
};

#endif
