/* assay.yaml: the tables of its keys, and what ties providers and models together. A provider
 * block is read into a model_spec that lacks its model half; each model starts as a copy of its
 * provider's and adds its own keys. */
#include "daemon/config/config.h"

#include "daemon/config/field.h"
#include "daemon/config/file.h"
#include "daemon/config/inbox_section.h"
#include "daemon/config/notify_section.h"
#include "daemon/config/roles.h"
#include "daemon/model/recording.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define MODELS_MAX 1000
#define HOUR_MS 3600000
#define DRAIN_MAX_MS 600000
#define LIMIT_MAX 1000000000

struct loading {
    struct config *config;
    struct model_spec *providers;
    const char **provider_names;
    size_t provider_count;
};

#define AT(member) offsetof(struct config, member)
#define SPEC(member) offsetof(struct model_spec, member)

static const char *log_word(int value)
{
    static const char *const words[] = {"err", "warn", "info", "debug"};
    return value <= AS_LOG_DEBUG ? words[value] : NULL;
}

/* http(s)://host[:port][/path], and nothing in which a key could hide. */
static bool is_base_url(const char *text)
{
    size_t scheme = !strncmp(text, "https://", 8) ? 8 : !strncmp(text, "http://", 7) ? 7 : 0;
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f)
            return false;
    return scheme && text[scheme] && text[scheme] != '/' && !strpbrk(text, "@?#");
}

static bool is_text(const char *text)
{
    return text[0] != '\0';
}

static const struct field timeout_fields[] = {
    FIELD("connect_ms", U32, SPEC(connect_ms), .fallback = "5000", .min = 1, .max = HOUR_MS),
    FIELD("first_byte_ms", U32, SPEC(first_byte_ms), .fallback = "60000", .min = 1, .max = HOUR_MS),
    FIELD("idle_ms", U32, SPEC(idle_ms), .fallback = "30000", .min = 1, .max = HOUR_MS),
    FIELD("total_ms", U32, SPEC(total_ms), .fallback = "120000", .min = 1, .max = HOUR_MS),
    FIELDS_END,
};

static const struct field retry_fields[] = {
    FIELD("max_attempts", U32, SPEC(max_attempts), .fallback = "5", .min = 1, .max = 20),
    FIELD("backoff_ms", U32, SPEC(backoff_ms), .fallback = "500", .min = 1, .max = 30000),
    FIELDS_END,
};

/* Of an account, for all its models together. */
static const struct field account_limit_fields[] = {
    FIELD("concurrency", U32, SPEC(account.concurrency), .min = 1, .max = 10000),
    FIELD("rpm", U32, SPEC(account.rpm), .min = 1, .max = LIMIT_MAX),
    FIELD("tpm", U32, SPEC(account.tpm), .min = 1, .max = LIMIT_MAX),
    FIELDS_END,
};

static const struct field provider_fields[] = {
    FIELD("plugin", STRING, SPEC(plugin), .is_required = true, .is_valid = name_is_selector,
          .must_be = "a provider plugin: openai, openai@1, openai@1.2.0 or openai@sha256:..."),
    FIELD("base_url", STRING, SPEC(base_url), .is_required = true, .is_valid = is_base_url,
          .must_be = "an http:// or https:// address without user, query or fragment"),
    FIELD("key", STRING, SPEC(key_name), .is_valid = name_is_secret,
          .must_be = "the name of a secret, such as OPENAI_API_KEY (letters, digits and _), "
                     "never the key itself"),
    FIELD("http2", BOOL, SPEC(use_http2), .fallback = "false"),
    FIELD("max_age_conn_s", U32, SPEC(max_age_conn_s), .fallback = "25", .min = 1, .max = 3600),
    FIELD("timeouts", SECTION, 0, .section = timeout_fields),
    FIELD("retry", SECTION, 0, .section = retry_fields),
    FIELD("limits", SECTION, 0, .section = account_limit_fields),
    FIELDS_END,
};

