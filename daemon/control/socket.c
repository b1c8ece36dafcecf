/* Bind, probe, lock, and peer credentials.
 *
 * Order matters: the lock is taken first, so that of two daemons that start together one is refused
 * before either touches the file. Groups come from SO_PEERGROUPS, which is what the caller's
 * process really has; no user database is asked, so nothing here can block the loop. */
#include "daemon/control/socket.h"

#include "lib/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 512 /* that many may come at once: see CONTROL_CONNECTIONS_MAX */
#define SOCKET_MODE 0666
#define GROUPS_MAX 65536 /* the kernel's NGROUPS_MAX */

static int fail_errno(struct as_err *err, const char *doing, const char *path)
{
    int code = as_err_from_errno(errno);
    return as_err_set(err, code, "cannot %s %s: %s", doing, path, strerror(errno));
}

/* The first file that is made in the socket's folder. */
static int fail_lock(struct as_err *err, const char *lock_path, const char *path)
{
    if (errno != ENOENT && errno != EACCES)
        return fail_errno(err, "open", lock_path);
    return as_err_set(err, as_err_from_errno(errno),
                      "the folder of the socket %s %s: make it for uid %u (`install -d -o USER "
                      "FOLDER`; systemd's RuntimeDirectory= does that), or set `socket` to another "
                      "path",
                      path, errno == ENOENT ? "is not there" : "cannot be written",
                      (unsigned)geteuid());
}

static int take_lock(const char *path, int *ret_fd, struct as_err *err)
{
    struct as_buf lock_path = {0};
    as_buf_addf(&lock_path, "%s.lock", path);
    int rc = 0;
    int fd = open(lock_path.ptr, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        rc = fail_lock(err, lock_path.ptr, path);
    else if (flock(fd, LOCK_EX | LOCK_NB))
        rc = errno == EWOULDBLOCK
                 ? as_err_set(err, AS_EBUSY, "another assayd already serves %s", path)
                 : fail_errno(err, "lock", lock_path.ptr);
    as_buf_done(&lock_path);
    if (rc && fd >= 0)
        close(fd);
    if (!rc)
        *ret_fd = fd;
    return rc;
}

/* Removes what a dead daemon left; refuses what somebody answers, and what is no socket. */
static int clear_path(const struct sockaddr_un *address, struct as_err *err)
{
    const char *path = address->sun_path;
    struct stat info;
    if (lstat(path, &info))
        return errno == ENOENT ? 0 : fail_errno(err, "look at", path);
    if (!S_ISSOCK(info.st_mode))
        return as_err_set(err, AS_EEXIST,
                          "%s is no socket: remove it, or set `socket` to another path", path);
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0)
        return fail_errno(err, "probe", path);
    int failed = connect(probe, (const struct sockaddr *)address, sizeof(*address));
    int why = errno;
    close(probe);
    if (!failed || why == EAGAIN) /* EAGAIN: somebody listens, and his queue is full */
        return as_err_set(err, AS_EBUSY, "another program already serves %s", path);
    if (unlink(path) && errno != ENOENT)
        return fail_errno(err, "remove the stale", path);
    return 0;
}

static int bind_socket(const struct sockaddr_un *address, struct control_socket *made,
                       struct as_err *err)
{
    const char *path = address->sun_path;
    struct stat info;
    made->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made->fd < 0)
        return fail_errno(err, "make a socket for", path);
    if (bind(made->fd, (const struct sockaddr *)address, sizeof(*address)))
        return fail_errno(err, "bind", path);
    if (chmod(path, SOCKET_MODE) || lstat(path, &info))
        return fail_errno(err, "set the mode of", path);
    made->device = info.st_dev;
    made->inode = info.st_ino;
    return listen(made->fd, BACKLOG) ? fail_errno(err, "listen at", path) : 0;
}

int control_socket_open(const char *path, struct control_socket *ret_socket, struct as_err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return as_err_set(err, AS_EINVAL, "the socket path %s is longer than %zu bytes", path,
                          sizeof(address.sun_path) - 1);
    strcpy(address.sun_path, path);
    struct control_socket made = {.fd = -1, .lock_fd = -1, .path = as_xstrdup(path)};
    int rc = take_lock(path, &made.lock_fd, err);
    if (!rc)
        rc = clear_path(&address, err);
    if (!rc)
        rc = bind_socket(&address, &made, err);
    if (rc)
        control_socket_close(&made);
    else
        *ret_socket = made;
    return rc;
}

int control_socket_adopt(int fd, struct control_socket *ret_socket, struct as_err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNSPEC};
    socklen_t len = sizeof(address);
    if (getsockname(fd, (struct sockaddr *)&address, &len) || !address.sun_path[0]) {
        close(fd);
        return as_err_set(err, AS_EINVAL,
                          "the control socket that was passed has no path: give "
                          "its unit ListenStream=/run/assay/assayd.sock");
    }
    *ret_socket =
        (struct control_socket){.fd = fd, .lock_fd = -1, .path = as_xstrdup(address.sun_path)};
    return 0;
}

void control_socket_close(struct control_socket *socket)
{
    struct stat info;
    if (socket->inode && !lstat(socket->path, &info) && info.st_ino == socket->inode &&
        info.st_dev == socket->device)
        unlink(socket->path);
    if (socket->fd >= 0)
        close(socket->fd);
    if (socket->lock_fd >= 0)
        close(socket->lock_fd); /* last: whoever waits for the lock finds the path free */
    free(socket->path);
    *socket = (struct control_socket){.fd = -1, .lock_fd = -1};
}

/* His groups beside the primary one. A kernel that cannot tell gives none: fewer rules match. */
static gid_t *peer_groups(int fd, size_t *ret_count)
{
    socklen_t bytes = 64 * sizeof(gid_t);
    gid_t *groups = as_xmalloc(bytes);
    *ret_count = 0;
    while (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &bytes)) {
        if (errno != ERANGE || bytes > GROUPS_MAX * sizeof(gid_t))
            return groups;
        groups = as_xrealloc(groups, bytes);
    }
    *ret_count = bytes / sizeof(gid_t);
    return groups;
}

static bool rule_matches(const struct role_rule *rule, const struct ucred *peer,
                         const gid_t *groups, size_t group_count)
{
    if (!rule->is_group)
        return rule->id == ROLE_ANYONE || rule->id == peer->uid;
    bool is_member = rule->id == peer->gid;
    for (size_t i = 0; i < group_count; i++)
        is_member = is_member || rule->id == groups[i];
    return is_member;
}

int control_peer_role(int fd, const struct role_rule *rules, size_t rule_count, uid_t *ret_uid,
                      enum role *ret_role)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
        return as_err_from_errno(errno);
    size_t group_count;
    AS_CLEANUP_FREE gid_t *groups = peer_groups(fd, &group_count);
    enum role role = ROLE_NONE;
    for (size_t i = 0; i < rule_count; i++)
        if (rules[i].role > role && rule_matches(&rules[i], &peer, groups, group_count))
            role = rules[i].role;
    *ret_uid = peer.uid;
    *ret_role = role;
    return 0;
}
