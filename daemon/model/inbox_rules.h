/* An inbox, as the configuration has it: a folder whose files of traffic become versions of a
 * dataset. Plain data, owned by the config snapshot that it came from. */
#ifndef DAEMON_MODEL_INBOX_RULES_H
#define DAEMON_MODEL_INBOX_RULES_H

#include <stdint.h>

#define INBOXES_MAX 64

struct inbox_rules {
    const char *dataset; /* no two inboxes have the same, so it is the inbox's name, too */
    const char *dir;
    const char *redact;      /* the redactor that sees each case first; NULL = none */
    const char *params_json; /* of it */
    int64_t keep_ms;   /* cases taken in longer ago are left out of new versions; 0 = none is */
    int64_t max_cases; /* a version has at most the last so many */
    int64_t quiet_ms;  /* a file that changed within it is not taken yet */
};

#endif
