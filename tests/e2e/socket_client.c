/* Peers of the control socket that no client of ours would be, for the end-to-end tests.
 *
 *   socket_client SOCKET call                 each line of stdin is sent, and its answer printed
 *   socket_client SOCKET at-once              all are sent before any answer is printed
 *   socket_client SOCKET crowd N [OPTION]...  N connections at once, until SIGTERM
 *
 * A crowd sends the bytes of --send FILE from each connection once, or again and again (--again);
 * with --deaf it never reads; with --leave BYTES a connection is closed as soon as it has sent the
 * file and got that many bytes, and opened anew. When all are connected "ready" is printed, in the
 * end the counts as JSON. */
#include "lib/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NO_LEAVE SIZE_MAX
#define CROWD_MAX 4096

struct crowd {
    struct sockaddr_un address;
    struct as_buf text;
    bool is_again, is_deaf;
    size_t leave_bytes;
    uint64_t opened, ended, left, results, errors, bytes_in, bytes_out;
};

struct peer {
    int fd;      /* -1: the daemon has closed */
    bool is_cut; /* nothing can be sent any more; what was answered is still to be read */
    size_t sent, got;
    struct as_buf in; /* of the line that has not ended */
};

static volatile sig_atomic_t is_over;

static void on_stop(int signum)
{
    (void)signum;
    is_over = 1;
}

