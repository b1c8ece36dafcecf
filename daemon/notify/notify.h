/* Alerts: watches the event bus, decides who is told of what, and sees to it that they are.
 *
 * What is decided is on disk before it is sent, and due until its end is: a delivery that a crash
 * cut off is made again at the next start, with the same event id (at least once). Lives from app
 * start to app end; belongs to the loop's thread. */
#ifndef DAEMON_NOTIFY_NOTIFY_H
#define DAEMON_NOTIFY_NOTIFY_H

#include "daemon/config/config.h"
#include "daemon/engine/events.h"
#include "daemon/store/alerts.h"

/* Deliveries under way; others wait. Those of a rule are made one after the other, as the events
 * were: so nobody is told that something is over before he is told that it is. */
#define NOTIFY_LIVE_MAX 16
/* After the database could not be written, then twice as long, up to the limit. */
#define NOTIFY_AGAIN_MS 2000
#define NOTIFY_AGAIN_MAX_MS 60000

struct notify;

/* A reference to config is taken. */
int notify_new(struct loop *loop, struct db *db, struct config *config, struct notify **ret_notify,
               struct as_err *err) AS_MUST_USE;
/* From here on each event of the bus is decided. What follows from it is told to the bus. Once. */
void notify_observe(struct notify *notify, struct events *events);
/* Ends what is under way without recording it: the next start does it again. */
void notify_stop(struct notify *notify);
bool notify_is_idle(const struct notify *notify);
void notify_free(struct notify *notify); /* only when it is idle after notify_stop */

/* The rules in force; references are taken. From the first time on it decides and delivers. */
void notify_set(struct notify *notify, struct config *config, struct eval_set *evals);

/* What came of deliveries since assayd started. */
struct notify_tally {
    uint64_t ended[DELIVERY_STATE_COUNT]; /* none is DELIVERY_DUE */
    uint64_t retries;                     /* tries that were not the first of their delivery */
};
const struct notify_tally *notify_tally(const struct notify *notify);

/* Sends a test event to every rule of the eval and of assay.yaml, one try each. done fires when all
 * have ended, on a later turn: err NULL, and the event's id. AS_ENOENT: there is no rule. */
typedef void (*notify_tested_fn)(void *ctx, int64_t event_id, const struct as_err *err);
void notify_test(struct notify *notify, const char *eval, const char *who, notify_tested_fn done,
                 void *ctx);

#endif
