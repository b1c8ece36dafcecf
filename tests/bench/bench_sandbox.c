/* What it costs to run a plugin in a jailed worker, through daemon/sandbox and daemon/plugin, on a
 * loop of its own.
 *
 * bench_sandbox [--rounds N]     assay-worker must lie beside it
 *
 * Prints each number with the mark that it is to reach, and asserts nothing: a number of a loaded
 * machine says little. The bare state is Lua as a host would use it that trusts its plugins: one
 * state for all rows, no limits. What is compared with it takes turns with it, round by round, and
 * medians of the rounds are printed. */
#include "daemon/plugin/registry.h"

#include "lib/log.h"

#include <fcntl.h>
#include <getopt.h>
#include <lauxlib.h>
#include <libgen.h>
#include <limits.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BATCH_ROWS JOB_BATCH_MAX_ROWS
#define BATCHES_PER_ROUND 64
#define WARM_UP_BATCHES 64 /* until the pool knows how long a row takes */
#define TEXT_BYTES 512
#define ROUND_ROWS (BATCHES_PER_ROUND * BATCH_ROWS)
#define ROUNDS_MAX 1000
#define ROW_DEADLINE_MS 250
#define KILLS 9 /* of each kind; fewer in a row than a quarantine needs */
#define WORKERS 16
#define IDLE_MS 50
#define WORKER_IDLE_MS 2500 /* a worker gives pages back after a second */

struct bench {
    struct loop *loop;
    struct sandbox *sandbox;
    unsigned rounds;
    unsigned waiting;       /* rows without a reply */
    enum job_status status; /* of the last reply */
    bool is_loaded;
    char text[TEXT_BYTES + 1], expected[TEXT_BYTES + 1], case_json[TEXT_BYTES + 128];
};

static const char trivial_source[] =
    "-- Says 1 to everything.\n"
    "return { api = 1, kind = 'scorer', name = 'trivial', version = '1.0.0',\n"
    "  score = function(case, output) return #output.text > 0 and 1 or 0 end }\n";

static const char token_f1_source[] =
    "-- F1 of the words that answer and expectation share.\n"
    "local function count(text)\n"
    "  local words, n = {}, 0\n"
    "  for word in text:lower():gmatch('%w+') do\n"
    "    words[word] = (words[word] or 0) + 1\n"
    "    n = n + 1\n"
    "  end\n"
    "  return words, n\n"
    "end\n"
    "return { api = 1, kind = 'scorer', name = 'token_f1', version = '1.0.0',\n"
    "  score = function(case, output)\n"
    "    local got, got_n = count(output.text)\n"
    "    local want, want_n = count(case.expected)\n"
    "    local same = 0\n"
    "    for word, n in pairs(got) do same = same + math.min(n, want[word] or 0) end\n"
    "    return same == 0 and 0 or 2 * same / (got_n + want_n)\n"
    "  end }\n";

/* One spins where Lua looks at its hook, one inside a C function, where only SIGKILL helps. */
static const char spin_source[] =
    "-- Never ends when it is told so.\n"
    "return { api = 1, kind = 'scorer', name = 'spin', version = '1.0.0',\n"
    "  score = function(case, output)\n"
    "    if output.text == 'lua' then while true do end end\n"
    "    if output.text == 'c' then ('a'):rep(500):find(('.-'):rep(30) .. 'b') end\n"
    "    return 1\n"
    "  end }\n";

__attribute__((noreturn)) static void give_up(const char *what, const char *why)
{
    fprintf(stderr, "bench_sandbox: %s: %s\n", what, why);
    exit(1);
}

/* Numbers */

/* A value a round, each of one row. */
struct series {
    unsigned count;
    double wall_us[ROUNDS_MAX];
    double own_us[ROUNDS_MAX]; /* CPU time of this process, which stands for the daemon */
    double cpu_us[ROUNDS_MAX]; /* that and the worker's */
};

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

static double quantile(double *values, unsigned count, double q)
{
    qsort(values, count, sizeof(*values), compare);
    unsigned at = (unsigned)(q * count);
    return values[at < count ? at : count - 1];
}

static double us_since(uint64_t began_ns)
{
    return (double)(clock_now_ns() - began_ns) / 1000;
}

static double own_cpu_us(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec * 1e6 + (double)used.tv_nsec / 1e3;
}

static void tell(const char *what, double value, const char *unit, const char *mark)
{
    printf("%-52s %9.2f %-3s%s%s\n", what, value, unit, *mark ? "  mark: " : "", mark);
    fflush(stdout);
}

/* The pool */

static void on_loaded(void *ctx, const struct job_loaded *loaded)
{
    struct bench *bench = ctx;
    if (loaded->status != JOB_OK)
        give_up("a scorer does not load", loaded->reason.ptr ? loaded->reason.ptr : "");
    bench->is_loaded = true;
}

