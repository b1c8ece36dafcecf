/* From the bytes of a plugin's file to a checked manifest. Everything here runs inside state_run
 * and may raise: whatever is wrong becomes one sentence that names the field. Strict on purpose: a
 * misspelt field would be silently without effect. */
#include "worker/manifest.h"

#include "worker/api.h"
#include "worker/fields.h"
#include "worker/params.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define API_VERSION 1
#define WHAT "plugin"
#define COMMON_FIELDS "api kind name version doc params examples "

static const char plugin_key; /* registry: the plugin's table */

struct kind_rules {
    const char *fields;
    const char *functions[2];
};

static const struct kind_rules kind_rules[PLUGIN_KIND_COUNT] = {
    [PLUGIN_SCORER] = {COMMON_FIELDS "requires pass score", {"score", NULL}},
    [PLUGIN_RUBRIC] = {COMMON_FIELDS "requires pass scale criteria ask grade", {"ask", "grade"}},
    [PLUGIN_PROVIDER] = {COMMON_FIELDS "auth request response", {"request", "response"}},
    [PLUGIN_REDACTOR] = {COMMON_FIELDS "redact", {"redact", NULL}},
};

void manifest_push_plugin(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &plugin_key);
}

int manifest_drop_examples(lua_State *L)
{
    manifest_push_plugin(L);
    lua_pushliteral(L, "examples");
    lua_pushnil(L);
    lua_rawset(L, -3);
    return 0;
}

/* The source */

static bool starts_with(struct as_str s, const char *head)
{
    return s.len >= strlen(head) && !memcmp(s.ptr, head, strlen(head));
}

static void skip(struct as_str *s, size_t count)
{
    s->ptr += count;
    s->len -= count;
}

static size_t line_length(struct as_str s)
{
    const char *end = memchr(s.ptr, '\n', s.len);
    return end ? (size_t)(end - s.ptr) : s.len;
}

/* Without a byte order mark, and with a first line of "#!" emptied: line numbers stay right. */
static struct as_str without_preamble(struct as_str source)
{
    if (starts_with(source, "\xEF\xBB\xBF"))
        skip(&source, 3);
    if (starts_with(source, "#"))
        skip(&source, line_length(source));
    return source;
}

/* The first run of "--" lines as one line of text. Returns its length. */
static size_t first_comment(struct as_str s, char *out, size_t cap)
{
    size_t len = 0;
    while (s.len && strchr(" \t\r\n", *s.ptr) && *s.ptr)
        skip(&s, 1);
    while (starts_with(s, "--") && !starts_with(s, "--[[")) {
        size_t line = line_length(s), at = 2;
        while (at < line && strchr(" \t-", s.ptr[at]) && s.ptr[at])
            at++;
        size_t end = line;
        while (end > at && (s.ptr[end - 1] == ' ' || s.ptr[end - 1] == '\r'))
            end--;
        if (len && end > at && len < cap)
            out[len++] = ' ';
        size_t take = end - at < cap - len ? end - at : cap - len;
        memcpy(out + len, s.ptr + at, take);
        len += take;
        skip(&s, line < s.len ? line + 1 : line);
    }
    return len;
}

/* The checks */

static bool is_version(struct as_str version)
{
    int parts[3], used = 0;
    return version.len < 32 && strspn(version.ptr, "0123456789.") == version.len &&
           sscanf(version.ptr, "%9d.%9d.%9d%n", &parts[0], &parts[1], &parts[2], &used) == 3 &&
           (size_t)used == version.len;
}

static void check_identity(lua_State *L, int plugin, struct job_manifest *m)
{
    double api = 0;
    if (!field_number(L, plugin, WHAT, "api", &api) || api != API_VERSION)
        luaL_error(L, "plugin.api must be %d", API_VERSION);
    struct as_str kind = field_required_text(L, plugin, WHAT, "kind");
    if (plugin_kind_from(kind.ptr, &m->kind))
        luaL_error(L, "plugin.kind '%s' is none of: scorer rubric provider redactor", kind.ptr);
    m->name = field_required_text(L, plugin, WHAT, "name");
    if (!job_name_is_valid(m->name))
        luaL_error(L, "plugin.name must be 1 to %d of A-Z a-z 0-9 . _ -", (int)JOB_NAME_MAX_BYTES);
    m->version = field_required_text(L, plugin, WHAT, "version");
    if (!is_version(m->version))
        luaL_error(L, "plugin.version '%s' must be three numbers, as in 1.2.0", m->version.ptr);
}

