/* daemon/core: the operator's own programs, played by the shell and, where the shell cannot, by
 * this program itself. */
#include "daemon/core/command.h"
#include "tests/unit/core_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LONG_MS 60000u

struct stage {
    struct core_fixture *f;
    struct command *command;
    size_t done_count;
    struct command_end end;
    char said[COMMAND_SAID_BYTES + 1];
};

static void on_done(void *ctx, const struct command_end *end)
{
    struct stage *stage = ctx;
    stage->done_count++;
    stage->end = *end;
    memcpy(stage->said, end->said.ptr ? end->said.ptr : "", end->said.len);
    stage->said[end->said.len] = '\0';
    command_free(stage->command);
    stage->command = NULL;
}

static void begin(struct stage *stage, char *const argv[], struct as_str input, uint32_t limit_ms)
{
    assert_int_equal(
        command_run(stage->f->loop, argv, input, limit_ms, on_done, stage, &stage->command), 0);
}

static void begin_shell(struct stage *stage, char *script, char *argument, uint32_t limit_ms)
{
    char *const argv[] = {"/bin/sh", "-c", script, "sh", argument, NULL};
    begin(stage, argv, AS_STR("{\"id\":7}"), limit_ms);
}

static void await_end(struct stage *stage)
{
    run_until_count(stage->f, &stage->done_count, 1);
    run_for_ms(stage->f, 5); /* and no second time */
    assert_int_equal(stage->done_count, 1);
}

static struct stage play(struct core_fixture *f, char *script, uint32_t limit_ms)
{
    struct stage stage = {.f = f};
    begin_shell(&stage, script, NULL, limit_ms);
    await_end(&stage);
    return stage;
}

/* ---- what it is given ---- */

static void test_a_command_reads_its_input_to_the_end_however_much_it_is(void **state)
{
    struct stage stage = {.f = *state};
    size_t len = 3u << 20; /* more than any pipe holds */
    char *text = malloc(len);
    char *const argv[] = {"/bin/sh", "-c", "wc -c >&2", NULL};
    memset(text, 'x', len);
    begin(&stage, argv, (struct as_str){text, len}, LONG_MS);
    free(text);
    await_end(&stage);
    assert_string_equal(stage.said, "3145728\n");
    assert_int_equal(stage.end.exit_code, 0);
}

static void test_a_command_that_does_not_read_its_input_is_no_failure(void **state)
{
    static char *const scripts[] = {"exit 0", "exec 0<&-; exit 0", "head -c 1 >&2"};
    for (size_t i = 0; i < AS_COUNT(scripts); i++)
        assert_int_equal(play(*state, scripts[i], LONG_MS).end.exit_code, 0);
}

static void test_a_commands_environment_is_a_path_alone(void **state)
{
    struct stage stage = {.f = *state};
    char *const argv[] = {"/bin/sh", "-c", "exec /usr/bin/env >&2", NULL};
    setenv("ASSAY_TEST_KEY", "canary", 1);
    begin(&stage, argv, AS_STR(""), LONG_MS);
    await_end(&stage);
    unsetenv("ASSAY_TEST_KEY");
    assert_non_null(strstr(stage.said, "PATH=" COMMAND_PATH "\n"));
    assert_null(strstr(stage.said, "canary"));
}

/* A library may have opened one without the flag. */
static void test_a_command_inherits_no_descriptor_of_ours(void **state)
{
    int fd = open("/dev/null", O_RDONLY); /* no O_CLOEXEC */
    char script[64];
    snprintf(script, sizeof(script), "[ ! -e /proc/self/fd/%d ]", fd);
    assert_int_equal(play(*state, script, LONG_MS).end.exit_code, 0);
    close(fd);
}

static void test_signals_are_as_at_a_programs_start(void **state)
{
    struct sigaction ignored = {.sa_handler = SIG_IGN}, before;
    sigaction(SIGTERM, &ignored, &before);
    struct stage stage = play(*state, "kill -TERM $$; exit 0", LONG_MS);
    sigaction(SIGTERM, &before, NULL);
    assert_int_equal(stage.end.signum, SIGTERM);
    assert_int_equal(stage.end.exit_code, -1);
}

