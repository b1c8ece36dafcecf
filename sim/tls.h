/* TLS for the connections of assay-sim, between two memory buffers: no socket is touched here.
 *
 * A struct tls_server holds the certificate and lives as long as the server; each connection has a
 * struct tls of its own. Bytes from the wire go in with tls_feed, plain bytes come out of tls_open;
 * plain bytes go in with tls_seal. Whatever must go to the wire, a handshake too, is appended to a
 * buffer of the caller, in order. */
#ifndef SIM_TLS_H
#define SIM_TLS_H

#include "lib/buf.h"

struct tls_server;
struct tls;

/* PEM files. AS_EINVAL and a sentence when they cannot be used together. */
int tls_server_new(const char *cert_file, const char *key_file, struct tls_server **ret_server,
                   struct as_err *err) AS_MUST_USE;
void tls_server_free(struct tls_server *server); /* NULL is fine */

struct tls *tls_new(struct tls_server *server);
void tls_free(struct tls *tls); /* NULL is fine */

void tls_feed(struct tls *tls, const char *data, size_t len);
/* Up to cap plain bytes. 0: no more for now; AS_EPROTO: the peer broke off or broke the protocol.
 */
int tls_open(struct tls *tls, char *plain, size_t cap);
/* Encrypts the bytes and appends what is due for the wire. */
void tls_seal(struct tls *tls, struct as_str plain, struct as_buf *out);
/* Says goodbye, so that the peer can tell the end from a cut. */
void tls_end(struct tls *tls, struct as_buf *out);

#endif
