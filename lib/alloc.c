/* Memory of which there must be enough: nobody handles its lack, so a caller never gets NULL. How a
 * program ends for want of it is its own: as_out_of_memory of lib/err.c, or of worker/libc.c. */
#include "lib/err.h"

#include <stdlib.h>
#include <string.h>

static void *must(void *ptr)
{
    if (!ptr)
        as_out_of_memory();
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
    if (len)
        memcpy(copy, data, len);
    copy[len] = '\0';
    return copy;
}

void as_free_ptr(void *ptr_to_ptr)
{
    free(*(void **)ptr_to_ptr);
}
