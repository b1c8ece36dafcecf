#!/bin/bash
# run start for a pipeline: it waits, writes a report whatever the verdict is, compares with an earlier run, and ends with the code that
# says what became of it. What is wrong with its options is told before a call is made.
. "$(dirname "$0")/lib.sh"

start_sim --latency-ms 5
start_daemon
import_sums sums 400
write_eval sums <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
gate: {margin: 0.9}
YAML

# ---- --output, --format, --gate, --timeout ----

head_of() { head -c 15 "$1" | tr -d '\n'; }
for ending in html md xml json jsonl csv txt; do
    expect_exit 0 ctl run start sums --max-cases 5 --output "$home/report.$ending"
    [ -s "$home/report.$ending" ] || fail "no report.$ending"
done
expect "$(head_of "$home/report.html")" = '<!doctype html>' "HTML"
expect "$(head_of "$home/report.xml" | cut -c1-5)" = '<?xml' "JUnit"
expect "$(jq -r .state "$home/report.json")" = done "JSON"
expect "$(wc -l <"$home/report.jsonl")" -eq 10 "rows as JSON lines"
expect_contains "$(<"$home/report.txt")" "5 of 400: the first"
expect_contains "$(<"$home/report.md")" "(of 400: the first)"
expect_contains "$(<"$home/report.html")" "the first"
expect_exit 0 ctl run start sums --max-cases 5 --output - --format md
expect "$(head -c 2 "$home/out")" = '##' "Markdown on stdout, and nothing before it"
expect_exit 0 ctl report last --output "$home/later.html"
expect "$(head_of "$home/later.html")" = '<!doctype html>' "what report takes from the ending"

# The report is written whatever the verdict is, and the verdict is the exit code.
write_eval strict <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q80]
scorers: [exact_match]
gate: {margin: 0.01}
YAML
expect_exit 2 ctl run start strict --gate --output "$home/failed.xml"
expect_contains "$(<"$home/failed.xml")" "<failure"
expect_exit 0 ctl run start strict --max-cases 200 --output "$home/failed.md"
expect_exit 5 ctl run start strict --max-cases 3 --gate --output "$home/undecided.md" --timeout 60s
[ -s "$home/undecided.md" ] || fail "no report of an undecided gate"
expect_exit 0 ctl run start sums --max-cases 60 --gate --output "$home/passed.md"

# The time is over before there is a result: no report, and how to go on.
rm "$home/report.md"
expect_exit 4 ctl run start sums --request-delay 10 --gate --timeout 1s --output "$home/report.md"
run=$(sed -n 's/^run \([0-9]*\) started$/\1/p' <<<"$err")
expect_contains "$err" "the time is over, but run $run goes on: assayctl run watch $run"
[ ! -e "$home/report.md" ] && [ ! -e "$home/report.md.partial" ] || fail "a report of a run that has not ended"
expect_exit 0 ctl run cancel "$run"
await "the end of run $run" run_is "$run" cancelled

# ---- --compare-with ----

expect_exit 0 ctl run start sums --max-cases 60 --wait
before=$(ctl --json run show last | jq .run)
expect_exit 0 ctl run start sums --max-cases 80 --temperature 0.5 --compare-with last --output "$home/compared.json"
expect_contains "$out" "of run $before" "n=60 pairs"
expect "$(jq -c '[.compared.a.run, .compared.b.run - .run]' "$home/compared.json")" = "[$before,0]" "runs that were compared"
for format in html md xml; do
    expect_exit 0 ctl run start sums --max-cases 60 --compare-with "$before" --output "$home/compared.$format"
    expect_contains "$(<"$home/compared.$format")" "of run $(ctl --json run show last | jq .run) against" "of run $before"
    expect_exit 0 ctl run start sums --max-cases 3 --samples 2 --compare-with "$before" --output "$home/refused.$format"
    expect_contains "$(<"$home/refused.$format")" "${err#*not compared: }"
done
expect_exit 0 ctl --json run start sums --max-cases 60 --compare-with "$before"
expect "$(jq '.compared.comparisons | length' <<<"$out")" -eq 2 "members of both runs"
expect_exit 0 ctl report "$before" --output "$home/before.json"
expect_exit 0 ctl --json run start sums --max-cases 60 --compare-with "$home/before.json"
expect "$(jq -c '[.compared.a.run, .compared.comparisons[0].n_pairs]' <<<"$out")" = "[$before,60]" "a report in the place of its run"
expect_exit 0 ctl run start sums --max-cases 60 --compare-with "$home/before.json" --output "$home/compared.md"
expect_contains "$(<"$home/compared.md")" "of run $before" "n=60 pairs"
expect_exit 0 ctl run start sums --max-cases 3 --samples 2 --compare-with "$before"
expect_contains "$err" "not compared: "
expect_exit 65 ctl run start sums --max-cases 60 --samples 2 --gate --compare-with "$before"
expect_exit 0 ctl run start sums --max-cases 60 --gate --compare-with last
expect_contains "$err" "not compared: "
write_eval first <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
YAML
expect_exit 0 ctl run start first --max-cases 3 --compare-with last
expect_contains "$err" "no run of 'first' is done yet"

# The last that is done is found behind more that are not than a page of the list has.
expect_exit 0 ctl run start first --max-cases 3 --wait
done_run=$(ctl --json run show last | jq .run)
stop_daemon
"$BIN_DIR/db_holder" "$home/state/assay.db" "INSERT INTO run_group (eval_name, state, dataset_id, case_count, member_count, sample_count,
    created_ms, ended_ms, pins) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250)
    SELECT eval_name, (SELECT state FROM run_group WHERE id = $run), dataset_id, case_count, member_count, sample_count, created_ms, ended_ms,
    pins FROM run_group, n WHERE id = $done_run"
start_daemon
expect "$(ctl --json run ls --eval first | jq '[.runs[] | select(.state == "done")] | length')" = 0 'runs of the first page that are done'
expect_exit 0 ctl --json run start first --max-cases 3 --compare-with last
expect "$(jq .compared.a.run <<<"$out")" = "$done_run" 'the run that it is compared with'

# ---- senseless values ----

calls=$(sim_count requests)
refused() {
    local code=$1 text=$2
    shift 2
    expect_exit "$code" ctl run start sums "$@"
    expect_contains "$err" "$text"
}
refused 64 "its name does not tell the format" --output "$home/report.pdf"
refused 65 "no report format is called 'pdf'" --output "$home/report" --format pdf
refused 64 "add --output FILE" --format md
refused 65 "nowhere/report.md" --output "$home/nowhere/report.md"
refused 64 "--timeout is a length of time" --timeout soon
refused 65 "run 999" --compare-with 999
refused 65 "takes a run group's number or a JSON report" --compare-with "$home/nothing.json"
echo '{"members":[]}' >"$home/empty.json"
refused 65 "is no report" --compare-with "$home/empty.json"
expect "$(sim_count requests)" -eq "$calls" "calls of what was refused"

finish
