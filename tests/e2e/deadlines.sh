#!/bin/bash
# Deadlines of an attempt, each against a server that stalls in its own way: the attempt is ended by the deadline that is meant for it,
# and a last call that stalls is given up and made again, not waited for.
. "$(dirname "$0")/lib.sh"

provider_lines=(
    "timeouts: {connect_ms: 2000, first_byte_ms: 700, idle_ms: 700, total_ms: 1500}"
    "retry: {max_attempts: 2, backoff_ms: 20}"
)
models=(sim-q95 twin=sim-q95-b "head=sim-q94+fault=stall-head:1" "body=sim-q94+fault=stall-body:1" "drip=sim-q94+fault=drip:1:100")
start_sim
start_daemon
import_sums sums 2
write_eval stalls <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [head, body, drip]
scorers: [exact_match]
gate: {margin: 0.05, min_pairs: 2}
YAML
write_eval one <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [twin]
scorers: [exact_match]
gate: {margin: 0.05, min_pairs: 2}
YAML

# MODEL SENTENCE: its rows ended so, after two attempts.
expect_timeout() {
    local row
    row=$(ctl --json row show last c0001 | jq --arg model "$1" '.rows[] | select(.model == $model)')
    expect "$(jq -r '[.status, .error_class, (.attempts | length), .attempts[-1].outcome] | join(" ")' <<<"$row")" \
        = "timeout timeout 2 timeout" "end of the row of $1"
    expect_contains "$(jq -r .error <<<"$row")" "$2"
    expect "$(jq '.latency_ms != null and .latency_ms == .attempts[-1].total_ms' <<<"$row")" = true "latency of the row of $1"
}

expect_exit 0 ctl run start stalls --wait
expect_timeout head "no byte of the reply within 700 ms (first_byte_ms)"
expect_timeout body "no further byte of the reply for 700 ms (idle_ms)"
expect_timeout drip "the reply was not whole within 1500 ms (total_ms)"
expect "$(ctl --json run show last | jq -c '[.members[].latency_n]')" = '[2,2,2,2]' "latencies, those of timeouts too"

# The only calls of a run stall; by the time that their deadlines have passed the server is well again.
sim_http POST /_sim/reset >/dev/null
sim_http POST /_sim/fault '{"kind": "stall-head", "rate": 1}' >/dev/null
run=$(json_get "$(ctl --json run start one --max-cases 1)" run)
await "the calls that stall" sim_has_been_asked 2
sim_http DELETE /_sim/fault >/dev/null
expect_exit 0 ctl run watch "$run"
rows=$(ctl --json row show "$run" c0001)
expect "$(jq -r '[.rows[].status] | unique | join(" ")' <<<"$rows")" = ok "status of the rows"
expect "$(jq -r '[.rows[].attempts | length] | unique | join(" ")' <<<"$rows")" = 2 "attempts of each"

finish
