/* Open addressing: a digest is where to look, the slots after it are where to go on. At most three
 * quarters of the slots are taken. */
#include "daemon/dataset/seen.h"

#include "lib/hash.h"

#include <stdlib.h>
#include <string.h>

#define DIGEST_BYTES 16 /* no two ids of a dataset will ever share one */
#define FIRST_SLOT_COUNT 1024

struct seen_slot {
    uint8_t digest[DIGEST_BYTES];
    uint32_t file; /* index */
    uint32_t line; /* 0: the slot is free */
};

/* The slot that holds this digest, or the free one where it belongs. */
static struct seen_slot *find_slot(const struct seen *seen, const uint8_t *digest)
{
    uint64_t at;
    memcpy(&at, digest, sizeof(at));
    for (;; at++) {
        struct seen_slot *slot = &seen->slots[at & (seen->slot_count - 1)];
        if (!slot->line || !memcmp(slot->digest, digest, DIGEST_BYTES))
            return slot;
    }
}

static void grow(struct seen *seen)
{
    struct seen_slot *old = seen->slots;
    size_t old_count = seen->slot_count;
    seen->slot_count = old_count ? old_count * 2 : FIRST_SLOT_COUNT;
    seen->slots = as_xcalloc(seen->slot_count, sizeof(*seen->slots));
    for (size_t i = 0; i < old_count; i++)
        if (old[i].line)
            *find_slot(seen, old[i].digest) = old[i];
    free(old);
}

static uint32_t index_of_file(struct seen *seen, const char *name)
{
    bool is_new = !seen->file_count || strcmp(seen->files[seen->file_count - 1], name) != 0;
    if (is_new) {
        seen->files = as_xrealloc(seen->files, (seen->file_count + 1) * sizeof(*seen->files));
        seen->files[seen->file_count++] = as_xstrdup(name);
    }
    return (uint32_t)(seen->file_count - 1);
}

bool seen_add(struct seen *seen, struct as_str id, struct seen_place place,
              struct seen_place *ret_first)
{
    if (seen->id_count >= seen->slot_count / 4 * 3)
        grow(seen);
    struct as_sha256 hash = as_sha256_of(id.ptr, id.len);
    struct seen_slot *slot = find_slot(seen, hash.bytes);
    if (slot->line) {
        *ret_first = (struct seen_place){seen->files[slot->file], slot->line};
        return false;
    }
    memcpy(slot->digest, hash.bytes, DIGEST_BYTES);
    slot->file = index_of_file(seen, place.file);
    slot->line = place.line < UINT32_MAX ? (uint32_t)place.line : UINT32_MAX;
    seen->id_count++;
    return true;
}

void seen_done(struct seen *seen)
{
    for (size_t i = 0; i < seen->file_count; i++)
        free(seen->files[i]);
    free(seen->files);
    free(seen->slots);
    *seen = (struct seen){0};
}
