/* Eval files: what they mean, what a user can get wrong in them and what is then said; and the
 * files that we ship. */
#include "lib/duration.h"
#include "tests/unit/config_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define EVAL_HEAD "dataset: d\nbaseline: large\ncandidates: [small]\n"

static void test_eval_has_what_its_file_says(void **state)
{
    (void)state;
    struct config *config = fixture_load_with_evals();
    fixture_write("evals/support.yaml",
                  "description: support tickets\n"
                  "dataset: tickets@0123abcd\n"
                  "baseline: recorded\n"
                  "candidates: [large, small]\n"
                  "system: |\n  You are brief.\n"
                  "samples: 3\nmax_cases: 50\n"
                  "scorers:\n"
                  "  - class_match\n"
                  "  - required_fields: {fields: [label]}\n"
                  "  - use: contains@1\n    as: mentions_refund\n"
                  "    params: {any: [refund]}\n"
                  "rubric: {use: correctness@1, judge: judge, "
                  "requires: [class_match]}\n"
                  "gate: {margin: 0.02, critical: must_pass, policy: drop, floor: 0.8}\n");
    struct eval_set *set = fixture_load_evals(config);
    assert_int_equal(set->refusal_count, 0);
    const struct eval_def *eval = eval_set_find(set, "support");
    assert_string_equal(eval->description, "support tickets");
    assert_string_equal(eval->dataset, "tickets@0123abcd");
    assert_string_equal(eval->baseline, "recorded");
    assert_int_equal(eval->candidate_count, 2);
    assert_string_equal(eval->candidates[1], "small");
    assert_string_equal(eval->system, "You are brief.\n");
    assert_int_equal(eval->samples, 3);
    assert_int_equal(eval->max_cases, 50);
    assert_string_equal(fixture_without_folder(eval->path), "evals/support.yaml");
    assert_non_null(strstr(eval->source, "description: support tickets"));
    eval_set_unref(set);
    config_unref(config);
}

static void test_scorers_can_be_written_in_three_ways(void **state)
{
    (void)state;
    struct config *config = fixture_load_with_evals();
    fixture_write("evals/e.yaml", EVAL_HEAD
                  "scorers:\n  - class_match@1.2.0\n  - required_fields: {fields: [label]}\n"
                  "  - {use: contains@1, as: refund, "
                  "params: {any: [refund]}}\n");
    struct eval_set *set = fixture_load_evals(config);
    const struct eval_def *eval = eval_set_find(set, "e");
    assert_int_equal(eval->scorer_count, 3);
    assert_string_equal(eval->scorers[0].selector, "class_match@1.2.0");
    assert_string_equal(eval->scorers[0].name, "class_match");
    assert_string_equal(eval->scorers[0].params_json, "{}");
    assert_string_equal(eval->scorers[1].params_json, "{\"fields\":[\"label\"]}");
    assert_string_equal(eval->scorers[2].selector, "contains@1");
    assert_string_equal(eval->scorers[2].name, "refund");
    assert_string_equal(eval->scorers[2].params_json, "{\"any\":[\"refund\"]}");
    eval_set_unref(set);
    config_unref(config);
}

static void test_primary_is_the_rubric_or_else_the_first_scorer(void **state)
{
    (void)state;
    struct config *config = fixture_load_with_evals();
    fixture_write("evals/a.yaml", EVAL_HEAD "scorers: [json_valid, length]\n");
    fixture_write("evals/b.yaml",
                  EVAL_HEAD "scorers: [json_valid]\nrubric: {use: correctness@1, judge: judge}\n");
    fixture_write("evals/c.yaml", EVAL_HEAD "scorers: [json_valid, length]\nprimary: length\n");
    struct eval_set *set = fixture_load_evals(config);
    assert_string_equal(eval_set_find(set, "a")->primary, "json_valid");
    assert_string_equal(eval_set_find(set, "b")->primary, "correctness");
    assert_string_equal(eval_set_find(set, "c")->primary, "length");
    eval_set_unref(set);
    config_unref(config);
}