static void check_functions(lua_State *L, int plugin, enum plugin_kind kind)
{
    for (size_t i = 0; i < 2; i++) {
        const char *name = kind_rules[kind].functions[i];
        if (!name)
            continue;
        if (field_push(L, plugin, name) != LUA_TFUNCTION)
            luaL_error(L, "a %s needs a function '%s', got %s", plugin_kind_name(kind), name,
                       luaL_typename(L, -1));
        lua_pop(L, 1);
    }
}

/* scale = {1, 5} or {min = 1, max = 5}. */
static void check_scale(lua_State *L, int plugin, struct plugin *p)
{
    if (!field_table(L, plugin, WHAT, "scale"))
        return;
    int scale = lua_gettop(L);
    if (lua_rawlen(L, scale) == 2) {
        lua_rawgeti(L, scale, 1);
        lua_rawgeti(L, scale, 2);
        p->scale_min = lua_type(L, -2) == LUA_TNUMBER ? lua_tonumber(L, -2) : NAN;
        p->scale_max = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : NAN;
    } else {
        fields_check_known(L, scale, "scale", "min max");
        if (!field_number(L, scale, "scale", "min", &p->scale_min) ||
            !field_number(L, scale, "scale", "max", &p->scale_max))
            p->scale_min = NAN;
    }
    if (!isfinite(p->scale_min) || !isfinite(p->scale_max) || p->scale_min >= p->scale_max)
        luaL_error(L, "plugin.scale must be two numbers, the smaller one first");
    lua_settop(L, scale - 1);
}

/* The pass mark is written on the plugin's own scale, and told on 0..1. */
static double read_pass(lua_State *L, int plugin, const struct plugin *p)
{
    double pass;
    if (!field_number(L, plugin, WHAT, "pass", &pass))
        return NAN;
    if (!(pass >= p->scale_min && pass <= p->scale_max))
        luaL_error(L, "plugin.pass must be on the scale");
    return (pass - p->scale_min) / (p->scale_max - p->scale_min);
}

static void check_criterion(lua_State *L, int criterion, lua_Integer number)
{
    char what[40];
    double weight = 1;
    snprintf(what, sizeof(what), "criteria[%lld]", (long long)number);
    if (!lua_istable(L, criterion))
        luaL_error(L, "%s must be a table", what);
    fields_check_known(L, criterion, what, "id text doc weight");
    if (!job_name_is_valid(field_required_text(L, criterion, what, "id")))
        luaL_error(L, "%s.id must be 1 to %d of A-Z a-z 0-9 . _ -", what, (int)JOB_NAME_MAX_BYTES);
    if (!field_text(L, criterion, what, "text").ptr && !field_text(L, criterion, what, "doc").ptr)
        luaL_error(L, "%s.text is missing", what);
    field_number(L, criterion, what, "weight", &weight);
    if (!isfinite(weight) || weight <= 0)
        luaL_error(L, "%s.weight must be above 0", what);
}

static void check_criteria(lua_State *L, int plugin)
{
    if (!field_table(L, plugin, WHAT, "criteria"))
        return;
    int criteria = lua_gettop(L);
    lua_Integer count = field_array_length(L, criteria, "criteria");
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, criteria, i);
        check_criterion(L, lua_gettop(L), i);
        lua_settop(L, criteria);
    }
    lua_pop(L, 1);
}

