/* Turns bytes of dataset files into cases, streaming: JSONL of our own case format, chat
 * {messages}, TrainLoop events.
 *
 * Feed bytes in any portions; whole lines are parsed as they come, and each good one is handed out
 * as a case with its canonical JSON, its messages and its recorded answer. The format is found from
 * the first good line and holds for the whole import: a line of another format is a bad line, and
 * so is one whose case id was there before. A bad line is reported by file, number and reason, and
 * does not stop the import; what a person has to do about a file that is no JSON Lines is the
 * reason at its first line, and where such a file may hold lines that only look right, nothing more
 * of it is read. Blank lines are skipped. The content hash is over the canonical cases
 * in order, so bad lines leave no trace in it. Memory: a line, and at most 64 bytes a case id.
 * Pure: no files, no clock, no database. */
#ifndef DAEMON_DATASET_IMPORT_H
#define DAEMON_DATASET_IMPORT_H

#include "daemon/model/row.h"
#include "lib/err.h"
#include "lib/hash.h"

#define DATASET_LINE_MAX_BYTES (4u << 20)
#define DATASET_ID_MAX_BYTES 256u /* clusters and strata too */
#define DATASET_CASES_MAX 2000000u

enum dataset_format { DATASET_UNKNOWN, DATASET_CASES, DATASET_CHAT, DATASET_TRAINLOOP };
const char *dataset_format_name(enum dataset_format format);

struct dataset_import;

struct dataset_import_options {
    /* seq counts from 0; borrowed for the call. */
    void (*on_case)(void *ctx, const struct case_record *record);
    /* reason is a sentence that is safe on a terminal. */
    void (*on_bad_line)(void *ctx, const char *file, uint64_t line, const char *reason);
    void *ctx;
};

struct dataset_import *dataset_import_new(const struct dataset_import_options *options);
/* Before the first line: every line is a case of our own, whatever it looks like. */
void dataset_import_own_cases(struct dataset_import *import);
/* The next bytes belong to this file; its line numbers start at 1. Ends the line that was open. */
void dataset_import_file(struct dataset_import *import, const char *name);
void dataset_import_feed(struct dataset_import *import, const char *data, size_t len);

struct dataset_import_summary {
    enum dataset_format format;
    uint64_t good, bad;
    struct as_sha256 hash;
};
/* Ends the last line. AS_EINVAL: not one good line, or no line at all. */
int dataset_import_finish(struct dataset_import *import, struct dataset_import_summary *ret_summary,
                          struct as_err *err) AS_MUST_USE;
void dataset_import_free(struct dataset_import *import);

#endif
