/* The daemon's frames as a worker reads them: LOAD and BATCH, whole, cut, and out of order.
 *
 * The real server of worker/server.c, without a jail, with the real Lua library. The input is a
 * list of acts on one worker: bytes as they are, frames whose length is right and whose content is
 * not, rows whose strings are the input's. Whatever came in, every frame that goes out must be one
 * that the daemon's own decoder takes. */
#include "tests/fuzz/fuzz.h"

#include "lib/job.h"
#include "lib/json.h"
#include "worker/server.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>

#define SOFT_STOP_US 100000 /* what the daemon does to a row that takes too long */
#define ACTS_MAX 64

/* They show what they are given to everything of the library that reads bytes in C. */
static const char scorer[] =
    "return { api = 1, kind = 'scorer', name = 's', version = '1.0.0',\n"
    "  params = { a = { type = 'any' }, s = { type = 'string', default = 'x' } },\n"
    "  examples = { { output = { text = '1' }, score = 1 } },\n"
    "  score = function(case, output, p)\n"
    "    local doc = assay.json.decode(output.text)\n"
    "    if type(p.a) == 'table' then assay.schema.check(p.a, doc) end\n"
    "    assay.text.normalise(output.text)\n"
    "    assay.text.sentences(output.text)\n"
    "    assay.text.bleu(output.text, p.s)\n"
    "    assay.text.levenshtein(output.text, p.s)\n"
    "    assay.num.all(output.text)\n"
    "    return { score = 1, label = case.id, reason = output.text,\n"
    "             details = { doc = doc, calls = output.tool_calls } }\n"
    "  end }";
static const char rubric[] =
    "return { api = 1, kind = 'rubric', name = 'r', version = '1.0.0', scale = { 1, 5 },\n"
    "  ask = function(case, output)\n"
    "    return { messages = { { role = 'user', content = assay.fence('x', output.text) } },\n"
    "             schema = case.metadata }\n"
    "  end,\n"
    "  grade = function(reply, case, p)\n"
    "    local doc, why = assay.json.decode(assay.json.unfence(reply.text))\n"
    "    if not doc then return nil, why end\n"
    "    return { score = doc.score, reasoning = doc.reasoning, details = doc }\n"
    "  end }";
static const char provider[] =
    "return { api = 1, kind = 'provider', name = 'p', version = '1.0.0',\n"
    "  request = function(model, messages, opts)\n"
    "    return { method = model.method, path = model.path or '/', headers = model.headers,\n"
    "             body = assay.json.encode({ messages, opts }) }\n"
    "  end,\n"
    "  response = function(http, model)\n"
    "    local doc, why = assay.json.decode(http.body)\n"
    "    if not doc then return nil, { class = 'bad_reply', message = why } end\n"
    "    if doc.error then return nil, doc.error end\n"
    "    return { text = doc.text, tool_calls = doc.tool_calls, usage = doc.usage,\n"
    "             finish_reason = doc.finish_reason, model_id = http.headers.id }\n"
    "  end }";

static struct as_buf said; /* by the worker */

static void keep_said(struct as_str bytes)
{
    as_buf_add(&said, bytes.ptr, bytes.len);
}

static void check_json(struct as_str text, enum as_json_type type)
{
    struct as_json *json = NULL;
    AS_ASSERT(!text.ptr ||
              (!as_json_parse(text.ptr, text.len, &json, NULL) && as_json_type_of(json) == type));
    as_json_free(json);
}

static void check_reply(struct as_str payload)
{
    struct job_reply reply;
    AS_ASSERT(!job_get_reply(payload, &reply));
    check_json(reply.messages_json, AS_JSON_ARRAY);
    check_json(reply.schema_json, AS_JSON_OBJECT);
    check_json(reply.output.tool_calls_json, AS_JSON_ARRAY);
}

static void check_loaded(struct as_str payload)
{
    struct job_loaded loaded;
    AS_ASSERT(!job_get_loaded(payload, &loaded));
    check_json(loaded.manifest.params_json, AS_JSON_OBJECT);
    check_json(loaded.manifest.requires_json, AS_JSON_ARRAY);
    check_json(loaded.manifest.criteria_json, AS_JSON_ARRAY);
}

