/* What a script can do to outlive its deadline, each tried against the real pool and the real
 * worker: loops in every place where Lua runs a script's code, C functions of Lua that do not end,
 * and functions of assay on the texts that are worst for them.
 *
 * Each scorer gets three rows in one batch, and misbehaves in the second. That one ends as the
 * table says, the others are answered. */
#include "tests/unit/pool_fixture.h"
#include "tests/unit/sanitized.h"

#include "lib/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DEADLINE_MS (IS_SANITIZED ? 200 : 100)
#define HELPER_DEADLINE_MS (IS_SANITIZED ? 1000 * SLOWNESS : 250) /* a row's usual one */

static struct pool_fixture pool;

static int setup_with(uint32_t row_deadline_ms)
{
    pool_setup(&pool, &(struct sandbox_options){.worker_path = REAL_WORKER,
                                                .row_deadline_ms = row_deadline_ms});
    return 0;
}

static int setup(void **state)
{
    (void)state;
    return setup_with(DEADLINE_MS);
}

static int setup_for_helpers(void **state)
{
    (void)state;
    return setup_with(HELPER_DEADLINE_MS);
}

static int teardown(void **state)
{
    (void)state;
    pool_teardown(&pool);
    return 0;
}

struct attempt {
    const char *body;
    const char *expected; /* statuses with | between them */
};

static bool is_listed(const char *word, const char *list)
{
    const char *at = strstr(list, word);
    size_t len = strlen(word);
    return at && (at == list || at[-1] == '|') && (!at[len] || at[len] == '|');
}

static void run_attempt(const struct attempt *attempt)
{
    struct as_buf source = {0};
    struct kept_load load;
    struct kept_reply replies[3];
    as_buf_addf(&source,
                "local function spin() while true do end end\n"
                "local function attack(output)\n%s\nend\n"
                "return { api = 1, kind = 'scorer', name = 's', version = '1.0.0',\n"
                "  score = function(case, output)\n"
                "    if output.text == 'now' then attack(output) end\n"
                "    return 0.5\n"
                "  end }",
                attempt->body);
    uint64_t id = pool_open(&pool, source.ptr, &load);
    if (load.status != JOB_OK)
        fail_msg("%s: %s", attempt->body, load.reason);
    for (unsigned i = 0; i < 3; i++)
        pool_submit_text(&pool, id, i == 1 ? AS_STR("now") : AS_STR("x"), &replies[i]);
    pool_wait_replies(&pool, replies, 3);
    if (!is_listed(job_status_name(replies[1].status), attempt->expected))
        fail_msg("%s: expected %s, got %s (%s)", attempt->body, attempt->expected,
                 job_status_name(replies[1].status), replies[1].reason);
    assert_true(replies[1].status == JOB_OK || replies[1].reason[0]);
    assert_true(replies[0].status == JOB_OK && replies[0].score == 0.5);
    assert_true(replies[2].status == JOB_OK && replies[2].score == 0.5);
    sandbox_close(pool.sandbox, id);
    as_buf_done(&source);
}

static void run_attempts(const struct attempt *attempts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        run_attempt(&attempts[i]);
}

static void test_no_metamethod_outlives_the_deadline(void **state)
{
    static const struct attempt attempts[] = {
        {"setmetatable({}, { __gc = spin })", "script_error"},
        /* a finalizer counts only when it is there at setmetatable */
        {"local m = {} setmetatable({}, m) m.__gc = spin\n"
         "local t for i = 1, 100000 do t = { i } end",
         "ok"},
        {"local x <close> = setmetatable({}, { __close = spin })", "timeout"},
        {"pcall(function() local x <close> = setmetatable({}, { __close = spin }) error() end)",
         "timeout"},
        {"local function again() local x <close> = setmetatable({}, { __close = again }) spin() "
         "end\nagain()",
         "timeout"},
        {"return setmetatable({}, { __index = spin }).x", "timeout"},
        {"setmetatable({}, { __newindex = spin }).x = 1", "timeout"},
        {"return #setmetatable({}, { __len = spin })", "timeout"},
        {"return setmetatable({}, { __eq = spin }) == setmetatable({}, { __eq = spin })",
         "timeout"},
        {"return setmetatable({}, { __lt = spin }) < 1", "timeout"},
        {"return setmetatable({}, { __concat = spin }) .. 'x'", "timeout"},
        {"return tostring(setmetatable({}, { __tostring = spin }))", "timeout"},
        {"error(setmetatable({}, { __tostring = spin }))", "script_error"},
        {"for _ in pairs(setmetatable({}, { __pairs = spin })) do end", "timeout"},
        {"for _ in spin do end", "timeout"},
    };
    (void)state;
    run_attempts(attempts, AS_COUNT(attempts));
}

static void test_no_handler_outlives_the_deadline(void **state)
{
    static const struct attempt attempts[] = {
        {"xpcall(error, spin)", "timeout"},
        {"xpcall(spin, spin)", "timeout"},
        {"while true do pcall(spin) end", "timeout"},
        {"while true do xpcall(spin, function() xpcall(spin, spin) end) end", "timeout"},
        {"local function f() return xpcall(error, f) end f()", "ok|script_error|timeout"},
        {"local function f() pcall(f) pcall(f) end f()", "timeout"},
        {"string.gsub('x', '.', spin)", "timeout"},
        {"table.sort({ 3, 2, 1 }, spin)", "timeout"},
        {"while true do pcall(table.sort, { 3, 2, 1, 5, 4 }, function() return true end) end",
         "timeout"},
    };
    (void)state;
    run_attempts(attempts, AS_COUNT(attempts));
}

