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

void as_out_of_memory(void)
{
    __builtin_trap();
}
