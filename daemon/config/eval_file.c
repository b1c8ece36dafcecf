/* The table of an eval's keys, the three ways to write a scorer, and the checks between keys. A
 * check that needs two keys runs after the table, and only over what the table accepted, so that
 * one mistake is told once. */
#include "daemon/config/eval_file.h"

#include "daemon/config/eval_drift.h"
#include "daemon/config/eval_gate.h"
#include "daemon/config/eval_rank.h"
#include "daemon/config/field.h"
#include "daemon/config/file.h"
#include "daemon/config/notify_section.h"
#include "daemon/config/schedule_section.h"
#include "daemon/model/recording.h"
#include "lib/duration.h"

#include <math.h>
#include <string.h>

#define AT(member) offsetof(struct eval_def, member)
#define CAP(member) offsetof(struct budget_rules, member)
#define SELECTOR_MUST_BE "a plugin: name, name@1, name@1.2.0 or name@sha256:... (8 digits or more)"

struct eval_ctx {
    const struct config *config;
    struct name_list models;
};

static const struct field plugin_fields[] = {
    FIELD("use", STRING, offsetof(struct eval_plugin, selector), .is_required = true,
          .is_valid = name_is_selector, .must_be = SELECTOR_MUST_BE),
    FIELD("as", STRING, offsetof(struct eval_plugin, name), .is_valid = name_is_metric,
          .must_be = "a metric's name: letters, digits and ._-, at most 64"),
    FIELD("params", PARAMS, offsetof(struct eval_plugin, params_json), .fallback = "{}"),
    FIELDS_END,
};

static const char *name_of_selector(struct as_arena *arena, const char *selector)
{
    return as_arena_dup(arena, (struct as_str){selector, strcspn(selector, "@")}).ptr;
}

static const char *decode_selector(struct field_ctx *ctx, const struct yaml_node *node,
                                   const char *where)
{
    const char *text = field_text(ctx, node, where);
    if (!text || name_is_selector(text))
        return text;
    problems_add(ctx->problems, node->place, where, "must be %s", SELECTOR_MUST_BE);
    return NULL;
}

/* A scorer is `contains`, or `contains: {any: [refund]}`, or the same with its keys written out:
 * {use: contains, as: mentions_refund, params: {any: [refund]}}. */
static void decode_plugin(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                          struct eval_plugin *plugin)
{
    plugin->params_json = "{}";
    plugin->place = field_place(ctx, node, where);
    if (node->kind == YAML_TEXT) {
        plugin->selector = decode_selector(ctx, node, where);
    } else if (node->kind == YAML_MAP && node->count == 1 && !yaml_map_get(node, "use")) {
        plugin->selector = decode_selector(ctx, node->first->key, where);
        plugin->params_json =
            field_params(ctx, node->first, field_where(ctx, where, node->first->key->text.ptr));
    } else {
        field_decode_map(ctx, node, where, plugin_fields, plugin);
    }
    if (plugin->selector && !plugin->name)
        plugin->name = name_of_selector(ctx->arena, plugin->selector);
}

static void decode_scorers(struct field_ctx *ctx, const struct yaml_node *list, const char *where,
                           void *dest)
{
    struct eval_def *eval = dest;
    if (!field_expect(ctx, list, where, YAML_LIST, "a list of scorers"))
        return;
    if (list->count > EVAL_MAX_METRICS - 1) {
        problems_add(ctx->problems, list->place, where, "%u scorers; the limit is %d", list->count,
                     EVAL_MAX_METRICS - 1);
        return;
    }
    for (const struct yaml_node *node = list->first; node; node = node->next) {
        struct eval_plugin *plugin = &eval->scorers[eval->scorer_count];
        decode_plugin(ctx, node, field_where_at(ctx, where, eval->scorer_count), plugin);
        for (size_t i = 0; plugin->name && i < eval->scorer_count; i++)
            if (eval->scorers[i].name && !strcmp(eval->scorers[i].name, plugin->name))
                problems_add(ctx->problems, node->place,
                             field_where_at(ctx, where, eval->scorer_count),
                             "a second metric named '%s': tell them apart with 'as'", plugin->name);
        eval->scorer_count++;
    }
}