/* Of one model, within those of its account; its concurrency has a key of its own. */
static const struct field model_limit_fields[] = {
    FIELD("rpm", U32, SPEC(rpm), .min = 1, .max = LIMIT_MAX),
    FIELD("tpm", U32, SPEC(tpm), .min = 1, .max = LIMIT_MAX),
    FIELDS_END,
};

static const struct field price_fields[] = {
    FIELD("input", NUMBER, offsetof(struct model_prices, input), .min = 0, .max = 1e6),
    FIELD("output", NUMBER, offsetof(struct model_prices, output), .min = 0, .max = 1e6),
    FIELD("cached_input", NUMBER, offsetof(struct model_prices, cached_input), .min = 0,
          .max = 1e6),
    FIELDS_END,
};

static const struct field model_fields[] = {
    FIELD("provider", STRING, SPEC(provider), .is_required = true),
    FIELD("id", STRING, SPEC(id), .is_required = true, .is_valid = is_text,
          .must_be = "what the API calls the model"),
    FIELD("params", PARAMS, SPEC(params_json), .fallback = "{}"),
    FIELD("price", SECTION, SPEC(prices), .section = price_fields),
    FIELD("concurrency", U32, SPEC(concurrency), .fallback = "16", .min = 1, .max = 10000),
    FIELD("limits", SECTION, 0, .section = model_limit_fields),
    FIELDS_END,
};

static const struct field log_fields[] = {
    FIELD("level", WORD, AT(log_level), .fallback = "info", .word = log_word),
    FIELD("content", BOOL, AT(log_content), .fallback = "false"),
    FIELDS_END,
};

static const struct field sandbox_fields[] = {
    FIELD("row_deadline_ms", U32, AT(row_deadline_ms), .fallback = "250", .min = 10, .max = 5000,
          .needs_restart = true),
    FIELD("load_deadline_ms", U32, AT(load_deadline_ms), .fallback = "500", .min = 50, .max = 10000,
          .needs_restart = true),
    FIELD("worker_idle_ms", U32, AT(worker_idle_ms), .fallback = "30000", .min = 100,
          .max = HOUR_MS, .needs_restart = true),
    FIELDS_END,
};

static const struct field shutdown_fields[] = {
    FIELD("drain_ms", U32, AT(drain_ms), .fallback = "10000", .min = 0, .max = DRAIN_MAX_MS),
    FIELDS_END,
};

static const struct field tls_fields[] = {
    FIELD("ca_file", PATH, AT(ca_file), .needs_restart = true),
    FIELDS_END,
};

static const struct field secret_fields[] = {
    FIELD("keys_dir", PATH, AT(secrets.keys_dir)),
    FIELD("env_file", PATH, AT(secrets.env_file)),
    FIELD("environment", BOOL, AT(secrets.use_environment), .fallback = "true"),
    FIELDS_END,
};

static void strip_trailing_slashes(struct field_ctx *ctx, const char **url)
{
    size_t len = *url ? strlen(*url) : 0;
    while (len && (*url)[len - 1] == '/')
        len--;
    if (*url)
        *url = as_arena_dup(ctx->arena, (struct as_str){*url, len}).ptr;
}

static void decode_providers(struct field_ctx *ctx, const struct yaml_node *map, const char *where,
                             void *dest)
{
    struct loading *loading = ctx->user;
    (void)dest;
    if (!field_expect(ctx, map, where, YAML_MAP, "a map of providers by name"))
        return;
    loading->providers = as_arena_alloc(ctx->arena, (map->count + 1) * sizeof(*loading->providers));
    loading->provider_names =
        as_arena_alloc(ctx->arena, (map->count + 1) * sizeof(*loading->provider_names));
    for (const struct yaml_node *node = map->first; node; node = node->next) {
        struct model_spec *provider = &loading->providers[loading->provider_count];
        const char *name = as_arena_dup(ctx->arena, node->key->text).ptr;
        if (!name_is_model(name))
            problems_add(ctx->problems, node->key->place, where,
                         "a provider's name is made of letters, digits and ._:/-");
        field_decode_map(ctx, node, field_where(ctx, where, name), provider_fields, provider);
        const struct yaml_node *plugin = yaml_map_get(node, "plugin");
        provider->place = field_place(ctx, plugin ? plugin : node, field_where(ctx, where, name));
        strip_trailing_slashes(ctx, &provider->base_url);
        loading->provider_names[loading->provider_count++] = name;
    }
}

