/* Each part of the pins is written down as a text, once for either side: what is not the same text
 * is a difference. Long texts are shown from shortly before the place where they part. */
#include "daemon/engine/pins_compare.h"

#include "daemon/model/gate_json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define SHOWN_BYTES 56u
#define SHOWN_BEFORE 12u /* of what both have, before the first difference */
#define SHOWN_HASH_DIGITS 12

struct comparing {
    const struct pins_view *a, *b;
    struct as_arena *arena;
    struct pins_differences *found;
};

/* ---- texts ---- */

static const char *excerpt(struct as_arena *arena, const char *text, size_t differs_at)
{
    size_t len = strlen(text);
    size_t from = len > SHOWN_BYTES && differs_at > SHOWN_BEFORE
                      ? as_utf8_fit(text, len, differs_at - SHOWN_BEFORE)
                      : 0;
    size_t end = from + as_utf8_fit(text + from, len - from, SHOWN_BYTES);
    return as_arena_printf(arena, "%s%.*s%s", from ? "..." : "", (int)(end - from), text + from,
                           end < len ? "..." : "");
}

static void add(struct pins_differences *found, struct as_arena *arena, const char *part,
                const char *remedy, const char *a, const char *b)
{
    size_t same = 0;
    if (!strcmp(a, b) || found->count == PINS_DIFFERENCES_MAX)
        return;
    while (a[same] && a[same] == b[same])
        same++;
    found->items[found->count++] = (struct pins_difference){
        .part = part,
        .a = excerpt(arena, a, same),
        .b = excerpt(arena, b, same),
        .remedy = remedy,
    };
    found->matter_count += remedy != NULL;
}

static const char *hash_text(struct as_arena *arena, const char *what, const struct as_sha256 *hash)
{
    char hex[AS_SHA256_HEX_BYTES];
    as_sha256_hex(hash, hex);
    return as_arena_printf(arena, "%s sha256:%.*s", what, SHOWN_HASH_DIGITS, hex);
}

/* Takes json, which may be NULL. */
static const char *json_text(struct as_arena *arena, struct as_json *json_take)
{
    struct as_buf text = {0};
    as_json_write_canonical(json_take, &text);
    const char *copy = as_arena_dup(arena, as_buf_str(&text)).ptr;
    as_buf_done(&text);
    as_json_free(json_take);
    return copy;
}

static const char *number_text(struct as_arena *arena, int64_t number)
{
    return as_arena_printf(arena, "%" PRId64, number);
}

