/* Opening the state, running a body under the only lua_pcall, and the soft stop. The signal handler
 * does no more than set Lua's hook, which is what lua_sethook is made for; the hook raises an error
 * without a value, so that neither a pcall nor a __tostring of the script gets anything to hold. */
#include "worker/state.h"

#include "worker/api.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#define CALLERS_SHOWN 3
#define STREAM_RANDOM 1
#define STREAM_FENCE 2

static struct state *signalled_state; /* a signal handler gets no argument */

struct state *state_of(lua_State *L)
{
    return *(struct state **)lua_getextraspace(L);
}

void state_seed(struct state *state, uint64_t seed)
{
    state->random = as_rng_stream(seed, STREAM_RANDOM);
    state->fence = as_rng_stream(seed, STREAM_FENCE);
}

/* Reasons */

static void reason_add(struct state *s, const char *text, size_t len)
{
    size_t room = sizeof(s->reason) - s->reason_len;
    len = len < room ? len : room;
    memcpy(s->reason + s->reason_len, text, len);
    s->reason_len += len;
}

static void reason_add_text(struct state *s, const char *text)
{
    reason_add(s, text, strlen(text));
}

#define PLACE_BYTES (LUA_IDSIZE + 16)

/* "file:line" of the nearest Lua function from *level on; moves *level behind it. */
static bool next_place(lua_State *L, int *level, char ret_place[PLACE_BYTES])
{
    lua_Debug at;
    while (lua_getstack(L, (*level)++, &at)) {
        /* no "n": naming a function walks a script's field chains without a bound in Lua 5.4.4 */
        if (!lua_getinfo(L, "Sl", &at) || at.currentline <= 0)
            continue;
        snprintf(ret_place, PLACE_BYTES, "%s:%d", at.short_src, at.currentline);
        return true;
    }
    return false;
}

static void reason_add_message(lua_State *L, struct state *s)
{
    size_t len;
    if (lua_type(L, 1) != LUA_TSTRING) {
        reason_add_text(s, "the script raised a ");
        reason_add_text(s, lua_typename(L, lua_type(L, 1)));
        return;
    }
    const char *text = lua_tolstring(L, 1, &len);
    reason_add(s, text, len < STATE_REASON_BYTES / 2 ? len : STATE_REASON_BYTES / 2);
}

/* The message handler: keeps the message and says who called. Allocates nothing, so it works when
 * memory is out. */
static int keep_reason(lua_State *L)
{
    struct state *s = state_of(L);
    char place[PLACE_BYTES];
    int level = 1;
    if (s->was_stopped || s->reason_len)
        return 1;
    reason_add_message(L, s);
    const char *before = "; at ";
    for (int shown = 0; shown < CALLERS_SHOWN && next_place(L, &level, place); shown++) {
        if (!shown && s->reason_len > strlen(place) && !memcmp(s->reason, place, strlen(place))) {
            before = "; called from "; /* the message names the first place itself */
            continue;
        }
        reason_add_text(s, before);
        reason_add_text(s, place);
        before = " < ";
    }
    return 1;
}

/* The soft stop */

/* Stays armed: caught once, it raises again at the next instruction. */
static void stop_hook(lua_State *L, lua_Debug *at)
{
    struct state *s = state_of(L);
    (void)at;
    if (!s->was_stopped) {
        char place[PLACE_BYTES];
        int level = 0;
        s->was_stopped = true;
        s->reason_len = 0;
        if (next_place(L, &level, place)) {
            reason_add_text(s, place);
            reason_add_text(s, ": ");
        }
        reason_add_text(s, "stopped at the deadline");
    }
    lua_pushnil(L);
    lua_error(L);
}

static void on_sigusr1(int sig)
{
    (void)sig;
    struct state *s = signalled_state;
    if (s && s->is_running)
        lua_sethook(s->L, stop_hook, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

/* Running */

static enum job_status verdict(struct state *s, int lua_status)
{
    if (s->was_stopped)
        return JOB_TIMEOUT;
    if (lua_status == LUA_OK)
        return JOB_OK;
    if (lua_status == LUA_ERRMEM) {
        s->reason_len = 0;
        reason_add_text(s, "out of memory: a plugin has 64 MB, 32 MB in one piece");
        return JOB_MEMORY;
    }
    if (!s->reason_len)
        reason_add_text(s, "an error while handling an error");
    return JOB_SCRIPT_ERROR;
}

enum job_status state_run(struct state *s, lua_CFunction body, void *arg)
{
    lua_State *L = s->L;
    int base = lua_gettop(L);
    s->reason_len = 0;
    s->was_stopped = false;
    lua_sethook(L, NULL, 0, 0);
    lua_pushcfunction(L, keep_reason);
    lua_pushcfunction(L, body);
    lua_pushlightuserdata(L, arg);
    s->is_running = 1;
    int status = lua_pcall(L, 1, 0, base + 1);
    s->is_running = 0;
    lua_settop(L, base);
    return verdict(s, status);
}

/* Opening */

static int open_libraries(lua_State *L)
{
    api_open(L);
    return 0;
}

bool state_open(struct state *s)
{
    *s = (struct state){.arena = arena_new()};
    if (!s->arena)
        return false;
    s->L = lua_newstate(arena_alloc, s->arena);
    if (!s->L)
        return false;
    *(struct state **)lua_getextraspace(s->L) = s;
    signalled_state = s;
    struct sigaction action = {.sa_handler = on_sigusr1, .sa_flags = SA_RESTART};
    if (sigaction(SIGUSR1, &action, NULL))
        return false;
    return state_run(s, open_libraries, NULL) == JOB_OK;
}