/* Whole frames, each as the daemon wants it. */
static void check_said(void)
{
    enum job_frame type;
    struct as_str payload;
    size_t at = 0, used;
    while (at < said.len) {
        int rc = job_frame_next(said.ptr + at, said.len - at, JOB_FRAME_MAX_BYTES, &type, &payload,
                                &used);
        AS_ASSERT(rc == 1);
        if (type == JOB_FRAME_REPLY)
            check_reply(payload);
        else
            check_loaded(payload);
        at += used;
    }
    as_buf_reset(&said);
}

/* False when the worker ended over it. */
static bool tell(struct server *server, struct as_str bytes)
{
    while (bytes.len) {
        size_t room;
        char *end = server_room(server, &room);
        size_t len = bytes.len < room ? bytes.len : room;
        memcpy(end, bytes.ptr, len);
        if (server_take(server, len))
            return false;
        bytes.ptr += len;
        bytes.len -= len;
    }
    return true;
}

static bool tell_frame(struct server *server, enum job_frame type, struct as_str payload)
{
    struct as_buf frame = {0};
    as_put_u32(&frame, (uint32_t)payload.len + 1);
    as_put_u8(&frame, (uint8_t)type);
    as_buf_add(&frame, payload.ptr, payload.len);
    bool is_alive = tell(server, as_buf_str(&frame));
    as_buf_done(&frame);
    return is_alive;
}

static void load(struct server *server, struct as_str source)
{
    struct as_buf frame = {0};
    job_put_load(&frame, AS_STR("fuzz.lua"), source);
    AS_ASSERT(tell(server, as_buf_str(&frame)));
    as_buf_done(&frame);
}

/* A row of strings that the input chose. */
static bool tell_row(struct server *server, struct as_reader *in)
{
    struct job_row row = {.kind = (enum job_kind)(as_get_u8(in) % JOB_KIND_COUNT)};
    struct as_str texts[5];
    for (size_t i = 0; i < AS_COUNT(texts); i++)
        texts[i] = fuzz_bytes(in);
    row.seed = row.example_index = texts[0].len;
    row.case_json = row.model_json = texts[0];
    row.params_json = row.messages_json = texts[1];
    row.opts_json = row.output.tool_calls_json = texts[2];
    row.output.text = row.http.body = texts[3];
    row.output.finish_reason = AS_STR("stop");
    row.output.model_id = texts[4];
    row.output.latency_ms = row.output.cost_usd = NAN;
    row.http.headers[0] = (struct job_header){AS_STR("id"), texts[4]};
    row.http.headers[1] = (struct job_header){texts[2], texts[4]};
    row.http.header_count = 2;
    struct as_buf frame = {0};
    size_t mark = job_batch_begin(&frame);
    job_batch_add(&frame, &row);
    job_batch_end(&frame, mark, 1);
    bool is_alive = tell(server, as_buf_str(&frame));
    as_buf_done(&frame);
    return is_alive;
}

static bool act(struct server *server, struct as_reader *in)
{
    switch (as_get_u8(in) % 4) {
    case 0: return tell(server, fuzz_bytes(in));
    case 1: return tell_frame(server, JOB_FRAME_BATCH, fuzz_bytes(in));
    case 2: return tell_frame(server, JOB_FRAME_LOAD, fuzz_bytes(in));
    default: return tell_row(server, in);
    }
}

static void stop_softly(int signum)
{
    (void)signum;
    raise(SIGUSR1);
}

static void set_clock(suseconds_t us)
{
    struct itimerval every = {{0, us}, {0, us}};
    signal(SIGVTALRM, stop_softly);
    setitimer(ITIMER_VIRTUAL, &every, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const sources[] = {NULL, scorer, rubric, provider};
    struct as_reader in = as_reader_of(data, len);
    struct job_page page = {0};
    struct server *server = server_new(&page, keep_said);
    const char *source = sources[as_get_u8(&in) % AS_COUNT(sources)];
    AS_ASSERT(server);
    set_clock(SOFT_STOP_US);
    if (source)
        load(server, as_str_from(source));
    for (int i = 0; i < ACTS_MAX && in.left && act(server, &in); i++)
        check_said();
    set_clock(0);
    check_said();
    server_free(server);
    return 0;
}
