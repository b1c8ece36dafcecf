/* In three steps: what the run, the baseline and the dataset are, from the store; what a run that
 * started now would pin, on the loop; then, on the writing connection, the evidence is judged and
 * the row is written, so that nothing comes in between. Where baseline or dataset are others by
 * then, it begins again. */
#include "daemon/engine/promote.h"

#include "daemon/engine/baseline.h"
#include "daemon/engine/events.h"
#include "daemon/engine/group.h"
#include "daemon/engine/names.h"
#include "daemon/engine/pins_compare.h"
#include "daemon/engine/pointer_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NEWER_MAX 50 /* runs of the eval that are looked at */

/* What a run that started now would be made of, as the store has it. */
struct made_of {
    struct baseline_pin pin;     /* set by a person, or an earlier promotion; id 0: none */
    struct dataset_info dataset; /* id 0: it is not there */
};

struct promote {
    struct engine *engine;
    struct eval_set *evals;      /* keeps eval alive */
    const struct eval_def *eval; /* of the file */
    struct eval_def changed;     /* what it is with the baseline that a person set */
    const struct eval_def *now;  /* one of the two */
    struct promotion row;        /* what comes to be written; its strings are in the arena */
    const char *reason;          /* that may override; NULL */
    struct group_record group;
    struct made_of found;
    struct pins *pins;     /* of the run */
    size_t member;         /* of the run: the model */
    struct pins *now_pins; /* NULL: a run could not start now */
    struct as_err no_pins; /* why */
    struct as_json *against;
    bool is_promoted, is_already;
    bool is_outdated; /* the baseline or the dataset changed since they were looked at */
    promoted_fn done;
    void *ctx;
    int rc;
    struct as_err err;
    struct as_arena arena;
};

/* ---- the end ---- */

static struct as_json *answer_of(struct promote *promote)
{
    const struct promotion *row = &promote->row;
    struct as_json *json = as_json_object();
    as_json_set_bool(json, "promoted", promote->is_promoted);
    as_json_set_bool(json, "already", promote->is_already);
    as_json_set_str(json, "eval", row->eval);
    as_json_set_str(json, "model", row->model);
    as_json_set_int(json, "run", row->run);
    as_json_set_str(json, "outcome", row->outcome);
    as_json_set_bool(json, "override", row->reason != NULL);
    as_json_set_take(json, "against", as_json_share(promote->against));
    as_json_set_str(json, "file",
                    as_arena_printf(&promote->arena, "%s/%s.json", promote->engine->on.promoted_dir,
                                    row->eval));
    return json;
}

static void promote_over(struct promote *promote)
{
    promote->engine->pending_starts--;
    if (promote->rc)
        promote->done(promote->ctx, NULL, &promote->err);
    else
        promote->done(promote->ctx, answer_of(promote), NULL);
    as_json_free(promote->against);
    pins_free(promote->pins);
    pins_free(promote->now_pins);
    eval_set_unref(promote->evals);
    as_arena_done(&promote->arena);
    free(promote);
}

/* ---- what the run is, and what would be now ---- */

static bool member_of(const struct pins *pins, const char *model, size_t *ret_member)
{
    for (size_t i = pins->member_count; i-- > 0;) { /* in an A/A run the candidate */
        *ret_member = i;
        if (!strcmp(pins->members[i].spec.name, model))
            return true;
    }
    return false;
}

static int find_member(struct promote *promote)
{
    if (member_of(promote->pins, promote->row.model, &promote->member))
        return 0;
    return as_err_set(&promote->err, AS_EINVAL,
                      "run %" PRId64 " has no member '%s': `assayctl run show %" PRId64
                      "` names those that it has",
                      promote->group.id, promote->row.model, promote->group.id);
}

