/* Lists of known names and what is said of an unknown one; and the alphabets of the kinds of names,
 * as strspn takes them. A name is ASCII, so that what looks the same is the same. */
#include "daemon/config/names.h"

#include "lib/nearest.h"

#include <string.h>

#define DIGITS "0123456789"
#define HEX DIGITS "abcdef"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define HINT_NAMES_MAX 12

bool name_list_has(struct name_list list, const char *name)
{
    for (size_t i = 0; i < list.count; i++)
        if (!strcmp(list.names[i], name))
            return true;
    return false;
}

const char *name_nearest(struct name_list list, const char *name)
{
    struct as_nearest nearest = {0};
    for (size_t i = 0; i < list.count; i++)
        as_nearest_offer(&nearest, name, list.names[i]);
    return nearest.best;
}

const char *name_hint(struct name_list list, const char *name, struct as_buf *scratch)
{
    as_buf_reset(scratch);
    const char *nearest = list.count == 1 ? list.names[0] : name_nearest(list, name);
    if (list.count == 0)
        return "; there is none";
    if (nearest) {
        as_buf_addf(scratch, "; there is '%s'", nearest);
        return scratch->ptr;
    }
    as_buf_adds(scratch, "; there are ");
    for (size_t i = 0; i < list.count && i < HINT_NAMES_MAX; i++)
        as_buf_addf(scratch, "%s'%s'", i ? ", " : "", list.names[i]);
    if (list.count > HINT_NAMES_MAX)
        as_buf_adds(scratch, " and more");
    return scratch->ptr;
}

static bool is_made_of(const char *text, size_t len, const char *set)
{
    return len > 0 && len <= NAME_MAX_BYTES && strspn(text, set) >= len;
}

bool name_is_model(const char *text)
{
    return strchr(LETTERS DIGITS, text[0]) &&
           is_made_of(text, strlen(text), LETTERS DIGITS "._:/-");
}

bool name_is_metric(const char *text)
{
    return is_made_of(text, strlen(text), LETTERS DIGITS "._-");
}

bool name_is_secret(const char *text)
{
    return is_made_of(text, strlen(text), LETTERS DIGITS "_") && !strchr(DIGITS, text[0]);
}

bool name_is_dataset(const char *text)
{
    size_t name_len = strcspn(text, "@");
    if (!is_made_of(text, name_len, LETTERS DIGITS "._-"))
        return false;
    if (text[name_len] == '\0')
        return true;
    const char *which = text + name_len + 1;
    size_t len = strlen(which);
    return is_made_of(which, len, DIGITS) || (len >= 6 && is_made_of(which, len, HEX));
}

/* One to three numbers with points between them. */
static bool is_version_prefix(const char *text)
{
    for (int part = 1; part <= 3; part++) {
        size_t len = strspn(text, DIGITS);
        text += len;
        if (len == 0 || *text == '\0')
            return len > 0;
        if (*text++ != '.')
            return false;
    }
    return false;
}

bool name_is_selector(const char *text)
{
    static const char by_hash[] = "sha256:";
    size_t name_len = strcspn(text, "@");
    if (!is_made_of(text, name_len, LETTERS DIGITS "._-"))
        return false;
    if (text[name_len] == '\0')
        return true;
    const char *version = text + name_len + 1;
    if (strncmp(version, by_hash, sizeof(by_hash) - 1) != 0)
        return is_version_prefix(version);
    const char *hash = version + sizeof(by_hash) - 1;
    return strlen(hash) >= 8 && is_made_of(hash, strlen(hash), HEX);
}
