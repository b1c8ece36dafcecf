/* The words of the journal's policies, and the rules in a group's pins. */
#include "daemon/model/journal_rules.h"

#include <string.h>

static const char *const policy_names[] = {
    [JOURNAL_LIVE] = "live",
    [JOURNAL_CACHE] = "cache",
    [JOURNAL_REPLAY] = "replay",
};

#define POLICY_COUNT (sizeof(policy_names) / sizeof(*policy_names))

const char *journal_policy_name(enum journal_policy policy)
{
    AS_ASSERT(policy < POLICY_COUNT);
    return policy_names[policy];
}

int journal_policy_from(const char *name, enum journal_policy *ret_policy)
{
    for (size_t i = 0; i < POLICY_COUNT; i++) {
        if (strcmp(policy_names[i], name) != 0)
            continue;
        *ret_policy = (enum journal_policy)i;
        return 0;
    }
    return AS_EINVAL;
}

struct as_json *journal_rules_to_json(const struct journal_rules *rules)
{
    struct as_json *json = as_json_object();
    as_json_set_str(json, "policy", journal_policy_name(rules->policy));
    as_json_set_take(json, "max_age_ms",
                     rules->max_age_ms ? as_json_new_int(rules->max_age_ms) : NULL);
    as_json_set_take(json, "of_run", rules->of_run ? as_json_new_int(rules->of_run) : NULL);
    return json;
}

int journal_rules_from_json(const struct as_json *json, struct journal_rules *ret_rules)
{
    struct journal_rules rules = {
        .max_age_ms = as_json_get_int(json, "max_age_ms", 0),
        .of_run = as_json_get_int(json, "of_run", 0),
    };
    int rc = journal_policy_from(as_json_get_cstr_or(json, "policy", "live"), &rules.policy);
    if (!rc)
        *ret_rules = rules;
    return rc;
}
