#!/bin/bash
# A judge that changes in silence is told apart from a model that does: an anchor, whose answers are recorded and are judged anew in each of
# its runs, says which. Without an anchor, or with one that cannot tell, the cause is unknown, and why. A crash and a hot file change nothing.
. "$(dirname "$0")/lib.sh"

models=(large=sim-q95 small=sim-q80 judge=sim-judge)
start_sim
start_daemon
import_sums sums 200
# Two of three recorded answers are right.
write_sums /dev/stdout 200 f | jq -c '.recorded = (if (.id[1:] | tonumber) % 3 == 0 then "no idea" else .expected end)' >"$home/frozen.jsonl"
expect_exit 0 ctl dataset import frozen "$home/frozen.jsonl"

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
write_triage
write_eval check <<YAML
dataset: frozen@1
baseline: recorded
$rubric
schedule: {cron: 0 3 * * *}
YAML
run() { expect_exit 0 ctl run start "$1" --wait; }
change() { sim_http POST /_sim/quality "{\"model\": \"$1\", \"percent\": $2}" >/dev/null; }
mend() { sim_http DELETE /_sim/quality >/dev/null; }
run_thrice() { run triage && run triage && run triage; } # a drift is over after three runs without a sign of it
judge_calls() { sim_http GET /_sim/stats | jq '.models["sim-judge"]'; }
drifts() { # of an eval: run, model, over, cause
    ctl --json event ls --kind drift --eval "$1" | jq -c '[.events[] | [.run, .subject, .over, .detail.cause]]'
}
drifts_are() { [ "$(drifts "$1")" = "$2" ]; }
has_history() { # FILTER WANTED [EVAL]
    [ "$(ctl --json history "${3:-triage}" | jq -c "$1")" = "$2" ]
}
cause_of() { ctl --json history triage | jq -r ".models[] | select(.model == \"$1\").drift | [.cause, .cause_why] | join(\": \")"; }

# Nobody to ask: a drift's cause is not known, and the remedy is said.
run triage
expect_exit 0 ctl baseline set triage 1
change sim-q80 50
run triage
await "a drift without an anchor" drifts_are triage '[[2,"small",false,"unknown"]]'
expect_contains "$(cause_of small)" "unknown: no anchor is named" 'drift: {anchor: EVAL}'
expect_exit 0 ctl event ls --kind drift
expect_contains "$out" "cause unknown: no anchor is named"

# An anchor is named while the daemon runs; it has to be judged, and pinned, before it says anything.
write_triage 'drift: {anchor: check}'
await "an anchor that was never judged" has_history '.judge | [.anchor, .run, (.reason | contains("`assayctl baseline set check last`"))]' \
    '["check",null,true]'
run check
expect_exit 0 ctl baseline set check last
await "an anchor that was judged once" has_history '.judge.reason | contains("has not been judged again since run 3")' true
calls=$(judge_calls)
run check
expect "$(($(judge_calls) - calls))" -eq 200 "questions of an anchor's run: none is answered by the journal"
await "an anchor that holds" has_history '.judge | [.run, .reference, .n, .since_run, .reason]' '[4,3,200,null,null]'
await "its word on the drift that was there" has_history '.models[1].drift | [.drifting, .cause]' '[true,"model"]'
mend
run_thrice
before='[[2,"small",false,"unknown"],[7,"small",true,null]'
await "the end of the drift" drifts_are triage "$before]"

# The model changes, the judge does not.
change sim-q80 50
run triage
before+=',[8,"small",false,"model"]'
await "a model's drift" drifts_are triage "$before]"
expect_contains "$(cause_of small)" "model: the judge gives the anchor 'check' 0.0 points, 95% CI -1.4 to 1.4, n=200 (run 4 against run 3)"
expect_exit 0 ctl history triage
expect_contains "$out" "cause: model: " "the judge, by check"
mend
run_thrice
before+=',[11,"small",true,null]'
await "its end" drifts_are triage "$before]"

# The judge changes behind its name, and assayd is killed between: its own drift is told, and whose the others' is.
change sim-judge 30
run check
crash_daemon
start_daemon
await "the judge's drift" drifts_are check '[[12,"recorded",false,"judge"]]'
expect_exit 0 ctl history check
expect_contains "$out" "cause: judge: the answers are recorded"
expect_lacks "$out" warning
run triage
await "drifts that are the judge's" drifts_are triage "$before,[13,\"large\",false,\"judge\"],[13,\"small\",false,\"judge\"]]"
expect_contains "$(cause_of large)" "judge: the judge gives the anchor 'check' -" "and drifts since run 12"
expect_exit 0 ctl history triage
expect_contains "$out" "cause: judge: " DRIFTS

# An anchor that is named no more says nothing.
write_triage
await "the anchor that was taken away" has_history '[.judge.anchor, .models[0].drift.cause]' '[null,"unknown"]'

# No judge makes a metric of a scorer, so a drift by it is the model's.
write_eval exact <<'YAML'
dataset: sums
baseline: large
candidates: [small]
scorers: [exact_match]
gate: {margin: 0.2}
YAML
mend
run exact
expect_exit 0 ctl baseline set exact last
change sim-q80 50
run exact
await "a drift by a scorer" drifts_are exact '[[15,"small",false,"model"]]'
expect "$(ctl --json history exact | jq -c '[.judge, .models[1].drift.cause_why]')" = '[null,"no judge makes this metric"]' "its cause"
finish
