/* assayd: reads its arguments and its configuration, then checks or runs. */
#include "daemon/app.h"
#include "daemon/check.h"
#include "daemon/core/systemd.h"
#include "daemon/man.h"
#include "lib/log.h"

#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define DEFAULT_CONFIG "/etc/assay/assay.yaml"

struct arguments {
    const char *config_path;
    const char *worker_path; /* NULL: beside this program */
    const char *log_level;   /* NULL: as the configuration says */
    bool is_check;
    bool is_jail_optional;
};

static const char usage[] =
    "usage: assayd [--config FILE] [--check]\n"
    "\n"
    "Runs evals: sends the same cases to every model, scores the outputs, and says whether a\n"
    "candidate may replace the baseline. assayctl is its client.\n"
    "\n"
    "  --config FILE      configuration (default " DEFAULT_CONFIG ")\n"
    "  --check            loads configuration, evals and plugins, prints every problem, and\n"
    "                     exits: 0 or 65. Nothing is started or written\n"
    "  --worker FILE      the assay-worker program (default: beside assayd)\n"
    "  --log-level LEVEL  err, warn, info or debug; goes before log.level of the configuration\n"
    "  --jail-optional    runs although the jail of plugin code cannot be shown to hold; for\n"
    "                     sanitizer builds only\n"
    "  --version, --help\n"
    "\n"
    "example: assayd --config etc/assay.yaml --check\n";

/* Returns -1 to go on, else the exit code. */
static int parse_arguments(int argc, char **argv, struct arguments *ret_arguments)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"check", no_argument, NULL, 'k'},
        {"worker", required_argument, NULL, 'w'},
        {"log-level", required_argument, NULL, 'l'},
        {"jail-optional", no_argument, NULL, 'j'},
        {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {"dump-man", no_argument, NULL, 'm'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) >= 0) {
        switch (option) {
        case 'c': ret_arguments->config_path = optarg; break;
        case 'k': ret_arguments->is_check = true; break;
        case 'w': ret_arguments->worker_path = optarg; break;
        case 'l': ret_arguments->log_level = optarg; break;
        case 'j': ret_arguments->is_jail_optional = true; break;
        case 'v': puts("assayd " ASSAY_VERSION); return 0;
        case 'h': fputs(usage, stdout); return 0;
        case 'm': man_write_config(stdout); return 0;
        default: fputs(usage, stderr); return as_err_exit_code(AS_EUSAGE);
        }
    }
    if (optind < argc) {
        fprintf(stderr, "assayd: unexpected argument '%s'\n%s", argv[optind], usage);
        return as_err_exit_code(AS_EUSAGE);
    }
    return -1;
}

static char *worker_beside_us(void)
{
    char self[4096];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (len < 0)
        return as_xstrdup("assay-worker");
    self[len] = '\0';
    struct as_buf path = {0};
    as_buf_addf(&path, "%s/assay-worker", dirname(self));
    return as_buf_take(&path);
}

/* What is opened from here on has other numbers: a log line must not go to whoever got that of a
 * closed stderr. */
static void open_standard_streams(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

/* A connection a call in flight, and a socket a worker: the soft limit of most systems is too low
 * for that. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit))
        as_log_warn("the limit of open files stays at its soft value");
}

/* What one thread allocates another frees, so heaps of their own would only grow beside each other.
 * The trim readies libc's heap on this thread: in a sanitizer's build nobody else does before two
 * threads of the pool trim it at once. */
static void keep_one_heap(void)
{
    mallopt(M_ARENA_MAX, 1);
    (void)malloc_trim(0);
}

/* Keys may stand in the environment, and /proc/PID/environ shows the memory that exec laid out for
 * it: what we read is a copy, and that is wiped. */
static void hide_environment(void)
{
    for (char **variable = environ; *variable; variable++) {
        char *copy = as_xstrdup(*variable);
        explicit_bzero(*variable, strlen(*variable));
        *variable = copy;
    }
}

/* Keys are in our memory: no core file, and no debugger but root's. A leak checker is one. */
static void close_memory(void)
{
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_DUMPABLE, 0))
        as_log_warn("a crash may leave a core file, and that would hold keys");
}

static int run(const struct arguments *arguments, struct config *config)
{
    struct loop *loop = NULL;
    struct app *app = NULL;
    struct as_err err = {0};
    AS_CLEANUP_FREE char *worker =
        arguments->worker_path ? as_xstrdup(arguments->worker_path) : worker_beside_us();
    if (arguments->is_check)
        return check_run(config, worker);
    struct app_options options = {.config = config,
                                  .worker_path = worker,
                                  .is_jail_required = !arguments->is_jail_optional,
                                  .is_log_level_given = arguments->log_level != NULL};
    if (!arguments->is_jail_optional)
        close_memory();
    raise_descriptor_limit();
    keep_one_heap();
    int rc = loop_new(&loop);
    if (rc)
        return as_err_exit_code(rc);
    rc = app_new(loop, &options, &app, &err);
    if (rc)
        as_log_err("%s", err.msg);
    else
        loop_run(loop);
    int code = rc ? as_err_exit_code(rc) : app_exit_code(app);
    app_free(app);
    loop_free(loop);
    return code;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.config_path = DEFAULT_CONFIG};
    open_standard_streams();
    hide_environment();
    int code = parse_arguments(argc, argv, &arguments);
    if (code >= 0)
        return code;
    struct config *config = NULL;
    struct as_buf problems = {0};
    if (!systemd_reads_stderr())
        as_log_set_clock(clock_wall_ms);
    if (config_load(arguments.config_path, &config, &problems)) {
        fputs(as_buf_str(&problems).ptr, stderr);
        code = as_err_exit_code(AS_EINVAL);
    } else {
        enum as_log_level level = config->log_level;
        if (arguments.log_level && as_log_level_from(arguments.log_level, &level))
            fprintf(stderr, "assayd: no log level '%s': use err, warn, info or debug\n",
                    arguments.log_level);
        as_log_set_level(level);
        code = run(&arguments, config);
    }
    config_unref(config);
    as_buf_done(&problems);
    return code;
}
