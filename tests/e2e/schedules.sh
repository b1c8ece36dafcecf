#!/bin/bash
# Runs that start by the clock: on time and once, made up for after a crash, left out in a blackout, one at a time, and by hand. The wall
# clock is the test's own (fake_clock.c), so hours pass in no time.
. "$(dirname "$0")/lib.sh"

use_own_clock
models=(sim-q95 sim-q94 sim-judge "slow=sim-q94+fault=slow:1:60000")

# A look at the list is a look at the clock.
schedule_of() { ctl schedule ls --json --eval "$1" | jq -r ".schedules[0].$2"; }
# EVAL STATE COUNT: so many of its times came to that.
times_are() {
    ctl schedule ls >/dev/null
    [ "$(ctl schedule history --eval "$1" --limit 1000 --json | jq "[.times[] | select(.state == \"$2\")] | length")" = "$3" ]
}
is_quiet() { [ "$(schedule_of "$1" state)" = waiting ]; }
is_disabled() { [ "$(schedule_of "$1" state)" = disabled ]; }
eval_with() { # NAME CANDIDATE SCHEDULE-LINES
    write_eval "$1" <<YAML
dataset: sums
baseline: sim-q95
candidates: [$2]
scorers: [exact_match]
schedule: $3
YAML
}

set_clock '2026-03-27 12:00'
start_sim
start_daemon
import_sums sums 10
eval_with nightly sim-q94 '{cron: 30 2 * * *, timezone: Europe/Berlin, max_cases: 5}'
await "the schedule" is_quiet nightly

# It starts now and owes nothing of the past; its next times go through the change of the clock.
expect_exit 0 ctl schedule ls --next 3
expect_contains "$out" nightly '2026-03-28 02:30 CET' '2026-03-29 03:00 CEST' 'once, at the jump' '2026-03-30 02:30 CEST'
times_are nightly started 0 || fail 'a new schedule owes nothing'

# On time: one run, however often one looks.
set_clock '2026-03-28 01:30:05'
await "the first night's run" times_are nightly started 1
await "its end" is_quiet nightly
ctl schedule ls >/dev/null
times_are nightly started 1 || fail 'one run a time'
expect "$(ctl run show 1 --json | jq -r '"\(.state) \(.requested_by) \(.dataset.cases)"')" = 'done schedule main 5' 'the run'

# The clock is set back and passes the same time again: nothing.
set_clock '2026-03-28 00:00'
ctl schedule ls >/dev/null
set_clock '2026-03-28 01:31'
ctl schedule ls >/dev/null
times_are nightly started 1 || fail 'a time that comes again owes nothing'

# Down over the change of the clock and two nights: one run makes up for both times, the other is told as missed.
crash_daemon
set_clock '2026-03-30 10:00'
start_daemon
await "the run that makes up" times_are nightly started 2
times_are nightly missed 1 || fail 'the other time is missed'
events_of() { ctl event ls --kind "$1" --json | jq -c '[.events[] | [.eval, .subject, .text]]'; }
expect "$(events_of schedule_missed)" = '[["nightly","main","schedule main missed 1 of its times: assayd was not there"]]' 'the event of it'
await "its end" is_quiet nightly
expect "$(ctl schedule history --eval nightly --json | jq -c '[.times[] | [.due_ms / 1000, .state, .late]]')" = \
    "$(jq -nc '[[1774830600, "started", true], [1774746000, "missed", false], [1774661400, "started", false]]')" 'history'

# Disabled, over a restart too: nothing; enabled again: from then on.
expect_exit 0 ctl schedule disable nightly --why 'the API moves'
stop_daemon
set_clock '2026-04-02 12:00'
start_daemon
expect "$(schedule_of nightly state)" = disabled 'state'
expect_exit 0 ctl schedule enable nightly
is_quiet nightly || fail 'it waits again'
times_are nightly started 2 || fail 'what passed meanwhile is not made up for'
expect_exit 0 ctl daemon log
expect_contains "$out" schedule.disable 'the API moves' schedule.enable 'schedule nightly/main'

# By hand.
expect_exit 0 ctl schedule trigger nightly --why 'after the fix' --json
run=$(jq .run <<<"$out")
expect_exit 0 ctl run watch "$run"
expect "$(ctl run log "$run" --json | jq -r '.entries[0].why')" = 'after the fix' 'why it was started'
history_by_pages() {
    local page after=()
    while :; do
        page=$(ctl schedule history --limit 2 --json "${after[@]}")
        jq -c '.times[]' <<<"$page"
        jq -e .next <<<"$page" >/dev/null || break
        after=(--after "$(jq -r .next <<<"$page")")
    done
}
expect "$(history_by_pages)" = "$(ctl schedule history --limit 1000 --json | jq -c '.times[]')" 'the history, page by page'
expect_exit 65 ctl schedule history --after yesterday
expect "$(ctl schedule history --eval nightly --limit 1 --json | jq -c '.times[0] | [.state, .manual, .run]')" = \
    "[\"started\",true,$run]" 'a triggered time'

# Overlap: a run that does not end.
eval_with skipping slow '{cron: 0 * * * *}'
eval_with queueing slow '{cron: 0 * * * *, overlap: queue}'
eval_with replacing slow '{cron: 0 * * * *, overlap: replace}'
for name in skipping queueing replacing; do await "$name" is_quiet "$name"; done
set_clock '2026-04-02 13:00:05'
for name in skipping queueing replacing; do await "$name at one" times_are "$name" started 1; done
set_clock '2026-04-02 14:00:05'
await "skipped" times_are skipping skipped 1
await "queued" times_are queueing owed 1
await "replaced" times_are replacing started 2
set_clock '2026-04-02 15:00:05'
await "skipped again" times_are skipping skipped 2
await "one waits at most" times_are queueing skipped 1
await "replaced again" times_are replacing started 3
expect "$(ctl run ls --json | jq '[.runs[] | select(.eval == "replacing" and .state == "cancelled")] | length')" = 2 'replaced runs'
expect_exit 65 ctl schedule trigger skipping
expect_contains "$err" 'still under way'

# What is owed is owed after a crash, and starts when the run before it has ended.
crash_daemon
start_daemon
expect "$(schedule_of queueing owed)" = 1 'owed after a crash'
expect "$(schedule_of queueing state)" = running 'its run goes on'
ctl run cancel "$(schedule_of queueing run)" >/dev/null
await "the owed run" times_are queueing started 2
times_are queueing owed 0 || fail 'nothing is owed any more'

# A blackout, and a dataset that is not there: told, and no run.
eval_with dark sim-q94 '{cron: 0 * * * *, blackout: ["15:00-17:00"]}'
write_eval lost <<YAML
dataset: nowhere
baseline: sim-q95
candidates: [sim-q94]
scorers: [exact_match]
schedule: {cron: 0 * * * *}
YAML
await "dark" is_quiet dark
await "lost" is_quiet lost
set_clock '2026-04-02 16:00:05'
await "the blackout" times_are dark blackout 1
await "the failure" times_are lost failed 1
expect "$(events_of schedule_failed | jq -c 'map(.[:2])')" = '[["lost","main"]]' 'the event of it'
expect_exit 0 ctl schedule history --eval lost
expect_contains "$out" failed nowhere

# As many times wait as can be kept: one more by hand is refused, and nobody waits for it in vain.
eval_with flooded slow '{cron: "* * * * *", on_missed: run_all, overlap: queue}'
await "flooded" is_quiet flooded
owes() { [ "$(schedule_of flooded owed)" = "$1" ]; }
for hour in 18 20 22; do
    set_clock "2026-04-02 $hour:00:30"
    case $hour in 18) want=99 ;; 20) want=199 ;; *) want=200 ;; esac
    await "what is owed at $hour" owes "$want"