static void test_the_journal_is_live_unless_a_policy_is_named(void **state)
{
    (void)state;
    struct config *config = fixture_load_with_evals();
    fixture_write("evals/a.yaml", EVAL_HEAD "scorers: [json_valid]\n");
    fixture_write("evals/b.yaml", EVAL_HEAD "scorers: [json_valid]\njournal: cache\n");
    fixture_write("evals/c.yaml",
                  EVAL_HEAD "scorers: [json_valid]\njournal: {policy: cache, max_age: 12h}\n");
    fixture_write("evals/d.yaml", EVAL_HEAD "scorers: [json_valid]\njournal: replay\n");
    struct eval_set *set = fixture_load_evals(config);
    assert_int_equal(eval_set_find(set, "a")->journal.policy, JOURNAL_LIVE);
    assert_int_equal(eval_set_find(set, "b")->journal.policy, JOURNAL_CACHE);
    assert_int_equal(eval_set_find(set, "b")->journal.max_age_ms, JOURNAL_CACHE_MAX_AGE_MS);
    assert_int_equal(eval_set_find(set, "c")->journal.max_age_ms, 12 * 3600 * 1000);
    assert_int_equal(eval_set_find(set, "d")->journal.policy, JOURNAL_REPLAY);
    assert_int_equal(eval_set_find(set, "d")->journal.max_age_ms, 0);
    eval_set_unref(set);
    config_unref(config);
}

static void test_rank_has_weights_and_ranges_from_worst_to_best(void **state)
{
    (void)state;
    struct config *config = fixture_load_with_evals();
    fixture_write("evals/e.yaml", EVAL_HEAD
                  "scorers: [json_valid]\n"
                  "rank: {weights: {quality: 0.7, latency: 0.3}, ranges: {quality: [0.5, 1.0], "
                  "latency: [5000, 500]}}\n");
    fixture_write("evals/f.yaml", EVAL_HEAD "scorers: [json_valid]\n");
    struct eval_set *set = fixture_load_evals(config);
    const struct rank_rules *rank = &eval_set_find(set, "e")->rank;
    assert_float_equal(rank->weights[RANK_QUALITY], 0.7, 0);
    assert_float_equal(rank->weights[RANK_COST], 0, 0);
    assert_float_equal(rank->ranges[RANK_LATENCY].worst, 5000, 0);
    assert_float_equal(rank->ranges[RANK_LATENCY].best, 500, 0);
    assert_false(rank_rules_are_set(&eval_set_find(set, "f")->rank));
    eval_set_unref(set);
    config_unref(config);
}

static void test_a_reference_may_have_any_age_unless_the_eval_says_how_old(void **state)
{
    (void)state;
    struct config *config = fixture_load_with_evals();
    fixture_write("evals/e.yaml", EVAL_HEAD "scorers: [json_valid]\nbaseline_max_age: 30d\n");
    fixture_write("evals/f.yaml", EVAL_HEAD "scorers: [json_valid]\n");
    struct eval_set *set = fixture_load_evals(config);
    assert_int_equal(eval_set_find(set, "e")->baseline_max_age_ms, 30LL * 24 * 3600 * 1000);
    assert_int_equal(eval_set_find(set, "f")->baseline_max_age_ms, 0);
    eval_set_unref(set);
    config_unref(config);
}

static void test_no_looks_are_planned_unless_the_eval_says_so(void **state)
{
    (void)state;
    struct config *config = fixture_load_with_evals();
    fixture_write("evals/e.yaml", EVAL_HEAD
                  "scorers: [json_valid]\ngate: {margin: 0.05}\nearly_stop: {looks: 5}\n");
    fixture_write("evals/f.yaml", EVAL_HEAD "scorers: [json_valid]\ngate: {margin: 0.05}\n");
    struct eval_set *set = fixture_load_evals(config);
    assert_int_equal(set->refusal_count, 0);
    assert_int_equal(eval_set_find(set, "e")->early_stop.looks, 5);
    assert_int_equal(eval_set_find(set, "f")->early_stop.looks, 0);
    eval_set_unref(set);
    config_unref(config);
}

