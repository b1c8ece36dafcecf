/* Models of one provider share the place of its plugin, which is then told once. */
#include "daemon/engine/names.h"

#include "daemon/plugin/params_check.h"
#include "lib/nearest.h"

#include <string.h>

static void check_provider(struct registry *registry, const struct model_spec *model,
                           struct as_buf *problems)
{
    struct plugin_version *version = NULL;
    struct as_err err = {0};
    if (registry_find(registry, PLUGIN_PROVIDER, model->plugin, &version, &err))
        as_buf_addf(problems, "%s: %s\n", model->place, err.msg);
    else
        plugin_version_unref(version);
}

int names_find_metric(struct registry *registry, enum plugin_kind kind,
                      const struct eval_plugin *plugin, struct plugin_version **ret_version,
                      struct as_err *err)
{
    struct plugin_version *version = NULL;
    int rc = registry_find(registry, kind, plugin->selector, &version, err);
    if (!rc)
        rc = plugin_params_check(version, plugin->params_json, err);
    if (rc) {
        plugin_version_unref(version);
        return as_err_prefix(err, "%s", plugin->place);
    }
    *ret_version = version;
    return 0;
}

static void check_metric(struct registry *registry, enum plugin_kind kind,
                         const struct eval_plugin *plugin, struct as_buf *problems)
{
    struct plugin_version *version = NULL;
    struct as_err err = {0};
    if (names_find_metric(registry, kind, plugin, &version, &err))
        as_buf_addf(problems, "%s\n", err.msg);
    else
        plugin_version_unref(version);
}

static void check_eval(const struct eval_def *eval, struct registry *registry,
                       struct as_buf *problems)
{
    for (size_t i = 0; i < eval->scorer_count; i++)
        check_metric(registry, PLUGIN_SCORER, &eval->scorers[i], problems);
    if (eval->has_rubric)
        check_metric(registry, PLUGIN_RUBRIC, &eval->rubric, problems);
}

struct nearest_dataset {
    struct as_arena arena;
    char *name; /* of the selector */
    struct as_nearest nearest;
    uint32_t newest; /* version of the nearest */
};

static void offer_dataset(void *ctx, const struct dataset_info *info)
{
    struct nearest_dataset *search = ctx;
    const char *best = search->nearest.best;
    if (!best || strcmp(best, info->name))
        as_nearest_offer(&search->nearest, search->name,
                         as_arena_strdup(&search->arena, info->name));
    if (search->nearest.best && !strcmp(search->nearest.best, info->name))
        search->newest = info->version; /* versions of a name come in rising order */
}

static int say_dataset_missing(const struct nearest_dataset *search, const char *selector,
                               struct as_err *err)
{
    const char *best = search->nearest.best;
    if (best && !search->nearest.distance)
        return as_err_set(err, AS_ENOENT, "dataset '%s' is not there: the newest is %s@%u",
                          selector, best, search->newest);
    if (best)
        return as_err_set(err, AS_ENOENT, "dataset '%s' is not there: did you mean '%s'?", selector,
                          best);
    return as_err_set(err, AS_ENOENT,
                      "dataset '%s' is not there: import it with `assayctl dataset import %s FILE`",
                      selector, search->name);
}

int names_dataset_missing(struct store *store, const char *selector, struct as_err *err)
{
    struct nearest_dataset search = {.nearest = {0}};
    size_t name_len = strcspn(selector, "@");
    search.name = as_arena_printf(&search.arena, "%.*s", (int)name_len, selector);
    int rc = store_dataset_each(store, offer_dataset, &search);
    if (rc)
        as_err_set(err, rc, "dataset '%s': %s", selector, store_error(store));
    else
        rc = say_dataset_missing(&search, selector, err);
    as_arena_done(&search.arena);
    return rc;
}

void names_check(const struct config *config, const struct eval_set *evals,
                 struct registry *registry, struct as_buf *problems)
{
    const char *told = "";
    for (size_t i = 0; i < config->model_count; i++) {
        const struct model_spec *model = &config->models[i];
        if (strcmp(model->place, told))
            check_provider(registry, model, problems);
        told = model->place;
    }
    for (size_t i = 0; i < evals->eval_count; i++)
        check_eval(&evals->evals[i], registry, problems);
}
