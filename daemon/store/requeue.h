/* Rows that are to be done again: they are taken out of a group, and what made them fail is marked
 * so that it is not reused.
 *
 * The journal keeps every exchange: superseded ones are only passed over when a row looks for its
 * own replies. Which replies of a row those are follows from its status: the model's when the model
 * failed or refused, the judge's when the judge failed; those of any other row are good and are
 * used again, for nothing. Conventions, threads and errors are those of store.h. */
#ifndef DAEMON_STORE_REQUEUE_H
#define DAEMON_STORE_REQUEUE_H

#include "daemon/store/audit.h"

struct requeue_filter {
    int64_t group_id;
    unsigned statuses; /* 1u << enum row_status for each that is meant */
    int member;        /* -1 = any; likewise: */
    int64_t case_seq, sample;
};

struct requeue_result {
    int64_t rows;
    int64_t first_seq; /* of their cases */
    int64_t counts[ROW_STATUS_COUNT];
};

/* In one transaction: takes the rows out, opens the group again when it had ended (its result and
 * outcome are told in the entry, and gone), and notes it in the audit log with *entry's who, action
 * and why. AS_ENOENT: no row is meant, and nothing was changed. */
int store_rows_requeue(struct store *store, const struct requeue_filter *filter,
                       const struct audit_entry *entry,
                       struct requeue_result *ret_result) AS_MUST_USE;

#endif
