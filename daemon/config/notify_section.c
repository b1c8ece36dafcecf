/* A rule is a map, several are a list of maps; each says on what, and to whom. The two kinds of
 * target share one table, and what goes with which is checked after it. */
#include "daemon/config/notify_section.h"

#include "lib/duration.h"

#include <string.h>

#define RULE(member) offsetof(struct notify_rule, member)
#define TARGET(member) offsetof(struct notify_target, member)

static void decode_kind(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                        uint64_t *on)
{
    const char *names[EVENT_KIND_COUNT], *text = field_text(ctx, node, where);
    enum event_kind kind;
    if (text && (event_kind_from(text, &kind) || kind == EVENT_TEST)) {
        struct as_buf hint = {0};
        for (size_t i = 0; i < EVENT_TEST; i++)
            names[i] = event_kind_name((enum event_kind)i);
        problems_add(ctx->problems, node->place, where, "no kind of event '%.60s'%s", text,
                     name_hint((struct name_list){names, EVENT_TEST}, text, &hint));
        as_buf_done(&hint);
    } else if (text) {
        *on |= UINT64_C(1) << kind;
    }
}

static void decode_on(struct field_ctx *ctx, const struct yaml_node *list, const char *where,
                      void *dest)
{
    uint64_t *on = dest;
    if (!field_expect(ctx, list, where, YAML_LIST, "a list of kinds of events"))
        return;
    if (!list->count)
        problems_add(ctx->problems, list->place, where, "expected at least one kind of event");
    for (const struct yaml_node *node = list->first; node; node = node->next)
        decode_kind(ctx, node, where, on);
}

static void decode_command(struct field_ctx *ctx, const struct yaml_node *list, const char *where,
                           void *dest)
{
    struct notify_target *target = dest;
    if (!field_expect(ctx, list, where, YAML_LIST, "a list: the program and its arguments"))
        return;
    if (!list->count || list->count > NOTIFY_ARGS_MAX) {
        problems_add(ctx->problems, list->place, where, "a program and up to %d arguments",
                     NOTIFY_ARGS_MAX - 1);
        return;
    }
    char **argv = as_arena_alloc(ctx->arena, (list->count + 1) * sizeof(*argv));
    size_t count = 0;
    for (const struct yaml_node *node = list->first; node; node = node->next) {
        const char *text = field_text(ctx, node, where);
        argv[count++] = as_arena_strdup(ctx->arena, text ? text : "");
    }
    argv[count] = NULL;
    if (argv[0][0] != '/')
        problems_add(ctx->problems, list->first->place, where,
                     "the program must be an absolute path: no shell looks for it");
    target->argv = argv;
}

static void decode_timeout(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                           void *dest)
{
    struct notify_target *target = dest;
    int64_t ms = target->timeout_ms;
    field_duration(ctx, node, where, NOTIFY_TIMEOUT_MAX, &ms);
    target->timeout_ms = (uint32_t)ms;
}

/* http(s)://host[:port][/path][?query]; a user would be a key in a file that is no secret. */
static bool is_hook_url(const char *text)
{
    size_t scheme = !strncmp(text, "https://", 8) ? 8 : !strncmp(text, "http://", 7) ? 7 : 0;
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f)
            return false;
    return scheme && text[scheme] && text[scheme] != '/' && !strpbrk(text, "@#");
}

static const struct field target_fields[] = {
    FIELD("command", CUSTOM, 0, .decode = decode_command,
          .must_be = "a list: the program, by an absolute path, and its arguments"),
    FIELD("webhook", STRING, TARGET(url), .is_valid = is_hook_url,
          .must_be = "an http:// or https:// address without user or fragment"),
    FIELD("secret", STRING, TARGET(secret), .is_valid = name_is_secret,
          .must_be = "the name of a secret, such as ASSAY_WEBHOOK (letters, digits and _), never "
                     "the key itself"),
    FIELD("timeout", CUSTOM, 0, .decode = decode_timeout,
          .must_be = AS_DURATION_MUST_BE ", and " NOTIFY_TIMEOUT_MAX " at most; default 10s"),
    FIELD("retries", U32, TARGET(retries), .fallback = "3", .max = NOTIFY_RETRIES_MAX),
    FIELDS_END,
};

const struct field notify_rule_fields[] = {
    FIELD("name", STRING, RULE(name), .fallback = "main", .is_valid = name_is_metric,
          .must_be = "a name: letters, digits and ._-, at most 64"),
    FIELD("on", CUSTOM, RULE(on), .is_required = true, .decode = decode_on,
          .must_be = "a list of kinds of events, as `assayctl event ls --help` has them"),
    FIELD("to", SECTION, RULE(to), .is_required = true, .section = target_fields),
    FIELDS_END,
};

