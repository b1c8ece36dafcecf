/* top: what runs and what plugins cost, once, or on a screen of its own until q.
 *
 * The screen is drawn into memory and written in one piece, so that it does not flicker. The
 * terminal is given back as it was, however the watching ends. */
#include "ctl/grid.h"
#include "ctl/print.h"
#include "ctl/run_commands.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define REFRESH_SECONDS 1
#define SCREEN_BEGIN "\x1b[?1049h\x1b[?25l\x1b[?7l" /* the other screen, no cursor, no wrapping */
#define SCREEN_END "\x1b[?7h\x1b[?25h\x1b[?1049l"

/* ---- the snapshot ---- */

static void take_member(void *ctx, const char *key, struct as_json *value)
{
    as_json_set_take(ctx, key, as_json_share(value));
}

/* The answers of daemon.status and plugin.list as one object. */
static int take_snapshot(struct ctl *ctl, struct as_json **ret_snapshot, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *status = NULL, *plugins = NULL;
    int rc = ctl_call(ctl, "daemon.status", as_json_object(), &status, err);
    if (!rc)
        rc = ctl_list_plugins(ctl, NULL, &plugins, err);
    if (rc)
        return rc;
    struct as_json *snapshot = as_json_object();
    as_json_set_take(snapshot, "daemon", as_json_share(status));
    as_json_each(plugins, take_member, snapshot);
    *ret_snapshot = snapshot;
    return 0;
}

static double cpu_of(const void *plugin)
{
    return as_json_get_num(*(struct as_json *const *)plugin, "cpu_us", 0);
}

static int compare_cpu(const void *a, const void *b)
{
    return (cpu_of(a) < cpu_of(b)) - (cpu_of(a) > cpu_of(b));
}

/* The costliest first; borrowed, and freed by the caller as an array only. */
static struct as_json **by_cost(const struct as_json *plugins)
{
    size_t count = as_json_len(plugins);
    struct as_json **sorted = as_xcalloc(count + 1, sizeof(struct as_json *));
    for (size_t i = 0; i < count; i++)
        sorted[i] = as_json_at(plugins, i);
    qsort(sorted, count, sizeof(struct as_json *), compare_cpu);
    return sorted;
}

static void print_runs(const struct output *out, const struct as_json *runs)
{
    static const struct grid_column columns[] = {
        {"RUN", GRID_RIGHT, "run", fmt_count},
        {"EVAL", 0, "eval", NULL},
        {"STATE", GRID_WORD, "state", NULL},
        {"DONE", GRID_RIGHT, "done", fmt_count},
        {"OF", GRID_RIGHT, "total", fmt_count},
        {"UNDER WAY", GRID_RIGHT, "in_flight", fmt_count},
        {"ROWS/S", GRID_RIGHT, NULL, NULL},
        {"ETA", GRID_RIGHT, NULL, NULL},
        {"COST", GRID_RIGHT, "cost_usd", fmt_usd},
        {0},
    };
    struct grid *grid = grid_new(out, columns);
    for (size_t i = 0; i < as_json_len(runs); i++) {
        const struct as_json *run = as_json_at(runs, i);
        double rate = as_json_get_num(run, "rows_per_s", -1);
        grid_add(grid, run, NULL);
        grid_cell(grid, "ROWS/S", rate < 0 ? "n/a" : "%.1f", rate);
        grid_cell(grid, "ETA", "%s", fmt_duration(1000 * as_json_get_num(run, "eta_s", -1)).s);
    }
    grid_print_free(grid);
}

/* At most `most` of them; those that never had a call are left out when it is a screen. */
static void print_plugins(const struct output *out, const struct as_json *plugins, size_t most,
                          bool only_used)
{
    static const struct grid_column columns[] = {
        {"PLUGIN", GRID_TRUNC, "selector", NULL},
        {"KIND", 0, "kind", NULL},
        {"STATE", GRID_WORD, "state", NULL},
        {"CALLS", GRID_RIGHT, "calls", fmt_count},
        {"ERRORS", GRID_RIGHT | GRID_ALARM, "errors", fmt_count},
        {"P50 US", GRID_RIGHT, "p50_us", fmt_count},
        {"P99 US", GRID_RIGHT, "p99_us", fmt_count},
        {"MEM KB", GRID_RIGHT, "memory_kb", fmt_count},
        {"KILLS", GRID_RIGHT | GRID_ALARM, "kills", fmt_count},
        {"WORKERS", GRID_RIGHT, "workers", fmt_count},
        {"QUEUED", GRID_RIGHT, "queued", fmt_count},
        {0},
    };
    struct as_json **sorted = by_cost(plugins);
    struct grid *grid = grid_new(out, columns);
    size_t shown = 0;
    for (size_t i = 0; i < as_json_len(plugins) && shown < most; i++) {
        bool is_used = as_json_get_int(sorted[i], "calls", 0) ||
                       as_json_get_int(sorted[i], "queued", 0) ||
                       !strcmp(str_or(sorted[i], "state", ""), "quarantined");
        if (only_used && !is_used)
            continue;
        grid_add(grid, sorted[i], NULL);
        shown++;
    }
    grid_print_free(grid);
    free(sorted);
    if (shown < as_json_len(plugins))
        out_styled(out, STYLE_DIM, "%zu more%s\n", as_json_len(plugins) - shown,
                   only_used ? ", most of them without a call" : "");
}

