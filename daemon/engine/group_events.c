/* Sentences and facts come from the group and from its result as it is stored; of a verdict the
 * gate's own words, which are numbers and names. */
#include "daemon/engine/group_events.h"

#include <inttypes.h>
#include <string.h>

struct telling {
    const struct group *group;
    int64_t now_ms;
    struct as_arena *arena;
    struct as_buf events;
};

static const char *json_text(struct as_json *json_take, struct as_arena *arena)
{
    struct as_buf text = {0};
    as_json_write(json_take, &text);
    as_json_free(json_take);
    const char *copy = as_arena_strdup(arena, as_buf_str(&text).ptr);
    as_buf_done(&text);
    return copy;
}

struct event group_started_event(const struct group_record *record, const char *schedule,
                                 struct as_arena *arena)
{
    struct as_json *detail = as_json_object();
    as_json_set_int(detail, "cases", record->case_count);
    as_json_set_int(detail, "members", record->member_count);
    as_json_set_str(detail, "requested_by", record->requested_by);
    as_json_set_str(detail, "tag", record->tag);
    return (struct event){
        .at_ms = record->created_ms,
        .kind = EVENT_RUN_STARTED,
        .eval = record->eval_name,
        .subject = schedule,
        .text = as_arena_printf(arena, "a run of %" PRId64 " case%s and %u member%s starts%s%s",
                                record->case_count, record->case_count == 1 ? "" : "s",
                                record->member_count, record->member_count == 1 ? "" : "s",
                                schedule ? " by schedule " : "", schedule ? schedule : ""),
        .detail_json = json_text(detail, arena),
    };
}

static void tell(struct telling *telling, enum event_kind kind, const char *subject,
                 struct as_json *detail_take, const char *text)
{
    struct event event = {
        .at_ms = telling->now_ms,
        .kind = kind,
        .eval = telling->group->pins->eval_name,
        .subject = as_arena_strdup(telling->arena, subject),
        .run = telling->group->id,
        .text = text,
        .detail_json = detail_take ? json_text(detail_take, telling->arena) : NULL,
    };
    as_buf_add(&telling->events, &event, sizeof(event));
}

static bool has_failed(const struct as_json *check)
{
    return !strcmp(as_json_get_cstr_or(check, "outcome", ""), "FAIL");
}

/* The names of the checks that failed; of the one on failures an event of its own. */
static struct as_json *tell_failed_checks(struct telling *telling, const char *candidate,
                                          const struct as_json *checks)
{
    struct as_json *failed = as_json_array();
    for (size_t i = 0; i < as_json_len(checks); i++) {
        const struct as_json *check = as_json_at(checks, i);
        struct as_str name = as_json_get_str(check, "name");
        if (!has_failed(check))
            continue;
        as_json_push_take(failed, as_json_new_str(name));
        if (strcmp(name.ptr, "failure_rate"))
            continue;
        struct as_json *detail = as_json_object();
        as_json_set_num(detail, "observed", as_json_get_num(check, "observed", 0));
        as_json_set_num(detail, "limit", as_json_get_num(check, "limit", 0));
        tell(telling, EVENT_ERROR_RATE, candidate, detail,
             as_arena_printf(telling->arena, "%s: %s", candidate,
                             as_json_get_cstr_or(check, "sentence", "too many calls failed")));
    }
    return failed;
}

/* The verdict's own sentence is of the comparison and of critical cases alone. */
static bool is_in_sentence(const struct as_json *check)
{
    const char *name = as_json_get_cstr_or(check, "name", "");
    return !strcmp(name, "noninferiority") || !strcmp(name, "critical");
}

