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

static int find_place(const char *folder, const char *eval, struct place *place, struct as_err *err)
{
    snprintf(place->folder, sizeof(place->folder), "%s", folder);
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

/* Whatever it is done for: the folder is open, and is forced to disk. mode 0: it stays as it is. */
static int settle_folder(const char *folder, mode_t mode, struct as_err *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return failed(err, folder);
    int rc = (mode && fchmod(fd, mode)) || fsync(fd) ? failed(err, folder) : 0;
    close(fd);
    return rc;
}

int pointer_folder_make(const char *folder, struct as_err *err)
{
    bool is_new = !mkdir(folder, FOLDER_MODE);
    int rc = is_new || errno == EEXIST ? 0 : failed(err, folder);
    if (!rc)
        rc = settle_folder(folder, is_new ? FOLDER_MODE : 0, err); /* whatever the umask is */
    if (!rc && access(folder, W_OK | X_OK))
        rc = as_err_set(err, AS_EIO,
                        "%s: uid %u cannot write there: give it the folder, or name another one",
                        folder, (unsigned)geteuid());
    if (rc)
        as_err_prefix(err, "promoted_dir");
    return rc;
}

static int take_away(const struct place *place, struct as_err *err)
{
    unlink(place->beside); /* what a crash left */
    return unlink(place->path) && errno != ENOENT ? failed(err, place->path) : 0;
}

int pointer_file_put(const char *folder, const char *eval, struct as_str text, struct as_err *err)
{
    struct place place;
    int rc = find_place(folder, eval, &place, err);
    if (!rc)
        rc = pointer_folder_make(folder, err);
    if (rc)
        return rc;
    rc = text.ptr ? write_beside(&place, text, err) : take_away(&place, err);
    if (!rc && text.ptr && rename(place.beside, place.path))
        rc = failed(err, place.path);
    return rc ? rc : settle_folder(place.folder, 0, err);
}
