/* "recorded" and "recorded:NAME", told apart from the names of models. */
#include "daemon/model/recording.h"

#include <string.h>

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

const char *recording_of(const char *member)
{
    size_t len = sizeof(RECORDING_PRODUCTION) - 1;
    if (strncmp(member, RECORDING_PRODUCTION, len) != 0)
        return NULL;
    return member[len] == ':' ? member + len + 1 : member[len] ? NULL : member + len;
}

bool recording_name_is_valid(const char *name)
{
    size_t len = strlen(name);
    return len && len <= RECORDING_NAME_MAX_BYTES && strchr(LETTERS DIGITS, name[0]) &&
           strspn(name, LETTERS DIGITS "._:/-") == len;
}
