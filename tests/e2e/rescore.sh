#!/bin/bash
# Another version of a scorer over outputs that are stored: no call is made, the run stays as it was, what moved is told, and the set
# of scores is kept across a restart. A shadow of the same version tells the same and keeps nothing.
. "$(dirname "$0")/lib.sh"

# 40 cases; the recorded answer of rNN is NN. Version 1 passes all of them; version 2 fails the cases whose number ends in 5 (4 of them),
# halves those that end in 0 (4; a half still passes), does not apply to r01 and breaks on r02. The candidate's answers are scored too.
write_grader() { # VERSION BODY [PARAMETER]
    cat >"$home/grader.new" <<LUA
-- Grades by the number that a case is named after.
return {
  api = 1, kind = "scorer", name = "grader", version = "$1",
  params = { ${3:-half} = { type = "number", default = 0.25, doc = "what a round number is worth" } },
  score = function(case, output, p)
    local n = tonumber(case.id:sub(2))
    $2
    return { score = 1, reason = "graded by $1" }
  end,
}
LUA
    mv "$home/grader.new" "$home/plugins/scorers/grader-$1.lua"
}
calls_of() { json_get "$(ctl --json plugin show "$1")" calls; }
has_scored_more() { [ "$(calls_of "$1")" -gt "$2" ]; }
sets_of() { ctl --json run show "$1" | jq -c .score_sets; }
is_live() { ctl plugin show "$1" >/dev/null 2>&1; }

start_sim
write_grader 1.0.0 ''
start_daemon
awk 'BEGIN {
    for (i = 1; i <= 40; i++) {
        answer = i <= 38 ? sprintf(",\"recorded\":{\"text\":\"%d\",\"latency_ms\":120}", i) : ""
        printf "{\"id\":\"r%02d\",\"input\":\"What is %d + %d?\",\"expected\":\"%d\"%s}\n", i, i, i, 2 * i, answer
    }
}' >"$home/graded.jsonl"
expect_exit 0 ctl dataset import graded "$home/graded.jsonl"
write_eval graded <<'YAML'
dataset: graded
baseline: recorded
candidates: [sim-q95]
scorers: [{grader: {half: 0.5}}, exact_match]
primary: grader
gate: {floor: {value: 0.95, mode: point}}
YAML
expect_exit 0 ctl run start graded --wait
expect_exit 0 ctl --json run show 1
expect "$(jq -r .outcome <<<"$out")" = pass "the run's own verdict"
before=$(jq -c 'del(.score_sets)' <<<"$out")
expect "$(jq -c .score_sets <<<"$out")" = '[]' "score sets before"
rows_before=$(rows_of 1)
calls=$(sim_count requests)

# What cannot be: no such version, a rubric, a scorer that the run did not use.
expect_exit 65 ctl run rescore 1 --scorer grader@2
expect_contains "$err" "no such version of scorer 'grader'"
expect_exit 65 ctl run rescore 1 --scorer helpfulness
expect_contains "$err" "is a rubric" "only scorers can be re-scored"
expect_exit 65 ctl run rescore 1 --scorer contains
expect_contains "$err" "no metric made by scorer 'contains'" "grader = grader@1.0.0"
expect_exit 65 ctl run rescore 99 --scorer grader
expect_contains "$err" "run 99 is not there"

write_grader 2.0.0 '
    if case.id == "r01" then return nil, "too small" end
    if case.id == "r02" then error("no twos") end
    if n % 10 == 5 then return { score = 0, reason = "a five" } end
    if n % 10 == 0 then return { score = p.half, reason = "round" } end'
await "version 2.0.0" is_live grader@2

# moved: of the recorded answers (38 rows) 4 fives and 3 round ones; of the candidate's (40 rows) 4 and 4. r01 and r02 of both apart.
counts='[.rows, .skipped, .errors, .moved, .up, .down, .now_na, .to_pass, .to_fail]'
check_moved() { # JSON of one group
    expect "$(jq -c "$counts" <<<"$1")" = '[76,2,2,15,0,15,2,0,8]' "what moved in all"
    expect "$(jq -c ".members[0] | $counts" <<<"$1")" = '[37,2,1,7,0,7,1,0,4]' "what moved of the recorded answers"
    expect "$(jq -c ".members[1] | $counts" <<<"$1")" = '[39,0,1,8,0,8,1,0,4]' "what moved of the candidate's"
    expect "$(jq -c '.members[0] | [.before.n, .before.mean, .after.n, .after.na]' <<<"$1")" = '[38,1,36,1]' "the means' n"
    # 36 cases with a value: 29 whole ones, 3 halves
    expect "$(jq '.members[0].after.mean * 36 == 30.5' <<<"$1")" = true "the mean after"
    expect "$(jq -c '.members[0].after.ci | length' <<<"$1")" = 2 "its interval"
    expect "$(jq -r '.before.selector + " " + .after.selector' <<<"$1")" = "grader@1.0.0 grader@2.0.0" "the versions"
    expect "$(jq '.decides' <<<"$1")" = true "is it the metric that decides"
}

