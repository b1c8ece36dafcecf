/* The scripted server: one acceptor, one thread a connection, blocking reads and writes. */
#include "tests/unit/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MUST(cond) ((cond) ? (void)0 : must_fail(#cond, __LINE__))

static void must_fail(const char *what, int line)
{
    fprintf(stderr, "http_server.c:%d: %s: %s\n", line, what, strerror(errno));
    abort();
}

void http_peer_sleep_ms(unsigned ms)
{
    struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&time, NULL);
}

static ssize_t peer_read(struct http_peer *peer, char *data, size_t len)
{
    return peer->ssl ? SSL_read(peer->ssl, data, (int)len) : recv(peer->fd, data, len, 0);
}

/* From the first byte of the reply on: the client may send the next request when it has the
 * last. */
static void leave_busy(struct http_peer *peer)
{
    if (peer->is_busy)
        atomic_fetch_sub(&peer->server->busy, 1);
    peer->is_busy = false;
}

void http_peer_write(struct http_peer *peer, const void *data, size_t len)
{
    const char *at = data;
    leave_busy(peer);
    while (len) {
        ssize_t sent =
            peer->ssl ? SSL_write(peer->ssl, at, (int)len) : send(peer->fd, at, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        at += sent;
        len -= (size_t)sent;
    }
}

void http_peer_printf(struct http_peer *peer, const char *fmt, ...)
{
    char text[4096];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    MUST(len >= 0 && (size_t)len < sizeof(text));
    http_peer_write(peer, text, (size_t)len);
}

void http_peer_reply(struct http_peer *peer, int status, const char *extra_headers,
                     const char *body)
{
    http_peer_printf(peer, "HTTP/1.1 %d Said\r\nContent-Length: %zu\r\n%s\r\n%s", status,
                     strlen(body), extra_headers, body);
}

void http_peer_reset(struct http_peer *peer)
{
    struct linger hard = {1, 0};
    setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
}

void http_peer_wait(struct http_peer *peer)
{
    struct pollfd poll_fd = {.fd = peer->fd, .events = POLLRDHUP};
    while (!atomic_load(&peer->server->is_stopping) && poll(&poll_fd, 1, 20) == 0)
        continue;
}

/* The length of a whole request at the start of text, or 0. */
static size_t request_length(const char *text, size_t len)
{
    const char *end = strstr(text, "\r\n\r\n");
    if (!end)
        return 0;
    size_t head = (size_t)(end + 4 - text), body = 0;
    for (const char *line = strchr(text, '\n'); line && line < end; line = strchr(line + 1, '\n'))
        if (!strncasecmp(line + 1, "content-length:", 15))
            body = strtoul(line + 16, NULL, 10);
    return len >= head + body ? head + body : 0;
}

/* False: the connection is over. */
static bool read_request(struct http_peer *peer)
{
    peer->len = 0;
    for (;;) {
        int wait_ms =
            peer->server->options.idle_close_ms ? (int)peer->server->options.idle_close_ms : -1;
        struct pollfd poll_fd = {.fd = peer->fd, .events = POLLIN};
        bool has_bytes = peer->ssl && SSL_pending(peer->ssl) > 0;
        if (!has_bytes && poll(&poll_fd, 1, wait_ms) == 0) {
            atomic_fetch_add(&peer->server->idle_closed, 1);
            return false;
        }
        ssize_t got = peer_read(peer, peer->text + peer->len, HTTP_SERVER_REQUEST_MAX - peer->len);
        if (got <= 0) {
            atomic_fetch_add(&peer->server->hung_up, 1);
            return false;
        }
        peer->len += (size_t)got;
        peer->text[peer->len] = '\0';
        if (request_length(peer->text, peer->len))
            return true;
    }
}

static bool answer_one(struct http_peer *peer)
{
    struct http_server *server = peer->server;
    peer->request = atomic_fetch_add(&server->requests, 1) + 1;
    peer->nth++;
    unsigned busy = atomic_fetch_add(&server->busy, 1) + 1;
    unsigned seen = atomic_load(&server->busy_max);
    while (busy > seen && !atomic_compare_exchange_weak(&server->busy_max, &seen, busy))
        continue;
    peer->is_busy = true;
    bool goes_on = server->options.answer(peer);
    leave_busy(peer);
    return goes_on;
}

static void *run_connection(void *ctx)
{
    struct http_peer *peer = ctx;
    struct http_server *server = peer->server;
    bool is_open = true;
    if (server->tls) {
        peer->ssl = SSL_new(server->tls);
        SSL_set_fd(peer->ssl, peer->fd);
        is_open = SSL_accept(peer->ssl) == 1;
    }
    while (is_open && read_request(peer) && answer_one(peer))
        continue;
    if (peer->ssl) {
        if (is_open)
            SSL_shutdown(peer->ssl);
        SSL_free(peer->ssl);
    }
    pthread_mutex_lock(&server->lock);
    server->fds[peer->connection - 1] = -1;
    close(peer->fd);
    pthread_mutex_unlock(&server->lock);
    free(peer);
    return NULL;
}

static void add_connection(struct http_server *server, int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    struct http_peer *peer = calloc(1, sizeof(*peer));
    MUST(peer);
    pthread_mutex_lock(&server->lock);
    unsigned index = server->thread_count++;
    server->threads = realloc(server->threads, server->thread_count * sizeof(*server->threads));
    server->fds = realloc(server->fds, server->thread_count * sizeof(*server->fds));
    MUST(server->threads && server->fds);
    server->fds[index] = fd;
    *peer = (struct http_peer){.server = server, .fd = fd, .connection = index + 1};
    atomic_store(&server->connections, index + 1);
    MUST(pthread_create(&server->threads[index], NULL, run_connection, peer) == 0);
    pthread_mutex_unlock(&server->lock);
}

static void *run_acceptor(void *ctx)
{
    struct http_server *server = ctx;
    for (;;) {
        int fd = accept(server->listen_fd, NULL, NULL);
        if (fd < 0)
            return NULL;
        add_connection(server, fd);
    }
}

static X509 *self_signed(EVP_PKEY *key)
{
    X509 *cert = X509_new();
    MUST(cert);
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME *name = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
                               0);
    X509_set_issuer_name(cert, name);
    X509_EXTENSION *alt =
        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    MUST(alt && X509_add_ext(cert, alt, -1));
    X509_EXTENSION_free(alt);
    MUST(X509_sign(cert, key, EVP_sha256()));
    return cert;
}