static void print_snapshot(const struct output *out, const struct as_json *snapshot, size_t most,
                           bool only_used)
{
    const struct as_json *daemon = as_json_get(snapshot, "daemon"),
                         *runs = as_json_get(daemon, "runs"),
                         *plugins = as_json_get(snapshot, "plugins"),
                         *loading = as_json_get(snapshot, "loading");
    out_styled(out, STYLE_BOLD, "assayd %s", str_or(daemon, "version", "?"));
    out_print(out, ": %zu plugins, %zu files refused, %zu loading, %s, memory %s\n",
              as_json_len(plugins), as_json_len(as_json_get(snapshot, "refused")),
              as_json_len(loading), fmt_counted(daemon, "workers", "worker").s,
              fmt_bytes(daemon, "rss_bytes").s);
    if (as_json_len(runs))
        print_runs(out, runs);
    else
        out_print(out, "no run is under way\n");
    out_print(out, "\n");
    print_plugins(out, plugins, most, only_used);
    if (!only_used)
        print_troubles(out, plugins);
}

void print_top(struct ctl *ctl, const struct as_json *result)
{
    print_snapshot(&ctl->out, result, SIZE_MAX, false);
}

/* ---- the screen ---- */

static volatile sig_atomic_t is_ended;

static void on_end(int signum)
{
    (void)signum;
    is_ended = 1;
}

struct screen {
    struct termios before;
    bool has_keys; /* stdin is a terminal, and single keys come from it */
    sigset_t wait_mask;
};

/* An interrupt is the client's, who has it blocked but for its own waits. */
static void screen_begin(struct screen *screen)
{
    struct sigaction action = {.sa_handler = on_end};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    sigprocmask(SIG_BLOCK, NULL, &screen->wait_mask);
    sigdelset(&screen->wait_mask, SIGINT);
    screen->has_keys = !tcgetattr(STDIN_FILENO, &screen->before);
    struct termios keys = screen->before;
    keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    keys.c_cc[VSUSP] = _POSIX_VDISABLE;
    if (screen->has_keys)
        tcsetattr(STDIN_FILENO, TCSANOW, &keys);
    fputs(SCREEN_BEGIN, stdout);
}

static void screen_end(struct screen *screen)
{
    fputs(SCREEN_END, stdout);
    fflush(stdout);
    if (screen->has_keys)
        tcsetattr(STDIN_FILENO, TCSANOW, &screen->before);
}

/* Line by line, each erased to its end, and the rest of the screen below. */
static void write_screen(const char *text, size_t rows)
{
    fputs("\x1b[H", stdout);
    for (size_t row = 1; *text && row < rows; row++) {
        size_t len = strcspn(text, "\n");
        fwrite(text, 1, len, stdout);
        fputs("\x1b[K\r\n", stdout);
        text += len + (text[len] == '\n');
    }
    fputs("q ends\x1b[J", stdout);
    fflush(stdout);
}

static void draw(const struct ctl *ctl, const struct as_json *snapshot)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    char *text = NULL;
    size_t len = 0;
    struct output out = ctl->out;
    (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    out.width = size.ws_col;
    out.stream = open_memstream(&text, &len);
    AS_ASSERT(out.stream);
    print_snapshot(&out, snapshot, size.ws_row, true);
    fclose(out.stream);
    write_screen(text, size.ws_row);
    free(text);
}

/* True when it is over: a key q, an interrupt, the end of stdin. */
static bool wait_for_end(const struct screen *screen)
{
    struct pollfd keys = {.fd = STDIN_FILENO, .events = POLLIN};
    struct timespec timeout = {.tv_sec = REFRESH_SECONDS};
    char key = 0;
    int ready = ppoll(&keys, screen->has_keys, &timeout, &screen->wait_mask);
    if (ready < 0 || is_ended)
        return true;
    return ready > 0 && (read(STDIN_FILENO, &key, 1) <= 0 || key == 'q' || key == 'Q');
}

static int watch(struct ctl *ctl, struct as_err *err)
{
    struct screen screen;
    int rc = 0;
    screen_begin(&screen);
    do {
        AS_CLEANUP_JSON struct as_json *snapshot = NULL;
        rc = take_snapshot(ctl, &snapshot, err);
        if (!rc)
            draw(ctl, snapshot);
    } while (!rc && !wait_for_end(&screen));
    screen_end(&screen);
    return rc == AS_ECANCELED ? 0 : rc;
}

int command_top(struct ctl *ctl, struct args *args, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *snapshot = NULL;
    int rc = take_snapshot(ctl, &snapshot, err);
    if (rc)
        return rc;
    if (ctl->out.is_terminal && !ctl->is_json && !args_has(args, "once"))
        return watch(ctl, err);
    ctl_show(ctl, args->command, snapshot);
    return 0;
}
