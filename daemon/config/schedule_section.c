/* A schedule is a map, several are a list of maps. What only the clockwork can tell (is this a cron
 * line, is there such a time zone, which cases are meant) is asked here once, so that a schedule
 * that was loaded can be gone by. */
#include "daemon/config/schedule_section.h"

#include "daemon/model/eval.h"
#include "lib/duration.h"

#include <string.h>

#define AT(member) offsetof(struct schedule_rules, member)

static const char *missed_word(int value)
{
    return schedule_missed_name((enum schedule_missed)value);
}

static const char *overlap_word(int value)
{
    return schedule_overlap_name((enum schedule_overlap)value);
}

static const char *priority_word(int value)
{
    return schedule_priority_name((enum schedule_priority)value);
}

static void decode_cron(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                        void *dest)
{
    struct schedule_rules *rules = dest;
    struct as_err err = {0};
    rules->line = field_text(ctx, node, where);
    if (rules->line && as_cron_parse(rules->line, &rules->cron, &err))
        problems_add(ctx->problems, node->place, where, "%s", err.msg);
}

static void decode_timezone(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                            void *dest)
{
    struct schedule_rules *rules = dest;
    struct as_err err = {0};
    struct as_zone *zone = NULL;
    rules->timezone = field_text(ctx, node, where);
    if (rules->timezone && as_zone_open(rules->timezone, &zone, &err))
        problems_add(ctx->problems, node->place, where, "%s", err.msg);
    as_zone_free(zone);
}

static void decode_jitter(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                          void *dest)
{
    struct schedule_rules *rules = dest;
    field_duration(ctx, node, where, SCHEDULE_JITTER_MAX, &rules->jitter_ms);
}

static void decode_blackout(struct field_ctx *ctx, const struct yaml_node *list, const char *where,
                            void *dest)
{
    struct schedule_rules *rules = dest;
    if (!field_expect(ctx, list, where, YAML_LIST, "a list of times, as in [\"22:00-06:00\"]"))
        return;
    if (list->count > SCHEDULE_BLACKOUTS_MAX) {
        problems_add(ctx->problems, list->place, where, "%u times; the limit is %d", list->count,
                     SCHEDULE_BLACKOUTS_MAX);
        return;
    }
    for (const struct yaml_node *node = list->first; node; node = node->next) {
        const char *text = field_text(ctx, node, where);
        if (!text)
            continue;
        if (blackout_parse(text, &rules->blackouts[rules->blackout_count]))
            problems_add(ctx->problems, node->place, where, "'%.60s' must be %s", text,
                         BLACKOUT_MUST_BE);
        else
            rules->blackout_count++;
    }
}

/* The place names the key already. */
static const char *without_key(const struct as_err *err)
{
    const char *colon = strstr(err->msg, ": ");
    return colon ? colon + 2 : err->msg;
}

static void decode_where(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                         void *dest)
{
    struct schedule_rules *rules = dest;
    struct as_err err = {0};
    const char *text = field_text(ctx, node, where);
    if (text && selection_parse_where(text, ctx->arena, &rules->selection, &err))
        problems_add(ctx->problems, node->place, where, "%s", without_key(&err));
}

static void decode_sample(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                          void *dest)
{
    struct schedule_rules *rules = dest;
    struct as_err err = {0};
    const char *text = field_text(ctx, node, where);
    if (text && selection_parse_sample(text, ctx->arena, &rules->selection, &err))
        problems_add(ctx->problems, node->place, where, "%s", without_key(&err));
}

const struct field schedule_fields[] = {
    FIELD("name", STRING, AT(name), .fallback = "main", .is_valid = name_is_metric,
          .must_be = "a name: letters, digits and ._-, at most 64"),
    FIELD("cron", CUSTOM, 0, .is_required = true, .decode = decode_cron,
          .must_be = "a cron line, or @hourly, @daily, @weekly, @monthly, @yearly in quotes"),
    FIELD("timezone", CUSTOM, 0, .decode = decode_timezone,
          .must_be = "an IANA time zone, such as Europe/Berlin; default UTC"),
    FIELD("jitter", CUSTOM, 0, .decode = decode_jitter,
          .must_be = AS_DURATION_MUST_BE ", and " SCHEDULE_JITTER_MAX " at most"),
    FIELD("on_missed", WORD, AT(on_missed), .fallback = "run_once", .word = missed_word),
    FIELD("overlap", WORD, AT(overlap), .fallback = "skip", .word = overlap_word),
    FIELD("blackout", CUSTOM, 0, .decode = decode_blackout,
          .must_be = "a list of times, each " BLACKOUT_MUST_BE),
    FIELD("priority", WORD, AT(priority), .fallback = "low", .word = priority_word),
    FIELD("max_cases", I64, AT(selection.max_cases), .fallback = "0", .max = 1e9),
    FIELD("where", CUSTOM, 0, .decode = decode_where,
          .must_be = "KEY=VALUE, several with commas, as `run start` has them"),
    FIELD("sample", CUSTOM, 0, .decode = decode_sample,
          .must_be = "head, random or stratified:KEY"),
    FIELD("seed", I64, AT(selection.seed), .max = 9e15),
    FIELD("enabled", BOOL, AT(is_enabled), .fallback = "true"),
    FIELDS_END,
};

static void decode_schedule(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                            struct eval_def *eval)
{
    struct schedule_rules *rules = &eval->schedules[eval->schedule_count];
    struct as_err err = {0};
    size_t problems_before = ctx->problems->count;
    *rules = (struct schedule_rules){.timezone = "UTC"};
    field_decode_map(ctx, node, where, schedule_fields, rules);
    rules->selection.has_seed = node->kind == YAML_MAP && yaml_map_get(node, "seed");
    if (ctx->problems->count == problems_before && selection_check(&rules->selection, &err))
        problems_add(ctx->problems, node->place, where, "%s", err.msg);
    for (size_t i = 0; rules->name && i < eval->schedule_count; i++)
        if (eval->schedules[i].name && !strcmp(eval->schedules[i].name, rules->name))
            problems_add(ctx->problems, node->place, where,
                         "a second schedule named '%s': tell them apart with 'name'", rules->name);
    eval->schedule_count++;
}

void decode_schedules(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                      void *dest)
{
    struct eval_def *eval = dest;
    if (node->kind == YAML_MAP) {
        decode_schedule(ctx, node, where, eval);
        return;
    }
    if (!field_expect(ctx, node, where, YAML_LIST, "a schedule, or a list of them"))
        return;
    if (node->count > SCHEDULES_MAX) {
        problems_add(ctx->problems, node->place, where, "%u schedules; the limit is %d",
                     node->count, SCHEDULES_MAX);
        return;
    }
    for (const struct yaml_node *item = node->first; item; item = item->next)
        decode_schedule(ctx, item, field_where_at(ctx, where, eval->schedule_count), eval);
}
