#!/bin/bash
# What run start is told of a run reaches the run: which cases it takes, and how they are drawn. It is pinned, shown, and the same after
# kill -9 and in a replay. Senseless values are turned down with a remedy.
. "$(dirname "$0")/lib.sh"

models+=("flaky=sim-q94+fault=500:0.5")
provider_lines=("retry: {max_attempts: 1, backoff_ms: 10}")
start_sim --latency-ms 20
start_daemon
# Of ten cases one is of split test, and three are tagged billing.
awk 'BEGIN {
    for (i = 0; i < 400; i++)
        printf "{\"id\":\"c%03d\",\"input\":\"What is %d + %d?\",\"expected\":\"%d\",\"split\":\"%s\",\"tags\":[\"%s\"]}\n",
            i, 100 + i, 11 + i * 7 % 83, 111 + i + i * 7 % 83, i % 10 ? "train" : "test", i % 10 < 3 ? "billing" : "other"
}' >"$home/sums.jsonl"
expect_exit 0 ctl dataset import sums "$home/sums.jsonl"
write_eval sums <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
gate: {margin: 0.9}
YAML

sim_is_idle() { [ "$(sim_count in_flight)" -eq 0 ]; }
# RUN: the ids of its cases, one a line.
cases_of() { rows_of "$1" --model sim-q95 | jq -r .case; }

# ---- --where, --max-cases ----

expect_exit 0 ctl run start sums --where tag=billing,split=train --max-cases 30 --wait
expect_contains "$out" "30 of 400: tag=billing, split=train, the first"
expect "$(cases_of last | wc -l)" -eq 30 "cases"
expect "$(cases_of last | head -n 3 | tr '\n' ' ')" = "c001 c002 c011 " "the first of them"
expect_exit 0 ctl run start sums --max-cases 20 --wait
expect_contains "$out" "20 of 400: the first"
expect "$(cases_of last | tail -n 1)" = c019 "the last of the first 20"

# ---- --sample, --seed ----

expect_exit 0 ctl run start sums --max-cases 40 --sample random --seed 7 --wait
expect_contains "$out" "40 of 400: drawn at random by seed 7"
drawn=$(cases_of last)
expect "$(wc -l <<<"$drawn")" -eq 40 "cases that were drawn"
expect "$(sort <<<"$drawn")" = "$drawn" "the order of what was drawn, as in the dataset"
expect_exit 0 ctl run start sums --max-cases 40 --sample random --seed 7 --wait
expect "$(cases_of last)" = "$drawn" "cases of the same seed"
expect_exit 0 ctl run start sums --max-cases 40 --sample random --seed 8 --wait
expect "$(cases_of last)" != "$drawn" "cases of another seed"
expect_exit 0 ctl run start sums --max-cases 50 --sample stratified:split --wait
expect "$(cases_of last | grep -c '0$')" -eq 5 "cases of the split with a tenth of all"
expect_contains "$(ctl run ls)" "sums@1"
expect_contains "$(ctl dataset ls)" "sums"
expect "$(ctl --json dataset ls | jq '.datasets | length')" -eq 1 "datasets, lists of cases not among them"
expect "$(ctl --json run show last | jq -c '.dataset.selection | [.sample, .seed, .max_cases, .of]')" = '["stratified:split",0,50,400]' "what is pinned"

# A case's row, a report and a requeue find the case in the group's own list.
id=$(cases_of last | sed -n 7p)
expect_contains "$(ctl row show last "$id")" "$id"
expect_contains "$(ctl report last --format csv)" "$id"
expect_exit 65 ctl row show last c999

# ---- run plan takes the same ----

plan=$(ctl --json run plan sums --max-cases 40 --sample random --seed 7 --cache)
expect "$(jq -c '[.cases, .models[0].reused]' <<<"$plan")" = '[40,40]' "cases of a plan, and what a run of the same cases has paid"
plan=$(ctl --json run plan sums --where split=test --journal cache)
expect "$(jq '.cases' <<<"$plan")" -eq 40 "cases of a plan with a term"
expect_contains "$(ctl run plan sums --where split=test --max-concurrent 2)" "40 of 400: split=test" "2 in flight at most"

# ---- --temperature, --max-concurrent, --request-delay, --samples, --models, --tag ----

expect_exit 0 ctl run start sums --max-cases 5 --temperature 0.7 --tag warm --wait
expect_contains "$out" "temperature 0.7 of all members" "warm"
expect "$(ctl --json run show last | jq -c '[.pins.models[].params.temperature]')" = '[0.7,0.7]' "temperatures that are pinned"
expect "$(ctl --json row show last c001 | jq -c '[.rows[].request.temperature]')" = '[0.7,0.7]' "temperatures that were sent"
expect_exit 0 ctl run start sums --max-cases 5 --samples 2 --models sim-q80 --wait
expect "$(ctl --json run show last | jq -c '[.samples, .progress.total, [.members[].model]]')" = '[2,20,["sim-q95","sim-q80"]]' "samples and models"