/* Copies a list of texts. Returns how many; more than max is a problem. */
static size_t decode_names(struct field_ctx *ctx, const struct yaml_node *list, const char *where,
                           const char **names, size_t max)
{
    size_t count = 0;
    if (!field_expect(ctx, list, where, YAML_LIST, "a list of names"))
        return 0;
    if (list->count > max) {
        problems_add(ctx->problems, list->place, where, "%u names; the limit is %zu", list->count,
                     max);
        return 0;
    }
    for (const struct yaml_node *node = list->first; node; node = node->next) {
        const char *name = field_text(ctx, node, where);
        if (name && name_list_has((struct name_list){names, count}, name))
            problems_add(ctx->problems, node->place, where, "'%.60s' stands twice", name);
        else if (name)
            names[count++] = name;
    }
    return count;
}

static void decode_candidates(struct field_ctx *ctx, const struct yaml_node *list,
                              const char *where, void *dest)
{
    struct eval_def *eval = dest;
    size_t problems_before = ctx->problems->count;
    eval->candidate_count = decode_names(ctx, list, where, eval->candidates, EVAL_MAX_CANDIDATES);
    if (eval->candidate_count == 0 && ctx->problems->count == problems_before)
        problems_add(ctx->problems, list->place, where, "expected at least one model");
}

static void decode_requires(struct field_ctx *ctx, const struct yaml_node *list, const char *where,
                            void *dest)
{
    struct eval_def *eval = dest;
    eval->judge_requires_count =
        decode_names(ctx, list, where, eval->judge_requires, EVAL_MAX_METRICS);
}

static const struct field rubric_fields[] = {
    FIELD("use", STRING, AT(rubric.selector), .is_required = true, .is_valid = name_is_selector,
          .must_be = SELECTOR_MUST_BE),
    FIELD("as", STRING, AT(rubric.name), .is_valid = name_is_metric,
          .must_be = "a metric's name: letters, digits and ._-, at most 64"),
    FIELD("params", PARAMS, AT(rubric.params_json), .fallback = "{}"),
    FIELD("judge", STRING, AT(judge), .is_required = true),
    FIELD("requires", CUSTOM, 0, .decode = decode_requires),
    FIELDS_END,
};

static void decode_rubric(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                          void *dest)
{
    struct eval_def *eval = dest;
    eval->has_rubric = true;
    eval->rubric.place = field_place(ctx, node, where);
    if (node->kind == YAML_TEXT)
        problems_add(ctx->problems, node->place, where,
                     "a rubric needs a judge: {use: %.60s, judge: MODEL}",
                     node->text.len ? node->text.ptr : "correctness");
    else
        field_decode_map(ctx, node, where, rubric_fields, eval);
    if (eval->rubric.selector && !eval->rubric.name)
        eval->rubric.name = name_of_selector(ctx->arena, eval->rubric.selector);
}

static const char *journal_word(int value)
{
    return value <= JOURNAL_REPLAY ? journal_policy_name((enum journal_policy)value) : NULL;
}

static const struct field journal_fields[] = {
    FIELD("policy", WORD, offsetof(struct journal_rules, policy), .is_required = true,
          .word = journal_word),
    FIELD("max_age", CUSTOM, offsetof(struct journal_rules, max_age_ms),
          .decode = field_decode_duration, .must_be = AS_DURATION_MUST_BE),
    FIELDS_END,
};

/* journal: cache, or journal: {policy: cache, max_age: 7d}. */
static void decode_journal(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                           void *dest)
{
    struct field_short room;
    struct journal_rules *rules = dest;
    node = field_short_form(node, "policy", &room);
    field_decode_map(ctx, node, where, journal_fields, rules);
    const struct yaml_node *max_age = yaml_map_get(node, "max_age");
    if (rules->policy == JOURNAL_LIVE && max_age)
        problems_add(ctx->problems, max_age->place, where,
                     "policy live reuses nothing of other runs: max_age goes with cache or replay");
    if (rules->policy == JOURNAL_CACHE && !rules->max_age_ms)
        rules->max_age_ms = JOURNAL_CACHE_MAX_AGE_MS;
}

