/* The two things that a service manager does for assayd, for end-to-end tests:
 *
 *   fake_systemd notify SOCKET        receives messages at SOCKET and prints each on one line, with
 *                                     | between its parts, until it is killed
 *   fake_systemd listen SOCKET COMMAND...
 *                                     listens at SOCKET (mode 0600, so that a chmod would show) and
 *                                     becomes COMMAND, to which it passes the socket
 *
 * A NOTIFY_SOCKET and a WATCHDOG_USEC are set by the test itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD 3

static int die(const char *what)
{
    perror(what);
    return 1;
}

static int bind_at(const char *path, int type)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)))
        return -1;
    return fd;
}

static int print_messages(const char *path)
{
    char text[4096];
    int fd = bind_at(path, SOCK_DGRAM);
    if (fd < 0)
        return die(path);
    for (;;) {
        ssize_t got = recv(fd, text, sizeof(text) - 1, 0);
        if (got <= 0)
            return die("recv");
        text[got] = '\0';
        for (char *c = text; *c; c++)
            *c = *c == '\n' ? '|' : *c;
        printf("%s\n", text);
        fflush(stdout);
    }
}

static int pass_socket(const char *path, char **command)
{
    char pid[32];
    unlink(path);
    int fd = bind_at(path, SOCK_STREAM);
    if (fd < 0 || chmod(path, 0600) || listen(fd, 16))
        return die(path);
    if (fd != FIRST_FD && (dup2(fd, FIRST_FD) < 0 || close(fd)))
        return die("dup2");
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    setenv("LISTEN_FDS", "1", 1);
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDNAMES", "assayd.socket", 1);
    execv(command[0], command);
    return die(command[0]);
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "notify"))
        return print_messages(argv[2]);
    if (argc > 3 && !strcmp(argv[1], "listen"))
        return pass_socket(argv[2], argv + 3);
    fputs("usage: fake_systemd notify SOCKET | listen SOCKET COMMAND...\n", stderr);
    return 64;
}
