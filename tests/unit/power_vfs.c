/* A file here is the system's file with an entry in a table of names; the image of what is on the
 * disk belongs to the name, for a file may be closed and opened again before power fails. The
 * wal-index (-shm) is memory: after a failure it is gone. */
#include "tests/unit/power_vfs.h"

#include <sqlite3.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SECTOR_BYTES 512
#define IMAGES_MAX 8
#define NAME_BYTES 160

struct image {
    char name[NAME_BYTES];
    uint8_t *synced; /* what is surely on the disk */
    size_t synced_len, synced_cap;
    uint8_t *is_written; /* by sector: since the last sync */
    size_t sector_cap;
    bool is_known; /* to the directory: it was synced once */
};

struct power_file {
    sqlite3_file base;
    struct image *image; /* NULL: a temporary file */
    sqlite3_file *real;
};

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *system;
    struct image images[IMAGES_MAX];
    size_t image_count;
    uint64_t calls, fail_at;
    bool has_failed;
    struct as_rng rng;
} power;

static struct power_file *file_of(sqlite3_file *file)
{
    return (struct power_file *)(void *)file;
}

/* Counts a call that changes the disk. True: power has failed, before it was done. */
static bool fails(void)
{
    power.calls++;
    if (power.fail_at && power.calls >= power.fail_at)
        power.has_failed = true;
    return power.has_failed;
}

static struct image *image_of(const char *name)
{
    for (size_t i = 0; i < power.image_count; i++)
        if (!strcmp(power.images[i].name, name))
            return &power.images[i];
    assert_true(power.image_count < IMAGES_MAX);
    struct image *image = &power.images[power.image_count++];
    snprintf(image->name, sizeof(image->name), "%s", name);
    return image;
}

static void *grown(void *old, size_t old_len, size_t new_len)
{
    uint8_t *bytes = realloc(old, new_len);
    assert_non_null(bytes);
    memset(bytes + old_len, 0, new_len - old_len);
    return bytes;
}

static void note_written(struct image *image, sqlite3_int64 at, sqlite3_int64 len)
{
    size_t first = (size_t)at / SECTOR_BYTES;
    size_t last = (size_t)(at + len + SECTOR_BYTES - 1) / SECTOR_BYTES;
    if (last > image->sector_cap) {
        image->is_written = grown(image->is_written, image->sector_cap, 2 * last);
        image->sector_cap = 2 * last;
    }
    for (size_t i = first; i < last; i++)
        image->is_written[i] = 1;
}

/* The file as it stands; freed by the caller. */
static uint8_t *read_whole(const char *name, size_t *ret_len)
{
    struct stat info;
    int fd = open(name, O_RDONLY);
    assert_true(fd >= 0 && fstat(fd, &info) == 0);
    uint8_t *bytes = malloc((size_t)info.st_size + 1);
    assert_int_equal(pread(fd, bytes, (size_t)info.st_size, 0), info.st_size);
    close(fd);
    *ret_len = (size_t)info.st_size;
    return bytes;
}

static void take_image(struct image *image)
{
    free(image->synced);
    image->synced = read_whole(image->name, &image->synced_len);
    image->is_known = true;
    if (image->is_written)
        memset(image->is_written, 0, image->sector_cap);
}

/* ---- the methods of a file ---- */

static int on_close(sqlite3_file *file)
{
    struct power_file *f = file_of(file);
    int rc = f->real->pMethods ? f->real->pMethods->xClose(f->real) : SQLITE_OK;
    free(f->real);
    return rc;
}

static int on_read(sqlite3_file *file, void *data, int len, sqlite3_int64 at)
{
    sqlite3_file *real = file_of(file)->real;
    return power.has_failed ? SQLITE_IOERR_READ : real->pMethods->xRead(real, data, len, at);
}

static int on_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
    struct power_file *f = file_of(file);
    if (fails())
        return SQLITE_IOERR_WRITE;
    if (f->image)
        note_written(f->image, at, len);
    return f->real->pMethods->xWrite(f->real, data, len, at);
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 len)
{
    struct power_file *f = file_of(file);
    return fails() ? SQLITE_IOERR_TRUNCATE : f->real->pMethods->xTruncate(f->real, len);
}

/* The image is the disk: the real one need not be waited for. */
static int on_sync(sqlite3_file *file, int flags)
{
    struct power_file *f = file_of(file);
    (void)flags;
    if (fails())
        return SQLITE_IOERR_FSYNC;
    if (f->image)
        take_image(f->image);
    return SQLITE_OK;
}

static int on_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    sqlite3_file *real = file_of(file)->real;
    return power.has_failed ? SQLITE_IOERR_FSTAT : real->pMethods->xFileSize(real, ret_size);
}

static int on_lock(sqlite3_file *file, int level)
{
    sqlite3_file *real = file_of(file)->real;
    return real->pMethods->xLock(real, level);
}

static int on_unlock(sqlite3_file *file, int level)
{
    sqlite3_file *real = file_of(file)->real;
    return real->pMethods->xUnlock(real, level);
}

static int on_check_lock(sqlite3_file *file, int *ret_is_reserved)
{
    sqlite3_file *real = file_of(file)->real;
    return real->pMethods->xCheckReservedLock(real, ret_is_reserved);
}

/* A hint of the coming size would change the file past our books. */
static int on_control(sqlite3_file *file, int op, void *arg)
{
    sqlite3_file *real = file_of(file)->real;
    if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE)
        return SQLITE_NOTFOUND;
    return real->pMethods->xFileControl(real, op, arg);
}

static int on_sector_size(sqlite3_file *file)
{
    (void)file;
    return SECTOR_BYTES;
}