static const struct field budget_fields[] = {
    FIELD("max_cost_usd", NUMBER, CAP(max_cost_usd), .min = 0.000001, .max = 1e6),
    FIELD("max_requests", I64, CAP(max_requests), .min = 1, .max = 1e12),
    FIELD("max_tokens", I64, CAP(max_tokens), .min = 1, .max = 1e15),
    FIELD("output_tokens", I64, CAP(output_tokens), .min = 1, .max = BUDGET_OUTPUT_TOKENS_MAX),
    FIELDS_END,
};

static const struct field early_stop_fields[] = {
    FIELD("looks", U32, offsetof(struct eval_early_stop, looks), .is_required = true,
          .min = EVAL_LOOKS_MIN, .max = EVAL_LOOKS_MAX),
    FIELDS_END,
};

static const struct field eval_fields[] = {
    FIELD("description", STRING, AT(description)),
    FIELD("dataset", STRING, AT(dataset), .is_required = true, .is_valid = name_is_dataset,
          .must_be = "a dataset: NAME, NAME@2 or NAME@HASH with 6 hex digits or more"),
    FIELD("baseline", STRING, AT(baseline), .is_required = true),
    FIELD("baseline_max_age", CUSTOM, AT(baseline_max_age_ms), .decode = field_decode_duration,
          .must_be = AS_DURATION_MUST_BE),
    FIELD("candidates", CUSTOM, 0, .decode = decode_candidates,
          .must_be = "a list of models, recorded and recorded:NAME, 15 at most"),
    FIELD("system", STRING, AT(system)),
    FIELD("samples", U32, AT(samples), .fallback = "1", .min = 1, .max = 100),
    FIELD("max_cases", U32, AT(max_cases), .fallback = "0", .max = 1e9),
    FIELD("scorers", CUSTOM, 0, .decode = decode_scorers),
    FIELD("rubric", CUSTOM, 0, .decode = decode_rubric),
    FIELD("primary", STRING, AT(primary)),
    FIELD("budget", SECTION, AT(budget), .section = budget_fields),
    FIELD("gate", SECTION, AT(gate), .section = eval_gate_fields),
    FIELD("early_stop", SECTION, AT(early_stop), .section = early_stop_fields),
    FIELD("rank", SECTION, AT(rank), .section = eval_rank_fields),
    FIELD("journal", CUSTOM, AT(journal), .decode = decode_journal),
    FIELD("drift", SECTION, AT(drift), .section = eval_drift_fields),
    FIELD("schedule", CUSTOM, 0, .section = schedule_fields, .is_list = true,
          .decode = decode_schedules),
    FIELD("notify", CUSTOM, AT(notify), .section = notify_rule_fields, .is_list = true,
          .decode = decode_eval_notify),
    FIELDS_END,
};

static void check_model(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                        const char *name)
{
    const struct eval_ctx *eval_ctx = ctx->user;
    if (name_list_has(eval_ctx->models, name))
        return;
    struct as_buf hint = {0};
    problems_add(ctx->problems, node->place, where, "no model named '%.60s' in %s%s", name,
                 eval_ctx->config->path, name_hint(eval_ctx->models, name, &hint));
    as_buf_done(&hint);
}

static bool is_member(const struct eval_def *eval, const char *model)
{
    return !strcmp(eval->baseline, model) ||
           name_list_has((struct name_list){eval->candidates, eval->candidate_count}, model);
}

/* A member of the eval: a model, or answers that were recorded. */
static void check_member(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                         const char *name)
{
    const char *recording = recording_of(name);
    if (!recording)
        check_model(ctx, node, where, name);
    else if (strcmp(name, RECORDING_PRODUCTION) != 0 && !recording_name_is_valid(recording))
        problems_add(ctx->problems, node->place, where, "after '%s:' must stand %s",
                     RECORDING_PRODUCTION, RECORDING_NAME_MUST_BE);
}

static void check_members(struct field_ctx *ctx, const struct yaml_node *root,
                          const struct eval_def *eval)
{
    if (eval->baseline)
        check_member(ctx, yaml_map_get(root, "baseline"), "baseline", eval->baseline);
    const struct yaml_node *list = yaml_map_get(root, "candidates");
    if (!list && !(eval->baseline && recording_of(eval->baseline)))
        problems_add(ctx->problems, root->place, "",
                     "missing key 'candidates': only an eval of recorded answers needs none");
    for (const struct yaml_node *node = list ? list->first : NULL; node; node = node->next) {
        if (node->kind != YAML_TEXT || node->text.len == 0)
            continue;
        if (eval->baseline && as_str_eq(node->text, eval->baseline))
            problems_add(ctx->problems, node->place, "candidates",
                         "'%.60s' is the baseline already", node->text.ptr);
        else
            check_member(ctx, node, "candidates", node->text.ptr);
    }
}

