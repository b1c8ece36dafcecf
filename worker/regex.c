/* Three walls around PCRE2. Steps: it calls back before every item of a pattern that it tries
 * (automatic callouts), where the items are counted, and the bytes that were passed since the last
 * one; its own match limit would count anew at every start. Depth and heap: its own limits. Time,
 * for what counts as one step and yet is long (a comparison with a captured megabyte): the row's
 * deadline, as for any C function. */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "worker/regex.h"

#include <pcre2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 100000u
#define BYTES_PER_STEP 16u
#define STEPS_PER_MATCH 8u /* for beginning one */

struct regex_engine {
    struct arena *arena;
    size_t used;
    uint64_t steps;
    size_t last_position;
    pcre2_general_context *general;
    pcre2_compile_context *compiling;
    pcre2_match_context *matching;
    char why[REGEX_WHY_BYTES];
};

struct regex {
    struct regex_engine *engine;
    pcre2_code *code;
    pcre2_match_data *match;
};

/* Memory: the arena wants to be told the size of what is freed, PCRE2 does not know it. */

union block_head {
    size_t bytes; /* with the head */
    max_align_t align;
};

static void *take(size_t size, void *data)
{
    struct regex_engine *engine = data;
    size_t bytes = size + sizeof(union block_head);
    union block_head *head = arena_alloc(engine->arena, NULL, 0, bytes);
    if (!head)
        return NULL;
    head->bytes = bytes;
    engine->used += bytes;
    return head + 1;
}

static void give(void *block, void *data)
{
    struct regex_engine *engine = data;
    if (!block)
        return;
    union block_head *head = (union block_head *)block - 1;
    engine->used -= head->bytes;
    arena_alloc(engine->arena, head, head->bytes, 0);
}

/* The budget */

static int count_step(pcre2_callout_block *at, void *data)
{
    struct regex_engine *engine = data;
    size_t now = at->current_position, last = engine->last_position;
    engine->steps += 1 + (now > last ? now - last : last - now) / BYTES_PER_STEP;
    engine->last_position = now;
    return engine->steps > REGEX_STEPS_MAX ? PCRE2_ERROR_CALLOUT : 0;
}

void regex_refill(struct regex_engine *engine)
{
    engine->steps = 0;
}

/* The engine */

size_t regex_engine_bytes(void)
{
    return sizeof(struct regex_engine);
}

bool regex_engine_init(struct regex_engine *engine, struct arena *arena)
{
    *engine = (struct regex_engine){.arena = arena};
    engine->general = pcre2_general_context_create(take, give, engine);
    engine->compiling = pcre2_compile_context_create(engine->general);
    engine->matching = pcre2_match_context_create(engine->general);
    if (!engine->general || !engine->compiling || !engine->matching)
        return false;
    pcre2_set_max_pattern_length(engine->compiling, REGEX_PATTERN_MAX_BYTES);
    pcre2_set_callout(engine->matching, count_step, engine);
    pcre2_set_depth_limit(engine->matching, DEPTH_MAX);
    pcre2_set_heap_limit(engine->matching, REGEX_HEAP_MAX_KB);
    return true;
}

size_t regex_engine_used(const struct regex_engine *engine)
{
    return engine->used;
}

const char *regex_engine_why(const struct regex_engine *engine)
{
    return engine->why;
}

/* Patterns */

static uint32_t compile_options(unsigned flags)
{
    uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT;
    options |= flags & REGEX_IGNORE_CASE ? PCRE2_CASELESS : 0;
    options |= flags & REGEX_MULTILINE ? PCRE2_MULTILINE : 0;
    options |= flags & REGEX_DOT_ALL ? PCRE2_DOTALL : 0;
    options |= flags & REGEX_EXTENDED ? PCRE2_EXTENDED : 0;
    if (flags & REGEX_JAVASCRIPT)
        options |= PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX | PCRE2_ALLOW_EMPTY_CLASS |
                   PCRE2_MATCH_UNSET_BACKREF;
    return options;
}

static void explain_pattern(struct regex_engine *engine, int error, size_t offset)
{
    PCRE2_UCHAR text[REGEX_WHY_BYTES / 2];
    pcre2_get_error_message(error, text, sizeof(text));
    snprintf(engine->why, sizeof(engine->why), "bad pattern at offset %zu: %s", offset,
             (const char *)text);
}

struct regex *regex_new(struct regex_engine *engine, struct as_str pattern, unsigned flags)
{
    int error;
    size_t offset;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len, compile_options(flags),
                                     &error, &offset, engine->compiling);
    if (!code) {
        explain_pattern(engine, error, offset);
        return NULL;
    }
    struct regex *regex = take(sizeof(*regex), engine);
    pcre2_match_data *match = pcre2_match_data_create_from_pattern(code, engine->general);
    if (!regex || !match) {
        snprintf(engine->why, sizeof(engine->why), "no memory is left for the pattern");
        pcre2_match_data_free(match);
        pcre2_code_free(code);
        give(regex, engine);
        return NULL;
    }
    *regex = (struct regex){engine, code, match};
    return regex;
}

void regex_free(struct regex *regex)
{
    pcre2_match_data_free(regex->match);
    pcre2_code_free(regex->code);
    give(regex, regex->engine);
}

/* Matching */

static enum regex_result explain_match(struct regex_engine *engine, int error)
{
    PCRE2_UCHAR text[REGEX_WHY_BYTES / 2];
    switch (error) {
    case PCRE2_ERROR_CALLOUT:
    case PCRE2_ERROR_MATCHLIMIT:
        snprintf(engine->why, sizeof(engine->why), "the pattern needs too many steps on this text");
        break;
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
    case PCRE2_ERROR_NOMEMORY:
        snprintf(engine->why, sizeof(engine->why),
                 "the pattern needs too much memory on this text");
        break;
    default:
        pcre2_get_error_message(error, text, sizeof(text));
        snprintf(engine->why, sizeof(engine->why), "the pattern fails on this text: %s",
                 (const char *)text);
    }
    return REGEX_FAILED;
}

enum regex_result regex_match(struct regex *regex, struct as_str text, size_t from, bool skip_empty)
{
    struct regex_engine *engine = regex->engine;
    uint32_t options = PCRE2_NO_UTF_CHECK | (skip_empty ? PCRE2_NOTEMPTY_ATSTART : 0);
    engine->last_position = from;
    engine->steps += STEPS_PER_MATCH;
    if (engine->steps > REGEX_STEPS_MAX)
        return explain_match(engine, PCRE2_ERROR_CALLOUT);
    int rc = pcre2_match(regex->code, (PCRE2_SPTR)text.ptr, text.len, from, options, regex->match,
                         engine->matching);
    if (rc == PCRE2_ERROR_NOMATCH)
        return REGEX_NONE;
    return rc > 0 ? REGEX_FOUND : explain_match(engine, rc);
}

size_t regex_group_count(const struct regex *regex)
{
    return pcre2_get_ovector_count(regex->match);
}

bool regex_group(const struct regex *regex, size_t group, size_t *ret_start, size_t *ret_end)
{
    const size_t *ends = pcre2_get_ovector_pointer(regex->match) + 2 * group;
    if (ends[0] == PCRE2_UNSET)
        return false;
    *ret_start = ends[0];
    *ret_end = ends[1];
    return true;
}