static void check_target(struct field_ctx *ctx, const struct yaml_node *rule, const char *where)
{
    const struct yaml_node *to = yaml_map_get(rule, "to");
    if (!to || to->kind != YAML_MAP)
        return;
    bool has_command = yaml_map_get(to, "command"), has_webhook = yaml_map_get(to, "webhook");
    const struct yaml_node *secret = yaml_map_get(to, "secret");
    where = field_where(ctx, where, "to");
    if (has_command == has_webhook)
        problems_add(ctx->problems, to->place, where, "give one of the two: command or webhook");
    else if (secret && has_command)
        problems_add(ctx->problems, secret->place, where, "secret signs what a webhook is sent");
}

/* Rules that nothing would ever be told to are told here: nobody would miss what they do not get.
 */
static void check_on(struct field_ctx *ctx, const struct yaml_node *rule, const char *where,
                     bool is_of_eval)
{
    const struct yaml_node *on = rule->kind == YAML_MAP ? yaml_map_get(rule, "on") : NULL;
    enum event_kind kind;
    if (!on || on->kind != YAML_LIST)
        return;
    where = field_where(ctx, where, "on");
    for (const struct yaml_node *node = on->first; node; node = node->next) {
        if (node->kind != YAML_TEXT || event_kind_from(node->text.ptr, &kind))
            continue;
        if (is_of_eval && !event_kind_is_of_eval(kind))
            problems_add(ctx->problems, node->place, where,
                         "%s is of no eval: a rule for it stands under `notify` of assay.yaml",
                         event_kind_name(kind));
        if (kind == EVENT_RECOVERY && on->count == 1)
            problems_add(ctx->problems, node->place, where,
                         "recovery tells the end of what another kind told: name that kind too, "
                         "as in [gate_fail, recovery]");
    }
}

static void decode_rule(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                        struct notify_rules *rules, bool is_of_eval)
{
    struct notify_rule *rule = &rules->rules[rules->count];
    *rule = (struct notify_rule){.to.timeout_ms = NOTIFY_TIMEOUT_MS};
    field_decode_map(ctx, node, where, notify_rule_fields, rule);
    check_on(ctx, node, where, is_of_eval);
    check_target(ctx, node, where);
    if (rule->name && notify_rule_find(rules, rule->name))
        problems_add(ctx->problems, node->place, where,
                     "a second rule named '%s': tell them apart with 'name'", rule->name);
    if (!rule->name)
        rule->name = "";
    rules->count++;
}

static void decode_rules(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                         struct notify_rules *rules, bool is_of_eval)
{
    if (node->kind == YAML_MAP) {
        decode_rule(ctx, node, where, rules, is_of_eval);
        return;
    }
    if (!field_expect(ctx, node, where, YAML_LIST, "a rule, or a list of them"))
        return;
    if (node->count > NOTIFY_RULES_MAX) {
        problems_add(ctx->problems, node->place, where, "%u rules; the limit is %d", node->count,
                     NOTIFY_RULES_MAX);
        return;
    }
    for (const struct yaml_node *item = node->first; item; item = item->next)
        decode_rule(ctx, item, field_where_at(ctx, where, rules->count), rules, is_of_eval);
}

void decode_notify(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                   void *dest)
{
    decode_rules(ctx, node, where, dest, false);
}

void decode_eval_notify(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                        void *dest)
{
    decode_rules(ctx, node, where, dest, true);
}

static bool texts_differ(const char *a, const char *b)
{
    return !a != !b || (a && strcmp(a, b) != 0);
}

static bool args_differ(char *const *a, char *const *b)
{
    if (!a || !b)
        return a != b;
    while (*a && *b && !strcmp(*a, *b))
        a++, b++;
    return *a || *b;
}

bool notify_differs(const void *a, const void *b)
{
    const struct notify_rules *one = a, *other = b;
    if (one->count != other->count)
        return true;
    for (size_t i = 0; i < one->count; i++) {
        const struct notify_rule *x = &one->rules[i], *y = &other->rules[i];
        if (strcmp(x->name, y->name) != 0 || x->on != y->on ||
            x->to.timeout_ms != y->to.timeout_ms || x->to.retries != y->to.retries ||
            texts_differ(x->to.url, y->to.url) || texts_differ(x->to.secret, y->to.secret) ||
            args_differ(x->to.argv, y->to.argv))
            return true;
    }
    return false;
}
