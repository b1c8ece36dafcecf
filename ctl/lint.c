/* From the facts about a source to sentences for its author. */
#include "ctl/lint.h"

#include "ctl/luascan.h"
#include "lib/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What the worker gives a plugin (worker/api_base.c); a test asks a worker for them. */
static const char *const globals[] = {
    "_G",           "_VERSION", "assay", "assert",   "error",    "getmetatable", "ipairs", "math",
    "next",         "pairs",    "pcall", "rawequal", "rawget",   "rawlen",       "rawset", "select",
    "setmetatable", "string",   "table", "tonumber", "tostring", "type",         "utf8",   "xpcall",
};

struct lint {
    struct luascan scan;
    const struct as_json *report;
    struct as_json *warnings;
};

static bool is_given(struct as_str name)
{
    for (size_t i = 0; i < AS_COUNT(globals); i++)
        if (as_str_eq(name, globals[i]))
            return true;
    return false;
}

AS_PRINTF(3, 4) static void warn(struct lint *lint, int line, const char *fmt, ...)
{
    struct as_json *warning = as_json_object();
    char sentence[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(sentence, sizeof(sentence), fmt, args);
    va_end(args);
    as_json_set_take(warning, "line", line ? as_json_new_int(line) : NULL);
    as_json_set_str(warning, "warning", sentence);
    as_json_push_take(lint->warnings, warning);
}

static const struct luascan_fact *facts_of(const struct lint *lint, size_t *ret_count)
{
    *ret_count = lint->scan.facts.len / sizeof(struct luascan_fact);
    return (const struct luascan_fact *)(const void *)lint->scan.facts.ptr;
}

/* Whether an earlier fact has said it already: a set global is told of once, its uses not at all.
 */
static bool is_repeated(const struct luascan_fact *facts, size_t index)
{
    const struct luascan_fact *fact = &facts[index];
    for (size_t i = 0; i < index; i++) {
        bool is_same = facts[i].name.len == fact->name.len &&
                       !memcmp(facts[i].name.ptr, fact->name.ptr, fact->name.len);
        if (is_same && (facts[i].kind == fact->kind ||
                        (facts[i].kind == LUASCAN_GLOBAL_SET && fact->kind == LUASCAN_GLOBAL_USED)))
            return true;
    }
    return false;
}

static bool is_declared(const struct lint *lint, struct as_str name)
{
    char key[128];
    if (name.len >= sizeof(key))
        return false;
    memcpy(key, name.ptr, name.len);
    key[name.len] = '\0';
    return as_json_has(as_json_get(lint->report, "params"), key);
}

static void judge_fact(struct lint *lint, const struct luascan_fact *fact)
{
    int len = fact->name.len < 100 ? (int)fact->name.len : 100;
    const char *name = fact->name.ptr;
    if (fact->kind == LUASCAN_GLOBAL_SET)
        warn(lint, fact->line, "'%.*s' is set as a global: write `local`", len, name);
    else if (fact->kind == LUASCAN_GLOBAL_USED && !is_given(fact->name))
        warn(lint, fact->line, "'%.*s' is no global that a plugin has: it is nil", len, name);
    else if (fact->kind == LUASCAN_OWN_PARAM_READ && !is_declared(lint, fact->name))
        warn(lint, fact->line, "the parameter '%.*s' is read but not declared in `params`", len,
             name);
}

static void judge_param(void *ctx, const char *name, struct as_json *declared)
{
    struct lint *lint = ctx;
    size_t count;
    const struct luascan_fact *facts = facts_of(lint, &count);
    (void)declared;
    for (size_t i = 0; i < count; i++)
        if (facts[i].kind == LUASCAN_PARAM_READ && as_str_eq(facts[i].name, name))
            return;
    warn(lint, 0, "the parameter '%s' is declared and never read", name);
}

static void judge_examples(struct lint *lint)
{
    bool has_examples = as_json_get_int(lint->report, "examples", 0) > 0;
    if (!has_examples) {
        warn(lint, 0, "no examples: nobody can see that it does what it should");
        return;
    }
    if (!lint->scan.has_empty_example)
        warn(lint, 0, "no example with an empty text (\"\"): a model may answer nothing");
    if (!lint->scan.has_odd_example)
        warn(lint, 0, "no example whose text is not UTF-8 (\"\\xff\"): a model may send any bytes");
}

struct as_json *lint_plugin(struct as_str source, const struct as_json *report)
{
    struct lint lint = {luascan_run(source), report, as_json_array()};
    size_t count;
    const struct luascan_fact *facts = facts_of(&lint, &count);
    for (size_t i = 0; i < count; i++)
        if (!is_repeated(facts, i))
            judge_fact(&lint, &facts[i]);
    if (lint.scan.is_whole && !lint.scan.hands_params_on)
        as_json_each(as_json_get(report, "params"), judge_param, &lint);
    const char *doc = as_json_get_cstr(report, "doc");
    if (!doc || !*doc)
        warn(&lint, 0, "no first comment: say what it measures, and when it misleads");
    if (lint.scan.is_whole)
        judge_examples(&lint);
    luascan_done(&lint.scan);
    return lint.warnings;
}