expect_exit 0 ctl --json run rescore 1 --scorer grader@2
rescored=$out
check_moved "$rescored"
expect "$(jq -c '[.flips[] | .case] | unique' <<<"$rescored")" = '["r05","r15","r25","r35"]' "cases that flipped"
expect "$(jq -c '[.error_rows[] | [.case, .error_class]] | unique' <<<"$rescored")" = '[["r02","script_error"]]' "cases that failed"
expect_contains "$rescored" "no twos"
expect "$(jq .set <<<"$rescored")" = 1 "the set's number"
expect "$(jq -c '.verdict | [.before, .after, .flips]' <<<"$rescored")" = '["pass","fail",true]' "the verdict, which asks for a mean of 0.95"
expect "$(sim_count requests)" = "$calls" "calls of models after the re-scoring"

expect "$(jq -c '.verdict.candidates[0].checks | map([.name, .before, .after])' <<<"$rescored")" = '[["floor","PASS","FAIL"]]' "why it flips"

# The run is what it was, and says that there is a set.
expect_exit 0 ctl --json run show 1
expect "$(jq -c 'del(.score_sets)' <<<"$out")" = "$before" "the run"
expect "$(rows_of 1)" = "$rows_before" "the rows"
sets=$(jq -c .score_sets <<<"$out")
expect "$(jq -c '.[0] | [.set, .metric, .selector, .scored, .errors]' <<<"$sets")" = '[1,"grader","grader@2.0.0",76,2]' "the set"
expect_exit 0 ctl run show 1
expect_contains "$out" "score set" "grader@2.0.0"

# A row shows both: what it scored, and what the set says of it, each with the plugin and its bytes.
expect_exit 0 ctl --json row show 1 r05
expect "$(jq -c '.rows[1].scores[0] | [.metric, .selector, .score, .reason]' <<<"$out")" = \
    '["grader","grader@1.0.0",1,"graded by 1.0.0"]' "a row's own score"
expect "$(jq -c '.rows[1].rescored | map([.set, .selector, .score, .reason])' <<<"$out")" = '[[1,"grader@2.0.0",0,"a five"]]' "the set's"
expect "$(jq -r '.rows[1] | .scores[0].hash, .rescored[0].hash' <<<"$out" | sort -u | grep -cE '^[0-9a-f]{64}$')" = 2 "two hashes"
expect_exit 0 ctl row show 1 r02
expect_contains "$out" "grader by grader@2.0.0 (score set 1): script_error"

# A shadow tells the same, of each run that used the scorer, and keeps nothing.
expect_exit 0 ctl run start graded --wait --max-cases 10
calls=$(sim_count requests)
expect_exit 0 ctl --json plugin shadow grader@2
expect "$(jq -c '[.runs[].run]' <<<"$out")" = '[2,1]' "runs that the shadow looked at"
check_moved "$(jq -c '.runs[1]' <<<"$out")"
expect "$(jq -c '.runs[0] | [.before.selector, .moved, .errors]' <<<"$out")" = '["grader@2.0.0",0,2]' "run 2, whose own scorer it was: r02 fails again"
expect "$(jq .flipped_verdicts <<<"$out")" = 1 "verdicts that would flip"
expect "$(jq -c '.runs[1].verdict' <<<"$out")" = "$(jq -c .verdict <<<"$rescored")" "its verdict"
expect_exit 0 ctl --json plugin shadow grader --last 1
expect "$(jq -c '[.selector, [.runs[].run]]' <<<"$out")" = '["grader@2.0.0",[2]]' "the newest version over the last run"
expect "$(sim_count requests)" = "$calls" "calls of models after the shadows"

# All of it survives kill -9.
crash_daemon
start_daemon
expect "$(sets_of 1)" = "$sets" "the sets after a crash"
expect "$(sets_of 2)" = '[]' "a shadow's sets"
expect_exit 0 ctl run rescore 1 --scorer grader@2.0.0
expect_contains "$out" "score set 2" "r05" "would be" "no twos"

# What a re-scoring told is kept with its set, and told again.
expect_exit 0 ctl --json run scores 1
expect "$(jq -c '[.run, .eval, (.score_sets | map(.set))]' <<<"$out")" = '[1,"graded",[1,2]]' "the sets of run 1"
expect_exit 0 ctl --json run scores 1 1
expect "$(jq -cS '.score_sets[0].summary' <<<"$out")" = "$(jq -cS . <<<"$rescored")" "what was told when set 1 was made"
expect_exit 0 ctl run scores 1 1
expect_contains "$out" "grader@1.0.0" "grader@2.0.0" "r05" "would be" "score set 1,"
expect_exit 65 ctl run scores 2 1
expect_contains "$err" "score set 1 of run 2"

