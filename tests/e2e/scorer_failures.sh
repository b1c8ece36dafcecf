#!/bin/bash
# A scorer that fails costs its own score of that row: the row says who failed and keeps the scores of the others and the judge's grade,
# each metric's statistics have their own n, and the gate's cap counts the row as missing. A judge that fails costs its grade alone.
. "$(dirname "$0")/lib.sh"

models=(sim-q80 sim-q95 sim-judge "no-judge=sim-judge+fault=broken-json:1")
sandbox_limits="{row_deadline_ms: $([ -n "${SANITIZE:-}" ] && echo 1000 || echo 300), load_deadline_ms: 8000}"
write_scorer() { # NAME BODY
    cat >"$home/plugins/scorers/$1.lua" <<LUA
-- Scores by the number that a case is named after.
return {
  api = 1, kind = "scorer", name = "$1", version = "1.0.0",
  score = function(case)
    local n = tonumber(case.id:sub(2))
    $2
    return { score = 1, reason = "$1 scored" }
  end,
}
LUA
}
write_scorer steady 'if n % 2 == 0 then return { score = 0.5, pass = true } end'
write_scorer picky 'if n == 1 or n == 3 or n == 7 then error("not this one") end'
write_scorer slow 'while n == 2 or n == 3 do end'
write_scorer must 'if n == 4 then error("cannot say") end if n == 5 or n == 7 then return 0 end'

start_sim
start_daemon
import_sums sums 8
for judge in sim-judge no-judge; do
    write_eval "by-$judge" <<YAML
dataset: sums
baseline: sim-q80
candidates: [sim-q95]
scorers: [steady, {use: picky@1, as: picky}, slow, must]
primary: steady
rubric: {use: helpfulness, judge: $judge, requires: [must]}
gate: {floor: {value: 0.1, mode: point}, max_missing_rate: 0.5}
YAML
done
row_of() { ctl --json row show "$1" "c000$2" | jq -c '.rows[1]'; } # RUN N: the candidate's
brief='[.status, .error_class, [.scores[].metric] , (.judge != null)]'
expect_row() { # RUN N WANTED
    expect "$(row_of "$1" "$2" | jq -c "$brief")" = "$3" "case $2 of run $1"
}

expect_exit 0 ctl run start by-sim-judge --wait
check_rows() {
    expect_row 1 1 '["scorer_error","script_error",["steady","slow","must","helpfulness"],true]'
    expect_row 1 2 '["scorer_error","timeout",["steady","picky","must","helpfulness"],true]'
    expect_row 1 3 '["scorer_error","script_error",["steady","must","helpfulness"],true]'
    expect_row 1 4 '["scorer_error","script_error",["steady","picky","slow"],false]'
    expect_row 1 5 '["ok",null,["steady","picky","slow","must","helpfulness"],false]'
    expect_row 1 6 '["ok",null,["steady","picky","slow","must","helpfulness"],true]'
    expect_row 1 7 '["scorer_error","script_error",["steady","slow","must","helpfulness"],false]'
}
check_rows

# The error names each scorer that failed; the grade is the judge's where it was asked, and the eval's zero where `must` did not pass.
expect_contains "$(row_of 1 1 | jq -r .error)" "picky: " "not this one"
error=$(row_of 1 3 | jq -r .error)
expect_contains "$error" "picky: " "not this one" "; slow: " "deadline"
expect_contains "$(row_of 1 4 | jq -r .error)" "must: " "cannot say"
for n in 5 7; do
    expect "$(row_of 1 $n | jq -c '.scores[-1] | [.score, .label]')" = '[0,"required_failed"]' "the grade of case $n"
done
expect "$(row_of 1 1 | jq -c '.scores[-1] | [.metric, (.score != null)]')" = '["helpfulness",true]' "the grade of case 1"
expect_exit 0 ctl row show 1 c0003
expect_contains "$out" "scorer_error" "steady: 1.000" "slow: "

# Both denominators: rows that are ok, and each metric's own n.
shown=$(ctl --json run show 1)
expect "$(jq -c '.members[1] | [.rows, .ok, .failed, .statuses]' <<<"$shown")" = '[8,3,5,{"ok":3,"scorer_error":5}]' "rows"
expect "$(jq -c '[.members[1].metrics[] | [.metric, .n, .errors, .na]]' <<<"$shown")" = \
    '[["steady",8,0,0],["picky",5,3,0],["slow",6,2,0],["must",7,1,0],["helpfulness",7,1,0]]' "n and errors of each metric"
expect "$(jq -c '.members[1].metrics[0] | [.mean, .pass_rate]' <<<"$shown")" = '[0.75,1]' "the mean of the scorer that never fails"
expect "$(jq -c '.members[1].metrics[3] | [.mean * 7, .pass_rate * 7]' <<<"$shown")" = '[5,5]' "the mean of the one that fails once"

# Another version that does not fail makes the row whole.
sed 's/1\.0\.0/2.0.0/; s/error("not this one")//' "$home/plugins/scorers/picky.lua" >"$home/picky.new"
mv "$home/picky.new" "$home/plugins/scorers/picky-2.lua"
is_live() { ctl plugin show picky@2 >/dev/null 2>&1; }
await "picky@2.0.0" is_live
expect_exit 0 ctl --json run rescore 1 --scorer picky@2
expect "$(jq -c '.members[1] | [.rows, .recovered, .moved, .errors, .after.n, .after.errors]' <<<"$out")" = '[8,3,0,0,8,0]' "what was recovered"

# A judge that fails costs its grade; a scorer that failed before it gives the row its status, and the error names both.
expect_exit 0 ctl run start by-no-judge --wait
expect_row 2 6 '["judge_error","judge",["steady","picky","slow","must"],true]'
expect_row 2 1 '["scorer_error","script_error",["steady","slow","must"],true]'
expect_contains "$(row_of 2 1 | jq -r .error)" "picky: " "; judge: "
expect_row 2 5 '["ok",null,["steady","picky","slow","must","helpfulness"],false]'

# What is stored is what was said.
crash_daemon
start_daemon
check_rows

# The gate's cap on missing cases counts rows that have the primary metric's score, and another one missing.
write_eval capped <<'YAML'
dataset: sums
baseline: sim-q80
candidates: [sim-q95]
scorers: [steady, picky@1]
gate: {margin: 0.5, max_missing_rate: 0.3}
YAML
expect_exit 5 ctl run start capped --gate
shown=$(ctl --json run show last)
expect "$(jq -c '.comparisons[0] | [.metric, .n_pairs, .unpaired]' <<<"$shown")" = '["steady",8,0]' "pairs"
expect "$(jq -c '.verdicts[0].checks[0] | [.name, .outcome, .observed, .evidence]' <<<"$shown")" = \
    '["missing","INCONCLUSIVE",0.375,["c0001","c0003","c0007"]]' "the cap"
expect_contains "$out" "an error of ours"

finish
