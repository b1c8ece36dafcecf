/* What assayd and a service manager of systemd's protocol say to each other: readiness, reloads, a
 * sentence of status and the watchdog one way, a listening socket the other.
 *
 * Owned by daemon/app.c for as long as the loop. The environment is read once, in systemd_new, and
 * what was read is emptied there, so that no child takes it for its own. Without a service
 * manager (NOTIFY_SOCKET is not set) every message goes nowhere and costs nothing. A message that
 * cannot be sent is logged, never waited for longer than SYSTEMD_SEND_MAX_MS, and never a reason to
 * end. */
#ifndef DAEMON_CORE_SYSTEMD_H
#define DAEMON_CORE_SYSTEMD_H

#include "daemon/core/loop.h"

#define SYSTEMD_SEND_MAX_MS 1000
#define SYSTEMD_FIRST_FD 3            /* of those that are passed: sd_listen_fds(3) */
#define SYSTEMD_SOCKET_NAME "control" /* FileDescriptorName= of ours, among several */

struct systemd;

/* Does the journal read what is written to stderr? It notes the time and the level of each line. */
bool systemd_reads_stderr(void);

/* Begins to feed the watchdog, if there is one (WATCHDOG_USEC): twice in its time, by a timer of
 * the loop, so that a loop that hangs misses it. AS_EINVAL: the sockets that were passed
 * (LISTEN_FDS) are not what assayd can use; err says which unit file to look at. */
int systemd_new(struct loop *loop, struct systemd **ret_systemd, struct as_err *err) AS_MUST_USE;
void systemd_free(struct systemd *systemd); /* closes the listening socket, if it was not taken */

/* The listening Unix stream socket that was passed, close-on-exec and not blocking; the caller's
 * from here on. -1: none was. Its file is the service manager's: not ours to remove or chmod. */
int systemd_take_socket(struct systemd *systemd);

/* status is one line for people (`systemctl status`). */
void systemd_ready(struct systemd *systemd, const char *status);
void systemd_reloading(struct systemd *systemd); /* systemd_ready ends it */
/* The end will take no longer than that, in milliseconds. */
void systemd_stopping(struct systemd *systemd, const char *status, uint64_t limit_ms);

#endif
