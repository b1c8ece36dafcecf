/* The table walk and one decoder per type. A default is decoded by the same function as a value
 * from the file. */
#include "daemon/config/field.h"

#include "lib/duration.h"

#include <math.h>
#include <string.h>

#define EXCERPT_BYTES 60
#define KEYS_MAX 64

const char *field_where(struct field_ctx *ctx, const char *where, const char *key)
{
    return as_arena_printf(&ctx->problems->arena, "%s%s%s", where, where[0] ? "." : "", key);
}

const char *field_where_at(struct field_ctx *ctx, const char *where, size_t index)
{
    return as_arena_printf(&ctx->problems->arena, "%s[%zu]", where, index);
}

static void add_unexpected(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                           const char *what)
{
    bool is_empty = node->kind == YAML_TEXT && node->is_plain && node->text.len == 0;
    const char *found = is_empty ? "nothing" : node->kind == YAML_LIST ? "a list" : "a map";
    if (node->kind != YAML_TEXT || is_empty)
        problems_add(ctx->problems, node->place, where, "expected %s, found %s", what, found);
    else
        problems_add(ctx->problems, node->place, where, "expected %s, found %s'%.*s'", what,
                     node->is_plain ? "" : "the text ", EXCERPT_BYTES, node->text.ptr);
}

const char *field_place(struct field_ctx *ctx, const struct yaml_node *node, const char *where)
{
    return as_arena_printf(ctx->arena, "%s:%u:%u: %s", ctx->problems->path, node->place.line,
                           node->place.column, where);
}

bool field_expect(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                  enum yaml_kind kind, const char *what)
{
    bool is_empty = node->kind == YAML_TEXT && node->is_plain && node->text.len == 0;
    if (node->kind == kind && !(kind == YAML_TEXT && is_empty))
        return true;
    add_unexpected(ctx, node, where, what);
    return false;
}

const char *field_text(struct field_ctx *ctx, const struct yaml_node *node, const char *where)
{
    if (!field_expect(ctx, node, where, YAML_TEXT, "a text"))
        return NULL;
    if (strlen(node->text.ptr) != node->text.len) {
        problems_add(ctx->problems, node->place, where, "holds a NUL character");
        return NULL;
    }
    return as_arena_dup(ctx->arena, node->text).ptr;
}

void field_duration(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                    const char *max, int64_t *ret_ms)
{
    const char *text = field_text(ctx, node, where);
    int64_t ms = 0, max_ms = INT64_MAX;
    if (max)
        AS_ASSERT(!as_duration_parse(max, &max_ms));
    if (!text)
        return;
    if (as_duration_parse(text, &ms) || ms > max_ms || !as_duration_has_unit(text))
        problems_add(ctx->problems, node->place, where, "must be %s%s%s%s%s", AS_DURATION_MUST_BE,
                     max ? ", and " : "", max ? max : "", max ? " at most" : "",
                     ms && !as_duration_has_unit(text) ? ": the unit is missing" : "");
    else
        *ret_ms = ms;
}

void field_decode_duration(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                           void *dest)
{
    field_duration(ctx, node, where, NULL, dest);
}

const char *field_params(struct field_ctx *ctx, const struct yaml_node *node, const char *where)
{
    AS_CLEANUP_JSON struct as_json *json = NULL;
    const struct yaml_node *bad = NULL;
    const char *why = NULL;
    if (!field_expect(ctx, node, where, YAML_MAP, "a map of parameters"))
        return NULL;
    if (yaml_node_to_json(node, &json, &bad, &why) < 0) {
        problems_add(ctx->problems, bad->place, where, "%s", why);
        return NULL;
    }
    struct as_buf text = {0};
    as_json_write_canonical(json, &text);
    const char *copy = as_arena_dup(ctx->arena, as_buf_str(&text)).ptr;
    as_buf_done(&text);
    return copy;
}

static void decode_string(struct field_ctx *ctx, const struct field *field,
                          const struct yaml_node *node, const char *where, const char **dest)
{
    const char *text = field_text(ctx, node, where);
    if (!text)
        return;
    if (field->is_valid && !field->is_valid(text))
        problems_add(ctx->problems, node->place, where, "must be %s", field->must_be);
    else
        *dest = text;
}

