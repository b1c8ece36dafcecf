/* What a model API says, as the shipped providers read it: status, a header, and the body, whatever
 * they are.
 *
 * The real server of worker/server.c, without a jail, hosting the plugin file itself. A reply is
 * read into an output, or into an error with a class and a message; a script that trips over a
 * reply is a finding, since it would make a model's nonsense look like a fault of ours. */
#include "tests/fuzz/fuzz.h"

#include "lib/job.h"
#include "worker/server.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SOURCE_MAX_BYTES (256u << 10)

static const char *const paths[] = {
    PLUGINS_DIR "/providers/openai.lua",
    PLUGINS_DIR "/providers/anthropic.lua",
    PLUGINS_DIR "/providers/gemini.lua",
};

static struct as_buf said; /* by the worker */

static void keep_said(struct as_str bytes)
{
    as_buf_add(&said, bytes.ptr, bytes.len);
}

static void tell(struct server *server, const struct as_buf *frame)
{
    for (size_t at = 0; at < frame->len;) {
        size_t room, len = frame->len - at;
        char *end = server_room(server, &room);
        len = len < room ? len : room;
        memcpy(end, frame->ptr + at, len);
        AS_ASSERT(!server_take(server, len));
        at += len;
    }
}

static void load(struct server *server, const char *path)
{
    static char source[SOURCE_MAX_BYTES];
    struct as_buf frame = {0};
    FILE *file = fopen(path, "r");
    AS_ASSERT(file);
    size_t len = fread(source, 1, sizeof(source), file);
    fclose(file);
    job_put_load(&frame, AS_STR("provider.lua"), (struct as_str){source, len});
    tell(server, &frame);
    as_buf_done(&frame);
    as_buf_reset(&said);
}

static void read_reply(struct server *server, struct as_reader *in)
{
    struct as_buf frame = {0};
    struct job_row row = {.kind = JOB_PARSE, .model_json = AS_STR("{\"id\":\"m\",\"params\":{}}")};
    row.http.status = 100 + as_get_u16(in) % 500;
    struct as_str retry_after = fuzz_bytes(in);
    row.http.headers[0] =
        (struct job_header){AS_STR("retry-after"), retry_after.ptr ? retry_after : AS_STR("")};
    row.http.header_count = 1;
    row.http.body = (struct as_str){(const char *)in->ptr, in->left};
    size_t mark = job_batch_begin(&frame);
    job_batch_add(&frame, &row);
    job_batch_end(&frame, mark, 1);
    tell(server, &frame);
    as_buf_done(&frame);
}

static void check_said(void)
{
    enum job_frame type;
    struct as_str payload;
    struct job_reply reply;
    size_t used;
    AS_ASSERT(job_frame_next(said.ptr, said.len, JOB_FRAME_MAX_BYTES, &type, &payload, &used) == 1);
    AS_ASSERT(type == JOB_FRAME_REPLY && used == said.len && !job_get_reply(payload, &reply));
    AS_ASSERT(reply.status != JOB_SCRIPT_ERROR);
    as_buf_reset(&said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct as_reader in = as_reader_of(data, len);
    struct job_page page = {0};
    struct server *server = server_new(&page, keep_said);
    AS_ASSERT(server);
    load(server, paths[as_get_u8(&in) % AS_COUNT(paths)]);
    read_reply(server, &in);
    check_said();
    server_free(server);
    return 0;
}
