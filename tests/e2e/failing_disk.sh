#!/bin/bash
# A disk that is full, cannot be written, or fails, in the middle of a run: nothing more is sent, the run stands still and says why and
# what to do; when that is mended it is resumed in the same daemon, and ends as if nothing had been. Not a row is lost or doubled, and
# what was paid for twice is named. Then the same at start, and a database that somebody else holds, or that is damaged.
. "$(dirname "$0")/lib.sh"

concurrency=8
fault=$home/tmp/fault
daemon_command=(env "FAULT_DISK=$fault" "LD_PRELOAD=$BIN_DIR/libfault_disk.so" "$BIN_DIR/assayd")
[ -z "${SANITIZE:-}" ] || daemon_command=(env "FAULT_DISK=$fault" "LD_PRELOAD=$BIN_DIR/libfault_disk.so"
    "ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0" "$BIN_DIR/assayd")
start_sim --latency-ms 20
start_daemon
import_sums sums 300
write_eval sums <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
gate: {margin: 0.05}
YAML

nothing_is_in_flight() {
    [ "$(sim_count in_flight)" = 0 ]
}

# As another program would that has the database open.
hold_database() {
    exec {holder_in}> >("$BIN_DIR/db_holder" "$home/state/assay.db" >"$home/tmp/holder")
    holder_pid=$!
    await "the lock" test -s "$home/tmp/holder"
}

let_go() {
    exec {holder_in}>&-
    wait "$holder_pid"
    rm "$home/tmp/holder"
}

# ERRNO WORDS: a run meets the fault half way, and is resumed.
fail_and_mend() {
    local errno=$1 words=$2 run shown asked unknown again
    sim_http POST /_sim/reset >"$home/out"
    expect_exit 0 ctl --json run start sums
    run=$(json_get "$out" run)
    await "half of the calls" sim_has_been_asked 250
    echo "$errno" >"$fault"
    expect_exit 3 ctl run watch "$run"
    await "the run stands still" run_is "$run" faulted
    expect_exit 0 ctl run show "$run"
    expect_contains "$out" faulted "$words" "assayctl run resume $run"
    await "the last answers" nothing_is_in_flight
    asked=$(sim_count requests)

    expect_exit 3 ctl run resume "$run" # too early
    expect_contains "$err" "could not be stored" "$words"
    await "another refusal" grep -q "group=$run cannot be resumed now" "$daemon_log"
    run_is "$run" faulted || fail "the run does not stand still any more"
    expect_exit 3 ctl run start sums
    expect_contains "$err" "$words"
    expect "$(sim_count requests)" -eq "$asked" "calls that were made while nothing can be kept"

    rm "$fault"
    expect_exit 0 ctl run resume "$run" --why "the disk is mended"
    await "the run's end" run_is "$run" "done"
    shown=$(ctl --json run show "$run")
    expect "$(count_of "$shown" '"ok":300,"failed":0,"missing":0')" -eq 2 "members whose rows are all ok"
    rows_of "$run" | jq -r '"\(.case) \(.model)"' | sort >"$home/rows"
    expect "$(uniq "$home/rows" | wc -l)" -eq 600 "different rows"
    unknown=$(json_get "$shown" unknown_fate)
    again=$(($(sim_count paid) - 600))
    echo "$errno: $asked calls before the run stood still; $again were paid for twice, $unknown are named as of unknown fate"
    expect "$again" -le "$unknown" "calls that were paid twice, against those of unknown fate"
    expect "$unknown" -le 64 "calls of unknown fate: two models, eight calls at once, and those prepared"
}

fail_and_mend ENOSPC "the disk is full; free some space"
fail_and_mend EROFS "the file or its directory cannot be written"
fail_and_mend EIO "reading or writing failed; see to the disk"

# ---- a run that stands still is resumed by a restart, too ----

expect_exit 0 ctl --json run start sums
run=$(json_get "$out" run)
await "some rows" sim_has_been_asked 40
echo ENOSPC >"$fault"
await "the run stands still" run_is "$run" faulted
stop_daemon
rm "$fault"
start_daemon
await "the run's end" run_is "$run" "done"
stop_daemon

# ---- at start ----

# WORDS: assayd does not run, and says why.
refuses_to_start() {
    local code=0
    launch_daemon
    await "the end of assayd" nothing_left_in_session "$daemon_pid"
    wait "$daemon_pid" || code=$?
    daemon_pid=''
    expect "$code" -eq 3 "exit code of assayd"
    expect_contains "$(<"$daemon_log")" "state/assay.db: $1"
}

echo ENOSPC >"$fault"
refuses_to_start "the disk is full; free some space"
echo EROFS >"$fault"
refuses_to_start "the file or its directory cannot be written; mount it writable"
rm "$fault"

# ---- another program holds the database: for longer than assayd waits ----

start_daemon
expect_exit 0 ctl --json run start sums
run=$(json_get "$out" run)
await "some rows" sim_has_been_asked 40
hold_database
await "the run stands still" run_is "$run" faulted
expect_contains "$(ctl run show "$run")" "another process holds the lock on it"
let_go
expect_exit 0 ctl run resume "$run"
await "the run's end" run_is "$run" "done"
expect_contains "$(ctl --json run show "$run")" '"rows":300,"ok":300'

# ---- a file that is damaged under a run: it stands still, and nothing is made up ----

import_sums many 4000
write_eval many <<'YAML'
dataset: many
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
gate: {margin: 0.05}
YAML
stop_daemon
start_daemon # the database is one file now
expect_exit 0 ctl --json run start many
run=$(json_get "$out" run)
head -c 3276800 /dev/zero | tr '\0' '\377' | dd of="$home/state/assay.db" bs=8192 seek=3 conv=notrunc status=none
await "the run stands still" grep -q "group=$run stands still: .*restore it from a backup" "$daemon_log"
stop_daemon
printf 'no database at all' | dd of="$home/state/assay.db" conv=notrunc status=none
refuses_to_start "the file is not a database; restore it from a backup"
rm -f "$home"/state/assay.db-* # of a daemon that could not checkpoint
finish