static const struct model_spec *find_provider(const struct loading *loading, const char *name)
{
    for (size_t i = 0; i < loading->provider_count; i++)
        if (!strcmp(loading->provider_names[i], name))
            return &loading->providers[i];
    return NULL;
}

/* The provider's half of a model: all zero, and a problem, when there is no such provider. */
static struct model_spec spec_from_provider(struct field_ctx *ctx, const struct yaml_node *model,
                                            const char *where)
{
    struct loading *loading = ctx->user;
    const struct yaml_node *node = yaml_map_get(model, "provider");
    struct model_spec spec = {.prices = {NAN, NAN, NAN}};
    if (!node || node->kind != YAML_TEXT || node->text.len == 0)
        return spec; /* the table says what is wrong with it */
    const struct model_spec *provider = find_provider(loading, node->text.ptr);
    if (provider) {
        spec = *provider;
        spec.prices = (struct model_prices){NAN, NAN, NAN};
        return spec;
    }
    struct as_buf hint = {0};
    struct name_list known = {loading->provider_names, loading->provider_count};
    problems_add(ctx->problems, node->place, field_where(ctx, where, "provider"),
                 "no provider named '%.60s'%s", node->text.ptr,
                 name_hint(known, node->text.ptr, &hint));
    as_buf_done(&hint);
    return spec;
}

const char *config_worker_json(struct as_arena *arena, const struct model_spec *spec)
{
    AS_CLEANUP_JSON struct as_json *model = as_json_object();
    struct as_json *params = NULL;
    if (as_json_parse(spec->params_json, strlen(spec->params_json), &params, NULL) < 0)
        params = as_json_object();
    as_json_set_str(model, "name", spec->name);
    as_json_set_str(model, "id", spec->id);
    as_json_set_take(model, "params", params);
    struct as_buf text = {0};
    as_json_write_canonical(model, &text);
    const char *copy = as_arena_dup(arena, as_buf_str(&text)).ptr;
    as_buf_done(&text);
    return copy;
}

static void decode_model(struct field_ctx *ctx, const struct yaml_node *node, const char *where,
                         struct model_spec *spec)
{
    const char *name = as_arena_dup(ctx->arena, node->key->text).ptr;
    const char *model_where = field_where(ctx, where, name);
    if (!name_is_model(name))
        problems_add(ctx->problems, node->key->place, where,
                     "a model's name begins with a letter or digit, is made of letters, digits and "
                     "._:/-, and has at most %d",
                     NAME_MAX_BYTES);
    if (recording_of(name))
        problems_add(ctx->problems, node->key->place, where,
                     "the name '%s' is taken: it stands for the answers that production gave",
                     name);
    *spec = spec_from_provider(ctx, node, model_where);
    spec->name = name;
    field_decode_map(ctx, node, model_where, model_fields, spec);
    if (spec->id && spec->params_json)
        spec->worker_json = config_worker_json(ctx->arena, spec);
}

static void decode_models(struct field_ctx *ctx, const struct yaml_node *map, const char *where,
                          void *dest)
{
    struct config *config = dest;
    if (!field_expect(ctx, map, where, YAML_MAP, "a map of models by name"))
        return;
    if (map->count > MODELS_MAX) {
        problems_add(ctx->problems, map->place, where, "%u models; the limit is %d", map->count,
                     MODELS_MAX);
        return;
    }
    config->models = as_arena_alloc(ctx->arena, (map->count + 1) * sizeof(*config->models));
    for (const struct yaml_node *node = map->first; node; node = node->next)
        decode_model(ctx, node, where, &config->models[config->model_count++]);
}

