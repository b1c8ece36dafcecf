/* A name is read from the left, part by part; what is left over makes it unknown. Whether a model
 * is right is drawn from hashes of seed, task and name: now from the task alone (then all models
 * meet the same difficulty), now from the model's own, so that errors are correlated. */
#include "sim/model.h"

#include "lib/rng.h"
#include "sim/text.h"

#include <stdio.h>
#include <string.h>

#define NAME_MAX_BYTES 96
#define VARIANT_MAX_BYTES 16
/* The chance that a model meets a task with its shared difficulty; two models both do with its
 * square, 0.5. */
#define SHARED_CHANCE 0.7071

static bool take(struct as_str *rest, const char *word)
{
    size_t len = strlen(word);
    if (rest->len < len || memcmp(rest->ptr, word, len))
        return false;
    *rest = (struct as_str){rest->ptr + len, rest->len - len};
    return true;
}

static bool take_quality(struct as_str *rest, unsigned *ret_percent)
{
    struct as_str in = *rest;
    int64_t percent;
    if (!take(&in, "q") || !in.len || in.ptr[0] == '-' || !text_take_int(&in, &percent) ||
        percent > 100)
        return false;
    *rest = in;
    *ret_percent = (unsigned)percent;
    return true;
}

static bool is_variant(struct as_str text)
{
    if (!text.len)
        return true;
    bool is_good = text.ptr[0] == '-' && text.len > 1 && text.len <= VARIANT_MAX_BYTES;
    for (size_t i = 1; is_good && i < text.len; i++)
        is_good = (text.ptr[i] >= 'a' && text.ptr[i] <= 'z') ||
                  (text.ptr[i] >= '0' && text.ptr[i] <= '9');
    return is_good;
}

/* The part behind "sim-" and before "+fault=". */
static int find_kind(struct as_str rest, struct model *model)
{
    model->kind = MODEL_SOLVER;
    model->quality_percent = 100;
    if (take(&rest, "echo"))
        model->kind = MODEL_ECHO;
    else if (take(&rest, "empty"))
        model->kind = MODEL_EMPTY;
    else if (take(&rest, "refuse"))
        model->kind = MODEL_REFUSE;
    else if (take(&rest, "judge-"))
        return take_quality(&rest, &model->quality_percent) && is_variant(rest) ? 0 : AS_ENOENT;
    else if (!take(&rest, "judge") && !take_quality(&rest, &model->quality_percent))
        return AS_ENOENT;
    return is_variant(rest) ? 0 : AS_ENOENT;
}

int model_find(struct as_str name, struct model *ret_model)
{
    struct model model = {.kind = MODEL_SOLVER};
    size_t at;
    if (!name.ptr || name.len > NAME_MAX_BYTES)
        return AS_ENOENT;
    if (text_find(name, "+fault=", &at)) {
        char spec[NAME_MAX_BYTES + 1];
        snprintf(spec, sizeof(spec), "%.*s", (int)(name.len - at - 7), name.ptr + at + 7);
        if (fault_parse(spec, &model.fault, NULL))
            return AS_ENOENT;
        name.len = at;
    }
    model.identity = text_hash(name);
    if (!take(&name, "sim-"))
        return AS_ENOENT;
    model.is_slow = take(&name, "slow-");
    model.is_judge = name.len >= 5 && !memcmp(name.ptr, "judge", 5);
    int rc = find_kind(name, &model);
    if (rc)
        return rc;
    *ret_model = model;
    return 0;
}

int model_changes_add(struct model_changes *changes, const struct model *model,
                      unsigned quality_percent)
{
    size_t at = 0;
    while (at < changes->count && changes->items[at].identity != model->identity)
        at++;
    if (at == MODEL_CHANGES_MAX)
        return AS_ELIMIT;
    changes->items[at].identity = model->identity;
    changes->items[at].quality_percent = quality_percent;
    changes->count += at == changes->count;
    return 0;
}

void model_changes_apply(const struct model_changes *changes, struct model *model)
{
    for (size_t i = 0; i < changes->count; i++)
        if (changes->items[i].identity == model->identity)
            model->quality_percent = changes->items[i].quality_percent;
}

bool model_is_right(const struct model *model, uint64_t seed, uint64_t task)
{
    struct as_rng shared = as_rng_stream(as_rng_mix64(seed) ^ task, 0);
    struct as_rng own = as_rng_stream(as_rng_mix64(seed) ^ task, model->identity);
    double draw = as_rng_unit(as_rng_unit(&own) < SHARED_CHANCE ? &shared : &own);
    return draw < model->quality_percent / 100.0;
}

uint64_t model_noise(const struct model *model, uint64_t seed, uint64_t task)
{
    struct as_rng rng = as_rng_stream(as_rng_mix64(seed) ^ task, ~model->identity);
    return as_rng_next(&rng);
}
