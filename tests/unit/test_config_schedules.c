/* The section `schedule` of eval files: what it means, and what is wrong with it. */
#include "tests/unit/config_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EVAL_HEAD "dataset: d\nbaseline: large\ncandidates: [small]\nscorers: [json_valid]\n"

static void test_a_schedule_has_what_its_section_says(void **state)
{
    (void)state;
    struct config *config = fixture_load_with_evals();
    fixture_write("evals/e.yaml", EVAL_HEAD
                  "schedule:\n  cron: 30 2 * * 1-5\n  timezone: Europe/Berlin\n  jitter: 10m\n"
                  "  on_missed: run_all\n  overlap: replace\n"
                  "  blackout: [\"22:00-23:00\", 2026-12-24..2026-12-27]\n  priority: normal\n"
                  "  max_cases: 200\n  where: tag=billing\n  sample: random\n  seed: 7\n"
                  "  enabled: false\n");
    struct eval_set *set = fixture_load_evals(config);
    const struct eval_def *eval = eval_set_find(set, "e");
    const struct schedule_rules *rules = &eval->schedules[0];
    assert_int_equal(eval->schedule_count, 1);
    assert_string_equal(rules->name, "main");
    assert_string_equal(rules->line, "30 2 * * 1-5");
    assert_true(rules->cron.hours == 1u << 2);
    assert_string_equal(rules->timezone, "Europe/Berlin");
    assert_int_equal(rules->jitter_ms, 600000);
    assert_int_equal(rules->on_missed, SCHEDULE_MISSED_RUN_ALL);
    assert_int_equal(rules->overlap, SCHEDULE_OVERLAP_REPLACE);
    assert_int_equal(rules->blackout_count, 2);
    assert_int_equal(rules->priority, SCHEDULE_PRIORITY_NORMAL);
    assert_int_equal(rules->selection.max_cases, 200);
    assert_int_equal(rules->selection.term_count, 1);
    assert_int_equal(rules->selection.sample, SELECTION_RANDOM);
    assert_true(rules->selection.has_seed && rules->selection.seed == 7);
    assert_false(rules->is_enabled);
    eval_set_unref(set);
    config_unref(config);
}

static void test_what_a_schedule_does_not_say_is_modest(void **state)
{
    (void)state;
    struct config *config = fixture_load_with_evals();
    fixture_write("evals/e.yaml",
                  EVAL_HEAD "schedule:\n  - cron: '@daily'\n  - {name: hourly, cron: '@hourly'}\n");
    struct eval_set *set = fixture_load_evals(config);
    const struct eval_def *eval = eval_set_find(set, "e");
    const struct schedule_rules *rules = &eval->schedules[0];
    assert_int_equal(eval->schedule_count, 2);
    assert_string_equal(eval->schedules[1].name, "hourly");
    assert_string_equal(rules->timezone, "UTC");
    assert_int_equal(rules->jitter_ms, 0);
    assert_int_equal(rules->on_missed, SCHEDULE_MISSED_RUN_ONCE);
    assert_int_equal(rules->overlap, SCHEDULE_OVERLAP_SKIP);
    assert_int_equal(rules->priority, SCHEDULE_PRIORITY_LOW);
    assert_false(selection_is_chosen(&rules->selection));
    assert_true(rules->is_enabled);
    eval_set_unref(set);
    config_unref(config);
}

static void test_what_is_wrong_with_a_schedule_is_said_with_its_place(void **state)
{
    static const struct bad_input cases[] = {
        {EVAL_HEAD "schedule: daily\n",
         "evals/e.yaml:5:11: schedule: expected a schedule, or a list of them, found 'daily'"},
        {EVAL_HEAD "schedule: {timezone: UTC}\n",
         "evals/e.yaml:5:11: schedule: missing key 'cron'"},
        {EVAL_HEAD "schedule: {cron: 0 25 * * *}\n",
         "evals/e.yaml:5:18: schedule.cron: hour \"25\": out of range; it is 0 to 23, in lists, "
         "ranges and steps: 1,4 or 1-5 or */2 or 1-9/2"},
        {EVAL_HEAD "schedule: {cron: '@daily', timezone: Europe/Atlantis}\n",
         "evals/e.yaml:5:38: schedule.timezone: there is no time zone \"Europe/Atlantis\" in "
         "/usr/share/zoneinfo; names are like Europe/Berlin or UTC (package tzdata has them)"},
        {EVAL_HEAD "schedule: {cron: '@daily', jitter: 3d}\n",
         "evals/e.yaml:5:36: schedule.jitter: must be a length of time like 90s, 15m, 1h30m or 7d, "
         "and 24h at most"},
        {EVAL_HEAD "schedule: {cron: '@daily', jitter: 30}\n",
         "evals/e.yaml:5:36: schedule.jitter: must be a length of time like 90s, 15m, 1h30m or 7d, "
         "and 24h at most: the unit is missing"},
        {EVAL_HEAD "schedule: {cron: @daily}\n",
         "evals/e.yaml:5:18: not valid YAML: while scanning for the next token, found character "
         "that cannot start any token; what begins with @, * or & is text only in quotes, as in "
         "'@daily'"},
        {EVAL_HEAD "schedule: {cron: '@daily', sample: some}\n",
         "evals/e.yaml:5:36: schedule.sample: 'some' is not head, random or stratified:KEY; KEY is "
         "tag, split, stratum, cluster, critical or metadata.NAME"},
        {EVAL_HEAD "schedule: {cron: '@daily', blackout: 22:00-06:00}\n",
         "evals/e.yaml:5:38: schedule.blackout: expected a list of times, as in [\"22:00-06:00\"], "
         "found '22:00-06:00'"},
        {EVAL_HEAD "schedule: {cron: '@daily', on_missed: rerun}\n",
         "evals/e.yaml:5:39: schedule.on_missed: expected one of run_once, skip, run_all, found "
         "'rerun'"},
        {EVAL_HEAD "schedule: {cron: '@daily', blackout: [nights]}\n",
         "evals/e.yaml:5:39: schedule.blackout: 'nights' must be 22:00-06:00 (every day), Fri "
         "18:00-Mon 06:00 (every week) or 2026-12-24..2026-12-27 (once; times may follow the "
         "days)"},
        {EVAL_HEAD "schedule: {cron: '@daily', crom: 1}\n",
         "evals/e.yaml:5:28: schedule: unknown key 'crom': did you mean 'cron'?"},
        {EVAL_HEAD "schedule: [{cron: '@daily'}, {cron: '@hourly'}]\n",
         "evals/e.yaml:5:30: schedule[1]: a second schedule named 'main': tell them apart with "
         "'name'"},
    };
    (void)state;
    struct config *config = fixture_load_with_evals();
    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        fixture_write("evals/e.yaml", cases[i].text);
        struct eval_set *set = fixture_load_evals(config);
        assert_int_equal(set->refusal_count, 1);
        assert_string_equal(fixture_without_folder(set->refusals[0].reason), cases[i].said);
        eval_set_unref(set);
    }
    config_unref(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONFIG_TEST(test_a_schedule_has_what_its_section_says),
        CONFIG_TEST(test_what_a_schedule_does_not_say_is_modest),
        CONFIG_TEST(test_what_is_wrong_with_a_schedule_is_said_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
