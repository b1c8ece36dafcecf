/* Blocking sockets, one request at a time unless a test says otherwise. */
#include "tests/unit/sim_client.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define READ_TIMEOUT_S 10
#define ARGS_MAX 16

extern char **environ;

struct sim sim_start(const char *const *args)
{
    struct sim sim = {.out = -1};
    char *argv[ARGS_MAX] = {(char *)(uintptr_t)(BIN_DIR "/assay-sim")};
    for (size_t i = 0; args && args[i]; i++)
        argv[i + 1] = (char *)(uintptr_t)args[i];
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    assert_int_equal(posix_spawn(&sim.pid, argv[0], &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    sim.out = ends[0];
    char line[128];
    size_t len = 0;
    while (len + 1 < sizeof(line) && read(sim.out, line + len, 1) == 1 && line[len] != '\n')
        len++;
    line[len] = '\0';
    unsigned port = 0;
    assert_int_equal(strncmp(line, "listening on http", 17), 0);
    assert_int_equal(sscanf(strrchr(line, ':'), ":%u", &port), 1);
    sim.port = (uint16_t)port;
    return sim;
}

struct as_buf sim_stop(struct sim *sim)
{
    struct as_buf text = {0};
    int status;
    ssize_t got;
    assert_int_equal(kill(sim->pid, SIGTERM), 0);
    while ((got = read(sim->out, as_buf_reserve(&text, 4096), 4096)) > 0)
        text.len += (size_t)got;
    as_buf_addc(&text, '\n');
    close(sim->out);
    assert_int_equal(waitpid(sim->pid, &status, 0), sim->pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    return text;
}

void sim_end(struct sim *sim)
{
    struct as_buf text = sim_stop(sim);
    as_buf_done(&text);
}

int sim_connect(const struct sim *sim)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(sim->port)};
    struct timeval limit = {.tv_sec = READ_TIMEOUT_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    return fd;
}

void send_all(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);
        assert_true(sent > 0);
        data += sent;
        len -= (size_t)sent;
    }
}

void add_request(struct as_buf *out, const char *method, const char *path, const char *headers,
                 const char *body)
{
    as_buf_addf(out, "%s %s HTTP/1.1\r\nHost: sim\r\nContent-Length: %zu\r\n%s\r\n", method, path,
                strlen(body), headers);
    as_buf_adds(out, body);
}

void send_request(int fd, const char *path, const char *headers, const char *body)
{
    struct as_buf out = {0};
    add_request(&out, "POST", path, headers, body);
    send_all(fd, out.ptr, out.len);
    as_buf_done(&out);
}

int read_reply(int fd, struct reply *ret_reply)
{
    struct reply reply = {0};
    char byte;
    ssize_t got = 1;
    while (!(reply.head.len >= 4 && !memcmp(reply.head.ptr + reply.head.len - 4, "\r\n\r\n", 4))) {
        if ((got = recv(fd, &byte, 1, 0)) <= 0)
            break;
        as_buf_addc(&reply.head, byte);
    }
    const char *length = reply.head.len ? strstr(reply.head.ptr, "Content-Length: ") : NULL;
    if (length)
        reply.promised = strtoul(length + 16, NULL, 10);
    while (got > 0 && reply.body.len < reply.promised) {
        size_t left = reply.promised - reply.body.len;
        got = recv(fd, as_buf_reserve(&reply.body, left), left, 0);
        reply.body.len += got > 0 ? (size_t)got : 0;
    }
    int error = got < 0 ? errno : 0;
    as_buf_add(&reply.body, "", 0);
    if (reply.head.len)
        sscanf(reply.head.ptr, "HTTP/1.1 %d", &reply.status);
    *ret_reply = reply;
    return error;
}

void reply_done(struct reply *reply)
{
    as_buf_done(&reply->head);
    as_buf_done(&reply->body);
}

struct reply post(int fd, const char *path, const char *headers, const char *body)
{
    struct reply reply;
    send_request(fd, path, headers, body);
    assert_int_equal(read_reply(fd, &reply), 0);
    return reply;
}

struct as_json *json_of(const struct reply *reply)
{
    struct as_json *json = NULL;
    struct as_err err = {0};
    if (as_json_parse(reply->body.ptr, reply->body.len, &json, &err))
        fail_msg("%s in: %s\nafter: %s", err.msg, reply->body.ptr, as_buf_str(&reply->head).ptr);
    return json;
}

struct as_json *at(struct as_json *tree, const char *path)
{
    char copy[128], *save = NULL;
    snprintf(copy, sizeof(copy), "%s", path);
    for (char *part = strtok_r(copy, ".", &save); part; part = strtok_r(NULL, ".", &save)) {
        bool is_index = part[0] >= '0' && part[0] <= '9' && as_json_type_of(tree) == AS_JSON_ARRAY;
        tree = is_index ? as_json_at(tree, strtoul(part, NULL, 10)) : as_json_get(tree, part);
    }
    return tree;
}

void assert_text_at(struct as_json *tree, const char *path, const char *text)
{
    const char *found = as_json_cstr(at(tree, path));
    if (!found)
        fail_msg("nothing at %s", path);
    assert_string_equal(found, text);
}

int64_t int_at(struct as_json *tree, const char *path)
{
    assert_int_equal(as_json_type_of(at(tree, path)), AS_JSON_INT);
    return as_json_int(at(tree, path), 0);
}

struct as_json *get_stats(const struct sim *sim)
{
    struct reply reply;
    struct as_buf out = {0};
    int fd = sim_connect(sim);
    add_request(&out, "GET", "/_sim/stats", "", "");
    send_all(fd, out.ptr, out.len);
    assert_int_equal(read_reply(fd, &reply), 0);
    struct as_json *stats = json_of(&reply);
    reply_done(&reply);
    as_buf_done(&out);
    close(fd);
    return stats;
}

int64_t stat_of(const struct sim *sim, const char *path)
{
    struct as_json *stats AS_CLEANUP_JSON = get_stats(sim);
    return int_at(stats, path);
}

char *chat_body(const char *model, const char *prompt)
{
    struct as_buf body = {0};
    as_buf_addf(&body, "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":", model);
    as_json_write_quoted(as_str_from(prompt), &body);
    as_buf_adds(&body, "}]}");
    return as_buf_take(&body);
}

char *ask(int fd, const char *model, const char *prompt)
{
    char *body = chat_body(model, prompt);
    struct reply reply = post(fd, OPENAI, "", body);
    if (reply.status != 200)
        fail_msg("%d: %s", reply.status, reply.body.ptr);
    struct as_json *json AS_CLEANUP_JSON = json_of(&reply);
    const char *text = as_json_cstr(at(json, "choices.0.message.content"));
    assert_non_null(text);
    char *copy = as_xstrdup(text);
    free(body);
    reply_done(&reply);
    return copy;
}

void assert_answer(int fd, const char *model, const char *prompt, const char *expected)
{
    char *text = ask(fd, model, prompt);
    assert_string_equal(text, expected);
    free(text);
}

int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
