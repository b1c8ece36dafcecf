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

# Answers of other systems stand in the cases by name: each can be a member. A case that lacks one is missing for that member.
awk 'BEGIN {
    for (i = 1; i <= 40; i++) {
        old = sprintf("\"old\":\"%d\"", i % 4 ? 2 * i : 0)
        new = i <= 30 ? sprintf(",\"v2/new\":{\"text\":\"%d\",\"latency_ms\":80}", 2 * i) : ""
        printf "{\"id\":\"n%02d\",\"input\":\"What is %d + %d?\",\"expected\":\"%d\",\"recordings\":{%s%s}}\n", i, i, i, 2 * i, old, new
    }
}' >"$home/systems.jsonl"
expect_exit 0 ctl dataset import systems "$home/systems.jsonl"
write_eval systems <<'YAML'
dataset: systems
baseline: recorded:old
candidates: [recorded:v2/new, sim-q95]
scorers: [exact_match]
YAML
calls=$(sim_count requests)
expect_exit 0 ctl --json run plan systems --models recorded:v2/new
expect "$(jq -c '[.rows, .total.calls.high]' <<<"$out")" = '[80,0]' "what a run of recordings alone takes"
expect_exit 0 ctl run start systems --wait
expect_exit 0 ctl --json run show last
expect "$(jq -c '[.members[] | [.model, .ok, .missing]]' <<<"$out")" = \
    '[["recorded:old",40,0],["recorded:v2/new",30,10],["sim-q95",40,0]]' "rows of the members"
expect "$(jq -c '[.comparisons[0] | .n_pairs, .wins, .losses, .baseline_mean, .candidate_mean]' <<<"$out")" = \
    "[30,7,0,$(jq -n '23/30'),1]" "the recordings compared"
expect "$(jq -c '.members[1].latency_p50_ms' <<<"$out")" = 80 "latency of a recording"
expect "$(($(sim_count requests) - calls))" -eq 40 "calls, all of them the model's"
expect_exit 0 ctl row show last n40
expect_contains "$out" recorded:v2/new skipped
expect_exit 0 ctl run start systems --models recorded:v2/new --temperature 0.5 --wait
expect_contains "$out" "temperature 0.5 of all members"
expect_lacks "$out" "in flight at most" nan
expect_exit 0 ctl run replay last
expect_contains "$out" "80 rows, all scores and the result are the same, byte for byte"
expect_exit 65 ctl run start systems --models recorded:v3
expect_contains "$err" "no case of dataset 'systems' has a recording 'v3'; it has 'old', 'v2/new'"

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
