/* What assay-sim was asked and what it gave: the proof of what was paid once, twice, or not at all.
 *
 * A request is known by its digest, the first 8 bytes of SHA-256 over method, path and body. "Paid"
 * means that a 200 status line left for the client, whatever became of the body: a vendor would
 * have charged for it. These always hold: requests = unique + repeated, and paid = paid_unique +
 * paid_repeated. Times are of any one clock, in milliseconds. */
#ifndef SIM_COUNTERS_H
#define SIM_COUNTERS_H

#include "lib/json.h"
#include "sim/fault.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define COUNTERS_MODELS_MAX 64
#define COUNTERS_MODEL_BYTES 100 /* longer than any known name */

struct counters_seen; /* one digest: how often asked, how often paid, when last */

struct counters {
    uint64_t requests, unique, repeated;
    uint64_t paid, paid_unique, paid_repeated;
    /* Of what was paid again after the client had crashed: how old the answer before was then. Not
     * of a judge's answers: equal questions come from two rows that were answered alike. */
    uint64_t repaid_age_max_ms;
    uint64_t answered_4xx, answered_5xx;
    uint64_t abandoned;                   /* the client left before its answer */
    uint64_t input_tokens, output_tokens; /* of paid answers */
    uint64_t faults[FAULT_KINDS];
    uint64_t connections, open_connections;
    uint64_t in_flight, max_in_flight;
    struct {
        char name[COUNTERS_MODEL_BYTES];
        uint64_t requests;
    } models[COUNTERS_MODELS_MAX];
    size_t model_count;
    uint64_t other_models; /* requests for unknown models, and for those beyond the table */
    uint64_t crashes;
    uint64_t *crash_ms;         /* their times, ascending */
    struct counters_seen *seen; /* open addressing; a power of two slots */
    size_t seen_slots, seen_used;
};

/* {0} is a valid empty set of counters. */
void counters_done(struct counters *counters);
/* Back to zero, except for what is open now. Forgets which requests were seen. */
void counters_reset(struct counters *counters);

/* Counts a request and returns which attempt of it this is, from 0. */
uint32_t counters_note_request(struct counters *counters, uint64_t digest);
void counters_note_model(struct counters *counters, struct as_str name); /* absent: unknown */
struct counters_answer {
    uint64_t digest, now_ms;
    int status;
    bool is_judge;
};
void counters_note_answer(struct counters *counters, const struct counters_answer *answer);
void counters_note_crash(struct counters *counters, uint64_t now_ms); /* of the client */
void counters_note_start(struct counters *counters);                  /* in flight from here ... */
void counters_note_finish(struct counters *counters);                 /* ... to here */

struct as_json *counters_json(const struct counters *counters); /* the caller frees */
void counters_print(const struct counters *counters, FILE *out);

#endif
