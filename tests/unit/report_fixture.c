/* See report_fixture.h. */
#include "tests/unit/report_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NEAR 1e-9

const char *const member_names[3] = {"large", "small", "tiny"};
static const char *const metric_names[] = {"exact_match", "correctness"};

struct group report_group_of(struct store_fixture *f, size_t member_count, int64_t dataset_id,
                             size_t case_count)
{
    struct group group = {.f = f};
    struct group_record record = {
        .eval_name = "triage",
        .state = GROUP_FINISHING,
        .dataset_id = dataset_id,
        .case_count = (int64_t)case_count,
        .member_count = (uint32_t)member_count,
        .sample_count = 1,
        .pins_json = "{}",
    };
    gate_rules_init(&group.gate);
    group.spec = (struct report_spec){
        .dataset_id = dataset_id,
        .case_count = (int64_t)case_count,
        .member_names = member_names,
        .member_count = member_count,
        .metric_names = metric_names,
        .metric_count = METRIC_COUNT,
        .primary = EXACT,
    };
    assert_int_equal(store_group_create(f->store, &record, &group.spec.group_id), 0);
    return group;
}

struct group report_group(struct store_fixture *f, size_t member_count, size_t case_count)
{
    int64_t dataset_id = store_fixture_dataset(f, "tickets", case_count);
    return report_group_of(f, member_count, dataset_id, case_count);
}

void report_add(const struct group *group, const struct fact *fact)
{
    struct row_key key = {group->spec.group_id, fact->case_seq, fact->member, fact->sample};
    const struct score_record scores[METRIC_COUNT] = {
        {.metric = EXACT,
         .score = fact->exact,
         .pass = (int8_t)(fact->says_pass ? fact->says_pass == 1 : -1)},
        {.metric = JUDGE, .is_na = isnan(fact->judge), .score = fact->judge, .pass = -1},
    };
    struct scored_row row = fixture_row(key);
    row.row.status = fact->status;
    row.row.latency_ms = fact->latency_ms;
    row.row.cost_usd = fact->cost_usd;
    row.row.judge_cost_usd = fact->judge_cost_usd;
    if (fact->status != ROW_OK)
        row.row.input_tokens = row.row.output_tokens = -1;
    row.scores = scores;
    row.score_count = fact->status == ROW_OK ? METRIC_COUNT : 0;
    fixture_commit_row(group->f->store, row);
}

void report_add_all(const struct group *group, const struct fact *facts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        report_add(group, &facts[i]);
}

void report_add_score(const struct group *group, uint32_t member, int64_t case_seq, double score)
{
    const struct fact fact = {member, case_seq, ROW_OK, score, score, NAN, NAN, NAN, 0, 0};
    report_add(group, &fact);
}

const struct as_json *report_make(struct group *group)
{
    struct as_err err = {0};
    group->spec.gate = &group->gate;
    if (report_build(group->f->store, &group->spec, &group->result, &err))
        fail_msg("%s", err.msg);
    return group->result.json;
}

void report_done(struct group *group)
{
    as_json_free(group->result.json);
}

const struct as_json *member_of(const struct as_json *result, size_t member)
{
    return as_json_at(as_json_get(result, "members"), member);
}

const struct as_json *metric_of(const struct as_json *result, size_t member, size_t metric)
{
    return as_json_at(as_json_get(member_of(result, member), "metrics"), metric);
}

/* Per candidate the primary metric first, then the others in order. */
const struct as_json *comparison_of(const struct as_json *result, size_t candidate, size_t metric)
{
    return as_json_at(as_json_get(result, "comparisons"), (candidate - 1) * METRIC_COUNT + metric);
}

const struct as_json *verdict_of(const struct as_json *result, size_t candidate)
{
    return as_json_at(as_json_get(result, "verdicts"), candidate - 1);
}

const struct as_json *check_of(const struct as_json *verdict, const char *name)
{
    const struct as_json *checks = as_json_get(verdict, "checks");
    for (size_t i = 0; i < as_json_len(checks); i++)
        if (as_str_eq(as_json_get_str(as_json_at(checks, i), "name"), name))
            return as_json_at(checks, i);
    fail_msg("no check '%s'", name);
    return NULL;
}

void assert_num(const struct as_json *json, const char *key, double want)
{
    assert_true(as_json_has(json, key));
    const struct as_json *value = as_json_get(json, key);
    bool is_right = isnan(want)
                        ? value == NULL
                        : as_json_is_number(value) && fabs(as_json_num(value, NAN) - want) <= NEAR;
    if (!is_right)
        fail_msg("%s is %.12g, not %.12g", key, as_json_num(value, NAN), want);
}

void assert_text(const struct as_json *json, const char *key, const char *want)
{
    assert_true(as_json_has(json, key));
    if (want)
        assert_string_equal(as_json_get_cstr(json, key), want);
    else
        assert_null(as_json_get(json, key));
}

void assert_interval(const struct as_json *json, double low, double high, double tolerance)
{
    const struct as_json *pair = as_json_get(json, "ci");
    assert_int_equal(as_json_len(pair), 2);
    assert_true(fabs(as_json_num(as_json_at(pair, 0), NAN) - low) <= tolerance);
    assert_true(fabs(as_json_num(as_json_at(pair, 1), NAN) - high) <= tolerance);
}

void assert_written(const struct as_json *json, const char *key, const char *want)
{
    struct as_buf text = {0};
    assert_true(as_json_has(json, key));
    as_json_write_canonical(as_json_get(json, key), &text);
    assert_string_equal(text.ptr, want);
    as_buf_done(&text);
}
