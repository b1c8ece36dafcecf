/* Where the worker differs from a usual program: what it takes from libc and lib/err.h, done
 * without a system call.
 *
 * There is neither clock nor chance: Lua picks sort pivots by time() and clock(), and seeds its
 * string hashes, which give pairs its order, from the time and from addresses. Scores must not
 * depend on any of it. The linker sends all calls of the three functions here (--wrap); of
 * luaS_hash that is the one call outside its own file, which makes the seed. What a row takes is
 * measured by clock_gettime, in server.c, where no script can see it.
 * abort() and messages on stderr are forbidden calls in the jail and would look like an attack
 * (SIGSYS); a trap instead ends the process as what it is, a crash. */
#include "lib/err.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

time_t __wrap_time(time_t *ret_time);
clock_t __wrap_clock(void);
unsigned __wrap_luaS_hash(const char *text, size_t len, unsigned seed);

time_t __wrap_time(time_t *ret_time)
{
    if (ret_time)
        *ret_time = 0;
    return 0;
}

clock_t __wrap_clock(void)
{
    return 0;
}

unsigned __wrap_luaS_hash(const char *text, size_t len, unsigned seed)
{
    (void)text, (void)len, (void)seed;
    return 0x61737379;
}

void as_assert_fail(const char *expr, const char *file, int line)
{
    (void)expr, (void)file, (void)line;
    __builtin_trap();
}

static void *must(void *ptr)
{
    if (!ptr)
        __builtin_trap();
    return ptr;
}

void *as_xmalloc(size_t size)
{
    return must(malloc(size ? size : 1));
}

void *as_xcalloc(size_t count, size_t size)
{
    return must(calloc(count ? count : 1, size ? size : 1));
}

void *as_xrealloc(void *ptr, size_t size)
{
    return must(realloc(ptr, size ? size : 1));
}

char *as_xstrdup(const char *text)
{
    return as_xmemdup(text, strlen(text));
}

char *as_xmemdup(const void *data, size_t len)
{
    char *copy = as_xmalloc(len + 1);
    memcpy(copy, data, len);
    copy[len] = '\0';
    return copy;
}
