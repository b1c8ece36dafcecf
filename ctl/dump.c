/* The list of what can be printed from tables; scripts/docs asks for it by these names. */
#include "ctl/dump.h"

#include "ctl/command.h"
#include "ctl/completion.h"
#include "lib/metric.h"
#include "lib/proto.h"

#include <string.h>

static void write_text(FILE *stream, void (*fill)(struct as_buf *out))
{
    struct as_buf text = {0};
    fill(&text);
    fwrite(text.ptr, 1, text.len, stream);
    as_buf_done(&text);
}

static void write_protocol(FILE *stream)
{
    write_text(stream, proto_write_docs);
}

static void write_metrics(FILE *stream)
{
    write_text(stream, metric_write_docs);
}

static const struct {
    const char *name;
    void (*write)(FILE *stream);
} things[] = {
    {"man", help_man_page},
    {"protocol", write_protocol},
    {"metrics", write_metrics},
    {"completion-bash", completion_bash},
    {"completion-zsh", completion_zsh},
    {"completion-fish", completion_fish},
};

int dump_write(const char *what, FILE *stream, struct as_err *err)
{
    struct as_buf names = {0};
    for (size_t i = 0; i < AS_COUNT(things); i++) {
        if (!strcmp(things[i].name, what)) {
            things[i].write(stream);
            as_buf_done(&names);
            return 0;
        }
        as_buf_addf(&names, "%s%s", i ? ", " : "", things[i].name);
    }
    int rc = as_err_set(err, AS_EUSAGE, "--dump takes one of %s, not '%s'", names.ptr, what);
    as_buf_done(&names);
    return rc;
}
