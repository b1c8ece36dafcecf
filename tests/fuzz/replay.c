/* Gives a target the inputs that its corpus keeps, in builds without libFuzzer: each argument is a
 * file, or a folder of them. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX_BYTES (1u << 20)

static unsigned replayed;

static void replay_file(const char *path)
{
    struct as_buf input = {0};
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(1);
    }
    input.len = fread(as_buf_reserve(&input, INPUT_MAX_BYTES), 1, INPUT_MAX_BYTES, file);
    fclose(file);
    /* exactly its size, so that a sanitizer sees a read behind the end */
    uint8_t *data = as_xmalloc(input.len);
    memcpy(data, input.ptr, input.len);
    LLVMFuzzerTestOneInput(data, input.len);
    replayed++;
    free(data);
    as_buf_done(&input);
}

static void replay(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder) {
        replay_file(path);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char name[4096];
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.')
            replay_file(name);
    }
    closedir(folder);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    printf("%u inputs replayed\n", replayed);
    return replayed ? 0 : 1; /* a corpus that is not there proves nothing */
}