static void test_gate_has_its_rules_and_leaves_the_rest_unconfigured(void **state)
{
    (void)state;
    struct config *config = fixture_load_with_evals();
    fixture_write("evals/e.yaml", EVAL_HEAD
                  "scorers: [json_valid]\n"
                  "gate:\n  margin: 0.05\n  min_pairs: 200\n  critical: off\n  policy: zero\n"
                  "  require_superiority: true\n"
                  "  floor: {value: 0.8, mode: point}\n  latency_p95_max_ms: 4000\n");
    fixture_write("evals/f.yaml", EVAL_HEAD "scorers: [json_valid]\ngate: {floor: 0.7}\n");
    struct eval_set *set = fixture_load_evals(config);
    const struct gate_rules *gate = &eval_set_find(set, "e")->gate;
    assert_float_equal(gate->margin, 0.05, 0);
    assert_int_equal(gate->min_pairs, 200);
    assert_int_equal(gate->critical, GATE_CRITICAL_OFF);
    assert_true(gate->require_superiority);
    assert_float_equal(gate->floor.value, 0.8, 0);
    assert_int_equal(gate->floor.mode, GATE_FLOOR_POINT);
    assert_float_equal(gate->latency_p95_max_ms, 4000, 0);
    assert_float_equal(gate->pass_threshold, 0.5, 0);
    assert_true(isnan(gate->cost_mean_max));
    assert_float_equal(eval_set_find(set, "f")->gate.floor.value, 0.7, 0);
    assert_int_equal(eval_set_find(set, "f")->gate.floor.mode, GATE_FLOOR_CI);
    eval_set_unref(set);
    config_unref(config);
}

static void test_gate_has_rules_for_tags_and_for_other_metrics(void **state)
{
    (void)state;
    struct config *config = fixture_load_with_evals();
    fixture_write("evals/e.yaml",
                  EVAL_HEAD "scorers: [json_valid, label, tone]\nprimary: label\ngate:\n"
                            "  require_tag: {prod-failure: 20, refunds: 5}\n"
                            "  tags: {margin: 0.1, min_n: 30, only: [refunds, long]}\n"
                            "  metrics:\n    json_valid: {floor: {value: 0.99, mode: point}}\n"
                            "    tone: {margin: 0.05, max_missing_rate: 0.1}\n");
    fixture_write("evals/f.yaml", EVAL_HEAD "scorers: [x]\ngate: {tags: {margin: 0.2}}\n");
    struct eval_set *set = fixture_load_evals(config);
    assert_int_equal(set->refusal_count, 0);
    const struct gate_rules *gate = &eval_set_find(set, "e")->gate;
    assert_int_equal(gate->need_count, 2);
    assert_string_equal(gate->needs[0].tag, "prod-failure");
    assert_int_equal(gate->needs[0].cases, 20);
    assert_float_equal(gate->tags.margin, 0.1, 0);
    assert_int_equal(gate->tags.min_n, 30);
    assert_int_equal(gate->tags.only_count, 2);
    assert_string_equal(gate->tags.only[1], "long");
    assert_int_equal(gate->metric_count, 2);
    assert_string_equal(gate->metrics[0].metric, "json_valid");
    assert_int_equal(gate->metrics[0].floor.mode, GATE_FLOOR_POINT);
    assert_true(isnan(gate->metrics[0].margin));
    assert_float_equal(gate->metrics[1].max_missing_rate, 0.1, 0);
    gate = &eval_set_find(set, "f")->gate;
    assert_int_equal(gate->tags.min_n, GATE_TAG_PAIRS);
    assert_int_equal(gate->tags.only_count, 0);
    eval_set_unref(set);
    config_unref(config);
}

