/* The corpus of hostile scorers (tests/attacks) against the real pool and the real worker: one test
 * for each script.
 *
 * Each gets the rows benign, trigger, benign: in one batch, then one by one, beside an honest
 * control scorer that gets the same rows and must give 0.5 for all of them. What is expected stands
 * in each script's header. Nothing may be left behind: no process, no descriptor, no file, no
 * growth of this process. */
#include "tests/unit/pool_fixture.h"

#include "lib/buf.h"
#include "tests/unit/sanitized.h"

#include <dirent.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ATTACKS TESTS_DIR "/attacks/"
#define CONTROL "p00-control-benign.lua"
#define MAX_ATTACKS 200
#define RSS_LIMIT_KB 8192

#define HAS_JAIL !IS_SANITIZED
#define ROW_DEADLINE_MS (250 * SLOWNESS)
#define ROW_LIMIT_MS (8 * ROW_DEADLINE_MS + 500) /* the machine may be loaded */

static struct pool_fixture pool;

static int setup(void **state)
{
    (void)state;
    struct sandbox_options options = {.worker_path = REAL_WORKER,
                                      .row_deadline_ms = ROW_DEADLINE_MS};
    pool_setup(&pool, &options);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pool_teardown(&pool);
    return 0;
}

/* Scripts */

