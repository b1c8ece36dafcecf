/* sd_notify and sd_listen_fds by hand: a datagram of NAME=value lines to $NOTIFY_SOCKET, and
 * descriptors from 3 on that $LISTEN_FDS counts. The protocol is stable and small, so no library is
 * linked for it. The socket is not connected: a service manager that starts anew makes its own
 * again under the same name. */
#include "daemon/core/systemd.h"

#include "lib/buf.h"
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define LISTEN_FDS_MAX 64 /* more is no unit file of ours */
#define US_PER_MS 1000u

struct systemd {
    struct sockaddr_un address;
    socklen_t address_len;
    int notify_fd; /* -1: nobody listens */
    int listen_fd; /* -1: none was passed, or it was taken */
    struct loop_timer *watchdog;
    uint64_t ping_ms;
    bool is_deaf; /* the last message failed: said once */
};

/* ---- what the environment says ---- */

/* A number in it; 0 when it is not there or no number. */
static uint64_t number_of(const char *name)
{
    const char *text = getenv(name);
    char *end = NULL;
    if (!text || text[0] < '0' || text[0] > '9')
        return 0;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    return errno || *end ? 0 : value;
}

bool systemd_reads_stderr(void)
{
    const char *stream = getenv("JOURNAL_STREAM"); /* "DEVICE:INODE" */
    struct stat file;
    struct as_buf ours = {0};
    if (!stream || fstat(STDERR_FILENO, &file))
        return false;
    as_buf_addf(&ours, "%" PRIuMAX ":%" PRIuMAX, (uintmax_t)file.st_dev, (uintmax_t)file.st_ino);
    bool is_ours = !strcmp(ours.ptr, stream);
    as_buf_done(&ours);
    return is_ours;
}

static bool is_address(const char *text, size_t len, size_t room)
{
    return text && (text[0] == '/' || text[0] == '@') && len > 1 && len < room;
}

static void open_notify(struct systemd *systemd)
{
    const char *text = getenv("NOTIFY_SOCKET");
    size_t len = text ? strlen(text) : 0;
    struct timeval patience = {.tv_sec = SYSTEMD_SEND_MAX_MS / 1000};
    if (!len)
        return;
    if (!is_address(text, len, sizeof(systemd->address.sun_path))) {
        as_log_warn("the service manager cannot be told anything: NOTIFY_SOCKET is no address of "
                    "a Unix socket");
        return;
    }
    systemd->address.sun_family = AF_UNIX;
    memcpy(systemd->address.sun_path, text, len);
    if (text[0] == '@') /* a name without a file begins with a NUL */
        systemd->address.sun_path[0] = '\0';
    systemd->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    systemd->notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (systemd->notify_fd < 0 ||
        setsockopt(systemd->notify_fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)))
        as_log_warn("the service manager cannot be told anything: %s", strerror(errno));
}

static int option_of(int fd, int option)
{
    int value = -1;
    socklen_t len = sizeof(value);
    return getsockopt(fd, SOL_SOCKET, option, &value, &len) ? -1 : value;
}

static bool is_usable(int fd)
{
    return option_of(fd, SO_DOMAIN) == AF_UNIX && option_of(fd, SO_TYPE) == SOCK_STREAM &&
           option_of(fd, SO_ACCEPTCONN) == 1;
}

/* The place in a:b:c of our name; the first when there is only one, whatever it is called. */
static int place_of_ours(const char *names, int count)
{
    size_t wanted = strlen(SYSTEMD_SOCKET_NAME);
    if (count == 1)
        return 0;
    for (int i = 0; names && i < count; i++) {
        size_t len = strcspn(names, ":");
        if (len == wanted && !memcmp(names, SYSTEMD_SOCKET_NAME, len))
            return i;
        names = names[len] ? names + len + 1 : NULL;
    }
    return -1;
}

/* Sockets that we have no use for are closed: nobody would ever accept on them. */
static int take_listeners(struct systemd *systemd, struct as_err *err)
{
    uint64_t count = number_of("LISTEN_FDS");
    if (!count || number_of("LISTEN_PID") != (uint64_t)getpid())
        return 0;
    if (count > LISTEN_FDS_MAX)
        return as_err_set(err, AS_EINVAL, "LISTEN_FDS is %" PRIu64 ": at most %d can be passed",
                          count, LISTEN_FDS_MAX);
    int ours = place_of_ours(getenv("LISTEN_FDNAMES"), (int)count);
    for (int i = 0; i < (int)count; i++) {
        int fd = SYSTEMD_FIRST_FD + i;
        if (i == ours && is_usable(fd) && !fcntl(fd, F_SETFD, FD_CLOEXEC) &&
            !fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK))
            systemd->listen_fd = fd;
        else
            close(fd);
    }
    if (systemd->listen_fd < 0)
        return as_err_set(err, AS_EINVAL,
                          "none of the %" PRIu64 " sockets that systemd passed is the control "
                          "socket: the .socket unit needs one ListenStream= with a path, and "
                          "FileDescriptorName=" SYSTEMD_SOCKET_NAME " if there are several",
                          count);
    return 0;
}