/* ---- what it says ---- */

static void test_the_beginning_of_what_it_says_is_kept_and_the_rest_holds_nobody_up(void **state)
{
    struct stage stage =
        play(*state, "printf start >&2; head -c 1000000 /dev/zero >&2; exit 4", LONG_MS);
    assert_int_equal(stage.end.exit_code, 4);
    assert_int_equal(stage.end.said.len, COMMAND_SAID_BYTES);
    assert_memory_equal(stage.said, "start\0\0\0", 8);
}

static void test_what_is_kept_of_it_ends_between_two_characters(void **state)
{
    struct stage stage =
        play(*state, "{ head -c 399 /dev/zero | tr '\\0' x; printf '\\303\\251t'; } >&2", LONG_MS);
    assert_int_equal(stage.end.said.len, COMMAND_SAID_BYTES - 1);
}

static void test_one_that_never_stops_talking_is_killed_at_its_limit(void **state)
{
    struct stage stage = play(*state, "for i in 1 2 3 4; do cat /dev/zero >&2 & done; wait", 100);
    assert_true(stage.end.is_overdue);
    assert_int_equal(stage.end.said.len, COMMAND_SAID_BYTES);
}

/* It left the group, so it is not killed; but it writes to nobody any more. */
static void test_what_escapes_and_talks_on_is_not_listened_to(void **state)
{
    struct stage stage = {.f = *state};
    char path[] = "/tmp/test_command.XXXXXX";
    close(mkstemp(path));
    begin_shell(&stage,
                "setsid sh -c 'echo there >\"$1\"; while cat /dev/zero; do :; done >&2' sh \"$1\" &"
                " while [ ! -s \"$1\" ]; do :; done",
                path, LONG_MS);
    await_end(&stage);
    assert_int_equal(stage.end.exit_code, 0);
    unlink(path);
}

/* ---- how it ends ---- */

static void test_exit_codes_and_signals_are_told_apart(void **state)
{
    struct stage stage = play(*state, "echo no such pager >&2; exit 7", LONG_MS);
    assert_int_equal(stage.end.exit_code, 7);
    assert_int_equal(stage.end.signum, 0);
    assert_false(stage.end.is_overdue);
    assert_string_equal(stage.said, "no such pager\n");
    stage = play(*state, "kill -KILL $$", LONG_MS);
    assert_int_equal(stage.end.signum, SIGKILL);
    assert_false(stage.end.is_overdue);
}

static void test_one_that_ignores_signals_is_killed_at_its_limit(void **state)
{
    struct stage stage = play(*state, "trap '' TERM INT HUP; while :; do sleep 1; done", 50);
    assert_true(stage.end.is_overdue);
    assert_int_equal(stage.end.signum, SIGKILL);
}

static bool is_alive(pid_t pid)
{
    char path[32], text[64] = "";
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    size_t got = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    const char *end = got ? strrchr(text, ')') : NULL;
    return end && end[2] != 'Z' && end[2] != 'X';
}

static void await_death(struct core_fixture *f, pid_t pid)
{
    assert_true(pid > 1);
    for (int i = 0; i < 2000 && is_alive(pid); i++)
        run_for_ms(f, 5);
    assert_false(is_alive(pid));
}

static void test_what_it_leaves_behind_dies_with_it(void **state)
{
    struct stage stage = play(*state, "sleep 600 & echo $! >&2; exit 0", LONG_MS);
    assert_int_equal(stage.end.exit_code, 0);
    await_death(*state, atoi(stage.said));
    stage = play(*state, "sleep 600 & echo $! >&2; exec sleep 600", 100);
    assert_true(stage.end.is_overdue);
    await_death(*state, atoi(stage.said));
}

