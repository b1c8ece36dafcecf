/* assay-sim over TLS, with a certificate made for the test: answers, keep-alive, and an orderly end
 * of idle connections, which a client must be able to tell from a cut. */
#include "tests/unit/sim_client.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char cert_path[] = "/tmp/assay-sim-cert-XXXXXX", key_path[] = "/tmp/assay-sim-key-XXXXXX";
static SSL_CTX *context;

static FILE *new_file(char *path)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    return fdopen(fd, "w");
}

/* Signs itself, for an hour, and becomes the one certificate that the client trusts. */
static int make_certificate(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    FILE *cert_file = new_file(cert_path), *key_file = new_file(key_path);
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)"127.0.0.1", -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_X509(cert_file, cert), 1);
    assert_int_equal(PEM_write_PrivateKey(key_file, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(cert_file);
    fclose(key_file);
    X509_free(cert);
    EVP_PKEY_free(key);
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    signal(SIGPIPE, SIG_IGN);
    return SSL_CTX_load_verify_locations(context, cert_path, NULL) == 1 ? 0 : -1;
}

static int remove_certificate(void **state)
{
    (void)state;
    SSL_CTX_free(context);
    unlink(cert_path);
    unlink(key_path);
    return 0;
}

static SSL *tls_connect(const struct sim *sim)
{
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, sim_connect(sim));
    assert_int_equal(SSL_connect(ssl), 1);
    return ssl;
}

static void tls_close(SSL *ssl)
{
    close(SSL_get_fd(ssl));
    SSL_free(ssl);
}

/* Returns the body; the caller frees it. */
static char *tls_ask(SSL *ssl, const char *body)
{
    struct as_buf out = {0}, in = {0};
    add_request(&out, "POST", OPENAI, "", body);
    assert_int_equal(SSL_write(ssl, out.ptr, (int)out.len), out.len);
    as_buf_add(&in, "", 0);
    size_t promised = SIZE_MAX;
    for (const char *end = NULL; !end || in.len < (size_t)(end + 4 - in.ptr) + promised;) {
        int got = SSL_read(ssl, as_buf_reserve(&in, 16384), 16384);
        assert_true(got > 0);
        in.len += (size_t)got;
        in.ptr[in.len] = '\0';
        end = strstr(in.ptr, "\r\n\r\n");
        if (end && promised == SIZE_MAX)
            promised = strtoul(strstr(in.ptr, "Content-Length: ") + 16, NULL, 10);
    }
    char *copy = as_xstrdup(strstr(in.ptr, "\r\n\r\n") + 4);
    as_buf_done(&out);
    as_buf_done(&in);
    return copy;
}

static void test_answers_over_tls_on_one_connection(void **state)
{
    (void)state;
    struct sim sim = SIM("--tls-cert", cert_path, "--tls-key", key_path);
    SSL *ssl = tls_connect(&sim);
    char *one = tls_ask(ssl, SUM_BODY "}"), *two = tls_ask(ssl, SUM_BODY "}");
    assert_non_null(strstr(one, "\"content\":\"42\""));
    assert_string_equal(one, two);
    free(one);
    free(two);
    tls_close(ssl);
    sim_end(&sim);
}

static void test_large_answers_over_tls_are_whole(void **state)
{
    (void)state;
    struct sim sim = SIM("--tls-cert", cert_path, "--tls-key", key_path, "--fault", "huge:1:4");
    SSL *ssl = tls_connect(&sim);
    char *body = tls_ask(ssl, SUM_BODY "}");
    assert_true(strlen(body) > 4u << 20);
    assert_int_equal(body[strlen(body) - 1], '}');
    free(body);
    tls_close(ssl);
    sim_end(&sim);
}

static void test_idle_end_over_tls_is_announced(void **state)
{
    (void)state;
    struct sim sim = SIM("--tls-cert", cert_path, "--tls-key", key_path, "--keepalive-ms", "50");
    SSL *ssl = tls_connect(&sim);
    char byte;
    free(tls_ask(ssl, SUM_BODY "}"));
    int got = SSL_read(ssl, &byte, 1);
    assert_int_equal(SSL_get_error(ssl, got), SSL_ERROR_ZERO_RETURN);
    tls_close(ssl);
    sim_end(&sim);
}

static void test_plain_http_on_the_tls_port_is_cut_off(void **state)
{
    (void)state;
    struct sim sim = SIM("--tls-cert", cert_path, "--tls-key", key_path);
    int fd = sim_connect(&sim);
    struct reply reply;
    send_request(fd, OPENAI, "", SUM_BODY "}");
    read_reply(fd, &reply);
    assert_int_equal(reply.status, 0);
    reply_done(&reply);
    close(fd);
    sim_end(&sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_over_tls_on_one_connection),
        cmocka_unit_test(test_large_answers_over_tls_are_whole),
        cmocka_unit_test(test_idle_end_over_tls_is_announced),
        cmocka_unit_test(test_plain_http_on_the_tls_port_is_cut_off),
    };
    return cmocka_run_group_tests(tests, make_certificate, remove_certificate);
}
