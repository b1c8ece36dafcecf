/* assay-worker: hosts one plugin version in a jail and answers the daemon's jobs on descriptor 3.
 *
 * Start order: make room (buffers, Lua state, signal handler), lock down, and only then read the
 * first byte. Then one LOAD frame, and BATCH frames until the daemon closes the socket. Each row
 * starts from the heap as it was after the load, and is answered at once. The daemon is the only
 * judge of time: it sends SIGUSR1, then SIGKILL. */
#include "lib/job.h"
#include "worker/idle.h"
#include "worker/jail.h"
#include "worker/probe.h"
#include "worker/server.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define EXIT_USAGE 64

static void send_all(struct as_str bytes)
{
    for (size_t at = 0; at < bytes.len;) {
        ssize_t wrote = write(JAIL_SOCKET, bytes.ptr + at, bytes.len - at);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            _exit(0); /* the daemon is gone */
        at += (size_t)wrote;
    }
}

static int serve(struct server *server)
{
    for (;;) {
        size_t room;
        char *end = server_room(server, &room);
        ssize_t got = idle_read(JAIL_SOCKET, end, room);
        if (got <= 0)
            return 0;
        if (server_take(server, (size_t)got))
            return SERVER_EXIT_PROTOCOL;
    }
}

/* Everything that needs more than the jail allows, then the jail. */
static int work(pid_t parent)
{
    mallopt(M_MMAP_MAX, 0); /* one heap, grown by brk alone */
    void *page =
        mmap(NULL, sizeof(struct job_page), PROT_READ | PROT_WRITE, MAP_SHARED, JOB_PAGE_FD, 0);
    struct server *server = page == MAP_FAILED ? NULL : server_new(page, send_all);
    if (!server)
        return JOB_EXIT_NO_JAIL;
    server_make_room(server);
    return idle_prepare(JAIL_SOCKET) && jail_enter(parent) ? serve(server) : JOB_EXIT_NO_JAIL;
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--probe"))
        _exit(probe_run(argv[2]));
    if (argc == 2 && !strcmp(argv[1], "--version")) {
        puts("assay-worker " ASSAY_VERSION);
        return 0;
    }
    prctl(PR_SET_NAME, "assay-worker"); /* it was run by a descriptor, whose number is its name */
    char *end = NULL;
    long parent = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (parent <= 0 || *end) {
        fputs("usage: assay-worker PARENT-PID | --probe NAME | --version\n"
              "Started by assayd, with a socket as descriptor 3 and a page of memory as 4.\n",
              stderr);
        return EXIT_USAGE;
    }
    _exit(work((pid_t)parent));
}
