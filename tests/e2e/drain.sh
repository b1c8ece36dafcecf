#!/bin/bash
# SIGTERM with a run under way: no row begins, those under way end, and the next start goes on as if nothing had been. After the limit, and at
# a second signal, what is left is given up and done at the next start.
. "$(dirname "$0")/lib.sh"
models=(sim-q95 sim-q94 sim-judge)
concurrency=4

daemon_log_has() {
    grep -qF -- "$1" "$daemon_log"
}

# Waits for the end, which must be an orderly one.
await_end() {
    local code=0
    wait "$daemon_pid" || code=$?
    daemon_pid=''
    expect "$code" = 0 "exit code of assayd"
}

start_run() {
    expect_exit 0 ctl --json run start sums
    run=$(json_get "$out" run)
}

# ---- rows under way end, judge and all ----

drain_ms=30000
start_sim --latency-ms 40
start_daemon
import_sums sums 60
write_eval sums <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
rubric: {use: correctness, judge: sim-judge}
gate: {margin: 0.9, min_pairs: 10}
schedule: {cron: "@yearly"}
YAML
start_run
await "some calls" sim_has_been_asked 12
kill -TERM "$daemon_pid"
await "the drain" daemon_log_has "draining: no row begins"
await_end
daemon_log_has "drained: nothing is under way" || fail "it was not drained: $(<"$daemon_log")"
begun=$(jq '.models["sim-q95"] + .models["sim-q94"]' <<<"$(sim_http GET /_sim/stats)")
expect "$begun" -lt 120 "rows begun before the end"
expect "$(sim_count in_flight)" = 0 "calls in flight at the end"
expect "$(sim_count paid)" = $((2 * begun)) "calls paid for: each row's and its judge's"

start_daemon
expect "$(jq .progress.done <<<"$(ctl --json run show "$run")")" -ge "$begun" "rows that were kept"
expect_exit 0 ctl run watch "$run"
expect "$(sim_count paid)" = 240 "calls paid for in all: none was lost, none was paid for twice"
stop_daemon
stop_sim

# ---- rows that take too long: the calls on the wire end, no further one is sent, and nothing is paid for twice ----

models=(sim-q95 sim-q94 "slow-judge=sim-judge+fault=slow:1:1000")
concurrency=2
start_sim --latency-ms 40
drain_ms=6000
start_daemon
import_sums few 10
write_eval few <<'YAML'
dataset: few
baseline: sim-q95
candidates: [sim-q94]
rubric: {use: correctness, judge: slow-judge}
YAML
expect_exit 0 ctl --json run start few
run=$(json_get "$out" run)
await "all answers, and a grade" sim_has_been_asked 23
kill -TERM "$daemon_pid"
await "the first half" daemon_log_has "half of the time is over; calls on the wire end"
await_end
daemon_log_has "drained: nothing is under way" || fail "it was not drained: $(<"$daemon_log")"
expect "$(sim_count abandoned)" = 0 "calls that were given up"
expect "$(sim_count requests)" -lt 40 "calls before the end"
start_daemon
expect_exit 0 ctl run watch "$run"
expect "$(sim_count requests)" = 40 "calls in all: none was made twice"
expect_lacks "$(ctl run show "$run")" "is unknown"
stop_daemon
stop_sim
models=(sim-q95 sim-q94 sim-judge)
concurrency=4

# ---- the limit ----

start_sim --latency-ms 60000
drain_ms=200
start_daemon
start_run
await "some calls" sim_has_been_asked 8
kill -TERM "$daemon_pid"
await_end
daemon_log_has "not drained within 200 ms: 8 rows are given up" || fail "what was given up is not told: $(<"$daemon_log")"

# ---- a second signal ----

drain_ms=600000
start_daemon
daemon_log_has "group=$run eval=sums resumes" || fail "the run did not resume"
await "its calls" sim_has_been_asked 16
kill -TERM "$daemon_pid"
await "the drain" daemon_log_has "draining: no row begins"
run_is "$run" running || fail "assayctl is not answered while rows end"
expect_exit 0 ctl run cancel "$run" --why "not worth waiting for"
await_end
! daemon_log_has "not drained" || fail "a cancelled run was waited for"

drain_ms=600000
start_daemon
start_run
await "its calls" sim_has_been_asked 24
expect_lacks "$(ctl status)" stopping
kill -TERM "$daemon_pid"
await "the drain" daemon_log_has "draining: no row begins"
expect_contains "$(ctl status)" 'it is stopping: no row begins'
expect_exit 65 timeout --foreground 15 "$BIN_DIR/assayctl" schedule trigger sums
expect_contains "$err" 'assayd is stopping: ask again when it is back'
expect_exit 0 ctl run start sums
expect_contains "$out$err" 'assayd is stopping: the run begins when it is started again'
second=$(sed -n 's/^run \([0-9]*\) started.*/\1/p' <<<"$out")
kill -TERM "$daemon_pid"
await_end
! daemon_log_has "drained" || fail "the second signal did not stop it at once"

# What was given up resumes.
start_daemon
run_is "$run" running || fail "the run is not there any more"
expect_exit 0 ctl run cancel "$run" --why "the test is over"
expect_exit 0 ctl run cancel "$second" --why "the test is over"
finish
