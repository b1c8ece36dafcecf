/* A control server with toy handlers on a real socket in a folder of its own, and clients that talk
 * to it: what test_control and test_control_socket share. Server and clients live in one thread: a
 * helper that waits turns the loop, and a timer sees to it that a turn ends. */
#ifndef TESTS_UNIT_CONTROL_TOY_H
#define TESTS_UNIT_CONTROL_TOY_H

#include "daemon/control/server.h"

#define TOY_PARKED_MAX 256
#define TOY_CALL(id, method, params) \
    "{\"jsonrpc\":\"2.0\",\"id\":" #id ",\"method\":\"" method "\",\"params\":{" params "}}\n"
#define STATUS_CALL TOY_CALL(1, "daemon.status", "")
/* Stays open until toy_answer_parked. */
#define PARK_CALL(id) TOY_CALL(id, "run.show", "\"run\":1")
#define WATCH_CALL TOY_CALL(1, "run.watch", "\"run\":1") /* leaves its connection in watcher */
#define LONG_CALL TOY_CALL(1, "row.show", "\"run\":1,\"case\":\"c\"") /* an answer of 2 MiB */
#define NOTICES_CALL TOY_CALL(1, "row.list", "\"run\":1") /* 100 notices of 200 KiB at once */

#define TOY_ROUTES_MAX 128 /* with the end; more methods than that fail the set-up */

/* What the handlers saw. Any method but the ones above is answered with AS_ENOENT. */
struct toy {
    struct loop *loop;
    struct control_server *server;
    char dir[64], path[96];
    struct control_route routes[TOY_ROUTES_MAX];
    struct role_rule rules[4]; /* at first: admin for ourselves */
    size_t rule_count;
    struct control_call *parked[TOY_PARKED_MAX];
    size_t parked_count;
    size_t status_calls;
    size_t closed_count;
    uint64_t closed_id;
    uint64_t watcher;
    size_t calls_before_watch; /* status_calls at that time */
    bool is_in_handler;
    struct loop_timer *watchdog;
};

int toy_setup(void **state); /* a struct toy without a server */
int toy_teardown(void **state);
void toy_start(struct toy *toy); /* fails the test when the server does not start */
int toy_try_start(struct toy *toy, struct control_server **ret_server,
                  struct as_err *err) AS_MUST_USE;
void toy_turn_until_parked(struct toy *toy, size_t count);
void toy_answer_parked(struct toy *toy);

struct client {
    int fd;
    struct as_buf in;
    bool is_at_end;
};

int client_socket(void); /* not connected yet */
void client_connect(const struct toy *toy, int fd);
struct client client_new(const struct toy *toy);
void client_done(struct client *client);
/* False when the server has closed before it took everything. */
bool client_send(struct toy *toy, struct client *client, const char *data, size_t len);
void client_say(struct toy *toy, struct client *client, const char *text);
/* Each waits for the next line; the server closing first fails the test. */
struct proto_message client_next(struct toy *toy, struct client *client);
void expect_result(struct toy *toy, struct client *client, int64_t id);
void expect_error(struct toy *toy, struct client *client, int code, const char *fragment);
void expect_end(struct toy *toy, struct client *client);

#endif
