/* A worker that lies: it speaks the protocol of lib/job.h and breaks it, or itself, on command.
 *
 * The source of its "plugin" says what happens at load (obey_source), the text of a row what
 * happens at that row (all that answer calls). Any other source loads, any other row is answered
 * with score 0.25 and, as label, its process id and how many rows it has seen. It has no jail and
 * no Lua. */
#include "lib/job.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SOCKET_FD 3

static volatile sig_atomic_t is_stopped;
static struct job_page *page;
static unsigned rows_seen;
static struct as_buf out;

static void on_stop(int signum)
{
    (void)signum;
    is_stopped = 1;
}

static void send_out(void)
{
    for (size_t sent = 0; sent < out.len;) {
        ssize_t n = write(SOCKET_FD, out.ptr + sent, out.len - sent);
        if (n <= 0)
            _exit(0);
        sent += (size_t)n;
    }
    as_buf_reset(&out);
}

/* Burns CPU time until the soft stop comes. */
static void spin_until_stopped(void)
{
    while (!is_stopped) {
    }
    is_stopped = 0;
}

static void spin_for_ever(void)
{
    for (volatile unsigned i = 0;; i++) {
    }
}

static void sleep_for_ever(void)
{
    for (;;)
        sleep(1000);
}

static void sleep_ms(long ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (nanosleep(&left, &left)) {
    }
}

static void die_of(int signum)
{
    signal(signum, SIG_DFL); /* a sanitizer catches some of them */
    raise(signum);
}

static void send_huge_header(void)
{
    as_put_u32(&out, 0x7FFFFFFF);
    as_put_u8(&out, JOB_FRAME_REPLY);
    send_out();
    sleep_for_ever();
}

static void flood(void)
{
    for (;;) {
        as_buf_add(&out, "garbage garbage garbage garbage ", 32);
        send_out();
    }
}

/* Loading */

static struct job_loaded honest_load(void)
{
    return (struct job_loaded){
        .status = JOB_OK,
        .manifest =
            {
                .kind = PLUGIN_SCORER,
                .name = AS_STR("fake"),
                .version = AS_STR("1.0.0"),
                .params_json = AS_STR("{}"),
                .requires_json = AS_STR("[]"),
                .scale_min = NAN,
                .scale_max = NAN,
                .pass = NAN,
            },
    };
}

/* What a source can ask for instead of a good LOADED: before it, or in it. */
static void obey_source(struct as_str source, struct job_loaded *loaded)
{
    struct job_manifest *m = &loaded->manifest;
    if (as_str_eq(source, "load-error"))
        *loaded = (struct job_loaded){.status = JOB_LOAD_ERROR, .reason = AS_STR("fake.lua:1: no")};
    else if (as_str_eq(source, "load-spin"))
        spin_for_ever();
    else if (as_str_eq(source, "load-silence"))
        sleep_for_ever();
    else if (as_str_eq(source, "load-crash"))
        die_of(SIGABRT);
    else if (as_str_eq(source, "load-exit"))
        _exit(JOB_EXIT_NO_JAIL);
    else if (as_str_eq(source, "load-huge"))
        send_huge_header();
    else if (as_str_eq(source, "load-status"))
        loaded->status = JOB_CRASH;
    else if (as_str_eq(source, "load-bad-name"))
        m->name = AS_STR("no good name");
    else if (as_str_eq(source, "load-doc"))
        m->doc = AS_STR("\xC3(");
    else if (as_str_eq(source, "load-params"))
        m->params_json = AS_STR("[]");
    else if (as_str_eq(source, "load-requires"))
        m->requires_json = AS_STR("no JSON");
    else if (as_str_eq(source, "load-criteria"))
        m->criteria_json = AS_STR("[{\"id\":");
    else if (as_str_eq(source, "load-scale"))
        m->scale_min = m->scale_max = INFINITY;
}

static void load(struct as_str source)
{
    struct job_loaded loaded = honest_load();
    obey_source(source, &loaded);
    job_put_loaded(&out, &loaded);
    if (as_str_eq(source, "load-cut")) {
        out.len /= 2;
        send_out();
        die_of(SIGSEGV);
    }
    if (as_str_eq(source, "load-twice"))
        job_put_loaded(&out, &loaded);
    if (as_str_eq(source, "load-eager")) /* nobody asked yet */
        job_put_reply(&out, &(struct job_reply){.kind = JOB_SCORE, .pass = -1});
    send_out();
    if (as_str_eq(source, "load-deaf"))
        sleep_for_ever();
}

/* Rows */

