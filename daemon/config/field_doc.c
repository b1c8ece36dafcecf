/* The keys of a table as a list of a man page: the dotted path, what a value is, and the default.
 * What a key means is said beside it in the annotated files of etc. */
#include "daemon/config/field.h"

#include <string.h>

/* In troff a dash is a hyphen, and a backslash begins an escape. */
static void add_roff(struct as_buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\\')
            as_buf_adds(out, "\\e");
        else if (*text == '-')
            as_buf_adds(out, "\\-");
        else
            as_buf_addc(out, *text);
    }
}

static void add_range(struct as_buf *out, const struct field *field)
{
    if (field->min != 0 || field->max != 0)
        as_buf_addf(out, ", %.15g to %.15g", field->min, field->max);
}

static void add_words(struct as_buf *out, const struct field *field)
{
    const char *word;
    for (int value = (int)field->min; (word = field->word(value)); value++) {
        as_buf_adds(out, value == (int)field->min ? "" : " | ");
        add_roff(out, word);
    }
}

static void add_type(struct as_buf *out, const struct field *field)
{
    static const char *const names[] = {
        [FIELD_STRING] = "text",         [FIELD_PATH] = "path",
        [FIELD_PATHS] = "list of paths", [FIELD_BOOL] = "true | false",
        [FIELD_U32] = "whole number",    [FIELD_I64] = "whole number",
        [FIELD_NUMBER] = "number",       [FIELD_WORD] = "",
        [FIELD_PARAMS] = "map",          [FIELD_SECTION] = "",
        [FIELD_CUSTOM] = "see below",
    };
    if (field->type == FIELD_WORD)
        add_words(out, field);
    else if (field->must_be)
        add_roff(out, field->must_be);
    else
        as_buf_adds(out, names[field->type]);
    if (field->type == FIELD_U32 || field->type == FIELD_I64 || field->type == FIELD_NUMBER)
        add_range(out, field);
}

static void add_key(struct as_buf *out, const char *path, const struct field *field)
{
    as_buf_adds(out, ".TP\n.B ");
    add_roff(out, path);
    as_buf_addc(out, '\n');
    add_type(out, field);
    if (field->is_required)
        as_buf_adds(out, "; needed");
    if (field->fallback) {
        as_buf_adds(out, "; default ");
        add_roff(out, field->fallback);
    }
    as_buf_addc(out, '\n');
}

void field_write_man(const struct field *fields, const char *prefix, struct as_buf *out)
{
    for (const struct field *field = fields; field->key; field++) {
        struct as_buf path = {0};
        as_buf_addf(&path, "%s%s", prefix, field->key);
        if (field->section) { /* a custom decoder's is that of each entry under a name */
            const char *below = field->is_list ? "[]." : ".NAME.";
            as_buf_adds(&path, field->type == FIELD_CUSTOM ? below : ".");
            field_write_man(field->section, path.ptr, out);
        } else {
            add_key(out, path.ptr, field);
        }
        as_buf_done(&path);
    }
}
