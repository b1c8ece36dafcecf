/* The folder of evals as a snapshot. Files are read in the order of their names, so that which
 * of two evals of one name is refused does not depend on the file system. What one says of another
 * is checked when all are there. */
#include "daemon/config/config.h"

#include "daemon/config/eval_drift.h"
#include "daemon/config/eval_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Hidden files are editors' and version control's. */
static int is_eval_file(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"));
}

static void refuse(struct eval_set *set, struct problems *problems)
{
    struct as_buf text = {0};
    problems_write(problems, &text);
    text.len -= 1; /* the last line's end */
    set->refusals[set->refusal_count++] = (struct eval_refusal){
        .path = as_arena_strdup(&set->arena, problems->path),
        .reason = as_arena_dup(&set->arena, as_buf_str(&text)).ptr,
    };
    as_buf_done(&text);
}

static void add_file(struct eval_set *set, const struct config *config, const char *name)
{
    struct problems problems;
    struct eval_def eval;
    problems_init(&problems, as_arena_printf(&set->arena, "%s/%s", config->eval_dir, name));
    bool is_good = eval_file_load(config, &set->arena, &problems, &eval);
    const struct eval_def *twin = is_good ? eval_set_find(set, eval.name) : NULL;
    if (twin)
        problems_add(&problems, (struct place){0, 0}, "", "there is an eval named '%s' already: %s",
                     eval.name, twin->path);
    if (is_good && !twin)
        set->evals[set->eval_count++] = eval;
    else
        refuse(set, &problems);
    problems_done(&problems);
}

static int compare_evals(const void *a, const void *b)
{
    return strcmp(((const struct eval_def *)a)->name, ((const struct eval_def *)b)->name);
}

/* Whoever names an anchor is none, so the order does not matter. */
static void check_anchors(struct eval_set *set)
{
    size_t kept = 0;
    bool *are_wrong = as_xcalloc(set->eval_count + 1, sizeof(*are_wrong));
    for (size_t i = 0; i < set->eval_count; i++) {
        const char *reason;
        are_wrong[i] = eval_drift_is_wrong(set, &set->evals[i], &set->arena, &reason);
        if (are_wrong[i])
            set->refusals[set->refusal_count++] =
                (struct eval_refusal){.path = set->evals[i].path, .reason = reason};
    }
    for (size_t i = 0; i < set->eval_count; i++)
        if (!are_wrong[i])
            set->evals[kept++] = set->evals[i];
    set->eval_count = kept;
    free(are_wrong);
}

int eval_set_load(const struct config *config, struct eval_set **ret_set, struct as_err *err)
{
    struct dirent **entries = NULL;
    int count = scandir(config->eval_dir, &entries, is_eval_file, alphasort);
    if (count < 0)
        return as_err_set(err, as_err_from_errno(errno),
                          "the folder of evals %s: %s: make the folder, or correct eval_dir in %s",
                          config->eval_dir, strerror(errno), config->path);
    struct eval_set *set = as_xcalloc(1, sizeof(*set));
    set->refs = 1;
    set->evals = as_arena_alloc(&set->arena, ((size_t)count + 1) * sizeof(*set->evals));
    set->refusals = as_arena_alloc(&set->arena, ((size_t)count + 1) * sizeof(*set->refusals));
    for (int i = 0; i < count; i++) {
        add_file(set, config, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    qsort(set->evals, set->eval_count, sizeof(*set->evals), compare_evals);
    check_anchors(set);
    *ret_set = set;
    return 0;
}

struct eval_set *eval_set_ref(struct eval_set *set)
{
    set->refs++;
    return set;
}

void eval_set_unref(struct eval_set *set)
{
    if (!set || --set->refs > 0)
        return;
    as_arena_done(&set->arena);
    free(set);
}

const struct eval_def *eval_set_find(const struct eval_set *set, const char *name)
{
    for (size_t i = 0; i < set->eval_count; i++)
        if (!strcmp(set->evals[i].name, name))
            return &set->evals[i];
    return NULL;
}

static bool path_is_of_eval(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;
    size_t len = strlen(name);
    return !strncmp(file, name, len) &&
           (!strcmp(file + len, ".yaml") || !strcmp(file + len, ".yml"));
}

const struct eval_refusal *eval_set_refusal(const struct eval_set *set, const char *name)
{
    for (size_t i = 0; i < set->refusal_count; i++)
        if (path_is_of_eval(set->refusals[i].path, name))
            return &set->refusals[i];
    return NULL;
}
