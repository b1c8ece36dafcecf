/* The sockets, timers and turns of libcurl.
 *
 * Registration in the epoll set is lazy. When libcurl lets go of a socket, it stays registered: on
 * a kept-alive connection it will be wanted again at the next request, which then costs no system
 * call. The first event that nobody wants removes it. The table of descriptors is the truth about
 * what is registered; an event for a descriptor that was closed meanwhile finds an empty entry.
 * Only sockets whose closing we see may stay registered: a number that is used again would seem to
 * be registered already.
 *
 * A shard is dirty when it may have finished transfers or was promised a call ("kick"). mux_settle
 * works dirty shards off in rounds; a bound on the rounds keeps a storm of instant failures from
 * holding up the loop, and a 0 ms timer carries on from there. */
#include "daemon/transport/mux.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_PER_CALL 256
#define ROUNDS_MAX 16

struct mux_fd {
    struct mux_shard *shard;     /* NULL: not a socket of ours, or closed */
    uint32_t wanted, registered; /* EPOLLIN, EPOLLOUT */
    /* opened by on_open; others (the name resolver's) are closed without a word to us */
    bool is_connection;
};

struct mux_shard {
    struct mux *mux;
    CURLM *multi;
    struct loop_timer *timer;
    struct mux_shard *next_dirty;
    bool is_dirty, is_kicked;
};

struct mux {
    struct loop *loop;
    struct mux_events events;
    struct loop_poll *poll;
    struct loop_timer *net; /* carries on when a settle stopped early */
    struct mux_shard *dirty;
    struct mux_fd *fds; /* by descriptor */
    size_t fd_count;
    int epoll_fd;
    bool is_settling;
};

static void touch(struct mux_shard *shard)
{
    if (shard->is_dirty)
        return;
    shard->is_dirty = true;
    shard->next_dirty = shard->mux->dirty;
    shard->mux->dirty = shard;
}

static void kick(struct mux_shard *shard)
{
    shard->is_kicked = true;
    touch(shard);
}

static struct mux_fd *fd_entry(struct mux *mux, int fd)
{
    if ((size_t)fd >= mux->fd_count) {
        size_t count = mux->fd_count ? mux->fd_count : 64;
        while (count <= (size_t)fd)
            count *= 2;
        mux->fds = as_xrealloc(mux->fds, count * sizeof(*mux->fds));
        for (size_t i = mux->fd_count; i < count; i++)
            mux->fds[i] = (struct mux_fd){0};
        mux->fd_count = count;
    }
    return &mux->fds[fd];
}

/* Makes the epoll set agree with what is wanted of fd. */
static void fd_register(struct mux *mux, int fd, struct mux_fd *entry)
{
    if (entry->registered == entry->wanted)
        return;
    int op = !entry->wanted ? EPOLL_CTL_DEL : entry->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    struct epoll_event event = {.events = entry->wanted, .data.fd = fd};
    int rc = epoll_ctl(mux->epoll_fd, op, fd, &event);
    entry->registered = rc == 0 ? entry->wanted : 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
    (void)easy;
    (void)socket_ctx;
    struct mux_shard *shard = ctx;
    struct mux_fd *entry = fd_entry(shard->mux, fd);
    entry->shard = shard;
    entry->wanted = what == CURL_POLL_REMOVE ? 0
                                             : (what & CURL_POLL_IN ? EPOLLIN : 0u) |
                                                   (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    if (entry->wanted || !entry->is_connection)
        fd_register(shard->mux, fd, entry);
    return 0;
}

/* Close-on-exec, which libcurl does not ask for: a worker must not inherit a connection that
 * carries a key. */
static curl_socket_t on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    *fd_entry(ctx, fd) = (struct mux_fd){.is_connection = true};
    return fd;
}

static int on_close(void *ctx, curl_socket_t fd)
{
    struct mux *mux = ctx;
    struct mux_fd *entry = fd_entry(mux, fd);
    entry->wanted = 0;
    fd_register(mux, fd, entry);
    *entry = (struct mux_fd){0};
    return close(fd);
}

/* Called inside libcurl, where it must not be called back: a wish for 0 ms is noted for
 * mux_settle. */
static int on_timeout_wish(CURLM *multi, long timeout_ms, void *ctx)
{
    (void)multi;
    struct mux_shard *shard = ctx;
    if (timeout_ms > 0) {
        loop_timer_start(shard->timer, (uint64_t)timeout_ms);
        return 0;
    }
    loop_timer_stop(shard->timer);
    if (timeout_ms == 0)
        kick(shard);
    return 0;
}

static void collect_done(struct mux_shard *shard)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(shard->multi, &left))) {
        char *easy_private = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &easy_private);
        shard->mux->events.done(easy_private, message->data.result);
    }
}

