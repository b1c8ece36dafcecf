/* A recursive descent over Lua 5.4. A name is looked for among the local ones that are in scope;
 * what is not there is global. Operators have no precedence here: it makes no difference to names.
 */
#include "ctl/luascan.h"

#include "ctl/luatoken.h"
#include "lib/err.h"

#include <string.h>

#define DEPTH_MAX 250 /* Lua's own limit is 200 */

struct local {
    struct as_str name;
    bool may_be_params; /* a function's parameter called p or params */
    bool is_params;     /* the third of score, ask and grade */
};

struct scan {
    struct luatokens tokens;
    struct luatoken now, next;
    struct as_buf locals; /* of struct local, the innermost last */
    int depth;
    bool is_over;
    /* Where a bare name stands: as an argument of a function of this file, which reads by itself?
     */
    bool is_argument_of_local;
    int example_depth;           /* inside of how many tables called examples */
    bool has_examples_elsewhere; /* they are made by code: every text of the file may be one */
    bool has_empty_text, has_odd_text; /* anywhere */
    struct luascan out;
};

static void expression(struct scan *s);
static void block(struct scan *s);

static void advance(struct scan *s)
{
    s->now = s->next;
    s->next = luatokens_next(&s->tokens);
}

static bool is(const struct scan *s, const char *text)
{
    return luatoken_is(&s->now, text);
}

static bool accept(struct scan *s, const char *text)
{
    bool is_there = is(s, text);
    if (is_there)
        advance(s);
    return is_there;
}

/* What is not as Lua has it ends the pass: the row of tokens is empty from then on. */
static void give_up(struct scan *s)
{
    s->is_over = true;
    s->now = s->next = (struct luatoken){.type = LUATOKEN_END};
    s->tokens.at = s->tokens.end;
}

static void expect(struct scan *s, const char *text)
{
    if (!accept(s, text))
        give_up(s);
}

static struct luatoken take_name(struct scan *s)
{
    struct luatoken name = s->now;
    if (name.type != LUATOKEN_NAME)
        give_up(s);
    advance(s);
    return name;
}

static void note(struct scan *s, enum luascan_kind kind, struct luatoken name)
{
    struct luascan_fact fact = {kind, name.text, name.line};
    if (!s->is_over)
        as_buf_add(&s->out.facts, &fact, sizeof(fact));
}

/* ---- scopes ---- */

static bool is_same(struct as_str a, struct as_str b)
{
    return a.len == b.len && !memcmp(a.ptr, b.ptr, a.len);
}

static const struct local *find_local(const struct scan *s, struct as_str name)
{
    const struct local *locals = (const struct local *)(const void *)s->locals.ptr;
    for (size_t i = s->locals.len / sizeof(*locals); i--;)
        if (is_same(locals[i].name, name))
            return &locals[i];
    return NULL;
}

static void declare(struct scan *s, struct local local)
{
    as_buf_add(&s->locals, &local, sizeof(local));
}

static size_t scope_begin(const struct scan *s)
{
    return s->locals.len;
}

static void scope_end(struct scan *s, size_t mark)
{
    s->locals.len = mark;
}

static bool is_known(const struct scan *s, struct as_str name)
{
    return as_str_eq(name, "_ENV") || find_local(s, name);
}

/* ---- texts of examples ---- */

static void take_string(struct scan *s)
{
    bool is_empty = !s->now.text.len, is_odd = s->now.is_not_utf8;
    s->has_empty_text |= is_empty;
    s->has_odd_text |= is_odd;
    if (s->example_depth) {
        s->out.has_empty_example |= is_empty;
        s->out.has_odd_example |= is_odd;
    }
    advance(s);
}

/* ---- expressions ---- */

