#!/bin/bash
# Two runs compared, member by member and case by case: what is paired when nothing is said, what is refused and why, and that what was
# forced says so.
. "$(dirname "$0")/lib.sh"
models=(sim-q95 sim-q94 sim-q80 other=sim-q80)
start_sim
start_daemon
import_sums sums 100

# NAME BASELINE CANDIDATES, and more lines of the eval on stdin.
write_sums_eval() {
    { printf 'dataset: sums\nbaseline: %s\ncandidates: [%s]\n' "$2" "$3" && cat; } | write_eval "$1"
}
# EVAL...: sets $run
run_to_end() {
    expect_exit 0 ctl --json run start "$@" --wait
    run=$(json_get "$out" run)
}
write_sums_eval first sim-q95 sim-q80 <<<'scorers: [exact_match, length: {max: 9}]'
run_to_end first
first=$run

# ---- without a second run: the candidates against the baseline ----

expect_exit 0 ctl --json run compare last
expect "$(jq -c '[.forced, .notes, [.comparisons[] | [.baseline, .candidate, .baseline_run, .candidate_run]]]' <<<"$out")" = \
    "[[],[],[[\"sim-q95\",\"sim-q80\",$first,$first]]]" "the only pair"
within=$(jq -c '.comparisons[0] | [.n_pairs, .baseline_mean, .candidate_mean, .diff, .ci, .p, .wins, .losses, .ties]' <<<"$out")
expect_exit 0 ctl --json run show last
expect "$(jq -c '.comparisons[0] | [.n_pairs, .baseline_mean, .candidate_mean, .diff, .ci, .p, .wins, .losses, .ties]' <<<"$out")" = \
    "$within" "the numbers of the stored result"
expect_exit 65 ctl run compare last --candidate sim-q95
expect_contains "$err" "'sim-q95' would be compared with itself: name another member"
expect_exit 65 ctl run compare last --metric exactmatch
expect_contains "$err" "run $first has no metric 'exactmatch': its metrics are 'exact_match', 'length'"

# ---- two runs: every name that both have; other metrics and members are only told ----

write_sums_eval second sim-q95 sim-q94 <<<'scorers: [exact_match, length: {max: 5}]'
run_to_end second
second=$run
expect_exit 0 ctl --json run compare "$first" last
expect "$(jq -c '[.a.run, .b.run, .forced, [.comparisons[] | [.baseline, .candidate, .n_pairs, .ties]]]' <<<"$out")" = \
    "[$first,$second,[],[[\"sim-q95\",\"sim-q95\",100,100]]]" "the shared member"
expect_contains "$out" "was the candidate really run?" "eval: first in run $first, second in run $second" \
    "other metrics: length: length@" "'sim-q80' is a member of run $first alone: name it with --baseline"
expect_exit 0 ctl run compare "$first" "$second" --baseline sim-q80 --candidate sim-q94
expect_contains "$out" "'sim-q94' of run $second against 'sim-q80' of run $first: candidate is better by" "n=100 pairs"
expect_lacks "$out" FORCED
expect_exit 65 ctl run compare "$first" "$second" --candidate sim-q94
expect_contains "$err" "run $first has no member 'sim-q94': --baseline takes one of 'sim-q95', 'sim-q80'"
write_sums_eval apart other sim-q94 <<<'scorers: [exact_match]'
run_to_end apart
expect_exit 65 ctl run compare "$first" "$run"
expect_contains "$err" "share no member: run $first has 'sim-q95', 'sim-q80', run $run has 'other', 'sim-q94'" "--baseline"

# A name may stand for another model than it did: that is what is compared, and it is told.
sed -i 's/id: "sim-q94"/id: "sim-q80"/' "$home/assay.yaml"
kill -HUP "$daemon_pid"
is_reloaded() { ctl eval show second >/dev/null 2>&1 && grep -q 'reload' "$daemon_log"; }
await "the reload" is_reloaded
run_to_end second
expect_exit 0 ctl run compare "$second" "$run"
expect_contains "$out" "model sim-q94: sim-q94 (sim-q94 at http" "'sim-q94' of run $run against 'sim-q94' of run $second: candidate is worse by"

# ---- what is not comparable ----

write_sums_eval changed sim-q95 sim-q80 <<'YAML'
scorers: [exact_match: {ignore_case: true}]
system: Answer with the number alone.
samples: 2
gate: {policy: drop}
YAML
run_to_end changed
changed=$run
expect_exit 65 ctl run compare "$first" "$changed"
expect_contains "$err" "run $first and run $changed are not comparable" "params of exact_match: {} in run $first, {\"ignore_case\":true} in run" \
    "(give it the same params in both evals)" "system prompt: none in run $first, Answer with the number alone." \
    "samples: 1 in run $first, 2 in run $changed" "failure policy: zero in run $first, drop in run $changed" "--force"
