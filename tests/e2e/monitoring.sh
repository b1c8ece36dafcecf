#!/bin/bash
# Production is watched: its traffic comes as files, each hour a share of it is scored and compared with a model of reference, and people are
# told by a command, once when its answers get worse and once when they are good again; of files that are refused and of an inbox that takes
# nothing in as well. The wall clock is the test's own (fake_clock.c).
. "$(dirname "$0")/lib.sh"

use_own_clock

# Keeps what it was given.
cat >"$home/page" <<'SH'
#!/bin/bash
printf '%s\n' "$(cat)" >>"$1"
SH
chmod 755 "$home/page"
told=$home/logs/told ops=$home/logs/ops
touch "$told" "$ops"

# PREFIX PERCENT: 200 cases, of which production has answered so many right.
traffic() {
    awk -v prefix="$1" -v percent="$2" 'BEGIN {
        for (i = 1; i <= 200; i++)
            printf "{\"id\":\"%s%03d\",\"input\":\"What is %d + %d?\",\"expected\":\"%d\",\"recorded\":{\"text\":\"%d\"}}\n",
                prefix, i, i, i, 2 * i, (i * 37) % 100 < percent ? 2 * i : 0
    }'
}
# NAME, and its content on stdin: whole when it appears.
drop() {
    cat >"$home/inbox/.$1"
    mv "$home/inbox/.$1" "$home/inbox/$1"
}
is_gone() { [ ! -e "$home/inbox/$1" ]; }
is_quiet() { [ "$(ctl schedule ls --json --eval production | jq -r '.schedules[0].state')" = waiting ]; }
runs_are() {
    ctl schedule ls >/dev/null # a look at the list is a look at the clock
    [ "$(ctl --json run ls | jq '[.runs[] | select(.state == "done")] | length')" = "$1" ] && is_quiet
}
nothing_is_due() { [ "$(ctl notify ls --json | jq '[.deliveries[] | select(.state == "due")] | length')" = 0 ]; }
has_condition() { # CONDITION STATE
    ctl notify ls --json | jq -e --arg condition "$1" --arg state "$2" \
        'any(.conditions[]; .condition == $condition and .state == $state)' >/dev/null
}
lines_are() { [ "$(wc -l <"$1")" -eq "$2" ]; }
kinds_in() { jq -rs 'map(.kind) | join(" ")' "$1"; }
metric() { ctl daemon metrics | sed -n "s/^assay_inbox_$1 //p"; }

mkdir "$home/inbox"
config_lines=('inbox: {dir: inbox, dataset: traffic, max_cases: 200, quiet: 1s}'
    "notify: {name: ops, on: [inbox_refused, inbox_failed, recovery], to: {command: [$home/page, $ops]}}")
set_clock '2026-03-02 08:30'
start_sim
start_daemon
traffic h08- 95 | drop h08.jsonl
await 'the first file' is_gone h08.jsonl
write_eval production <<YAML
dataset: traffic
baseline: sim-q95
candidates: [recorded]
scorers: [exact_match]
schedule: {cron: 0 * * * *, sample: random, max_cases: 100}
gate: {floor: 0.8, min_pairs: 50}
notify: {name: pager, on: [gate_fail, gate_undecided, recovery], to: {command: [$home/page, $told]}}
YAML
await 'the schedule' is_quiet

# HOUR PERCENT RUNS: traffic of an hour, and the run at the end of it. The clock goes from one end to the next.
pass_hour() {
    local hour=$1 percent=$2 runs=$3
    traffic "h$hour-" "$percent" | drop "h$hour.jsonl"
    await "the file of hour $hour" is_gone "h$hour.jsonl"
    set_clock "2026-03-02 $((10#$hour + 1)):00:05"
    await "the run after hour $hour" runs_are "$runs"
    await 'what is due' nothing_is_due
}
last_run() { ctl run show last --json | jq -c "$1"; }

# ---- what production answers gets worse, stays so, and is good again ----

