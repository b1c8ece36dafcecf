/* One table of options: it serves the parser and --help. An option has a value behind it and a
 * function that checks it and puts it away; the sentence of a refusal names the option and what it
 * takes. */
#include "sim/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_MAX 3600000

static int read_number(const char *name, const char *text, uint64_t max, uint64_t *ret_number,
                       struct as_err *err)
{
    char *end;
    unsigned long long number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || number > max)
        return as_err_set(err, AS_EUSAGE, "%s needs a whole number from 0 to %llu, not \"%s\"",
                          name, (unsigned long long)max, text);
    *ret_number = number;
    return 0;
}

static int read_u32(const char *name, const char *text, uint32_t *ret_number, struct as_err *err)
{
    uint64_t number = 0;
    int rc = read_number(name, text, MS_MAX, &number, err);
    if (!rc)
        *ret_number = (uint32_t)number;
    return rc;
}

static int set_port(struct options *options, const char *text, struct as_err *err)
{
    uint64_t port = 0;
    int rc = read_number("--port", text, UINT16_MAX, &port, err);
    options->port = (uint16_t)port;
    return rc;
}

static int set_port_file(struct options *options, const char *text, struct as_err *err)
{
    (void)err;
    options->port_file = text;
    return 0;
}

static int set_stats_file(struct options *options, const char *text, struct as_err *err)
{
    (void)err;
    options->stats_file = text;
    return 0;
}

static int set_tls_cert(struct options *options, const char *text, struct as_err *err)
{
    (void)err;
    options->tls_cert = text;
    return 0;
}

static int set_tls_key(struct options *options, const char *text, struct as_err *err)
{
    (void)err;
    options->tls_key = text;
    return 0;
}

static int set_seed(struct options *options, const char *text, struct as_err *err)
{
    return read_number("--seed", text, UINT64_MAX, &options->handler.seed, err);
}

static int set_latency(struct options *options, const char *text, struct as_err *err)
{
    return read_u32("--latency-ms", text, &options->handler.latency_ms, err);
}

static int set_jitter(struct options *options, const char *text, struct as_err *err)
{
    return read_u32("--jitter-ms", text, &options->handler.jitter_ms, err);
}

static int set_keepalive(struct options *options, const char *text, struct as_err *err)
{
    return read_u32("--keepalive-ms", text, &options->keepalive_ms, err);
}

static int set_rate(struct options *options, const char *text, struct as_err *err)
{
    return read_u32("--max-requests-per-second", text, &options->handler.rate_limit, err);
}

static int set_key(struct options *options, const char *text, struct as_err *err)
{
    (void)err;
    options->handler.require_key = text;
    return 0;
}

static int add_fault(struct options *options, const char *text, struct as_err *err)
{
    struct fault fault;
    if (fault_parse(text, &fault, err))
        return err->code = AS_EUSAGE;
    return fault_set_add(&options->handler.faults, &fault);
}

static const struct {
    const char *name;
    const char *value;
    const char *help;
    int (*set)(struct options *options, const char *text, struct as_err *err);
} table[] = {
    {"--port", "N", "listen on this port of 127.0.0.1; 0, the default: any free one", set_port},
    {"--port-file", "FILE", "write the port there when it is bound", set_port_file},
    {"--stats-file", "FILE", "write the counters there as JSON in the end", set_stats_file},
    {"--seed", "S", "another seed, other answers (default 0)", set_seed},
    {"--latency-ms", "N", "each answer takes this long", set_latency},
    {"--jitter-ms", "N", "and 0 to this on top", set_jitter},
    {"--keepalive-ms", "N", "close connections that idle this long (default: never)",
     set_keepalive},
    {"--max-requests-per-second", "N", "more are answered with 429 and Retry-After: 1", set_rate},
    {"--require-key", "KEY", "answer 401 unless the request carries this API key", set_key},
    {"--tls-cert", "FILE", "speak HTTPS with this certificate (PEM)", set_tls_cert},
    {"--tls-key", "FILE", "and its private key (PEM)", set_tls_key},
    {"--fault", "KIND:RATE[:PARAM]", "spoil this share of the requests; may be repeated",
     add_fault},
};

int options_parse(int argc, char **argv, struct options *ret_options, struct as_err *err)
{
    struct options options = {.port = 0};
    for (int at = 1; at < argc; at++) {
        if (!strcmp(argv[at], "--help") || !strcmp(argv[at], "-h")) {
            options.wants_help = true;
            continue;
        }
        if (!strcmp(argv[at], "--version")) {
            options.wants_version = true;
            continue;
        }
        size_t i = 0;
        while (i < AS_COUNT(table) && strcmp(table[i].name, argv[at]))
            i++;
        if (i == AS_COUNT(table))
            return as_err_set(err, AS_EUSAGE, "unknown argument \"%s\"; --help lists them",
                              argv[at]);
        if (at + 1 == argc)
            return as_err_set(err, AS_EUSAGE, "%s needs a value: %s", table[i].name,
                              table[i].value);
        int rc = table[i].set(&options, argv[++at], err);
        if (rc)
            return rc;
    }
    if (!options.tls_cert != !options.tls_key)
        return as_err_set(err, AS_EUSAGE, "--tls-cert and --tls-key go together");
    *ret_options = options;
    return 0;
}

void options_print_help(void)
{
    printf("assay-sim: a stand-in model server, to try evals without keys and to test with.\n\n"
           "It speaks the OpenAI, Anthropic and Gemini formats and knows models of known quality.\n"
           "example: assay-sim --port 8099 --latency-ms 200 --fault 429:0.02:1\n\noptions\n");
    for (size_t i = 0; i < AS_COUNT(table); i++)
        printf("  %s %-*s %s\n", table[i].name, (int)(44 - strlen(table[i].name)), table[i].value,
               table[i].help);
    printf("  --version, --help\n\nfaults\n");
    for (enum fault_kind kind = FAULT_NONE + 1; kind < FAULT_KINDS; kind++)
        printf("  %-14s %s\n", fault_name(kind), fault_help(kind));
    printf("\nmodels\n"
           "  sim-qNN           right on NN %% of all tasks;"
           " sim-qNN-b is a sibling with other errors\n"
           "  sim-slow-qNN      the same, ten times as slow\n"
           "  sim-judge         answers judge questions; sim-judge-qNN is right NN %% of the time\n"
           "  sim-echo  sim-empty  sim-refuse\n"
           "  NAME+fault=KIND:RATE[:PARAM]  a model with a fault of its own\n\n"
           "control: GET /_sim/stats, POST /_sim/reset, POST /_sim/seed,\n"
           "         POST and DELETE /_sim/fault, POST and DELETE /_sim/quality\n"
           "Stopped by SIGINT or SIGTERM it prints what it was asked, and exits with 0.\n");
}
