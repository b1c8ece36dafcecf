#!/bin/bash
# kill -9 of assayd in the middle of 2,000 rows, three times at different moments: after a restart the group completes by itself, every
# row is there exactly once, and what was paid for twice is no more than what was in flight, as run show says.
. "$(dirname "$0")/lib.sh"

# Slow enough that the journal knows of a call long before its answer comes.
concurrency=128
start_sim --latency-ms 100 --jitter-ms 100
start_daemon
import_sums sums 1000
write_eval sums <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
gate: {margin: 0.05}
YAML
write_eval judged <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
rubric: {use: correctness, judge: sim-judge}
gate: {margin: 0.05}
YAML

# EVAL NEEDED CALLS: the eval needs so many calls; crashes when CALLS of them were made.
crash_and_resume() {
    local eval=$1 needed=$2 calls=$3 run shown unknown paid again
    sim_http POST /_sim/reset >"$home/out"
    expect_exit 0 ctl --json run start "$eval"
    run=$(json_get "$out" run)
    await "$calls calls" sim_has_been_asked "$calls"
    crash_daemon
    start_daemon
    expect_contains "$(<"$daemon_log")" "group=$run eval=$eval resumes"
    expect_exit 0 ctl run watch "$run"

    shown=$(ctl --json run show "$run")
    expect "$(count_of "$shown" '"ok":1000,"failed":0,"missing":0')" -eq 2 "members with 1,000 rows that are ok"
    rows_of "$run" | jq -r '"\(.case) \(.model)"' | sort >"$home/rows"
    expect "$(wc -l <"$home/rows")" -eq 2000 "rows"
    expect "$(uniq <"$home/rows" | wc -l)" -eq 2000 "different rows"

    unknown=$(json_get "$shown" unknown_fate)
    paid=$(sim_count paid)
    again=$((paid - needed))
    echo "run $run ($eval, $needed calls), killed after $calls: $paid calls were paid for, $again of them twice;" \
        "the fate of $unknown was unknown at the restart, so they were sent again"
    [ "$unknown" -le 0 ] || expect_contains "$(ctl run show "$run")" "$unknown"
    expect "$again" -ge 0 "calls paid for beyond those needed"
    expect "$again" -le "$unknown" "calls that were paid twice, against those of unknown fate"
}

crash_and_resume sums 2000 150
crash_and_resume judged 4000 1900
crash_and_resume sums 2000 1800

finish
