/* From bytes to lines to cases. A line is parsed where it lies when a portion holds all of it; only
 * what is cut off at the end of a portion is copied, and never more of it than a line may have. */
#include "daemon/dataset/formats.h"

#include <stdlib.h>
#include <string.h>

struct dataset_import {
    struct dataset_import_options options;
    char *file;
    uint64_t line;              /* of the line that is open or was ended last; from 1 */
    struct as_buf partial;      /* the start of a line whose newline has not come */
    bool is_overlong;           /* ... of which only the end is still waited for */
    enum dataset_format format; /* DATASET_UNKNOWN until a line has settled it */
    uint64_t good, bad;
    struct as_hasher *hasher;
    struct as_buf json, messages, recorded; /* of the case that is handed out */
};

typedef int (*parse_fn)(struct as_json *line, struct as_json **ret_case, struct as_err *err);

static const struct {
    const char *name, *what;
    parse_fn parse;
} formats[] = {
    [DATASET_UNKNOWN] = {"unknown", "of no known format", NULL},
    [DATASET_CASES] = {"cases", "a case", format_parse_case},
    [DATASET_CHAT] = {"chat", "a chat with its answer", format_parse_chat},
    [DATASET_TRAINLOOP] = {"trainloop", "a TrainLoop event", format_parse_trainloop},
};

const char *dataset_format_name(enum dataset_format format)
{
    return formats[format].name;
}

struct dataset_import *dataset_import_new(const struct dataset_import_options *options)
{
    struct dataset_import *import = as_xcalloc(1, sizeof(*import));
    import->options = *options;
    import->file = as_xstrdup("");
    import->hasher = as_hasher_new();
    return import;
}

static void write_member(const struct as_json *made, const char *key, struct as_buf *out)
{
    as_buf_reset(out);
    if (as_json_get(made, key))
        as_json_write_canonical(as_json_get(made, key), out);
}

static struct as_str str_or_absent(struct as_str text)
{
    return text.len ? text : (struct as_str){NULL, 0};
}

static void hand_out(struct dataset_import *import, const struct as_json *made)
{
    as_buf_reset(&import->json);
    as_json_write_canonical(made, &import->json);
    write_member(made, "messages", &import->messages);
    write_member(made, "recorded", &import->recorded);
    struct as_str stratum = as_json_get_str(made, "stratum");
    struct case_record record = {
        .seq = (int64_t)import->good,
        .id = as_json_get_str(made, "id"),
        .json = as_buf_str(&import->json),
        .messages_json = as_buf_str(&import->messages),
        .recorded_json = str_or_absent(as_buf_str(&import->recorded)),
        .is_critical = as_json_get_bool(made, "critical", false),
        .cluster = str_or_absent(as_json_get_str(made, "cluster")),
        .stratum = str_or_absent(stratum.ptr ? stratum : as_json_get_str(made, "split")),
    };
    as_hasher_add_field(import->hasher, record.json);
    import->good++;
    import->options.on_case(import->options.ctx, &record);
}

static void refuse(struct dataset_import *import, const char *reason)
{
    import->bad++;
    import->options.on_bad_line(import->options.ctx, import->file, import->line, reason);
}

/* Which format the line is to be read as; AS_EINVAL when it does not go with the lines before. */
static int choose_format(const struct dataset_import *import, const struct as_json *line,
                         bool *ret_is_sure, enum dataset_format *ret_format, struct as_err *err)
{
    enum dataset_format format = format_detect(line, ret_is_sure);
    bool is_settled = import->format != DATASET_UNKNOWN;
    if (format == DATASET_UNKNOWN)
        return as_err_set(err, AS_EINVAL, "a line needs messages or input");
    if (!*ret_is_sure && import->format == DATASET_CHAT)
        format = DATASET_CHAT;
    if (is_settled && format != import->format)
        return as_err_set(err, AS_EINVAL,
                          "this is %s, but the import began with %s: one format an import",
                          formats[format].what, formats[import->format].what);
    *ret_format = format;
    return 0;
}

