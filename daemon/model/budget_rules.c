/* Budget rules to JSON and back, and the reading of a model's output limit. A parameter's name is
 * looked for at the top and one level deeper, where a vendor has a section for it. */
#include "daemon/model/budget_rules.h"

#include <math.h>
#include <string.h>

void budget_rules_init(struct budget_rules *rules)
{
    *rules =
        (struct budget_rules){.max_cost_usd = NAN, .output_tokens = BUDGET_OUTPUT_TOKENS_DEFAULT};
}

bool budget_rules_is_set(const struct budget_rules *rules)
{
    return !isnan(rules->max_cost_usd) || rules->max_requests || rules->max_tokens;
}

static int lower_count(int64_t *cap, int64_t flag, const char *name, struct as_err *err)
{
    if (flag && *cap && flag > *cap)
        return as_err_set(err, AS_EINVAL,
                          "%s %lld is above the eval's own %lld: a flag can only lower it", name,
                          (long long)flag, (long long)*cap);
    *cap = flag ? flag : *cap;
    return 0;
}

int budget_rules_lower(struct budget_rules *rules, const struct budget_rules *flags,
                       struct as_err *err)
{
    if (flags->max_cost_usd <= 0)
        return as_err_set(err, AS_EINVAL, "max_cost_usd %g must be above 0", flags->max_cost_usd);
    if (flags->max_cost_usd > rules->max_cost_usd)
        return as_err_set(err, AS_EINVAL,
                          "max_cost_usd %g is above the eval's own %g: a flag can only lower it",
                          flags->max_cost_usd, rules->max_cost_usd);
    if (!isnan(flags->max_cost_usd))
        rules->max_cost_usd = flags->max_cost_usd;
    int rc = lower_count(&rules->max_requests, flags->max_requests, "max_requests", err);
    return rc ? rc : lower_count(&rules->max_tokens, flags->max_tokens, "max_tokens", err);
}

static void set_count(struct as_json *json, const char *key, int64_t count)
{
    as_json_set_take(json, key, count ? as_json_new_int(count) : NULL);
}

struct as_json *budget_rules_to_json(const struct budget_rules *rules)
{
    if (!budget_rules_is_set(rules))
        return NULL;
    struct as_json *json = as_json_object();
    as_json_set_num(json, "max_cost_usd", rules->max_cost_usd);
    set_count(json, "max_requests", rules->max_requests);
    set_count(json, "max_tokens", rules->max_tokens);
    as_json_set_int(json, "output_tokens", rules->output_tokens);
    return json;
}

void budget_rules_from_json(const struct as_json *json, struct budget_rules *ret_rules)
{
    budget_rules_init(ret_rules);
    ret_rules->max_cost_usd = as_json_get_num(json, "max_cost_usd", NAN);
    ret_rules->max_requests = as_json_get_int(json, "max_requests", 0);
    ret_rules->max_tokens = as_json_get_int(json, "max_tokens", 0);
    ret_rules->output_tokens = as_json_get_int(json, "output_tokens", BUDGET_OUTPUT_TOKENS_DEFAULT);
}

struct output_limit {
    int64_t tokens, answers;
    int depth;
};

static bool is_one_of(const char *key, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(key, names[i]))
            return true;
    return false;
}

static void read_param(void *ctx, const char *key, struct as_json *value)
{
    static const char *const limits[] = {"max_tokens",      "max_completion_tokens",
                                         "maxOutputTokens", "max_output_tokens",
                                         "max_new_tokens",  "num_predict"};
    static const char *const answers[] = {"n", "candidateCount", "candidate_count"};
    struct output_limit *limit = ctx;
    int64_t count = as_json_int(value, 0);
    if (count > BUDGET_OUTPUT_TOKENS_MAX)
        count = BUDGET_OUTPUT_TOKENS_MAX;
    if (is_one_of(key, limits, AS_COUNT(limits)) && count > limit->tokens)
        limit->tokens = count;
    else if (is_one_of(key, answers, AS_COUNT(answers)) && count > limit->answers)
        limit->answers = count;
    else if (as_json_type_of(value) == AS_JSON_OBJECT && limit->depth < 1) {
        limit->depth++;
        as_json_each(value, read_param, limit);
        limit->depth--;
    }
}

int64_t budget_output_limit(const char *params_json)
{
    AS_CLEANUP_JSON struct as_json *params = NULL;
    struct output_limit limit = {.answers = 1};
    if (!params_json || as_json_parse(params_json, strlen(params_json), &params, NULL))
        return 0;
    as_json_each(params, read_param, &limit);
    int64_t all;
    bool is_huge = __builtin_mul_overflow(limit.tokens, limit.answers, &all);
    return is_huge || all > BUDGET_OUTPUT_TOKENS_MAX ? BUDGET_OUTPUT_TOKENS_MAX : all;
}
