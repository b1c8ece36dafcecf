/* A worker's frames as the daemon reads them, in the real pool: sandbox.c, hosted.c, worker.c.
 *
 * Below them stand a loop and children that this target plays (fake_core.h). The input is a list of
 * acts: rows are submitted, workers answer, lie, fall silent, hang up and die, time goes by. Then
 * every worker turns honest. What must hold, whatever came before: each row and each load is
 * answered exactly once, by itself and within bounded time; a reply says nothing that lib/job.h
 * does not allow; and when the pool is gone, nothing of it is left. */
#include "tests/fuzz/fuzz.h"

#include "daemon/sandbox/sandbox.h"
#include "lib/json.h"
#include "lib/log.h"
#include "tests/fuzz/fake_core.h"

#include <math.h>
#include <signal.h>
#include <string.h>

#define ACTS 13
#define ACTS_MAX 400
#define ROWS_MAX 200
#define PLUGINS 2
#define VOICES 16 /* more workers than live at a time */
#define HONEST_TURN_MS 20
#define HONEST_TURNS_MAX 5000 /* 100 s of the clock: back-off and deadlines are far below */

struct answer {
    enum job_kind kind;
    unsigned count;
};

struct question {
    enum job_kind kind;
    uint32_t index;
};

/* A worker of ours: what it was asked, in order, and how far it has answered. */
struct voice {
    struct child *child;
    uint64_t number; /* the child's: its address may come again */
    struct as_buf heard;
    struct question questions[ROWS_MAX * 2];
    unsigned question_count, answered;
    bool was_loaded;
    uint64_t begun;
};

static struct play {
    struct sandbox *sandbox;
    uint64_t ids[PLUGINS];
    unsigned loads[PLUGINS];
    struct answer rows[ROWS_MAX];
    unsigned row_count;
    struct voice voices[VOICES];
} play;

/* What the pool's callers see */

static bool is_text(struct as_str text)
{
    return !text.ptr || as_utf8_is_valid(text.ptr, text.len);
}

static bool is_json(struct as_str text, enum as_json_type type)
{
    AS_CLEANUP_JSON struct as_json *json = NULL;
    return !text.ptr ||
           (!as_json_parse(text.ptr, text.len, &json, NULL) && as_json_type_of(json) == type);
}

static bool has_score(const struct job_reply *reply)
{
    return (reply->kind == JOB_SCORE || reply->kind == JOB_GRADE) && !reply->is_na;
}

static void on_answer(void *ctx, const struct job_reply *reply)
{
    struct answer *answer = ctx;
    answer->count++;
    AS_ASSERT(answer->count == 1 && reply->kind == answer->kind);
    AS_ASSERT((unsigned)reply->status < JOB_STATUS_COUNT && is_text(reply->reason));
    if (reply->status != JOB_OK)
        return;
    AS_ASSERT(!has_score(reply) || (reply->score >= 0 && reply->score <= 1));
    AS_ASSERT(is_text(reply->label) && is_text(reply->details_json));
    AS_ASSERT(is_json(reply->messages_json, AS_JSON_ARRAY) &&
              is_json(reply->schema_json, AS_JSON_OBJECT) &&
              is_json(reply->output.tool_calls_json, AS_JSON_ARRAY));
    if (reply->kind == JOB_REQUEST)
        AS_ASSERT(job_path_is_valid(reply->path) && job_method_is_valid(reply->method));
}

static void on_load(void *ctx, const struct job_loaded *loaded)
{
    ++*(unsigned *)ctx;
    if (loaded->status == JOB_OK)
        AS_ASSERT(job_name_is_valid(loaded->manifest.name) &&
                  loaded->manifest.kind < PLUGIN_KIND_COUNT);
}

static void submit(struct as_reader *in)
{
    uint8_t plugin = as_get_u8(in), kind = as_get_u8(in);
    if (play.row_count == ROWS_MAX)
        return;
    struct answer *answer = &play.rows[play.row_count++];
    *answer = (struct answer){.kind = (enum job_kind)(kind % JOB_KIND_COUNT)};
    struct job_row row = {.kind = answer->kind, .output = {.text = AS_STR("text")}};
    sandbox_submit(play.sandbox, play.ids[plugin % PLUGINS], &row, on_answer, answer);
}

/* The workers that speak */

static void note_batch(struct voice *voice, struct as_str payload)
{
    struct as_reader rows;
    struct job_row row;
    uint32_t count;
    AS_ASSERT(!job_get_batch(payload, &rows, &count));
    for (uint32_t i = 0; i < count; i++) {
        AS_ASSERT(!job_get_row(&rows, &row));
        if (voice->question_count < AS_COUNT(voice->questions))
            voice->questions[voice->question_count++] = (struct question){row.kind, i};
    }
}

static void listen(struct voice *voice)
{
    enum job_frame type;
    struct as_str payload;
    size_t used;
    core_hear(voice->child, &voice->heard);
    while (job_frame_next(voice->heard.ptr, voice->heard.len, JOB_FRAME_MAX_BYTES, &type, &payload,
                          &used) > 0) {
        if (type == JOB_FRAME_BATCH)
            note_batch(voice, payload);
        as_buf_consume(&voice->heard, used);
    }
}

/* Of the child so many before the youngest, having heard what it was told; NULL: no such child. */
static struct voice *voice_of(unsigned before)
{
    struct child *child = core_child(before);
    if (!child)
        return NULL;
    struct voice *voice = &play.voices[core_child_number(child) % VOICES];
    if (voice->number != core_child_number(child)) {
        as_buf_done(&voice->heard);
        *voice = (struct voice){.number = core_child_number(child)};
    }
    voice->child = child;
    listen(voice);
    return voice;
}

