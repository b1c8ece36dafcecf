/* libyaml's events into nodes. The parser is libyaml's; what this file adds is the bounds (size,
 * depth, number of nodes) and the refusal of what would make a file mean something else than it
 * shows. A syntax error ends the reading, for libyaml cannot go on; everything else is noted and
 * read past. */
#include "daemon/config/yaml_doc.h"

#include <string.h>
#include <yaml.h>

struct builder {
    yaml_parser_t parser;
    struct as_arena *arena;
    struct problems *problems;
    size_t node_count;
};

static struct place place_of(yaml_mark_t mark)
{
    return (struct place){(uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

/* libyaml's reader errors (encoding, control characters) have a byte offset in place of a mark. */
static struct place place_of_offset(const yaml_parser_t *parser)
{
    struct place place = {1, 1};
    const unsigned char *text = parser->input.string.start;
    size_t len = (size_t)(parser->input.string.end - text);
    for (size_t i = 0; i < parser->problem_offset && i < len; i++) {
        place.column = text[i] == '\n' ? 1 : place.column + 1;
        place.line += text[i] == '\n';
    }
    return place;
}

/* @daily and * * * * * mean something else to YAML, and libyaml does not say what to do. */
static const char *remedy_of(const yaml_parser_t *parser)
{
    const char *context = parser->context ? parser->context : "";
    bool is_mark = !strcmp(context, "while scanning for the next token") ||
                   !strcmp(context, "while scanning an alias");
    return is_mark ? "; what begins with @, * or & is text only in quotes, as in '@daily'" : "";
}

static int syntax_error(struct builder *b)
{
    const yaml_parser_t *parser = &b->parser;
    bool has_mark = parser->error == YAML_SCANNER_ERROR || parser->error == YAML_PARSER_ERROR;
    struct place place = has_mark ? place_of(parser->problem_mark) : place_of_offset(parser);
    const char *problem = parser->problem ? parser->problem : "cannot be read";
    if (parser->context)
        problems_add(b->problems, place, "", "not valid YAML: %s, %s%s", parser->context, problem,
                     remedy_of(parser));
    else
        problems_add(b->problems, place, "", "not valid YAML: %s", problem);
    return AS_EINVAL;
}

static int next_event(struct builder *b, yaml_event_t *event)
{
    return yaml_parser_parse(&b->parser, event) ? 0 : syntax_error(b);
}

static void refuse_extras(struct builder *b, const yaml_event_t *event)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    }
    struct place place = place_of(event->start_mark);
    if (anchor)
        problems_add(b->problems, place, "",
                     "anchors such as '&%.40s' are not read here: write the value out",
                     (const char *)anchor);
    if (tag)
        problems_add(b->problems, place, "",
                     "tags such as '%.40s' are not read here: quote the value, or leave it plain",
                     (const char *)tag);
}

static struct yaml_node *new_node(struct builder *b, const yaml_event_t *event)
{
    struct yaml_node *node = as_arena_alloc(b->arena, sizeof(*node));
    node->place = place_of(event->start_mark);
    b->node_count++;
    refuse_extras(b, event);
    if (event->type == YAML_SCALAR_EVENT) {
        node->kind = YAML_TEXT;
        node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        node->text = as_arena_dup(b->arena, (struct as_str){(const char *)event->data.scalar.value,
                                                            event->data.scalar.length});
    } else if (event->type == YAML_ALIAS_EVENT) {
        problems_add(b->problems, node->place, "",
                     "aliases such as '*%.40s' are not read here: write the value out",
                     (const char *)event->data.alias.anchor);
        node->text = as_arena_dup(b->arena, AS_STR(""));
    } else {
        node->kind = event->type == YAML_MAPPING_START_EVENT ? YAML_MAP : YAML_LIST;
    }
    return node;
}

static void check_key(struct builder *b, const struct yaml_node *map, const struct yaml_node *key)
{
    if (key->kind != YAML_TEXT || strlen(key->text.ptr) != key->text.len) {
        problems_add(b->problems, key->place, "", "a key must be a text");
        return;
    }
    if (key->is_plain && as_str_eq(key->text, "<<"))
        problems_add(b->problems, key->place, "",
                     "merge keys are not read here: write the values out");
    const struct yaml_node *twin = yaml_map_get(map, key->text.ptr);
    if (twin)
        problems_add(b->problems, key->place, "", "key '%.60s' stands twice: first on line %u",
                     key->text.ptr, twin->key->place.line);
}

static int read_node(struct builder *b, unsigned depth, struct yaml_node **ret_node);

static int read_members(struct builder *b, unsigned depth, struct yaml_node *parent)
{
    struct yaml_node **tail = &parent->first;
    for (;;) {
        struct yaml_node *key = NULL, *member = NULL;
        int rc = parent->kind == YAML_MAP ? read_node(b, depth, &key) : 0;
        if (rc == 0 && (parent->kind == YAML_LIST || key))
            rc = read_node(b, depth, &member);
        if (rc < 0 || !member)
            return rc;
        if (key)
            check_key(b, parent, key);
        member->key = key;
        *tail = member;
        tail = &member->next;
        parent->count++;
    }
}

/* *ret_node is NULL at the end of the list or map that is being read. */
static int read_node(struct builder *b, unsigned depth, struct yaml_node **ret_node)
{
    yaml_event_t event;
    int rc = next_event(b, &event);
    if (rc < 0)
        return rc;
    struct yaml_node *node = NULL;
    if (event.type != YAML_SEQUENCE_END_EVENT && event.type != YAML_MAPPING_END_EVENT)
        node = new_node(b, &event);
    yaml_event_delete(&event);
    *ret_node = node;
    if (depth > YAML_MAX_DEPTH || b->node_count > YAML_MAX_NODES) {
        problems_add(b->problems, node ? node->place : (struct place){0, 0}, "",
                     "nested too deeply, or too much for one file: at most %d levels and %d values",
                     YAML_MAX_DEPTH, YAML_MAX_NODES);
        return AS_ELIMIT;
    }
    return node && node->kind != YAML_TEXT ? read_members(b, depth + 1, node) : 0;
}

static int expect_end(struct builder *b)
{
    yaml_event_t event;
    for (int i = 0; i < 2; i++) { /* the end of the document, the end of the stream */
        int rc = next_event(b, &event);
        if (rc < 0)
            return rc;
        bool is_second = event.type == YAML_DOCUMENT_START_EVENT;
        struct place place = place_of(event.start_mark);
        yaml_event_delete(&event);
        if (is_second) {
            problems_add(b->problems, place, "",
                         "a second document starts here: one file, one document");
            return AS_EINVAL;
        }
    }
    return 0;
}

static int read_document(struct builder *b, struct yaml_node **ret_root)
{
    yaml_event_t event;
    yaml_event_type_t type = YAML_NO_EVENT;
    for (int i = 0; i < 2; i++) { /* the start of the stream, the start of the document */
        int rc = next_event(b, &event);
        if (rc < 0)
            return rc;
        type = event.type;
        yaml_event_delete(&event);
    }
    if (type == YAML_STREAM_END_EVENT) {
        *ret_root = as_arena_alloc(b->arena, sizeof(**ret_root));
        **ret_root = (struct yaml_node){.kind = YAML_MAP, .place = {1, 1}};
        return 0;
    }
    int rc = read_node(b, 0, ret_root);
    return rc < 0 ? rc : expect_end(b);
}

int yaml_doc_parse(struct as_str text, struct as_arena *arena, struct problems *problems,
                   struct yaml_node **ret_root)
{
    struct builder b = {.arena = arena, .problems = problems};
    AS_ASSERT(yaml_parser_initialize(&b.parser));
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)text.ptr, text.len);
    size_t problems_before = problems->count;
    struct yaml_node *root = NULL;
    int rc = read_document(&b, &root);
    yaml_parser_delete(&b.parser);
    if (rc < 0 || problems->count > problems_before)
        return AS_EINVAL;
    *ret_root = root;
    return 0;
}

struct yaml_node *yaml_map_get(const struct yaml_node *map, const char *key)
{
    if (!map || map->kind != YAML_MAP)
        return NULL;
    for (struct yaml_node *member = map->first; member; member = member->next)
        if (member->key->kind == YAML_TEXT && as_str_eq(member->key->text, key))
            return member;
    return NULL;
}
