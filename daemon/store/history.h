/* What past runs tell of the next one: means of their calls, and the replies that could be reused.
 * Conventions, threads and errors are those of store.h. */
#ifndef DAEMON_STORE_HISTORY_H
#define DAEMON_STORE_HISTORY_H

#include "daemon/store/store.h"

/* Over the good replies of one group to one role; NaN where there is nothing to take a mean of. */
struct call_means {
    int64_t calls; /* 2xx replies */
    int64_t rows;  /* that were run: neither skipped nor cancelled */
    double request_bytes, latency_ms;
    double input_tokens, output_tokens; /* of members; NaN for the judge */
    double tokens;                      /* of the judge, where the group had a budget */
    double cost_usd;                    /* of a call */
};
/* member -1: of all members, which is how the judge's are meant (role 1). */
int store_call_means(struct store *store, int64_t group_id, int member, uint32_t role,
                     struct call_means *ret_means) AS_MUST_USE;

struct reusable_query {
    int64_t group_id;
    uint32_t member, role;
    int64_t since_ms;   /* sent then or later */
    int64_t dataset_id; /* the version that the group took its cases from */
    uint32_t samples;
};
/* Once for each case and sample that has a good reply there: the case's position in the version,
 * -1 when it is not there. */
typedef void (*store_reusable_fn)(void *ctx, int64_t case_seq);
int store_reusable_each(struct store *store, const struct reusable_query *query,
                        store_reusable_fn fn, void *ctx) AS_MUST_USE;

#endif
