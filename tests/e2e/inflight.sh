#!/bin/bash
# What a run is doing now: run show --inflight has every call with where it is and since when, run why says in one line what it waits for.
. "$(dirname "$0")/lib.sh"
models=(sim-q95 "stuck=sim-q94+fault=stall-body:1" "silent=sim-q94+fault=stall-head:1" "limited=sim-q94+fault=429:1:60" paced=sim-q94@paced sim-judge)
concurrency=3
sandbox_limits='{row_deadline_ms: 300, load_deadline_ms: 8000}'
start_sim
more_providers=("paced: {plugin: openai, base_url: \"http://localhost:$sim_port/v1\", limits: {rpm: 6}}")
start_daemon
import_sums sums 8
for model in stuck silent limited paced; do
    write_eval "$model" <<YAML
dataset: sums
baseline: sim-q95
candidates: [$model]
scorers: [exact_match]
YAML
done
cat >"$home/plugins/scorers/endless.lua" <<'LUA'
-- Takes longer than any test: what a run waits for is its worker.
return {
  api = 1, kind = "scorer", name = "endless", version = "1.0.0",
  score = function() local n = 0; for i = 1, 1e11 do n = n + i end; return n > 0 end,
}
LUA

begin() { # EVAL
    expect_exit 0 ctl --json run start "$1"
    run=$(json_get "$out" run)
}
calls() { # JQ-FILTER: of the calls in flight
    jq -r "$1" <<<"$(ctl --json run show "$run" --inflight)"
}
has_calls() { # JQ-CONDITION COUNT
    [ "$(calls "[.calls[] | select($1)] | length")" -ge "$2" ]
}
why() {
    ctl run why "$run"
}
why_says() {
    [[ $(why) == *"$1"* ]]
}
end_run() {
    expect_exit 0 ctl run cancel "$run"
    expect_exit 3 ctl run watch "$run"
}

# Half a body came, and then nothing: three at a time, the others behind them.
begin stuck
await "calls that stall in the body" has_calls '.where == "body" and .model == "stuck" and .bytes > 0' 3
await "calls that queue" has_calls '.where == "queue"' 5
expect "$(calls .total)" -eq 8 "calls of the rows that are left"
expect "$(calls '[.calls[] | select(.where == "body") | .last_byte_ms, .attempt_age_ms, .age_ms | numbers] | length')" -eq 9 "ages"
expect "$(calls '[.calls[] | select(.role == "model" and .attempt == 1 and .sample == 0)] | length')" -ge 3 "first attempts"
expect "$(calls '.calls | map(.age_ms) | . == (sort | reverse)')" = true "order by age"
expect_exit 0 ctl run show "$run" --inflight --limit 2
expect_contains "$out" "8 calls" "stuck" "body" "the oldest 2 are shown"
await "the line" why_says "3 calls in flight to stuck"
expect_contains "$(why)" "run $run is running" "calls in the queue of stuck"

# Held: what is on the wire is still there, the rest is held back.
expect_exit 0 ctl run pause "$run" --hold --why "to look at it"
expect_contains "$(why)" "held by uid $(id -u) because: to look at it" "3 calls in flight to stuck" "held back"
expect "$(calls '[.calls[] | select(.where == "held")] | length')" -eq 5 "calls that are held"
end_run
expect_contains "$(why)" "nothing: it was cancelled"
expect "$(calls .total)" -eq 0 "calls of a run that has ended"

# Sent, and nothing came back.
begin silent
await "calls without a first byte" has_calls '.where == "first_byte" and .last_byte_ms == null' 3
end_run

# Turned away: not a failure that is tried again, but a limit, and how long it lasts.
begin limited
await "calls that back off" has_calls '.where == "backoff" and .last_status == 429 and .wait_ms > 30000' 3
await "the line" why_says "put off by the rate limit of sim (the next in"
end_run

# Not turned away, but kept to the calls a minute that the provider may be asked.
begin paced
await "calls that the limiter puts off" has_calls '.where == "limiter"' 6
await "the line" why_says "calls put off by the rate limit of paced"
end_run

# A scorer at work.
write_eval busy <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-judge]
scorers: [endless]
YAML
plugin_is_known() { ctl plugin show endless >/dev/null 2>&1; }
await "the plugin" plugin_is_known
begin busy
await "the line" why_says "in the worker of endless"
end_run
expect_exit 65 ctl run why 4711
expect_exit 65 ctl run show 4711 --inflight

finish