done
expect_exit 0 ctl schedule disable flooded
ctl run cancel "$(schedule_of flooded run)" >/dev/null
await "its run's end" is_disabled flooded
expect_exit 65 timeout --foreground 15 "$BIN_DIR/assayctl" schedule trigger flooded
expect_contains "$err" '200 times wait' 'schedule enable'

# A year away: of nearly a time a minute the latest are told and the first, which stands for all between, and one run makes up for them.
eval_with minutely sim-q94 '{cron: 0-50 * * * *}'
await "minutely" is_quiet minutely
stop_daemon
set_clock '2027-04-02 22:55'
start_daemon
await "the run that makes up for a year" times_are minutely started 1
times_are minutely missed 100 || fail 'the latest and the very first are told'
expect "$(ctl schedule history --eval minutely --limit 1000 --json | jq -r '.times[-1] | [.state, .why] | @tsv')" = \
    "missed	assayd was not there, from this time to the next that is told" 'the first'

# What its file keeps off is not said to be on, and what a blackout covers for good has no next time.
eval_with still sim-q94 '
  - {name: off, cron: 0 * * * *, enabled: false}
  - {name: dark, cron: 0 3 * * *, blackout: ["02:00-04:00"]}'
await "still" is_disabled still
expect_exit 65 ctl schedule enable still --schedule off
expect_contains "$err" "schedule 'off' of eval 'still' is off in its file: take \`enabled: false\` out there"
is_disabled still || fail 'it is off as before'
expect_exit 0 ctl schedule disable still --schedule off
expect "$out" = 'still: the schedule off is disabled' 'which one'
expect_exit 0 ctl eval show still
expect_contains "$out" 'off: 0 * * * * in UTC, off' 'dark: 0 3 * * * in UTC'
expect_exit 65 ctl schedule disable still
expect_contains "$err" "has several schedules: name one with --schedule: off, dark"
expect_exit 0 ctl schedule ls --eval still
expect_contains "$out" 'never: blackout'
expect_exit 0 ctl schedule history --eval still
expect "$out" = 'No such time.' 'a history without a time'

# Mistakes.
expect_exit 65 ctl schedule trigger nothing
expect_exit 65 ctl schedule disable nightly --schedule weekly
expect_contains "$err" "no schedule 'weekly'; there is main"
for run in $(ctl run ls --json | jq '.runs[] | select(.state == "running") | .run'); do ctl run cancel "$run" >/dev/null; done
finish
