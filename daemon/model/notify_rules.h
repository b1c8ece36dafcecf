/* Who is told of which events, and how. Plain data: config fills it from the `notify` of an eval's
 * file, for events of that eval, and of assay.yaml, for all. Strings live as long as what they were
 * decoded from. */
#ifndef DAEMON_MODEL_NOTIFY_RULES_H
#define DAEMON_MODEL_NOTIFY_RULES_H

#include "daemon/model/event.h"

#define NOTIFY_RULES_MAX 8
#define NOTIFY_ARGS_MAX 32
#define NOTIFY_TIMEOUT_MS 10000 /* of one try, unless it is said otherwise */
#define NOTIFY_TIMEOUT_MAX "5m"
#define NOTIFY_RETRIES_MAX 10

/* A command or a webhook. */
struct notify_target {
    char *const *argv;   /* NULL-terminated, argv[0] an absolute path; NULL: a webhook */
    const char *url;     /* it may hold a token: only notify_target_text is shown */
    const char *secret;  /* the name of the key that signs; NULL: unsigned */
    uint32_t timeout_ms; /* of one try */
    uint32_t retries;    /* further tries after one that failed */
};

struct notify_rule {
    const char *name;
    uint64_t on; /* a bit for each event_kind */
    struct notify_target to;
};

struct notify_rules {
    struct notify_rule rules[NOTIFY_RULES_MAX];
    size_t count;
};

/* NULL: there is none of that name. */
const struct notify_rule *notify_rule_find(const struct notify_rules *rules, const char *name);
bool notify_rule_wants(const struct notify_rule *rule, enum event_kind kind);
/* "command /usr/local/bin/page", "webhook https://hooks.example/...": appended. */
void notify_target_text(const struct notify_target *target, struct as_buf *text);

#endif