static void test_bad_eval_is_told_with_line_and_column(void **state)
{
    static const struct bad_input cases[] = {
        {"dataset: d\nbaseline: large\ncandidate: [small]\nscorers: [json_valid]\n",
         "evals/e.yaml:1:1: missing key 'candidates': only an eval of recorded answers needs none\n"
         "evals/e.yaml:3:1: unknown key 'candidate': did you mean 'candidates'?"},
        {EVAL_HEAD "scorers: [x]\nbaseline_max_age: soon\n",
         "evals/e.yaml:5:19: baseline_max_age: must be " AS_DURATION_MUST_BE},
        {EVAL_HEAD "scorers: [x]\nearly_stop: {looks: 3}\n",
         "evals/e.yaml:5:13: early_stop: a look decides whether a candidate is worse by more than "
         "the margin: set gate.margin"},
        {EVAL_HEAD "scorers: [x]\ngate: {margin: 0.1, min_clusters: 5}\nearly_stop: {looks: 3}\n",
         "evals/e.yaml:6:13: early_stop: looks need independent cases, and gate.min_clusters says "
         "that these have clusters: leave one of the two out"},
        {EVAL_HEAD "scorers: [x]\ngate: {margin: 0.1}\nearly_stop: {looks: 6}\n",
         "evals/e.yaml:6:21: early_stop.looks: expected a whole number from 2 to 5, found '6'"},
        {EVAL_HEAD "scorers: [x]\ngate: {margin: 0.1}\nearly_stop: {}\n",
         "evals/e.yaml:6:13: early_stop: missing key 'looks'"},
        {"dataset: a/b\nbaseline: large\ncandidates: [small]\nscorers: [json_valid]\n",
         "evals/e.yaml:1:10: dataset: must be a dataset: NAME, NAME@2 or NAME@HASH with 6 hex "
         "digits or more"},
        {"dataset: d\nbaseline: lage\ncandidates: [small]\nscorers: [x]\n",
         "evals/e.yaml:2:11: baseline: no model named 'lage' in assay.yaml; there is 'large'"},
        {"dataset: d\nbaseline: large\ncandidates: [zzz]\nscorers: [x]\n",
         "evals/e.yaml:3:14: candidates: no model named 'zzz' in assay.yaml; there are 'large', "
         "'small', 'judge'"},
        {"dataset: d\nbaseline: large\ncandidates: [small, large]\nscorers: [x]\n",
         "evals/e.yaml:3:21: candidates: 'large' is the baseline already"},
        {"dataset: d\nbaseline: large\ncandidates: [small, small]\nscorers: [x]\n",
         "evals/e.yaml:3:21: candidates: 'small' stands twice"},
        {"dataset: d\nbaseline: recorded\ncandidates: [recorded]\nscorers: [x]\n",
         "evals/e.yaml:3:14: candidates: 'recorded' is the baseline already"},
        {"dataset: d\nbaseline: recorded\nscorers: [x]\ngate: {floor: 0.8}\n",
         "evals/e.yaml:4:7: gate: there is no candidate to be judged: to watch what production "
         "answers, name a model as the baseline and 'recorded' as the candidate"},
        {"dataset: d\nbaseline: 'recorded:'\ncandidates: ['recorded:a b']\nscorers: [x]\n",
         "evals/e.yaml:2:11: baseline: after 'recorded:' must stand a recording's name: letters, "
         "digits and ._:/-, a letter or digit first, at most 64\n"
         "evals/e.yaml:3:14: candidates: after 'recorded:' must stand a recording's name: letters, "
         "digits and ._:/-, a letter or digit first, at most 64"},
        {"dataset: d\nbaseline: large\ncandidates: []\nscorers: [x]\n",
         "evals/e.yaml:3:13: candidates: expected at least one model"},
        {"dataset: d\nbaseline: large\ncandidates: small\nscorers: [x]\n",
         "evals/e.yaml:3:13: candidates: expected a list of names, found 'small'"},
        {EVAL_HEAD, "evals/e.yaml:1:1: nothing to measure: give 'scorers', a 'rubric', or both"},
        {EVAL_HEAD "scorers: [contains@one]\n",
         "evals/e.yaml:4:11: scorers[0]: must be a plugin: name, name@1, name@1.2.0 or "
         "name@sha256:... (8 digits or more)"},
        {EVAL_HEAD "scorers:\n  - length\n  - length: {max: 5}\n",
         "evals/e.yaml:6:5: scorers[1]: a second metric named 'length': tell them apart with 'as'"},
        {EVAL_HEAD "scorers:\n  - {use: length, parms: {}}\n",
         "evals/e.yaml:5:19: scorers[0]: unknown key 'parms': did you mean 'params'?"},
        {EVAL_HEAD "scorers:\n  - length: 5\n",
         "evals/e.yaml:5:13: scorers[0].length: expected a map of parameters, found '5'"},
        {EVAL_HEAD "scorers: [x]\nprimary: y\n",
         "evals/e.yaml:5:10: primary: no metric named 'y' in this eval; there is 'x'"},
        {EVAL_HEAD "rubric: correctness\n",
         "evals/e.yaml:4:9: rubric: a rubric needs a judge: {use: correctness, judge: MODEL}"},
        {EVAL_HEAD "rubric: {use: correctness}\n", "evals/e.yaml:4:9: rubric: missing key 'judge'"},
        {EVAL_HEAD "rubric: {use: correctness, judge: small}\n",
         "evals/e.yaml:4:35: rubric.judge: 'small' is compared here and cannot judge itself: name "
         "another model"},
        {EVAL_HEAD "rubric: {use: correctness, judge: jude}\n",
         "evals/e.yaml:4:35: rubric.judge: no model named 'jude' in assay.yaml; there is 'judge'"},
        {EVAL_HEAD "scorers: [json_valid]\nrubric: {use: correctness, judge: judge, "
                   "requires: [json_vald]}\n",
         "evals/e.yaml:5:53: rubric.requires: no scorer named 'json_vald' in this eval; there is "
         "'json_valid'"},
        {EVAL_HEAD "scorers: [correctness]\nrubric: {use: correctness@1, judge: judge}\n",
         "evals/e.yaml:5:9: rubric: a second metric named 'correctness': tell them apart with "
         "'as'"},
        {EVAL_HEAD "scorers: [x]\nsamples: 0\n",
         "evals/e.yaml:5:10: samples: expected a whole number from 1 to 100, found '0'"},
        {EVAL_HEAD "scorers: [x]\ngate: {margn: 0.1}\n",
         "evals/e.yaml:5:8: gate: unknown key 'margn': did you mean 'margin'?"},
        {EVAL_HEAD "scorers: [x]\ngate: {margin: 0}\n",
         "evals/e.yaml:5:16: gate.margin: expected a number from 0.0001 to 1, found '0'"},
        {EVAL_HEAD "scorers: [x]\ngate: {critical: never}\n",
         "evals/e.yaml:5:18: gate.critical: expected one of off, no_regression, must_pass, found "
         "'never'"},
        {EVAL_HEAD "scorers: [x]\ngate: {floor: {mode: ci}}\n",
         "evals/e.yaml:5:15: gate.floor: missing key 'value'"},
        {EVAL_HEAD "scorers: [x]\ngate: {floor: 2}\n",
         "evals/e.yaml:5:15: gate.floor.value: expected a number from 0 to 1, found '2'"},
        {EVAL_HEAD "scorers: [x]\ngate: {require_tag: prod}\n",
         "evals/e.yaml:5:21: gate.require_tag: expected a map of tags, each with a number of "
         "cases, "
         "found 'prod'"},
        {EVAL_HEAD "scorers: [x]\ngate: {require_tag: {prod: 0}}\n",
         "evals/e.yaml:5:28: gate.require_tag.prod: expected a whole number from 1 to 1000000000, "
         "found '0'"},
        {EVAL_HEAD "scorers: [x]\ngate: {tags: {min_n: 20}}\n",
         "evals/e.yaml:5:14: gate.tags: missing key 'margin'"},
        {EVAL_HEAD "scorers: [x]\ngate: {tags: {margin: 0.1, min_n: 0}}\n",
         "evals/e.yaml:5:35: gate.tags.min_n: expected a whole number from 2 to 1000000000, found "
         "'0'"},
        {EVAL_HEAD "scorers: [x]\ngate: {tags: {margin: 0.1, only: [a, a]}}\n",
         "evals/e.yaml:5:38: gate.tags.only: 'a' stands twice"},
        {EVAL_HEAD "scorers: [x]\ngate: {tags: {margin: 0.1, only: []}}\n",
         "evals/e.yaml:5:34: gate.tags.only: 0 tags; give 1 to 64, or leave the key out for all"},
        {EVAL_HEAD "scorers: [x, y]\ngate: {metrics: {tone: {margin: 0.1}}}\n",
         "evals/e.yaml:5:18: gate.metrics: no metric named 'tone' in this eval; there are 'x', "
         "'y'"},
        {EVAL_HEAD "scorers: [x, y]\ngate: {metrics: {x: {margin: 0.1}}}\n",
         "evals/e.yaml:5:18: gate.metrics: 'x' is the primary metric: its thresholds are the "
         "gate's "
         "own keys"},
        {EVAL_HEAD "scorers: [x, y]\ngate: {metrics: {y: {flor: 0.1}}}\n",
         "evals/e.yaml:5:22: gate.metrics.y: unknown key 'flor': did you mean 'floor'?"},
        {EVAL_HEAD "scorers: [x, y]\ngate: {metrics: {y: {}}}\n",
         "evals/e.yaml:5:21: gate.metrics.y: nothing is asked: give margin, floor, "
         "max_missing_rate or max_failure_rate"},
        {EVAL_HEAD "scorers: [x]\njournal: cached\n",
         "evals/e.yaml:5:10: journal.policy: expected one of live, cache, replay, found 'cached'"},
        {EVAL_HEAD "scorers: [x]\njournal: {}\n",
         "evals/e.yaml:5:10: journal: missing key 'policy'"},
        {EVAL_HEAD "scorers: [x]\njournal: {policy: cache, max_age: a week}\n",
         "evals/e.yaml:5:35: journal.max_age: must be a length of time like 90s, 15m, 1h30m or 7d"},
        {EVAL_HEAD "scorers: [x]\njournal: {policy: live, max_age: 7d}\n",
         "evals/e.yaml:5:34: journal: policy live reuses nothing of other runs: max_age goes with "
         "cache or replay"},
        {EVAL_HEAD "scorers: [x]\nrank: {weights: {quality: 1}}\n",
         "evals/e.yaml:5:7: rank: missing key 'ranges'"},
        {EVAL_HEAD "scorers: [x]\nrank: {weights: {speed: 1}, ranges: {}}\n",
         "evals/e.yaml:5:18: rank.weights: unknown key 'speed': the keys here are quality, cost, "
         "latency"},
        {EVAL_HEAD "scorers: [x]\nrank: {weights: {cost: 1}, ranges: {cost: 0.1}}\n",
         "evals/e.yaml:5:43: rank.ranges.cost: expected two numbers, the worst value first: "
         "[WORST, BEST]"},
        {EVAL_HEAD "scorers: [x]\nrank: {weights: {cost: 1}, ranges: {cost: [0, 0.1]}}\n",
         "evals/e.yaml:5:43: rank.ranges.cost: worst first, best second, and less is better: like "
         "0.01 and 0, not 0 and 0.1"},
        {EVAL_HEAD "scorers: [x]\nrank: {weights: {quality: 1}, ranges: {quality: [1, 0.5]}}\n",
         "evals/e.yaml:5:49: rank.ranges.quality: worst first, best second, from 0 to 1: like 0.5 "
         "and 1.0, not 1 and 0.5"},
        {EVAL_HEAD "scorers: [x]\nrank: {weights: {quality: 1}, ranges: {}}\n",
         "evals/e.yaml:5:27: rank.weights.quality: a weight needs a fixed range of 'quality', from "
         "the worst value to the best"},
        {EVAL_HEAD "scorers: [x]\nrank: {weights: {}, ranges: {latency: [9, 1]}}\n",
         "evals/e.yaml:5:39: rank.ranges.latency: a range without a weight of 'latency' does "
         "nothing"},
        {EVAL_HEAD "scorers: [x]\nrank: {weights: {}, ranges: {}}\n",
         "evals/e.yaml:5:7: rank: nothing is weighed: give weights and ranges"},
        {"[]\n", "evals/e.yaml:1:1: expected a map of keys and values, found a list"},
    };
    (void)state;
    struct config *config = fixture_load_with_evals();
    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        fixture_write("evals/e.yaml", cases[i].text);
        struct eval_set *set = fixture_load_evals(config);
        assert_int_equal(set->eval_count, 0);
        assert_int_equal(set->refusal_count, 1);
        assert_string_equal(fixture_without_folder(set->refusals[0].reason), cases[i].said);
        eval_set_unref(set);
    }
    config_unref(config);
}