static void say_frame(struct child *child, enum job_frame type, struct as_str payload)
{
    struct as_buf frame = {0};
    as_put_u32(&frame, (uint32_t)payload.len + 1);
    as_put_u8(&frame, (uint8_t)type);
    as_buf_add(&frame, payload.ptr, payload.len);
    core_say(child, as_buf_str(&frame));
    as_buf_done(&frame);
}

static void say_loaded(struct voice *voice)
{
    struct as_buf frame = {0};
    struct job_loaded loaded = {
        .status = JOB_OK,
        .manifest = {.name = AS_STR("fuzz"),
                     .version = AS_STR("1.0.0"),
                     .params_json = AS_STR("{}"),
                     .requires_json = AS_STR("[]"),
                     .scale_min = NAN,
                     .scale_max = NAN,
                     .pass = NAN},
    };
    job_put_loaded(&frame, &loaded);
    core_say(voice->child, as_buf_str(&frame));
    as_buf_done(&frame);
    voice->was_loaded = true;
}

/* The right answer to the next question, but for its status and its score. */
static void say_reply(struct voice *voice, enum job_status status, double score)
{
    if (voice->answered == voice->question_count)
        return;
    const struct question *question = &voice->questions[voice->answered++];
    struct as_buf frame = {0};
    struct job_reply reply = {
        .index = question->index,
        .kind = question->kind,
        .status = status,
        .score = score,
        .pass = -1,
        .messages_json = AS_STR("[]"),
        .method = AS_STR("POST"),
        .path = AS_STR("/v1"),
        .body = AS_STR("{}"),
        .output = {.text = AS_STR("x"), .latency_ms = NAN, .cost_usd = NAN},
    };
    core_set_page(voice->child, ++voice->begun);
    job_put_reply(&frame, &reply);
    core_say(voice->child, as_buf_str(&frame));
    as_buf_done(&frame);
}

static void say_any_reply(struct voice *voice, struct as_reader *in)
{
    enum job_status status = (enum job_status)as_get_u8(in);
    double score = as_get_f64(in);
    say_reply(voice, status, score);
}

static void die(struct child *child, uint8_t how)
{
    static const int signals[] = {0, SIGSEGV, SIGSYS, SIGKILL, SIGXCPU, SIGUSR1, SIGABRT};
    int signum = signals[how % AS_COUNT(signals)];
    core_die(child, (struct child_exit){.exit_code = signum ? -1 : how, .signum = signum});
}

static void act_as_worker(struct voice *voice, uint8_t act, struct as_reader *in)
{
    struct child *child = voice->child;
    switch (act) {
    case 3: core_say(child, fuzz_bytes(in)); break;
    case 4: say_frame(child, JOB_FRAME_REPLY, fuzz_bytes(in)); break;
    case 5: say_frame(child, JOB_FRAME_LOADED, fuzz_bytes(in)); break;
    case 6: say_loaded(voice); break;
    case 7: say_reply(voice, JOB_OK, 0.5); break;
    case 8: say_any_reply(voice, in); break;
    case 9: core_set_page(child, as_get_u64(in)); break;
    case 10: core_hang_up(child); break;
    case 11: die(child, as_get_u8(in)); break;
    default: break;
    }
}

/* The first byte says what, and which of the workers does it. */
static void act(struct as_reader *in)
{
    uint8_t byte = as_get_u8(in), what = byte % ACTS;
    struct voice *voice = voice_of(byte / ACTS % PLUGINS);
    if (what == 0)
        submit(in);
    else if (what == 1)
        core_turn(as_get_u8(in));
    else if (what == 2)
        sandbox_close(play.sandbox, play.ids[as_get_u8(in) % PLUGINS]);
    else if (voice)
        act_as_worker(voice, what, in);
}

/* The end */

static bool is_all_answered(void)
{
    bool is_all = true;
    for (unsigned i = 0; i < play.row_count; i++)
        is_all &= play.rows[i].count == 1;
    for (unsigned i = 0; i < PLUGINS; i++)
        is_all &= play.loads[i] == 1;
    return is_all;
}

static void be_honest(void)
{
    struct voice *voice;
    for (int turn = 0; !is_all_answered(); turn++) {
        AS_ASSERT(turn < HONEST_TURNS_MAX);
        for (unsigned before = 0; (voice = voice_of(before)); before++) {
            if (!voice->was_loaded)
                say_loaded(voice);
            while (voice->answered < voice->question_count)
                say_reply(voice, JOB_OK, 0.5);
        }
        core_turn(HONEST_TURN_MS);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct as_reader in = as_reader_of(data, len);
    struct sandbox_options options = {.worker_path = "/bin/sh"}; /* looked for, never started */
    struct as_err err = {0};
    as_log_set_level(AS_LOG_ERR);
    play = (struct play){0};
    AS_ASSERT(!sandbox_new(core_begin(), &options, &play.sandbox, &err));
    for (unsigned i = 0; i < PLUGINS; i++)
        play.ids[i] =
            sandbox_open(play.sandbox, "fuzz.lua", AS_STR("source"), on_load, &play.loads[i]);
    for (int i = 0; i < ACTS_MAX && in.left; i++)
        act(&in);
    be_honest();
    sandbox_free(play.sandbox);
    core_end();
    for (unsigned i = 0; i < VOICES; i++)
        as_buf_done(&play.voices[i].heard);
    return 0;
}