/* What a row's text can ask for instead of an answer. */
static void end_or_stall(struct as_str text)
{
    if (as_str_eq(text, "segv"))
        die_of(SIGSEGV);
    else if (as_str_eq(text, "sys"))
        die_of(SIGSYS);
    else if (as_str_eq(text, "exit"))
        _exit(3);
    else if (as_str_eq(text, "silence"))
        sleep_for_ever();
    else if (as_str_eq(text, "spin"))
        spin_for_ever();
    else if (as_str_eq(text, "huge"))
        send_huge_header();
    else if (as_str_eq(text, "flood"))
        flood();
    else if (as_str_eq(text, "slow"))
        sleep_ms(20);
    else if (as_str_eq(text, "hang up")) {
        close(SOCKET_FD);
        sleep_for_ever();
    }
}

static void obey_status(struct as_str text, struct job_reply *reply)
{
    static bool was_claimed;
    if (as_str_eq(text, "soft")) {
        spin_until_stopped();
        reply->status = JOB_TIMEOUT;
        reply->reason = AS_STR("fake.lua:7: stopped");
    } else if (as_str_eq(text, "false timeout"))
        reply->status = JOB_TIMEOUT;
    else if (as_str_eq(text, "false timeout once")) {
        reply->status = was_claimed ? JOB_OK : JOB_TIMEOUT;
        was_claimed = true;
    } else if (as_str_eq(text, "memory"))
        reply->status = JOB_MEMORY;
    else if (as_str_eq(text, "error"))
        reply->status = JOB_SCRIPT_ERROR;
    else if (as_str_eq(text, "bad"))
        reply->status = JOB_BAD_RESULT;
    else if (as_str_eq(text, "crash status"))
        reply->status = JOB_CRASH;
    else if (as_str_eq(text, "no status"))
        reply->status = (enum job_status)200;
}

static void obey_page(struct as_str text)
{
    if (as_str_eq(text, "page far ahead"))
        page->rows_begun = UINT64_MAX / 2;
    else if (as_str_eq(text, "page far behind"))
        page->rows_begun = 0;
    else if (as_str_eq(text, "page backwards"))
        page->rows_begun -= 2;
}

/* Lies about the row, and about the numbers of a judgement. */
static void lie_in_numbers(struct as_str text, struct job_reply *reply)
{
    if (as_str_eq(text, "index"))
        reply->index++;
    else if (as_str_eq(text, "far index"))
        reply->index = UINT32_MAX;
    else if (as_str_eq(text, "kind"))
        reply->kind = reply->kind == JOB_ASK ? JOB_SCORE : JOB_ASK;
    else if (as_str_eq(text, "no kind"))
        reply->kind = JOB_KIND_COUNT;
    else if (as_str_eq(text, "nan"))
        reply->score = NAN;
    else if (as_str_eq(text, "inf"))
        reply->score = INFINITY;
    else if (as_str_eq(text, "-inf"))
        reply->score = -INFINITY;
    else if (as_str_eq(text, "above"))
        reply->score = 1.0000001;
    else if (as_str_eq(text, "below"))
        reply->score = -0.25;
    else if (as_str_eq(text, "pass"))
        reply->pass = 7;
    else if (as_str_eq(text, "tokens"))
        reply->output.input_tokens = -2;
    else if (as_str_eq(text, "latency"))
        reply->output.latency_ms = 1;
}

static void lie_in_texts(struct as_str text, struct job_reply *reply)
{
    static char long_text[JOB_REASONING_MAX_BYTES + 1];
    memset(long_text, 'x', sizeof(long_text));
    if (as_str_eq(text, "reason"))
        reply->reason = AS_STR("\xFF");
    else if (as_str_eq(text, "long reason"))
        reply->reason = (struct as_str){long_text, sizeof(long_text)};
    else if (as_str_eq(text, "label"))
        reply->label = AS_STR("\xC0\xBB");
    else if (as_str_eq(text, "long label"))
        reply->label = (struct as_str){long_text, JOB_LABEL_MAX_BYTES + 1};
    else if (as_str_eq(text, "keys"))
        reply->details_json = AS_STR("{\"\xED\xA0\x80\":1}");
    else if (as_str_eq(text, "question"))
        reply->messages_json = AS_STR("[{\"role\":");
    else if (as_str_eq(text, "object question"))
        reply->messages_json = AS_STR("{}");
    else if (as_str_eq(text, "no question"))
        reply->messages_json = (struct as_str){NULL, 0};
    else if (as_str_eq(text, "schema"))
        reply->schema_json = AS_STR("1}, \"sample\": {");
    else if (as_str_eq(text, "method"))
        reply->method = AS_STR("GET /x HTTP/1.1\r\nA:");
    else if (as_str_eq(text, "path"))
        reply->path = AS_STR("//elsewhere.example/");
    else if (as_str_eq(text, "header"))
        reply->headers[0] = (struct job_header){AS_STR("x"), AS_STR("y\r\nhost: elsewhere")};
    else if (as_str_eq(text, "class"))
        reply->error_class = AS_STR("my own");
    else if (as_str_eq(text, "finish"))
        reply->output.finish_reason = AS_STR("bored");
    else if (as_str_eq(text, "model"))
        reply->output.model_id = AS_STR("\x80");
    else if (as_str_eq(text, "calls"))
        reply->output.tool_calls_json = AS_STR("nothing");
}

