/* A run group in a real store, written down row by row, and what its result says: for the tests of
 * daemon/report. */
#ifndef TESTS_UNIT_REPORT_FIXTURE_H
#define TESTS_UNIT_REPORT_FIXTURE_H

#include "daemon/report/result.h"
#include "tests/unit/store_fixture.h"

enum { EXACT, JUDGE, METRIC_COUNT };

extern const char *const member_names[3]; /* the baseline, and two candidates */

/* A row as the tests write it down. NaN: no such number; a judge of NaN does not apply. */
struct fact {
    uint32_t member;
    int64_t case_seq;
    enum row_status status;
    double exact, judge;
    double latency_ms, cost_usd, judge_cost_usd;
    uint32_t sample;
    int8_t says_pass; /* of the exact score: 1, 2 = no, 0 = not said */
};

struct group {
    struct store_fixture *f;
    struct gate_rules gate;
    struct report_spec spec;
    struct report_result result;
};

/* Cases c0, c1 ...; c0 is critical. */
struct group report_group(struct store_fixture *f, size_t member_count, size_t case_count);
struct group report_group_of(struct store_fixture *f, size_t member_count, int64_t dataset_id,
                             size_t case_count);
void report_add(const struct group *group, const struct fact *fact);
void report_add_all(const struct group *group, const struct fact *facts, size_t count);
/* An ok row with no other number than its exact score, which the judge shares. */
void report_add_score(const struct group *group, uint32_t member, int64_t case_seq, double score);
const struct as_json *report_make(struct group *group); /* the result, until report_done */
void report_done(struct group *group);

const struct as_json *member_of(const struct as_json *result, size_t member);
const struct as_json *metric_of(const struct as_json *result, size_t member, size_t metric);
const struct as_json *comparison_of(const struct as_json *result, size_t candidate, size_t metric);
const struct as_json *verdict_of(const struct as_json *result, size_t candidate);
const struct as_json *check_of(const struct as_json *verdict, const char *name);

/* Of a member of the object. NaN and NULL: the key is there and null. */
void assert_num(const struct as_json *json, const char *key, double want);
void assert_text(const struct as_json *json, const char *key, const char *want);
void assert_written(const struct as_json *json, const char *key, const char *want); /* as JSON */
void assert_interval(const struct as_json *json, double low, double high, double tolerance);

#endif
