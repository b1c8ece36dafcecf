/* Each group's exchanges in the order of writing: is it the one that was chained, does its body
 * decode, is its identity that of its request? Then the chain's length, and the rows that lack
 * their reply. A finding names run, case, member and sample. */
#include "daemon/engine/journal_care.h"

#include "daemon/engine/journal_tour.h"
#include "daemon/store/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE_EXCHANGES 2048

struct verify {
    care_done_fn done;
    void *ctx;
    struct store *store; /* these two for the length of a step */
    const struct tour_group *group;
    struct journal_walk walk;
    int64_t expected; /* links that the chain had when the walk began */
    int64_t runs, exchanges, unchained, found;
    struct as_json *findings;
    struct as_arena arena;
};

static void set_case(struct verify *verify, struct as_json *json, int64_t case_seq)
{
    struct case_record *cases = NULL;
    size_t count = 0;
    int rc = store_cases_page(verify->store, verify->group->record.dataset_id, case_seq, 1,
                              &verify->arena, &cases, &count);
    as_json_set_take(json, "case", !rc && count ? as_json_new_str(cases[0].id) : NULL);
    as_arena_reset(&verify->arena);
}

/* row NULL: of the group as a whole. */
static struct as_json *find(struct verify *verify, const struct row_key *row, const char *problem)
{
    const struct pins *pins = verify->group->pins;
    verify->found++;
    if (as_json_len(verify->findings) >= VERIFY_FINDINGS_MAX)
        return NULL;
    struct as_json *json = as_json_object();
    as_json_set_int(json, "run", verify->group->record.id);
    if (row) {
        set_case(verify, json, row->case_seq);
        as_json_set_str(json, "model",
                        row->member < pins->member_count ? pins->members[row->member].spec.name
                                                         : NULL);
        as_json_set_int(json, "sample", row->sample);
    }
    as_json_set_str(json, "problem", problem);
    as_json_push_take(verify->findings, json);
    return json;
}

static const char *problem_of(const struct journal_link *link)
{
    const struct exchange_record *exchange = &link->exchange;
    switch (link->fault) {
    case JOURNAL_BODY_GONE: return "its body is not there";
    case JOURNAL_UNREADABLE: return "its body is damaged";
    case JOURNAL_OUT_OF_LINE:
        return "it is not what was written, or what was written before it is gone";
    case JOURNAL_UNCHAINED: return "it was put in from outside";
    case JOURNAL_SOUND: break;
    }
    struct as_sha256 identity = transport_identity(exchange->method, exchange->url,
                                                   exchange->request_body, exchange->row.sample);
    return as_sha256_eq(&identity, &exchange->identity) ? NULL
                                                        : "its identity is not that of its request";
}

static void on_link(void *ctx, const struct journal_link *link)
{
    struct verify *verify = ctx;
    const char *problem = problem_of(link);
    verify->exchanges++;
    struct as_json *json = problem ? find(verify, &link->exchange.row, problem) : NULL;
    if (!json)
        return;
    as_json_set_str(json, "role", link->exchange.role ? "judge" : "model");
    as_json_set_int(json, "turn", link->exchange.turn);
    as_json_set_int(json, "attempt", link->exchange.attempt);
}

static void on_bare_row(void *ctx, const struct row_key *row)
{
    find(ctx, row, "the journal has no reply for this row");
}

static void check_length(struct verify *verify)
{
    char text[96];
    int64_t missing = verify->expected - verify->walk.chained;
    if (missing <= 0)
        return;
    snprintf(text, sizeof(text), "%" PRId64 " of %" PRId64 " exchanges are missing", missing,
             verify->expected);
    find(verify, NULL, text);
}

static int step(struct store *store, void *ctx, const struct tour_group *group, bool is_first,
                struct as_err *err)
{
    struct verify *verify = ctx;
    uint32_t count = 0;
    int64_t id = group->record.id;
    int rc = 0;
    (void)err;
    verify->store = store;
    verify->group = group;
    if (is_first) {
        verify->walk = (struct journal_walk){.group_id = id};
        verify->runs++;
        rc = store_journal_length(store, id, &verify->expected);
    }
    if (!rc)
        rc = store_journal_walk(store, &verify->walk, PAGE_EXCHANGES, on_link, verify, &count);
    if (rc || count == PAGE_EXCHANGES)
        return rc ? rc : 1;
    check_length(verify);
    verify->unchained += verify->walk.unchained;
    return group->pins->journal.of_run ? 0
                                       : store_journal_bare_rows(store, id, on_bare_row, verify);
}

static void on_end(void *ctx, int rc, const struct as_err *err)
{
    struct verify *verify = ctx;
    struct as_json *json = as_json_object();
    as_json_set_bool(json, "ok", !verify->found);
    as_json_set_int(json, "runs", verify->runs);
    as_json_set_int(json, "exchanges", verify->exchanges);
    as_json_set_int(json, "unchained", verify->unchained);
    as_json_set_int(json, "found", verify->found);
    as_json_set_take(json, "findings", verify->findings);
    if (rc) {
        as_json_free(json);
        json = NULL;
    }
    verify->done(verify->ctx, json, rc ? err : NULL);
    as_arena_done(&verify->arena);
    free(verify);
}

void engine_journal_verify(struct engine *engine, int64_t run, care_done_fn done, void *ctx)
{
    struct verify *verify = as_xcalloc(1, sizeof(*verify));
    verify->done = done;
    verify->ctx = ctx;
    verify->findings = as_json_array();
    tour_start(engine, run, step, on_end, verify);
}
