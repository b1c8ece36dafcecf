# Which cases flipped between two members, of one run or of two: the surest first, with tags, scores, reasons, both texts and their
# difference; paged; exported as a file that dataset import takes.
. "${BASH_SOURCE[0]%/*}/lib.sh"

start_sim
start_daemon
write_sums "$home/plain.jsonl" 60
jq -c 'if .id == "c0007" then . + {critical: true} else . end | . + {tags: [if (.id[1:] | tonumber) % 2 == 0 then "even" else "odd" end]}' \
    "$home/plain.jsonl" >"$home/sums.jsonl"
expect_exit 0 ctl dataset import sums "$home/sums.jsonl"
write_eval sums <<'YAML'
dataset: sums
baseline: sim-q95
candidates: [sim-q80]
scorers: [exact_match]
gate: {margin: 0.05}
YAML
expect_exit 0 ctl run start sums --wait

# The list is what the rows say: each case that one member has right and the other has not.
right_by() { rows_of last --model "$1" --min 1 | jq -r .case | sort; }
right_by sim-q95 >"$home/baseline"
right_by sim-q80 >"$home/candidate"
expect_exit 0 ctl --json run flips last
flips=$out
expect "$(jq -r '.flips[] | select(.to == "fail").case' <<<"$flips")" = "$(comm -23 "$home/baseline" "$home/candidate")" "right to wrong, by case"
expect "$(jq -r '.flips[] | select(.to == "pass").case' <<<"$flips")" = "$(comm -13 "$home/baseline" "$home/candidate")" "wrong to right, by case"
to_fail=$(jq '.to_fail' <<<"$flips") to_pass=$(jq '.to_pass' <<<"$flips")
expect "$to_fail" -ge 3 "cases that are wrong now"
expect "$to_fail" = "$(jq '[.flips[] | select(.to == "fail")] | length' <<<"$flips")" "count of right to wrong"
expect "$(jq -c '[.compared, .not_compared, .baseline.model, .candidate.model, .metric, .pass_threshold]' <<<"$flips")" = \
    '[60,0,"sim-q95","sim-q80","exact_match",0.5]' "what was compared"

# Each with what both said and why.
first=$(jq -c '.flips[] | select(.to == "fail")' <<<"$flips" | head -1)
case_id=$(jq -r .case <<<"$first")
expect "$(jq -c '[.difference, .agreement, .baseline.score, .candidate.score, .baseline.status]' <<<"$first")" = '[-1,1,1,0,"ok"]' "a flip"
expect_exit 0 ctl --json row show last "$case_id"
for side in baseline candidate; do
    expect "$(jq -c --arg model "$(jq -r ".$side.model" <<<"$flips")" '.rows[] | select(.model == $model) | [.text, .scores[0].reason]' <<<"$out")" = \
        "$(jq -c ".$side | [.text, .reason]" <<<"$first")" "text and reason of the $side"
done
expect "$(jq -c '[.flips[].tags[0]] | unique - ["even", "odd"]' <<<"$flips")" = '[]' "tags"
expect "$(jq -c '.flips[] | select(.case == "c0007") | .critical' <<<"$flips" | grep -c false || true)" = 0 "a critical case that is told as none"

# For people: no colours in a pipe.
expect_exit 0 ctl run flips last
expect_contains "$out" "60 cases, 0 not" "$to_fail right to wrong, $to_pass wrong to right" "$case_id  right to wrong  -1.000" 'exact_match, right from 0.500 on'
expect_lacks "$out" $'\e'
expect_exit 0 ctl --color always run flips last
expect_contains "$out" $'\e['

# One direction; pages that make the whole.
expect_exit 0 ctl --json run flips last --to fail
expect "$(jq -c '[.flips[].to] | unique' <<<"$out")" = '["fail"]' "--to fail"
paged='' after=''
while :; do
    page=$(ctl --json run flips last --limit 2 ${after:+--after "$after"})
    paged+=$(jq -r '.flips[].case' <<<"$page")$'\n'
    after=$(jq -r '.next // empty' <<<"$page")
    [ -n "$after" ] || break
done
expect "$(echo -n "$paged")" = "$(jq -r '.flips[].case' <<<"$flips")" "the cases of all pages"

# Exported, they are a dataset: the cases as they were, with their origin.
expect_exit 0 ctl run flips last --to fail --export "$home/flips.jsonl"
expect_contains "$out" "wrote $to_fail cases to"
expect_exit 0 ctl dataset import regressions "$home/flips.jsonl" --strict
expect_exit 0 ctl --json dataset show regressions --limit 1
expect "$(jq -c '.cases[0] | [.metadata.from_runs[0].run, .metadata.from_runs[0].dataset, .metadata.from_runs[0].why]' <<<"$out")" = \
    '[1,"sums@1","exact_match: 1 for sim-q95, 0 for sim-q80, right to wrong"]' "origin"