static void decode_roles(struct field_ctx *ctx, const struct yaml_node *list, const char *where,
                         void *dest)
{
    roles_decode(ctx, list, where, dest);
}

static bool roles_differ(const void *a, const void *b)
{
    const struct config *from = a, *to = b;
    bool is_same = from->role_count == to->role_count;
    for (size_t i = 0; is_same && i < from->role_count; i++)
        is_same = from->roles[i].role == to->roles[i].role &&
                  from->roles[i].is_group == to->roles[i].is_group &&
                  from->roles[i].id == to->roles[i].id;
    return !is_same;
}

static bool inboxes_differ(const void *a, const void *b)
{
    const struct config *from = a, *to = b;
    bool is_same = from->inbox_count == to->inbox_count;
    for (size_t i = 0; is_same && i < from->inbox_count; i++) {
        const struct inbox_rules *x = &from->inboxes[i], *y = &to->inboxes[i];
        is_same = !strcmp(x->dataset, y->dataset) && !strcmp(x->dir, y->dir) &&
                  x->keep_ms == y->keep_ms && x->max_cases == y->max_cases &&
                  x->quiet_ms == y->quiet_ms && !strcmp(x->params_json, y->params_json) &&
                  !strcmp(x->redact ? x->redact : "", y->redact ? y->redact : "");
    }
    return !is_same;
}

/* In the order of decoding: models look up their providers. */
static const struct field config_fields[] = {
    FIELD("socket", PATH, AT(socket_path), .fallback = "/run/assay/assayd.sock",
          .needs_restart = true),
    FIELD("state_dir", PATH, AT(state_dir), .fallback = "/var/lib/assay", .needs_restart = true),
    FIELD("promoted_dir", PATH, AT(promoted_dir), .needs_restart = true),
    FIELD("plugin_dirs", PATHS, AT(plugin_dirs), .needs_restart = true),
    FIELD("eval_dir", PATH, AT(eval_dir), .fallback = "evals", .needs_restart = true),
    FIELD("log", SECTION, 0, .section = log_fields),
    FIELD("sandbox", SECTION, 0, .section = sandbox_fields),
    FIELD("shutdown", SECTION, 0, .section = shutdown_fields),
    FIELD("tls", SECTION, 0, .section = tls_fields),
    FIELD("secrets", SECTION, 0, .section = secret_fields),
    FIELD("roles", CUSTOM, 0, .decode = decode_roles, .differs = roles_differ),
    FIELD("inbox", CUSTOM, 0, .section = inbox_fields, .is_list = true, .decode = decode_inboxes,
          .differs = inboxes_differ),
    FIELD("providers", CUSTOM, 0, .section = provider_fields, .decode = decode_providers),
    FIELD("models", CUSTOM, 0, .section = model_fields, .decode = decode_models),
    FIELD("notify", CUSTOM, AT(notify), .section = notify_rule_fields, .is_list = true,
          .decode = decode_notify, .differs = notify_differs),
    FIELDS_END,
};

static void check_socket_path(struct field_ctx *ctx, const struct yaml_node *root,
                              const struct config *config)
{
    const struct yaml_node *node = yaml_map_get(root, "socket");
    size_t room = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
    if (node && config->socket_path && strlen(config->socket_path) > room)
        problems_add(ctx->problems, node->place, "socket",
                     "a socket's path has at most %zu bytes, this one has %zu", room,
                     strlen(config->socket_path));
}

static void set_defaults(struct field_ctx *ctx, struct config *config)
{
    if (!config->plugin_dirs) {
        const char **dirs = as_arena_alloc(&config->arena, 3 * sizeof(*dirs));
        dirs[0] = as_arena_printf(&config->arena, "%s/plugins", ctx->dir);
        dirs[1] = as_arena_printf(&config->arena, "%s/rubrics", ctx->dir);
        config->plugin_dirs = dirs;
    }
    if (!config->promoted_dir && config->state_dir)
        config->promoted_dir = as_arena_printf(&config->arena, "%s/promoted", config->state_dir);
    if (!config->roles)
        roles_default(config);
    config->secrets.credentials_dir =
        as_arena_strdup(&config->arena, getenv("CREDENTIALS_DIRECTORY"));
}