static void die(const char *what)
{
    fprintf(stderr, "socket_client: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int open_socket(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof(*address)))
        die(address->sun_path);
    return fd;
}

/* ---- call ---- */

static void send_all(int fd, const char *bytes, size_t len)
{
    if (send(fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
        die("send");
}

static int call_lines(const struct sockaddr_un *address)
{
    int fd = open_socket(address);
    FILE *from = fdopen(fd, "r");
    char *line = NULL, *answer = NULL;
    size_t line_cap = 0, answer_cap = 0;
    ssize_t len;
    while (from && (len = getline(&line, &line_cap, stdin)) > 0) {
        send_all(fd, line, (size_t)len);
        if (getline(&answer, &answer_cap, from) <= 0)
            die("no answer");
        fputs(answer, stdout);
        fflush(stdout);
    }
    free(line);
    free(answer);
    if (from)
        fclose(from);
    return 0;
}

static int call_at_once(const struct sockaddr_un *address)
{
    struct as_buf lines = {0};
    int fd = open_socket(address);
    FILE *from = fdopen(fd, "r");
    char *text = NULL;
    size_t cap = 0, count = 0;
    ssize_t len;
    for (; (len = getline(&text, &cap, stdin)) > 0; count++)
        as_buf_add(&lines, text, (size_t)len);
    send_all(fd, lines.ptr, lines.len);
    for (; from && count && getline(&text, &cap, from) > 0; count--)
        fputs(text, stdout);
    if (count)
        die("no answer");
    free(text);
    as_buf_done(&lines);
    if (from)
        fclose(from);
    return 0;
}

/* ---- crowd ---- */

static void peer_open(struct crowd *crowd, struct peer *peer)
{
    as_buf_reset(&peer->in);
    peer->sent = peer->got = 0;
    peer->is_cut = false;
    peer->fd = open_socket(&crowd->address);
    fcntl(peer->fd, F_SETFL, O_NONBLOCK);
    crowd->opened++;
}

static void peer_close(struct peer *peer)
{
    close(peer->fd);
    peer->fd = -1;
}

static void count_lines(struct crowd *crowd, struct peer *peer)
{
    const char *end;
    while (peer->in.len && (end = memchr(peer->in.ptr, '\n', peer->in.len))) {
        size_t len = (size_t)(end - peer->in.ptr) + 1;
        bool is_error = memmem(peer->in.ptr, len, "\"error\":{", 9);
        crowd->errors += is_error;
        crowd->results += !is_error;
        as_buf_consume(&peer->in, len);
    }
}

static void peer_read(struct crowd *crowd, struct peer *peer)
{
    char chunk[65536];
    ssize_t got = recv(peer->fd, chunk, sizeof(chunk), 0);
    if (got <= 0) {
        if (got < 0 && errno == EAGAIN)
            return;
        crowd->ended++;
        peer_close(peer);
        return;
    }
    as_buf_add(&peer->in, chunk, (size_t)got);
    peer->got += (size_t)got;
    crowd->bytes_in += (size_t)got;
    count_lines(crowd, peer);
}

static void peer_write(struct crowd *crowd, struct peer *peer)
{
    size_t left = crowd->text.len - peer->sent;
    ssize_t sent = send(peer->fd, crowd->text.ptr + peer->sent, left, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        peer->is_cut = true;
        return;
    }
    peer->sent += sent > 0 ? (size_t)sent : 0;
    crowd->bytes_out += sent > 0 ? (uint64_t)sent : 0;
    if (peer->sent == crowd->text.len && crowd->is_again && crowd->leave_bytes == NO_LEAVE)
        peer->sent = 0;
}

static bool has_to_send(const struct crowd *crowd, const struct peer *peer)
{
    return !peer->is_cut && peer->sent < crowd->text.len;
}

static void peer_turn(struct crowd *crowd, struct peer *peer, short events)
{
    if (events & (POLLIN | POLLHUP | POLLERR))
        peer_read(crowd, peer);
    if (peer->fd >= 0 && events & POLLOUT && has_to_send(crowd, peer))
        peer_write(crowd, peer);
    if (peer->fd < 0 || peer->sent < crowd->text.len || peer->got < crowd->leave_bytes ||
        crowd->leave_bytes == NO_LEAVE)
        return;
    crowd->left++;
    peer_close(peer);
    peer_open(crowd, peer);
}

static short wanted(const struct crowd *crowd, const struct peer *peer)
{
    int read = crowd->is_deaf ? 0 : POLLIN, write = has_to_send(crowd, peer) ? POLLOUT : 0;
    return (short)(read | write);
}

static void crowd_run(struct crowd *crowd, struct peer *peers, size_t count)
{
    static struct pollfd polls[CROWD_MAX];
    for (size_t i = 0; i < count; i++)
        peer_open(crowd, &peers[i]);
    puts("ready");
    fflush(stdout);
    while (!is_over) {
        for (size_t i = 0; i < count; i++)
            polls[i] = (struct pollfd){.fd = peers[i].fd, .events = wanted(crowd, &peers[i])};
        if (poll(polls, count, 100) <= 0)
            continue;
        for (size_t i = 0; i < count && !is_over; i++)
            if (polls[i].revents)
                peer_turn(crowd, &peers[i], polls[i].revents);
    }
}

static int crowd_main(struct crowd *crowd, size_t count)
{
    struct peer *peers = as_xcalloc(count, sizeof(*peers));
    signal(SIGTERM, on_stop);
    crowd_run(crowd, peers, count);
    size_t open_count = 0;
    for (size_t i = 0; i < count; i++) {
        open_count += peers[i].fd >= 0;
        as_buf_done(&peers[i].in);
    }
    free(peers);
    printf("{\"opened\":%ju,\"open\":%zu,\"ended\":%ju,\"left\":%ju,\"results\":%ju,"
           "\"errors\":%ju,\"bytes_in\":%ju,\"bytes_out\":%ju}\n",
           (uintmax_t)crowd->opened, open_count, (uintmax_t)crowd->ended, (uintmax_t)crowd->left,
           (uintmax_t)crowd->results, (uintmax_t)crowd->errors, (uintmax_t)crowd->bytes_in,
           (uintmax_t)crowd->bytes_out);
    return 0;
}

static void read_file(const char *path, struct as_buf *ret_text)
{
    FILE *file = fopen(path, "r");
    size_t got = 1;
    if (!file)
        die(path);
    while (got) {
        char *end = as_buf_reserve(ret_text, 65536);
        got = fread(end, 1, 65536, file);
        ret_text->len += got;
    }
    fclose(file);
}

static int usage(void)
{
    fputs("usage: socket_client SOCKET call | at-once | crowd N [--send FILE] [--again] [--deaf] "
          "[--leave BYTES]\n",
          stderr);
    return 64;
}

int main(int argc, char **argv)
{
    struct crowd crowd = {.address = {.sun_family = AF_UNIX}, .leave_bytes = NO_LEAVE};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (argc < 3 || strlen(argv[1]) >= sizeof(crowd.address.sun_path))
        return usage();
    strcpy(crowd.address.sun_path, argv[1]);
    if (!strcmp(argv[2], "call"))
        return call_lines(&crowd.address);
    if (!strcmp(argv[2], "at-once"))
        return call_at_once(&crowd.address);
    size_t count = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
    if (strcmp(argv[2], "crowd") || !count || count > CROWD_MAX)
        return usage();
    for (int i = 4; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(argv[i], "--again"))
            crowd.is_again = true;
        else if (!strcmp(argv[i], "--deaf"))
            crowd.is_deaf = true;
        else if (!strcmp(argv[i], "--send") && ++i)
            read_file(value, &crowd.text);
        else if (!strcmp(argv[i], "--leave") && ++i)
            crowd.leave_bytes = strtoul(value, NULL, 10);
        else
            return usage();
    }
    int code = crowd_main(&crowd, count);
    as_buf_done(&crowd.text);
    return code;
}