static int find_run(struct store *store, struct promote *promote)
{
    struct as_err *err = &promote->err;
    int64_t run = promote->row.run;
    int rc = store_group_get(store, run, &promote->arena, &promote->group);
    if (rc == AS_ENOENT)
        return as_err_set(
            err, rc, "run %" PRId64 " is not there: `assayctl run ls` names those that are", run);
    if (rc)
        return as_err_set(err, rc, "run %" PRId64 ": %s", run, store_error(store));
    if (strcmp(promote->group.eval_name, promote->row.eval) != 0)
        return as_err_set(err, AS_EINVAL,
                          "run %" PRId64 " is one of the eval '%s', not of '%s': name a run of it "
                          "(`assayctl run ls --eval %s`)",
                          run, promote->group.eval_name, promote->row.eval, promote->row.eval);
    if (promote->group.state != GROUP_DONE)
        return as_err_set(err, AS_ESTATE,
                          "run %" PRId64 " is %s: a run is evidence when it is done", run,
                          group_state_name(promote->group.state));
    return 0;
}

static int read_made_of(struct store *store, struct promote *promote, struct made_of *ret_made_of)
{
    struct as_arena *arena = &promote->arena;
    *ret_made_of = (struct made_of){0};
    int rc = store_baseline_member(store, promote->eval->name, arena, &ret_made_of->pin);
    if (!rc || rc == AS_ENOENT)
        rc = store_dataset_find(store, promote->eval->dataset, arena, &ret_made_of->dataset);
    return !rc || rc == AS_ENOENT ? 0 : as_err_set(&promote->err, rc, "%s", store_error(store));
}

static int find_now(struct store *store, struct promote *promote)
{
    int rc = read_made_of(store, promote, &promote->found);
    if (rc)
        return rc;
    const struct baseline_pin *pin = &promote->found.pin;
    if (pin->id && baseline_apply(promote->eval, pin, &promote->changed))
        promote->now = &promote->changed;
    if (!promote->found.dataset.id)
        (void)names_dataset_missing(store, promote->eval->dataset, &promote->no_pins);
    return 0;
}

static int check_now(struct store *store, struct promote *promote)
{
    const struct made_of *before = &promote->found;
    struct made_of now;
    int rc = read_made_of(store, promote, &now);
    promote->is_outdated =
        !rc && (now.pin.id != before->pin.id || now.dataset.id != before->dataset.id);
    return rc;
}

static void find_work(struct store *store, void *ctx)
{
    struct promote *promote = ctx;
    promote->rc = find_run(store, promote);
    if (!promote->rc)
        promote->rc = pins_from_json(promote->group.pins_json, &promote->pins, &promote->err);
    if (!promote->rc)
        promote->rc = find_member(promote);
    if (!promote->rc)
        promote->rc = find_now(store, promote);
}

/* ---- what speaks against it ---- */

static void object(struct promote *promote, const char *sentence)
{
    as_json_push_take(promote->against, as_json_new_str(as_str_from(sentence)));
}

static const struct as_json *verdict_on(const struct as_json *result, const char *model)
{
    const struct as_json *verdicts = as_json_get(result, "verdicts");
    for (size_t i = 0; i < as_json_len(verdicts); i++)
        if (!strcmp(as_json_get_cstr_or(as_json_at(verdicts, i), "candidate", ""), model))
            return as_json_at(verdicts, i);
    return NULL;
}

/* "noninferiority, critical (undecided)" */
static const char *bad_checks(const struct as_json *verdict, struct as_arena *arena)
{
    const struct as_json *checks = as_json_get(verdict, "checks");
    struct as_buf names = {0};
    for (size_t i = 0; i < as_json_len(checks); i++) {
        const struct as_json *check = as_json_at(checks, i);
        const char *outcome = as_json_get_cstr_or(check, "outcome", "");
        if (strcmp(outcome, "PASS") != 0 && strcmp(outcome, "SKIP") != 0)
            as_buf_addf(&names, "%s%s%s", names.len ? ", " : "",
                        as_json_get_cstr_or(check, "name", "?"),
                        strcmp(outcome, "FAIL") ? " (undecided)" : "");
    }
    const char *copy = as_arena_strdup(arena, names.len ? names.ptr : "no check named");
    as_buf_done(&names);
    return copy;
}