expect_exit 0 ctl --json dataset show sums --limit 1000
jq -cS '.cases[]' <<<"$out" | sort >"$home/before"
expect_exit 0 ctl --json dataset show regressions --limit 1000
jq -cS '.cases[] | del(.metadata)' <<<"$out" | sort >"$home/after"
expect "$(comm -13 "$home/before" "$home/after" | wc -l)" = 0 "exported cases that are not as they were"
expect "$(wc -l <"$home/after")" = "$to_fail" "exported cases"

# What cannot be is said, with what can.
expect_exit 65 ctl run flips last --candidate sim-q99
expect_contains "$err" "run 1 has no member 'sim-q99': --candidate takes one of 'sim-q95', 'sim-q80'"
expect_exit 65 ctl run flips last --metric speed
expect_contains "$err" "run 1 has no metric 'speed': its metrics are 'exact_match'"
expect_exit 65 ctl run flips last --to left
expect_contains "$err" "pass or fail"
expect_exit 65 ctl run flips last --after nothing
expect_contains "$err" "no flip of this list is case 'nothing'"
expect_exit 64 ctl run flips last --export "$home/x" --limit 3
expect_exit 65 ctl run flips 99
expect_contains "$err" "run 99 is not there"

# Two runs: the same member in both, or one of each; another dataset is refused.
expect_exit 0 ctl run start sums --wait --models sim-q94
expect_exit 0 ctl --json run flips 1 2 --baseline sim-q80 --candidate sim-q94
right_by sim-q94 >"$home/other"
expect "$(jq -r '.flips[] | select(.to == "pass").case' <<<"$out")" = "$(comm -13 "$home/candidate" "$home/other")" "wrong to right across runs"
expect "$(jq -c '[.baseline, .candidate]' <<<"$out")" = '[{"run":1,"model":"sim-q80"},{"run":2,"model":"sim-q94"}]' "sides across runs"
expect_exit 0 ctl --json run flips 1 2
expect "$(jq -c '[.baseline.model, .candidate.model]' <<<"$out")" = '["sim-q95","sim-q95"]' "the member that both runs have"
import_sums sums 30
expect_exit 0 ctl run start sums --wait --models sim-q94,sim-q80
expect_exit 65 ctl run flips 3
expect_contains "$err" "flips are of one candidate: --candidate takes one of 'sim-q94', 'sim-q80'"
expect_exit 65 ctl run flips 1 3 --candidate sim-q80
expect_contains "$err" "not comparable" "dataset: sums@1" "sums@2" "--force"
expect_exit 0 ctl run flips 1 3 --candidate sim-q80 --force
expect_contains "$out" FORCED "sums@2" "30 cases, 30 not"

# A case that is larger than an answer is shown, and told when all of it is to be exported.
jq -nc '{id: "big", input: "q", expected: "a", recorded: "a", recordings: {new: "b"}, metadata: {note: ("x" * 1200000)}}' >"$home/big.jsonl"
expect_exit 0 ctl dataset import big "$home/big.jsonl"
write_eval big <<'YAML'
dataset: big
baseline: recorded
candidates: ["recorded:new"]
scorers: [exact_match]
gate: {margin: 0.1}
YAML
expect_exit 0 ctl run start big --wait
expect_exit 0 ctl run flips last
expect_contains "$out" 'big  right to wrong'
run=$(ctl run show last --json | jq .run)
expect_exit 65 ctl run flips last --export "$home/big-flips.jsonl"
expect_contains "$err" "case 'big' has 1200" "dataset from-run $run NAME --where flipped"
expect_exit 0 ctl dataset from-run last kept --where flipped

# More than a page holds are exported page by page.
jq -nc 'range(30) | {id: "wide\(.)", input: "q", expected: "a", recorded: "a", recordings: {new: "b"}, metadata: {note: ("x" * 60000)}}' \
    >"$home/wide.jsonl"
expect_exit 0 ctl dataset import big "$home/wide.jsonl"
expect_exit 0 ctl run start big --wait
expect "$(ctl --json run flips last | jq 'has("next")')" = false "the cases of one page, without their texts"
expect_exit 0 ctl run flips last --export "$home/wide-flips.jsonl"
expect "$(jq -r .id "$home/wide-flips.jsonl" | sort -u | wc -l)" = 30 "exported cases"

# Nothing flipped: said so, and no file is left.
expect_exit 0 ctl run flips 1 3 --baseline sim-q95 --force
expect_contains "$out" "0 right to wrong, 0 wrong to right"
expect_exit 65 ctl run flips 1 3 --baseline sim-q95 --force --export "$home/none.jsonl"
expect_contains "$err" "no case flipped: there is nothing to export"
expect "$(find "$home" -maxdepth 1 -name 'none*' | wc -l)" = 0 "files of an empty export"
finish
