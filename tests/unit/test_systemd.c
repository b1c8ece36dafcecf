/* daemon/core/systemd: what is said to a service manager, and the socket that it passes. */
#include "daemon/core/systemd.h"
#include "tests/unit/core_fixture.h"

#include "lib/buf.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A service manager that listens under an abstract name, so that no file is left. */
struct manager {
    int fd;
    char name[64];
    struct systemd *systemd;
};

static struct manager manager_new(struct core_fixture *f)
{
    struct manager manager = {.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct as_err err = {0};
    snprintf(manager.name, sizeof(manager.name), "@assay-test-%d", (int)getpid());
    memcpy(address.sun_path + 1, manager.name + 1, strlen(manager.name) - 1);
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(manager.name));
    assert_int_equal(bind(manager.fd, (struct sockaddr *)&address, len), 0);
    setenv("NOTIFY_SOCKET", manager.name, 1);
    assert_int_equal(systemd_new(f->loop, &manager.systemd, &err), 0);
    return manager;
}

static void manager_done(struct manager *manager)
{
    systemd_free(manager->systemd);
    close(manager->fd);
}

/* The next message, which must be there already; "" for none. */
static const char *heard(struct manager *manager)
{
    static char text[512];
    ssize_t got = recv(manager->fd, text, sizeof(text) - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    return text;
}

static void test_ready_comes_with_a_status(void **state)
{
    struct manager manager = manager_new(*state);
    systemd_ready(manager.systemd, "all is well");
    assert_string_equal(heard(&manager), "READY=1\nSTATUS=all is well\n");
    manager_done(&manager);
}

static void test_a_status_cannot_add_a_message_of_its_own(void **state)
{
    struct manager manager = manager_new(*state);
    systemd_ready(manager.systemd, "fine\nMAINPID=1");
    assert_string_equal(heard(&manager), "READY=1\nSTATUS=fine\n");
    manager_done(&manager);
}

static void test_a_reload_says_when_it_began(void **state)
{
    struct manager manager = manager_new(*state);
    uint64_t before_us = clock_now_ns() / 1000;
    unsigned long long said_us = 0;
    systemd_reloading(manager.systemd);
    assert_int_equal(sscanf(heard(&manager), "RELOADING=1\nMONOTONIC_USEC=%llu\n", &said_us), 1);
    assert_in_range(said_us, before_us, clock_now_ns() / 1000);
    manager_done(&manager);
}

static void test_stopping_asks_for_the_time_that_it_takes(void **state)
{
    struct manager manager = manager_new(*state);
    systemd_stopping(manager.systemd, "draining", 12000);
    assert_string_equal(heard(&manager),
                        "STOPPING=1\nEXTEND_TIMEOUT_USEC=12000000\nSTATUS=draining\n");
    manager_done(&manager);
}

static void test_the_watchdog_is_fed_by_the_loop_alone(void **state)
{
    struct core_fixture *f = *state;
    setenv("WATCHDOG_USEC", "20000", 1);
    struct manager manager = manager_new(f);
    usleep(40000); /* a loop that hangs */
    assert_string_equal(heard(&manager), "");
    for (int i = 0; i < 3; i++) {
        run_for_ms(f, 20);
        assert_string_equal(heard(&manager), "WATCHDOG=1\n");
    }
    manager_done(&manager);
}

static void test_another_processs_watchdog_is_not_fed(void **state)
{
    struct core_fixture *f = *state;
    setenv("WATCHDOG_USEC", "20000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    struct manager manager = manager_new(f);
    run_for_ms(f, 40);
    assert_string_equal(heard(&manager), "");
    manager_done(&manager);
}

static void test_no_child_takes_the_environment_for_its_own(void **state)
{
    struct manager manager = manager_new(*state);
    assert_string_equal(getenv("NOTIFY_SOCKET"), "");
    manager_done(&manager);
}

static void test_without_a_service_manager_nothing_is_said(void **state)
{
    struct core_fixture *f = *state;
    struct systemd *systemd = NULL;
    struct as_err err = {0};
    assert_int_equal(systemd_new(f->loop, &systemd, &err), 0);
    systemd_ready(systemd, "to nobody");
    systemd_stopping(systemd, "to nobody", 1);
    assert_int_equal(systemd_take_socket(systemd), -1);
    systemd_free(systemd);
}

static void test_an_address_that_cannot_be_one_is_passed_over(void **state)
{
    struct core_fixture *f = *state;
    struct systemd *systemd = NULL;
    struct as_err err = {0};
    setenv("NOTIFY_SOCKET", "vsock:2:1234", 1);
    assert_int_equal(systemd_new(f->loop, &systemd, &err), 0);
    systemd_ready(systemd, "to nobody");
    systemd_free(systemd);
}

/* ---- sockets that are passed ---- */

static int listening_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX}; /* the kernel chooses an abstract name */
    if (bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)) || listen(fd, 1))
        _exit(90);
    return fd;
}

enum { GOT_NONE = 10, GOT_REFUSED = 11 };

/* In a process of its own, whose descriptors 3 and 4 are to give away: what it was given there (the
 * number of the descriptor), or one of the above. first and second are listening sockets, or not.
 */
