/* What a rule wants, and its target as people see it. */
#include "daemon/model/notify_rules.h"

#include <string.h>

const struct notify_rule *notify_rule_find(const struct notify_rules *rules, const char *name)
{
    for (size_t i = 0; i < rules->count; i++)
        if (!strcmp(rules->rules[i].name, name))
            return &rules->rules[i];
    return NULL;
}

bool notify_rule_wants(const struct notify_rule *rule, enum event_kind kind)
{
    return rule->on >> kind & 1;
}

void notify_target_text(const struct notify_target *target, struct as_buf *text)
{
    if (target->argv) {
        as_buf_addf(text, "command %s", target->argv[0]);
        return;
    }
    size_t scheme = strstr(target->url, "://") ? strcspn(target->url, ":") + 3 : 0;
    size_t host = scheme + strcspn(target->url + scheme, "/?");
    as_buf_addf(text, "webhook %.*s%s", (int)host, target->url, target->url[host] ? "/..." : "");
}
