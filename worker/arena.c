/* A small allocator for one Lua state.
 *
 * Blocks up to SMALL_MAX_BYTES come in classes, four to a power of two, each with a free list; they
 * are cut from chunks. Chunks and larger blocks are runs: first fit from a list of free runs in
 * order of address, where neighbours grow together again, else from the unused top. Lua tells the
 * size of what it frees, so blocks need no headers. */
#include "worker/arena.h"

#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGN_BYTES 16u
#define SMALL_MAX_BYTES (32u << 10)
#define CLASS_COUNT 40u /* 16 32 48 64, then 80 96 112 128, 160 ... 32768 */
#define CHUNK_BYTES (64u << 10)
#define RUN_ALIGN_BYTES 4096u

struct free_block {
    struct free_block *next;
};

struct free_run {
    struct free_run *next; /* at a higher address, never adjacent */
    size_t bytes;
};

struct arena {
    size_t used;             /* bytes from here to the unused top */
    size_t high;             /* the largest used since the snapshot was taken or restored */
    char *chunk, *chunk_end; /* what is left of the chunk that small blocks are cut from */
    struct free_run *runs;
    struct free_block *blocks[CLASS_COUNT];
};

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

static unsigned class_of(size_t size)
{
    if (size <= 64)
        return size ? (unsigned)((size - 1) / ALIGN_BYTES) : 0;
    unsigned top_bit = 63u - (unsigned)__builtin_clzll(size - 1);
    unsigned quarter = (unsigned)((size - 1) >> (top_bit - 2)) & 3u;
    return 4 + (top_bit - 6) * 4 + quarter;
}

static size_t class_bytes(unsigned cls)
{
    if (cls < 4)
        return (cls + 1) * ALIGN_BYTES;
    return (size_t)(5 + (cls & 3u)) << (cls / 4 + 3);
}

/* A table as a key is hashed by its address, so the heap lies at the same one in every process. A
 * machine whose addresses are shorter maps it elsewhere. */
#define ARENA_ADDRESS ((void *)0x200000000000)