static struct as_buf read_file(const char *name)
{
    char path[512];
    struct as_buf text = {0};
    snprintf(path, sizeof(path), ATTACKS "%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text.len = fread(as_buf_reserve(&text, JOB_SOURCE_MAX_BYTES), 1, JOB_SOURCE_MAX_BYTES, file);
    text.ptr[text.len] = '\0';
    fclose(file);
    return text;
}

/* The value of "-- key: value" in the script's header; "" when it has none. */
static void header_of(const struct as_buf *source, const char *key, char *out, size_t size)
{
    char start[64];
    snprintf(start, sizeof(start), "-- %s:", key);
    const char *line = strstr(source->ptr, start);
    out[0] = '\0';
    if (!line)
        return;
    line += strlen(start);
    line += strspn(line, " ");
    snprintf(out, size, "%.*s", (int)strcspn(line, "\n"), line);
}

/* The corpus uses one form of expression only: ("(" ):rep(N). */
static struct as_buf trigger_of(const struct as_buf *source)
{
    char expression[128], byte;
    unsigned count;
    struct as_buf text = {0};
    header_of(source, "trigger-output", expression, sizeof(expression));
    if (!*expression) {
        as_buf_adds(&text, "a TRIGGER answer");
        return text;
    }
    assert_int_equal(sscanf(expression, "(\"%c\"):rep(%u)", &byte, &count), 2);
    memset(as_buf_reserve(&text, count), byte, count);
    text.len = count;
    return text;
}

/* Expectations: words with | between them */

static bool is_listed(const char *word, const char *list)
{
    size_t len = strlen(word);
    for (const char *at = list; *at; at += strcspn(at, "|"), at += *at == '|')
        if (strcspn(at, "|") == len && !strncmp(at, word, len))
            return true;
    return false;
}

static void verdict_of(const struct kept_reply *reply, const char *number_prefix, char *out,
                       size_t size)
{
    if (reply->status == JOB_OK)
        snprintf(out, size, "%s%g", number_prefix, reply->score);
    else
        snprintf(out, size, "%s",
                 reply->status == JOB_DENIED ? "crash" : job_status_name(reply->status));
}

static void expect(const char *script, const char *row, const struct kept_reply *reply,
                   const char *number_prefix, const char *allowed)
{
    char verdict[64];
    verdict_of(reply, number_prefix, verdict, sizeof(verdict));
    if (!is_listed(verdict, allowed))
        fail_msg("%s, %s row: expected %s, got %s (%s)", script, row, allowed, verdict,
                 reply->reason);
}

/* Runs */

enum { BENIGN_ONE, TRIGGER, BENIGN_TWO, ROW_COUNT };

struct attack {
    const char *script;
    uint64_t id, control_id;
    struct as_buf trigger;
    char expect_trigger[128], expect_benign[128];
    struct kept_reply replies[ROW_COUNT], controls[ROW_COUNT];
};

static void submit_row(struct attack *attack, int row)
{
    const struct as_str texts[ROW_COUNT] = {AS_STR("benign one"), as_buf_str(&attack->trigger),
                                            AS_STR("benign two")};
    pool_submit_text(&pool, attack->id, texts[row], &attack->replies[row]);
    /* An output over the limit says nothing about the control. */
    struct as_str text =
        texts[row].len > JOB_TEXT_MAX_BYTES ? AS_STR("a TRIGGER answer") : texts[row];
    pool_submit_text(&pool, attack->control_id, text, &attack->controls[row]);
}

static void check_row(const struct attack *attack, int row)
{
    static const char *const names[ROW_COUNT] = {"first benign", "trigger", "second benign"};
    bool is_trigger = row == TRIGGER;
    expect(attack->script, names[row], &attack->replies[row], is_trigger ? "number:" : "",
           is_trigger ? attack->expect_trigger : attack->expect_benign);
    expect(attack->script, "control's", &attack->controls[row], "", "0.5");
}

static void run_rows(struct attack *attack, int from, int to)
{
    uint64_t begin_ns = clock_now_ns();
    for (int row = from; row <= to; row++)
        submit_row(attack, row);
    pool_wait_replies(&pool, attack->replies + from, (unsigned)(to - from + 1));
    pool_wait_replies(&pool, attack->controls + from, (unsigned)(to - from + 1));
    if (HAS_JAIL)
        assert_true((clock_now_ns() - begin_ns) / 1000000 < ROW_LIMIT_MS);
    for (int row = from; row <= to; row++)
        check_row(attack, row);
}

static unsigned long rss_kb(void)
{
    unsigned long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_int_equal(fscanf(file, "%lu %lu", &total, &resident), 2);
    fclose(file);
    return resident * 4;
}

static void assert_nothing_left(unsigned long rss_before)
{
    glob_t found;
    assert_int_equal(glob("/tmp/assayd_pwned_*", 0, NULL, &found), GLOB_NOMATCH);
    if (HAS_JAIL)
        assert_true(rss_kb() < rss_before + RSS_LIMIT_KB);
}

static void run_attack(struct attack *attack)
{
    run_rows(attack, BENIGN_ONE, BENIGN_TWO);
    for (int row = BENIGN_ONE; row <= BENIGN_TWO; row++)
        run_rows(attack, row, row);
}

/* Loads; false when the script is refused, as its header says it may be. */
static bool load_attack(struct attack *attack, const struct as_buf *source)
{
    char expect_load[128], got[64];
    struct kept_load load;
    header_of(source, "expect-load", expect_load, sizeof(expect_load));
    attack->id = pool_open(&pool, source->ptr, &load);
    snprintf(got, sizeof(got), "%s%s",
             load.status == JOB_OK ? "" : "reject:", job_status_name(load.status));
    if (!is_listed(got, expect_load))
        fail_msg("%s: load: expected %s, got %s (%s)", attack->script, expect_load, got,
                 load.reason);
    return load.status == JOB_OK;
}

static void test_attack(void **state)
{
    struct attack attack = {.script = *state};
    struct as_buf source = read_file(attack.script), control = read_file(CONTROL);
    struct kept_load load;
    attack.control_id = pool_open(&pool, control.ptr, &load);
    assert_int_equal(load.status, JOB_OK);
    header_of(&source, "expect-trigger", attack.expect_trigger, sizeof(attack.expect_trigger));
    header_of(&source, "expect-benign", attack.expect_benign, sizeof(attack.expect_benign));
    attack.trigger = trigger_of(&source);
    unsigned long rss_before = rss_kb();
    if (load_attack(&attack, &source))
        run_attack(&attack);
    struct kept_reply after = pool_ask(&pool, attack.control_id, "benign after");
    expect(attack.script, "control's last", &after, "", "0.5");
    assert_nothing_left(rss_before);
    as_buf_done(&attack.trigger);
    as_buf_done(&source);
    as_buf_done(&control);
}

static int is_script(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && !strcmp(dot, ".lua");
}

int main(void)
{
    static struct CMUnitTest tests[MAX_ATTACKS];
    struct dirent **names;
    int found = scandir(ATTACKS, &names, is_script, alphasort);
    size_t count = found > 0 ? (size_t)found : 0;
    if (!count || count > MAX_ATTACKS)
        return 1; /* a corpus that is not there proves nothing */
    for (size_t i = 0; i < count; i++)
        tests[i] =
            (struct CMUnitTest){names[i]->d_name, test_attack, setup, teardown, names[i]->d_name};
    int rc = _cmocka_run_group_tests("attacks", tests, count, NULL, NULL);
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
    return rc;
}
