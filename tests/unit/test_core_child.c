/* daemon/core: child processes, played by the shell; descriptor 3 is their socket. */
#include "daemon/core/child.h"
#include "lib/buf.h"
#include "tests/unit/core_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct family {
    struct core_fixture *f;
    struct child *child;
    int fd; /* our end */
    size_t exit_count;
    struct child_exit how;
    bool frees_in_callback;
};

static void on_exit_of_child(void *ctx, const struct child_exit *how)
{
    struct family *family = ctx;
    family->how = *how;
    family->exit_count++;
    if (family->frees_in_callback)
        child_free(family->child);
}

static void spawn_shell(struct family *family, struct core_fixture *f, char *script)
{
    char *const argv[] = {"sh", "-c", script, NULL};
    family->f = f;
    assert_int_equal(child_spawn(f->loop, "/bin/sh", argv, on_exit_of_child, family, &family->child,
                                 &family->fd),
                     0);
}

static void await_exit(struct family *family)
{
    run_until_count(family->f, &family->exit_count, 1);
    run_for_ms(family->f, 5); /* and no second time */
    assert_int_equal(family->exit_count, 1);
}

static void end_family(struct family *family)
{
    child_free(family->child);
    close(family->fd);
}

/* Everything that the child writes to its socket, up to its end; it must exit by itself. */
static struct as_buf read_all(struct family *family)
{
    struct as_buf text = {0};
    char part[256];
    ssize_t got;
    await_exit(family);
    while ((got = read(family->fd, part, sizeof(part))) > 0)
        as_buf_add(&text, part, (size_t)got);
    assert_int_equal(got, 0);
    as_buf_adds(&text, "");
    return text;
}

static void expect_output(struct core_fixture *f, char *script, const char *want)
{
    struct family family = {0};
    spawn_shell(&family, f, script);
    struct as_buf text = read_all(&family);
    assert_string_equal(text.ptr, want);
    as_buf_done(&text);
    end_family(&family);
}

/* ---- how it ends ---- */

static void test_a_childs_exit_code_is_told(void **state)
{
    static const struct {
        char *script;
        int code;
    } rows[] = {{"exit 0", 0}, {"exit 7", 7}, {"exit 255", 255}};
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        struct family family = {0};
        spawn_shell(&family, *state, rows[i].script);
        await_exit(&family);
        assert_int_equal(family.how.exit_code, rows[i].code);
        assert_int_equal(family.how.signum, 0);
        end_family(&family);
    }
}

static void test_a_child_that_is_killed_is_told_with_its_signal(void **state)
{
    static const int signals[] = {SIGKILL, SIGTERM};
    for (size_t i = 0; i < AS_COUNT(signals); i++) {
        struct family family = {0};
        spawn_shell(&family, *state, "exec cat <&3");
        child_kill(family.child, signals[i]);
        await_exit(&family);
        assert_int_equal(family.how.exit_code, -1);
        assert_int_equal(family.how.signum, signals[i]);
        end_family(&family);
    }
}

static void test_killing_a_child_that_is_gone_does_nothing(void **state)
{
    struct family family = {0};
    spawn_shell(&family, *state, "exit 0");
    await_exit(&family);
    child_kill(family.child, SIGKILL); /* its number may be another process by now */
    assert_int_equal(child_cpu_us(family.child), 0);
    end_family(&family);
}

static void test_a_child_may_be_freed_when_its_end_is_told(void **state)
{
    struct family family = {.frees_in_callback = true};
    spawn_shell(&family, *state, "exit 3");
    await_exit(&family);
    assert_int_equal(family.how.exit_code, 3);
    close(family.fd);
}

static void test_freeing_a_living_child_kills_it_and_tells_nothing(void **state)
{
    struct core_fixture *f = *state;
    struct family family = {0};
    spawn_shell(&family, f, "trap '' TERM INT HUP; while :; do :; done");
    assert_int_equal(waitpid(-1, NULL, WNOHANG), 0); /* it is there, and lives */
    end_family(&family);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    run_for_ms(f, 10);
    assert_int_equal(family.exit_count, 0);
}

static void test_freeing_no_child_does_nothing(void **state)
{
    (void)state;
    child_free(NULL);
}

static void test_a_program_that_is_not_there_is_an_error(void **state)
{
    struct core_fixture *f = *state;
    struct family family = {.fd = -7};
    char *const argv[] = {"none", NULL};
    int rc = child_spawn(f->loop, "/nonexistent/none", argv, on_exit_of_child, &family,
                         &family.child, &family.fd);
    assert_int_equal(rc, AS_ENOENT);
    assert_null(family.child);
    assert_int_equal(family.fd, -7);
}

static void test_many_children_end_each_in_its_own_way(void **state)
{
    static const char *const codes[] = {"exit 0", "exit 1", "exit 2", "exit 3", "exit 4",
                                        "exit 5", "exit 6", "exit 7", "exit 8", "exit 9"};
    struct family families[10] = {0};
    for (size_t i = 0; i < 10; i++)
        spawn_shell(&families[i], *state, (char *)(uintptr_t)codes[i]);
    for (size_t i = 0; i < 10; i++) {
        run_until_count(*state, &families[i].exit_count, 1);
        assert_int_equal(families[i].how.exit_code, (int)i);
        end_family(&families[i]);
    }
}

/* ---- what it is given ---- */