# A version that a set alone refers to stays known after its file has gone, until the set is deleted.
write_grader 4.0.0 'n = n + 4'
await "version 4.0.0" is_live grader@4
expect_exit 0 ctl --json run rescore 1 --scorer grader@4 --why 'a try'
set=$(jq .set <<<"$out")
rm "$home/plugins/scorers/grader-4.0.0.lua"
version_4() { ctl --json plugin versions grader | jq -c '.versions[] | select(.version == "4.0.0") | [.state, .runs, .last_run, .score_sets]'; }
is_retired() { [ "$(version_4)" = '["retired",0,null,1]' ]; }
await "the retired version's entry" is_retired
crash_daemon
start_daemon
expect "$(version_4)" = '["retired",0,null,1]' "a retired version that a set refers to"
expect_exit 0 ctl --json plugin show grader@4.0.0
expect_contains "$(jq -r .source <<<"$out")" "n = n + 4"
expect_exit 0 ctl run drop-scores 1 "$set" --why 'of no use'
expect_contains "$out" "score set $set of run 1 is gone: grader by grader@4.0.0"
expect "$(version_4)" = '' "the version after its last use"
expect_exit 65 ctl plugin show grader@4.0.0
expect_exit 65 ctl run drop-scores 1 "$set"
expect "$(sets_of 1 | jq -c 'map(.set)')" = '[1,2]' "the other sets"
expect "$(ctl --json run log 1 | jq -c '.entries[-2:] | map([.action, .why, .detail.score_set, .detail.scorer])')" = \
    "[[\"run.rescore\",\"a try\",$set,\"grader@4.0.0\"],[\"run.drop_scores\",\"of no use\",$set,\"grader@4.0.0\"]]" "the log"

# A run with two metrics by the scorer: which one has to be said, and a shadow shows both.
write_eval two <<'YAML'
dataset: graded
baseline: recorded
candidates: [sim-q95]
scorers: [{use: grader@1, as: first, params: {half: 0.5}}, {use: grader@1.0.0, as: second}]
primary: first
YAML
expect_exit 0 ctl run start two --wait
expect_exit 65 ctl run rescore last --scorer grader@2
expect_contains "$err" "'first' and 'second'" "--metric"
expect_exit 0 ctl --json run rescore last --scorer grader@2 --metric second
expect "$(jq -c '[.metric, .decides]' <<<"$out")" = '["second",false]' "the metric that was asked for"
expect "$(jq '.members[0].after.mean * 36 == 29 + 3 * 0.25' <<<"$out")" = true "the mean by its own parameters"
expect_exit 0 ctl --json plugin shadow grader@2 --last 1
expect "$(jq -c '[.runs[] | [.run, .metric]]' <<<"$out")" = '[[3,"first"],[3,"second"]]' "what the shadow looked at"

# A version that does not know the run's parameters.
write_grader 2.5.0 '' part
await "version 2.5.0" is_live grader@2.5
expect_exit 65 ctl run rescore 1 --scorer grader@2.5
expect_contains "$err" "grader@2.5.0 with the parameters of metric 'grader' of run 1" "half"
expect_exit 0 ctl plugin shadow grader@2.5 --last 1
expect_contains "$out" "run 3" "half" "0 verdicts" "nothing was kept"

# A caller that goes away ends its re-scoring, and so do a crash and the end of the daemon: half a set is none.
import_sums long 500
write_eval long <<'YAML'
dataset: long
baseline: sim-q95
candidates: [sim-q94]
scorers: [grader@1]
YAML
expect_exit 0 ctl run start long --wait
write_grader 3.0.0 'for _ = 1, 500000 do n = n + 0 end'
await "version 3.0.0" is_live grader@3
rescore_slowly() { # sets $caller
    local calls_before
    calls_before=$(calls_of grader@3)
    start_process "$home/caller" "$BIN_DIR/assayctl" run rescore 4 --scorer grader@3
    caller=$started
    await "the first scores" has_scored_more grader@3 "$calls_before"
}
rescore_slowly
told_progress() { grep -qE '^[0-9]+ % [0-9]+/1000 ' "$home/caller"; }
await "progress, as the caller is told it" told_progress
expect "$(ctl --json run show 4 | jq -c '.rescoring | map([.run, .selector, .metric, (.done > 0 and .done < .total), .total])')" = \
    '[[4,"grader@3.0.0","grader",true,1000]]' "progress, as others see it"
expect_exit 0 ctl run show 4
expect_contains "$out" "re-scoring" "of 1000 rows"
kill -TERM "$caller"
wait "$caller" || true
was_cancelled() { grep -q 'plugin=grader@3.0.0 re-scoring cancelled' "$daemon_log"; }
await "the end of what nobody waits for" was_cancelled
expect "$(sets_of 4)" = '[]' "the sets after the caller has gone"
rescore_slowly
crash_daemon
wait "$caller" || true
start_daemon
expect "$(sets_of 4)" = '[]' "the sets after a crash in the middle"
rescore_slowly
stop_daemon
wait "$caller" || true
expect_contains "$(<"$daemon_log")" "grader@3.0.0 re-scoring cancelled"
start_daemon
expect "$(sets_of 4)" = '[]' "the sets after a stop in the middle"

finish
