#!/bin/bash
# run replay derives a run again from the database alone: without plugins, evals, keys, network and server, and after the dataset got
# another version, the rows, scores, statistics and verdict are the same byte for byte; also of rows that failed, timed out or were
# retried, of a judge that failed, of recorded answers, and of a run that was killed in the middle. What differs is told, what the
# journal lacks is named, and nothing is ever called.
. "$(dirname "$0")/lib.sh"

models=(sim-q95 sim-q94 "some-500=sim-q95+fault=500:0.3" "all-500=sim-q95+fault=500:1" "stalls=sim-q95+fault=stall-head:1"
    "broken=sim-q95+fault=broken-json:0.5" "judge=sim-judge+fault=500:0.4")
provider_lines=(
    "timeouts: {connect_ms: 2000, first_byte_ms: 300, idle_ms: 300, total_ms: 2000}"
    "retry: {max_attempts: 2, backoff_ms: 10}"
    "key: SIM_KEY"
)
export SIM_KEY=sk-a-key-that-is-gone-later
start_sim --latency-ms 20 --jitter-ms 30
start_daemon
awk 'BEGIN {
    for (i = 1; i <= 30; i++) {
        answer = i <= 20 ? sprintf(",\"recorded\":{\"text\":\"%d\",\"latency_ms\":%d}", i % 4 ? 2 * i : 0, 100 + i) : ""
        printf "{\"id\":\"r%02d\",\"input\":\"What is %d + %d?\",\"expected\":\"%d\"%s}\n", i, i, i, 2 * i, answer
    }
}' >"$home/traffic.jsonl"
expect_exit 0 ctl dataset import traffic "$home/traffic.jsonl"
write_eval traffic <<'YAML'
dataset: traffic
baseline: recorded
candidates: [sim-q95, some-500, all-500, stalls, broken]
scorers: [exact_match]
rubric: {use: correctness, judge: judge}
samples: 2
gate: {margin: 0.05, latency_p95_max_ms: 5000, cost_mean_max: 1}
YAML
import_sums sums 300
write_eval sums <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
gate: {margin: 0.05}
YAML

# All that was derived: rows with their scores, and the result.
derived() {
    ctl --json run show "$1" | jq -cS '[.outcome, .headline, .warnings, .members, .comparisons, .verdicts]'
    rows_of "$1" | jq -cS .
}

expect_exit 0 ctl run start traffic --wait
expect_contains "$(rows_of 1 | jq -r .status | sort | uniq -c)" ok skipped model_error timeout judge_error
expect_exit 0 ctl --json run start sums
await "a part of the calls" sim_has_been_asked $(($(sim_count requests) + 100))
crash_daemon
start_daemon
expect_exit 0 ctl run watch 2
calls=$(sim_count requests)

# With the server there: it is not asked.
expect_exit 0 ctl run replay 1
expect_contains "$out" "run 3 replays run 1: equal" "360 rows"
expect "$(derived 3)" = "$(derived 1)" "what the replay derived"
expect "$(sim_count requests)" -eq "$calls" "calls of models, after a replay"
expect "$(ctl --json run show 3 | jq -c '[.journal.policy, .journal.of_run, .journal.spent_usd]')" = '["replay",1,0]' "what is pinned and spent"
expect_contains "$(ctl run show 3)" "a replay of run 1"

