#!/bin/bash
# When an anchor cannot tell whose a drift is, and what is said then: too few answers, replies of the journal, another rubric than the eval's, a
# reference of another time. A judge that errs both ways keeps the mean of half good answers, and is found all the same. A file that can be no
# anchor is told with its line, whatever the order in which files come.
. "$(dirname "$0")/lib.sh"

clock=$home/clock
daemon_command=(env "FAKE_CLOCK=$clock" "LD_PRELOAD=$BIN_DIR/libfake_clock.so" "$BIN_DIR/assayd")
[ -z "${SANITIZE:-}" ] || daemon_command=(env "FAKE_CLOCK=$clock" "LD_PRELOAD=$BIN_DIR/libfake_clock.so"
    "ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0" "$BIN_DIR/assayd")
hour=0
pass_hours() {
    hour=$((hour + $1))
    date -u -d "2026-11-01 02:00 UTC + $hour hours" +%s >"$clock.new"
    mv "$clock.new" "$clock"
}
pass_hours 0
models=(large=sim-q95 small=sim-q80 judge=sim-judge other=sim-judge)
start_sim
start_daemon
import_sums sums 200
write_sums /dev/stdout 200 f | jq -c '.recorded = (if (.id[1:] | tonumber) % 2 == 0 then "no idea" else .expected end)' >"$home/half.jsonl"
head -n 8 "$home/half.jsonl" >"$home/few.jsonl"
expect_exit 0 ctl dataset import half "$home/half.jsonl"
expect_exit 0 ctl dataset import few "$home/few.jsonl"

rubric='rubric: {use: correctness, judge: judge}'
write_triage() { # the rest of the file
    write_eval triage <<YAML
dataset: sums
baseline: large
candidates: [small]
$rubric
gate: {margin: 0.2}
$*
YAML
}
write_anchor() { # NAME [RUBRIC] [the rest of the file]
    write_eval "$1" <<YAML
dataset: $1
baseline: recorded
${2:-$rubric}
${3:-}
YAML
}
run() {
    pass_hours 1
    expect_exit 0 ctl run start "$@" --wait
}
pin() { expect_exit 0 ctl baseline set "$1" last; }
change() { sim_http POST /_sim/quality "{\"model\": \"$1\", \"percent\": $2}" >/dev/null; }
judge_calls() { sim_http GET /_sim/stats | jq '.models["sim-judge"]'; }
cause_is() { # PART...: of large by the newest run
    local said part
    said=$(ctl --json history triage | jq -r '.models[] | select(.model == "large").drift | [.cause, .cause_why] | join(": ")')
    for part in "$@"; do [[ $said == *"$part"* ]] || return 1; done
}

# Runs 1 to 5: an anchor of eight answers holds, and proves nothing.
write_anchor few
write_triage 'drift: {anchor: few}'
run triage
pin triage
run few
pin few
run few
change sim-q95 70
run triage
await "a stale anchor" cause_is "unknown: the judge gives the anchor 'few' 0.0 points" "n=8, 0 up and 0 down (run 3 against run 2)" \
    "but that was 1.0 hours before run 4, and the judge may have changed since: \`assayctl run start few\`"
run few
await "too few anchors" cause_is "unknown: the judge gives the anchor 'few' 0.0 points, 95% CI -" "which does not rule it out; without 1.9 times that shift -"

# Runs 6 to 8: another anchor, whose reference came later; whose runs the journal answers, but for the last.
write_anchor half
write_triage 'drift: {anchor: half, max_gap: 2h}'
run half
pin half
await "an anchor that was judged once" cause_is "unknown: the anchor 'half' has not been judged again since run 6, its reference"
calls=$(judge_calls)
run half --cache
expect "$(judge_calls)" = "$calls" "questions to the judge of a run that the journal answers"
await "a reference of another time" cause_is "unknown: the reference of the anchor 'half', run 6, is 5.0 hours younger than run 1" \
    "drift.max_gap is 2.0 hours"
write_triage 'drift: {anchor: half}'
await "an anchor that the journal answered" cause_is "unknown: in run 7 of the anchor 'half' old replies may have stood in for the judge (journal policy cache)" \
    "\`assayctl run start half\` without --cache"