pass_hour 09 95 1 # nobody asked to be told of schedules, so nobody hears either that one is well again after the time that it missed
expect "$(last_run '[.dataset.cases, .members[1].model, .members[1].ok, .verdicts[0].outcome]')" = '[100,"recorded",100,"pass"]' 'a share of good traffic'
lines_are "$told" 0 || fail "people are told of good traffic: $(cat "$told")"
calls=$(sim_count requests)
expect "$calls" = 100 "calls: of the model of reference alone, one a case of the share"
pass_hour 10 60 2
expect "$(last_run '.verdicts[0].outcome')" = '"fail"' 'the gate on bad traffic'
await 'the alert' lines_are "$told" 1
expect "$(jq -c '[.kind, .eval, .subject, .run]' "$told")" = '["gate_fail","production","recorded",2]' 'the alert'
expect_contains "$(jq -r .text "$told")" "gate fail for recorded by floor: the candidate's mean is " 'the floor 80.0'
pass_hour 11 55 3
crash_daemon
start_daemon
pass_hour 12 55 4
expect "$(ctl --json event ls --kind gate_fail | jq '.events | length')" = 3 'runs that failed'
lines_are "$told" 1 || fail "what stays bad is told again: $(cat "$told")"
pass_hour 13 96 5
await 'the recovery' lines_are "$told" 2
expect "$(jq -cs '.[1] | [.kind, .subject, .run, .detail.of, .detail.times]' "$told")" = '["recovery","recorded",5,"gate_fail",3]' 'the recovery'
pass_hour 14 97 6
lines_are "$told" 2 || fail "what stays good is told: $(cat "$told")"
expect "$(kinds_in "$ops")" = '' 'what ops were told so far'

# ---- files that are refused ----

echo 'no case' | drop odd1.jsonl
await 'a file without a case' lines_are "$ops" 1
expect "$(jq -c '[.kind, .eval, .subject, .detail.refused, .detail.files]' "$ops")" = '["inbox_refused",null,"traffic",1,0]' 'the refusal'
expect_contains "$(jq -r .text "$ops")" 'odd1.jsonl' 'bad/'
echo 'nor here' | drop odd2.jsonl
await 'the other file' is_gone odd2.jsonl
crash_daemon
start_daemon
echo 'a third' | drop odd3.jsonl
await 'the third file' is_gone odd3.jsonl
has_met() { ctl notify ls --json | jq -e '.conditions[] | select(.condition == "inbox_files") | .times == 3' >/dev/null; }
await 'three refusals' has_met
lines_are "$ops" 1 || fail "refusals are told again: $(cat "$ops")"
traffic late- 95 | drop late.jsonl
await 'a good file' lines_are "$ops" 2
expect "$(jq -cs '.[1] | [.kind, .subject, .detail.of]' "$ops")" = '["recovery","traffic","inbox_refused"]' 'the recovery'
expect "$(ctl --json event ls --kind inbox_taken | jq -c '.events[-1].detail | [.files, .refused, .kept_back, .good]')" = '[1,0,0,200]' 'what was taken in'
[[ "$(ctl --json event ls | jq -r '.events[].text')" != *'no case at all'* ]] || fail 'an event quotes a file'
expect "$(metric 'files_total{inbox="traffic",outcome="refused"}')" = 1 'refused files since the start'
expect "$(metric 'files_total{inbox="traffic",outcome="taken"}')" = 1 'taken files since the start'
expect "$(metric 'cases_total{inbox="traffic",outcome="new"}')" = 200 'new cases since the start'

# ---- an inbox that takes nothing in ----

mv "$home/inbox" "$home/away"
await 'the missing folder' lines_are "$ops" 3
expect "$(jq -cs '.[2] | [.kind, .over, .subject]' "$ops")" = '["inbox_failed",false,"traffic"]' 'the failure'
expect "$(metric 'failed{inbox="traffic"}')" = 1 'the failure, as a metric'
mv "$home/away" "$home/inbox"
await 'the folder' lines_are "$ops" 4
expect "$(jq -cs '.[3] | [.kind, .subject, .detail.of]' "$ops")" = '["recovery","traffic","inbox_failed"]' 'the recovery'
expect "$(metric 'failed{inbox="traffic"}')" = 0 'no failure any more'
expect "$(kinds_in "$ops")" = 'inbox_refused recovery inbox_failed recovery' 'all that ops were told'

finish