static int parse_object(struct dataset_import *import, struct as_json *line, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *made = NULL;
    enum dataset_format format = DATASET_UNKNOWN;
    bool is_sure = false;
    if (as_json_type_of(line) != AS_JSON_OBJECT)
        return as_err_set(err, AS_EINVAL, "a line must be an object, got %s",
                          as_json_type_name(as_json_type_of(line)));
    int rc = choose_format(import, line, &is_sure, &format, err);
    if (!rc)
        rc = formats[format].parse(line, &made, err);
    if (rc)
        return rc;
    if (is_sure)
        import->format = format;
    hand_out(import, made);
    return 0;
}

static int parse_line(struct dataset_import *import, struct as_str text, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *line = NULL;
    if (memchr(text.ptr, '\0', text.len))
        return as_err_set(err, AS_EINVAL, "the line holds a NUL byte");
    if (!as_utf8_is_valid(text.ptr, text.len))
        return as_err_set(err, AS_EINVAL, "the line is not valid UTF-8");
    int rc = as_json_parse(text.ptr, text.len, &line, err);
    return rc ? rc : parse_object(import, line, err);
}

static struct as_str without_bom(struct as_str text)
{
    bool has_bom = text.len >= 3 && !memcmp(text.ptr, "\xEF\xBB\xBF", 3);
    return has_bom ? (struct as_str){text.ptr + 3, text.len - 3} : text;
}

static bool is_blank(struct as_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != ' ' && text.ptr[i] != '\t' && text.ptr[i] != '\r')
            return false;
    return true;
}

/* One line without its newline. A CR at its end is white space to the JSON parser. */
static void end_line(struct dataset_import *import, struct as_str text)
{
    struct as_err err = {0};
    import->line++;
    if (import->line == 1)
        text = without_bom(text);
    if (import->is_overlong || text.len > DATASET_LINE_MAX_BYTES) {
        as_err_set(&err, AS_ELIMIT, "the line is longer than %u bytes", DATASET_LINE_MAX_BYTES);
        refuse(import, err.msg);
    } else if (!is_blank(text) && parse_line(import, text, &err)) {
        refuse(import, err.msg);
    }
    import->is_overlong = false;
    as_buf_reset(&import->partial);
}

static void keep_partial(struct dataset_import *import, const char *data, size_t len)
{
    if (import->is_overlong || len > DATASET_LINE_MAX_BYTES - import->partial.len) {
        import->is_overlong = true;
        as_buf_reset(&import->partial);
        return;
    }
    as_buf_add(&import->partial, data, len);
}

void dataset_import_file(struct dataset_import *import, const char *name)
{
    if (import->partial.len || import->is_overlong)
        end_line(import, as_buf_str(&import->partial));
    free(import->file);
    import->file = as_xstrdup(name);
    import->line = 0;
}

void dataset_import_feed(struct dataset_import *import, const char *data, size_t len)
{
    const char *newline;
    while (len && (newline = memchr(data, '\n', len))) {
        size_t part = (size_t)(newline - data);
        if (!import->partial.len && !import->is_overlong) {
            end_line(import, (struct as_str){data, part});
        } else {
            keep_partial(import, data, part);
            end_line(import, as_buf_str(&import->partial));
        }
        data += part + 1;
        len -= part + 1;
    }
    if (len)
        keep_partial(import, data, len);
}

int dataset_import_finish(struct dataset_import *import, struct dataset_import_summary *ret_summary,
                          struct as_err *err)
{
    AS_ASSERT(import->hasher);
    dataset_import_file(import, "");
    struct as_sha256 hash = as_hasher_finish_free(import->hasher);
    import->hasher = NULL;
    if (!import->good && !import->bad)
        return as_err_set(err, AS_EINVAL, "there is not one line to import");
    if (!import->good)
        return as_err_set(err, AS_EINVAL, "not one of %llu lines is a good case",
                          (unsigned long long)import->bad);
    bool is_settled = import->format != DATASET_UNKNOWN;
    *ret_summary = (struct dataset_import_summary){
        .format = is_settled ? import->format : DATASET_CASES,
        .good = import->good,
        .bad = import->bad,
        .hash = hash,
    };
    return 0;
}

void dataset_import_free(struct dataset_import *import)
{
    if (!import)
        return;
    if (import->hasher)
        as_hasher_finish_free(import->hasher);
    free(import->file);
    as_buf_done(&import->partial);
    as_buf_done(&import->json);
    as_buf_done(&import->messages);
    as_buf_done(&import->recorded);
    free(import);
}