/* What goes out, instead of or besides the one whole frame. */
static void send_lie(struct as_str text)
{
    if (as_str_eq(text, "cut and die") || as_str_eq(text, "cut and silence")) {
        out.len -= 7;
        send_out();
        if (as_str_eq(text, "cut and die"))
            die_of(SIGSEGV);
        sleep_for_ever();
    } else if (as_str_eq(text, "cut and exit")) {
        out.len = 3; /* not even the length */
        send_out();
        _exit(0);
    } else if (as_str_eq(text, "a byte too many")) {
        as_set_u32(&out, 0, (uint32_t)out.len - 3);
        as_put_u8(&out, 0);
    } else if (as_str_eq(text, "no bytes")) {
        as_buf_reset(&out);
        as_put_u32(&out, 0);
    } else if (as_str_eq(text, "frame type")) {
        out.ptr[4] = JOB_FRAME_BATCH;
    } else if (as_str_eq(text, "loaded again")) {
        struct job_loaded loaded = honest_load();
        job_put_loaded(&out, &loaded);
    }
}

static void answer_again(const struct job_reply *reply, unsigned times)
{
    while (times--) {
        job_put_reply(&out, reply);
        send_out();
    }
}

/* What the text of this kind of row is. */
static struct as_str text_of(const struct job_row *row)
{
    switch (row->kind) {
    case JOB_REQUEST: return row->messages_json;
    case JOB_PARSE: return row->http.body;
    case JOB_REDACT: return row->case_json;
    case JOB_EXAMPLE:
    case JOB_SCORE:
    case JOB_ASK:
    case JOB_GRADE:
    case JOB_KIND_COUNT: break;
    }
    return row->output.text;
}

static struct job_reply honest_reply(const struct job_row *row, uint32_t index, const char *label)
{
    return (struct job_reply){
        .index = index,
        .kind = row->kind,
        .score = 0.25,
        .pass = -1,
        .label = as_str_from(label),
        .method = AS_STR("POST"),
        .path = AS_STR("/v1"),
        .body = AS_STR("{}"),
        .header_count = 1,
        .headers = {{AS_STR("a"), AS_STR("b")}},
        .messages_json = AS_STR("[]"),
        .case_json = AS_STR("{}"),
        .output = {.text = AS_STR("answer"), .latency_ms = NAN, .cost_usd = NAN},
        .memory_kb = 100 + index,
        .row_us = 10,
    };
}

static void answer(const struct job_row *row, uint32_t index)
{
    char label[64];
    snprintf(label, sizeof(label), "%d %u", (int)getpid(), ++rows_seen);
    struct job_reply reply = honest_reply(row, index, label);
    struct as_str text = text_of(row);
    end_or_stall(text);
    obey_status(text, &reply);
    obey_page(text);
    lie_in_numbers(text, &reply);
    lie_in_texts(text, &reply);
    job_put_reply(&out, &reply);
    if (as_str_eq(text, "keep")) /* goes out with the next answer */
        return;
    send_lie(text);
    send_out();
    if (as_str_eq(text, "twice"))
        answer_again(&reply, 1);
    if (as_str_eq(text, "flood of answers"))
        answer_again(&reply, 100000);
    if (as_str_eq(text, "answer and die"))
        die_of(SIGSEGV);
}

static void work(struct as_str payload)
{
    struct as_reader rows;
    uint32_t count;
    if (job_get_batch(payload, &rows, &count))
        _exit(80);
    for (uint32_t i = 0; i < count; i++) {
        struct job_row row;
        if (job_get_row(&rows, &row))
            _exit(81);
        page->rows_begun++;
        answer(&row, i);
    }
}

static void take_frame(enum job_frame type, struct as_str payload)
{
    struct as_str name, source;
    if (type == JOB_FRAME_BATCH)
        work(payload);
    else if (type == JOB_FRAME_LOAD && !job_get_load(payload, &name, &source))
        load(source);
    else
        _exit(82);
}

int main(int argc, char **argv)
{
    struct as_buf in = {0};
    if (argc > 2 && !strcmp(argv[1], "--probe"))
        die_of(SIGSYS);
    signal(SIGUSR1, on_stop);
    page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, JOB_PAGE_FD, 0);
    if (page == MAP_FAILED)
        _exit(82);
    for (;;) {
        enum job_frame type;
        struct as_str payload;
        size_t used = 0;
        int rc = job_frame_next(in.ptr, in.len, JOB_FRAME_MAX_BYTES, &type, &payload, &used);
        if (rc < 0)
            _exit(83);
        if (rc == 1) {
            take_frame(type, payload);
            as_buf_consume(&in, used);
            continue;
        }
        ssize_t n = read(SOCKET_FD, as_buf_reserve(&in, 1 << 16), 1 << 16);
        if (n <= 0)
            _exit(0);
        in.len += (size_t)n;
    }
}