static void judge_gate(struct promote *promote)
{
    AS_CLEANUP_JSON struct as_json *result = NULL;
    struct as_arena *arena = &promote->arena;
    const char *text = promote->group.result_json, *model = promote->row.model;
    int64_t run = promote->group.id;
    if (text && as_json_parse(text, strlen(text), &result, NULL))
        result = NULL;
    const struct as_json *verdict = promote->member ? verdict_on(result, model) : NULL;
    const char *outcome = as_json_get_cstr(verdict, "outcome");
    promote->row.outcome = as_arena_strdup(arena, outcome);
    if (!promote->member)
        object(promote, as_arena_printf(arena,
                                        "run %" PRId64 " says nothing on '%s', which was "
                                        "its baseline: run it as a candidate",
                                        run, model));
    else if (!outcome)
        object(promote, as_arena_printf(arena,
                                        "run %" PRId64 " says nothing on '%s', for the eval "
                                        "had no gate: give it one, and run it again",
                                        run, model));
    else if (strcmp(outcome, "pass") != 0)
        object(promote, as_arena_printf(arena,
                                        "the gate of run %" PRId64 " is no pass for '%s' but "
                                        "%s by %s: %s",
                                        run, model, outcome, bad_checks(verdict, arena),
                                        as_json_get_cstr_or(verdict, "sentence", "")));
}

static bool is_candidate_now(const struct promote *promote)
{
    const struct eval_def *eval = promote->eval;
    bool is_there = !strcmp(eval->baseline, promote->row.model);
    for (size_t i = 0; i < eval->candidate_count; i++)
        is_there = is_there || !strcmp(eval->candidates[i], promote->row.model);
    return is_there;
}

static size_t metric_of(const struct pins *pins, const char *name)
{
    for (size_t i = 0; i < pins->metric_count; i++)
        if (!strcmp(pins->metrics[i].name, name))
            return i;
    return pins->primary;
}

/* What of a run is another than it would be now. */
static void compare_with_now(struct promote *promote, const struct pins *pins, size_t member,
                             int64_t case_count, struct pins_differences *ret_differences)
{
    const struct pins *now = promote->now_pins;
    int64_t all = promote->found.dataset.case_count, most = promote->eval->max_cases;
    struct pins_view was = {pins, pins->primary, case_count};
    struct pins_view is = {now, metric_of(now, pins->metrics[pins->primary].name),
                           most && most < all ? most : all};
    pins_compare_current(&was, member, &is, &promote->arena, ret_differences);
}

static void judge_pins(struct promote *promote)
{
    struct as_arena *arena = &promote->arena;
    int64_t run = promote->group.id;
    struct pins_differences found;
    if (!is_candidate_now(promote))
        object(promote, as_arena_printf(arena,
                                        "'%s' is no member of the eval now: add it to the "
                                        "candidates in %s",
                                        promote->row.model, promote->eval->path));
    if (!promote->now_pins) {
        object(promote,
               as_arena_printf(arena, "a run could not start now: %s", promote->no_pins.msg));
        return;
    }
    compare_with_now(promote, promote->pins, promote->member, promote->group.case_count, &found);
    for (size_t i = 0; i < found.count; i++)
        object(promote,
               as_arena_printf(arena, "%s: %s in run %" PRId64 ", %s now: %s", found.items[i].part,
                               found.items[i].a, run, found.items[i].b, found.items[i].remedy));
}

/* The gate's word on the model in another run; NULL: it has none, or the run is not what one would
 * be now. */
