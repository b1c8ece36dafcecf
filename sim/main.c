/* assay-sim: starts the server, waits for a signal, prints the counters. The port file is written
 * when the socket listens, so that who waits for it may connect at once. Exit codes: 0 stopped by a
 * signal, the table of lib/err.h otherwise. */
#include "sim/options.h"
#include "sim/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

struct program {
    uv_loop_t loop;
    uv_signal_t signals[2];
    struct server *server;
    struct handler *handler;
};

static void on_signal(uv_signal_t *signal, int number)
{
    struct program *program = signal->data;
    (void)number;
    for (size_t i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&program->signals[i], NULL);
    server_stop(program->server);
}

static void watch_signals(struct program *program)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < 2; i++) {
        int rc = uv_signal_init(&program->loop, &program->signals[i]);
        AS_ASSERT(!rc);
        program->signals[i].data = program;
        rc = uv_signal_start(&program->signals[i], on_signal, numbers[i]);
        AS_ASSERT(!rc);
    }
    signal(SIGPIPE, SIG_IGN);
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (!getrlimit(RLIMIT_NOFILE, &limit)) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int write_file(const char *path, const char *text, struct as_err *err)
{
    FILE *file = fopen(path, "w");
    bool is_good = file && fputs(text, file) >= 0;
    if (file && fclose(file))
        is_good = false;
    return is_good ? 0 : as_err_set(err, AS_EIO, "cannot write %s", path);
}

static int write_stats(const char *path, const struct counters *counters, struct as_err *err)
{
    struct as_buf text = {0};
    struct as_json *stats AS_CLEANUP_JSON = counters_json(counters);
    as_json_write_pretty(stats, &text);
    as_buf_addc(&text, '\n');
    int rc = write_file(path, text.ptr, err);
    as_buf_done(&text);
    return rc;
}

static int announce(const struct options *options, uint16_t port, struct as_err *err)
{
    char text[16];
    snprintf(text, sizeof(text), "%u\n", port);
    int rc = options->port_file ? write_file(options->port_file, text, err) : 0;
    printf("listening on http%s://127.0.0.1:%u\n", options->tls_cert ? "s" : "", port);
    fflush(stdout);
    return rc;
}

static int report(const struct options *options, const struct counters *counters,
                  struct as_err *err)
{
    counters_print(counters, stdout);
    return options->stats_file ? write_stats(options->stats_file, counters, err) : 0;
}

/* Serves until a signal comes. */
static int serve(struct program *program, const struct options *options, struct as_err *err)
{
    uint16_t port = 0;
    watch_signals(program);
    int rc = server_listen(program->server, options->port, &port, err);
    if (!rc)
        rc = announce(options, port, err);
    if (rc)
        on_signal(&program->signals[0], 0);
    uv_run(&program->loop, UV_RUN_DEFAULT);
    return rc ? rc : report(options, handler_counters(program->handler), err);
}

static int run(const struct options *options, struct as_err *err)
{
    struct program program = {.handler = NULL};
    struct tls_server *tls = NULL;
    int rc = options->tls_cert ? tls_server_new(options->tls_cert, options->tls_key, &tls, err) : 0;
    if (rc)
        return rc;
    raise_descriptor_limit();
    rc = uv_loop_init(&program.loop);
    AS_ASSERT(!rc);
    program.handler = handler_new(&options->handler);
    program.server = server_new(&program.loop, program.handler, tls, options->keepalive_ms);
    rc = serve(&program, options, err);
    server_free(program.server);
    handler_free(program.handler);
    tls_server_free(tls);
    uv_loop_close(&program.loop);
    return rc;
}

int main(int argc, char **argv)
{
    struct options options;
    struct as_err err = {0};
    int rc = options_parse(argc, argv, &options, &err);
    if (!rc && options.wants_help) {
        options_print_help();
        return 0;
    }
    if (!rc && options.wants_version) {
        puts("assay-sim " ASSAY_VERSION);
        return 0;
    }
    if (!rc)
        rc = run(&options, &err);
    if (rc)
        fprintf(stderr, "assay-sim: %s\n", err.msg);
    return as_err_exit_code(rc);
}