static void function_body(struct scan *s, struct as_str name, bool has_self)
{
    size_t mark = scope_begin(s);
    bool is_entry = as_str_eq(name, "score") || as_str_eq(name, "ask") || as_str_eq(name, "grade");
    if (has_self)
        declare(s, (struct local){.name = AS_STR("self")});
    expect(s, "(");
    for (int i = 1; !s->is_over && !is(s, ")"); i++) {
        if (!accept(s, "...")) {
            struct as_str param = take_name(s).text;
            bool is_params = is_entry && i == 3;
            bool may_be = is_params || as_str_eq(param, "p") || as_str_eq(param, "params");
            declare(s, (struct local){param, may_be, is_params});
        }
        if (!accept(s, ","))
            break;
    }
    expect(s, ")");
    bool was_argument = s->is_argument_of_local;
    s->is_argument_of_local = false;
    block(s);
    s->is_argument_of_local = was_argument;
    expect(s, "end");
    scope_end(s, mark);
}

/* The value of a field of a table, or of a local name. */
static void named_value(struct scan *s, struct as_str name)
{
    bool is_example = as_str_eq(name, "examples");
    bool is_text = as_str_eq(name, "output") || as_str_eq(name, "reply") || as_str_eq(name, "http");
    if (is(s, "function")) {
        advance(s);
        function_body(s, name, false);
        return;
    }
    s->has_examples_elsewhere |= is_example && !is(s, "{");
    if (s->example_depth && is_text && is(s, "{") && luatoken_is(&s->next, "}"))
        s->out.has_empty_example = true; /* an output without a text has the empty one */
    s->example_depth += is_example;
    expression(s);
    s->example_depth -= is_example;
}

static void table(struct scan *s)
{
    bool was_argument = s->is_argument_of_local;
    s->is_argument_of_local = false;
    expect(s, "{");
    while (!s->is_over && !is(s, "}")) {
        if (s->now.type == LUATOKEN_NAME && luatoken_is(&s->next, "=")) {
            struct as_str name = take_name(s).text;
            advance(s);
            named_value(s, name);
        } else if (accept(s, "[")) {
            expression(s);
            expect(s, "]");
            expect(s, "=");
            expression(s);
        } else {
            expression(s);
        }
        if (!accept(s, ",") && !accept(s, ";"))
            break;
    }
    expect(s, "}");
    s->is_argument_of_local = was_argument;
}

static void expression_list(struct scan *s)
{
    do
        expression(s);
    while (!s->is_over && accept(s, ","));
}

static void arguments(struct scan *s, bool is_of_local)
{
    bool was_argument = s->is_argument_of_local;
    s->is_argument_of_local = is_of_local;
    if (s->now.type == LUATOKEN_STRING) {
        take_string(s);
    } else if (is(s, "{")) {
        table(s);
    } else {
        expect(s, "(");
        if (!is(s, ")"))
            expression_list(s);
        expect(s, ")");
    }
    s->is_argument_of_local = was_argument;
}

static bool begins_arguments(const struct scan *s)
{
    return is(s, "(") || is(s, "{") || s->now.type == LUATOKEN_STRING;
}

/* p.NAME and p["NAME"] are read here, but not passed over. Anything else of a table of parameters
 * hides what is read of it. */
static void note_params(struct scan *s, const struct local *local)
{
    bool has_dot = is(s, ".") && s->next.type == LUATOKEN_NAME;
    bool has_key = is(s, "[") && s->next.type == LUATOKEN_STRING;
    if (has_dot || has_key) {
        note(s, LUASCAN_PARAM_READ, s->next);
        if (local->is_params)
            note(s, LUASCAN_OWN_PARAM_READ, s->next);
    } else if (is(s, "[") || is(s, ":") || !s->is_argument_of_local) {
        s->out.hands_params_on = true;
    }
}

/* What an expression that may stand left of "=" turned out to be. */
struct target {
    struct luatoken name; /* when it is bare */
    bool is_bare;
};

static struct target primary(struct scan *s)
{
    struct target target = {.name = s->now};
    if (accept(s, "(")) {
        expression(s);
        expect(s, ")");
        return target;
    }
    take_name(s);
    const struct local *local = find_local(s, target.name.text);
    if (local && local->may_be_params)
        note_params(s, local);
    target.is_bare = true;
    return target;
}