static const char *text_or(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

static const char *metric_text(struct as_arena *arena, const struct pin_metric *metric)
{
    return as_arena_printf(arena, "%s %s", hash_text(arena, metric->selector, &metric->hash),
                           metric->params_json);
}

/* The metrics that match, in the eval's order; "none". */
static const char *metrics_text(struct as_arena *arena, const struct pins_view *view,
                                bool (*is_meant)(const struct pins_view *view, size_t metric))
{
    struct as_buf text = {0};
    for (size_t i = 0; i < view->pins->metric_count; i++) {
        const struct pin_metric *metric = &view->pins->metrics[i];
        if (is_meant(view, i))
            as_buf_addf(&text, "%s%s: %s", text.len ? ", " : "", metric->name,
                        metric_text(arena, metric));
    }
    const char *copy = text.len ? as_arena_strdup(arena, text.ptr) : "none";
    as_buf_done(&text);
    return copy;
}

static bool is_required(const struct pins_view *view, size_t metric)
{
    return view->pins->metrics[metric].is_required;
}

static bool is_other(const struct pins_view *view, size_t metric)
{
    return metric != view->metric;
}

/* ---- what matters ---- */

static void compare_dataset(const struct comparing *on)
{
    const struct pins *a = on->a->pins, *b = on->b->pins;
    const char *name_a = as_arena_printf(on->arena, "%s@%u", a->dataset_name, a->dataset_version);
    const char *name_b = as_arena_printf(on->arena, "%s@%u", b->dataset_name, b->dataset_version);
    if (memcmp(&a->dataset_hash, &b->dataset_hash, sizeof(a->dataset_hash)) != 0)
        add(on->found, on->arena, "dataset", "hold both evals to one version: dataset: NAME@HASH",
            hash_text(on->arena, name_a, &a->dataset_hash),
            hash_text(on->arena, name_b, &b->dataset_hash));
}

static void compare_metric(const struct comparing *on)
{
    const struct pin_metric *a = &on->a->pins->metrics[on->a->metric];
    const struct pin_metric *b = &on->b->pins->metrics[on->b->metric];
    struct as_arena *arena = on->arena;
    add(on->found, arena, as_arena_printf(arena, "version of %s", a->name),
        "name one version in both evals: NAME@1.2.0 or NAME@sha256:HEX",
        hash_text(arena, a->selector, &a->hash), hash_text(arena, b->selector, &b->hash));
    add(on->found, arena, as_arena_printf(arena, "params of %s", a->name),
        "give it the same params in both evals", a->params_json, b->params_json);
}

static const char *called_text(struct as_arena *arena, const struct pin_model *model)
{
    return as_arena_printf(arena, "%s (%s at %s)", model->spec.name, text_or(model->spec.id, "?"),
                           text_or(model->spec.base_url, "?"));
}

static const char *provider_text(struct as_arena *arena, const struct pin_model *model)
{
    return hash_text(arena, text_or(model->spec.plugin, "?"), &model->provider_hash);
}

static void compare_judge_model(const struct comparing *on)
{
    const struct pins *a = on->a->pins, *b = on->b->pins;
    struct as_arena *arena = on->arena;
    add(on->found, arena, "judge", "let one model judge both", called_text(arena, &a->judge),
        called_text(arena, &b->judge));
    add(on->found, arena, "params of the judge", "give the judge the same params in both",
        text_or(a->judge.spec.params_json, "{}"), text_or(b->judge.spec.params_json, "{}"));
    add(on->found, arena, "provider plugin of the judge",
        "name one version under providers:", provider_text(arena, &a->judge),
        provider_text(arena, &b->judge));
}

static void compare_judge(const struct comparing *on)
{
    const struct pins *a = on->a->pins, *b = on->b->pins;
    struct as_arena *arena = on->arena;
    if (a->rubric != (int)on->a->metric || b->rubric != (int)on->b->metric)
        return; /* no judge made this metric; one that only one side has is a version's difference
                 */
    compare_judge_model(on);
    add(on->found, arena, "what the judge requires", "give both rubrics the same requires",
        metrics_text(arena, on->a, is_required), metrics_text(arena, on->b, is_required));
}

static void compare_questions(const struct comparing *on)
{
    const struct pins *a = on->a->pins, *b = on->b->pins;
    add(on->found, on->arena, "system prompt", "give both evals the same system",
        text_or(a->system, "none"), text_or(b->system, "none"));
    add(on->found, on->arena, "samples", "start both with the same --samples",
        number_text(on->arena, a->samples), number_text(on->arena, b->samples));
    add(on->found, on->arena, "failure policy", "give both gates the same policy",
        gate_policy_name(a->gate.policy), gate_policy_name(b->gate.policy));
}

/* ---- what is only told ---- */

static const char *gate_text(struct as_arena *arena, const struct gate_rules *gate)
{
    struct gate_rules rest = *gate;
    rest.policy = GATE_POLICY_ZERO; /* compared by itself */
    return json_text(arena, gate_rules_to_json(&rest));
}

static const char *cases_text(struct as_arena *arena, const struct pins_view *view)
{
    struct as_buf text = {0}, said = {0};
    selection_say(&view->pins->selection, &said);
    as_buf_addf(&text, "%" PRId64 "%s%s", view->case_count, said.len ? ", " : "",
                as_buf_str(&said).ptr);
    as_buf_done(&said);
    const char *copy = as_arena_dup(arena, as_buf_str(&text)).ptr;
    as_buf_done(&text);
    return copy;
}

static void compare_rest(const struct comparing *on)
{
    const struct pins *a = on->a->pins, *b = on->b->pins;
    struct as_arena *arena = on->arena;
    struct pins_differences *found = on->found;
    add(found, arena, "eval", NULL, a->eval_name, b->eval_name);
    add(found, arena, "cases", NULL, cases_text(arena, on->a), cases_text(arena, on->b));
    add(found, arena, "primary metric", NULL, a->metrics[a->primary].name,
        b->metrics[b->primary].name);
    add(found, arena, "other metrics", NULL, metrics_text(arena, on->a, is_other),
        metrics_text(arena, on->b, is_other));
    add(found, arena, "rest of the gate", NULL, gate_text(arena, &a->gate),
        gate_text(arena, &b->gate));
}

static void compare_spending(const struct comparing *on)
{
    const struct pins *a = on->a->pins, *b = on->b->pins;
    struct as_arena *arena = on->arena;
    add(on->found, arena, "budget", NULL, json_text(arena, budget_rules_to_json(&a->budget)),
        json_text(arena, budget_rules_to_json(&b->budget)));
    add(on->found, arena, "journal policy", NULL,
        json_text(arena, journal_rules_to_json(&a->journal)),
        json_text(arena, journal_rules_to_json(&b->journal)));
}

void pins_compare(const struct pins_view *a, const struct pins_view *b, struct as_arena *arena,
                  struct pins_differences *ret_differences)
{
    struct comparing on = {a, b, arena, ret_differences};
    ret_differences->count = ret_differences->matter_count = 0;
    compare_dataset(&on);
    compare_metric(&on);
    compare_judge(&on);
    compare_questions(&on);
    compare_rest(&on);
    compare_spending(&on);
}

void pins_compare_judge(const struct pins *a, const struct pins *b, struct as_arena *arena,
                        struct pins_differences *ret_differences)
{
    const struct pins_view view_a = {a, (size_t)a->rubric, 0}, view_b = {b, (size_t)b->rubric, 0};
    struct comparing on = {&view_a, &view_b, arena, ret_differences};
    ret_differences->count = ret_differences->matter_count = 0;
    compare_metric(&on);
    compare_judge_model(&on);
}

static const char *price_text(struct as_arena *arena, const struct model_prices *prices)
{
    return isnan(prices->input) || isnan(prices->output)
               ? "unpriced"
               : as_arena_printf(arena, "%g in, %g out", prices->input, prices->output);
}

void pins_compare_member(const struct pin_model *a, const struct pin_model *b,
                         struct as_arena *arena, struct pins_differences *differences)
{
    const char *name = a->spec.name;
    if (pins_is_recorded(a) || strcmp(name, b->spec.name) != 0)
        return;
    add(differences, arena, as_arena_printf(arena, "model %s", name), NULL, called_text(arena, a),
        called_text(arena, b));
    add(differences, arena, as_arena_printf(arena, "params of %s", name), NULL,
        text_or(a->spec.params_json, "{}"), text_or(b->spec.params_json, "{}"));
    add(differences, arena, as_arena_printf(arena, "provider plugin of %s", name), NULL,
        provider_text(arena, a), provider_text(arena, b));
    add(differences, arena, as_arena_printf(arena, "price of %s", name), NULL,
        price_text(arena, &a->spec.prices), price_text(arena, &b->spec.prices));
}

void pins_compare_current(const struct pins_view *run, size_t member, const struct pins_view *now,
                          struct as_arena *arena, struct pins_differences *ret_differences)
{
    struct comparing on = {run, now, arena, ret_differences};
    const struct pins *was = run->pins, *is = now->pins;
    ret_differences->count = ret_differences->matter_count = 0;
    compare_dataset(&on);
    compare_metric(&on);
    compare_judge(&on);
    compare_questions(&on);
    compare_rest(&on);
    add(on.found, arena, "baseline", NULL, was->members[0].spec.name, is->members[0].spec.name);
    pins_compare_member(&was->members[0], &is->members[0], arena, on.found);
    if (member)
        pins_compare_member(&was->members[member], &is->members[1], arena, on.found);
    for (size_t i = 0; i < on.found->count; i++)
        on.found->items[i].remedy = "put it back, or run the eval again and promote with that run";
    on.found->matter_count = on.found->count;
}