static void test_the_socket_leads_both_ways(void **state)
{
    struct family family = {0};
    spawn_shell(&family, *state, "read line <&3; echo \"<$line>\" >&3");
    assert_int_equal(write(family.fd, "hello\n", 6), 6);
    struct as_buf text = read_all(&family);
    assert_string_equal(text.ptr, "<hello>\n");
    as_buf_done(&text);
    end_family(&family);
}

static void test_our_end_of_the_socket_does_not_block(void **state)
{
    struct family family = {0};
    char byte;
    spawn_shell(&family, *state, "exec cat <&3");
    assert_int_equal(read(family.fd, &byte, 1), -1);
    assert_int_equal(errno, EAGAIN);
    assert_true(fcntl(family.fd, F_GETFD) & FD_CLOEXEC);
    end_family(&family);
}

static void test_a_child_sees_the_end_when_we_close_the_socket(void **state)
{
    struct family family = {0};
    spawn_shell(&family, *state, "cat <&3; exit 9"); /* it would wait if it held our end itself */
    close(family.fd);
    await_exit(&family);
    assert_int_equal(family.how.exit_code, 9);
    child_free(family.child);
}

static void test_a_child_has_no_environment(void **state)
{
    setenv("ASSAY_TEST_SECRET", "secret", 1);
    expect_output(*state, "cat /proc/$$/environ >&3", "");
    unsetenv("ASSAY_TEST_SECRET");
}

static void test_a_childs_standard_streams_lead_nowhere(void **state)
{
    expect_output(*state,
                  "seen=$(for n in 0 1 2; do readlink /proc/$$/fd/$n; done); echo \"$seen\" >&3",
                  "/dev/null\n/dev/null\n/dev/null\n");
}

/* The descriptors that are free then, the lowest ones, are what the socket and the pidfd get. */
static void test_a_child_gets_its_socket_when_our_own_streams_are_closed(void **state)
{
    struct family family = {0};
    int kept[3];
    for (int fd = 0; fd < 3; fd++) {
        kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
        close(fd);
    }
    spawn_shell(&family, *state, "echo here >&3");
    struct as_buf text = read_all(&family);
    end_family(&family);
    for (int fd = 0; fd < 3; fd++) {
        dup2(kept[fd], fd);
        close(kept[fd]);
    }
    assert_string_equal(text.ptr, "here\n");
    as_buf_done(&text);
}

static void expect_signal(struct core_fixture *f, char *script, int signum)
{
    struct family family = {0};
    spawn_shell(&family, f, script);
    await_exit(&family);
    assert_int_equal(family.how.signum, signum);
    end_family(&family);
}

static void test_a_child_starts_with_no_signal_blocked(void **state)
{
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    expect_signal(*state, "kill -TERM $$; exit 0", SIGTERM);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void test_a_child_starts_with_no_signal_ignored(void **state)
{
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    expect_signal(*state, "kill -PIPE $$; exit 0", SIGPIPE);
    signal(SIGPIPE, before);
}

/* ---- what it used ---- */

struct gauge {
    struct family *family;
    struct loop_timer *timer;
    bool has_grown;
};

static void look_at_cpu(void *ctx)
{
    struct gauge *gauge = ctx;
    gauge->has_grown = child_cpu_us(gauge->family->child) >= 20000;
    loop_timer_start(gauge->timer, 5);
}

static void test_the_time_that_a_child_uses_is_counted(void **state)
{
    struct core_fixture *f = *state;
    struct family family = {0};
    struct gauge gauge = {.family = &family};
    spawn_shell(&family, f, "while :; do :; done");
    gauge.timer = loop_timer_new(f->loop, look_at_cpu, &gauge);
    loop_timer_start(gauge.timer, 0);
    run_until(f, &gauge.has_grown);
    loop_timer_free(gauge.timer);
    child_kill(family.child, SIGKILL);
    await_exit(&family);
    assert_true(family.how.cpu_us >= 20000);
    end_family(&family);
}

#define CORE_TEST(name) \
    cmocka_unit_test_setup_teardown(name, core_fixture_setup, core_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CORE_TEST(test_a_childs_exit_code_is_told),
        CORE_TEST(test_a_child_that_is_killed_is_told_with_its_signal),
        CORE_TEST(test_killing_a_child_that_is_gone_does_nothing),
        CORE_TEST(test_a_child_may_be_freed_when_its_end_is_told),
        CORE_TEST(test_freeing_a_living_child_kills_it_and_tells_nothing),
        CORE_TEST(test_freeing_no_child_does_nothing),
        CORE_TEST(test_a_program_that_is_not_there_is_an_error),
        CORE_TEST(test_many_children_end_each_in_its_own_way),
        CORE_TEST(test_the_socket_leads_both_ways),
        CORE_TEST(test_our_end_of_the_socket_does_not_block),
        CORE_TEST(test_a_child_sees_the_end_when_we_close_the_socket),
        CORE_TEST(test_a_child_has_no_environment),
        CORE_TEST(test_a_childs_standard_streams_lead_nowhere),
        CORE_TEST(test_a_child_gets_its_socket_when_our_own_streams_are_closed),
        CORE_TEST(test_a_child_starts_with_no_signal_blocked),
        CORE_TEST(test_a_child_starts_with_no_signal_ignored),
        CORE_TEST(test_the_time_that_a_child_uses_is_counted),
    };
    return cmocka_run_group_tests(tests, core_fixture_group_setup, NULL);
}
