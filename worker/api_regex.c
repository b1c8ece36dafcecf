/* assay.regex: test, find, match_all, replace.
 *
 * The engine and the compiled patterns stand in the registry and are made when first needed.
 * Patterns are kept until the row ends, or for good when they were used while the plugin loaded.
 * Because the registry owns them, nothing is lost when a function here raises. Text that is not
 * UTF-8 is matched with each odd byte as U+001A; what is handed out is cut from the text as it is.
 */
#include "worker/api.h"

#include "worker/regex.h"
#include "worker/state.h"
#include "worker/unicode.h"

#include <lauxlib.h>
#include <string.h>

#define KEPT_MAX_BYTES (4u << 20)
#define MATCHES 1000
#define MATCHES_MAX 10000
#define SUBSTITUTE 0x1A

static const char engine_key;   /* registry: the engine */
static const char patterns_key; /* registry: from "flags/pattern" to a struct regex */

/* A walk over the matches of a pattern in a text. */
struct search {
    struct regex *regex;
    struct regex_engine *engine;
    struct as_str text, readable; /* readable: as UTF-8, of the same length */
    size_t from;
    bool skip_empty;
    size_t start, end; /* of the match found last */
};

static struct regex_engine *engine_of(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &engine_key);
    struct regex_engine *engine = lua_touserdata(L, -1);
    lua_pop(L, 1);
    if (engine)
        return engine;
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &patterns_key);
    engine = lua_newuserdatauv(L, regex_engine_bytes(), 0);
    if (!regex_engine_init(engine, state_of(L)->arena))
        luaL_error(L, "assay.regex: no memory is left");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &engine_key);
    return engine;
}

static void forget_patterns(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &patterns_key);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &patterns_key); /* before anything is freed */
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        if (lua_islightuserdata(L, -1))
            regex_free(lua_touserdata(L, -1));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static unsigned check_flags(lua_State *L, int arg)
{
    static const struct {
        char letter;
        unsigned flag;
    } known[] = {{'i', REGEX_IGNORE_CASE},
                 {'m', REGEX_MULTILINE},
                 {'s', REGEX_DOT_ALL},
                 {'x', REGEX_EXTENDED},
                 {'j', REGEX_JAVASCRIPT}};
    unsigned flags = 0;
    for (const char *at = luaL_optstring(L, arg, ""); *at; at++) {
        size_t i = 0;
        while (i < sizeof(known) / sizeof(known[0]) && known[i].letter != *at)
            i++;
        luaL_argcheck(L, i < sizeof(known) / sizeof(known[0]), arg, "flags are letters of imsxj");
        flags |= known[i].flag;
    }
    return flags;
}

/* Compiles the pattern for the key at the top of the stack, in the table below it. */
static struct regex *compile(lua_State *L, struct regex_engine *engine, struct as_str pattern,
                             unsigned flags)
{
    lua_pushvalue(L, -1);
    lua_pushboolean(L, 0);
    lua_rawset(L, -4); /* makes the place, so that setting it below cannot raise */
    struct regex *regex = regex_new(engine, pattern, flags);
    if (!regex)
        luaL_error(L, "assay.regex: %s", regex_engine_why(engine));
    lua_pushvalue(L, -1);
    lua_pushlightuserdata(L, regex);
    lua_rawset(L, -4);
    return regex;
}

/* The pattern that is argument 1. */
static struct regex *regex_of(lua_State *L, struct regex_engine *engine, unsigned flags)
{
    struct as_str pattern;
    pattern.ptr = luaL_checklstring(L, 1, &pattern.len);
    if (regex_engine_used(engine) > KEPT_MAX_BYTES)
        forget_patterns(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &patterns_key);
    int table = lua_gettop(L);
    lua_pushfstring(L, "%d/", (int)flags);
    lua_pushvalue(L, 1);
    lua_concat(L, 2);
    lua_pushvalue(L, -1);
    lua_rawget(L, table);
    struct regex *regex = lua_touserdata(L, -1);
    lua_pop(L, 1);
    if (!regex)
        regex = compile(L, engine, pattern, flags);
    lua_settop(L, table - 1);
    return regex;
}

/* Pushes what keeps the result alive. [-0, +1] */
static struct as_str push_readable(lua_State *L, struct as_str text)
{
    size_t len;
    if (as_utf8_is_valid(text.ptr, text.len)) {
        lua_pushnil(L);
        return text;
    }
    char *copy = lua_newuserdatauv(L, text.len, 0);
    memcpy(copy, text.ptr, text.len);
    for (size_t at = 0; at < text.len; at += len)
        if (unicode_next(text.ptr + at, text.len - at, &len) == UNICODE_BAD)
            copy[at] = SUBSTITUTE;
    return (struct as_str){copy, text.len};
}

