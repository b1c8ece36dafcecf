/* An inbox is a map, several are a list of maps. Two inboxes never share a folder or a dataset: who
 * takes in the files of one would be in the other's way. */
#include "daemon/config/inbox_section.h"

#include "daemon/config/config.h"
#include "lib/duration.h"

#include <string.h>
#include <sys/stat.h>

#define AT(member) offsetof(struct inbox_rules, member)
#define QUIET_DEFAULT_MS 2000

static void decode_keep(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                        void *dest)
{
    struct inbox_rules *rules = dest;
    field_duration(ctx, node, where, NULL, &rules->keep_ms);
}

static void decode_quiet(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                         void *dest)
{
    struct inbox_rules *rules = dest;
    field_duration(ctx, node, where, "24h", &rules->quiet_ms);
}

/* Without a version: each batch of files makes a new one. */
static bool is_dataset_name(const char *text)
{
    return text[0] != '.' && name_is_dataset(text) && !strchr(text, '@');
}

const struct field inbox_fields[] = {
    FIELD("dir", PATH, AT(dir), .is_required = true),
    FIELD("dataset", STRING, AT(dataset), .is_required = true, .is_valid = is_dataset_name,
          .must_be = "a dataset's name: letters, digits, '-', '_' and '.', which is not the first"),
    FIELD("redact", STRING, AT(redact), .is_valid = name_is_selector,
          .must_be = "a redactor plugin: NAME, NAME@1, NAME@1.2.0 or NAME@sha256:..."),
    FIELD("redact_params", PARAMS, AT(params_json), .fallback = "{}"),
    FIELD("keep", CUSTOM, 0, .decode = decode_keep, .must_be = AS_DURATION_MUST_BE),
    FIELD("max_cases", I64, AT(max_cases), .fallback = "10000", .min = 1, .max = 1e6),
    FIELD("quiet", CUSTOM, 0, .decode = decode_quiet,
          .must_be = AS_DURATION_MUST_BE ", and 24h at most; default 2s"),
    FIELDS_END,
};

static bool is_same(const char *a, const char *b)
{
    return a && b && !strcmp(a, b);
}

/* However it is spelled, where it is there already. */
static bool is_same_folder(const char *a, const char *b)
{
    struct stat of_a, of_b;
    if (is_same(a, b))
        return true;
    return a && b && !stat(a, &of_a) && !stat(b, &of_b) && of_a.st_dev == of_b.st_dev &&
           of_a.st_ino == of_b.st_ino;
}

static void decode_inbox(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                         struct config *config)
{
    struct inbox_rules *rules = &config->inboxes[config->inbox_count];
    *rules = (struct inbox_rules){.quiet_ms = QUIET_DEFAULT_MS};
    field_decode_map(ctx, node, where, inbox_fields, rules);
    if (!rules->redact && node->kind == YAML_MAP && yaml_map_get(node, "redact_params"))
        problems_add(ctx->problems, node->place, where, "redact_params without redact");
    for (size_t i = 0; i < config->inbox_count; i++) {
        if (is_same(config->inboxes[i].dataset, rules->dataset))
            problems_add(ctx->problems, node->place, where,
                         "a second inbox of the dataset '%s': give each its own", rules->dataset);
        if (is_same_folder(config->inboxes[i].dir, rules->dir))
            problems_add(ctx->problems, node->place, where,
                         "a second inbox in the same folder: give each its own");
    }
    config->inbox_count++;
}

void decode_inboxes(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                    void *dest)
{
    struct config *config = dest;
    bool is_one = node->kind == YAML_MAP;
    if (!is_one && !field_expect(ctx, node, where, YAML_LIST, "an inbox, or a list of them"))
        return;
    if (!is_one && node->count > INBOXES_MAX) {
        problems_add(ctx->problems, node->place, where, "%u inboxes; the limit is %d", node->count,
                     INBOXES_MAX);
        return;
    }
    size_t count = is_one ? 1 : node->count;
    config->inboxes = as_arena_alloc(ctx->arena, (count + 1) * sizeof(*config->inboxes));
    if (is_one)
        decode_inbox(ctx, node, where, config);
    for (const struct yaml_node *item = is_one ? NULL : node->first; item; item = item->next)
        decode_inbox(ctx, item, field_where_at(ctx, where, config->inbox_count), config);
}

/* NULL: it is nobody else's. */
static const char *owner_of(const char *dir, const struct field_ctx *ctx,
                            const struct config *config)
{
    if (is_same_folder(dir, ctx->dir))
        return "the folder of assay.yaml";
    if (is_same_folder(dir, config->eval_dir))
        return "eval_dir";
    if (is_same_folder(dir, config->state_dir))
        return "state_dir";
    if (is_same_folder(dir, config->promoted_dir))
        return "promoted_dir";
    for (size_t i = 0; config->plugin_dirs[i]; i++)
        if (is_same_folder(dir, config->plugin_dirs[i]))
            return "one of plugin_dirs";
    return NULL;
}

void inboxes_check_folders(struct field_ctx *ctx, const struct yaml_node *root,
                           const struct config *config)
{
    const struct yaml_node *node = yaml_map_get(root, "inbox");
    for (size_t i = 0; i < config->inbox_count; i++) {
        const char *owner = owner_of(config->inboxes[i].dir, ctx, config);
        const char *where = node->kind == YAML_LIST ? field_where_at(ctx, "inbox", i) : "inbox";
        if (owner)
            problems_add(ctx->problems, node->place, where,
                         "its files are moved away, so dir cannot be %s: give it one of its own",
                         owner);
    }
}