# Months later: no server, no network where that can be had, no plugin, no eval, no key, and another version of the dataset.
write_sums "$home/sums.jsonl" 10 other
expect_exit 0 ctl dataset import sums "$home/sums.jsonl"
stop_daemon
stop_sim
rm -r "$home"/plugins/* "$home"/rubrics/* "$home"/evals/*
unset SIM_KEY
! unshare -n true 2>/dev/null || daemon_command=(unshare -n "$BIN_DIR/assayd")
start_daemon
expect "$(ctl --json plugin ls | jq '.plugins | length')" -eq 0 "plugins in force"
expect_exit 0 ctl --json run replay 1
expect "$(jq -c '[.equal, .rows, .rows_different, .result_equal, .outcome_is == .outcome_was]' <<<"$out")" = '[true,360,0,true,true]' "the replay"
expect_exit 0 ctl --json run replay 2
expect "$(jq -c '[.equal, .rows]' <<<"$out")" = '[true,600]' "the replay of a run that was killed in the middle"
expect "$(derived "$(jq .run <<<"$out")")" = "$(derived 2)" "what it derived"

# A replay that is killed goes on after the restart.
start_process "$home/replay.out" "$BIN_DIR/assayctl" --json run replay 2
replayer=$started
replaying() { ctl --json run ls --limit 1 | jq -e '.runs[0].run == 6' >/dev/null; }
await "the replay's start" replaying
crash_daemon
start_daemon
expect_exit 0 ctl run watch 6
wait "$replayer" || true # it waits a minute for a daemon that has gone, so the next one comes before
expect "$(derived 6)" = "$(derived 2)" "what a killed replay derived"

# A result that an older assayd stored lacks what is made today, which is no difference; a number of it that is another one is.
# FILTER: run 2's result without what stands in the answer besides, as a blob that is not compressed.
keep_result_as() {
    local text
    text=$(LC_ALL=C ctl --json run show 2 | sed -E 's/^.*("headline":.*),"score_sets":.*$/{"outcome":"pass",\1}/' | sed -E "$1")
    stop_daemon
    printf 'UPDATE run_group SET result = x%s00%08x' "'" ${#text} | sed -E 's/(..)(..)(..)(..)$/\4\3\2\1/' >"$home/update.sql"
    od -An -v -tx1 <<<"$text" | tr -d ' \n' | sed 's/0a$//' >>"$home/update.sql"
    echo "00' WHERE id = 2" >>"$home/update.sql"
    sqlite3 "$home/state/assay.db" <"$home/update.sql"
    start_daemon
}
today=$(ctl --json run show 2 | jq -r .outcome)
older="s/\"outcome\":\"pass\"/\"outcome\":\"$today\"/; s/,\"recommendations\":.*$/}/; s/,\"p_holm\":[^,}]*,\"p_ni\":[^,}]*,\"p_ni_holm\":[^,}]*//g"
keep_result_as "$older"
expect "$(ctl --json run show 2 | jq -c '[has("recommendations"), (.comparisons[0] | has("p_holm"))]')" = '[false,false]' "an older result"
expect_exit 0 ctl run replay 2
expect_contains "$out" "replays run 2: equal" "an older assayd made the run; its result lacks" "recommendations" "comparisons[].p_holm"
keep_result_as "s/\"ok\":300/\"ok\":299/"
expect_exit 3 ctl run replay 2
expect_contains "$out" "result: members[0].ok 299 -> 300"

# What cannot be replayed, and what differs.
expect_exit 65 ctl run replay 99
expect_contains "$err" "run 99 is not there"
expect_exit 65 ctl run replay 6
expect_contains "$err" "is a replay itself: replay run 2"
stop_daemon
sqlite3 "$home/state/assay.db" "UPDATE run_row SET finish_reason = 'length' WHERE group_id = 2 AND case_seq = 41 AND member = 1"
start_daemon
expect_exit 3 ctl run replay 2
expect_contains "$out" "different" "1 of 600 rows" "c0042, sim-q94, sample 0: finish_reason" '"length" -> "stop"'

# An exchange that is gone.
stop_daemon
sqlite3 "$home/state/assay.db" "DELETE FROM exchange WHERE group_id = 2 AND case_seq = 16 AND member = 0"
start_daemon
expect_exit 3 ctl run replay 2
expect_contains "$out$err" "c0017" "sim-q95" "the journal of run 2 has no answer of the model" "nothing was called"
expect "$(ctl --json run show last | jq -r .state)" = failed "state of a replay with a miss"

finish