/* Names of fields and methods, indexes, calls. A name that they follow is used, not set. */
static struct target suffixed(struct scan *s)
{
    struct target target = primary(s);
    bool is_of_local = target.is_bare && find_local(s, target.name.text);
    while (!s->is_over) {
        struct target before = target;
        target.is_bare = false;
        if (accept(s, ".")) {
            take_name(s);
            is_of_local = false;
        } else if (accept(s, "[")) {
            expression(s);
            expect(s, "]");
            is_of_local = false;
        } else if (accept(s, ":")) {
            take_name(s);
            arguments(s, false);
        } else if (begins_arguments(s)) {
            arguments(s, is_of_local);
        } else {
            return before;
        }
        if (before.is_bare && !is_known(s, before.name.text))
            note(s, LUASCAN_GLOBAL_USED, before.name);
    }
    return target;
}

static void simple(struct scan *s)
{
    static const char *const constants[] = {"nil", "true", "false", "..."};
    for (size_t i = 0; i < AS_COUNT(constants); i++)
        if (accept(s, constants[i]))
            return;
    if (s->now.type == LUATOKEN_NUMBER) {
        advance(s);
    } else if (s->now.type == LUATOKEN_STRING) {
        take_string(s);
    } else if (is(s, "{")) {
        table(s);
    } else if (accept(s, "function")) {
        function_body(s, AS_STR(""), false);
    } else {
        struct target target = suffixed(s);
        if (target.is_bare && !is_known(s, target.name.text))
            note(s, LUASCAN_GLOBAL_USED, target.name);
    }
}

static bool accept_one_of(struct scan *s, const char *const *signs)
{
    for (; *signs; signs++)
        if (accept(s, *signs))
            return true;
    return false;
}

static void expression(struct scan *s)
{
    static const char *const unary[] = {"not", "-", "#", "~", NULL};
    static const char *const binary[] = {"+",  "-",  "*",  "/",   "//", "^", "%",  "&",
                                         "~",  "|",  ">>", "<<",  "..", "<", "<=", ">",
                                         ">=", "==", "~=", "and", "or", NULL};
    if (++s->depth > DEPTH_MAX)
        give_up(s);
    do {
        while (accept_one_of(s, unary)) {
        }
        simple(s);
    } while (!s->is_over && accept_one_of(s, binary));
    s->depth--;
}

/* ---- statements ---- */

static void scoped_block(struct scan *s)
{
    size_t mark = scope_begin(s);
    block(s);
    scope_end(s, mark);
}

static void if_statement(struct scan *s)
{
    do {
        expression(s);
        expect(s, "then");
        scoped_block(s);
    } while (!s->is_over && accept(s, "elseif"));
    if (accept(s, "else"))
        scoped_block(s);
    expect(s, "end");
}

/* Names after a comma; they are in scope only behind the expressions. */
static void for_statement(struct scan *s)
{
    struct as_buf names = {0};
    size_t mark = scope_begin(s);
    do {
        struct local local = {.name = take_name(s).text};
        as_buf_add(&names, &local, sizeof(local));
    } while (!s->is_over && accept(s, ","));
    if (!accept(s, "="))
        expect(s, "in");
    expression_list(s);
    if (names.len)
        as_buf_add(&s->locals, names.ptr, names.len);
    expect(s, "do");
    block(s);
    expect(s, "end");
    scope_end(s, mark);
    as_buf_done(&names);
}

static void local_names(struct scan *s)
{
    struct as_buf names = {0};
    struct as_str first = s->now.text;
    do {
        struct local local = {.name = take_name(s).text};
        as_buf_add(&names, &local, sizeof(local));
        if (accept(s, "<")) {
            take_name(s);
            expect(s, ">");
        }
    } while (!s->is_over && accept(s, ","));
    if (accept(s, "=")) {
        named_value(s, first);
        if (accept(s, ","))
            expression_list(s);
    }
    if (names.len)
        as_buf_add(&s->locals, names.ptr, names.len);
    as_buf_done(&names);
}

