/* What is in force, as others read it: the pointer file, and the sentence of an override. */
#include "daemon/engine/promote.h"

#include "daemon/engine/pointer_file.h"
#include "lib/civil.h"
#include "lib/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void share_member(void *ctx, const char *key, struct as_json *value)
{
    as_json_set_take(ctx, key, as_json_share(value));
}

struct as_json *promotion_pointer_json(const struct promotion *promotion)
{
    struct as_json *json = as_json_object();
    AS_CLEANUP_JSON struct as_json *model = NULL;
    const char *text = promotion->model_json;
    if (text && as_json_parse(text, strlen(text), &model, NULL))
        model = NULL;
    as_json_set_str(json, "eval", promotion->eval);
    as_json_set_str(json, "model", promotion->model);
    as_json_each(model, share_member, json);
    as_json_set_int(json, "run", promotion->run);
    as_json_set_str(json, "outcome", promotion->outcome);
    as_json_set_int(json, "promoted_ms", promotion->at_ms);
    as_json_set_str(json, "by", promotion->who);
    as_json_set_bool(json, "override", promotion->reason != NULL);
    as_json_set_str(json, "reason", promotion->reason);
    return json;
}

const char *promotion_override_text(const struct promotion *promotion, struct as_arena *arena)
{
    AS_CLEANUP_JSON struct as_json *against = NULL;
    const char *text = promotion->differences_json;
    char when[AS_CIVIL_TEXT_BYTES];
    struct as_buf out = {0};
    if (text && as_json_parse(text, strlen(text), &against, NULL))
        against = NULL;
    as_civil_text(promotion->at_ms / 1000, when);
    as_buf_addf(&out,
                "OVERRIDE: '%s' was promoted for %s with run %" PRId64 " by %s on %s UTC against "
                "the evidence. Reason given: %s. What was overridden: ",
                promotion->model, promotion->eval, promotion->run, promotion->who, when,
                promotion->reason);
    for (size_t i = 0; i < as_json_len(against); i++)
        as_buf_addf(&out, "%s%s", i ? "; " : "", as_json_cstr(as_json_at(against, i)));
    const char *copy = as_arena_strdup(arena, out.ptr);
    as_buf_done(&out);
    return copy;
}

int promote_point(struct store *store, const char *promoted_dir, const char *eval,
                  struct as_err *err)
{
    struct as_arena arena = {0};
    struct as_buf text = {0};
    struct promotion promotion;
    int rc = store_promotion_in_force(store, eval, &arena, &promotion);
    if (!rc) {
        AS_CLEANUP_JSON struct as_json *json = promotion_pointer_json(&promotion);
        as_json_write_pretty(json, &text);
        as_buf_addc(&text, '\n');
    }
    if (rc && rc != AS_ENOENT)
        as_err_set(err, rc, "the promotions of %s cannot be read: %s", eval, store_error(store));
    else
        rc = pointer_file_put(promoted_dir, eval, rc ? (struct as_str){0} : as_buf_str(&text), err);
    if (rc)
        as_err_prefix(err, "what is promoted stands in the database, but its file is not as it "
                           "should be (the next start of assayd makes it again)");
    as_buf_done(&text);
    as_arena_done(&arena);
    return rc;
}

struct mend {
    const char *promoted_dir;
    void (*done)(void *ctx);
    void *ctx;
};

static void mend_work(struct store *store, void *ctx)
{
    const struct mend *mend = ctx;
    struct as_arena arena = {0};
    const char **evals = NULL;
    size_t count = 0;
    struct as_err folder_err = {0};
    if (pointer_folder_make(mend->promoted_dir, &folder_err)) {
        as_log_err("nobody can be told what is promoted: %s", folder_err.msg);
        return;
    }
    if (store_promotion_evals(store, &arena, &evals, &count))
        as_log_err("the promotions cannot be read: %s", store_error(store));
    for (size_t i = 0; i < count; i++) {
        struct as_err err = {0};
        if (promote_point(store, mend->promoted_dir, evals[i], &err))
            as_log_err("%s", err.msg);
    }
    as_arena_done(&arena);
}

static void mend_done(void *ctx)
{
    struct mend *mend = ctx;
    mend->done(mend->ctx);
    free(mend);
}

void promote_mend(struct db *db, const char *promoted_dir, void (*done)(void *ctx), void *ctx)
{
    struct mend *mend = as_xcalloc(1, sizeof(*mend));
    *mend = (struct mend){promoted_dir, done, ctx};
    db_read(db, mend_work, mend_done, mend);
}