static const char *word_of(struct promote *promote, const struct group_record *group)
{
    AS_CLEANUP_JSON struct as_json *result = NULL;
    struct pins *pins = NULL;
    struct pins_differences found;
    struct as_err err = {0};
    const char *text = group->result_json, *model = promote->row.model, *word = NULL;
    size_t member;
    if (!text || pins_from_json(group->pins_json, &pins, &err))
        return NULL;
    if (member_of(pins, model, &member)) {
        compare_with_now(promote, pins, member, group->case_count, &found);
        if (!found.count && !as_json_parse(text, strlen(text), &result, NULL))
            word = as_json_get_cstr(verdict_on(result, model), "outcome");
    }
    word = as_arena_strdup(&promote->arena, word);
    pins_free(pins);
    return word;
}

/* A run is not chosen for its luck: of the same runs the newest that was decided has the word. What
 * cannot be read says nothing. */
static void judge_newer(struct store *store, struct promote *promote)
{
    struct as_arena *arena = &promote->arena;
    struct group_record *groups = NULL, group;
    size_t count = 0;
    const char *word = NULL;
    if (!promote->now_pins ||
        store_groups_page(store, promote->row.eval, 0, NEWER_MAX, arena, &groups, &count))
        return;
    for (size_t i = 0; i < count && groups[i].id > promote->group.id; i++) {
        if (groups[i].state != GROUP_DONE || store_group_get(store, groups[i].id, arena, &group))
            continue;
        word = word_of(promote, &group);
        if (!word || !strcmp(word, "undecided"))
            continue;
        if (!strcmp(word, "fail"))
            object(promote, as_arena_printf(arena,
                                            "run %" PRId64 " is of the same and newer, and its "
                                            "gate failed for '%s': promote by the newest",
                                            group.id, promote->row.model));
        return;
    }
}

/* ---- the row and the file ---- */

static const char *json_in(struct as_arena *arena, const struct as_json *json)
{
    struct as_buf text = {0};
    as_json_write_canonical(json, &text);
    const char *copy = as_arena_strdup(arena, as_buf_str(&text).ptr);
    as_buf_done(&text);
    return copy;
}

static const char *model_text(struct promote *promote)
{
    const struct model_spec *spec = &promote->pins->members[promote->member].spec;
    AS_CLEANUP_JSON struct as_json *json = as_json_object();
    struct as_json *params = NULL;
    if (spec->params_json &&
        as_json_parse(spec->params_json, strlen(spec->params_json), &params, NULL))
        params = NULL;
    as_json_set_str(json, "id", spec->id);
    as_json_set_str(json, "provider", spec->provider);
    as_json_set_take(json, "params", params);
    return json_in(&promote->arena, json);
}

static const char *detail_text(struct promote *promote)
{
    AS_CLEANUP_JSON struct as_json *detail = as_json_object();
    const struct promotion *row = &promote->row;
    as_json_set_str(detail, "eval", row->eval);
    as_json_set_str(detail, "model", row->model);
    as_json_set_bool(detail, "override", row->reason != NULL);
    as_json_set_str(detail, "reason", row->reason);
    return json_in(&promote->arena, detail);
}

static int write_row(struct store *store, struct promote *promote)
{
    struct promotion *row = &promote->row;
    row->at_ms = clock_wall_ms();
    row->model_json = model_text(promote);
    row->baseline = promote->now->baseline;
    if (as_json_len(promote->against)) {
        row->reason = promote->reason;
        row->differences_json = json_in(&promote->arena, promote->against);
    }
    struct audit_entry entry = {.at_ms = row->at_ms,
                                .who = row->who,
                                .action = "promotion.make",
                                .why = row->why,
                                .detail_json = detail_text(promote)};
    int rc = store_promotion_add(store, row, &entry);
    return rc ? as_err_set(&promote->err, rc, "the promotion cannot be stored: %s",
                           store_error(store))
              : 0;
}

