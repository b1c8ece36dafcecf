#!/bin/bash
# Policy cache: a run takes what other runs paid for when it asks the very same; another parameter, model, URL or sample is another
# call, another key is not. What was reused is not spent. Policy replay calls nothing, and names the case that the journal lacks.
. "$(dirname "$0")/lib.sh"

more_models=('hot: {provider: sim, id: sim-q94, params: {temperature: 0.5}, price: {input: 0.15, output: 0.60}}'
    'elsewhere: {provider: other, id: sim-q94, price: {input: 0.15, output: 0.60}}'
    'twin: {provider: sim, id: sim-q80, price: {input: 0.15, output: 0.60}}'
    'keyed: {provider: keyed, id: sim-q95, price: {input: 0.15, output: 0.60}}')
start_sim
more_providers=("other: {plugin: openai, base_url: \"http://localhost:$sim_port/v1\"}"
    "keyed: {plugin: openai, base_url: \"http://127.0.0.1:$sim_port/v1\", key: SIM_KEY}")
export SIM_KEY=sk-the-first-key-of-two
start_daemon
import_sums sums 20
write_eval sums <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
rubric: {use: correctness, judge: sim-judge}
gate: {margin: 0.2}
YAML
write_eval cached <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
rubric: {use: correctness, judge: sim-judge}
gate: {margin: 0.2}
journal: {policy: cache, max_age: 1h}
YAML

asked=0
# CALLS WHAT ARGS...: starts and waits for a run, which makes so many calls. Sets $shown.
run_expecting() {
    local calls=$1 what=$2
    shift 2
    expect_exit 0 ctl run start "$@" --wait
    shown=$(ctl --json run show last)
    expect "$(($(sim_count requests) - asked))" -eq "$calls" "calls of models: $what"
    asked=$(sim_count requests)
}
journal_of() { jq -c ".journal.$1" <<<"$shown"; }
scores_of() { rows_of "$1" | jq -c '[.case, .model, .status, .latency_ms, .scores]'; }

run_expecting 80 "the first run" sums
expect "$(journal_of policy)" = '"live"' "policy"
expect "$(journal_of 'saved_usd == 0 and .journal.spent_usd > 0')" = true "what a live run spends"
run_expecting 80 "policy live reuses nothing of another run" sums

# The same again: nothing is called, answers and grades are those of run 2, and nothing is spent.
run_expecting 0 "the same run, cached" cached
expect "$(journal_of policy)" = '"cache"' "policy"
expect "$(journal_of max_age_ms)" = 3600000 "the age that is pinned"
expect "$(journal_of reused)" = 80 "reused exchanges"
expect "$(journal_of reused_from)" = '[{"run":2,"calls":80}]' "where they are from"
expect "$(journal_of 'spent_usd == 0 and .journal.saved_usd > 0')" = true "what a cached run spends"
expect "$(scores_of 3)" = "$(scores_of 2)" "the scores"
expect_contains "$(ctl run show 3)" "80 calls reused of run 2" '$0 spent'
expect "$(jq -c '[.members[].cost_usd]' <<<"$shown")" = "$(ctl --json run show 2 | jq -c '[.members[].cost_usd]')" "what the answers cost"
expect "$(ctl --json row show 3 c0001 | jq -c '[.rows[].attempts[].outcome]')" = '["reply","reply","reply","reply"]' "attempts of a reused row"
run_expecting 0 "asked for at the start" sums --cache=1h
run_expecting 80 "live, against the eval's choice" cached --journal live
expect_exit 65 ctl run start sums --journal sometimes
expect_contains "$err" "live, cache or replay"
expect_exit 64 ctl run start sums --cache=soon
expect_contains "$err" "90s, 15m, 1h30m or 7d"
expect_exit 64 ctl run start sums --cache --journal live

# A budget is for what is spent.
write_eval thrifty <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
journal: cache
budget: {max_requests: 1}
YAML
run_expecting 0 "all of it reused, under a budget of one request" thrifty
expect "$(jq -c '[.members[].ok]' <<<"$shown")" = '[20,20]' "rows that are ok under it"
expect "$(jq '.budget.total.spent.requests' <<<"$shown")" = 0 "requests in its books"

# What makes another request: parameter, model, URL, sample. Answers of the baseline are reused, those of the candidate are not.
write_eval plain <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
journal: cache
YAML
run_expecting 0 "no judge, but the same answers" plain
run_expecting 20 "another parameter" plain --models hot
run_expecting 20 "another model" plain --models sim-q80
run_expecting 20 "another URL" plain --models elsewhere
run_expecting 40 "a second sample" plain --samples 2
expect "$(journal_of reused)" = 40 "the first samples"
run_expecting 0 "both samples" plain --samples 2

# Two members that ask the same get two answers: so far there is one for both.
write_eval twins <<'YAML'
dataset: sums
baseline: sim-q80
candidates: [twin]
scorers: [exact_match]
journal: cache
YAML
run_expecting 20 "the twin asks by itself once" twins
run_expecting 0 "and then each has its own" twins
two_answers='[.rows[].attempts[0].sent_ms] | unique | length'
expect "$(ctl --json row show last c0001 | jq "$two_answers")" = 2 "different answers of twins"

# Another key is the same request.
write_eval keyed <<'YAML'
dataset: sums
baseline: sim-q94
candidates: [keyed]
scorers: [exact_match]
journal: cache
YAML
run_expecting 0 "the URL, the model and the parameters of the baseline, and a key" keyed
stop_daemon
export SIM_KEY=sk-the-second-key-of-two
start_daemon
run_expecting 0 "after a rotation of the key" keyed

# Policy replay: all from the journal, without a server.
stop_sim
expect_exit 0 ctl run start sums --journal replay --wait
shown=$(ctl --json run show last)
expect "$(journal_of reused)" = 80 "reused by a replay"
expect "$(journal_of spent_usd)" = 0 "spent by a replay"
write_sums "$home/more.jsonl" 21
expect_exit 0 ctl dataset import sums "$home/more.jsonl"
expect_exit 3 ctl run start sums --journal replay --wait
expect_contains "$out$err" "c0021" "nothing was called"
shown=$(ctl --json run show last)
expect "$(jq -r .state <<<"$shown")" = failed "state of a replay with a miss"
crash_daemon
start_daemon
expect "$(ctl --json run show last | jq -r '.state, .error')" = "$(jq -r '.state, .error' <<<"$shown")" "the same after a restart"

finish
