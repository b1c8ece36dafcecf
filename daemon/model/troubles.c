/* A short list in the order of the last time; one that comes again moves to the front. */
#include "daemon/model/troubles.h"

#include <stdio.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *at)
{
    while (is_digit(*at))
        at++;
    return at;
}

static bool is_same_text(const char *a, const char *b)
{
    while (*a && *b) {
        if (is_digit(*a) && is_digit(*b)) {
            a = skip_digits(a);
            b = skip_digits(b);
        } else if (*a++ != *b++) {
            return false;
        }
    }
    return *a == *b;
}

static void copy_text(struct as_str from, char ret_text[TROUBLE_TEXT_BYTES])
{
    size_t len = as_utf8_fit(from.ptr, from.len, TROUBLE_TEXT_BYTES - 1);
    if (len)
        memcpy(ret_text, from.ptr, len);
    ret_text[len] = '\0';
}

static struct trouble trouble_of(const struct row_record *row)
{
    struct trouble trouble = {.status = row->status, .last_ms = row->ended_ms};
    snprintf(trouble.error_class, sizeof(trouble.error_class), "%.*s", (int)row->error_class.len,
             row->error_class.ptr ? row->error_class.ptr : "");
    copy_text(row->error, trouble.text);
    return trouble;
}

static size_t find(const struct troubles *troubles, const struct trouble *like)
{
    size_t at = 0;
    for (; at < troubles->count; at++) {
        const struct trouble *item = &troubles->items[at];
        if (item->status == like->status && !strcmp(item->error_class, like->error_class) &&
            is_same_text(item->text, like->text))
            break;
    }
    return at;
}

void troubles_note(struct troubles *troubles, const struct row_record *row)
{
    if (row->status == ROW_OK || row->status == ROW_SKIPPED)
        return;
    struct trouble trouble = trouble_of(row);
    size_t at = find(troubles, &trouble);
    if (at < troubles->count)
        trouble.count = troubles->items[at].count;
    else if (troubles->count < TROUBLES_MAX)
        troubles->count++;
    else
        troubles->forgotten += troubles->items[--at].count;
    trouble.count++;
    memmove(&troubles->items[1], &troubles->items[0], at * sizeof(trouble));
    troubles->items[0] = trouble;
}
