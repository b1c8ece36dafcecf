#!/bin/bash
# What run watch shows: progress, rate, time left, dollars, calls in flight, the last errors each once; as lines, as JSON and on a terminal;
# through a pause and through a crash of the daemon.
. "$(dirname "$0")/lib.sh"
models=(sim-q95 "broken=sim-q94+fault=wrong-type:1" sim-judge)
concurrency=4
start_sim --latency-ms 40
start_daemon
import_sums sums 160
write_eval broken <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [broken]
scorers: [exact_match]
YAML

begin() {
    expect_exit 0 ctl --json run start broken
    run=$(json_get "$out" run)
}
watch_in_background() { # FILE OPTION...: its exit code is awaited by end_watch
    local file=$1
    shift
    "$BIN_DIR/assayctl" "$@" run watch "$run" >"$file" 2>&1 &
    watching=$!
}
end_watch() {
    local code=0
    wait "$watching" || code=$?
    expect "$code" = 0 "exit code of the watch"
}

# As lines: an error is told once, and again when there are ten times as many.
begin
expect_exit 0 ctl run watch "$run"
expect_contains "$err" "/320" "rows/s" "ETA" "in flight" "\$0." "failed"
expect "$(grep -c "^model_error x[0-9]*: no choices" <<<"$err")" -ge 1 "lines that tell of the error"
expect "$(grep -c "^model_error x" <<<"$err")" -le 3 "lines that tell of the error, which comes 160 times"
expect_contains "$out" "run $run  broken  done"

# As JSON: one object a line, with everything in it; while it is paused nothing is left to say of the time.
begin
watch_in_background "$home/watched" --json
await "rows" grep -q '"errors":\[{' "$home/watched"
expect_exit 0 ctl run pause "$run"
await "the pause" grep -q '"state":"paused"' "$home/watched"
expect_exit 0 ctl run resume "$run"
end_watch
jq -s -e 'all(type == "object" and .run == '"$run"')' "$home/watched" >"$home/out" || fail "a line is no object of this run"
jq -s -e 'map(select(.state == "paused")) | length > 0 and all(.eta_s == null)' "$home/watched" >"$home/out" ||
    fail "a paused run has an ETA"
jq -s -e 'map(select(.eta_s != null and .rows_per_s > 0 and .calls_in_flight <= 8)) | length > 0' "$home/watched" >"$home/out" ||
    fail "no rate and no time left: $(tail -n 3 "$home/watched")"
jq -s -e 'map(select(has("errors"))) | last | .errors | length == 1 and (.[0] | .status == "model_error" and .count > 50)' \
    "$home/watched" >"$home/out" || fail "the errors are not one with its count: $(tail -n 3 "$home/watched")"
jq -s -e 'last | .state == "done"' "$home/watched" >"$home/out" || fail "the last line is not the end"

# Through a crash: the watch waits for the daemon, and goes on with the run.
begin
watch_in_background "$home/watched"
await "the watch" grep -q "failed" "$home/watched"
done_before=$(jq -r .progress.done <<<"$(ctl --json run show "$run")")
crash_daemon
await "the word of it" grep -q "assayd has gone away: waiting for it to come back" "$home/watched"
start_daemon
expect_exit 0 ctl --json run watch "$run"
jq -s -e 'map(select(has("cost_usd"))) | first | .done >= '"$done_before"' and .failed > 0 and .cost_usd > 0' <<<"$out" >"$home/jq" ||
    fail "what was done, failed and spent before the crash is not counted: ${out:0:400}"
end_watch
expect_contains "$(<"$home/watched")" "run $run  broken  done"

# On a terminal the bar has it all on one line, and an error has its own.
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
    begin
    TERM=xterm script -qec "stty cols 120 rows 50 -onlcr; '$BIN_DIR/assayctl' run watch $run" /dev/null >"$home/screen" </dev/null
    grep -qP '\r\x1b\[K\[#+\.+\] +\d+ % \d+/320  [\d.]+ rows/s  ETA .*  \$[\d.]+  \d+ in flight  \d+ failed' "$home/screen" ||
        fail "no bar: $(cat -v "$home/screen")"
    grep -qP '^(.*\r\x1b\[K)?model_error x\d+: ' "$home/screen" || fail "no error: $(cat -v "$home/screen")"
fi

finish
