/* Words are numbered by a Lua table, whose hashing of strings is seeded; characters by pages of 256
 * that are there for what the text uses only. Both take time in proportion to the text, whatever it
 * says. */
#include "worker/tokens.h"

#include "worker/unicode.h"

#include <lauxlib.h>
#include <string.h>

#define POINTS 0x110000u /* code points; the 256 odd bytes come behind them */
#define PAGE_POINTS 256u
#define PAGES (POINTS / PAGE_POINTS + 1)

void *tokens_push_memory(lua_State *L, size_t count, size_t size)
{
    size_t bytes = (count ? count : 1) * size; /* of texts in memory: no overflow */
    return memset(lua_newuserdatauv(L, bytes, 0), 0, bytes);
}

/* Words */

size_t tokens_count_words(struct as_str words)
{
    size_t count = words.len > 0;
    for (size_t i = 0; i < words.len; i++)
        count += words.ptr[i] == ' ';
    return count;
}

static uint32_t number_word(lua_State *L, struct vocabulary *known, const char *word, size_t len)
{
    lua_pushlstring(L, word, len);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, known->table) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_pushinteger(L, ++known->count);
        lua_rawset(L, known->table);
        return known->count;
    }
    uint32_t number = (uint32_t)lua_tointeger(L, -1);
    lua_pop(L, 2);
    return number;
}

void tokens_number_words(lua_State *L, struct vocabulary *known, struct as_str words,
                         uint32_t *ret_numbers)
{
    size_t count = tokens_count_words(words);
    const char *word = words.ptr, *end = words.ptr + words.len;
    for (size_t i = 0; i < count; i++) {
        const char *blank = memchr(word, ' ', (size_t)(end - word));
        size_t len = (size_t)((blank ? blank : end) - word);
        ret_numbers[i] = number_word(L, known, word, len);
        word += len + 1;
    }
}

/* Characters */

struct token_list tokens_push_characters(lua_State *L, struct as_str text)
{
    struct token_list list = {.numbers = tokens_push_memory(L, text.len, sizeof(uint32_t))};
    size_t len;
    for (size_t at = 0; at < text.len; at += len) {
        uint32_t c = unicode_next(text.ptr + at, text.len - at, &len);
        list.numbers[list.count++] = c == UNICODE_BAD ? POINTS + (unsigned char)text.ptr[at] : c;
    }
    return list;
}

/* Gives the pages that the list uses the numbers 1, 2, 3...; returns how many there are. */
static uint32_t find_pages(struct token_list list, uint16_t ret_pages[PAGES])
{
    uint16_t count = 0;
    memset(ret_pages, 0, PAGES * sizeof(*ret_pages));
    for (size_t i = 0; i < list.count; i++) {
        uint16_t *page = &ret_pages[list.numbers[i] / PAGE_POINTS];
        if (!*page)
            *page = ++count;
    }
    return count;
}

uint32_t tokens_number_characters(lua_State *L, struct token_list list, struct token_list other)
{
    uint16_t pages[PAGES];
    uint32_t page_count = find_pages(list, pages) + 1; /* page 0: nothing in it */
    uint32_t *numbers = tokens_push_memory(L, page_count * PAGE_POINTS, sizeof(*numbers));
    uint32_t count = 0;
    for (size_t i = 0; i < list.count; i++) {
        uint32_t point = list.numbers[i];
        uint32_t *number = &numbers[pages[point / PAGE_POINTS] * PAGE_POINTS + point % PAGE_POINTS];
        if (!*number)
            *number = ++count;
        list.numbers[i] = *number;
    }
    for (size_t i = 0; i < other.count; i++) {
        uint32_t point = other.numbers[i];
        other.numbers[i] = numbers[pages[point / PAGE_POINTS] * PAGE_POINTS + point % PAGE_POINTS];
    }
    return count;
}