/* "gate fail for small by floor: the candidate's mean is ...; no clear difference ..." */
static const char *verdict_text(const struct as_json *verdict, const struct as_json *failed,
                                struct as_arena *arena)
{
    const struct as_json *checks = as_json_get(verdict, "checks");
    const char *outcome = as_json_get_cstr_or(verdict, "outcome", ""), *reason = NULL;
    struct as_buf text = {0};
    as_buf_addf(&text, "gate %s for %s", outcome, as_json_get_cstr_or(verdict, "candidate", ""));
    for (size_t i = 0; i < as_json_len(failed); i++)
        as_buf_addf(&text, "%s%s", i ? ", " : " by ", as_json_cstr(as_json_at(failed, i)));
    for (size_t i = 0; i < as_json_len(checks) && !reason; i++)
        if (has_failed(as_json_at(checks, i)) && !is_in_sentence(as_json_at(checks, i)))
            reason = as_json_get_cstr(as_json_at(checks, i), "sentence");
    as_buf_addf(&text, ": %s%s%s", reason ? reason : "", reason ? "; " : "",
                as_json_get_cstr_or(verdict, "sentence", outcome));
    const char *copy = as_arena_strdup(arena, text.ptr);
    as_buf_done(&text);
    return copy;
}

static void tell_verdict(struct telling *telling, const struct as_json *verdict)
{
    const char *candidate = as_json_get_cstr_or(verdict, "candidate", "");
    const char *outcome = as_json_get_cstr(verdict, "outcome");
    struct as_json *failed = tell_failed_checks(telling, candidate, as_json_get(verdict, "checks"));
    if (!outcome) { /* no check was asked for */
        as_json_free(failed);
        return;
    }
    enum event_kind kind = !strcmp(outcome, "pass")   ? EVENT_GATE_PASS
                           : !strcmp(outcome, "fail") ? EVENT_GATE_FAIL
                                                      : EVENT_GATE_UNDECIDED;
    struct as_json *detail = as_json_object();
    const char *text = verdict_text(verdict, failed, telling->arena);
    as_json_set_str(detail, "outcome", outcome);
    as_json_set_take(detail, "failed_checks", failed);
    tell(telling, kind, candidate, detail, text);
}

static void tell_run(struct telling *telling, enum group_state state, const struct as_json *result)
{
    const struct group *group = telling->group;
    const char *outcome = as_json_get_cstr(result, "outcome");
    int64_t of_run = group->pins->journal.of_run;
    struct as_json *detail = as_json_object();
    as_json_set_str(detail, "state", group_state_name(state));
    as_json_set_str(detail, "outcome", outcome);
    as_json_set_take(detail, "replay_of", of_run ? as_json_new_int(of_run) : NULL);
    const char *end = state == GROUP_DONE && outcome ? outcome : group->error;
    tell(telling, EVENT_RUN_ENDED, NULL, detail,
         as_arena_printf(telling->arena, "run %" PRId64 " %s%s%s", group->id,
                         group_state_name(state), *end ? ": " : "", end));
}

void group_end_events(const struct group *group, enum group_state state,
                      const struct as_json *result, int64_t now_ms, struct as_arena *arena,
                      struct event **ret_events, size_t *ret_count)
{
    struct telling telling = {.group = group, .now_ms = now_ms, .arena = arena};
    const struct as_json *verdicts = as_json_get(result, "verdicts");
    bool is_original = !group->pins->journal.of_run;
    if (is_original && group->over_budget[0])
        tell(&telling, EVENT_BUDGET_STOP, NULL, NULL, as_arena_strdup(arena, group->over_budget));
    for (size_t i = 0; is_original && state == GROUP_DONE && i < as_json_len(verdicts); i++)
        tell_verdict(&telling, as_json_at(verdicts, i));
    if (is_original && state == GROUP_FAILED)
        tell(&telling, EVENT_RUN_FAILED, NULL, NULL,
             as_arena_printf(arena, "run %" PRId64 " failed: %s", group->id, group->error));
    tell_run(&telling, state, result);
    *ret_count = telling.events.len / sizeof(**ret_events);
    *ret_events = as_arena_alloc(arena, telling.events.len);
    memcpy(*ret_events, telling.events.ptr, telling.events.len);
    as_buf_done(&telling.events);
}
