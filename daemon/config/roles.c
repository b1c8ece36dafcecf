/* Names become ids once, when the configuration is read: the control socket compares numbers. A
 * name that is not known on this machine is an error and not a rule that never matches, for a
 * typing mistake must not lock anyone out in silence. */
#include "daemon/config/roles.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct raw_rule {
    enum role role;
    const char *user, *group; /* NULL: not given */
};

static const char *const role_names[] = {"none", "observer", "operator", "admin"};

const char *role_name(enum role role)
{
    return role_names[role];
}

static const char *role_word(int value)
{
    return value <= ROLE_ADMIN ? role_names[value] : NULL;
}

static const struct field rule_fields[] = {
    FIELD("role", WORD, offsetof(struct raw_rule, role), .is_required = true, .word = role_word,
          .min = ROLE_OBSERVER),
    FIELD("user", STRING, offsetof(struct raw_rule, user)),
    FIELD("group", STRING, offsetof(struct raw_rule, group)),
    FIELDS_END,
};

static bool parse_id(const char *text, uint32_t *ret_id)
{
    char *end;
    unsigned long long id = strtoull(text, &end, 10);
    if (strspn(text, "0123456789") != strlen(text) || !text[0] || *end || id >= ROLE_ANYONE)
        return false;
    *ret_id = (uint32_t)id;
    return true;
}

static bool find_user(const char *name, uint32_t *ret_id)
{
    const struct passwd *entry = getpwnam(name);
    if (entry)
        *ret_id = entry->pw_uid;
    return entry || parse_id(name, ret_id);
}

static bool find_group(const char *name, uint32_t *ret_id)
{
    const struct group *entry = getgrnam(name);
    if (entry)
        *ret_id = entry->gr_gid;
    return entry || parse_id(name, ret_id);
}

/* Turns a rule as written into one of ids. False when a problem was noted. */
static bool resolve_rule(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                         const struct raw_rule *raw, struct role_rule *ret_rule)
{
    *ret_rule =
        (struct role_rule){.role = raw->role, .is_group = raw->group != NULL, .id = ROLE_ANYONE};
    if (!raw->user == !raw->group) {
        problems_add(ctx->problems, node->place, where, "give either 'user' or 'group'");
        return false;
    }
    if (raw->user && !strcmp(raw->user, "*"))
        return true;
    if (raw->user ? find_user(raw->user, &ret_rule->id) : find_group(raw->group, &ret_rule->id))
        return true;
    const char *kind = raw->user ? "user" : "group";
    problems_add(ctx->problems, yaml_map_get(node, kind)->place, field_where(ctx, where, kind),
                 "no %s named '%.60s' on this machine", kind, raw->user ? raw->user : raw->group);
    return false;
}

void roles_decode(struct field_ctx *ctx, const struct yaml_node *list, const char *where,
                  struct config *config)
{
    if (!field_expect(ctx, list, where, YAML_LIST, "a list of {role, user} and {role, group}"))
        return;
    config->roles = as_arena_alloc(ctx->arena, (list->count + 1) * sizeof(*config->roles));
    size_t index = 0;
    for (const struct yaml_node *node = list->first; node; node = node->next, index++) {
        struct raw_rule raw = {.role = ROLE_NONE};
        const char *rule_where = field_where_at(ctx, where, index);
        size_t problems_before = ctx->problems->count;
        field_decode_map(ctx, node, rule_where, rule_fields, &raw);
        if (ctx->problems->count > problems_before)
            continue;
        if (resolve_rule(ctx, node, rule_where, &raw, &config->roles[config->role_count]))
            config->role_count++;
    }
}

void roles_default(struct config *config)
{
    config->roles = as_arena_alloc(&config->arena, 2 * sizeof(*config->roles));
    config->roles[0] = (struct role_rule){.role = ROLE_ADMIN, .id = 0};
    config->roles[1] = (struct role_rule){.role = ROLE_ADMIN, .id = geteuid()};
    config->role_count = 2;
}
