/* The same row gives the same bytes: in another process, a second time, and whatever was scored
 * before it. Tried with a scorer that asks for everything that could differ, with the examples of
 * every shipped scorer, and with every shipped rubric. */
#include "tests/unit/worker_host.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TOP TESTS_DIR "/../"
#define ROWS_MAX 200

static struct as_buf read_file(const char *path)
{
    struct as_buf text = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text.len = fread(as_buf_reserve(&text, JOB_SOURCE_MAX_BYTES), 1, JOB_SOURCE_MAX_BYTES, file);
    text.ptr[text.len] = '\0';
    fclose(file);
    return text;
}

/* The reply as bytes, without what it cost. */
static struct as_buf run(struct host *h, const struct job_row *row)
{
    struct as_buf bytes = {0};
    struct job_reply reply = *host_run(h, row);
    reply.memory_kb = reply.row_us = 0;
    job_put_reply(&bytes, &reply);
    return bytes;
}

static void assert_same(const char *what, unsigned row, const struct as_buf *a,
                        const struct as_buf *b)
{
    if (a->len != b->len || memcmp(a->ptr, b->ptr, a->len))
        fail_msg("%s, row %u: %.*s\n%.*s", what, row, (int)a->len, a->ptr, (int)b->len, b->ptr);
}

/* One process goes through the rows from the front, the other from the back and then again. */
static void check_rows(const char *what, const char *source, const struct job_row *rows,
                       unsigned count)
{
    struct host one = host_start(source), other = host_start(source);
    struct as_buf replies[ROWS_MAX];
    assert_in_range(count, 1, ROWS_MAX);
    for (unsigned i = 0; i < count; i++)
        replies[i] = run(&one, &rows[i]);
    for (unsigned i = 0; i < 2 * count; i++) {
        unsigned at = i < count ? count - 1 - i : i - count;
        struct as_buf again = run(&other, &rows[at]);
        assert_same(what, at, &replies[at], &again);
        as_buf_done(&again);
    }
    for (unsigned i = 0; i < count; i++)
        as_buf_done(&replies[i]);
    host_stop(&one);
    host_stop(&other);
}

/* What differs between processes of an ordinary Lua, or from run to run: addresses, hash seeds,
 * chance, the time, pivots of sort, how much fits. */
static const char nasty[] = SCORER(
    "local d = {}\n"
    "local function add(...) for _, v in ipairs({ ... }) do d[#d + 1] = tostring(v) end end\n"
    "local words, keys = {}, {}\n"
    "for w in ('the same row gives the same bytes in every process'):gmatch('%a+') do\n"
    "  words[w] = #w; keys[{ w }] = w; keys[function() return w end] = w\n"
    "end\n"
    "for k, v in pairs(words) do add(k, v) end\n"
    "for _, v in pairs(keys) do add(v) end\n"
    "for i = 1, 30 do words['k' .. i] = i end\n"
    "for i = 1, 30, 3 do words['k' .. i] = nil end\n"
    "for k in next, words do add(k) end\n"
    "add({}, add, assay.json.null, nil, true, string.find, setmetatable({}, { __name = 'n' }))\n"
    "add(('%5.3f %g %a %.17g %s'):format(1 / 3, 1e300, 0.1, 0.1, {}), -0.0, 0 / 0, 1 / 0, 2^63)\n"
    "add(math.random(), math.random(100), assay.rng.unit(), assay.rng.below(1 << 40))\n"
    "local ties = {}\n"
    "for i = 1, 500 do ties[i] = { i % 5, i } end\n"
    "table.sort(ties, function(a, b) return a[1] < b[1] end)\n"
    "for i = 1, 500, 25 do add(ties[i][2]) end\n"
    "add(pcall(table.sort, ties, function() return true end))\n"
    "add(pcall(function() return {} .. 'x' end))\n"
    "add(pcall(function() return {} < {} end))\n"
    "add(pcall(error, {}))\n"
    "local depth = 0\n"
    "local function deep() depth = depth + 1 return 1 + deep() end\n"
    "add(pcall(deep)) add(depth)\n"
    "local nested = 0\n"
    "local function nest(s) nested = nested + 1 return (s:gsub('.', nest)) end\n"
    "add(pcall(nest, 'x')) add(nested)\n"
    "local held, n = {}, 0\n"
    "pcall(function() while true do n = n + 1 held[n] = ('x'):rep(100000 + n) end end)\n"
    "held = nil add(n)\n"
    "add(#{ 1, nil, 3, nil, nil, 6 }, select('#', table.unpack({}, 1, 5)))\n"
    "add(string.pack('i4d', 7, 0.1), utf8.char(233, 8364), assay.fence('X', output.text))\n"
    "add(assay.json.encode({ b = 1, a = { 0.1, 1e-9, 1e21, true }, c = words }))\n"
    "return { score = assay.rng.unit(), label = d[7], reason = table.concat(d, ' ', 1, 40),\n"
    "         details = { table.concat(d, ' '):sub(1, 12000):gsub('[^ -~]', '?') } }");