run half
expect "$(judge_calls)" = $((calls + 200)) "questions to the judge of a run that it answers itself"
await "an anchor that holds, judged for the first time" cause_is "model: the judge gives the anchor 'half' 0.0 points" "(run 8 against run 6)"

# Runs 9 to 12: the judge errs half of the time. It gives the half good anchor what it gave it, by other cases.
sim_http DELETE /_sim/quality >/dev/null
run triage
pin triage
run half
change sim-judge 50
run triage
run half
shift=$(ctl --json history triage | jq '.judge | [.diff, .since_run, .moves_more, .moved_before, .up > 20, .down > 20] | .[1:]' -c)
expect "$shift" = '[null,true,0,true,true]' "what the anchor says of a judge that errs both ways"
await "a judge that errs both ways" cause_is "judge: the judge gives the anchor 'half'" ", and moved only 0.0 % of it before"

# Runs 13 and 14: pinned anew with such a judge, the eval cannot be told of by an anchor that was pinned with the one before.
pin triage
run triage
run half
reason="the judge had changed already, by the anchor 'half', when run 11, the reference here, was judged: \`assayctl baseline set half 12\`"
has_reason() { [ "$(ctl --json history triage | jq -r .judge.reason)" = "$reason" ]; }
await "an anchor of before a change of the judge" has_reason
expect_exit 0 ctl baseline set half 12
reason=null
await "an anchor that was pinned anew as well" has_reason

# Runs 15 to 19: the anchor's rubric is another version than that of the run.
sim_http DELETE /_sim/quality >/dev/null
run triage
pin triage
run half
pin half
run half
change sim-q95 70
run triage
sed 's/version = "1.0.0"/version = "1.0.1"/' "$home/rubrics/correctness.lua" >"$home/rubrics/correctness_next.lua"
next_is_live() { ctl --json plugin ls | jq -e '[.plugins[] | select(.name == "correctness" and .version == "1.0.1")] | length == 1' >/dev/null; }
await "the next version of the rubric" next_is_live
run half
await "another version of the rubric" cause_is "unknown: run 19 of the anchor 'half' is not comparable with run 18: version of correctness is correctness@1.0.1" \
    "name one version in both evals"

# By its own schedule the judge is asked anew each night.
write_anchor half "$rubric" "schedule: {cron: 0 4 * * *}"
expect_exit 0 ctl schedule ls
calls=$(judge_calls)
has_asked() { [ "$(judge_calls)" -ge "$1" ]; }
for night in 1 2; do
    hour=$((night * 24 + 2)) # 04:00
    pass_hours 0
    await "night $night of the anchor" has_asked $((calls + night * 200))
done
await "the last night" run_is last done
expect "$(judge_calls)" = $((calls + 400)) "questions of two nights"

# A file that can be no anchor is told with its line when it is written, and its eval comes back when it is mended.
is_refused() { # PART...
    local part
    ! ctl eval show triage >"$home/out" 2>"$home/err" || return 1
    for part in "$@"; do grep -qF -- "$part" "$home/err" || return 1; done
}
write_anchor half "$rubric" "journal: cache"
await "an anchor that the journal would answer" is_refused "eval 'triage' was refused" "triage.yaml:6:17: drift.anchor: eval 'half' has \`journal: cache\`" \
    "take \`journal\` out of"
expect_exit 65 ctl daemon reload
expect_contains "$err$out" "drift.anchor: eval 'half' has"
write_anchor half "rubric: {use: correctness, judge: other}"
await "an anchor of another judge" is_refused "eval 'half' is judged by 'other', this one by 'judge'"
rm "$home/evals/half.yaml"
await "no anchor" is_refused "no eval named 'half'"
echo "datset: half" >"$home/evals/half.yaml"
await "an anchor whose file is broken" eval_is_known triage
write_anchor half
expect_exit 0 ctl eval show triage
expect_contains "$out" "eval 'triage' names 'half' as its anchor, which is judged only when somebody starts it: give $home/evals/half.yaml a schedule"
finish
