#!/bin/bash
# The largest eval that is permitted: 15 candidates, many metrics that the gate asks about, and long case ids. Its result still is an answer.
. "$(dirname "$0")/lib.sh"

start_sim
start_daemon
jq -nc --arg pad "$(printf 'z%.0s' $(seq 230))" 'range(60) | . as $i | {
    id: "case-\($i)-\($pad)", input: "q", expected: "a", critical: true, recorded: "a",
    recordings: ([range(15)] | map({key: "system-\(.)", value: (if ($i + .) % 3 then "b" else "a" end)}) | from_entries)}' >"$home/large.jsonl"
expect_exit 0 ctl dataset import large "$home/large.jsonl"
write_large() { # NAME METRIC...: the metrics besides the primary one
    local name=$1 metric
    shift
    {
        cat <<YAML
dataset: large
baseline: recorded
candidates: [$(printf '"recorded:system-%s", ' $(seq 0 14))]
scorers:
  - exact_match
YAML
        for metric; do echo "  - {use: exact_match, as: $metric}"; done
        echo 'gate: {margin: 0.05, critical: must_pass, require_superiority: true, metrics: {'
        for metric; do echo "    $metric: {margin: 0.05, max_missing_rate: 0.1, max_failure_rate: 0.1},"; done
        echo '  }}'
    } | write_eval "$name"
}
write_large large $(printf 'match_%s ' $(seq 16))
expect_exit 2 ctl run start large --gate
expect_exit 0 ctl --json run show last
expect "$(jq '[.verdicts[].checks[] | select(.evidence_total > 0)] | length' <<<"$out")" -ge 255 "checks with evidence"
expect "$(jq '[.verdicts[].checks[] | select(.evidence_total > 0).evidence | length] | min' <<<"$out")" -ge 3 "cases of each"
expect_exit 0 ctl report last --format md

# What is larger than an answer is told in part: the outcome, and what decides it. The rest is counted, and stands in the reports.
write_large largest $(printf 'a_metric_with_a_name_that_says_all_that_it_measures_%s ' $(seq 30))
expect_exit 2 ctl run start largest --gate
expect_contains "$out" "further checks, which a report has"
expect_exit 0 ctl --json run show last
expect "$(jq -c '[.outcome, (.verdicts | length)]' <<<"$out")" = '["fail",15]' "the result"
expect "$(jq '[.verdicts[] | (.checks | length) + .checks_left_out] | unique | .[]' <<<"$out")" = 165 "checks of each verdict, with those left out"
expect "$(jq '[.verdicts[].checks[] | select(.outcome == "FAIL")] | length' <<<"$out")" -ge 450 "checks that failed"
expect_exit 0 ctl run watch last
expect_exit 0 ctl dossier last --output "$home/largest.json"
expect_exit 0 ctl dossier verify "$home/largest.json"
expect_exit 0 ctl report last --format junit
expect "$(count_of "$out" "<testcase ")" = $((15 * 165)) "checks of the report"
finish
