#!/bin/bash
# The main job: a dataset, an eval, one command, and a verdict that agrees with what the simulator's models can really do.
. "$(dirname "$0")/lib.sh"

more_models=('free-judge: {provider: sim, id: sim-judge, concurrency: 16}')
start_sim
start_daemon
import_sums sums 300
expect_contains "$out" sums 300
write_eval sums <<'YAML'
description: additions
dataset: sums
baseline: sim-q95
candidates: [sim-q94, sim-q80]
scorers: [exact_match, numeric]
rubric: {use: correctness, judge: sim-judge}
gate: {margin: 0.05, min_pairs: 100}
YAML

# One command: it waits, and its exit code is that of the gate.
expect_exit 2 ctl run start sums --gate
expect_exit 2 ctl gate last
expect_contains "$out" "sim-q94: " "sim-q80: fail"
expect_exit 2 ctl --json gate last
expect "$(jq -c '.candidates | map(.candidate)' <<<"$out")" = '["sim-q94","sim-q80"]' "candidates of the verdict"
expect "$(jq -c '.candidates | map(has("model")) | any' <<<"$out")" = false "a second name for them"

# For people: every member with its n and interval, each comparison, the verdict's sentence.
expect_exit 0 ctl run show last
expect_contains "$out" sim-q95 sim-q94 sim-q80 300 exact_match numeric correctness P50 P95 'wins' 'judge       sim-judge'

# For programs: the same as JSON on one line.
expect_exit 0 ctl --json run show last
shown=$out
expect "$(wc -l <"$home/out")" = 1 "lines of JSON"
expect "$(json_get "$shown" state)" = done "state"
expect "$(json_get "$shown" outcome)" = fail "outcome"
expect "$(json_get "$shown" primary)" = correctness "primary metric"
expect "$(count_of "$shown" '"ok":300,"failed":0,"missing":0')" -eq 3 "members with 300 rows that are ok"
expect "$(count_of "$(jq -c .members <<<"$shown")" '"n":300')" -eq 9 "metrics with n = 300"
expect "$(count_of "$shown" '"n_pairs":300')" -eq 6 "paired comparisons"
expect_contains "$shown" '"ci":[' '"diff":-0.' '"wins":' '"losses":' '"latency_p95_ms":' '"cost_usd":0.'
expect "$(jq '[.members[] | select(.cost_usd > 0 and .judge_cost_usd > 0)] | length' <<<"$shown")" -eq 3 "members with both costs"
expect_contains "$shown" '{"candidate":"sim-q80","outcome":"fail"'
expect_lacks "$shown" '{"candidate":"sim-q94","outcome":"fail"'

# What to do about each of them, for people too.
expect "$(jq -r '.recommendations[] | select(.candidate == "sim-q80") | .action' <<<"$shown")" = keep "what to do about sim-q80"
expect_contains "$(ctl run show last)" "=> Keep 'sim-q95': 'sim-q80' is worse" "n=300 pairs" "2 candidates were tried"
expect_contains "$(ctl gate last)" "=> Keep 'sim-q95': 'sim-q80' is worse"

# The simulator's truth and the scores are the same thing: 80 % of 300, give or take what chance allows.
wins=$(rows_of last --model sim-q80 --metric exact_match --min 1 | wc -l)
expect "$wins" -ge 222 "right answers of sim-q80"
expect "$wins" -le 258 "right answers of sim-q80"

# A row: what was asked, all answers side by side, the judge's question and grade, the attempts.
expect_exit 0 ctl row show last c0007
expect_contains "$out" "What is 107 + 60?" sim-q95 sim-q94 sim-q80 correctness
expect_exit 0 ctl --json row show last c0007
expect "$(count_of "$out" '"status":"ok"')" -eq 3 "rows of the case"
expect_contains "$out" '"role":"model"' '"role":"judge"' '"outcome":"reply"' '"question":' '"http_status":200'

# A call for each row and one for each judgement, and nothing besides. (Two members that give the same answer are judged by the same
# question: that is no repetition.)
expect "$(sim_count paid)" -eq 1800 "calls that were paid for"

# --models: only these candidates; the baseline stays. --max-cases: only the first ones.
expect_exit 5 ctl run start sums --gate --models sim-q94 --max-cases 20
expect_exit 0 ctl --json run show last
expect "$(count_of "$out" '"role":"candidate"')" -eq 1 "candidates of the second run"
expect "$(count_of "$(jq -c .members <<<"$out")" '"n":20')" -eq 6 "metrics with n = 20"
expect_contains "$out" '"more_cases":'
expect_exit 0 ctl run ls
expect_contains "$out" sums done

# Scores stand in the order of the metrics, whichever scorer was done first.
cat >"$home/plugins/scorers/.slow.new" <<'LUA'
-- Takes its time.
return {
  api = 1, kind = "scorer", name = "slow", version = "1.0.0",
  score = function()
    for _ = 1, 1000000 do end
    return 1
  end,
}
LUA
mv "$home/plugins/scorers/.slow.new" "$home/plugins/scorers/slow.lua"
slow_is_live() { ctl plugin show slow >"$home/shown" 2>&1; }
await "the slow scorer" slow_is_live
write_eval ordered <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [slow, {numeric: {tolerance: 0.5, take: last}}, exact_match]
rubric: {use: correctness, judge: free-judge}
max_cases: 5
YAML
expect_exit 0 ctl run start ordered --wait
expect_contains "$out" 'numeric = numeric@' '{"take":"last","tolerance":0.5}' unpriced
expect "$(rows_of last | jq -c '.scores | keys_unsorted' | sort -u)" = '["slow","numeric","exact_match","correctness"]' "order in row ls"
expect_exit 0 ctl --json run show last
expect "$(jq -c '.pins.plugins | map(.params)' <<<"$out")" = '[{},{"take":"last","tolerance":0.5},{},{}]' "parameters in the pins"
expect "$(jq -c '.members | map(.judge_cost_usd)' <<<"$out")" = '[null,null]' "the cost of a judge without a price"
expect_exit 0 ctl --json row show last c0003
expect "$(jq -c '.rows[].scores | map(.metric)' <<<"$out" | sort -u)" = '["slow","numeric","exact_match","correctness"]' "order in row show"

finish
