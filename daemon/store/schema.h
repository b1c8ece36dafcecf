/* The tables, as the steps that lead to them. schema_steps[v] takes a file from version v to v + 1;
 * a step that has been released is never changed, a later one is added and STORE_SCHEMA_VERSION
 * counted up. */
#ifndef DAEMON_STORE_SCHEMA_H
#define DAEMON_STORE_SCHEMA_H

#include "daemon/store/store.h"

#define SCHEMA_APPLICATION_ID 0x61737379 /* "assy": tells our files from other programs' */

extern const char *const schema_steps[STORE_SCHEMA_VERSION];

#endif