struct arena *arena_new(void)
{
    void *base = mmap(ARENA_ADDRESS, ARENA_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return NULL;
    struct arena *arena = base;
    *arena = (struct arena){.used = round_up(sizeof(*arena), ALIGN_BYTES)};
    arena->high = arena->used;
    return arena;
}

/* Runs */

static char *run_from_top(struct arena *a, size_t bytes)
{
    if (bytes > ARENA_BYTES - a->used)
        return NULL;
    char *run = (char *)a + a->used;
    a->used += bytes;
    if (a->used > a->high)
        a->high = a->used;
    return run;
}

static char *run_take(struct arena *a, size_t bytes)
{
    for (struct free_run **at = &a->runs; *at; at = &(*at)->next) {
        struct free_run *run = *at;
        if (run->bytes < bytes)
            continue;
        if (run->bytes == bytes) {
            *at = run->next;
            return (char *)run;
        }
        run->bytes -= bytes; /* the end is handed out, so that the list stays as it is */
        return (char *)run + run->bytes;
    }
    return run_from_top(a, bytes);
}

static void run_give(struct arena *a, char *start, size_t bytes)
{
    struct free_run *before = NULL, **at = &a->runs;
    while (*at && (char *)*at < start) {
        before = *at;
        at = &before->next;
    }
    struct free_run *run = (struct free_run *)start, *after = *at;
    *run = (struct free_run){after, bytes};
    *at = run;
    if (after && start + bytes == (char *)after)
        *run = (struct free_run){after->next, bytes + after->bytes};
    if (before && (char *)before + before->bytes == start) {
        *before = (struct free_run){run->next, before->bytes + run->bytes};
        run = before;
    }
    if ((char *)run + run->bytes == (char *)a + a->used) { /* the last one: back to the top */
        a->used -= run->bytes;
        for (at = &a->runs; *at != run; at = &(*at)->next)
            ;
        *at = NULL;
    }
}

/* Small blocks */

static void small_give(struct arena *a, void *block, unsigned cls)
{
    struct free_block *freed = block;
    freed->next = a->blocks[cls];
    a->blocks[cls] = freed;
}

/* What is left of a chunk becomes free blocks of the largest classes that fit. */
static void chunk_retire(struct arena *a)
{
    size_t left = (size_t)(a->chunk_end - a->chunk);
    while (left >= ALIGN_BYTES) {
        unsigned cls = class_of(left < SMALL_MAX_BYTES ? left : SMALL_MAX_BYTES);
        if (class_bytes(cls) > left)
            cls--;
        small_give(a, a->chunk, cls);
        a->chunk += class_bytes(cls);
        left -= class_bytes(cls);
    }
}

static void *small_take(struct arena *a, unsigned cls)
{
    struct free_block *block = a->blocks[cls];
    if (block) {
        a->blocks[cls] = block->next;
        return block;
    }
    size_t bytes = class_bytes(cls);
    if ((size_t)(a->chunk_end - a->chunk) < bytes) {
        char *chunk = run_take(a, CHUNK_BYTES);
        if (!chunk)
            return NULL;
        chunk_retire(a);
        a->chunk = chunk;
        a->chunk_end = chunk + CHUNK_BYTES;
    }
    char *cut = a->chunk;
    a->chunk += bytes;
    return cut;
}

/* The face to Lua */

static size_t run_bytes(size_t size)
{
    return round_up(size, RUN_ALIGN_BYTES);
}

static void *take(struct arena *a, size_t size)
{
    if (size > ARENA_BLOCK_MAX_BYTES)
        return NULL;
    return size <= SMALL_MAX_BYTES ? small_take(a, class_of(size)) : run_take(a, run_bytes(size));
}

static void give(struct arena *a, void *block, size_t size)
{
    if (size <= SMALL_MAX_BYTES)
        small_give(a, block, class_of(size));
    else
        run_give(a, block, run_bytes(size));
}

/* True when the block could be made to hold new_size bytes where it is. */
static bool resize_in_place(struct arena *a, char *block, size_t old_size, size_t new_size)
{
    bool is_small = old_size <= SMALL_MAX_BYTES;
    if (is_small != (new_size <= SMALL_MAX_BYTES))
        return false;
    if (is_small)
        return class_of(old_size) == class_of(new_size);
    size_t old_run = run_bytes(old_size), new_run = run_bytes(new_size);
    if (new_run < old_run)
        run_give(a, block + new_run, old_run - new_run);
    if (new_run <= old_run)
        return true;
    bool is_last = block + old_run == (char *)a + a->used;
    return is_last && new_size <= ARENA_BLOCK_MAX_BYTES && run_from_top(a, new_run - old_run);
}

void *arena_alloc(void *ud, void *block, size_t old_size, size_t new_size)
{
    struct arena *a = ud;
    if (!block)
        return new_size ? take(a, new_size) : NULL;
    if (!new_size) {
        give(a, block, old_size);
        return NULL;
    }
    if (resize_in_place(a, block, old_size, new_size))
        return block;
    void *moved = take(a, new_size);
    if (!moved) /* Lua counts on a block that shrinks; what lies behind its new size is lost until
                   the next row */
        return new_size < old_size ? block : NULL;
    memcpy(moved, block, old_size < new_size ? old_size : new_size);
    give(a, block, old_size);
    return moved;
}

size_t arena_settle(struct arena *a)
{
    if (a->chunk_end == (char *)a + a->used) {
        a->used -= (size_t)(a->chunk_end - a->chunk);
        a->chunk_end = a->chunk;
    }
    a->high = a->used;
    return a->used;
}

struct hole_list {
    const struct arena *arena;
    struct arena_hole *holes;
    size_t count, cap, min_bytes;
};

static void add_hole(struct hole_list *list, const char *from, const char *to)
{
    if (from >= to || (size_t)(to - from) < list->min_bytes)
        return;
    if (list->count == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 64;
        list->holes = as_xrealloc(list->holes, list->cap * sizeof(*list->holes));
    }
    const char *base = (const char *)list->arena;
    list->holes[list->count++] = (struct arena_hole){(size_t)(from - base), (size_t)(to - base)};
}

static int compare_holes(const void *a, const void *b)
{
    const struct arena_hole *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

size_t arena_holes(const struct arena *a, size_t min_bytes, struct arena_hole **ret_holes)
{
    struct hole_list list = {.arena = a, .min_bytes = min_bytes};
    for (unsigned cls = 0; cls < CLASS_COUNT; cls++)
        for (const struct free_block *block = a->blocks[cls]; block; block = block->next)
            add_hole(&list, (const char *)(block + 1), (const char *)block + class_bytes(cls));
    for (const struct free_run *run = a->runs; run; run = run->next)
        add_hole(&list, (const char *)(run + 1), (const char *)run + run->bytes);
    add_hole(&list, a->chunk, a->chunk_end);
    if (list.count)
        qsort(list.holes, list.count, sizeof(*list.holes), compare_holes);
    *ret_holes = list.holes;
    return list.count;
}

size_t arena_high_bytes(const struct arena *a)
{
    return a->high;
}
