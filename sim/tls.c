/* OpenSSL with memory BIOs. A memory BIO takes all that is written to it, so that a write never has
 * to be tried again; a peer that renegotiates cannot happen, as it is switched off. */
#include "sim/tls.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>

struct tls_server {
    SSL_CTX *context;
};

struct tls {
    SSL *ssl;
    BIO *from_wire, *to_wire; /* owned by ssl */
};

int tls_server_new(const char *cert_file, const char *key_file, struct tls_server **ret_server,
                   struct as_err *err)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    AS_ASSERT(context);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    if (SSL_CTX_use_certificate_chain_file(context, cert_file) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        const char *why = ERR_reason_error_string(ERR_get_error());
        SSL_CTX_free(context);
        return as_err_set(err, AS_EINVAL, "cannot use certificate %s with key %s: %s", cert_file,
                          key_file, why ? why : "unknown reason");
    }
    struct tls_server *server = as_xcalloc(1, sizeof(*server));
    server->context = context;
    *ret_server = server;
    return 0;
}

void tls_server_free(struct tls_server *server)
{
    if (!server)
        return;
    SSL_CTX_free(server->context);
    free(server);
}

struct tls *tls_new(struct tls_server *server)
{
    struct tls *tls = as_xcalloc(1, sizeof(*tls));
    tls->ssl = SSL_new(server->context);
    tls->from_wire = BIO_new(BIO_s_mem());
    tls->to_wire = BIO_new(BIO_s_mem());
    AS_ASSERT(tls->ssl && tls->from_wire && tls->to_wire);
    SSL_set_bio(tls->ssl, tls->from_wire, tls->to_wire);
    SSL_set_accept_state(tls->ssl);
    return tls;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    SSL_free(tls->ssl);
    free(tls);
}

void tls_feed(struct tls *tls, const char *data, size_t len)
{
    AS_ASSERT(len <= INT_MAX);
    int taken = BIO_write(tls->from_wire, data, (int)len);
    AS_ASSERT(taken == (int)len);
}

int tls_open(struct tls *tls, char *plain, size_t cap)
{
    ERR_clear_error();
    int got = SSL_read(tls->ssl, plain, cap < INT_MAX ? (int)cap : INT_MAX);
    if (got > 0)
        return got;
    return SSL_get_error(tls->ssl, got) == SSL_ERROR_WANT_READ ? 0 : AS_EPROTO;
}

static void drain(struct tls *tls, struct as_buf *out)
{
    size_t due = BIO_ctrl_pending(tls->to_wire);
    if (!due)
        return;
    int got = BIO_read(tls->to_wire, as_buf_reserve(out, due), (int)due);
    AS_ASSERT(got == (int)due);
    out->len += due;
}

void tls_seal(struct tls *tls, struct as_str plain, struct as_buf *out)
{
    size_t written = 0;
    ERR_clear_error();
    if (plain.len && SSL_write_ex(tls->ssl, plain.ptr, plain.len, &written) != 1)
        return; /* the handshake failed or the peer is gone: the next tls_open says so */
    drain(tls, out);
}

void tls_end(struct tls *tls, struct as_buf *out)
{
    ERR_clear_error();
    if (SSL_is_init_finished(tls->ssl))
        SSL_shutdown(tls->ssl);
    drain(tls, out);
}