/* A gate that nobody is judged by would pass for one that found nothing. */
static void check_gate(struct field_ctx *ctx, const struct yaml_node *root)
{
    const struct yaml_node *gate = yaml_map_get(root, "gate");
    if (gate && !yaml_map_get(root, "candidates"))
        problems_add(ctx->problems, gate->place, "gate",
                     "there is no candidate to be judged: to watch what production answers, name a "
                     "model as the baseline and '%s' as the candidate",
                     RECORDING_PRODUCTION);
}

static void check_judge(struct field_ctx *ctx, const struct yaml_node *root,
                        const struct eval_def *eval)
{
    const struct yaml_node *node = yaml_map_get(yaml_map_get(root, "rubric"), "judge");
    if (!eval->judge || !node)
        return;
    if (eval->baseline && is_member(eval, eval->judge))
        problems_add(ctx->problems, node->place, "rubric.judge",
                     "'%.60s' is compared here and cannot judge itself: name another model",
                     eval->judge);
    else
        check_model(ctx, node, "rubric.judge", eval->judge);
}

static struct name_list metrics_of(const struct eval_def *eval, bool with_rubric,
                                   const char *names[EVAL_MAX_METRICS])
{
    size_t count = 0;
    for (size_t i = 0; i < eval->scorer_count; i++)
        if (eval->scorers[i].name)
            names[count++] = eval->scorers[i].name;
    if (with_rubric && eval->rubric.name)
        names[count++] = eval->rubric.name;
    return (struct name_list){names, count};
}

static void check_metric(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                         const char *kind, struct name_list known)
{
    if (!node || node->kind != YAML_TEXT || name_list_has(known, node->text.ptr))
        return;
    struct as_buf hint = {0};
    problems_add(ctx->problems, node->place, where, "no %s named '%.60s' in this eval%s", kind,
                 node->text.ptr, name_hint(known, node->text.ptr, &hint));
    as_buf_done(&hint);
}

static void check_metrics(struct field_ctx *ctx, const struct yaml_node *root,
                          const struct eval_def *eval)
{
    const char *names[EVAL_MAX_METRICS];
    const struct yaml_node *rubric = yaml_map_get(root, "rubric");
    struct name_list scorers = metrics_of(eval, false, names);
    const struct yaml_node *required = yaml_map_get(rubric, "requires");
    for (const struct yaml_node *node = required ? required->first : NULL; node; node = node->next)
        check_metric(ctx, node, "rubric.requires", "scorer", scorers);
    if (eval->rubric.name && name_list_has(scorers, eval->rubric.name))
        problems_add(ctx->problems, rubric->place, "rubric",
                     "a second metric named '%s': tell them apart with 'as'", eval->rubric.name);
    if (!eval->scorer_count && !eval->has_rubric)
        problems_add(ctx->problems, root->place, "",
                     "nothing to measure: give 'scorers', a 'rubric', or both");
    else
        check_metric(ctx, yaml_map_get(root, "primary"), "primary", "metric",
                     metrics_of(eval, true, names));
}

static void check_price(struct field_ctx *ctx, const struct yaml_node *node, const char *name)
{
    const struct eval_ctx *eval_ctx = ctx->user;
    const struct model_spec *spec = name ? config_model(eval_ctx->config, name) : NULL;
    if (spec && (isnan(spec->prices.input) || isnan(spec->prices.output)))
        problems_add(ctx->problems, node->place, "budget.max_cost_usd",
                     "model '%.60s' has no price in %s, so its calls cannot be kept under it: give "
                     "it price: {input: ..., output: ...}, or cap max_requests or max_tokens",
                     name, eval_ctx->config->path);
}