static void settle_round(struct mux *mux)
{
    struct mux_shard *list = mux->dirty;
    mux->dirty = NULL;
    while (list) {
        struct mux_shard *shard = list;
        list = shard->next_dirty;
        bool is_kicked = shard->is_kicked;
        shard->is_dirty = shard->is_kicked = false;
        int running;
        if (is_kicked)
            curl_multi_socket_action(shard->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        collect_done(shard);
    }
}

void mux_settle(struct mux *mux)
{
    if (mux->is_settling)
        return;
    mux->is_settling = true;
    int rounds = 0;
    do {
        settle_round(mux);
        mux->events.pump(mux->events.ctx);
    } while (mux->dirty && ++rounds < ROUNDS_MAX);
    if (mux->dirty)
        loop_timer_start(mux->net, 0);
    mux->is_settling = false;
}

static void on_net(void *ctx)
{
    mux_settle(ctx);
}

static void on_shard_timer(void *ctx)
{
    struct mux_shard *shard = ctx;
    kick(shard);
    mux_settle(shard->mux);
}

static void on_socket_event(struct mux *mux, int fd, uint32_t events)
{
    struct mux_fd *entry = fd_entry(mux, fd);
    if (!entry->wanted) { /* kept registered in vain, or closed by an earlier event of this call */
        fd_register(mux, fd, entry);
        return;
    }
    int mask = (events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
               (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
               (events & EPOLLERR ? CURL_CSELECT_ERR : 0);
    int running;
    struct mux_shard *shard = entry->shard;
    curl_multi_socket_action(shard->multi, fd, mask, &running);
    touch(shard);
}

static void on_readable(void *ctx, int poll_events)
{
    (void)poll_events;
    struct mux *mux = ctx;
    struct epoll_event events[EVENTS_PER_CALL];
    int count = epoll_wait(mux->epoll_fd, events, EVENTS_PER_CALL, 0);
    for (int i = 0; i < count; i++)
        on_socket_event(mux, events[i].data.fd, events[i].events);
    mux_settle(mux);
}

int mux_new(struct loop *loop, const struct mux_events *events, struct mux **ret_mux)
{
    struct mux *mux = as_xcalloc(1, sizeof(*mux));
    mux->loop = loop;
    mux->events = *events;
    mux->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    int rc = mux->epoll_fd < 0 ? as_err_from_errno(errno) : 0;
    if (!rc)
        rc = loop_poll_new(loop, mux->epoll_fd, on_readable, mux, &mux->poll);
    if (rc) {
        if (mux->epoll_fd >= 0)
            close(mux->epoll_fd);
        free(mux);
        return rc;
    }
    loop_poll_set(mux->poll, LOOP_READABLE);
    mux->net = loop_timer_new(loop, on_net, mux);
    *ret_mux = mux;
    return 0;
}

void mux_free(struct mux *mux)
{
    if (!mux)
        return;
    loop_timer_free(mux->net);
    loop_poll_free(mux->poll);
    close(mux->epoll_fd);
    free(mux->fds);
    free(mux);
}

struct mux_shard *mux_shard_new(struct mux *mux, uint32_t max_connections)
{
    struct mux_shard *shard = as_xcalloc(1, sizeof(*shard));
    shard->mux = mux;
    shard->timer = loop_timer_new(mux->loop, on_shard_timer, shard);
    shard->multi = curl_multi_init();
    AS_ASSERT(shard->multi);
    curl_multi_setopt(shard->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(shard->multi, CURLMOPT_SOCKETDATA, shard);
    curl_multi_setopt(shard->multi, CURLMOPT_TIMERFUNCTION, on_timeout_wish);
    curl_multi_setopt(shard->multi, CURLMOPT_TIMERDATA, shard);
    /* how many it may keep alive: fewer than transfers at a time would close and reopen connections
     * all day */
    curl_multi_setopt(shard->multi, CURLMOPT_MAXCONNECTS, (long)max_connections);
    return shard;
}

static void forget_dirty(struct mux_shard *shard)
{
    struct mux_shard **at = &shard->mux->dirty;
    while (*at && *at != shard)
        at = &(*at)->next_dirty;
    if (*at)
        *at = shard->next_dirty;
}

void mux_shard_free(struct mux_shard *shard)
{
    curl_multi_cleanup(shard->multi);
    forget_dirty(shard);
    loop_timer_free(shard->timer);
    free(shard);
}

void mux_prepare(struct mux *mux, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, mux);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, mux);
}

void mux_add(struct mux_shard *shard, CURL *easy)
{
    CURLMcode code = curl_multi_add_handle(shard->multi, easy);
    AS_ASSERT(code == CURLM_OK);
}

void mux_remove(struct mux_shard *shard, CURL *easy)
{
    CURLMcode code = curl_multi_remove_handle(shard->multi, easy);
    AS_ASSERT(code == CURLM_OK);
}