static uint64_t open_scorer(struct bench *bench, const char *source)
{
    bench->is_loaded = false;
    uint64_t id = sandbox_open(bench->sandbox, "bench.lua", as_str_from(source), on_loaded, bench);
    while (!bench->is_loaded)
        loop_turn(bench->loop);
    return id;
}

static void on_reply(void *ctx, const struct job_reply *reply)
{
    struct bench *bench = ctx;
    bench->status = reply->status;
    bench->waiting--;
}

static void submit(struct bench *bench, uint64_t id, const char *text)
{
    struct job_row row = {
        .kind = JOB_SCORE,
        .case_json = as_str_from(bench->case_json),
        .params_json = AS_STR("{}"),
        .output = {.text = as_str_from(text),
                   .finish_reason = AS_STR("stop"),
                   .input_tokens = -1,
                   .output_tokens = -1,
                   .cached_tokens = -1,
                   .reasoning_tokens = -1},
    };
    bench->waiting++;
    sandbox_submit(bench->sandbox, id, &row, on_reply, bench);
}

static void await_replies(struct bench *bench, unsigned left)
{
    while (bench->waiting > left)
        loop_turn(bench->loop);
}

static void run_batches(struct bench *bench, uint64_t id, unsigned batches)
{
    for (unsigned i = 0; i < batches; i++) {
        for (unsigned row = 0; row < BATCH_ROWS; row++)
            submit(bench, id, bench->text);
        await_replies(bench, 0);
        if (bench->status != JOB_OK)
            give_up("a row", job_status_name(bench->status));
    }
}

static double worker_cpu_us(const struct bench *bench, uint64_t id)
{
    struct sandbox_stats stats;
    if (sandbox_stats_of(bench->sandbox, id, &stats))
        give_up("stats", "the scorer is closed");
    return (double)stats.cpu_us;
}

static void jailed_round(struct bench *bench, uint64_t id, struct series *ret_series)
{
    double own_us = own_cpu_us(), worker_us = worker_cpu_us(bench, id);
    uint64_t began_ns = clock_now_ns();
    run_batches(bench, id, BATCHES_PER_ROUND);
    unsigned at = ret_series->count++;
    ret_series->wall_us[at] = us_since(began_ns) / ROUND_ROWS;
    ret_series->own_us[at] = (own_cpu_us() - own_us) / ROUND_ROWS;
    ret_series->cpu_us[at] =
        ret_series->own_us[at] + (worker_cpu_us(bench, id) - worker_us) / ROUND_ROWS;
}

/* The bare state: score stands at index 1. */

static lua_State *bare_open(const char *source)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    if (luaL_dostring(L, source))
        give_up("the bare state", lua_tostring(L, -1));
    lua_getfield(L, -1, "score");
    lua_replace(L, 1);
    return L;
}

static void push_table_with(lua_State *L, const char *const *pairs)
{
    lua_createtable(L, 0, 4);
    for (; *pairs; pairs += 2) {
        lua_pushstring(L, pairs[1]);
        lua_setfield(L, -2, pairs[0]);
    }
}

static void bare_score(const struct bench *bench, lua_State *L)
{
    lua_pushvalue(L, 1);
    push_table_with(
        L, (const char *const[]){"id", "c1", "input", "bench", "expected", bench->expected, NULL});
    push_table_with(L, (const char *const[]){"text", bench->text, "finish_reason", "stop", NULL});
    lua_createtable(L, 0, 0);
    if (lua_pcall(L, 3, 1, 0) || !lua_isnumber(L, -1))
        give_up("the bare state", lua_tostring(L, -1));
    lua_settop(L, 1);
}

static void bare_round(const struct bench *bench, lua_State *L, struct series *ret_series)
{
    double own_us = own_cpu_us();
    uint64_t began_ns = clock_now_ns();
    for (unsigned i = 0; i < ROUND_ROWS; i++)
        bare_score(bench, L);
    unsigned at = ret_series->count++;
    ret_series->wall_us[at] = us_since(began_ns) / ROUND_ROWS;
    ret_series->cpu_us[at] = (own_cpu_us() - own_us) / ROUND_ROWS;
}

/* What is measured */

static void tell_ratio(const char *what, const double *jailed, const double *bare, unsigned count,
                       const char *mark)
{
    double ratio[ROUNDS_MAX];
    for (unsigned i = 0; i < count; i++)
        ratio[i] = jailed[i] / bare[i];
    tell(what, quantile(ratio, count, 0.5), "", mark);
}