write_eval judged <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
rubric: {use: correctness, judge: sim-judge}
YAML
expect_exit 0 ctl run start judged --max-cases 2 --temperature 0.7 --wait
expect "$(ctl --json run show last | jq -c '.pins | [.judge.params.temperature, .models[0].params.temperature]')" = '[null,0.7]' "the judge's temperature"

# The simulator has counted the most calls at a time.
sim_http POST /_sim/reset >/dev/null
expect_exit 0 ctl run start sums --max-cases 30 --max-concurrent 3 --wait
expect_contains "$out" "3 in flight at most"
expect "$(sim_count max_in_flight)" -eq 3 "calls at a time"
began=$(date +%s%N)
expect_exit 0 ctl run start sums --max-cases 4 --request-delay 0.05 --wait
expect "$((($(date +%s%N) - began) / 1000000))" -ge 350 "milliseconds of 8 calls with 7 pauses of 50"
expect_contains "$out" "0.05 s between calls"
expect "$(ctl --json run show last | jq -c .calls)" = '{"temperature":null,"max_concurrent":null,"request_delay_s":0.05}' "what is pinned"

# ---- rows done again, other scores, and planned looks, over cases that were drawn ----

expect_exit 0 ctl run start sums --models flaky --max-cases 60 --sample random --seed 5 --wait
run=$(ctl --json run show last | jq .run) drawn=$(cases_of last)
expect "$(rows_of "$run" --status model_error | wc -l)" -ge 10 "rows that failed"
sim_http DELETE /_sim/model-faults >/dev/null
expect_exit 0 ctl run requeue "$run"
await "the end of what is done again" run_is "$run" done
expect "$(rows_of "$run" --status ok | wc -l)" -eq 120 "rows in the end"
expect "$(cases_of "$run")" = "$drawn" "cases in the end"
expect_exit 0 ctl --json run rescore "$run" --scorer exact_match
expect "$(jq -c '[.rows, .moved]' <<<"$out")" = '[120,0]' "rows that were scored again"
write_eval looks <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
gate: {margin: 0.4}
early_stop: {looks: 2}
YAML
expect_exit 0 ctl run start looks --where tag=other --wait
expect "$(ctl --json run show last | jq -c '[.looks.planned, .looks.n_max, .dataset.selection.of]')" = '[2,280,400]' "planned looks"
expect "$(rows_of last | jq -r .case | grep -c '[0-2]$' || true)" -eq 0 "cases with another tag"

# ---- after kill -9, and in a replay ----

sim_http POST /_sim/reset >/dev/null
expect_exit 0 ctl --json run start sums --max-cases 100 --sample random --seed 3 --where tag=other --max-concurrent 4 --temperature 1
run=$(json_get "$out" run)
await "a part of the calls" sim_has_been_asked 40
crash_daemon
await "the end of what was under way" sim_is_idle
sim_http POST /_sim/reset >/dev/null
start_daemon
expect_exit 0 ctl run watch "$run"
expect "$(sim_count max_in_flight)" -eq 4 "calls at a time after the crash"
drawn=$(cases_of "$run")
expect "$(sort -u <<<"$drawn" | wc -l)" -eq 100 "cases, each once"
expect_exit 0 ctl run start sums --max-cases 100 --sample random --seed 3 --where tag=other --temperature 1 --journal replay --wait
expect "$(cases_of last)" = "$drawn" "cases of the same seed after the crash"
expect_exit 0 ctl --json run replay "$run"
expect "$(jq -c '[.equal, .rows]' <<<"$out")" = '[true,200]' "the replay"

# ---- pruning takes the lists with the groups ----

expect_exit 0 ctl journal prune --keep-last 1
expect_exit 0 ctl run show last
expect_exit 0 ctl journal verify

# ---- senseless values ----

calls=$(sim_count requests)
refused() {
    local code=$1 text=$2
    shift 2
    expect_exit "$code" ctl run start sums "$@"
    expect_contains "$err" "$text"
}
refused 65 "add --max-cases N" --sample random
refused 65 "add --sample random" --max-cases 5 --seed 3
refused 65 "did you mean tag=billing?" --where tag=biling
refused 65 "'billing' is not KEY=VALUE" --where billing
refused 65 "is not head, random or stratified:KEY" --max-cases 5 --sample some
refused 65 "temperature: 3 is not between 0 and 2" --temperature 3
refused 64 "--temperature must be a number" --temperature warm
refused 65 "is not between 0 and 3600 seconds" --request-delay -1
refused 65 "max_concurrent" --max-concurrent 0
refused 64 "max-cases" --max-cases many
refused 65 "max_cases" --max-cases 0
refused 65 "seed" --max-cases 5 --sample random --seed -1
expect "$(sim_count requests)" -eq "$calls" "calls of what was refused"

finish
