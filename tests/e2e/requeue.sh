#!/bin/bash
# Rows that failed are done again, after their run and during it: good replies are not paid for again, bad ones are not reused, rows that
# are ok stay as they are, the verdict is made anew, and the one before is in the log.
. "$(dirname "$0")/lib.sh"
concurrency=8
start_sim --latency-ms 5
start_daemon
import_sums sums 40
import_sums more 600
write_eval judged <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
rubric: {use: correctness, judge: sim-judge}
gate: {margin: 0.9, min_pairs: 10}
YAML

failing() { # SHARE: of the replies is a page of HTML with status 200
    sim_http POST /_sim/fault "{\"kind\":\"wrong-type\",\"rate\":$1}" >"$home/out"
}
healthy() {
    sim_http DELETE /_sim/fault >"$home/out"
    sim_http POST /_sim/reset >"$home/out"
}
count_status() { # RUN STATUS
    jq --arg status "$2" '[.members[].statuses[$status] // 0] | add' <<<"$(ctl --json run show "$1")"
}

write_eval long <<'YAML'
dataset: more
baseline: sim-q95
candidates: [sim-q94]
rubric: {use: correctness, judge: sim-judge}
gate: {margin: 0.9, min_pairs: 10}
YAML

# ---- after its end ----

failing 0.3
expect_exit 0 ctl --json run start judged --wait
run=$(json_get "$out" run)
before=$(jq -r ".verdicts[0].sentence" <<<"$out")
models_failed=$(count_status "$run" model_error) judge_failed=$(count_status "$run" judge_error)
expect "$models_failed" -gt 5 "rows whose model failed"
expect "$judge_failed" -gt 5 "rows whose judge failed"
rows_of "$run" --status ok | sort >"$home/ok"
healthy

expect_exit 0 ctl run requeue "$run" --status judge_error --model sim-q94 --why "the judge had a bad hour"
expect_contains "$out" "run $run: " "done again"
expect_exit 0 ctl run watch "$run"
first=$(sim_count paid)
expect "$first" -gt 0 "calls to the judge"
expect "$(jq '.models["sim-judge"]' <<<"$(sim_http GET /_sim/stats)")" -eq "$first" "calls that were the judge's, of all"

expect_exit 0 ctl --json run requeue "$run"
expect "$(json_get "$out" rows)" -eq $((models_failed + judge_failed - first)) "rows that failed and were left"
expect_exit 0 ctl run watch "$run"
expect "$(count_status "$run" ok)" -eq 80 "rows that are ok"
expect "$(sim_count paid)" -eq $((2 * models_failed + judge_failed)) "calls paid for again"
expect "$(jq -r ".verdicts[0].sentence" <<<"$(ctl --json run show "$run")")" != "$before" "the verdict, against the one before"
rows_of "$run" | sort >"$home/all"
expect "$(comm -23 "$home/ok" "$home/all" | wc -l)" -eq 0 "rows that were ok and are not as they were"

expect_exit 0 ctl --json run log "$run"
expect "$(jq -r '[.entries[] | select(.action == "run.requeue")] | length' <<<"$out")" -eq 2 "entries"
expect "$(jq -r '[.entries[].detail.before.verdicts[0].sentence | values] | first' <<<"$out")" = "$before" "the verdict before"
expect "$(jq -r '[.entries[].detail.statuses.judge_error | values] | first' <<<"$out")" -eq "$first" "rows in the log"
expect_contains "$out" "the judge had a bad hour"

# ---- where it makes no sense ----

expect_exit 65 ctl run requeue "$run"
expect_contains "$err" "run $run has no such row that failed"
expect_exit 65 ctl row retry "$run" c0001
expect_exit 65 ctl run requeue "$run" --status ok
expect_contains "$err" "rows that are ok are not done again"
expect_exit 65 ctl run requeue "$run" --status tired
expect_contains "$err" "there is no status 'tired'"
expect_exit 65 ctl run requeue "$run" --model nobody
expect_contains "$err" "run $run has no model 'nobody'"
expect_exit 65 ctl row retry "$run" nothing
expect_contains "$err" "run $run has no case 'nothing'"
expect_exit 65 ctl run requeue 4711
run_is "$run" "done" || fail "a refused requeue opened the run"

# ---- one row ----

failing 1
expect_exit 0 ctl --json run start judged --max-cases 3 --wait
run=$(json_get "$out" run)
healthy
expect_exit 0 ctl --json row retry "$run" c0002 --model sim-q94 --sample 0
expect "$(json_get "$out" rows)" -eq 1 "rows to be done again"
expect_exit 0 ctl run watch "$run"
expect "$(sim_count paid)" -eq 2 "calls for one row"
expect "$(rows_of "$run" --status ok | jq -r '"\(.case) \(.model)"')" = "c0002 sim-q94" "the row that is ok"

# ---- while the run is under way, and over a crash ----

failing 0.5
expect_exit 0 ctl --json run start long --why "for the crash"
run=$(json_get "$out" run)
has_failed_rows() {
    [ "$(rows_of "$run" --status model_error | wc -l)" -ge 5 ]
}
await "rows that failed" has_failed_rows
expect_exit 0 ctl run pause "$run" --hold
healthy
expect_exit 0 ctl run requeue "$run"
run_is "$run" held || fail "a requeue ended the pause"
crash_daemon
start_daemon
expect_exit 0 ctl run resume "$run"
expect_exit 0 ctl run watch "$run"
expect_exit 0 ctl --json run show "$run"
rows_of "$run" | jq -r '"\(.case) \(.model)"' | sort >"$home/rows"
expect "$(wc -l <"$home/rows")" -eq 1200 "rows"
expect "$(uniq <"$home/rows" | wc -l)" -eq 1200 "different rows"

failing 0.5
expect_exit 0 ctl --json run start long
run=$(json_get "$out" run)
await "rows that failed" has_failed_rows
healthy
expect_exit 0 ctl run requeue "$run" --status model_error
expect_exit 0 ctl run watch "$run"
rows_of "$run" | jq -r '"\(.case) \(.model)"' | sort >"$home/rows"
expect "$(wc -l <"$home/rows")" -eq 1200 "rows"
expect "$(uniq <"$home/rows" | wc -l)" -eq 1200 "different rows"

# ---- a cancelled one opens again as a whole ----

expect_exit 0 ctl --json run start long
run=$(json_get "$out" run)
expect_exit 0 ctl run pause "$run" --hold
expect_exit 0 ctl run cancel "$run"
expect_exit 3 ctl run watch "$run"
expect_exit 65 ctl row retry "$run" c0001
expect_contains "$err" "run $run was cancelled"
expect_exit 0 ctl run requeue "$run"
expect_exit 0 ctl run watch "$run"
expect "$(count_status "$run" ok)" -eq 1200 "rows that are ok"

finish
