#!/bin/bash
# Baseline `recorded`: what production answered is compared, and costs no call. A case without a recorded answer is missing, no zero.
. "$(dirname "$0")/lib.sh"

start_sim
start_daemon
awk 'BEGIN {
    for (i = 1; i <= 80; i++) {
        answer = i <= 60 ? sprintf(",\"recorded\":{\"text\":\"%d\",\"latency_ms\":120}", i % 4 ? 2 * i : 0) : ""
        printf "{\"id\":\"r%02d\",\"input\":\"What is %d + %d?\",\"expected\":\"%d\"%s}\n", i, i, i, 2 * i, answer
    }
}' >"$home/traffic.jsonl"
expect_exit 0 ctl dataset import traffic "$home/traffic.jsonl"
write_eval traffic <<'YAML'
dataset: traffic
baseline: recorded
candidates: [sim-q95]
scorers: [exact_match]
gate: {margin: 0.05, max_missing_rate: 0.5}
YAML

expect_exit 0 ctl run start traffic --wait
expect_exit 0 ctl --json run show last
expect_contains "$out" '"model":"recorded","role":"baseline"' '"skipped":20' '"n_pairs":60' '"baseline_mean":0.75'
expect "$(rows_of last --model recorded --status skipped | wc -l)" -eq 20 "cases without a recorded answer"
expect "$(rows_of last --model recorded --status skipped | grep -c '"exact_match":[0-9]' || true)" -eq 0 "scores of those"
expect "$(sim_count requests)" -eq 80 "calls, all of them the candidate's"
expect "$(jq -c '.members[0] | [.cost_usd, .judge_cost_usd]' <<<"$out")" = '[null,0]' "what production paid is not known; no judge was asked"

# Without any recorded answer there is nothing to compare with.
import_sums sums 10
write_eval sums <<'YAML'
dataset: sums
baseline: recorded
candidates: [sim-q95]
scorers: [exact_match]
YAML
expect_exit 65 ctl run start sums
expect_contains "$err" "no case of dataset 'sums' has a recorded answer"

finish
