/* A store on a real file in a directory of its own, and makers of records, for the tests of
 * daemon/store. */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include "daemon/store/store.h"

struct store_fixture {
    char dir[64];
    char path[96];
    struct store *store;
    struct as_arena arena;
};

/* cmocka set-up and tear-down; *state is the fixture. */
int store_fixture_setup(void **state);
int store_fixture_teardown(void **state);
void store_fixture_reopen(struct store_fixture *f);
/* Takes back the later steps of the schema, and opens the store anew: it migrates. Rows of tables
 * that the earlier schema had stay. */
void store_fixture_migrate_from(struct store_fixture *f, int schema);

/* Takes the database's files away. */
void fixture_forget_database(const char *path);

/* A finished dataset of count cases c0, c1, ...; c0 is critical. */
int64_t store_fixture_dataset(struct store_fixture *f, const char *name, size_t count);
/* A running group of two members over a dataset of its own with case_count cases. */
int64_t store_fixture_group(struct store_fixture *f, size_t case_count);
/* The same over a dataset that is there. */
int64_t store_fixture_group_of(struct store_fixture *f, int64_t dataset_id, size_t case_count);
/* Rows of a table. */
int64_t store_fixture_count(struct store_fixture *f, const char *table);

struct row_key fixture_key(int64_t group_id, int64_t case_seq, uint32_t member, uint32_t sample);
struct case_record fixture_case(struct as_arena *arena, int64_t seq);
/* A whole reply to the model's request of a row. */
struct exchange_record fixture_exchange(struct row_key key, const struct as_sha256 *identity);
/* An ok row with a text and no scores. */
struct scored_row fixture_row(struct row_key key);

/* Commits and expects no error and no duplicate. */
void fixture_commit(struct store *store, const struct store_batch *batch);
void fixture_commit_row(struct store *store, struct scored_row row);

void assert_str(struct as_str got, const char *want); /* want NULL: absent */

#endif
