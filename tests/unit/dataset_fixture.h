/* Imports of texts, and what they said, for the tests of daemon/dataset. Of every case that is
 * handed out the fixture asserts that its JSON reads back as the same bytes. */
#ifndef TESTS_UNIT_DATASET_FIXTURE_H
#define TESTS_UNIT_DATASET_FIXTURE_H

#include "daemon/dataset/import.h"
#include "lib/json.h"

/* A turn that asks, and one that answers. */
#define U "{\"role\":\"user\",\"content\":\"hi\"}"
#define A "{\"role\":\"assistant\",\"content\":\"yo\"}"
/* A TrainLoop event: a line with these values, and more members of the object. */
#define EVENT(input, output, more)                                                         \
    "{\"durationMs\":815,\"tag\":\"\",\"input\":" input ",\"output\":{\"content\":" output \
    "},\"model\":\"gpt-4o\",\"startTimeMs\":1700000000000" more "}\n"

/* What an import said. */
struct imported {
    struct dataset_import *import;
    struct as_buf cases; /* a line each, canonical */
    struct as_buf heads; /* "id cluster stratum critical|-" a line */
    struct as_buf bad;   /* "file:line: reason" a line */
    struct dataset_import_summary summary;
    uint64_t case_count, bad_count;
    struct as_err err;
    int rc;
};

/* One file, "f", in portions of that many bytes; finished. */
struct imported *import_bytes(const char *data, size_t len, size_t portion);
struct imported *import_text(const char *text); /* in one portion */
void expect_bad(const char *text, const char *bad);

/* Several files, step by step. */
struct imported *import_begin(void);
void import_add(struct imported *out, const char *file, const char *text);
void import_finish(struct imported *out);
void import_free(struct imported *out);

#endif
