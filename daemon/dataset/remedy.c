/* Files are told by how they begin. A line of JSON Lines begins with "{"; whatever else does not is
 * of another kind, and one sentence at its first line helps more than an error at every column. Of
 * an array or an object that goes over several lines some may pass for lines of JSON Lines, the
 * last element for one: nothing of such a file is taken. */
#include "daemon/dataset/remedy.h"

#include <string.h>

static const struct {
    const char *start, *sentence;
} foreign[] = {
    {"\x1F\x8B", "this file is compressed by gzip: unpack it first"},
    {"\x28\xB5\x2F\xFD", "this file is compressed by zstd: unpack it first"},
    {"PK\x03\x04", "this file is a zip archive or a spreadsheet: "
                   "a dataset has one JSON object a line"},
    {"PAR1", "this file is Parquet: a dataset has one JSON object a line"},
    {"\xFF\xFE", "this file is UTF-16: save it as UTF-8"},
    {"\xFE\xFF", "this file is UTF-16: save it as UTF-8"},
};

static struct as_str trimmed(struct as_str text)
{
    while (text.len && strchr(" \t\r", text.ptr[0]) && text.ptr[0])
        text = (struct as_str){text.ptr + 1, text.len - 1};
    while (text.len && strchr(" \t\r", text.ptr[text.len - 1]) && text.ptr[text.len - 1])
        text.len--;
    return text;
}

struct remedy remedy_of_file(struct as_str first_line)
{
    struct as_str text = trimmed(first_line);
    for (size_t i = 0; i < AS_COUNT(foreign); i++) {
        size_t len = strlen(foreign[i].start);
        if (text.len >= len && !memcmp(text.ptr, foreign[i].start, len))
            return (struct remedy){foreign[i].sentence, true};
    }
    char first = text.len ? text.ptr[0] : '\0', last = text.len ? text.ptr[text.len - 1] : '\0';
    if (first == '[')
        return (struct remedy){"this file is a JSON array, and a dataset has one JSON object a "
                               "line: `jq -c '.[]'` makes it so",
                               last != ']'};
    if (as_str_eq(text, "{"))
        return (struct remedy){"a JSON object goes over several lines here, and a dataset has one "
                               "a line: `jq -c .` makes it so",
                               true};
    if (first == '{')
        return (struct remedy){NULL, false};
    return (struct remedy){"this is no JSON object, and a dataset has one a line, such as "
                           "{\"input\": \"...\"}; convert CSV and other tables first",
                           false};
}