/* Of pattern, text and flags, which are arguments 1, 2 and flags_arg. [-0, +1] */
static struct search begin(lua_State *L, int flags_arg)
{
    struct search s = {.engine = engine_of(L)};
    s.regex = regex_of(L, s.engine, check_flags(L, flags_arg));
    s.text.ptr = luaL_checklstring(L, 2, &s.text.len);
    s.readable = push_readable(L, s.text);
    regex_refill(s.engine);
    return s;
}

static bool find_next(lua_State *L, struct search *s)
{
    enum regex_result result = regex_match(s->regex, s->readable, s->from, s->skip_empty);
    if (result == REGEX_FAILED)
        luaL_error(L, "assay.regex: %s", regex_engine_why(s->engine));
    if (result == REGEX_NONE)
        return false;
    regex_group(s->regex, 0, &s->start, &s->end);
    s->from = s->end;
    s->skip_empty = s->start == s->end;
    return true;
}

/* A group's text, or false when it took no part. [-0, +1] */
static void push_group(lua_State *L, const struct search *s, size_t group)
{
    size_t start, end;
    if (regex_group(s->regex, group, &start, &end))
        lua_pushlstring(L, s->text.ptr + start, end - start);
    else
        lua_pushboolean(L, 0);
}

/* {start, stop, captures}: text:sub(start, stop) is the match. [-0, +1] */
static void push_match(lua_State *L, const struct search *s)
{
    size_t groups = regex_group_count(s->regex);
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, (lua_Integer)s->start + 1);
    lua_setfield(L, -2, "start");
    lua_pushinteger(L, (lua_Integer)s->end);
    lua_setfield(L, -2, "stop");
    lua_createtable(L, (int)groups - 1, 0);
    for (size_t group = 1; group < groups; group++) {
        push_group(L, s, group);
        lua_rawseti(L, -2, (lua_Integer)group);
    }
    lua_setfield(L, -2, "captures");
}

/* test(pattern, text, flags?): whether it matches anywhere. */
static int regex_test(lua_State *L)
{
    struct search s = begin(L, 3);
    lua_pushboolean(L, find_next(L, &s));
    return 1;
}

/* find(pattern, text, flags?): the first match, or nil. */
static int regex_find(lua_State *L)
{
    struct search s = begin(L, 3);
    if (find_next(L, &s))
        push_match(L, &s);
    else
        lua_pushnil(L);
    return 1;
}

/* match_all(pattern, text, flags?, max?): an array of the matches, at most max (1000), and whether
 * there are more. */
static int regex_match_all(lua_State *L)
{
    lua_Integer max = luaL_optinteger(L, 4, MATCHES);
    luaL_argcheck(L, max >= 1 && max <= MATCHES_MAX, 4, "must be 1 to 10000");
    struct search s = begin(L, 3);
    bool is_found;
    lua_newtable(L);
    lua_Integer count = 0;
    while ((is_found = find_next(L, &s)) && count < max) {
        push_match(L, &s);
        lua_rawseti(L, -2, ++count);
    }
    lua_pushboolean(L, is_found);
    return 2;
}

/* The replacement of one match: $0 to $9 are its groups, $$ is a dollar. */
static void add_replacement(lua_State *L, luaL_Buffer *out, const struct search *s,
                            struct as_str replacement)
{
    size_t start, end;
    for (size_t at = 0; at < replacement.len; at++) {
        char c = replacement.ptr[at];
        if (c != '$') {
            luaL_addchar(out, c);
            continue;
        }
        char next = ++at < replacement.len ? replacement.ptr[at] : '\0';
        size_t group = (size_t)(next - '0');
        if (next == '$')
            luaL_addchar(out, '$');
        else if (next < '0' || next > '9' || group >= regex_group_count(s->regex))
            luaL_error(L, "assay.regex: a $ in the replacement needs a $ or a group's digit");
        else if (regex_group(s->regex, group, &start, &end))
            luaL_addlstring(out, s->text.ptr + start, end - start);
    }
}

/* replace(pattern, text, replacement, flags?): the text with all matches replaced, and how many. */
static int regex_replace(lua_State *L)
{
    struct as_str replacement;
    replacement.ptr = luaL_checklstring(L, 3, &replacement.len);
    struct search s = begin(L, 4);
    luaL_Buffer out;
    size_t kept = 0;
    lua_Integer count = 0;
    luaL_buffinit(L, &out);
    for (; find_next(L, &s); count++) {
        luaL_addlstring(&out, s.text.ptr + kept, s.start - kept);
        add_replacement(L, &out, &s, replacement);
        kept = s.end;
    }
    luaL_addlstring(&out, s.text.ptr + kept, s.text.len - kept);
    luaL_pushresult(&out);
    lua_pushinteger(L, count);
    return 2;
}

void api_open_regex(lua_State *L)
{
    static const luaL_Reg functions[] = {{"test", regex_test},
                                         {"find", regex_find},
                                         {"match_all", regex_match_all},
                                         {"replace", regex_replace},
                                         {NULL, NULL}};
    luaL_newlib(L, functions);
    lua_setfield(L, -2, "regex");
}