static void test_a_scorer_that_asks_for_all_that_could_differ(void **state)
{
    (void)state;
    struct job_row rows[6];
    for (unsigned i = 0; i < AS_COUNT(rows); i++) {
        rows[i] = score_row(i % 2 ? "one text" : "another");
        rows[i].seed = i;
    }
    check_rows("nasty", nasty, rows, AS_COUNT(rows));
    assert_status(nasty, JOB_OK, NULL); /* the same failure would be the same bytes */
}

/* A scorer around the shipped one, which runs the example whose number is the text. */
static void wrap(struct as_buf *source, const char *shipped)
{
    as_buf_addf(source,
                "local plugin = (function()\n%s\nend)()\n"
                "local function complete(given)\n"
                "  local p = {}\n"
                "  for name, declared in pairs(plugin.params or {}) do p[name] = declared.default "
                "end\n"
                "  for name, value in pairs(given or {}) do p[name] = value end\n"
                "  return p\n"
                "end\n" SCORER("local e = plugin.examples[tonumber(output.text)]\n"
                               "local shown = e.output or {}\n"
                               "shown.text = shown.text or ''\n"
                               "shown.finish_reason = shown.finish_reason or ''\n"
                               "shown.usage = shown.usage or {}\n"
                               "local got, why = plugin.score(e.case or {}, shown, "
                               "complete(e.params))\n"
                               "return { score = 1, reason = why, details = { got } }"),
                shipped);
}

static uint32_t count_examples(const char *source)
{
    struct host h = host_start(source);
    uint32_t count = h.loaded.manifest.example_count;
    host_stop(&h);
    return count;
}

static void check_shipped_scorer(const char *path)
{
    struct as_buf shipped = read_file(path), source = {0};
    struct job_row rows[ROWS_MAX];
    char numbers[ROWS_MAX][12];
    uint32_t count = count_examples(shipped.ptr);
    assert_in_range(count, 1, ROWS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        snprintf(numbers[i], sizeof(numbers[i]), "%u", i + 1);
        rows[i] = score_row(numbers[i]);
    }
    wrap(&source, shipped.ptr);
    check_rows(path, source.ptr, rows, count);
    struct host h = host_start(source.ptr);
    for (uint32_t i = 0; i < count; i++)
        if (host_run(&h, &rows[i])->status != JOB_OK)
            fail_msg("%s, example %u: %.*s", path, i + 1, (int)h.reply.reason.len,
                     h.reply.reason.ptr);
    host_stop(&h);
    as_buf_done(&shipped);
    as_buf_done(&source);
}

static void check_shipped_rubric(const char *path)
{
    struct as_buf source = read_file(path);
    struct job_row rows[8];
    for (unsigned i = 0; i < AS_COUNT(rows); i++) {
        rows[i] = score_row("An answer.\nIt has two lines.");
        rows[i].kind = i % 2 ? JOB_GRADE : JOB_ASK;
        rows[i].seed = i;
    }
    check_rows(path, source.ptr, rows, AS_COUNT(rows));
    as_buf_done(&source);
}

static void for_each_file(const char *pattern, size_t fewest, void (*check)(const char *path))
{
    glob_t files;
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    assert_true(files.gl_pathc >= fewest);
    for (size_t i = 0; i < files.gl_pathc; i++)
        check(files.gl_pathv[i]);
    globfree(&files);
}

static void test_the_examples_of_every_shipped_scorer(void **state)
{
    (void)state;
    for_each_file(TOP "plugins/scorers/*.lua", 22, check_shipped_scorer);
}

static void test_every_shipped_rubric(void **state)
{
    (void)state;
    for_each_file(TOP "rubrics/*.lua", 8, check_shipped_rubric);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_scorer_that_asks_for_all_that_could_differ),
        cmocka_unit_test(test_the_examples_of_every_shipped_scorer),
        cmocka_unit_test(test_every_shipped_rubric),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
