/* assay-sim as a program, and a plain HTTP client: what the sim tests are made of.
 *
 * Every function fails the running test instead of returning an error. A read that takes more than
 * ten seconds fails it too. What a function returns as a struct reply, a struct as_json, a char *
 * or a struct as_buf belongs to the caller. */
#ifndef TESTS_SIM_CLIENT_H
#define TESTS_SIM_CLIENT_H

#include "lib/buf.h"
#include "lib/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#define OPENAI "/v1/chat/completions"
#define ANTHROPIC "/v1/messages"
#define GEMINI(model) "/v1beta/models/" model ":generateContent"
#define VERSION "anthropic-version: 2023-06-01\r\n"
/* A request that sim-q100 answers with 42; the caller closes the object. */
#define SUM_BODY \
    "{\"model\":\"sim-q100\",\"messages\":[{\"role\":\"user\",\"content\":\"What is 17 + 25?\"}]"

struct sim {
    pid_t pid;
    uint16_t port;
    int out; /* its stdout */
};

/* Starts BIN_DIR/assay-sim on a free port; args end with NULL, and may be NULL. */
struct sim sim_start(const char *const *args);
#define SIM(...) sim_start((const char *const[]){__VA_ARGS__, NULL})
/* Ends it by SIGTERM, demands exit code 0, and gives what it printed after its first line. */
struct as_buf sim_stop(struct sim *sim);
void sim_end(struct sim *sim); /* the same, without the text */

struct reply {
    int status;
    struct as_buf head;
    struct as_buf body;
    size_t promised; /* Content-Length */
};

int sim_connect(const struct sim *sim);
void send_all(int fd, const char *data, size_t len);
void add_request(struct as_buf *out, const char *method, const char *path, const char *headers,
                 const char *body);
void send_request(int fd, const char *path, const char *headers, const char *body);
/* Reads up to the end of the body, or of the connection. Returns 0, or the errno of the read. */
int read_reply(int fd, struct reply *ret_reply);
void reply_done(struct reply *reply);
struct reply post(int fd, const char *path, const char *headers, const char *body);

struct as_json *json_of(const struct reply *reply);
/* "a.0.b" names a place in a tree; NULL when there is nothing. */
struct as_json *at(struct as_json *tree, const char *path);
void assert_text_at(struct as_json *tree, const char *path, const char *text);
int64_t int_at(struct as_json *tree, const char *path);

struct as_json *get_stats(const struct sim *sim);
int64_t stat_of(const struct sim *sim, const char *path);

/* {"model": ..., "messages": [{"role": "user", "content": prompt}]} */
char *chat_body(const char *model, const char *prompt);
/* The answer's text, by the OpenAI format. */
char *ask(int fd, const char *model, const char *prompt);
void assert_answer(int fd, const char *model, const char *prompt, const char *expected);

int64_t now_ms(void);

#endif
