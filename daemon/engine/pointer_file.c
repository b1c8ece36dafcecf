/* Written beside its place, forced to disk, moved, and the folder forced to disk. The name beside
 * it is fixed, so what a crash left there is written over by the next. */
#include "daemon/engine/pointer_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_MODE 0755
#define FILE_MODE 0644 /* deploy jobs of other users read it */
#define NAME_MAX_BYTES 128
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

struct place {
    char folder[4096], path[4352], beside[4352];
};

int pointer_file_check(const char *eval, struct as_err *err)
{
    size_t len = strlen(eval);
    if (len && len <= NAME_MAX_BYTES && strspn(eval, NAME_CHARACTERS) == len)
        return 0;
    return as_err_set(err, AS_EINVAL,
                      "no file can be named after the eval '%s': rename it with letters, digits "
                      "and ._-, at most %d",
                      eval, NAME_MAX_BYTES);
}

static int find_place(const char *state_dir, const char *eval, struct place *place,
                      struct as_err *err)
{
    snprintf(place->folder, sizeof(place->folder), "%s/promoted", state_dir);
    snprintf(place->path, sizeof(place->path), "%s/%s.json", place->folder, eval);
    snprintf(place->beside, sizeof(place->beside), "%s/.%s.new", place->folder, eval);
    return pointer_file_check(eval, err);
}

static int failed(struct as_err *err, const char *path)
{
    return as_err_set(err, as_err_from_errno(errno), "%s: %s", path, strerror(errno));
}

static int write_whole(int fd, struct as_str text)
{
    for (size_t done = 0; done < text.len;) {
        ssize_t count = write(fd, text.ptr + done, text.len - done);
        if (count < 0 && errno != EINTR)
            return -1;
        done += count > 0 ? (size_t)count : 0;
    }
    return fchmod(fd, FILE_MODE) || fsync(fd) ? -1 : 0; /* whatever the umask is */
}

static int write_beside(const struct place *place, struct as_str text, struct as_err *err)
{
    int fd = open(place->beside, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (fd < 0)
        return failed(err, place->beside);
    int rc = write_whole(fd, text) ? failed(err, place->beside) : 0;
    if (close(fd) && !rc)
        rc = failed(err, place->beside);
    if (rc)
        unlink(place->beside);
    return rc;
}

static int sync_folder(const struct place *place, struct as_err *err)
{
    int fd = open(place->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return failed(err, place->folder);
    int rc = fsync(fd) ? failed(err, place->folder) : 0;
    close(fd);
    return rc;
}

static int take_away(const struct place *place, struct as_err *err)
{
    unlink(place->beside); /* what a crash left */
    return unlink(place->path) && errno != ENOENT ? failed(err, place->path) : 0;
}

int pointer_file_put(const char *state_dir, const char *eval, struct as_str text,
                     struct as_err *err)
{
    struct place place;
    int rc = find_place(state_dir, eval, &place, err);
    if (!rc && mkdir(place.folder, FOLDER_MODE) && errno != EEXIST)
        rc = failed(err, place.folder);
    if (rc)
        return rc;
    rc = text.ptr ? write_beside(&place, text, err) : take_away(&place, err);
    if (!rc && text.ptr && rename(place.beside, place.path))
        rc = failed(err, place.path);
    return rc ? rc : sync_folder(&place, err);
}
