/* An SQLite VFS over the system's that can lose power: for the tests of what the store survives.
 *
 * Everything goes to real files. Beside that, each file has an image of what is surely on the disk:
 * it changes when the file is synced. Between two syncs a disk is free to write what it was given
 * in any order, in sectors, or not at all; so when power fails, each sector that was written since
 * the last sync is found either old or new, by chance, and the file is as long as the last sync or
 * any later write left it. From the failure on every call fails, until power_vfs_restore.
 *
 * One at a time, one thread. Fails the running test instead of returning an error. */
#ifndef TESTS_UNIT_POWER_VFS_H
#define TESTS_UNIT_POWER_VFS_H

#include "lib/rng.h"

#include <stdbool.h>
#include <stdint.h>

/* Becomes SQLite's default. Power fails at the calls-th write, truncation or sync from now on; 0 =
 * never. */
void power_vfs_install(uint64_t seed, uint64_t calls);
bool power_vfs_has_failed(void);
uint64_t power_vfs_calls(void); /* writes, truncations and syncs so far */
/* After everything was closed: the files become what a disk would show, power is there again. Also
 * without a failure: what was not synced may be lost then, too. */
void power_vfs_restore(void);
void power_vfs_remove(void); /* the system's is the default again */

#endif
