/* Problems are kept as they are found and sorted by place when they are written: checks run in
 * the order that suits the code, people read in the order of the file. Sorting is by insertion,
 * so that equal places keep their order. */
#include "daemon/config/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SENTENCE_MAX_BYTES 1024

void problems_init(struct problems *problems, const char *path)
{
    *problems = (struct problems){.path = path};
}

void problems_done(struct problems *problems)
{
    as_arena_done(&problems->arena);
}

static bool is_before(struct place a, struct place b)
{
    return a.line != b.line ? a.line < b.line : a.column < b.column;
}

static void keep(struct problems *problems, struct place place, const char *text)
{
    size_t at = problems->count++;
    if (at >= PROBLEMS_MAX)
        return;
    for (; at > 0 && is_before(place, problems->items[at - 1].place); at--)
        problems->items[at] = problems->items[at - 1];
    problems->items[at] = (struct problem){place, text};
}

void problems_add(struct problems *problems, struct place place, const char *where, const char *fmt,
                  ...)
{
    char sentence[SENTENCE_MAX_BYTES];
    va_list args;
    va_start(args, fmt);
    vsnprintf(sentence, sizeof(sentence), fmt, args);
    va_end(args);
    keep(problems, place,
         as_arena_printf(&problems->arena, "%s%s%s", where, where[0] ? ": " : "", sentence));
}

void problems_write(struct problems *problems, struct as_buf *out)
{
    size_t kept = problems->count < PROBLEMS_MAX ? problems->count : PROBLEMS_MAX;
    for (size_t i = 0; i < kept; i++) {
        const struct problem *item = &problems->items[i];
        as_buf_adds(out, problems->path);
        if (item->place.line)
            as_buf_addf(out, ":%u:%u", item->place.line, item->place.column);
        as_buf_adds(out, ": ");
        as_buf_add_utf8_safe(out, item->text, strlen(item->text));
        as_buf_addc(out, '\n');
    }
    if (problems->count > kept)
        as_buf_addf(out, "%s: and %zu more\n", problems->path, problems->count - kept);
}