static const char *folder_of(struct as_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return ".";
    return as_arena_dup(arena, (struct as_str){path, (size_t)(slash - path)}).ptr;
}

static int load(struct config *config, struct as_arena *scratch, struct problems *problems)
{
    struct as_buf text = {0};
    struct as_err err = {0};
    struct yaml_node *root = NULL;
    int rc = file_read(config->path, YAML_FILE_MAX_BYTES, false, &text, &err);
    if (rc == AS_ENOENT)
        problems_add(problems, (struct place){0, 0}, "",
                     "there is no such file: name the configuration with `assayd --config FILE`, "
                     "or write it there, from etc/assay.yaml");
    else if (rc < 0)
        problems_add(problems, (struct place){0, 0}, "", "%s", err.msg);
    else
        rc = yaml_doc_parse(as_buf_str(&text), scratch, problems, &root);
    as_buf_done(&text);
    if (rc < 0)
        return rc;
    struct loading loading = {.config = config};
    struct field_ctx ctx = {problems, &config->arena, folder_of(&config->arena, config->path),
                            &loading};
    field_decode_map(&ctx, root, "", config_fields, config);
    set_defaults(&ctx, config);
    check_socket_path(&ctx, root, config);
    inboxes_check_folders(&ctx, root, config);
    return problems->count ? AS_EINVAL : 0;
}

int config_load(const char *path, struct config **ret_config, struct as_buf *ret_problems)
{
    struct config *config = as_xcalloc(1, sizeof(*config));
    struct as_arena scratch = {0};
    struct problems problems;
    config->refs = 1;
    config->path = as_arena_strdup(&config->arena, path);
    problems_init(&problems, config->path);
    int rc = load(config, &scratch, &problems);
    problems_write(&problems, ret_problems);
    problems_done(&problems);
    as_arena_done(&scratch);
    if (rc < 0)
        config_unref(config);
    else
        *ret_config = config;
    return rc;
}

struct config *config_ref(struct config *config)
{
    config->refs++;
    return config;
}

void config_unref(struct config *config)
{
    if (!config || --config->refs > 0)
        return;
    config_unref(config->started);
    as_arena_done(&config->arena);
    free(config);
}

const struct model_spec *config_model(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->model_count; i++)
        if (!strcmp(config->models[i].name, name))
            return &config->models[i];
    return NULL;
}

void config_write_man(struct as_buf *out)
{
    field_write_man(config_fields, "", out);
}

/* ---- two snapshots ---- */

static void note_difference(void *ctx, const char *key, bool needs_restart)
{
    (void)key;
    (void)needs_restart;
    *(bool *)ctx = true;
}

static bool models_differ(const struct model_spec *from, const struct model_spec *to)
{
    bool differ = !from || !to;
    if (!differ) {
        field_diff(provider_fields, from, to, note_difference, &differ);
        field_diff(model_fields, from, to, note_difference, &differ);
    }
    return differ;
}

static void tell_model(const char *name, config_diff_fn fn, void *ctx)
{
    struct as_buf key = {0};
    as_buf_addf(&key, "models.%s", name);
    fn(ctx, key.ptr, false);
    as_buf_done(&key);
}

void config_diff(const struct config *from, const struct config *to, config_diff_fn fn, void *ctx)
{
    field_diff(config_fields, from, to, fn, ctx);
    for (size_t i = 0; i < to->model_count; i++)
        if (models_differ(config_model(from, to->models[i].name), &to->models[i]))
            tell_model(to->models[i].name, fn, ctx);
    for (size_t i = 0; i < from->model_count; i++)
        if (!config_model(to, from->models[i].name))
            tell_model(from->models[i].name, fn, ctx);
}

void config_keep(struct config *config, struct config *started)
{
    field_keep(config_fields, started, config);
    config->started = config_ref(started);
}
