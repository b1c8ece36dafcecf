/* Lines of the control socket, from any user of the machine. */
#include "tests/fuzz/fuzz.h"

#include "lib/proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct as_str line = {(const char *)data, len};
    struct proto_message message = {0};
    struct as_err err = {0};
    if (!proto_parse(line, &message, &err) && message.method) {
        const struct proto_method *method = proto_find(message.method);
        if (method && proto_check(method, message.params, &err))
            AS_ASSERT(err.msg[0]);
    }
    proto_message_done(&message);
    return 0;
}
