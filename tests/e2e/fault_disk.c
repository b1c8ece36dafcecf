/* A disk that fails on demand, to be preloaded into assayd: while the file named by $FAULT_DISK
 * holds an errno's name (ENOSPC, EROFS, EIO), every write at an offset, truncation and sync fails
 * with it. Of all that assayd writes only its database is written so. The file named by $SYNC_COUNT
 * grows by a byte a sync. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int fault_now(void)
{
    static const struct {
        const char *name;
        int number;
    } names[] = {{"ENOSPC", ENOSPC}, {"EROFS", EROFS}, {"EIO", EIO}};
    const char *path = getenv("FAULT_DISK");
    char text[16] = "";
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return 0;
    if (read(fd, text, sizeof(text) - 1) < 0)
        text[0] = '\0';
    close(fd);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!strncmp(text, names[i].name, strlen(names[i].name)))
            return names[i].number;
    return 0;
}

/* POSIX gives a function's address as a void *; a union is how C lets it be called. */
union real {
    void *address;
    ssize_t (*write_at)(int fd, const void *data, size_t len, off64_t offset);
    int (*cut)(int fd, off64_t len);
    int (*sync)(int fd);
};

static union real real_of(const char *name)
{
    return (union real){dlsym(RTLD_NEXT, name)};
}

static int fails(void)
{
    int number = fault_now();
    if (number)
        errno = number;
    return number;
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t offset)
{
    return fails() ? -1 : real_of("pwrite64").write_at(fd, data, len, offset);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset)
{
    return fails() ? -1 : real_of("pwrite64").write_at(fd, data, len, offset);
}

int ftruncate64(int fd, off64_t len)
{
    return fails() ? -1 : real_of("ftruncate64").cut(fd, len);
}

int ftruncate(int fd, off_t len)
{
    return fails() ? -1 : real_of("ftruncate64").cut(fd, len);
}

static void count_sync(void)
{
    const char *path = getenv("SYNC_COUNT");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd < 0)
        return;
    (void)!write(fd, "s", 1);
    close(fd);
}

int fdatasync(int fd)
{
    count_sync();
    return fails() ? -1 : real_of("fdatasync").sync(fd);
}