/* The other part of main(): a leader that goes over to our own group. */
static int desert(void)
{
    if (setpgid(0, getpgid(getppid())))
        return 9;
    fputs("gone\n", stderr);
    for (;;)
        pause();
}

static void begin_deserter(struct stage *stage, uint32_t limit_ms)
{
    char *const argv[] = {"/proc/self/exe", "desert", NULL};
    begin(stage, argv, AS_STR(""), limit_ms);
}

static void test_a_leader_that_left_its_group_is_killed_at_its_limit(void **state)
{
    struct stage stage = {.f = *state};
    begin_deserter(&stage, 300);
    await_end(&stage);
    assert_true(stage.end.is_overdue);
    assert_string_equal(stage.said, "gone\n");
}

/* The loop was held up, and sees the end and the limit in the same turn. */
static void test_one_that_ended_in_time_is_not_overdue_because_we_were_late(void **state)
{
    struct stage stage = {.f = *state};
    siginfo_t info;
    begin_shell(&stage, "exit 0", NULL, 1);
    assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), 0);
    usleep(5000);
    await_end(&stage);
    assert_int_equal(stage.end.exit_code, 0);
    assert_false(stage.end.is_overdue);
}

static void test_a_freed_command_is_killed_and_tells_nobody(void **state)
{
    struct stage stage = {.f = *state};
    begin_shell(&stage, "trap '' TERM; sleep 600", NULL, LONG_MS);
    command_free(stage.command);
    stage.command = NULL;
    begin_deserter(&stage, LONG_MS);
    run_for_ms(*state, 50);
    command_free(stage.command);
    run_for_ms(*state, 5);
    assert_int_equal(stage.done_count, 0);
}

static void test_a_program_that_cannot_be_started_is_an_error_at_once(void **state)
{
    struct core_fixture *f = *state;
    char path[] = "/tmp/test_command.XXXXXX";
    char *const missing[] = {"/no/such/program", NULL}, *const closed[] = {path, NULL};
    struct command *command = NULL;
    struct stage stage = {.f = f};
    close(mkstemp(path)); /* not executable */
    assert_int_equal(command_run(f->loop, missing, AS_STR("x"), LONG_MS, on_done, &stage, &command),
                     AS_ENOENT);
    assert_true(command_run(f->loop, closed, AS_STR("x"), LONG_MS, on_done, &stage, &command) < 0);
    unlink(path);
    run_for_ms(f, 5);
    assert_null(command);
    assert_int_equal(stage.done_count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, core_fixture_setup, core_fixture_teardown)

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "desert"))
        return desert();
    const struct CMUnitTest tests[] = {
        TEST(test_a_command_reads_its_input_to_the_end_however_much_it_is),
        TEST(test_a_command_that_does_not_read_its_input_is_no_failure),
        TEST(test_a_commands_environment_is_a_path_alone),
        TEST(test_a_command_inherits_no_descriptor_of_ours),
        TEST(test_signals_are_as_at_a_programs_start),
        TEST(test_the_beginning_of_what_it_says_is_kept_and_the_rest_holds_nobody_up),
        TEST(test_what_is_kept_of_it_ends_between_two_characters),
        TEST(test_one_that_never_stops_talking_is_killed_at_its_limit),
        TEST(test_what_escapes_and_talks_on_is_not_listened_to),
        TEST(test_exit_codes_and_signals_are_told_apart),
        TEST(test_one_that_ignores_signals_is_killed_at_its_limit),
        TEST(test_what_it_leaves_behind_dies_with_it),
        TEST(test_a_leader_that_left_its_group_is_killed_at_its_limit),
        TEST(test_one_that_ended_in_time_is_not_overdue_because_we_were_late),
        TEST(test_a_freed_command_is_killed_and_tells_nobody),
        TEST(test_a_program_that_cannot_be_started_is_an_error_at_once),
    };
    return cmocka_run_group_tests(tests, core_fixture_group_setup, NULL);
}