static void measure_rows(struct bench *bench)
{
    static struct series trivial, jailed, bare;
    uint64_t trivial_id = open_scorer(bench, trivial_source);
    uint64_t f1_id = open_scorer(bench, token_f1_source);
    lua_State *L = bare_open(token_f1_source);
    run_batches(bench, trivial_id, WARM_UP_BATCHES);
    run_batches(bench, f1_id, WARM_UP_BATCHES);
    for (unsigned i = 0; i < bench->rounds; i++) {
        jailed_round(bench, trivial_id, &trivial);
        jailed_round(bench, f1_id, &jailed);
        bare_round(bench, L, &bare);
    }
    lua_close(L);
    sandbox_close(bench->sandbox, trivial_id);
    sandbox_close(bench->sandbox, f1_id);
    unsigned n = bench->rounds;
    tell_ratio("token F1, 0.5 KB, jailed : bare", jailed.wall_us, bare.wall_us, n, "1.2 at most");
    tell_ratio("  the same in CPU time of both processes", jailed.cpu_us, bare.cpu_us, n, "");
    tell("  a row, jailed, batches of 32", quantile(jailed.wall_us, n, 0.5), "us", "");
    tell("  a row, in a bare state in this process", quantile(bare.wall_us, n, 0.5), "us", "");
    tell("a row, trivial scorer, 0.5 KB, batches of 32", quantile(trivial.wall_us, n, 0.5), "us",
         "8 at most");
    tell("  CPU time of both processes", quantile(trivial.cpu_us, n, 0.5), "us", "");
    tell("  of it the daemon's share, per row and scorer", quantile(trivial.own_us, n, 0.5), "us",
         "");
}

static void measure_spawn(struct bench *bench)
{
    static double ms[ROUNDS_MAX];
    for (unsigned i = 0; i < bench->rounds; i++) {
        uint64_t began_ns = clock_now_ns();
        uint64_t id = open_scorer(bench, trivial_source);
        submit(bench, id, bench->text);
        await_replies(bench, 0);
        ms[i] = us_since(began_ns) / 1000;
        sandbox_close(bench->sandbox, id);
    }
    tell("from the source to its first score, a spawn included", quantile(ms, bench->rounds, 0.5),
         "ms", "2 at most");
}

/* Rows that are stopped at their deadline, each with an honest row behind it. */
static void measure_kill(struct bench *bench, const char *how, const char *what)
{
    double verdict_ms[KILLS], next_ms[KILLS];
    uint64_t id = open_scorer(bench, spin_source);
    run_batches(bench, id, 1);
    for (unsigned i = 0; i < KILLS; i++) {
        uint64_t began_ns = clock_now_ns();
        submit(bench, id, how);
        submit(bench, id, bench->text);
        await_replies(bench, 1);
        if (bench->status != JOB_TIMEOUT)
            give_up(what, job_status_name(bench->status));
        verdict_ms[i] = us_since(began_ns) / 1000 - ROW_DEADLINE_MS;
        await_replies(bench, 0);
        next_ms[i] = us_since(began_ns) / 1000 - ROW_DEADLINE_MS;
    }
    sandbox_close(bench->sandbox, id);
    char line[128];
    snprintf(line, sizeof(line), "%s: over its deadline, median", what);
    tell(line, quantile(verdict_ms, KILLS, 0.5), "ms", "50 at most");
    tell("  the worst of them", quantile(verdict_ms, KILLS, 1), "ms", "50 at most");
    tell("  until the next row has its score, worst", quantile(next_ms, KILLS, 1), "ms", "");
}

/* Proportional set size in kB; -1 when we may not look. */
static long pss_kb(long pid)
{
    char path[64], line[256];
    long kb = -1;
    snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return -1;
    while (fgets(line, sizeof(line), file))
        if (sscanf(line, "Pss: %ld kB", &kb) == 1)
            break;
    fclose(file);
    return kb;
}

static void on_time(void *ctx)
{
    *(bool *)ctx = true;
}

static void turn_for_ms(struct bench *bench, uint64_t ms)
{
    bool is_over = false;
    struct loop_timer *timer = loop_timer_new(bench->loop, on_time, &is_over);
    loop_timer_start(timer, ms);
    while (!is_over)
        loop_turn(bench->loop);
    loop_timer_free(timer);
}

/* The first child, when it is alone and as one of many: the pages of the program are shared. */
static void measure_memory(struct bench *bench)
{
    char path[64];
    long pid = 0, alone_kb = -1, shared_kb;
    uint64_t ids[WORKERS];
    for (unsigned i = 0; i < WORKERS; i++) {
        ids[i] = open_scorer(bench, trivial_source);
        run_batches(bench, ids[i], 1);
        if (i)
            continue;
        snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
        FILE *file = fopen(path, "r");
        if (!file || fscanf(file, "%ld", &pid) != 1)
            give_up(path, "no worker there");
        fclose(file);
        turn_for_ms(bench, WORKER_IDLE_MS);
        alone_kb = pss_kb(pid);
    }
    turn_for_ms(bench, WORKER_IDLE_MS);
    shared_kb = pss_kb(pid);
    if (shared_kb < 0)
        puts("memory of an idle worker: only root may look");
    else
        tell("memory of an idle worker (PSS), one of 16", (double)shared_kb, "kB", "400 at most");
    if (shared_kb >= 0)
        tell("  when it is the only one", (double)alone_kb, "kB", "400 at most");
    for (unsigned i = 0; i < WORKERS; i++)
        sandbox_close(bench->sandbox, ids[i]);
}