static uint32_t check_examples(lua_State *L, int plugin)
{
    if (!field_table(L, plugin, WHAT, "examples"))
        return 0;
    int examples = lua_gettop(L);
    lua_Integer count = field_array_length(L, examples, "examples");
    for (lua_Integer i = 1; i <= count; i++) {
        if (lua_rawgeti(L, examples, i) != LUA_TTABLE)
            luaL_error(L, "examples[%I] must be a table", i);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return (uint32_t)count;
}

static void read_auth(lua_State *L, int plugin, struct job_manifest *m)
{
    if (!field_table(L, plugin, WHAT, "auth"))
        return;
    int auth = lua_gettop(L);
    fields_check_known(L, auth, "auth", "header prefix");
    m->auth_header = field_required_text(L, auth, "auth", "header");
    m->auth_prefix = field_text(L, auth, "auth", "prefix");
    struct as_str prefix = m->auth_prefix.ptr ? m->auth_prefix : AS_STR("");
    if (!job_header_is_valid((struct job_header){m->auth_header, prefix}) ||
        prefix.len > JOB_NAME_MAX_BYTES)
        luaL_error(L, "auth.header and auth.prefix must be usable in an HTTP header");
    lua_pop(L, 1);
}

static bool is_empty_table(lua_State *L, int table)
{
    lua_pushnil(L);
    if (!lua_next(L, table))
        return true;
    lua_pop(L, 2);
    return false;
}

/* JSON of a field that is a table, or what stands for none. Leaves the text on the stack, which
 * keeps it. */
static struct as_str read_json(lua_State *L, int plugin, const char *name, const char *none)
{
    struct as_str text;
    bool is_table = field_table(L, plugin, WHAT, name);
    if (!is_table || is_empty_table(L, lua_gettop(L)))
        lua_pushstring(L, none);
    else if (!api_json_encode(L, -1))
        luaL_error(L, "plugin.%s: %s", name, lua_tostring(L, -1));
    text.ptr = lua_tolstring(L, -1, &text.len);
    return text;
}

static void check_requires(lua_State *L, int plugin)
{
    if (!field_table(L, plugin, WHAT, "requires"))
        return;
    int requires = lua_gettop(L);
    lua_Integer count = field_array_length(L, requires, "requires");
    for (lua_Integer i = 1; i <= count; i++) {
        if (lua_rawgeti(L, requires, i) != LUA_TSTRING)
            luaL_error(L, "requires[%I] must be a scorer's name", i);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static void read_doc(lua_State *L, int plugin, struct load *load)
{
    struct as_str doc = field_text(L, plugin, WHAT, "doc");
    size_t len = doc.len < sizeof(load->doc) ? doc.len : sizeof(load->doc);
    if (doc.ptr)
        memcpy(load->doc, doc.ptr, len);
    else
        len = first_comment(without_preamble(load->source), load->doc, sizeof(load->doc));
    load->manifest.doc = (struct as_str){load->doc, len};
}

static void check_plugin(lua_State *L, int plugin, struct load *load)
{
    struct job_manifest *m = &load->manifest;
    check_identity(L, plugin, m);
    fields_check_known(L, plugin, plugin_kind_name(m->kind), kind_rules[m->kind].fields);
    check_functions(L, plugin, m->kind);
    params_declare(L, plugin);
    check_requires(L, plugin);
    check_criteria(L, plugin);
    load->plugin = (struct plugin){.kind = m->kind, .scale_min = 0, .scale_max = 1};
    check_scale(L, plugin, &load->plugin);
    m->pass = read_pass(L, plugin, &load->plugin);
    bool has_scale = m->kind == PLUGIN_RUBRIC;
    m->scale_min = has_scale ? load->plugin.scale_min : NAN;
    m->scale_max = has_scale ? load->plugin.scale_max : NAN;
    m->example_count = check_examples(L, plugin);
    read_auth(L, plugin, m);
    read_doc(L, plugin, load);
    m->params_json = read_json(L, plugin, "params", "{}");
    m->requires_json = read_json(L, plugin, "requires", "[]");
    if (m->kind == PLUGIN_RUBRIC)
        m->criteria_json = read_json(L, plugin, "criteria", "[]");
    if (m->params_json.len > JOB_SOURCE_MAX_BYTES || m->requires_json.len > JOB_DETAILS_MAX_BYTES ||
        m->criteria_json.len > JOB_SOURCE_MAX_BYTES)
        luaL_error(L, "plugin.params, plugin.requires or plugin.criteria is too long");
}

int manifest_load(lua_State *L)
{
    struct load *load = lua_touserdata(L, 1);
    struct as_str source = without_preamble(load->source);
    api_open_named_in(L, source);
    lua_pushliteral(L, "@");
    lua_pushlstring(L, load->chunk_name.ptr, load->chunk_name.len);
    lua_concat(L, 2);
    if (luaL_loadbufferx(L, source.ptr, source.len, lua_tostring(L, -1), "t") != LUA_OK)
        return lua_error(L);
    lua_call(L, 0, 1);
    if (!lua_istable(L, -1))
        return luaL_error(L, "the file must return one table, got %s", luaL_typename(L, -1));
    check_plugin(L, 3, load);
    lua_pushvalue(L, 3);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &plugin_key);
    return 0;
}
