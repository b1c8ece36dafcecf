/* From bytes to lines to cases. A line is parsed where it lies when a portion holds all of it; only
 * what is cut off at the end of a portion is copied, and never more of it than a line may have.
 * A case is kept when it can be read again and its id is new; all else is a bad line. */
#include "daemon/dataset/formats.h"
#include "daemon/dataset/remedy.h"
#include "daemon/dataset/seen.h"
#include "daemon/dataset/storable.h"

#include <stdlib.h>
#include <string.h>

struct dataset_import {
    struct dataset_import_options options;
    char *file;
    uint64_t line;              /* of the line that is open or was ended last; from 1 */
    struct as_buf partial;      /* the start of a line whose newline has not come */
    bool is_overlong;           /* ... of which only the end is still waited for */
    bool is_begun;              /* the open file has had a line that was not blank */
    bool is_foreign;            /* ... and is of another kind: what is left of it is not read */
    enum dataset_format format; /* DATASET_UNKNOWN until a line has settled it */
    bool is_told;               /* ... or somebody who knows: lines are not asked */
    uint64_t good, bad;
    struct seen seen; /* the good cases' ids */
    struct as_hasher *hasher;
    struct as_buf json, messages, recorded; /* of the case that is handed out */
};

typedef int (*parse_fn)(struct as_json *line, struct as_json **ret_case, struct as_err *err);

static const struct {
    const char *name, *what;
    parse_fn parse;
} formats[] = {
    [DATASET_UNKNOWN] = {"unknown", NULL, NULL},
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

void dataset_import_own_cases(struct dataset_import *import)
{
    import->format = DATASET_CASES;
    import->is_told = true;
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

/* Which format the line is to be read as; AS_EINVAL when it does not go with the lines before. A
 * line like none is read as what is expected here, so that its parser names what is wrong. */
static int choose_format(const struct dataset_import *import, const struct as_json *line,
                         bool *ret_is_sure, enum dataset_format *ret_format, struct as_err *err)
{
    enum dataset_format format = format_detect(line, ret_is_sure);
    bool is_settled = import->format != DATASET_UNKNOWN;
    if (format == DATASET_UNKNOWN || import->is_told)
        format = is_settled ? import->format : DATASET_CASES;
    if (!*ret_is_sure && import->format == DATASET_CHAT)
        format = DATASET_CHAT;
    if (is_settled && format != import->format)
        return as_err_set(err, AS_EINVAL,
                          "this is %s, but the import began with %s: one format an import",
                          formats[format].what, formats[import->format].what);
    *ret_format = format;
    return 0;
}

/* An id that the line did not give is a hash of what makes it the same case. */
static int check_unseen(struct dataset_import *import, struct as_str id, bool is_given,
                        struct as_err *err)
{
    struct seen_place first, here = {import->file, import->line};
    if (seen_add(&import->seen, id, here, &first))
        return 0;
    bool is_here = !strcmp(first.file, import->file);
    const char *file = is_here ? "line" : first.file, *colon = is_here ? " " : ":";
    unsigned long long line = first.line;
    if (!is_given)
        return as_err_set(err, AS_EINVAL, "the same case stands already in %s%s%llu", file, colon,
                          line);
    return as_err_set(err, AS_EINVAL,
                      "case id '%.*s' stands already in %s%s%llu: ids are unique in a dataset",
                      (int)id.len, id.ptr, file, colon, line);
}

static int check_case(struct dataset_import *import, const struct as_json *made, bool has_given_id,
                      struct as_err *err)
{
    int rc = storable_check(made, err);
    if (!rc && import->good == DATASET_CASES_MAX)
        rc = as_err_set(err, AS_ELIMIT, "a dataset has at most %u cases", DATASET_CASES_MAX);
    return rc ? rc : check_unseen(import, as_json_get_str(made, "id"), has_given_id, err);
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
    if (!rc)
        rc = check_case(import, made, format != DATASET_TRAINLOOP && as_json_get(line, "id"), err);
    if (rc)
        return rc;
    if (is_sure)
        import->format = format;
    hand_out(import, made);
    return 0;
}

static bool begins_as_object(struct as_str text)
{
    size_t at = 0;
    while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t'))
        at++;
    return at < text.len && text.ptr[at] == '{';
}

static int parse_line(struct dataset_import *import, struct as_str text, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *line = NULL;
    if (import->is_overlong || text.len > DATASET_LINE_MAX_BYTES)
        return as_err_set(err, AS_ELIMIT, "the line is longer than %u MiB",
                          DATASET_LINE_MAX_BYTES >> 20);
    if (memchr(text.ptr, '\0', text.len))
        return as_err_set(err, AS_EINVAL, "the line holds a NUL byte: this is not text");
    if (!as_utf8_is_valid(text.ptr, text.len))
        return as_err_set(err, AS_EINVAL, "the line is not valid UTF-8: save the file as UTF-8");
    int rc = as_json_parse(text.ptr, text.len, &line, err);
    if (rc && !begins_as_object(text))
        return as_err_set(err, rc, "not JSON: a line is one JSON object and begins with '{'");
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

/* Keys and ids of the line may stand in the reason: what a terminal obeys is taken out. */
static void tell_bad_line(struct dataset_import *import, const char *reason)
{
    struct as_buf safe = {0};
    as_buf_add_utf8_safe(&safe, reason, strlen(reason));
    import->bad++;
    import->options.on_bad_line(import->options.ctx, import->file, import->line, safe.ptr);
    as_buf_done(&safe);
}

static void refuse(struct dataset_import *import, struct as_str text, const struct as_err *err)
{
    struct remedy remedy = {0};
    if (!import->is_begun)
        remedy = remedy_of_file(text);
    import->is_foreign = remedy.is_foreign;
    tell_bad_line(import, remedy.sentence ? remedy.sentence : err->msg);
}

/* One line without its newline; of an overlong one its start. A CR at its end is white space to the
 * JSON parser. */
static void end_line(struct dataset_import *import, struct as_str text)
{
    struct as_err err = {0};
    import->line++;
    if (import->line == 1)
        text = without_bom(text);
    if (import->is_overlong || !is_blank(text)) {
        if (parse_line(import, text, &err))
            refuse(import, text, &err);
        import->is_begun = true;
    }
    import->is_overlong = false;
    as_buf_reset(&import->partial);
}

static void keep_partial(struct dataset_import *import, const char *data, size_t len)
{
    size_t room = DATASET_LINE_MAX_BYTES - import->partial.len;
    import->is_overlong = import->is_overlong || len > room;
    as_buf_add(&import->partial, data, len < room ? len : room);
}

void dataset_import_file(struct dataset_import *import, const char *name)
{
    if (import->partial.len || import->is_overlong)
        end_line(import, as_buf_str(&import->partial));
    free(import->file);
    import->file = as_xstrdup(name);
    import->line = 0;
    import->is_begun = import->is_foreign = false;
}

void dataset_import_feed(struct dataset_import *import, const char *data, size_t len)
{
    const char *newline;
    while (!import->is_foreign && len && (newline = memchr(data, '\n', len))) {
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
    if (!import->is_foreign && len)
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
        return as_err_set(err, AS_EINVAL, "there is nothing to import: no file has a line");
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
    seen_done(&import->seen);
    as_buf_done(&import->partial);
    as_buf_done(&import->json);
    as_buf_done(&import->messages);
    as_buf_done(&import->recorded);
    free(import);
}
