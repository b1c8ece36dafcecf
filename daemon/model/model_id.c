/* A name is read word by word: words are runs of letters and digits, so that the path and the
 * separators, which differ between hosts of the same model, do not matter. */
#include "daemon/model/model_id.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* A word is of the family when it begins with this and goes on with a digit or not at all. */
static const struct family {
    const char *word, *name;
    bool is_moved; /* names without a date are moved to newer models */
} families[] = {
    {"gpt", "GPT", true},
    {"chatgpt", "GPT", true},
    {"o1", "GPT", true},
    {"o3", "GPT", true},
    {"o4", "GPT", true},
    {"claude", "Claude", true},
    {"gemini", "Gemini", true},
    {"grok", "Grok", true},
    {"mistral", "Mistral", true},
    {"mixtral", "Mistral", false},
    {"ministral", "Mistral", true},
    {"codestral", "Mistral", true},
    {"magistral", "Mistral", true},
    {"devstral", "Mistral", true},
    {"pixtral", "Mistral", true},
    {"command", "Command", true},
    {"gemma", "Gemma", false},
    {"llama", "Llama", false},
    {"qwen", "Qwen", false},
    {"qwq", "Qwen", false},
    {"deepseek", "DeepSeek", false},
    {"phi", "Phi", false},
    {"kimi", "Kimi", false},
    {"glm", "GLM", false},
    {"nova", "Nova", false},
    {"granite", "Granite", false},
};

struct word {
    const char *ptr;
    size_t len;
};

/* The next word from *cursor on; false: there is none. */
static bool next_word(const char **cursor, struct word *ret_word)
{
    const char *at = *cursor;
    while (*at && !isalnum((unsigned char)*at))
        at++;
    ret_word->ptr = at;
    while (isalnum((unsigned char)*at))
        at++;
    ret_word->len = (size_t)(at - ret_word->ptr);
    *cursor = at;
    return ret_word->len > 0;
}

static const struct family *family_of(const char *id)
{
    struct word word;
    while (next_word(&id, &word))
        for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
            size_t len = strlen(families[i].word);
            if (word.len >= len && !strncasecmp(word.ptr, families[i].word, len) &&
                (word.len == len || isdigit((unsigned char)word.ptr[len])))
                return &families[i];
        }
    return NULL;
}

const char *model_id_family(const char *id)
{
    const struct family *family = id ? family_of(id) : NULL;
    return family ? family->name : NULL;
}

static bool is_number(struct word word)
{
    for (size_t i = 0; i < word.len; i++)
        if (!isdigit((unsigned char)word.ptr[i]))
            return false;
    return true;
}

/* "20250414", "0613", "001", the "05-06" of "preview-05-06", the "04-14" of "2025-04-14". */
static bool is_dated(const char *id)
{
    struct word word, before = {0};
    while (next_word(&id, &word)) {
        bool is_pair = word.len == 2 && before.len == 2 && is_number(before);
        if (is_number(word) && (word.len == 3 || word.len == 4 || word.len == 8 || is_pair))
            return true;
        before = word;
    }
    return false;
}

bool model_id_is_floating(const char *id)
{
    const struct family *family = id ? family_of(id) : NULL;
    if (id && strcasestr(id, "latest"))
        return true;
    return family && family->is_moved && !is_dated(id);
}

static const char *last_part(const char *id)
{
    const char *slash = strrchr(id, '/');
    return slash ? slash + 1 : id;
}

bool model_id_is_same(const char *a, const char *b)
{
    return !strcasecmp(last_part(a), last_part(b));
}
