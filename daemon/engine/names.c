/* Models of one provider share the place of its plugin, which is then told once. */
#include "daemon/engine/names.h"

#include "daemon/plugin/params_check.h"

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