static const char *decode_path(struct field_ctx *ctx, const struct yaml_node *node,
                               const char *where)
{
    const char *text = field_text(ctx, node, where);
    if (text && !text[0]) {
        problems_add(ctx->problems, node->place, where, "expected a path, found an empty text");
        return NULL;
    }
    if (!text || text[0] == '/')
        return text;
    return as_arena_printf(ctx->arena, "%s/%s", ctx->dir, text);
}

static void decode_paths(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                         const char *const **dest)
{
    if (!field_expect(ctx, node, where, YAML_LIST, "a list of paths"))
        return;
    const char **paths = as_arena_alloc(ctx->arena, (node->count + 1) * sizeof(*paths));
    size_t count = 0;
    for (const struct yaml_node *member = node->first; member; member = member->next) {
        paths[count] = decode_path(ctx, member, where);
        count += paths[count] != NULL;
    }
    *dest = paths;
}

static void decode_bool(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                        bool *dest)
{
    struct yaml_value value;
    const char *why;
    if (yaml_node_value(node, &value, &why) < 0 || value.type != YAML_IS_BOOL)
        add_unexpected(ctx, node, where, "true or false");
    else
        *dest = value.boolean;
}

static bool decode_number(struct field_ctx *ctx, const struct field *field,
                          const struct yaml_node *node, const char *where,
                          struct yaml_value *ret_value)
{
    bool is_whole = field->type != FIELD_NUMBER;
    bool has_range = field->min != 0 || field->max != 0;
    const char *what = is_whole ? "a whole number" : "a number", *why;
    if (has_range)
        what = as_arena_printf(&ctx->problems->arena, "%s from %.15g to %.15g", what, field->min,
                               field->max);
    bool is_number =
        yaml_node_value(node, ret_value, &why) == 0 &&
        (ret_value->type == YAML_IS_INT || (ret_value->type == YAML_IS_FLOAT && !is_whole));
    double number = is_number ? ret_value->number : NAN;
    if (is_number && (!has_range || (number >= field->min && number <= field->max)))
        return true;
    add_unexpected(ctx, node, where, what);
    return false;
}

static void decode_word(struct field_ctx *ctx, const struct field *field,
                        const struct yaml_node *node, const char *where, void *dest)
{
    if (!field_expect(ctx, node, where, YAML_TEXT, "a word"))
        return;
    struct as_buf all = {0};
    unsigned first = (unsigned)field->min, value = first;
    const char *word;
    for (; (word = field->word((int)value)); value++) {
        if (as_str_eq(node->text, word))
            break;
        as_buf_addf(&all, "%s%s", value > first ? ", " : "", word);
    }
    if (word)
        memcpy(dest, &value, sizeof(value)); /* enums here are unsigned ints to the compiler */
    else
        add_unexpected(ctx, node, where,
                       as_arena_printf(&ctx->problems->arena, "one of %s", all.ptr));
    as_buf_done(&all);
}

static void decode_params(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                          const char **dest)
{
    const char *text = field_params(ctx, node, where);
    *dest = text ? text : *dest;
}

/* A section whose members are all commented out reads as an empty text: it is as good as absent. */
static void decode_section(struct field_ctx *ctx, const struct field *field,
                           const struct yaml_node *node, const char *where, void *dest)
{
    struct yaml_node empty = {.kind = YAML_MAP, .place = node->place};
    if (node->kind == YAML_TEXT && node->is_plain && node->text.len == 0)
        node = &empty;
    field_decode_map(ctx, node, where, field->section, dest);
}