static void test_broken_eval_does_not_keep_the_others_out(void **state)
{
    (void)state;
    struct config *config = fixture_load_with_evals();
    fixture_write("evals/bad.yaml", "[\n");
    fixture_write("evals/good.yaml", EVAL_HEAD "scorers: [x]\n");
    struct eval_set *set = fixture_load_evals(config);
    assert_int_equal(set->eval_count, 1);
    assert_non_null(eval_set_find(set, "good"));
    assert_null(eval_set_find(set, "bad"));
    assert_string_equal(fixture_without_folder(set->refusals[0].path), "evals/bad.yaml");
    eval_set_unref(set);
    config_unref(config);
}

static void test_second_eval_of_one_name_is_refused(void **state)
{
    (void)state;
    struct config *config = fixture_load_with_evals();
    fixture_write("evals/e.yaml", EVAL_HEAD "scorers: [x]\n");
    fixture_write("evals/e.yml", EVAL_HEAD "scorers: [x]\n");
    struct eval_set *set = fixture_load_evals(config);
    assert_int_equal(set->eval_count, 1);
    assert_string_equal(fixture_without_folder(set->refusals[0].reason),
                        "evals/e.yml: there is an eval named 'e' already: evals/e.yaml");
    eval_set_unref(set);
    config_unref(config);
}

