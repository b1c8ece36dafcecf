/* A wall clock that a test sets, to be preloaded into assayd: the file named by $FAKE_CLOCK holds
 * Unix seconds. When that text changes the clock is set to it; from then on it runs as the real one
 * does. The monotonic clock is the machine's. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef int (*clock_fn)(clockid_t clock, struct timespec *ret_now);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char set_to[32];
static struct timespec set_at; /* monotonic */

static int real_clock(clockid_t clock, struct timespec *ret_now)
{
    static union {
        void *address;
        clock_fn call;
    } real;
    if (!real.address)
        real.address = dlsym(RTLD_NEXT, "clock_gettime");
    return real.call(clock, ret_now);
}

static void read_setting(void)
{
    const char *path = getenv("FAKE_CLOCK");
    char text[sizeof(set_to)] = "";
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    ssize_t len = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (len <= 0 || !strcmp(text, set_to)) /* empty: it is being written */
        return;
    memcpy(set_to, text, sizeof(set_to));
    real_clock(CLOCK_MONOTONIC, &set_at);
}

int clock_gettime(clockid_t clock, struct timespec *ret_now)
{
    int rc = real_clock(clock, ret_now);
    if (rc || clock != CLOCK_REALTIME)
        return rc;
    struct timespec now;
    pthread_mutex_lock(&lock);
    read_setting();
    if (set_to[0]) {
        real_clock(CLOCK_MONOTONIC, &now);
        long long passed_ns =
            (now.tv_sec - set_at.tv_sec) * 1000000000ll + (now.tv_nsec - set_at.tv_nsec);
        ret_now->tv_sec = (time_t)(strtoll(set_to, NULL, 10) + passed_ns / 1000000000);
        ret_now->tv_nsec = (long)(passed_ns % 1000000000);
    }
    pthread_mutex_unlock(&lock);
    return 0;
}