static void decode_field(struct field_ctx *ctx, const struct field *field,
                         const struct yaml_node *node, const char *where, void *dest)
{
    struct yaml_value value;
    switch (field->type) {
    case FIELD_STRING: decode_string(ctx, field, node, where, dest); return;
    case FIELD_PATH: {
        const char *path = decode_path(ctx, node, where);
        if (path)
            *(const char **)dest = path;
        return;
    }
    case FIELD_PATHS: decode_paths(ctx, node, where, dest); return;
    case FIELD_BOOL: decode_bool(ctx, node, where, dest); return;
    case FIELD_U32:
        if (decode_number(ctx, field, node, where, &value))
            *(uint32_t *)dest = (uint32_t)value.integer;
        return;
    case FIELD_I64:
        if (decode_number(ctx, field, node, where, &value))
            *(int64_t *)dest = value.integer;
        return;
    case FIELD_NUMBER:
        if (decode_number(ctx, field, node, where, &value))
            *(double *)dest = value.number;
        return;
    case FIELD_WORD: decode_word(ctx, field, node, where, dest); return;
    case FIELD_PARAMS: decode_params(ctx, node, where, dest); return;
    case FIELD_SECTION: decode_section(ctx, field, node, where, dest); return;
    case FIELD_CUSTOM: field->decode(ctx, node, where, dest); return;
    }
}

static void apply_fallback(struct field_ctx *ctx, const struct field *field, void *dest)
{
    if (field->type == FIELD_SECTION) {
        for (const struct field *inner = field->section; inner->key; inner++)
            apply_fallback(ctx, inner, (char *)dest + inner->offset);
    } else if (field->type == FIELD_PARAMS && field->fallback) {
        *(const char **)dest = field->fallback;
    } else if (field->fallback) {
        struct yaml_node node = {
            .kind = YAML_TEXT,
            .is_plain = true,
            .text = as_str_from(field->fallback),
        };
        decode_field(ctx, field, &node, field->key, dest);
    }
}

static struct name_list keys_of(const struct field *fields, const char *keys[KEYS_MAX])
{
    size_t count = 0;
    for (; fields[count].key; count++) {
        AS_ASSERT(count < KEYS_MAX);
        keys[count] = fields[count].key;
    }
    return (struct name_list){keys, count};
}

static void add_unknown_key(struct field_ctx *ctx, const struct yaml_node *key, const char *where,
                            struct name_list known)
{
    const char *nearest = name_nearest(known, key->text.ptr);
    if (nearest) {
        problems_add(ctx->problems, key->place, where, "unknown key '%.*s': did you mean '%s'?",
                     EXCERPT_BYTES, key->text.ptr, nearest);
        return;
    }
    struct as_buf all = {0};
    for (size_t i = 0; i < known.count; i++)
        as_buf_addf(&all, "%s%s", i ? ", " : "", known.names[i]);
    problems_add(ctx->problems, key->place, where, "unknown key '%.*s': the keys here are %s",
                 EXCERPT_BYTES, key->text.ptr, all.ptr);
    as_buf_done(&all);
}

void field_decode_map(struct field_ctx *ctx, const struct yaml_node *map, const char *where,
                      const struct field *fields, void *dest)
{
    const char *keys[KEYS_MAX];
    struct name_list known = keys_of(fields, keys);
    if (!field_expect(ctx, map, where, YAML_MAP, "a map of keys and values"))
        return;
    for (const struct yaml_node *member = map->first; member; member = member->next)
        if (!name_list_has(known, member->key->text.ptr))
            add_unknown_key(ctx, member->key, where, known);
    for (const struct field *field = fields; field->key; field++) {
        const struct yaml_node *node = yaml_map_get(map, field->key);
        void *at = (char *)dest + field->offset;
        if (node)
            decode_field(ctx, field, node, field_where(ctx, where, field->key), at);
        else if (field->is_required)
            problems_add(ctx->problems, map->place, where, "missing key '%s'", field->key);
        else
            apply_fallback(ctx, field, at);
    }
}

const struct yaml_node *field_short_form(const struct yaml_node *node, const char *key,
                                         struct field_short *room)
{
    if (node->kind != YAML_TEXT)
        return node;
    room->key = (struct yaml_node){.kind = YAML_TEXT, .text = as_str_from(key)};
    room->value = *node;
    room->value.key = &room->key;
    room->value.next = NULL;
    room->map = (struct yaml_node){.kind = YAML_MAP, .place = node->place, .first = &room->value};
    return &room->map;
}
