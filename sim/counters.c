/* Plain counters, and an open-addressing table of request digests.
 * A slot has 32 bytes and at most two of three are taken: a million requests need 64 MB. */
#include "sim/counters.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SEEN_FIRST_SLOTS 4096
#define NO_LIFE UINT32_MAX

struct counters_seen {
    uint64_t digest; /* 0: a free slot */
    uint32_t asked, paid;
    uint32_t asked_life, paid_life; /* of the client, the last time: crashes before it */
    uint64_t paid_ms;
};

void counters_done(struct counters *counters)
{
    free(counters->seen);
    free(counters->crash_ms);
    *counters = (struct counters){0};
}

void counters_reset(struct counters *counters)
{
    uint64_t open_connections = counters->open_connections, in_flight = counters->in_flight;
    counters_done(counters);
    counters->open_connections = open_connections;
    counters->in_flight = counters->max_in_flight = in_flight;
}

/* The slot of the digest, or the free one where it belongs. */
static struct counters_seen *find_slot(const struct counters *counters, uint64_t digest)
{
    size_t mask = counters->seen_slots - 1;
    size_t i = (size_t)digest & mask;
    while (counters->seen[i].digest && counters->seen[i].digest != digest)
        i = (i + 1) & mask;
    return &counters->seen[i];
}

static void grow(struct counters *counters)
{
    struct counters old = *counters;
    counters->seen_slots = old.seen_slots ? old.seen_slots * 2 : SEEN_FIRST_SLOTS;
    counters->seen = as_xcalloc(counters->seen_slots, sizeof(*counters->seen));
    for (size_t i = 0; i < old.seen_slots; i++) {
        if (old.seen[i].digest)
            *find_slot(counters, old.seen[i].digest) = old.seen[i];
    }
    free(old.seen);
}

static struct counters_seen *seen(struct counters *counters, uint64_t digest)
{
    if ((counters->seen_used + 1) * 3 > counters->seen_slots * 2)
        grow(counters);
    digest = digest ? digest : 1;
    struct counters_seen *slot = find_slot(counters, digest);
    if (!slot->digest) {
        slot->digest = digest;
        counters->seen_used++;
    }
    return slot;
}

uint32_t counters_note_request(struct counters *counters, uint64_t digest)
{
    struct counters_seen *slot = seen(counters, digest);
    counters->requests++;
    if (slot->asked)
        counters->repeated++;
    else
        counters->unique++;
    slot->asked_life = (uint32_t)counters->crashes;
    return slot->asked++;
}

void counters_note_model(struct counters *counters, struct as_str name)
{
    size_t i = 0;
    while (i < counters->model_count && !as_str_eq(name, counters->models[i].name))
        i++;
    if (!name.ptr || i == COUNTERS_MODELS_MAX || name.len >= COUNTERS_MODEL_BYTES) {
        counters->other_models++;
        return;
    }
    if (i == counters->model_count) {
        memcpy(counters->models[i].name, name.ptr, name.len);
        counters->model_count++;
    }
    counters->models[i].requests++;
}

void counters_note_crash(struct counters *counters, uint64_t now_ms)
{
    size_t bytes = (counters->crashes + 1) * sizeof(*counters->crash_ms);
    counters->crash_ms = as_xrealloc(counters->crash_ms, bytes);
    counters->crash_ms[counters->crashes++] = now_ms;
}

/* Paid for again by a later life of the client: the one that was answered had not kept it. */
static void note_repaid(struct counters *counters, const struct counters_seen *slot)
{
    if (slot->paid_life == NO_LIFE || slot->paid_life == counters->crashes)
        return;
    uint64_t age_ms = counters->crash_ms[slot->paid_life] - slot->paid_ms;
    if (age_ms > counters->repaid_age_max_ms)
        counters->repaid_age_max_ms = age_ms;
}

static void note_paid(struct counters *counters, const struct counters_answer *answer)
{
    struct counters_seen *slot = seen(counters, answer->digest);
    counters->paid++;
    if (slot->paid)
        counters->paid_repeated++;
    else
        counters->paid_unique++;
    if (slot->paid && !answer->is_judge)
        note_repaid(counters, slot);
    slot->paid++;
    /* who died between question and answer could not have kept it */
    slot->paid_life = slot->asked_life == counters->crashes ? slot->asked_life : NO_LIFE;
    slot->paid_ms = answer->now_ms;
}

void counters_note_answer(struct counters *counters, const struct counters_answer *answer)
{
    if (answer->status >= 500)
        counters->answered_5xx++;
    else if (answer->status >= 400)
        counters->answered_4xx++;
    else
        note_paid(counters, answer);
}

void counters_note_start(struct counters *counters)
{
    counters->in_flight++;
    if (counters->in_flight > counters->max_in_flight)
        counters->max_in_flight = counters->in_flight;
}

void counters_note_finish(struct counters *counters)
{
    counters->in_flight--;
}

#define COUNTER_TABLE(X)                                     \
    X(requests, "asked: model requests")                     \
    X(unique, "  different ones")                            \
    X(repeated, "  asked again")                             \
    X(paid, "paid: answered with status 200")                \
    X(paid_unique, "  different ones")                       \
    X(paid_repeated, "  paid again")                         \
    X(crashes, "  crashes of the client")                    \
    X(repaid_age_max_ms, "  oldest answer lost in one, ms")  \
    X(input_tokens, "  input tokens")                        \
    X(output_tokens, "  output tokens")                      \
    X(answered_4xx, "refused with a 4xx status")             \
    X(answered_5xx, "failed with a 5xx status")              \
    X(abandoned, "given up by the client before the answer") \
    X(other_models, "asked of unknown models")               \
    X(connections, "connections accepted")                   \
    X(open_connections, "  open now")                        \
    X(in_flight, "in flight now")                            \
    X(max_in_flight, "  at most")

struct as_json *counters_json(const struct counters *counters)
{
    struct as_json *root = as_json_object(), *faults = as_json_object(), *models = as_json_object();
#define X(field, text) as_json_set_int(root, #field, (int64_t)counters->field);
    COUNTER_TABLE(X)
#undef X
    for (enum fault_kind kind = FAULT_NONE + 1; kind < FAULT_KINDS; kind++)
        as_json_set_int(faults, fault_name(kind), (int64_t)counters->faults[kind]);
    for (size_t i = 0; i < counters->model_count; i++)
        as_json_set_int(models, counters->models[i].name, (int64_t)counters->models[i].requests);
    as_json_set_take(root, "faults", faults);
    as_json_set_take(root, "models", models);
    return root;
}

void counters_print(const struct counters *counters, FILE *out)
{
#define X(field, text) fprintf(out, "%-42s %12" PRIu64 "\n", text, counters->field);
    COUNTER_TABLE(X)
#undef X
    for (enum fault_kind kind = FAULT_NONE + 1; kind < FAULT_KINDS; kind++) {
        if (counters->faults[kind])
            fprintf(out, "fault %-36s %12" PRIu64 "\n", fault_name(kind), counters->faults[kind]);
    }
    for (size_t i = 0; i < counters->model_count; i++)
        fprintf(out, "model %-36s %12" PRIu64 "\n", counters->models[i].name,
                counters->models[i].requests);
}
