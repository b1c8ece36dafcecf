/* Chunks in a list, newest first; big requests get a chunk of their own. A reset keeps the oldest
 * chunk, so that an arena that is used for one small thing after another asks malloc once. Memory
 * is zeroed when it is handed out, since a chunk is used again. */
#include "lib/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES 4096

struct as_arena_chunk {
    struct as_arena_chunk *next;
    size_t used;
    size_t cap;
    alignas(max_align_t) char data[];
};

static struct as_arena_chunk *add_chunk(struct as_arena *arena, size_t need)
{
    size_t cap = need > CHUNK_BYTES ? need : CHUNK_BYTES;
    struct as_arena_chunk *chunk = as_xmalloc(sizeof(*chunk) + cap);
    chunk->next = arena->head;
    chunk->used = 0;
    chunk->cap = cap;
    arena->head = chunk;
    arena->total_bytes += cap;
    return chunk;
}

void *as_arena_alloc(struct as_arena *arena, size_t size)
{
    AS_ASSERT(size < SIZE_MAX / 2);
    size_t need = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct as_arena_chunk *chunk = arena->head;
    if (!chunk || chunk->cap - chunk->used < need)
        chunk = add_chunk(arena, need);
    void *at = chunk->data + chunk->used;
    chunk->used += need;
    return memset(at, 0, need);
}

struct as_str as_arena_dup(struct as_arena *arena, struct as_str text)
{
    if (!text.ptr)
        return text;
    char *copy = as_arena_alloc(arena, text.len + 1);
    memcpy(copy, text.ptr, text.len);
    return (struct as_str){copy, text.len};
}

char *as_arena_strdup(struct as_arena *arena, const char *text)
{
    return (char *)(uintptr_t)as_arena_dup(arena, as_str_from(text)).ptr;
}

char *as_arena_printf(struct as_arena *arena, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int need = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    AS_ASSERT(need >= 0);
    char *text = as_arena_alloc(arena, (size_t)need + 1);
    vsnprintf(text, (size_t)need + 1, fmt, again);
    va_end(again);
    return text;
}

static void free_until(struct as_arena *arena, struct as_arena_chunk *keep)
{
    while (arena->head && arena->head != keep) {
        struct as_arena_chunk *chunk = arena->head;
        arena->head = chunk->next;
        arena->total_bytes -= chunk->cap;
        free(chunk);
    }
}

void as_arena_reset(struct as_arena *arena)
{
    struct as_arena_chunk *oldest = arena->head;
    while (oldest && oldest->next)
        oldest = oldest->next;
    free_until(arena, oldest);
    if (oldest)
        oldest->used = 0;
}

void as_arena_done(struct as_arena *arena)
{
    free_until(arena, NULL);
}
