/* A scripted HTTP server on loopback for the tests: real sockets, a thread per connection, any
 * bytes as a reply.
 *
 * The test gives one function that answers a request; it may stall, cut, reset or flood. Plain or
 * TLS (a self-signed certificate made on the spot). Counters may be read at any time from the
 * test's thread. */
#ifndef TESTS_UNIT_HTTP_SERVER_H
#define TESTS_UNIT_HTTP_SERVER_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define HTTP_SERVER_REQUEST_MAX 65536

struct http_server;

struct http_peer { /* one connection, one request of it */
    struct http_server *server;
    int fd;
    SSL *ssl;
    unsigned connection;                    /* 1 is the first of the server */
    unsigned request;                       /* 1 is the first of the server */
    unsigned nth;                           /* 1 is the first on this connection */
    char text[HTTP_SERVER_REQUEST_MAX + 1]; /* the request, head and body */
    size_t len;
    bool is_busy; /* its reply has not begun */
};

/* Answers peer->text. False: close the connection now. */
typedef bool (*http_answer_fn)(struct http_peer *peer);

struct http_server_options {
    http_answer_fn answer;
    void *ctx;
    unsigned idle_close_ms; /* closes a connection that is silent so long; 0 = never */
    bool use_tls;
};

struct http_server {
    struct http_server_options options;
    int listen_fd;
    int port;
    pthread_t acceptor;
    SSL_CTX *tls;
    char cert_path[64], key_path[64]; /* PEM files of a TLS server, for whoever should trust it */
    char base_url[64];
    pthread_mutex_t lock; /* of the connection threads */
    pthread_t *threads;
    int *fds; /* -1: closed */
    unsigned thread_count;
    /* hung_up: by the client */
    atomic_uint connections, requests, busy, busy_max, idle_closed, hung_up;
    atomic_bool is_stopping;
};

void http_server_start(struct http_server *server, const struct http_server_options *options);
void http_server_stop(struct http_server *server); /* closes everything and joins the threads */

void http_peer_write(struct http_peer *peer, const void *data, size_t len);
void http_peer_printf(struct http_peer *peer, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void http_peer_reply(struct http_peer *peer, int status, const char *extra_headers,
                     const char *body);
void http_peer_reset(struct http_peer *peer); /* the next close sends RST */
void http_peer_wait(struct http_peer *peer);  /* until the client hangs up or the server stops */
void http_peer_sleep_ms(unsigned ms);

#endif