static void check_budget(struct field_ctx *ctx, const struct yaml_node *root,
                         const struct eval_def *eval)
{
    const struct yaml_node *budget = yaml_map_get(root, "budget");
    const struct yaml_node *dollars = yaml_map_get(budget, "max_cost_usd");
    if (budget && budget->kind == YAML_MAP && !dollars && !yaml_map_get(budget, "max_requests") &&
        !yaml_map_get(budget, "max_tokens"))
        problems_add(ctx->problems, budget->place, "budget",
                     "nothing is capped: give max_cost_usd, max_requests or max_tokens");
    if (!dollars)
        return;
    check_price(ctx, dollars, eval->baseline);
    for (size_t i = 0; i < eval->candidate_count; i++)
        check_price(ctx, dollars, eval->candidates[i]);
    check_price(ctx, dollars, eval->judge);
}

/* The looks ask whether the candidate is worse by the margin, in cases that tell nothing of each
 * other. */
static void check_early_stop(struct field_ctx *ctx, const struct yaml_node *root,
                             const struct eval_def *eval)
{
    const struct yaml_node *section = yaml_map_get(root, "early_stop");
    if (!section || !eval->early_stop.looks)
        return;
    if (isnan(eval->gate.margin))
        problems_add(ctx->problems, section->place, "early_stop",
                     "a look decides whether a candidate is worse by more than the margin: set "
                     "gate.margin");
    if (eval->gate.min_clusters)
        problems_add(ctx->problems, section->place, "early_stop",
                     "looks need independent cases, and gate.min_clusters says that these have "
                     "clusters: leave one of the two out");
}

static struct name_list model_names(const struct config *config, struct as_arena *arena)
{
    const char **names = as_arena_alloc(arena, (config->model_count + 1) * sizeof(*names));
    for (size_t i = 0; i < config->model_count; i++)
        names[i] = config->models[i].name;
    return (struct name_list){names, config->model_count};
}

static void decode_eval(struct field_ctx *ctx, const struct yaml_node *root, struct eval_def *eval)
{
    gate_rules_init(&eval->gate);
    budget_rules_init(&eval->budget);
    rank_rules_init(&eval->rank);
    field_decode_map(ctx, root, "", eval_fields, eval);
    if (root->kind != YAML_MAP)
        return;
    check_members(ctx, root, eval);
    check_gate(ctx, root);
    check_judge(ctx, root, eval);
    check_metrics(ctx, root, eval);
    check_budget(ctx, root, eval);
    check_early_stop(ctx, root, eval);
    eval_drift_check(ctx, root, eval);
    eval_rank_check(ctx, root, &eval->rank);
    if (!eval->primary)
        eval->primary = eval->has_rubric ? eval->rubric.name : eval->scorers[0].name;
    const char *names[EVAL_MAX_METRICS];
    eval_gate_check(ctx, yaml_map_get(root, "gate"), eval, metrics_of(eval, true, names));
}

static const char *name_of_file(struct as_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    size_t len = dot ? (size_t)(dot - name) : strlen(name);
    return as_arena_dup(arena, (struct as_str){name, len}).ptr;
}

bool eval_file_load(const struct config *config, struct as_arena *arena, struct problems *problems,
                    struct eval_def *ret_eval)
{
    struct as_buf text = {0};
    struct as_err err = {0};
    struct as_arena scratch = {0};
    struct yaml_node *root = NULL;
    struct eval_def eval = {
        .name = name_of_file(arena, problems->path),
        .description = "",
        .path = as_arena_strdup(arena, problems->path),
    };
    int rc = file_read(problems->path, YAML_FILE_MAX_BYTES, false, &text, &err);
    if (rc < 0)
        problems_add(problems, (struct place){0, 0}, "", "%s", err.msg);
    else if (!name_is_metric(eval.name))
        problems_add(problems, (struct place){0, 0}, "",
                     "an eval's file name is made of letters, digits and ._-");
    else
        rc = yaml_doc_parse(as_buf_str(&text), &scratch, problems, &root);
    if (root) {
        struct eval_ctx eval_ctx = {config, model_names(config, &scratch)};
        struct field_ctx ctx = {problems, arena, config->eval_dir, &eval_ctx};
        eval.source = as_arena_dup(arena, as_buf_str(&text)).ptr;
        decode_eval(&ctx, root, &eval);
    }
    as_buf_done(&text);
    as_arena_done(&scratch);
    if (problems->count)
        return false;
    *ret_eval = eval;
    return true;
}

void eval_write_man(struct as_buf *out)
{
    field_write_man(eval_fields, "", out);
}