static void test_files_that_are_no_evals_are_left_alone(void **state)
{
    (void)state;
    struct config *config = fixture_load_with_evals();
    fixture_write("evals/.#e.yaml", "[\n");
    fixture_write("evals/e.yaml~", "[\n");
    fixture_write("evals/README.md", "[\n");
    struct eval_set *set = fixture_load_evals(config);
    assert_int_equal(set->eval_count + set->refusal_count, 0);
    eval_set_unref(set);
    config_unref(config);
}

static void test_fifo_among_the_evals_is_refused_without_waiting(void **state)
{
    (void)state;
    struct config *config = fixture_load_with_evals();
    assert_int_equal(mkfifo(fixture_path("evals/e.yaml"), 0600), 0);
    struct eval_set *set = fixture_load_evals(config);
    assert_string_equal(fixture_without_folder(set->refusals[0].reason),
                        "evals/e.yaml: not a regular file");
    eval_set_unref(set);
    config_unref(config);
}

static void test_missing_eval_folder_is_an_error(void **state)
{
    (void)state;
    struct config *config = fixture_load(fixture_good_config);
    struct eval_set *set = NULL;
    struct as_err err = {0};
    assert_int_equal(eval_set_load(config, &set, &err), AS_ENOENT);
    assert_non_null(strstr(err.msg, "/evals: No such file or directory: make the folder, "
                                    "or correct eval_dir in "));
    assert_null(set);
    config_unref(config);
}