expect_exit 0 ctl --json run compare "$first" "$changed" --force
expect "$(jq -c '[(.forced | length), (.comparisons | length), .policy]' <<<"$out")" = '[4,2,"zero"]' "what was passed over"
expect_exit 0 ctl run compare "$first" "$changed" --force
expect "$(grep -c '^FORCED, not comparable as they stand: ' <<<"$out")" -eq 4 "labels of the differences"
expect "$(grep -c "^FORCED: 'sim-" <<<"$out")" -eq 2 "labels of the comparisons"

# Another dataset: by force the cases that both have.
write_sums "$home/more.jsonl" 120
sed -i '1,30d' "$home/more.jsonl"
expect_exit 0 ctl dataset import sums "$home/more.jsonl"
run_to_end first
expect_exit 65 ctl run compare "$first" "$run"
expect_contains "$err" "dataset: sums@1 sha256:" "sums@2 sha256:" "NAME@HASH"
expect_exit 0 ctl --json run compare "$first" "$run" --force
expect "$(jq -c '.comparisons[0] | [.cases, .only_baseline, .only_candidate, .n_pairs]' <<<"$out")" = '[70,30,20,70]' "cases of both"

# ---- runs that have not come to their end ----

sim_http POST /_sim/fault '{"kind": "stall-head", "rate": 0.2}' >"$home/out"
expect_exit 0 ctl --json run start first
run=$(json_get "$out" run)
expect_exit 65 ctl run compare "$run"
expect_contains "$err" "run $run is running: it can be compared when it has ended"
some_rows_are_done() { [ "$(ctl --json run show "$run" | jq .progress.done)" -ge 20 ]; }
await "some rows" some_rows_are_done
expect_exit 0 ctl run cancel "$run"
await "the end of it" run_is "$run" cancelled
expect_exit 0 ctl run compare "$run"
expect_contains "$out" "run $run was cancelled: what it did not come to is missing"
expect_exit 65 ctl run compare 999
expect_contains "$err" "run 999 is not there"

# ---- a report in the place of the first run ----

sim_http DELETE /_sim/fault >"$home/out"
run_to_end second
before=$run
expect_exit 0 ctl report "$before" --format json --output "$home/before.json"
expect_lacks "$(<"$home/before.json")" '"key":'
run_to_end second --samples 1
expect_exit 0 ctl --json run compare "$before" "$run"
paired=$(jq -c .comparisons <<<"$out")
expect_exit 0 ctl --json run compare "$run" --report "$home/before.json"
expect "$(jq -c '[.paired, .a.run]' <<<"$out")" = "[true,$before]" "the report's run, which is here"
expect "$(jq -c .comparisons <<<"$out")" = "$paired" "the comparison of the runs"
expect_exit 64 ctl run compare "$before" "$run" --report "$home/before.json"
expect_contains "$err" "--report stands for A: name one run"

# Of another database: its means, as independent ones.
jq -c '.created_ms -= 1 | .members[1].metrics[0] |= (.mean = 0.1 | .ci = [0.06, 0.17])' "$home/before.json" >"$home/foreign.json"
expect_exit 0 ctl --json run compare last --report "$home/foreign.json"
expect "$(jq -c '[.paired, [.comparisons[] | [.baseline, .baseline_n, .candidate_n, .diff > 0.5, .ci[0] > 0.5, .p]]]' <<<"$out")" = \
    '[false,[["sim-q95",90,90,false,false,null],["sim-q94",90,90,true,true,null]]]' "the means compared"
expect_exit 0 ctl run compare last --report "$home/foreign.json"
expect_contains "$out" "note: UNPAIRED" "'sim-q94' of run $run against 'sim-q94' of the report of run $before, UNPAIRED: candidate is better by" \
    "n=90 and 90" ", unpaired"
jq -c '.pinned.samples = 5' "$home/foreign.json" >"$home/other.json"
expect_exit 65 ctl run compare last --report "$home/other.json"
expect_contains "$err" "samples: 5 in the report of run $before, 1 in run $run (start both with the same --samples)"
for broken in 'del(.pinned)' '.pinned.members = 7' '.members = []' '.pinned.dataset.hash = "x"' '.state = "odd"'; do
    jq -c "$broken" "$home/foreign.json" >"$home/broken.json"
    expect_exit 65 ctl run compare last --report "$home/broken.json"
    expect_contains "$err" "make it with \`assayctl report RUN --format json\`"
done
echo '{}' >"$home/broken.json"
expect_exit 65 ctl run compare last --report "$home/broken.json"
expect_contains "$err" "$home/broken.json is no report"

finish