/* True: by this very run it is in force, so there is nothing to decide. */
static bool is_in_force(struct store *store, struct promote *promote)
{
    struct promotion before;
    struct promotion *row = &promote->row;
    if (store_promotion_in_force(store, row->eval, &promote->arena, &before) ||
        before.run != row->run || strcmp(before.model, row->model) != 0)
        return false;
    row->reason = before.reason;
    row->outcome = before.outcome;
    return true;
}

static void write_work(struct store *store, void *ctx)
{
    struct promote *promote = ctx;
    promote->rc = find_run(store, promote); /* it may have been opened again meanwhile */
    if (!promote->rc)
        promote->rc = check_now(store, promote);
    if (promote->rc || promote->is_outdated)
        return;
    promote->against = as_json_array();
    promote->is_already = is_in_force(store, promote);
    if (!promote->is_already) {
        judge_gate(promote);
        judge_pins(promote);
        judge_newer(store, promote);
        if (as_json_len(promote->against) && !promote->reason)
            return;
        promote->rc = write_row(store, promote);
    }
    if (!promote->rc)
        promote->rc = promote_point(store, promote->engine->on.promoted_dir, promote->row.eval,
                                    &promote->err);
    promote->is_promoted = !promote->rc;
}

static void look(struct promote *promote);

static void write_done(void *ctx)
{
    struct promote *promote = ctx;
    if (promote->is_outdated) {
        look(promote);
        return;
    }
    events_poke(promote->engine->on.events);
    promote_over(promote);
}

/* As they would be read back from the store, so that they are written as the run's are. */
static struct pins *as_stored(const struct pins *pins, struct as_err *err)
{
    AS_CLEANUP_JSON struct as_json *json = pins_to_json(pins);
    struct pins *stored = NULL;
    struct as_buf text = {0};
    as_json_write(json, &text);
    int rc = pins_from_json(text.ptr, &stored, err);
    as_buf_done(&text);
    return rc ? NULL : stored;
}

static void found_done(void *ctx)
{
    struct promote *promote = ctx;
    struct engine *engine = promote->engine;
    const char *candidates[] = {promote->row.model};
    struct pins *resolved = NULL;
    struct run_overrides overrides;
    run_overrides_init(&overrides);
    overrides.models = candidates;
    overrides.model_count = 1;
    overrides.selection.max_cases = promote->eval->max_cases;
    if (!promote->rc && engine->is_stopping)
        promote->rc = as_err_set(&promote->err, AS_ECANCELED, "assayd is stopping");
    if (promote->rc) {
        promote_over(promote);
        return;
    }
    if (!promote->no_pins.code &&
        !pins_resolve(promote->now, engine->config, engine->on.registry, &promote->found.dataset,
                      &overrides, &resolved, &promote->no_pins))
        promote->now_pins = as_stored(resolved, &promote->no_pins);
    pins_free(resolved);
    db_write(engine->on.db, write_work, write_done, promote);
}

static void look(struct promote *promote)
{
    pins_free(promote->pins);
    pins_free(promote->now_pins);
    promote->pins = promote->now_pins = NULL;
    promote->no_pins = (struct as_err){0};
    promote->now = promote->eval;
    promote->is_outdated = false;
    db_read(promote->engine->on.db, find_work, found_done, promote);
}

void engine_promote(struct engine *engine, const struct promote_request *request, promoted_fn done,
                    void *ctx)
{
    struct promote *promote = as_xcalloc(1, sizeof(*promote));
    struct as_arena *arena = &promote->arena;
    promote->engine = engine;
    promote->evals = eval_set_ref(request->evals);
    promote->eval = request->eval;
    promote->reason = as_arena_strdup(arena, request->reason);
    promote->row = (struct promotion){
        .eval = as_arena_strdup(arena, request->eval->name),
        .model = as_arena_strdup(arena, request->model),
        .run = request->run,
        .who = as_arena_strdup(arena, request->actor.who),
        .why = as_arena_strdup(arena, request->actor.why),
    };
    promote->done = done;
    promote->ctx = ctx;
    engine->pending_starts++;
    look(promote);
}