/* Emptied in place: main has copied the environment, and unsetenv would leave its copies behind. */
static void forget_environment(void)
{
    static const char *const names[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
                                        "LISTEN_FDS",    "LISTEN_PID",    "LISTEN_FDNAMES"};
    for (size_t i = 0; i < AS_COUNT(names); i++) {
        char *value = getenv(names[i]);
        if (value)
            *value = '\0';
    }
}

/* ---- messages ---- */

static void send_text(struct systemd *systemd, const struct as_buf *text)
{
    if (systemd->notify_fd < 0)
        return;
    ssize_t sent = sendto(systemd->notify_fd, text->ptr, text->len, MSG_NOSIGNAL,
                          (const struct sockaddr *)&systemd->address, systemd->address_len);
    if (sent < 0 && !systemd->is_deaf)
        as_log_warn("the service manager does not hear: %s", strerror(errno));
    systemd->is_deaf = sent < 0;
}

static void add_status(struct as_buf *text, const char *status)
{
    as_buf_adds(text, "STATUS=");
    as_buf_add(text, status, strcspn(status, "\n"));
    as_buf_addc(text, '\n');
}

void systemd_ready(struct systemd *systemd, const char *status)
{
    struct as_buf text = {0};
    as_buf_adds(&text, "READY=1\n");
    add_status(&text, status);
    send_text(systemd, &text);
    as_buf_done(&text);
}

void systemd_reloading(struct systemd *systemd)
{
    struct as_buf text = {0};
    as_buf_addf(&text, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\n", clock_now_ns() / 1000);
    add_status(&text, "reading the configuration again");
    send_text(systemd, &text);
    as_buf_done(&text);
}

void systemd_stopping(struct systemd *systemd, const char *status, uint64_t limit_ms)
{
    struct as_buf text = {0};
    as_buf_addf(&text, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRIu64 "\n", limit_ms * US_PER_MS);
    add_status(&text, status);
    send_text(systemd, &text);
    as_buf_done(&text);
}

/* ---- the watchdog ---- */

static void on_watchdog(void *ctx)
{
    struct systemd *systemd = ctx;
    struct as_buf text = {0};
    as_buf_adds(&text, "WATCHDOG=1\n");
    send_text(systemd, &text);
    as_buf_done(&text);
    loop_timer_start(systemd->watchdog, systemd->ping_ms);
}

/* WATCHDOG_PID names the process that is watched; without it, it is whoever reads this. */
static void start_watchdog(struct systemd *systemd, struct loop *loop)
{
    uint64_t limit_us = number_of("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    bool is_ours = !pid || !pid[0] || number_of("WATCHDOG_PID") == (uint64_t)getpid();
    if (!limit_us || !is_ours || systemd->notify_fd < 0)
        return;
    systemd->ping_ms = limit_us / US_PER_MS / 2;
    systemd->watchdog = loop_timer_new(loop, on_watchdog, systemd);
    loop_timer_unref(systemd->watchdog);
    loop_timer_start(systemd->watchdog, 0);
}

/* ---- life ---- */

int systemd_new(struct loop *loop, struct systemd **ret_systemd, struct as_err *err)
{
    struct systemd *systemd = as_xcalloc(1, sizeof(*systemd));
    systemd->notify_fd = -1;
    systemd->listen_fd = -1;
    open_notify(systemd);
    start_watchdog(systemd, loop);
    int rc = take_listeners(systemd, err);
    forget_environment();
    if (rc)
        systemd_free(systemd);
    else
        *ret_systemd = systemd;
    return rc;
}

void systemd_free(struct systemd *systemd)
{
    if (!systemd)
        return;
    loop_timer_free(systemd->watchdog);
    if (systemd->notify_fd >= 0)
        close(systemd->notify_fd);
    if (systemd->listen_fd >= 0)
        close(systemd->listen_fd);
    free(systemd);
}

int systemd_take_socket(struct systemd *systemd)
{
    int fd = systemd->listen_fd;
    systemd->listen_fd = -1;
    return fd;
}
