/* What the tests of transport share: a loop, a scripted server, a journal in memory, a transport
 * with one lane, and the results. */
#ifndef TESTS_UNIT_TRANSPORT_FIXTURE_H
#define TESTS_UNIT_TRANSPORT_FIXTURE_H

#include "daemon/transport/transport.h"
#include "tests/unit/fake_journal.h"
#include "tests/unit/http_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define FIXTURE_RESULTS_MAX 512
#define FIXTURE_KEY "sk-canary-4711"

struct fixture_result {
    struct fixture *fixture;
    unsigned fired; /* times that done fired */
    unsigned order; /* 1 fired first */
    int rc;
    struct exchange exchange; /* strings are gone, but for: */
    char body[64], error[256];
    bool is_from_journal;
    uint32_t attempts;
    unsigned appends_before;   /* what the journal had been given when done fired */
    bool is_done_sending_more; /* send one more from within done */
};

struct fixture {
    struct loop *loop;
    struct http_server server;
    struct fake_journal journal;
    struct transport *transport;
    struct model_spec spec;
    const char *key; /* of the lane; NULL by default */
    uint64_t lane;
    struct fixture_result results[FIXTURE_RESULTS_MAX];
    unsigned sent, fired;
    char url[192];
};

/* Starts a server and a transport with a journal. The lane opens at the first send: change f->spec
 * and f->key before it. */
void fixture_start(struct fixture *f, http_answer_fn answer);
void fixture_start_with(struct fixture *f, const struct http_server_options *options);
void fixture_stop(struct fixture *f);
void fixture_lane(struct fixture *f); /* (re)opens the lane with f->spec and f->key */

/* base_url + path; good until the next call */
struct as_str fixture_url(struct fixture *f, const char *path);
/* POST base_url/v1/x; its result is results[n] in order of sending */
uint64_t fixture_send(struct fixture *f, const char *body);
uint64_t fixture_send_request(struct fixture *f, const struct transport_request *request);
void fixture_wait(struct fixture *f, unsigned fired); /* until so many have fired */
/* until the server has seen so many */
void fixture_wait_requests(struct fixture *f, unsigned requests);
void fixture_wait_ms(struct fixture *f, unsigned ms);
/* send, wait, the result */
struct fixture_result *fixture_get(struct fixture *f, const char *body);

bool answer_ok(struct http_peer *peer);         /* 200 with "ok" */
bool answer_never(struct http_peer *peer);      /* waits until the client hangs up */
bool answer_overloaded(struct http_peer *peer); /* 529 */

#endif
