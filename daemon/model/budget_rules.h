/* An eval's budget as it is configured and pinned: caps for the whole run group, retries and judge
 * included. Plain data; the books are transport/budget.h. */
#ifndef DAEMON_MODEL_BUDGET_RULES_H
#define DAEMON_MODEL_BUDGET_RULES_H

#include "lib/json.h"

#define BUDGET_OUTPUT_TOKENS_DEFAULT 4096
#define BUDGET_OUTPUT_TOKENS_MAX 1000000000 /* a limit beyond it counts as this */

struct budget_rules {
    double max_cost_usd;              /* NaN = no cap */
    int64_t max_requests, max_tokens; /* 0 = no cap; tokens: input and output together */
    int64_t output_tokens; /* at most so many in a reply, where a model's own params set no limit */
};

void budget_rules_init(struct budget_rules *rules); /* no cap, the default output_tokens */
bool budget_rules_is_set(const struct budget_rules *rules);
/* Takes over the caps that flags has, which may set one or lower it. AS_EINVAL when one would be
 * raised. */
int budget_rules_lower(struct budget_rules *rules, const struct budget_rules *flags,
                       struct as_err *err) AS_MUST_USE;

struct as_json *budget_rules_to_json(const struct budget_rules *rules); /* NULL when not set */
void budget_rules_from_json(const struct as_json *json, struct budget_rules *ret_rules);

/* The most tokens that a reply to these request parameters can have: max_tokens and its kin, as the
 * vendors call it, times the answers asked for. 0 when they set no limit. */
int64_t budget_output_limit(const char *params_json);

#endif