static int on_characteristics(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE; /* what is beside a write stays as it is */
}

static int on_shm_map(sqlite3_file *file, int page, int page_bytes, int extend, void volatile **ret)
{
    sqlite3_file *real = file_of(file)->real;
    return power.has_failed ? SQLITE_IOERR_SHMMAP
                            : real->pMethods->xShmMap(real, page, page_bytes, extend, ret);
}

static int on_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    sqlite3_file *real = file_of(file)->real;
    return real->pMethods->xShmLock(real, offset, n, flags);
}

static void on_shm_barrier(sqlite3_file *file)
{
    sqlite3_file *real = file_of(file)->real;
    real->pMethods->xShmBarrier(real);
}

static int on_shm_unmap(sqlite3_file *file, int is_delete)
{
    sqlite3_file *real = file_of(file)->real;
    return real->pMethods->xShmUnmap(real, is_delete);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = on_close,
    .xRead = on_read,
    .xWrite = on_write,
    .xTruncate = on_truncate,
    .xSync = on_sync,
    .xFileSize = on_size,
    .xLock = on_lock,
    .xUnlock = on_unlock,
    .xCheckReservedLock = on_check_lock,
    .xFileControl = on_control,
    .xSectorSize = on_sector_size,
    .xDeviceCharacteristics = on_characteristics,
    .xShmMap = on_shm_map,
    .xShmLock = on_shm_lock,
    .xShmBarrier = on_shm_barrier,
    .xShmUnmap = on_shm_unmap,
};

/* ---- the methods of the VFS ---- */

static int on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                   int *ret_flags)
{
    struct power_file *f = file_of(file);
    (void)vfs;
    *f = (struct power_file){.image = name ? image_of(name) : NULL,
                             .real = calloc(1, (size_t)power.system->szOsFile)};
    int rc = power.has_failed ? SQLITE_CANTOPEN
                              : power.system->xOpen(power.system, name, f->real, flags, ret_flags);
    if (rc == SQLITE_OK)
        f->base.pMethods = &methods;
    else
        free(f->real);
    return rc;
}

/* A file that is gone is gone at once: SQLite deletes only what it does not need any more. */
static int on_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
    (void)vfs;
    if (fails())
        return SQLITE_IOERR_DELETE;
    struct image *image = image_of(name);
    image->synced_len = 0;
    image->is_known = false;
    return power.system->xDelete(power.system, name, sync_dir);
}

void power_vfs_install(uint64_t seed, uint64_t calls)
{
    if (!power.system) {
        power.system = sqlite3_vfs_find(NULL);
        power.vfs = *power.system; /* what is not about files stays the system's */
        power.vfs.pNext = NULL;
        power.vfs.zName = "power";
        power.vfs.szOsFile = (int)sizeof(struct power_file);
        power.vfs.xOpen = on_open;
        power.vfs.xDelete = on_delete;
        assert_int_equal(sqlite3_vfs_register(&power.vfs, 1), SQLITE_OK);
    }
    power.rng = as_rng_stream(seed, 0);
    power.calls = 0;
    power.fail_at = calls;
    power.has_failed = false;
}

bool power_vfs_has_failed(void)
{
    return power.has_failed;
}

uint64_t power_vfs_calls(void)
{
    return power.calls;
}

/* What the disk shows of a file: each sector that was written since the last sync old or new. */
static void restore(const struct image *image)
{
    size_t len = 0;
    if (access(image->name, F_OK))
        return;
    if (!image->is_known && as_rng_unit(&power.rng) < 0.5) {
        unlink(image->name);
        return;
    }
    uint8_t *now = read_whole(image->name, &len);
    bool is_new_len = as_rng_unit(&power.rng) < 0.5;
    double new_share = as_rng_unit(&power.rng);
    size_t kept_len = is_new_len ? len : image->synced_len;
    uint8_t *shown = calloc(1, kept_len + 1);
    memcpy(shown, image->synced ? image->synced : now,
           image->synced ? (kept_len < image->synced_len ? kept_len : image->synced_len) : 0);
    for (size_t i = 0; i < image->sector_cap && i * SECTOR_BYTES < kept_len; i++) {
        size_t at = i * SECTOR_BYTES, end = at + SECTOR_BYTES;
        end = end < kept_len ? end : kept_len;
        if (image->is_written[i] && at < len && as_rng_unit(&power.rng) < new_share)
            memcpy(shown + at, now + at, (end < len ? end : len) - at);
    }
    int fd = open(image->name, O_WRONLY | O_TRUNC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, shown, kept_len, 0), kept_len);
    close(fd);
    free(shown);
    free(now);
}

static void forget_images(void)
{
    for (size_t i = 0; i < power.image_count; i++) {
        free(power.images[i].synced);
        free(power.images[i].is_written);
        memset(&power.images[i], 0, sizeof(power.images[i]));
    }
    power.image_count = 0;
}

void power_vfs_restore(void)
{
    char shm[NAME_BYTES + 8];
    for (size_t i = 0; i < power.image_count; i++) {
        restore(&power.images[i]);
        snprintf(shm, sizeof(shm), "%s-shm", power.images[i].name);
        unlink(shm);
    }
    /* what the disk shows now is what it has */
    for (size_t i = 0; i < power.image_count; i++)
        if (!access(power.images[i].name, F_OK))
            take_image(&power.images[i]);
    power.has_failed = false;
    power.fail_at = 0;
}

void power_vfs_remove(void)
{
    forget_images();
    sqlite3_vfs_unregister(&power.vfs);
    power.system = NULL;
}