static FILE *temporary(char path[64])
{
    snprintf(path, 64, "/tmp/assay-test-XXXXXX");
    int fd = mkstemp(path);
    MUST(fd >= 0);
    return fdopen(fd, "w");
}

static void set_up_tls(struct http_server *server)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    MUST(key);
    X509 *cert = self_signed(key);
    server->tls = SSL_CTX_new(TLS_server_method());
    MUST(server->tls && SSL_CTX_use_certificate(server->tls, cert) == 1 &&
         SSL_CTX_use_PrivateKey(server->tls, key) == 1);
    FILE *cert_file = temporary(server->cert_path), *key_file = temporary(server->key_path);
    MUST(PEM_write_X509(cert_file, cert) == 1);
    MUST(PEM_write_PrivateKey(key_file, key, NULL, NULL, 0, NULL, NULL) == 1);
    fclose(cert_file);
    fclose(key_file);
    X509_free(cert);
    EVP_PKEY_free(key);
}

void http_server_start(struct http_server *server, const struct http_server_options *options)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    signal(SIGPIPE, SIG_IGN);
    memset(server, 0, sizeof(*server));
    server->options = *options;
    pthread_mutex_init(&server->lock, NULL);
    if (options->use_tls)
        set_up_tls(server);
    server->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    MUST(bind(server->listen_fd, (struct sockaddr *)&address, size) == 0);
    MUST(listen(server->listen_fd, 1024) == 0);
    MUST(getsockname(server->listen_fd, (struct sockaddr *)&address, &size) == 0);
    server->port = ntohs(address.sin_port);
    snprintf(server->base_url, sizeof(server->base_url), "%s://127.0.0.1:%d",
             options->use_tls ? "https" : "http", server->port);
    MUST(pthread_create(&server->acceptor, NULL, run_acceptor, server) == 0);
}

void http_server_stop(struct http_server *server)
{
    atomic_store(&server->is_stopping, true);
    shutdown(server->listen_fd, SHUT_RDWR);
    pthread_join(server->acceptor, NULL);
    close(server->listen_fd);
    pthread_mutex_lock(&server->lock);
    for (unsigned i = 0; i < server->thread_count; i++)
        if (server->fds[i] >= 0)
            shutdown(server->fds[i], SHUT_RDWR);
    pthread_mutex_unlock(&server->lock);
    for (unsigned i = 0; i < server->thread_count; i++)
        pthread_join(server->threads[i], NULL);
    if (server->tls) {
        SSL_CTX_free(server->tls);
        unlink(server->cert_path);
        unlink(server->key_path);
    }
    pthread_mutex_destroy(&server->lock);
    free(server->threads);
    free(server->fds);
}
