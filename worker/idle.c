/* The program is static and lies where its headers say, so that they tell what may be unmapped: the
 * loaded parts that nobody writes. Little is called in between, since each call into another corner
 * of the program would bring pages of that corner back. */
#include "worker/idle.h"

#include "worker/jail.h"

#include <errno.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define IDLE_SECONDS 1

static const ElfW(Phdr) * parts;
static size_t part_count;

bool idle_prepare(int socket)
{
    struct timeval idle = {.tv_sec = IDLE_SECONDS};
    if (!ASSAY_JAIL_LEVEL)
        return true; /* such a program is not static */
    parts = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    part_count = getauxval(AT_PHNUM);
    return !setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof(idle));
}

static void give_back(void)
{
    for (size_t i = 0; i < part_count; i++)
        if (parts[i].p_type == PT_LOAD && !(parts[i].p_flags & PF_W))
            (void)madvise((void *)parts[i].p_vaddr, parts[i].p_memsz, MADV_DONTNEED);
}

ssize_t idle_read(int socket, void *bytes, size_t size)
{
    for (bool is_idle = false;;) {
        ssize_t got = read(socket, bytes, size);
        if (got >= 0 || (errno != EAGAIN && errno != EINTR))
            return got;
        if (errno == EAGAIN && !is_idle) {
            is_idle = true;
            give_back();
        }
    }
}
