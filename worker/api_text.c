/* assay.text: trim, lower, fold, normalise, words, sentences, contains_word. One pass over the text
 * each, also where a Lua pattern would be quadratic. Text that is not UTF-8 is worked on all the
 * same; its odd bytes count as letters. */
#include "worker/api.h"

#include "worker/unicode.h"
#include "worker/words.h"

#include <lauxlib.h>
#include <string.h>

#define RIGHT_QUOTE 0x2019 /* the apostrophe of typesetters */

static struct as_str check_text(lua_State *L, int arg)
{
    struct as_str text;
    text.ptr = luaL_checklstring(L, arg, &text.len);
    return text;
}

/* trim(text): without the white space at both ends. */
static int text_trim(lua_State *L)
{
    struct as_str s = words_trimmed(check_text(L, 1));
    lua_pushlstring(L, s.ptr, s.len);
    return 1;
}

static int map_letters(lua_State *L, uint32_t (*map)(uint32_t))
{
    struct as_str s = check_text(L, 1);
    luaL_Buffer out;
    size_t len;
    luaL_buffinit(L, &out);
    for (size_t at = 0; at < s.len; at += len) {
        char bytes[4];
        uint32_t c = unicode_next(s.ptr + at, s.len - at, &len);
        if (c == UNICODE_BAD)
            luaL_addchar(&out, s.ptr[at]);
        else
            luaL_addlstring(&out, bytes, unicode_write(map(c), bytes));
    }
    luaL_pushresult(&out);
    return 1;
}

/* lower(text): in small letters. */
static int text_lower(lua_State *L)
{
    return map_letters(L, unicode_lower);
}

/* fold(text): all forms of a letter made the same, for comparing without case. */
static int text_fold(lua_State *L)
{
    return map_letters(L, unicode_fold);
}

static bool is_option_set(lua_State *L, int options, const char *name)
{
    if (!lua_istable(L, options))
        return false;
    lua_getfield(L, options, name);
    bool is_set = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return is_set;
}

/* normalise(text, {strip_punctuation = true, strip_articles = true}?): case folded, white space
 * runs as one blank, none at the ends. A stripped mark does not end a word ("don't" is "dont"); the
 * articles are a, an and the. */
static int text_normalise(lua_State *L)
{
    struct as_str s = check_text(L, 1);
    bool no_punctuation = is_option_set(L, 2, "strip_punctuation");
    bool no_articles = is_option_set(L, 2, "strip_articles");
    luaL_Buffer buffer;
    char *out = luaL_buffinitsize(L, &buffer, WORDS_ROOM(s.len));
    luaL_pushresultsize(&buffer, words_normalise(s, no_punctuation, no_articles, out));
    return 1;
}

static bool is_inside_word(struct as_str s, size_t at, size_t len)
{
    size_t next_len;
    uint32_t c = unicode_next(s.ptr + at, s.len - at, &next_len);
    return (c == '\'' || c == '-' || c == '_' || c == RIGHT_QUOTE) && at + len < s.len &&
           unicode_is_word(unicode_next(s.ptr + at + len, s.len - at - len, &next_len));
}

/* words(text): an array of the runs of letters and digits; apostrophe, - and _ within a word belong
 * to it. */
static int text_words(lua_State *L)
{
    struct as_str s = check_text(L, 1);
    size_t len, start = 0;
    lua_Integer count = 0;
    bool is_open = false;
    lua_newtable(L);
    for (size_t at = 0; at <= s.len; at += len) {
        len = 1;
        bool is_word = at < s.len && unicode_is_word(unicode_next(s.ptr + at, s.len - at, &len));
        if (is_word && !is_open) {
            start = at;
        } else if (is_open && !is_word && !(at < s.len && is_inside_word(s, at, len))) {
            lua_pushlstring(L, s.ptr + start, at - start);
            lua_rawseti(L, -2, ++count);
        } else if (is_open) {
            continue;
        }
        is_open = is_word;
    }
    return 1;
}

static bool ends_sentence(struct as_str s, size_t at)
{
    char c = s.ptr[at];
    if (c == '\n')
        return true;
    size_t len;
    return (c == '.' || c == '!' || c == '?') &&
           (at + 1 == s.len ||
            unicode_is_space(unicode_next(s.ptr + at + 1, s.len - at - 1, &len)));
}

/* sentences(text): an array, cut behind . ! ? before white space and at line ends; abbreviations
 * are not known. */
static int text_sentences(lua_State *L)
{
    struct as_str s = check_text(L, 1);
    size_t start = 0;
    lua_Integer count = 0;
    lua_newtable(L);
    for (size_t at = 0; at <= s.len; at++) {
        if (at < s.len && !ends_sentence(s, at))
            continue;
        size_t end = at < s.len ? at + 1 : at;
        struct as_str sentence = words_trimmed((struct as_str){s.ptr + start, end - start});
        start = end;
        if (!sentence.len)
            continue;
        lua_pushlstring(L, sentence.ptr, sentence.len);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

/* The start of the character that ends right before at. */
static size_t character_before(struct as_str s, size_t at)
{
    size_t start = at - 1;
    while (start && at - start < 4 && ((unsigned char)s.ptr[start] & 0xC0) == 0x80)
        start--;
    return start;
}

static bool is_word_at(struct as_str s, size_t at)
{
    size_t len;
    return at < s.len && unicode_is_word(unicode_next(s.ptr + at, s.len - at, &len));
}

/* contains_word(text, word): whether word, which may be several words, stands in text with no
 * letter or digit right before or behind it. Case counts: lower() both for less. */
static int text_contains_word(lua_State *L)
{
    struct as_str s = check_text(L, 1), word = check_text(L, 2);
    luaL_argcheck(L, word.len, 2, "must not be empty");
    bool is_found = false;
    for (size_t from = 0; !is_found && from + word.len <= s.len;) {
        const char *hit = memmem(s.ptr + from, s.len - from, word.ptr, word.len);
        if (!hit)
            break;
        size_t at = (size_t)(hit - s.ptr), end = at + word.len;
        bool joined_before = at && is_word_at(word, 0) && is_word_at(s, character_before(s, at));
        bool joined_behind =
            is_word_at(word, character_before(word, word.len)) && is_word_at(s, end);
        is_found = !joined_before && !joined_behind;
        from = at + 1;
    }
    lua_pushboolean(L, is_found);
    return 1;
}

void api_open_text(lua_State *L)
{
    static const luaL_Reg functions[] = {{"trim", text_trim},
                                         {"lower", text_lower},
                                         {"fold", text_fold},
                                         {"normalise", text_normalise},
                                         {"words", text_words},
                                         {"sentences", text_sentences},
                                         {"contains_word", text_contains_word},
                                         {NULL, NULL}};
    luaL_newlib(L, functions);
    lua_setfield(L, -2, "text");
}
