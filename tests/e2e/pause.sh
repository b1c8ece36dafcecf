#!/bin/bash
# Pause, resume and cancel of a run under way: what is sent meanwhile, over a restart too, who did it and why, and where it is refused.
. "$(dirname "$0")/lib.sh"
models=(sim-q95 sim-q94 sim-judge)
concurrency=4
start_sim --latency-ms 40
start_daemon
import_sums sums 60
write_eval sums <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
rubric: {use: correctness, judge: sim-judge}
gate: {margin: 0.9, min_pairs: 10}
YAML

sim_is_at_rest() {
    [ "$(sim_count in_flight)" = 0 ]
}
progress_of() { # RUN
    jq -r .progress.done <<<"$(ctl --json run show "$1")"
}

# ---- drain: rows that were begun come to their end, judge and all; no other begins ----

sim_http POST /_sim/reset >"$home/out"
expect_exit 0 ctl --json run start sums --why "the nightly one"
run=$(json_get "$out" run)
await "some calls" sim_has_been_asked 12
expect_exit 0 ctl run pause "$run" --why "budget meeting"
expect_contains "$out" "run $run: paused"
begun_rows_have_ended() { # as many rows as there were first calls
    local asked
    asked=$(jq '.models["sim-q95"] + .models["sim-q94"]' <<<"$(sim_http GET /_sim/stats)")
    sim_is_at_rest && [ "$(progress_of "$run")" = "$asked" ]
}
await "the end of what was begun" begun_rows_have_ended
asked=$(sim_count requests)
expect "$(progress_of "$run")" -lt 120 "rows done when paused"
run_is "$run" paused || fail "it is not paused"
expect_exit 65 ctl run pause "$run"
expect_contains "$err" "run $run is paused: it cannot be paused"
expect_exit 64 ctl run pause "$run" --drain --hold

# It is still paused after a restart, and after a crash that comes with the answer.
stop_daemon
start_daemon
run_is "$run" paused || fail "a restart ended the pause"
expect_exit 0 ctl run pause "$run" --hold --why "in its last moment"
crash_daemon
start_daemon
run_is "$run" held || fail "a crash ended the pause"
expect_contains "$(ctl run why "$run")" "held by uid $(id -u) because: in its last moment"
expect "$(sim_count requests)" -eq "$asked" "calls made while paused"

expect_exit 0 ctl run resume "$run"
expect_contains "$out" "run $run: running"
expect_exit 0 ctl run watch "$run"
expect "$(sim_count paid)" -eq 240 "calls paid for in all"
expect_exit 0 ctl run log "$run"
expect_contains "$out" run.start "the nightly one" run.pause "budget meeting" run.resume "uid $(id -u)"

# ---- hold: the judge is not asked either ----

sim_http POST /_sim/reset >"$home/out"
expect_exit 0 ctl --json run start sums
run=$(json_get "$out" run)
await "some calls" sim_has_been_asked 12
expect_exit 0 ctl run pause "$run" --hold --why "a leak"
expect_contains "$out" "run $run: held"
await "the end of what was in flight" sim_is_at_rest
asked=$(sim_count requests)
judged=$(jq '.models["sim-judge"]' <<<"$(sim_http GET /_sim/stats)")
expect "$judged" -lt "$((asked - judged))" "rows judged, against those answered"
expect_exit 0 ctl run pause "$run" --drain
await "the end of what was begun" begun_rows_have_ended
expect_exit 0 ctl run pause "$run" --hold
expect_exit 0 ctl run resume "$run"
expect_exit 0 ctl run watch "$run"
expect "$(sim_count paid)" -eq 240 "calls paid for in all"

# ---- cancel a paused one; what was paid for is kept ----

expect_exit 0 ctl --json run start sums
run=$(json_get "$out" run)
await "rows that are done" test "$(progress_of "$run")" -ge 0
expect_exit 0 ctl run pause "$run" --hold
expect_exit 0 ctl run cancel "$run" --why "seen enough"
expect_exit 3 ctl run watch "$run"
expect_exit 0 ctl run show "$run"
expect_contains "$out" "cancelled by uid $(id -u): seen enough"

# ---- where it makes no sense ----

expect_exit 65 ctl run pause "$run"
expect_contains "$err" "run $run has ended: it is cancelled"
expect_exit 65 ctl run resume 1
expect_contains "$err" "run 1 has ended: it is done"
expect_exit 65 ctl run resume 4711
expect_contains "$err" "run 4711 is not there"

finish