static void local_statement(struct scan *s)
{
    if (!accept(s, "function")) {
        local_names(s);
        return;
    }
    struct as_str name = take_name(s).text;
    declare(s, (struct local){.name = name});
    function_body(s, name, false);
}

/* function a.b.c:d(...) */
static void function_statement(struct scan *s)
{
    struct luatoken name = take_name(s);
    bool is_bare = true, has_self = false;
    while (!s->is_over && (is(s, ".") || is(s, ":"))) {
        has_self = is(s, ":");
        is_bare = false;
        advance(s);
        take_name(s);
    }
    if (!is_known(s, name.text))
        note(s, is_bare ? LUASCAN_GLOBAL_SET : LUASCAN_GLOBAL_USED, name);
    function_body(s, name.text, has_self);
}

/* A call, or targets and their values. */
static void expression_statement(struct scan *s)
{
    struct target target = suffixed(s);
    while (!s->is_over) {
        bool is_set = is(s, "=") || is(s, ",");
        if (target.is_bare && !is_known(s, target.name.text))
            note(s, is_set ? LUASCAN_GLOBAL_SET : LUASCAN_GLOBAL_USED, target.name);
        if (!accept(s, ","))
            break;
        target = suffixed(s);
    }
    if (accept(s, "="))
        expression_list(s);
}

static void loop_statement(struct scan *s, bool is_repeat)
{
    size_t mark = scope_begin(s);
    if (is_repeat) {
        block(s);
        expect(s, "until");
        expression(s); /* the block's names are in scope here */
    } else {
        expression(s);
        expect(s, "do");
        block(s);
        expect(s, "end");
    }
    scope_end(s, mark);
}

static void statement(struct scan *s)
{
    if (accept(s, ";") || accept(s, "break"))
        return;
    if (accept(s, "::")) {
        take_name(s);
        expect(s, "::");
    } else if (is(s, "goto")) {
        advance(s);
        take_name(s);
    } else if (accept(s, "do")) {
        scoped_block(s);
        expect(s, "end");
    } else if (accept(s, "if")) {
        if_statement(s);
    } else if (accept(s, "for")) {
        for_statement(s);
    } else if (is(s, "while") || is(s, "repeat")) {
        bool is_repeat = is(s, "repeat");
        advance(s);
        loop_statement(s, is_repeat);
    } else if (accept(s, "local")) {
        local_statement(s);
    } else if (accept(s, "function")) {
        function_statement(s);
    } else {
        expression_statement(s);
    }
}

static bool ends_block(const struct scan *s)
{
    static const char *const words[] = {"end", "else", "elseif", "until"};
    for (size_t i = 0; i < AS_COUNT(words); i++)
        if (is(s, words[i]))
            return true;
    return s->now.type == LUATOKEN_END;
}

static void block(struct scan *s)
{
    if (++s->depth > DEPTH_MAX)
        give_up(s);
    while (!s->is_over && !ends_block(s)) {
        if (!accept(s, "return")) {
            statement(s);
            continue;
        }
        if (!ends_block(s) && !is(s, ";"))
            expression_list(s);
        accept(s, ";");
        break;
    }
    s->depth--;
}

struct luascan luascan_run(struct as_str source)
{
    struct scan s = {.tokens = luatokens_of(source)};
    advance(&s);
    advance(&s);
    block(&s);
    s.out.is_whole = !s.is_over && s.now.type == LUATOKEN_END;
    if (s.has_examples_elsewhere) {
        s.out.has_empty_example |= s.has_empty_text;
        s.out.has_odd_example |= s.has_odd_text;
    }
    as_buf_done(&s.locals);
    return s.out;
}

void luascan_done(struct luascan *scan)
{
    as_buf_done(&scan->facts);
}