static void test_evals_are_ordered_by_name_and_shared_by_reference(void **state)
{
    (void)state;
    struct config *config = fixture_load_with_evals();
    fixture_write("evals/b-1.yaml", EVAL_HEAD "scorers: [x]\n");
    fixture_write("evals/a.yaml", EVAL_HEAD "scorers: [x]\n");
    fixture_write("evals/b.yaml", EVAL_HEAD "scorers: [x]\n");
    struct eval_set *set = fixture_load_evals(config);
    eval_set_unref(eval_set_ref(set));
    assert_string_equal(set->evals[0].name, "a");
    assert_string_equal(set->evals[1].name, "b");
    assert_string_equal(set->evals[2].name, "b-1");
    eval_set_unref(set);
    eval_set_unref(NULL);
    config_unref(config);
}

/* --- what we ship --- */

static void assert_evals_load(const struct config *config, size_t at_least)
{
    struct eval_set *set = fixture_load_evals(config);
    if (set->refusal_count)
        fail_msg("%s", set->refusals[0].reason);
    assert_true(set->eval_count >= at_least);
    eval_set_unref(set);
}

static void test_shipped_config_and_evals_are_good(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct as_buf problems = {0};
    if (config_load(TESTS_DIR "/../etc/assay.yaml", &config, &problems) < 0)
        fail_msg("%s", problems.ptr);
    assert_evals_load(config, 1);
    config_unref(config);
    as_buf_done(&problems);
}

