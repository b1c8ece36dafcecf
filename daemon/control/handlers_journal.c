/* What the journal did for a run: the policy that run.start was given, and what run.show tells of
 * reuse and of money. */
#include "daemon/control/handlers.h"
#include "daemon/store/reuse.h"
#include "lib/duration.h"

#include <math.h>
#include <string.h>

int control_journal_rules(const struct as_json *params, struct journal_rules *ret_rules,
                          struct as_err *err)
{
    const char *word = as_json_get_cstr(params, "journal"),
               *age = as_json_get_cstr(params, "max_age");
    struct journal_rules rules = {.policy = JOURNAL_CACHE};
    if (word && journal_policy_from(word, &rules.policy))
        return as_err_set(err, AS_EINVAL, "journal must be live, cache or replay, not '%s'", word);
    if (age && as_duration_parse(age, &rules.max_age_ms))
        return as_err_set(err, AS_EINVAL, "max_age must be %s, not '%s'", AS_DURATION_MUST_BE, age);
    if (age && rules.policy == JOURNAL_LIVE)
        return as_err_set(err, AS_EINVAL,
                          "policy live reuses nothing of other runs: max_age goes with cache or "
                          "replay");
    if (!age && rules.policy == JOURNAL_CACHE)
        rules.max_age_ms = JOURNAL_CACHE_MAX_AGE_MS;
    *ret_rules = rules;
    return 0;
}

static int set_reused(struct store *store, struct control_query *query, int64_t run,
                      struct as_json *json)
{
    struct reuse_count *counts = NULL;
    size_t count = 0;
    int64_t calls = 0;
    int rc = store_group_reuse(store, run, &query->arena, &counts, &count);
    struct as_json *from = as_json_array();
    for (size_t i = 0; i < count; i++) {
        struct as_json *item = as_json_object();
        as_json_set_int(item, "run", counts[i].paid_by);
        as_json_set_int(item, "calls", counts[i].exchanges);
        as_json_push_take(from, item);
        calls += counts[i].exchanges;
    }
    as_json_set_int(json, "reused", calls);
    as_json_set_take(json, "reused_from", from);
    return rc;
}

int control_set_journal(struct store *store, struct control_query *query, int64_t run,
                        const struct as_json *pins, struct as_json *json)
{
    struct journal_rules rules = {0};
    double cost = NAN, saved = NAN;
    if (journal_rules_from_json(as_json_get(pins, "journal"), &rules))
        return AS_ECORRUPT;
    struct as_json *journal = journal_rules_to_json(&rules);
    as_json_set_take(json, "journal", journal);
    int rc = set_reused(store, query, run, journal);
    if (!rc)
        rc = store_group_spending(store, run, &cost, &saved);
    bool is_replay = rules.policy == JOURNAL_REPLAY;
    as_json_set_num(journal, "saved_usd", is_replay ? cost : saved);
    as_json_set_num(journal, "spent_usd", is_replay ? 0 : cost - saved);
    return rc;
}
