/* How fast daemon/transport is by itself: the same POST again and again, no journal, replies
 * dropped.
 *
 * bench_transport --url http://127.0.0.1:8080/v1/chat/completions --requests 9999 --concurrency 64
 *
 * Prints key=value lines. Its rate is what the whole pipeline is compared with; its CPU per request
 * is compared with the limits of libcurl that docs/architecture.md names. Exit 1 when a request got
 * no reply of status 200. */
#include "daemon/transport/transport.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct bench {
    struct loop *loop;
    struct transport *transport;
    struct model_spec spec;
    struct transport_request request;
    const char *ca_file, *model;
    unsigned long total, sent, done, failed, body_bytes;
    uint32_t *latency_us;
    char failure[256]; /* the first */
};

static void on_done(void *ctx, const struct transport_reply *reply);

static void send_next(struct bench *bench)
{
    bench->sent++;
    transport_send(bench->transport, &bench->request, on_done, bench);
}

static void on_done(void *ctx, const struct transport_reply *reply)
{
    struct bench *bench = ctx;
    const struct exchange *exchange = reply->exchange;
    bool is_good =
        !reply->rc && exchange->outcome == EXCHANGE_REPLY && exchange->http_status == 200;
    bench->latency_us[bench->done] = exchange ? (uint32_t)exchange->total_us : 0;
    if (!is_good && !bench->failed++ && exchange)
        snprintf(bench->failure, sizeof(bench->failure), "%s, status %d: %s",
                 exchange_outcome_name(exchange->outcome), exchange->http_status,
                 exchange->error.ptr);
    bench->done++;
    if (bench->sent < bench->total)
        send_next(bench);
    else if (bench->done == bench->total)
        loop_stop(bench->loop);
}

/* A chat completion request padded to the size asked for. */
static struct as_buf make_body(const struct bench *bench)
{
    static const char tail[] = "\"}]}";
    struct as_buf body = {0};
    as_buf_addf(&body, "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"",
                bench->model);
    while (body.len + sizeof(tail) <= bench->body_bytes)
        as_buf_addc(&body, 'x');
    as_buf_adds(&body, tail);
    return body;
}

static int usage(void)
{
    fprintf(stderr, "usage: bench_transport --url URL --requests N --concurrency C [--model NAME]"
                    " [--body-bytes B] [--ca-file PEM] [--http2]\n");
    return 64;
}

static bool read_options(int argc, char **argv, struct bench *bench)
{
    static const struct option options[] = {
        {"url", required_argument, NULL, 'u'},
        {"requests", required_argument, NULL, 'n'},
        {"concurrency", required_argument, NULL, 'c'},
        {"model", required_argument, NULL, 'm'},
        {"body-bytes", required_argument, NULL, 'b'},
        {"ca-file", required_argument, NULL, 'a'},
        {"http2", no_argument, NULL, '2'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'u': bench->spec.base_url = optarg; break;
        case 'n': bench->total = strtoul(optarg, NULL, 10); break;
        case 'c': bench->spec.concurrency = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'm': bench->model = optarg; break;
        case 'b': bench->body_bytes = strtoul(optarg, NULL, 10); break;
        case 'a': bench->ca_file = optarg; break;
        case '2': bench->spec.use_http2 = true; break;
        default: return false;
        }
    }
    return bench->spec.base_url && bench->total && bench->spec.concurrency && optind == argc;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double cpu_us(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 +
           (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

static void print_result(struct bench *bench, double wall_s, double used_us)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    struct transport_stats stats = transport_stats_of(bench->transport, 0);
    qsort(bench->latency_us, bench->total, sizeof(*bench->latency_us), compare);
    printf("requests=%lu\nconcurrency=%u\nfailed=%lu\n", bench->total, bench->spec.concurrency,
           bench->failed);
    printf("seconds=%.3f\nrequests_per_s=%.0f\n", wall_s, (double)bench->total / wall_s);
    printf("cpu_us_per_request=%.2f\ncpu_share=%.3f\n", used_us / (double)bench->total,
           used_us / 1e6 / wall_s);
    printf("latency_p50_us=%u\nlatency_p99_us=%u\n", bench->latency_us[bench->total / 2],
           bench->latency_us[bench->total - 1 - bench->total / 100]);
    printf("connections=%llu\nretried=%llu\npeak_rss_kb=%ld\n",
           (unsigned long long)stats.connections_opened, (unsigned long long)stats.retried,
           use.ru_maxrss);
    if (bench->failed)
        fprintf(stderr, "first failure: %s\n", bench->failure);
}

static int run(struct bench *bench)
{
    struct as_err err = {0};
    struct transport_options options = {.ca_file = bench->ca_file};
    if (loop_new(&bench->loop) || transport_new(bench->loop, &options, &bench->transport, &err)) {
        fprintf(stderr, "bench_transport: %s\n", err.msg);
        return 1;
    }
    struct as_buf body = make_body(bench);
    bench->latency_us = as_xcalloc(bench->total, sizeof(*bench->latency_us));
    bench->request = (struct transport_request){
        .lane =
            transport_lane(bench->transport, &bench->spec, "Authorization", "Bearer ", "sk-bench"),
        .method = AS_STR("POST"),
        .url = as_str_from(bench->spec.base_url),
        .body = as_buf_str(&body),
    };
    double cpu_before = cpu_us();
    uint64_t began_ns = clock_now_ns();
    while (bench->sent < bench->total && bench->sent < bench->spec.concurrency)
        send_next(bench);
    loop_run(bench->loop);
    print_result(bench, (double)(clock_now_ns() - began_ns) / 1e9, cpu_us() - cpu_before);
    transport_free(bench->transport);
    loop_free(bench->loop);
    free(bench->latency_us);
    as_buf_done(&body);
    return bench->failed ? 1 : 0;
}

int main(int argc, char **argv)
{
    struct bench bench = {
        .spec = {.name = "bench",
                 .max_attempts = 3,
                 .connect_ms = 10000,
                 .first_byte_ms = 60000,
                 .idle_ms = 60000,
                 .total_ms = 120000,
                 .backoff_ms = 100,
                 .max_age_conn_s = 25},
        .model = "sim-q95",
        .body_bytes = 1024,
    };
    return read_options(argc, argv, &bench) ? run(&bench) : usage();
}