static void test_no_function_of_lua_outlives_the_deadline(void **state)
{
    static const struct attempt attempts[] = {
        {"(''):rep(1 << 62)", "timeout"},
        {"('x'):rep(1 << 40)", "memory|script_error"},
        {"('x'):rep(1 << 62)", "memory|script_error"},
        {"('a'):rep(500):find(('.-'):rep(30) .. 'b')", "timeout"},
        {"('('):rep(1 << 20):gsub('%b()', '')", "timeout"},
        {"(' '):rep(1 << 20):match('^%s*(.-)%s*$')", "timeout|ok"},
        {"local a = ('a'):rep(1 << 19) a:find(a:sub(1 << 18) .. 'b', 1, true)", "timeout"},
        {"for _ in ('a'):rep(1 << 20):gmatch('a*a*a*b') do end", "timeout"},
        {"table.move({}, 1, 1 << 61, 2)", "timeout"},
        {"table.concat(setmetatable({}, { __index = function() return '' end }), '', 1, 1 << 61)",
         "timeout|memory"},
        {"table.insert(setmetatable({}, { __len = function() return 1 << 61 end }), 1, 1)",
         "timeout|memory"},
        {"table.remove(setmetatable({}, { __len = function() return 1 << 61 end }), 1)", "timeout"},
        {"table.unpack({}, 1, 1 << 30)", "script_error"},
        {"table.sort(setmetatable({}, { __len = function() return 1 << 30 end }))",
         "script_error|timeout"},
        {"return ('%99999s'):format('x')", "script_error"},
        {"for i = 1, math.huge do end", "timeout"},
        {"repeat until false", "timeout"},
        {"::top:: goto top", "timeout"},
        {"assert(coroutine == nil and debug == nil and load == nil)", "ok"},
    };
    (void)state;
    run_attempts(attempts, AS_COUNT(attempts));
}

/* Not one of these may need the deadline. */
static void test_the_functions_of_assay_end_by_themselves_on_the_worst_texts(void **state)
{
    static const struct attempt attempts[] = {
        {"assert(not assay.json.decode(('['):rep(1 << 20)))", "ok"},
        {"assert(assay.json.decode('[' .. ('1,'):rep(200000) .. '1]'))", "ok"},
        {"local k = {} for i = 1, 30000 do k[i] = '\"' .. i .. '\":' .. i end\n"
         "assert(assay.json.decode('{' .. table.concat(k, ',') .. '}'))",
         "ok"},
        {"assert(assay.json.decode('\"' .. ('\\\\u0041'):rep(1 << 17) .. '\"'))", "ok"},
        {"local t = {} t.t = t assert(not pcall(assay.json.encode, t))", "ok"},
        {"local t = {} for i = 1, 50000 do t['k' .. i] = i end assay.json.encode(t)", "ok"},
        {"assay.json.unfence(('```'):rep(1 << 18))", "ok"},
        {"assay.text.trim((' '):rep(1 << 20) .. 'x' .. (' '):rep(1 << 20))", "ok"},
        {"assay.text.normalise(('\\u{130}\\u{1E9E}'):rep(1 << 17))", "ok"},
        {"assay.text.sentences(('. '):rep(1 << 19))", "ok"},
        {"assay.text.contains_word(('a'):rep(1 << 20), ('a'):rep(1 << 19) .. 'b')", "ok"},
        {"assay.text.contains_word(('a '):rep(1 << 19), ('a '):rep(1 << 18) .. 'b')", "ok"},
        {"assay.text.contains_word(('ab'):rep(1 << 19), 'ab')", "ok"},
        {"assay.text.levenshtein(('ab'):rep(1 << 19), ('ba'):rep(1 << 19))", "ok"},
        {"assay.text.levenshtein(('ab'):rep(16000), ('ba'):rep(16000))", "ok"},
        {"assay.text.token_f1(('a b '):rep(1 << 17), ('b a '):rep(1 << 17))", "ok"},
        {"assay.text.rouge_l(('a b '):rep(1 << 18), ('b a '):rep(1 << 18))", "ok"},
        {"assay.text.bleu(('a '):rep(1 << 17), ('a '):rep(1 << 17), 4)", "ok"},
        {"assay.num.all(('1,'):rep(1 << 19))", "ok"},
        {"assay.num.all(('1'):rep(1 << 20))", "ok"},
        {"assay.num.all(('$'):rep(1 << 20))", "ok"},
        {"assay.num.all(('1.'):rep(1 << 19))", "ok"},
        {"assay.num.parse(('9'):rep(1 << 20))", "ok"},
        {"assay.regex.test('(a+)+$', ('a'):rep(1 << 20) .. 'b')", "script_error"},
        {"assay.regex.match_all('a*?b|a', ('a'):rep(1 << 18))", "ok|script_error"},
        {"assay.regex.replace('x*', ('a'):rep(1 << 19), 'bb')", "ok|script_error"},
        {"local s = { type = 'object' } for i = 1, 100 do s = { anyOf = { s, s } } end\n"
         "assay.schema.check(s, 1)",
         "script_error"},
        {"assay.fence('X', ('<<<'):rep(1 << 18))", "ok"},
        {"for i = 1, 2000 do assay.rng.below(1 << 62) end", "ok"},
    };
    (void)state;
    if (SLOWNESS > 4) /* ThreadSanitizer looks at the rest of a text wherever a search begins */
        skip();
    run_attempts(attempts, AS_COUNT(attempts));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_metamethod_outlives_the_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_handler_outlives_the_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_function_of_lua_outlives_the_deadline, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_the_functions_of_assay_end_by_themselves_on_the_worst_texts, setup_for_helpers,
            teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