static int child_is_passed(struct core_fixture *f, bool first, bool second, const char *names,
                           const char *count)
{
    pid_t child = fork();
    if (!child) {
        char pid[16];
        struct systemd *systemd = NULL;
        struct as_err err = {0};
        int fds[] = {first ? listening_socket() : open("/dev/null", O_RDONLY | O_CLOEXEC),
                     second ? listening_socket() : open("/dev/null", O_RDONLY | O_CLOEXEC)};
        int high[] = {fcntl(fds[0], F_DUPFD, 100), fcntl(fds[1], F_DUPFD, 100)};
        for (int i = 0; i < 2; i++)
            dup2(high[i], SYSTEMD_FIRST_FD + i);
        snprintf(pid, sizeof(pid), "%d", (int)getpid());
        setenv("LISTEN_PID", pid, 1);
        setenv("LISTEN_FDS", count, 1);
        if (names)
            setenv("LISTEN_FDNAMES", names, 1);
        if (systemd_new(f->loop, &systemd, &err))
            _exit(GOT_REFUSED);
        int fd = systemd_take_socket(systemd);
        bool is_ready = fd < 0 || (fcntl(fd, F_GETFD) == FD_CLOEXEC &&
                                   fcntl(fd, F_GETFL) & O_NONBLOCK && !getenv("LISTEN_FDS")[0]);
        _exit(!is_ready ? 91 : fd < 0 ? GOT_NONE : fd);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_a_single_socket_is_ours_whatever_its_name(void **state)
{
    assert_int_equal(child_is_passed(*state, true, false, "assayd.socket", "1"), 3);
    assert_int_equal(child_is_passed(*state, true, false, NULL, "1"), 3);
}

static void test_of_several_sockets_the_one_named_control_is_ours(void **state)
{
    assert_int_equal(child_is_passed(*state, true, true, "other:control", "2"), 4);
}

static void test_several_sockets_without_a_name_are_refused(void **state)
{
    assert_int_equal(child_is_passed(*state, true, true, "a:b", "2"), GOT_REFUSED);
    assert_int_equal(child_is_passed(*state, true, true, NULL, "2"), GOT_REFUSED);
}

static void test_what_does_not_listen_is_refused(void **state)
{
    assert_int_equal(child_is_passed(*state, false, false, NULL, "1"), GOT_REFUSED);
}

static void test_a_count_that_is_none_passes_nothing(void **state)
{
    assert_int_equal(child_is_passed(*state, true, false, NULL, "0"), GOT_NONE);
    assert_int_equal(child_is_passed(*state, true, false, NULL, "-1"), GOT_NONE);
    assert_int_equal(child_is_passed(*state, true, false, NULL, "1x"), GOT_NONE);
    assert_int_equal(child_is_passed(*state, true, false, NULL, "1000000"), GOT_REFUSED);
}

static void test_sockets_of_another_process_are_not_ours(void **state)
{
    struct core_fixture *f = *state;
    struct systemd *systemd = NULL;
    struct as_err err = {0};
    setenv("LISTEN_PID", "1", 1);
    setenv("LISTEN_FDS", "1", 1);
    assert_int_equal(systemd_new(f->loop, &systemd, &err), 0);
    assert_int_equal(systemd_take_socket(systemd), -1);
    systemd_free(systemd);
}

static void test_the_journal_is_known_by_what_stderr_is(void **state)
{
    struct stat file;
    char text[64];
    (void)state;
    assert_int_equal(fstat(STDERR_FILENO, &file), 0);
    unsetenv("JOURNAL_STREAM");
    assert_false(systemd_reads_stderr());
    snprintf(text, sizeof(text), "%ju:%ju", (uintmax_t)file.st_dev, (uintmax_t)file.st_ino);
    setenv("JOURNAL_STREAM", text, 1);
    assert_true(systemd_reads_stderr());
    setenv("JOURNAL_STREAM", "8:1", 1); /* inherited, and stderr is another file now */
    assert_false(systemd_reads_stderr());
    unsetenv("JOURNAL_STREAM");
}

#define SYSTEMD_TEST(name) \
    cmocka_unit_test_setup_teardown(name, core_fixture_setup, core_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SYSTEMD_TEST(test_ready_comes_with_a_status),
        SYSTEMD_TEST(test_a_status_cannot_add_a_message_of_its_own),
        SYSTEMD_TEST(test_a_reload_says_when_it_began),
        SYSTEMD_TEST(test_stopping_asks_for_the_time_that_it_takes),
        SYSTEMD_TEST(test_the_watchdog_is_fed_by_the_loop_alone),
        SYSTEMD_TEST(test_another_processs_watchdog_is_not_fed),
        SYSTEMD_TEST(test_no_child_takes_the_environment_for_its_own),
        SYSTEMD_TEST(test_without_a_service_manager_nothing_is_said),
        SYSTEMD_TEST(test_an_address_that_cannot_be_one_is_passed_over),
        SYSTEMD_TEST(test_a_single_socket_is_ours_whatever_its_name),
        SYSTEMD_TEST(test_of_several_sockets_the_one_named_control_is_ours),
        SYSTEMD_TEST(test_several_sockets_without_a_name_are_refused),
        SYSTEMD_TEST(test_what_does_not_listen_is_refused),
        SYSTEMD_TEST(test_a_count_that_is_none_passes_nothing),
        SYSTEMD_TEST(test_sockets_of_another_process_are_not_ours),
        SYSTEMD_TEST(test_the_journal_is_known_by_what_stderr_is),
    };
    return cmocka_run_group_tests(tests, core_fixture_group_setup, NULL);
}
