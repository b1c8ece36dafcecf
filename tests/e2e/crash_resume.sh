#!/bin/bash
# kill -9 of assayd in the middle of 2,000 rows, at different moments and against servers of different speed: after a restart the group
# completes by itself, every row is there exactly once, and what was paid for twice is no more than what run show says is of unknown fate.
. "$(dirname "$0")/lib.sh"

concurrency=128
start_sim --latency-ms 10 --jitter-ms 10
start_daemon
import_sums sums 1000
import_sums many 4000
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

write_eval quick <<'YAML'
dataset: many
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
gate: {margin: 0.05}
YAML

# EVAL ROWS NEEDED CALLS: the eval needs so many calls; crashes when CALLS of them were made.
crash_and_resume() {
    local eval=$1 rows=$2 needed=$3 calls=$4 run shown unknown paid again named
    sim_http POST /_sim/reset >"$home/out"
    expect_exit 0 ctl --json run start "$eval"
    run=$(json_get "$out" run)
    await "$calls calls" sim_has_been_asked "$calls"
    crash_daemon
    start_daemon
    expect_contains "$(<"$daemon_log")" "group=$run eval=$eval resumes"
    expect_exit 0 ctl run watch "$run"

    shown=$(ctl --json run show "$run")
    expect "$(count_of "$shown" "\"ok\":$((rows / 2)),\"failed\":0,\"missing\":0")" -eq 2 "members whose rows are all ok"
    rows_of "$run" | jq -r '"\(.case) \(.model)"' | sort >"$home/rows"
    expect "$(wc -l <"$home/rows")" -eq "$rows" "rows"
    expect "$(uniq <"$home/rows" | wc -l)" -eq "$rows" "different rows"

    unknown=$(json_get "$shown" unknown_fate)
    paid=$(sim_count paid)
    again=$((paid - needed))
    echo "run $run ($eval, $needed calls), killed after $calls: $paid calls were paid for, $again of them twice;" \
        "the fate of $unknown was unknown at the restart, so they were sent again"
    expect "$(jq '.unknown_calls | length' <<<"$shown")" -eq "$unknown" "calls that are named, against those of unknown fate"
    expect "$(jq '[.unknown_calls[] | select(.case and .model and .role and .attempt)] | length' <<<"$shown")" -eq "$unknown" "names that are whole"
    named=$(jq -r 'first(.unknown_calls[] | .case) // ""' <<<"$shown")
    expect_contains "$(ctl run show "$run")" "the fate of $unknown call" "$named"
    expect "$again" -ge 0 "calls paid for beyond those needed"
    expect "$again" -le "$unknown" "calls that were paid twice, against those of unknown fate"
}

crash_and_resume sums 2000 2000 150
crash_and_resume judged 2000 4000 1900

# A server that answers sooner than a disk writes.
stop_daemon
stop_sim
start_sim
start_daemon
crash_and_resume judged 2000 4000 500
crash_and_resume quick 8000 8000 1000

finish