/* A file, from its close to live */

static void write_version(const char *path, unsigned version)
{
    FILE *file = fopen(path, "w");
    if (!file)
        give_up(path, "cannot be written");
    fprintf(file,
            "-- A scorer.\nreturn { api = 1, kind = 'scorer', name = 'file', version = '1.0.%u',\n"
            "  score = function() return 1 end,\n"
            "  examples = { { output = { text = '' }, score = 1 } } }\n",
            version);
    fclose(file);
}

static bool is_live(struct registry *registry, unsigned version)
{
    char selector[32];
    struct plugin_version *found;
    snprintf(selector, sizeof(selector), "file@1.0.%u", version);
    if (registry_find(registry, PLUGIN_SCORER, selector, &found, NULL))
        return false;
    plugin_version_unref(found);
    return true;
}

static void measure_file(struct bench *bench)
{
    static double ms[ROUNDS_MAX];
    char folder[] = "/tmp/bench_sandbox.XXXXXX", path[64];
    struct as_err err = {0};
    struct registry *registry;
    if (!mkdtemp(folder))
        give_up("mkdtemp", folder);
    struct registry_options options = {.directories = (const char *const[]){folder, NULL}};
    if (registry_new(bench->loop, bench->sandbox, &options, &registry, &err))
        give_up("the registry", err.msg);
    snprintf(path, sizeof(path), "%s/file.lua", folder);
    for (unsigned i = 0; i < bench->rounds; i++) {
        turn_for_ms(bench, IDLE_MS);
        write_version(path, i);
        uint64_t closed_ns = clock_now_ns();
        while (!is_live(registry, i))
            loop_turn(bench->loop);
        ms[i] = us_since(closed_ns) / 1000;
    }
    registry_free(registry);
    unlink(path);
    rmdir(folder);
    tell("from the close of a file to live, median", quantile(ms, bench->rounds, 0.5), "ms",
         "under 100");
    tell("  the slowest of them", quantile(ms, bench->rounds, 1), "ms", "");
}

/* Half of the words of the one are in the other. */
static void make_texts(struct bench *bench)
{
    struct as_buf text = {0}, expected = {0};
    for (unsigned i = 0; text.len < TEXT_BYTES || expected.len < TEXT_BYTES; i++) {
        as_buf_addf(&text, "word%u ", i % 40);
        as_buf_addf(&expected, "word%u ", i % 2 ? i % 40 : 40 + i % 40);
    }
    snprintf(bench->text, sizeof(bench->text), "%s", text.ptr);
    snprintf(bench->expected, sizeof(bench->expected), "%s", expected.ptr);
    snprintf(bench->case_json, sizeof(bench->case_json),
             "{\"id\":\"c1\",\"input\":\"bench\",\"expected\":\"%s\"}", bench->expected);
    as_buf_done(&text);
    as_buf_done(&expected);
}

static void start(struct bench *bench)
{
    char own[PATH_MAX], worker[PATH_MAX + 16];
    struct as_err err = {0};
    ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);
    own[len < 0 ? 0 : len] = '\0';
    snprintf(worker, sizeof(worker), "%s/assay-worker", dirname(own));
    struct sandbox_options options = {.worker_path = worker, .row_deadline_ms = ROW_DEADLINE_MS};
    if (loop_new(&bench->loop) || sandbox_new(bench->loop, &options, &bench->sandbox, &err))
        give_up("the sandbox", err.msg);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"rounds", required_argument, NULL, 'r'}, {0}};
    static struct bench bench = {.rounds = 31};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        bench.rounds = option == 'r' ? (unsigned)strtoul(optarg, NULL, 10) : 0;
    if (optind != argc || !bench.rounds || bench.rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: bench_sandbox [--rounds N]   1 to %d\n", ROUNDS_MAX);
        return 64;
    }
    as_log_set_level(AS_LOG_ERR);
    make_texts(&bench);
    start(&bench);
    measure_memory(&bench);
    measure_spawn(&bench);
    measure_rows(&bench);
    measure_kill(&bench, "lua", "a row that spins in Lua");
    measure_kill(&bench, "c", "a row that spins in a C function");
    measure_file(&bench);
    sandbox_free(bench.sandbox);
    loop_free(bench.loop);
    return 0;
}
