#!/bin/bash
# A judge that changes in silence is told apart from a model that does: an anchor, whose answers are recorded and are judged anew in each of
# its runs, says which. Without an anchor, or with one that cannot tell, the cause is unknown, and why. A crash and a hot file change nothing.
. "$(dirname "$0")/lib.sh"

models=(large=sim-q95 small=sim-q80 judge=sim-judge)
start_sim
start_daemon
import_sums sums 200
told=$home/logs/told
printf '#!/bin/bash\nprintf "%%s\\n" "$(cat)" >>"%s"\n' "$told" >"$home/page"
chmod 755 "$home/page"
rubric='rubric: {use: correctness, judge: judge}'
write_triage() { # the rest of the file
    write_eval triage <<YAML
dataset: sums
baseline: large
candidates: [small]
$rubric
gate: {margin: 0.2}
notify: {on: [drift, drift_cause, recovery], to: {command: [$home/page]}}
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
drifts() { # of an eval: kind, run, model, over, cause
    ctl --json event ls --limit 200 --eval "$1" | jq -c '[.events[] | select(.kind | startswith("drift")) |
        [.kind[5:], .run, .subject, .over, .detail.cause]]'
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
seen='[["",2,"small",false,"unknown"]'
await "a drift without an anchor" drifts_are triage "$seen]"
expect_contains "$(cause_of small)" "unknown: no anchor is named" 'drift: {anchor: EVAL}'
expect_exit 0 ctl event ls --kind drift
expect_contains "$out" "cause unknown: no anchor is named"

# An anchor is named while the daemon runs; it has to be judged, and pinned, and judged again, before it says anything.
write_triage 'drift: {anchor: check}'
await "an anchor that was never judged" has_history '.judge | [.anchor, .run, (.reason | contains("`assayctl baseline set check last`"))]' \
    '["check",null,true]'
for shown in "eval show triage" "eval show check" "baseline show check"; do
    expect_exit 0 ctl $shown
    expect_contains "$out" "eval 'triage' names 'check' as its anchor, which says nothing without a reference" "\`assayctl baseline set check last\`"
    expect_lacks "$out" "give it a schedule" null
done
# The three commands of the guide.
expect_exit 0 ctl dataset from-run 1 frozen --where 'score>=0' --model small --recorded
run check
expect_exit 0 ctl baseline set check last
expect_exit 0 ctl baseline show check
expect_lacks "$out" warning
await "an anchor that was judged once" has_history '.judge.reason | contains("has not been judged again since run 3")' true
calls=$(judge_calls)
run check
expect "$(($(judge_calls) - calls))" -eq 200 "questions of an anchor's run: none is answered by the journal"
await "an anchor that holds" has_history '.judge | [.run, .reference, .n, .since_run, .reason, .lag]' '[4,3,200,null,null,null]'
expect "$(cause_of small | cut -d: -f1)" = model "its word on the drift that was there"
seen+=',["_cause",2,"small",false,"model"]'
await "the cause of the drift that was told" drifts_are triage "$seen]"
mend
run_thrice
seen+=',["",7,"small",true,null]'
await "the end of the drift" drifts_are triage "$seen]"

# The model changes, the judge does not: which is known when the anchor has been judged after it.
change sim-q80 50
run triage
seen+=',["",8,"small",false,"unknown"]'
await "a drift" drifts_are triage "$seen]"
expect_contains "$(cause_of small)" "unknown: the judge gives the anchor 'check' 0.0 points, 95% CI -1.4 to 1.4, n=200, 0 up and 0 down" \
    "but that was 0.0 hours before run 8, and the judge may have changed since: \`assayctl run start check\`"
run check
crash_daemon
start_daemon
seen+=',["_cause",8,"small",false,"model"]'
await "its cause, told once" drifts_are triage "$seen]"
expect_contains "$(cause_of small)" "model: the judge gives the anchor" "(run 9 against run 3); without that shift -"
expect_exit 0 ctl history triage
expect_contains "$out" "cause: model: " "the judge, by check"
mend
run_thrice
seen+=',["",12,"small",true,null]'
await "its end" drifts_are triage "$seen]"

# The judge changes behind its name, and assayd is killed between: its own drift is told, and whose the others' is.
change sim-judge 30
run triage
seen+=',["",13,"large",false,"unknown"],["",13,"small",false,"unknown"]'
await "drifts" drifts_are triage "$seen]"
crash_daemon
start_daemon
run check
await "the judge's drift" drifts_are check '[["",14,"recorded",false,"judge"]]'
seen+=',["_cause",13,"large",false,"judge"],["_cause",13,"small",false,"judge"]'
await "drifts that are the judge's" drifts_are triage "$seen]"
expect_contains "$(cause_of large)" "judge: the judge gives the anchor 'check' -" "and drifts since run 14"
expect_exit 0 ctl history triage
expect_contains "$out" "cause: judge: " "DRIFTS since run 14"
expect_exit 0 ctl history check
expect_contains "$out" "cause: judge: the answers are recorded"
expect_exit 0 ctl event ls --kind drift_cause
expect_contains "$out" "large drifts from run 1 by correctness" "; cause judge: the judge gives the anchor"

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
await "a drift by a scorer" drifts_are exact '[["",16,"small",false,"model"]]'
expect "$(ctl --json history exact | jq -c '[.judge, .models[1].drift.cause_why]')" = '[null,"no judge makes this metric"]' "its cause"
expect "$(drifts triage)" = "$seen]" "nothing was told twice"

# People were told of each drift, of its cause when that was known, and of the ends.
is_told() { [ "$(wc -l <"$told")" -ge 10 ]; }
await "the alerts" is_told
expect "$(jq -rs 'unique_by(.id) | map([.kind, .subject, .detail.cause // "-"] | join(" ")) | join(", ")' "$told")" = \
    "drift small unknown, drift_cause small model, recovery small -, drift small unknown, drift_cause small model, recovery small -, drift large \
unknown, drift small unknown, drift_cause large judge, drift_cause small judge" "what people were told"
expect "$(jq -s '[.[] | select(.kind == "drift_cause")][-1].detail.judge | [.anchor, .n, .diff < 0, (.ci | length)]' -c "$told")" = '["check",200,true,2]' \
    "what the anchor says, in an alert"
finish