/* As scripts/quickstart does it: a copy beside the evals, port and source tree filled in. */
static void test_quickstart_template_and_evals_are_good(void **state)
{
    (void)state;
    char command[1024];
    struct config *config = NULL;
    struct as_buf problems = {0};
    snprintf(command, sizeof(command),
             "cp -r %s/../etc/quickstart/evals %s && sed 's|@PORT@|8089|; s|@ROOT@|%s/..|g' "
             "%s/../etc/quickstart/assay.yaml.in > %s",
             TESTS_DIR, fixture_folder, TESTS_DIR, TESTS_DIR, fixture_path("assay.yaml"));
    assert_int_equal(system(command), 0);
    if (config_load(fixture_path("assay.yaml"), &config, &problems) < 0)
        fail_msg("%s", problems.ptr);
    assert_string_equal(config_model(config, "small")->base_url, "http://127.0.0.1:8089/v1");
    assert_null(config_model(config, "small")->key_name);
    assert_evals_load(config, 1);
    config_unref(config);
    as_buf_done(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONFIG_TEST(test_eval_has_what_its_file_says),
        CONFIG_TEST(test_scorers_can_be_written_in_three_ways),
        CONFIG_TEST(test_primary_is_the_rubric_or_else_the_first_scorer),
        CONFIG_TEST(test_the_journal_is_live_unless_a_policy_is_named),
        CONFIG_TEST(test_rank_has_weights_and_ranges_from_worst_to_best),
        CONFIG_TEST(test_a_reference_may_have_any_age_unless_the_eval_says_how_old),
        CONFIG_TEST(test_no_looks_are_planned_unless_the_eval_says_so),
        CONFIG_TEST(test_gate_has_its_rules_and_leaves_the_rest_unconfigured),
        CONFIG_TEST(test_gate_has_rules_for_tags_and_for_other_metrics),
        CONFIG_TEST(test_bad_eval_is_told_with_line_and_column),
        CONFIG_TEST(test_broken_eval_does_not_keep_the_others_out),
        CONFIG_TEST(test_second_eval_of_one_name_is_refused),
        CONFIG_TEST(test_files_that_are_no_evals_are_left_alone),
        CONFIG_TEST(test_fifo_among_the_evals_is_refused_without_waiting),
        CONFIG_TEST(test_missing_eval_folder_is_an_error),
        CONFIG_TEST(test_evals_are_ordered_by_name_and_shared_by_reference),
        CONFIG_TEST(test_shipped_config_and_evals_are_good),
        CONFIG_TEST(test_quickstart_template_and_evals_are_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
