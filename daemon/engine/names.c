/* Models of one provider share the place of its plugin, which is then told once. */
#include "daemon/engine/names.h"

#include <string.h>

static void check_name(struct registry *registry, enum plugin_kind kind, const char *selector,
                       const char *place, struct as_buf *problems)
{
    struct plugin_version *version = NULL;
    struct as_err err = {0};
    if (registry_find(registry, kind, selector, &version, &err))
        as_buf_addf(problems, "%s: %s\n", place, err.msg);
    else
        plugin_version_unref(version);
}

static void check_eval(const struct eval_def *eval, struct registry *registry,
                       struct as_buf *problems)
{
    for (size_t i = 0; i < eval->scorer_count; i++)
        check_name(registry, PLUGIN_SCORER, eval->scorers[i].selector, eval->scorers[i].place,
                   problems);
    if (eval->has_rubric)
        check_name(registry, PLUGIN_RUBRIC, eval->rubric.selector, eval->rubric.place, problems);
}

void names_check(const struct config *config, const struct eval_set *evals,
                 struct registry *registry, struct as_buf *problems)
{
    const char *told = "";
    for (size_t i = 0; i < config->model_count; i++) {
        const struct model_spec *model = &config->models[i];
        if (strcmp(model->place, told))
            check_name(registry, PLUGIN_PROVIDER, model->plugin, model->place, problems);
        told = model->place;
    }
    for (size_t i = 0; i < evals->eval_count; i++)
        check_eval(&evals->evals[i], registry, problems);
}
