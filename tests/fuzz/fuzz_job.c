/* Frames of a worker that was taken over: whatever they hold, they are read within their bounds or
 * refused, and what is accepted keeps the promises of lib/job.h. */
#include "tests/fuzz/fuzz.h"

#include "lib/job.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct as_str payload = {(const char *)data, len};
    struct job_loaded loaded;
    struct job_reply reply;
    if (!job_get_loaded(payload, &loaded))
        AS_ASSERT(loaded.reason.len <= len);
    if (!job_get_reply(payload, &reply) && reply.status == JOB_OK && !isnan(reply.score))
        AS_ASSERT(reply.score >= 0 && reply.score <= 1);
    return 0;
}
